"""The requests of the relay (SYNC 7), as one Starlette application.

What blocks, the index and the disk, runs in threads; only the bytes of a file arrive on the event loop. No address
and no name is logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from casedesk.sync.relay.admission import Admission, NotARoster, is_answer, tag_of
from casedesk.sync.relay.index import Index, Visitor
from casedesk.sync.relay.shelf import Busy, Shelf

LARGEST = 32 * 1024 * 1024  # bytes of a sealed file
LARGEST_JOIN = 16 * 1024
LARGEST_ROSTER = 1024 * 1024
LARGEST_ASK = 4 * 1024
LONGEST_WAIT = 60  # seconds a request for the box holds the line
LOOK_AGAIN = 0.5  # seconds between looks into the index; another process may have put something in
SWEEP = 3600  # seconds between looks for what has outlived its time
log = logging.getLogger(__name__)
HASH = re.compile(r"[0-9a-f]{64}")
BOX = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Relay:
    """What the requests work with."""

    index: Index
    shelf: Shelf
    read_roster: Callable[[bytes], Admission]  # raises NotARoster
    clock: Callable[[], float] = time.time

    def now(self) -> int:
        return int(self.clock())

    def sweep(self) -> None:
        """Take away what is older than a file lives here."""
        self.index.outlived(self.now(), self.shelf.drop)


def application(relay: Relay) -> Starlette:
    """The relay as an ASGI application."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(_sweeping(relay))
        yield
        sweeping.cancel()

    requests: list[tuple[str, str, Callable[[Relay, Request], Awaitable[Response]]]] = [
        ("GET", "/v1/health", _health),
        ("POST", "/v1/session", _ask_session),
        ("POST", "/v1/session/{made}", _open_session),
        ("PUT", "/v1/roster", _put_roster),
        ("GET", "/v1/roster", _farewell),
        ("HEAD", "/v1/files/{sha256}", _how_far),
        ("PATCH", "/v1/files/{sha256}", _receive),
        ("GET", "/v1/files/{sha256}", _send),
        ("GET", "/v1/box", _box),
        ("DELETE", "/v1/box/{n:int}", _take_out),
    ]
    routes = [Route(path, partial(answer, relay), methods=[method]) for method, path, answer in requests]
    heard: dict[Any, Any] = {HTTPException: _refused, ClientDisconnect: _dropped}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=heard)


async def _sweeping(relay: Relay) -> None:
    while True:
        try:
            await run_in_threadpool(relay.sweep)
        except Exception as error:  # noqa: BLE001 - the next sweep has to come, whatever stopped this one
            log.error("the sweep was stopped by %s", type(error).__name__)
        await asyncio.sleep(SWEEP)


async def _refused(_request: Request, error: Exception) -> Response:
    refusal: Any = error
    return JSONResponse({"error": refusal.detail}, refusal.status_code, refusal.headers)


async def _dropped(_request: Request, _error: Exception) -> Response:
    """The line ended within a question, as bad lines do: nobody hears the answer, and it is no mistake to be logged."""
    return Response(status_code=400)


async def _health(relay: Relay, _request: Request) -> Response:
    await run_in_threadpool(relay.index.size_of, "")
    return JSONResponse({"relay": relay.index.identity.hex()})


async def _ask_session(relay: Relay, request: Request) -> Response:
    asked = await _json(request)
    box, shown = asked.get("box"), asked.get("pass")
    if isinstance(shown, str):
        token = await run_in_threadpool(relay.index.open_invited, tag_of(_bytes(shown)), relay.now())
        if token is None:
            raise HTTPException(403, "The invitation is not known here, was used, or has ended.")
        return _token(relay, token, LARGEST_JOIN)
    if not isinstance(box, str) or not BOX.fullmatch(box):
        raise HTTPException(400, "Name a box or show a pass.")
    made, nonce = await run_in_threadpool(relay.index.challenge, box, relay.now())
    return JSONResponse({"id": made, "nonce": nonce.hex(), "relay": relay.index.identity.hex()})


