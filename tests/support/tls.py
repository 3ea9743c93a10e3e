"""Certificates made for a test, and nginx with TLS in front of what a test serves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.relay import a_free_port, until_it_listens
from tests.support.tools import tool

SAFE = "TLSv1.2 TLSv1.3"
OLD = "TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0"
CONFIG = """
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log;
daemon off;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
  upstream relay {{ {servers} keepalive 8; }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {cert}; ssl_certificate_key {key};
    ssl_protocols {protocols};
    ssl_buffer_size 2k;
    ssl_session_tickets off;
    client_max_body_size 33m;
    location / {{
      proxy_pass http://relay;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 90s;
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A key and its certificate, and the certificate's issuer; files in PEM."""

    key: Path
    cert: Path
    issuer: Path

    @property
    def issuer_der(self) -> bytes:
        return _openssl("x509", "-in", self.issuer, "-outform", "DER")


def certificate(folder: Path, *, host: str = "127.0.0.1", days: str = "30", ended: bool = False) -> Certificate:
    """A server's certificate and the authority that issued it; with `ended` its time is over."""
    folder.mkdir(parents=True)
    ca, ca_key, key, ask, cert, more = (folder / name for name in ("ca", "ca.key", "key", "ask", "cert", "more"))
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", ca, "-days", "90", "-subj", "/CN=Relay issuer")
    _openssl("req", *new_key, "-keyout", key, "-out", ask, "-subj", "/CN=relay")
    more.write_text(f"subjectAltName = {'IP' if host[0].isdigit() else 'DNS'}:{host}\n", encoding="ascii")
    until = ("-not_before", "20200101000000Z", "-not_after", "20200201000000Z") if ended else ("-days", days)
    if ended:
        _signed_by_hand(folder, ca, ca_key, ask, cert, more)
    else:
        _openssl("x509", "-req", "-in", ask, "-CA", ca, "-CAkey", ca_key, "-out", cert, "-extfile", more, *until)
    return Certificate(key, cert, ca)


def self_signed(folder: Path) -> Certificate:
    """A server's certificate that nobody but itself vouches for."""
    folder.mkdir(parents=True)
    key, cert = folder / "key", folder / "cert"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    name = ("-subj", "/CN=relay", "-addext", "subjectAltName=IP:127.0.0.1")
    _openssl("req", "-x509", *new_key, "-keyout", key, "-out", cert, "-days", "30", *name)
    return Certificate(key, cert, cert)


def _signed_by_hand(folder: Path, ca: Path, ca_key: Path, ask: Path, cert: Path, more: Path) -> None:
    """What a certificate of the past needs: the small authority that openssl has."""
    (folder / "index").touch()
    config = folder / "config"
    config.write_text(
        f"[ca]\ndefault_ca=here\n[here]\ndatabase={folder}/index\nnew_certs_dir={folder}\nrand_serial=yes\n"
        "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n",
        encoding="ascii",
    )
    dates = ("-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
    files = ("-config", config, "-cert", ca, "-keyfile", ca_key, "-in", ask, "-out", cert, "-extfile", more)
    _openssl("ca", "-batch", "-notext", *files, *dates)


def _openssl(*words: str | Path) -> bytes:
    return subprocess.run([tool("openssl"), *map(str, words)], capture_output=True, check=True).stdout


@contextmanager
def nginx(
    folder: Path, certificate: Certificate, ports: Sequence[int], port: int | None = None, *, old: bool = False
) -> Iterator[int]:
    """nginx in front of these ports of this computer; yields its own, a free one if none is said.

    With `old` it speaks what was spoken before TLS 1.2, and nothing newer.
    """
    program = tool("nginx")
    home = folder / "nginx"
    home.mkdir()
    port = port or a_free_port()
    servers = " ".join(f"server 127.0.0.1:{each};" for each in ports)
    config = home / "nginx.conf"
    config.write_text(
        CONFIG.format(
            home=home,
            servers=servers,
            port=port,
            protocols=OLD if old else SAFE,
            cert=certificate.cert,
            key=certificate.key,
        )
        + ("\nuser root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""),
        encoding="ascii",
    )
    _ = subprocess.run([program, "-t", "-q", "-c", str(config), "-e", str(home / "error.log")], check=True)
    running = subprocess.Popen([program, "-c", str(config), "-e", str(home / "error.log")])
    try:
        until_it_listens(port, running)
        yield port
    finally:
        running.terminate()
        running.wait()
