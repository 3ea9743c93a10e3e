"""Two hundred desks at one relay at once:  PYTHONPATH=src:. python -m benchmarks.relay [--desks 200]

Each desk sends two sealed files of 20 kB to another and fetches the two it gets. The bare twin is a server of the
same kind that writes the bytes of a request to a file, waits for the disk, and hands them out again by name, without
sessions, boxes, hashes or an index. Linux: the server's peak memory is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import httpx
import uvicorn
from nacl.signing import SigningKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from casedesk.sync.line import Address, Line
from casedesk.sync.relay.admission import Admission, Guest, box_of
from casedesk.sync.relay.app import Relay, application
from casedesk.sync.relay.index import Index
from casedesk.sync.relay.shelf import Shelf

FILES, SIZE = 2, 20_000


def bare(folder: Path) -> Starlette:
    async def put(request: Request) -> Response:
        with (folder / request.path_params["name"]).open("wb") as file:
            file.write(await request.body())
            file.flush()
            os.fsync(file.fileno())
        return Response(status_code=201)

    def get(request: Request) -> Response:
        return FileResponse(folder / request.path_params["name"])

    return Starlette(routes=[Route("/{name}", put, methods=["PUT"]), Route("/{name}", get, methods=["GET"])])


def ours(folder: Path) -> Starlette:
    def read(raw: bytes) -> Admission:
        return Admission(1, [Guest(bytes.fromhex(key), 10**9) for key in json.loads(raw)], [])

    return application(Relay(Index(f"sqlite:///{folder / 'index.db'}"), Shelf(folder / "files"), read))


def serve(kind: str, folder: Path) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    made = {"ours": ours, "bare": bare}[kind](folder)
    uvicorn.Server(uvicorn.Config(made, log_level="error", access_log=False)).run([listening])


def measure(kind: str, desks: int) -> tuple[float, float, float]:
    """Batches a second (sent and fetched), the 95th percentile of one exchange in seconds, peak memory in MiB."""
    with tempfile.TemporaryDirectory() as scratch:
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.relay", "--serve", kind, scratch], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None  # noqa: S101 - it was asked for
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        files = [[os.urandom(SIZE) for _ in range(FILES)] for _ in range(desks)]
        exchange = _lines(url, files, Path(scratch)) if kind == "ours" else _plain(url, files)
        began = time.perf_counter()
        with ThreadPoolExecutor(desks) as pool:
            took = list(pool.map(exchange, range(desks)))
        whole = time.perf_counter() - began
        status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
        server.terminate()
        server.wait()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    return desks * FILES * 2 / whole, statistics.quantiles(took, n=20)[-1], peak


def _lines(url: str, files: list[list[bytes]], scratch: Path) -> Callable[[int], float]:
    keys = [SigningKey.generate() for _ in files]
    with Line(Address(url), keys[0]) as line:
        line.put_roster(json.dumps([bytes(key.verify_key).hex() for key in keys]).encode())

    def exchange(desk: int) -> float:
        to = box_of(bytes(keys[(desk + 1) % len(keys)].verify_key))
        home = scratch / f"desk{desk}"
        home.mkdir()
        began = time.perf_counter()
        with Line(Address(url), keys[desk]) as line:
            for n, content in enumerate(files[desk]):
                path = home / f"out{n}"
                path.write_bytes(content)
                line.send(path, [to])
            fetched = 0
            while fetched < FILES:
                for waiting in line.waiting(wait=30):
                    line.fetch(waiting, home / f"in{waiting.n}")
                    line.take_out(waiting)
                    fetched += 1
        return time.perf_counter() - began

    return exchange


def _plain(url: str, files: list[list[bytes]]) -> Callable[[int], float]:
    def exchange(desk: int) -> float:
        began = time.perf_counter()
        with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
            for content in files[desk]:
                client.put(f"/{sha256(content).hexdigest()}", content=content)
            for content in files[desk]:
                client.get(f"/{sha256(content).hexdigest()}")
        return time.perf_counter() - began

    return exchange


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.relay", description=__doc__)
    parser.add_argument("--desks", type=int, default=200)
    parser.add_argument("--serve", nargs=2, metavar=("KIND", "FOLDER"))
    said = parser.parse_args()
    if said.serve:
        serve(said.serve[0], Path(said.serve[1]))
        return
    print("| relay | desks at once | batches a second | 95 % of exchanges within | peak memory |")
    print("|---|---|---|---|---|")
    for kind in ("bare", "ours"):
        rate, p95, peak = measure(kind, said.desks)
        print(f"| {kind} | {said.desks} | {rate:.0f} | {p95:.2f} s | {peak:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
