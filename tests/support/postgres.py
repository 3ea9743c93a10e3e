"""A PostgreSQL server of our own for one test run, from the system's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.support.tools import absent

OWNER = "postgres"  # the server refuses to run as root


@contextmanager
def running() -> Iterator[str]:
    """The URL of an empty database; the server and all it holds are gone after the block."""
    tools = _tools()
    home = Path(tempfile.mkdtemp(prefix="cd-pg-"))  # short: a socket's path may have 107 letters
    as_root = sys.platform != "win32" and os.geteuid() == 0
    if as_root:
        shutil.chown(home, OWNER)
    server = {"user": OWNER if as_root else None, "cwd": home, "check": True, "stdout": subprocess.DEVNULL}
    made = [tools / "initdb", "-D", home / "data", "-A", "trust", "-U", "casedesk", "-E", "UTF8", "--locale=C.UTF-8"]
    control = [tools / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log"]
    settings = f"-k {home} -c listen_addresses= -c fsync=off -c max_connections=200"
    try:
        subprocess.run([*made, "--no-sync"], **server)  # type: ignore[call-overload]  # one set of words for three calls
        subprocess.run([*control, "-o", settings, "start"], **server)  # type: ignore[call-overload]
        try:
            yield f"postgresql+psycopg://casedesk@/postgres?host={home}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **server)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(home)


def _tools() -> Path:
    """Where the newest server's programs are; Debian keeps them off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = str(folders[-1]) if folders else shutil.which("initdb")
    return Path(found or absent("PostgreSQL")).parent


def make_database(url: str, name: str, like: str = "template1") -> None:
    """A database beside the one of `url`: empty, or a copy of another that nobody uses."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'))
    engine.dispose()
