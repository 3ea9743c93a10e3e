"""The line to the relay: opens a session, sends and fetches sealed files, goes on from the last byte kept (SYNC 7).

TLS hides who talks; what protects the contents is the seal. The one issuer that the invitation names is trusted and
no other, so neither the computer's list of authorities nor a proxy in between matters. Nothing is followed elsewhere.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import msgspec
from nacl.signing import SigningKey

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.machine import private_file
from casedesk.progress import silent
from casedesk.sync.batch import LARGEST_SEALED
from casedesk.sync.files import disk_in_words
from casedesk.sync.relay.admission import answer, box_of, pass_of

T = TypeVar("T")

NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME; the ssl module has no name for it
OF_ANOTHER_DAY: Final = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
OF_ANOTHER_AGE: Final = ("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")  # as either side of TLS says it
PIECE: Final = 2 * 1024  # a piece is one record of TLS, and of a record that was cut nothing can be read
BREAKS: Final = 8  # breaks in a row without a byte gained, before we stop
LONGEST_PAUSE: Final = 20.0  # seconds
PATIENCE: Final = httpx.Timeout(30, connect=15)
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class LineBroken(CaseDeskError):
    """The line dropped too often, or there is none."""

    def __init__(self) -> None:
        super().__init__(
            _("The line to the central office dropped."),
            hint=_("Nothing was doubled and nothing is lost. It goes on from the same place next time."),
        )


class NotTheRelay(CaseDeskError):
    """Whoever answers cannot show the certificate that the invitation names."""

    def __init__(self) -> None:
        super().__init__(
            _("The server that answered is not the one of your invitation. Nothing was sent."),
            hint=_("Telephone the central office before you try again."),
        )


class OutOfDate(NotTheRelay):
    """The certificate may be the right one, but its time is over or has not come: by the clock of this computer."""

    def __init__(self) -> None:
        CaseDeskError.__init__(
            self,
            _("The certificate of the relay is not valid on the day that this computer says. Nothing was sent."),
            hint=_(
                "Look whether the date of this computer is right. If it is, the person who looks after the relay "
                "renews the certificate."
            ),
        )


class TooOld(NotTheRelay):
    """Who answers may be the right one, but speaks no TLS that is safe."""

    def __init__(self) -> None:
        CaseDeskError.__init__(
            self,
            _("The server that answered knows only an old encryption that is not safe. Nothing was sent."),
            hint=_("Tell the person who looks after the relay: it has to speak TLS 1.2 or later."),
        )


class NotACertificate(CaseDeskError):
    """A file that is no certificate."""

    def __init__(self) -> None:
        super().__init__(
            _("This file is no certificate."), hint=_("Nothing was changed. The relay’s technician has the right one.")
        )


class NotAdmitted(CaseDeskError):
    """The relay does not know this desk."""

    def __init__(self) -> None:
        super().__init__(
            _("The relay does not let this computer in."),
            hint=_("Ask the person who keeps the list of computers. Your work here is safe and goes on."),
        )


class ToldItWasEnded(Exception):
    """The relay has nothing for this desk but the list that ends it, which is still to be believed or not."""

    def __init__(self, signed: bytes) -> None:
        super().__init__()
        self.signed = signed


class LetGo(Exception):
    """Who watches wants to pause: the request that is under way is left, and goes on later from the byte it reached."""


class RelayFull(CaseDeskError):
    """No room at the relay."""

    def __init__(self) -> None:
        super().__init__(
            _("The relay has no room for more files now."),
            hint=_("Your work is safe here. Try again later, or use a stick."),
        )


class RelayRefused(CaseDeskError):
    """An answer that should not happen between a relay and a desk of the same release."""

    def __init__(self, status: int) -> None:
        super().__init__(
            _("The relay answered with something unexpected ({status}).").format(status=status),
            hint=_("Your work is safe here. Try again later, or tell the person who looks after the relay."),
        )
        self.status = status


@dataclass(frozen=True, slots=True)
class Address:
    """Where the relay is: its URL, and the certificate (DER) of the one issuer that is trusted."""

    url: str
    issuer: bytes | None = None  # none only for a relay on this very computer, without TLS


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits for us at the relay."""

    n: int
    sha256: str
    size: int

    @property
    def may_be(self) -> bool:
        """Whether there can be such a file: its name becomes one on our disk, and its size is what is let in."""
        return _HASH.fullmatch(self.sha256) is not None and 1 <= self.size <= LARGEST_SEALED