async def _open_session(relay: Relay, request: Request) -> Response:
    signature = (await _json(request)).get("signature")
    asked = await run_in_threadpool(relay.index.challenged, request.path_params["made"], relay.now())
    if asked is None or not isinstance(signature, str):
        raise HTTPException(403, "This desk is not known here.")
    key, nonce = asked
    if not is_answer(key, relay.index.identity, nonce, _bytes(signature)):
        raise HTTPException(403, "This desk is not known here.")
    token = await run_in_threadpool(relay.index.open_session, key, relay.now())
    visitor = await run_in_threadpool(relay.index.visitor, token, relay.now())
    return _token(relay, token, LARGEST, is_ended=visitor is not None and visitor.is_ended)


def _token(relay: Relay, token: str, largest: int, *, is_ended: bool = False) -> Response:
    return JSONResponse({"token": token, "largest": largest, "time": relay.now(), "ended": is_ended})


async def _put_roster(relay: Relay, request: Request) -> Response:
    raw = await _body(request, LARGEST_ROSTER)
    try:
        admission = relay.read_roster(raw)
    except NotARoster:
        raise HTTPException(403, "This roster is not signed for this relay's organisation.") from None
    if not await run_in_threadpool(relay.index.admit, admission):
        raise HTTPException(409, "A newer roster is in force.")
    return Response(status_code=204)


async def _farewell(relay: Relay, request: Request) -> Response:
    """What a desk that was ended may have: the roster that says so."""
    visitor = await _visitor(relay, request, of_ended=True)
    signed = await run_in_threadpool(relay.index.farewell, visitor.box)
    return Response(signed, media_type="application/octet-stream")


async def _how_far(relay: Relay, request: Request) -> Response:
    await _visitor(relay, request)
    sha256 = _hash(request)
    known = await run_in_threadpool(relay.index.size_of, sha256)
    if known is None:
        raise HTTPException(404, "No such file.")
    size, whole = known
    if whole:
        return Response(headers={"Upload-Offset": str(size), "Upload-Complete": "?1"})
    return Response(headers={"Upload-Offset": str(await run_in_threadpool(relay.shelf.here, sha256))})


async def _receive(relay: Relay, request: Request) -> Response:
    visitor = await _visitor(relay, request)
    sha256 = _hash(request)
    offset, length = _number(request, "Upload-Offset"), _number(request, "Upload-Length")
    to = [box.strip() for box in request.headers.get("To", "").split(",") if BOX.fullmatch(box.strip())]
    if length > (LARGEST if visitor.invitation is None else LARGEST_JOIN):
        raise HTTPException(413, "This file is too large.")
    known = await run_in_threadpool(relay.index.size_of, sha256)
    if known is not None and known[1]:
        return await _arrived(relay, sha256, visitor, to, known[0])
    if known is not None and known[0] != length:
        raise HTTPException(409, "This file was announced with another size.")
    if known is None:
        await run_in_threadpool(_announce, relay, sha256, length, visitor)
    try:
        part = await run_in_threadpool(relay.shelf.open_part, sha256)
    except Busy:
        return _at(409, await run_in_threadpool(relay.shelf.here, sha256))
    try:
        here = part.tell()
        if offset != here:
            return _at(409, here)
        here = await _append(request, part, here, length)
    finally:
        await run_in_threadpool(part.close)
    if here < length:
        return _at(204, here)
    if not await run_in_threadpool(relay.shelf.is_right, sha256):
        await run_in_threadpool(_start_over, relay, sha256)
        raise HTTPException(422, "The bytes are not those of this file. Send it again from the beginning.")
    await run_in_threadpool(relay.shelf.finish, sha256)
    return await _arrived(relay, sha256, visitor, to, length)


async def _arrived(relay: Relay, sha256: str, visitor: Visitor, to: Sequence[str], size: int) -> Response:
    """Say that a file is here, if it still is: the last who waited for it may have taken it out this moment."""
    here = await run_in_threadpool(relay.index.arrived, sha256, visitor, to, relay.now())
    return _at(201, size) if here else _at(409, 0)


