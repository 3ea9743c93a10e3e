"""Bytes on a bad line, with TLS, for each byte of the sealed files:  PYTHONPATH=src:. python -m benchmarks.cut_line

The line drops every connection after 20 kB on the average; nginx has the certificate, the relay is behind it (SYNC 16).
Counted is all that passes either way: handshakes, headers, answers, and what was under way when the line dropped.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from casedesk.sync.line import Address, Line
from casedesk.sync.relay.admission import Admission, Guest, box_of
from tests.support.relay import CutLine, a_relay, serving
from tests.support.tls import certificate, nginx

EVERY = 20_000
SPEED = 100_000  # bytes a second: what a telephone in a village gives on a good day
LIMIT = 1.35  # SYNC 16
SIZES = (64_000, 512_000)  # a sealed day is 14 kB; new cases make the large ones


@dataclass(frozen=True, slots=True)
class Way:
    """One file over the line, one way."""

    what: str
    size: int
    passed: int
    cuts: int


def main() -> None:
    print("| file | bytes | on the line | cuts | ratio | limit |  |")
    print("|---" * 7 + "|")
    for way in measure():
        ratio = way.passed / way.size
        verdict = "met" if ratio <= LIMIT else "missed"
        print(
            f"| {way.what} | {way.size:,} | {way.passed:,} | {way.cuts} | {ratio:.2f} | ≤ {LIMIT} | {verdict} |",
            flush=True,
        )


def measure() -> Iterator[Way]:
    me, other = SigningKey.generate(), SigningKey.generate()
    guests = [Guest(bytes(each.verify_key), 10**9) for each in (me, other)]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        relay = a_relay(scratch, lambda _raw: Admission(1, guests, []), lambda: 0.0)
        stack.callback(relay.index.engine.dispose)
        made = certificate(scratch / "tls")
        door = stack.enter_context(nginx(scratch, made, [stack.enter_context(serving(relay))]))
        with Line(Address(f"https://127.0.0.1:{door}", made.issuer_der), me) as line:
            line.put_roster(b"")
        for size in SIZES:
            path = scratch / f"{size}.cdb"
            path.write_bytes(os.urandom(size))  # as what is sealed looks
            for what, key in (("sent", me), ("fetched", other)):
                cut = CutLine(door, every=EVERY, seed=size, speed=SPEED)
                with Line(Address(f"https://127.0.0.1:{cut.port}", made.issuer_der), key) as line:
                    if key is me:
                        line.send(path, [box_of(bytes(other.verify_key))])
                    else:
                        waiting = line.waiting()[0]
                        line.fetch(waiting, scratch / f"in{waiting.n}")
                        line.take_out(waiting)
                cut.close()
                yield Way(what, size, cut.passed, cut.cuts)


if __name__ == "__main__":
    main()