class Line:
    """A session with one relay. Every call may be made again; `rest` waits between tries, and may raise to end it.

    With the `code` of an invitation it speaks for somebody who is not on the roster yet, and may leave one small file.
    """

    def __init__(
        self,
        address: Address,
        signing: SigningKey,
        *,
        clock_doubted: bool = False,
        rest: Callable[[float], object] = silent.rest,
        code: bytes | None = None,
    ) -> None:
        self._signing = signing
        self._wait = rest
        self._code = code
        self._token = self._relay = ""
        self._there: Any = None  # the time there, as it says it
        url = httpx.URL(address.url)
        here = url.scheme == "http" and url.host in ("127.0.0.1", "localhost", "::1")
        if not here and (address.issuer is None or url.scheme != "https" or not url.host):
            raise NotTheRelay
        self._http = httpx.Client(
            base_url=url,
            verify=trusting(address.issuer, clock_doubted=clock_doubted) if address.issuer else False,
            timeout=PATIENCE,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def send(self, path: Path, to: Sequence[str], told: Callable[[int, int], object] = lambda _done, _of: None) -> None:
        """Bring a sealed file to the relay, from wherever the last try stopped. `told` may raise to cancel or LetGo."""
        size = path.stat().st_size
        with path.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()

        def once(offset: int) -> bool:
            told(offset, size)
            answered = self._request(
                "PATCH",
                f"/v1/files/{sha256}",
                content=_pieces(path, offset, lambda done: told(done, size)),
                headers={"Upload-Offset": str(offset), "Upload-Length": str(size), "To": ",".join(to)},
                expected=(201, 204, 409, 422),
            )
            return answered.status_code == 201

        self._until(lambda: self._offset(sha256), once)

    def waiting(self, after: int = 0, wait: int = 0) -> list[Waiting]:
        """What lies in our box beyond entry `after`; holds the line for `wait` seconds if nothing does."""
        answered = self._again(
            lambda: self._request(
                "GET",
                "/v1/box",
                params={"after": after, "wait": wait},
                timeout=httpx.Timeout(30 + wait, connect=15),
            )
        )
        try:
            found = msgspec.json.decode(answered.content, type=list[Waiting])
        except msgspec.MsgspecError:
            raise RelayRefused(answered.status_code) from None
        return [each for each in found if each.n > after and each.may_be]

    def fetch(self, file: Waiting, part: Path, told: Callable[[int, int], object] = lambda _done, _of: None) -> None:
        """Bring a file from the relay into `part`, going on from what came before a break. It is whole and the right
        one then, and still to be kept: nothing made sure that it is on the disk."""
        with disk_in_words():
            self._fetch(file, part, told)

    def _fetch(self, file: Waiting, part: Path, told: Callable[[int, int], object]) -> None:
        def here() -> int:
            return part.stat().st_size if part.exists() else 0

        def once(begun: int) -> bool:
            if begun < file.size:
                self._download(file, part, begun, told)
            return here() >= file.size

        self._until(here, once)
        with part.open("rb") as whole:
            right = file_digest(whole, "sha256").hexdigest() == file.sha256
        if not right:
            part.unlink()
            raise LineBroken

    def take_out(self, file: Waiting) -> None:
        """Tell the relay that the file is kept here."""
        self._again(lambda: self._request("DELETE", f"/v1/box/{file.n}", expected=(204,)))

    def put_roster(self, raw: bytes) -> bool:
        """Give the relay a new list of desks; False if it has a newer one."""
        answered = self._again(
            lambda: self._request("PUT", "/v1/roster", content=raw, expected=(204, 409), signed_in=False)
        )
        return answered.status_code == 204

    def _offset(self, sha256: str) -> int:
        """How much of a file the relay has."""
        answered = self._request("HEAD", f"/v1/files/{sha256}", expected=(200, 404))
        return int(answered.headers.get("Upload-Offset", 0)) if answered.status_code == 200 else 0

    def _download(self, file: Waiting, part: Path, begun: int, told: Callable[[int, int], object]) -> None:
        headers = self._signed_in() | {"Range": f"bytes={begun}-", "Accept-Encoding": "identity"}
        with _failures(), self._http.stream("GET", f"/v1/files/{file.sha256}", headers=headers) as answered:
            if answered.status_code == 401:
                self._token = ""
                return
            if answered.status_code not in (200, 206):
                raise RelayRefused(answered.status_code)
            with private_file(part, "wb" if answered.status_code == 200 else "ab") as out:
                for piece in answered.iter_raw(PIECE):
                    if out.tell() + len(piece) > file.size:
                        raise LineBroken
                    out.write(piece)
                    told(out.tell(), file.size)

    def _until(self, reached: Callable[[], int], once: Callable[[int], bool]) -> None:
        """Go on from what was reached until it is done; give up after several breaks in a row that gained nothing."""
        breaks, best = 0, -1
        while True:
            try:
                at = reached()
                if at > best:
                    best, breaks = at, 0
                if once(at):
                    return
            except LetGo:
                self._wait(0)
                continue
            except LineBroken:
                pass
            breaks += 1
            self._rest(breaks)

    def _again(self, request: Callable[[], T]) -> T:
        breaks = 0
        while True:
            try:
                return request()
            except LineBroken:
                breaks += 1
                self._rest(breaks)

    def _rest(self, breaks: int) -> None:
        """Wait a little longer after each break; stop when there were too many."""
        if breaks >= BREAKS:
            raise LineBroken
        self._wait(min(0.1 * 2**breaks, LONGEST_PAUSE))

    def clock(self) -> datetime | None:
        """What time it was at the relay when it let us in, as far as it says so."""
        self._again(self._signed_in)
        with suppress(TypeError, ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(self._there, UTC)
        return None

    def relay(self) -> str:
        """Which relay this is: one that lost everything is another one."""
        self._again(self._signed_in)
        return self._relay

    def _signed_in(self) -> dict[str, str]:
        if not self._token and self._code is not None:
            shown = {"pass": pass_of(self._code).hex()}
            self._token = str(self._request("POST", "/v1/session", json=shown, signed_in=False).json()["token"])
        elif not self._token:
            box = box_of(bytes(self._signing.verify_key))
            asked = self._request("POST", "/v1/session", json={"box": box}, signed_in=False).json()
            signature = answer(self._signing, bytes.fromhex(asked["relay"]), bytes.fromhex(asked["nonce"]))
            opened = self._request(
                "POST", f"/v1/session/{asked['id']}", json={"signature": signature.hex()}, signed_in=False
            ).json()
            if opened.get("ended"):
                headers = _bearing(str(opened["token"]))
                raise ToldItWasEnded(self._request("GET", "/v1/roster", headers=headers, signed_in=False).content)
            self._token, self._relay, self._there = str(opened["token"]), str(asked["relay"]), opened.get("time")
        return _bearing(self._token)

    def _request(
        self, method: str, path: str, *, expected: Sequence[int] = (200,), signed_in: bool = True, **more: Any
    ) -> httpx.Response:
        headers = more.pop("headers", {}) | (self._signed_in() if signed_in else {})
        with _failures():
            answered = self._http.request(method, path, headers=headers, **more)
        if answered.status_code == 401 and signed_in:
            self._token = ""  # the session ended; the next try opens another
            raise LineBroken
        if answered.status_code not in expected:
            raise {403: NotAdmitted(), 507: RelayFull()}.get(answered.status_code, RelayRefused(answered.status_code))
        return answered


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def trusting(issuer: bytes, *, clock_doubted: bool = False) -> ssl.SSLContext:
    """TLS that trusts this issuer alone. With a doubted clock the dates of certificates are not looked at."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=issuer)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the pinned one may itself be issued by another
    if clock_doubted:
        context.verify_flags |= NO_CHECK_TIME
    return context


def der_of(raw: bytes) -> bytes:
    """A certificate in the form that is kept, from PEM or DER; NotACertificate if it is neither."""
    try:
        found = ssl.PEM_cert_to_DER_cert(raw.decode("ascii")) if b"-----BEGIN" in raw else raw
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found)
    except (ssl.SSLError, ValueError):
        raise NotACertificate from None
    return found


def _pieces(path: Path, offset: int, told: Callable[[int], object]) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while piece := file.read(PIECE):
            yield piece
            told(file.tell())


@contextmanager
def _failures() -> Iterator[None]:
    """What went wrong on the line, in our words."""
    try:
        yield
    except httpx.TransportError as error:
        raise _in_our_words(error) from None


def _in_our_words(error: BaseException | None) -> CaseDeskError:
    """Whom we spoke to is not to be believed, or the line broke."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return OutOfDate() if error.verify_code in OF_ANOTHER_DAY else NotTheRelay()
        if isinstance(error, ssl.SSLError) and error.reason in OF_ANOTHER_AGE:
            return TooOld()
        error = error.__cause__ or error.__context__
    return LineBroken()