def _announce(relay: Relay, sha256: str, length: int, visitor: Visitor) -> None:
    has_room = relay.shelf.has_room(length)
    if not (has_room and relay.index.announce(sha256, length, visitor, LARGEST_JOIN, relay.now())):
        raise HTTPException(507, "There is no room here for this file now.")


def _start_over(relay: Relay, sha256: str) -> None:
    relay.shelf.drop(sha256)
    relay.index.forget(sha256)


async def _append(request: Request, part: IO[bytes], here: int, length: int) -> int:
    """Keep what arrives, also when the line breaks; the size that is here then, on the disk."""
    try:
        async for piece in request.stream():
            if here + len(piece) > length:
                raise HTTPException(413, "More came than was announced.")
            part.write(piece)
            here += len(piece)
    except ClientDisconnect:
        pass
    await run_in_threadpool(_keep, part)
    return here


def _keep(part: IO[bytes]) -> None:
    part.flush()
    os.fsync(part.fileno())


async def _send(relay: Relay, request: Request) -> Response:
    visitor = await _visitor(relay, request)
    sha256 = _hash(request)
    if not await run_in_threadpool(relay.index.may_fetch, visitor.box, sha256):
        raise HTTPException(404, "No such file.")
    return FileResponse(relay.shelf.path(sha256), media_type="application/octet-stream")


async def _box(relay: Relay, request: Request) -> Response:
    visitor = await _visitor(relay, request)
    after = _query(request, "after", 0)
    until = time.monotonic() + min(_query(request, "wait", 0), LONGEST_WAIT)
    while True:
        waiting = await run_in_threadpool(relay.index.waiting, visitor.box, after)
        if waiting or time.monotonic() >= until or await request.is_disconnected():
            return JSONResponse([{"n": each.n, "sha256": each.sha256, "size": each.size} for each in waiting])
        await asyncio.sleep(LOOK_AGAIN)


async def _take_out(relay: Relay, request: Request) -> Response:
    visitor = await _visitor(relay, request)
    await run_in_threadpool(relay.index.take_out, visitor.box, request.path_params["n"], relay.shelf.drop)
    return Response(status_code=204)


# What a request says


async def _visitor(relay: Relay, request: Request, *, of_ended: bool = False) -> Visitor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer":
        found = await run_in_threadpool(relay.index.visitor, token, relay.now())
    if found is None:
        raise HTTPException(401, "Open a session first.", {"WWW-Authenticate": "Bearer"})
    if found.is_ended != of_ended:
        raise HTTPException(403, "A desk that was ended reads the roster here and does nothing else; nobody else does.")
    if found.invitation is not None and request.method not in ("HEAD", "PATCH"):
        raise HTTPException(403, "An invitation only lets one file be left here.")
    return found


def _hash(request: Request) -> str:
    sha256: str = request.path_params["sha256"]
    if not HASH.fullmatch(sha256):
        raise HTTPException(404, "No such file.")
    return sha256


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise HTTPException(400, f"Say {header}.")
    return int(text)


def _query(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else otherwise


def _at(status: int, offset: int) -> Response:
    return Response(status_code=status, headers={"Upload-Offset": str(offset)})


def _bytes(hexadecimal: str) -> bytes:
    try:
        return bytes.fromhex(hexadecimal)
    except ValueError:
        raise HTTPException(400, "Not hexadecimal.") from None


async def _json(request: Request) -> dict[str, object]:
    try:
        said = json.loads(await _body(request, LARGEST_ASK))
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise HTTPException(400, "Not understood.")
    return said


async def _body(request: Request, largest: int) -> bytes:
    """The body, if it is not larger than this; counted as it comes, whatever its header says."""
    said = bytearray()
    async for piece in request.stream():
        said += piece
        if len(said) > largest:
            raise HTTPException(413, "Too large.")
    return bytes(said)
