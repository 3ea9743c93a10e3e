"""What the relay knows: boxes, hashes, sizes, the day of the last visit, and for a desk that was ended the roster that
said so. No names of people, no addresses, no contents.

Plain tables on any engine that SQLAlchemy speaks: a SQLite file beside the files, or PostgreSQL by URL for several
processes or machines. Times are whole seconds of the relay's own clock.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from casedesk.sync.relay.admission import Admission, box_of

A_DAY = 24 * 60 * 60
TOKEN_LIVES = 12 * 60 * 60
CHALLENGE_LIVES = 5 * 60
FILES_LIVE = 90 * A_DAY
_SET_UP = 0xCA5E  # the lock under which one process after the other looks after the tables

KEY = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER is SQLite's own row number
metadata = MetaData()
facts = Table("relay", metadata, Column("id", Integer, primary_key=True), Column("identity", LargeBinary(16)))
rosters = Table("roster", metadata, Column("number", BigInteger, primary_key=True, autoincrement=False))
guests = Table(
    "guest",
    metadata,
    Column("box", String(32), primary_key=True),
    Column("key", LargeBinary(32), nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("visited_on", BigInteger),  # the day, not the moment
)
ended = Table(
    "ended",
    metadata,
    Column("box", String(32), primary_key=True),
    Column("key", LargeBinary(32), nullable=False),
    Column("roster", LargeBinary, nullable=False),  # the first that said so; it learns of no newer one
)
invitations = Table(
    "invitation",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("used", Boolean, nullable=False),
)
challenges = Table(
    "challenge",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("box", String(32), nullable=False),
    Column("nonce", LargeBinary(32), nullable=False),
    Column("until", BigInteger, nullable=False),
)
sessions = Table(
    "session",
    metadata,
    Column("token", LargeBinary(32), primary_key=True),  # its SHA-256: the index opens no session
    Column("box", String(32)),
    Column("invitation", LargeBinary(32)),
    Column("until", BigInteger, nullable=False),
)
files = Table(
    "file",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sender", String(32), nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("since", BigInteger, nullable=False, index=True),
)
entries = Table(
    "entry",
    metadata,
    Column("n", KEY, primary_key=True, autoincrement=True),
    Column("box", String(32), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, index=True),
    UniqueConstraint("box", "sha256"),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who speaks: a desk by its box, or somebody with an invitation, who may leave one small file. A desk that was
    ended may read the roster that says so."""

    box: str
    invitation: bytes | None = None
    is_ended: bool = False

    @property
    def sender(self) -> str:
        """Under which name is counted how much lies here of theirs."""
        return self.box if self.invitation is None else self.invitation.hex()[:32]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that waits in a box."""

    n: int
    sha256: str
    size: int


class Index:
    """The relay's tables. Every method is one transaction."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # several processes start at once
                connection.execute(select(func.pg_advisory_xact_lock(_SET_UP)))
            metadata.create_all(connection)
            self.identity = _identity(connection)

    def admit(self, admission: Admission) -> bool:
        """Let in whom this roster names, and nobody else; False if a newer roster is in force."""
        with self.engine.begin() as connection:
            connection.execute(update(facts).values(id=facts.c.id))  # one roster after the other
            newest = connection.scalar(select(func.max(rosters.c.number)))
            if newest is not None and admission.number < newest:
                return False
            if newest is None or admission.number > newest:
                connection.execute(insert(rosters), {"number": admission.number})
            _let_in(connection, admission)
        return True

    def challenge(self, box: str, now: int) -> tuple[str, bytes]:
        """A number to be signed. Given to strangers too, so that nobody learns who is a guest."""
        made, nonce = secrets.token_hex(16), secrets.token_bytes(32)
        with self.engine.begin() as connection:
            connection.execute(delete(challenges).where(challenges.c.until < now))
            connection.execute(
                insert(challenges), {"id": made, "box": box, "nonce": nonce, "until": now + CHALLENGE_LIVES}
            )
        return made, nonce

    def challenged(self, made: str, now: int) -> tuple[bytes, bytes] | None:
        """The key of the desk and the number it was to sign; once only."""
        with self.engine.begin() as connection:
            asked = connection.execute(
                select(challenges.c.box, challenges.c.nonce).where(challenges.c.id == made, challenges.c.until >= now)
            ).one_or_none()
            connection.execute(delete(challenges).where(challenges.c.id == made))
            if asked is None:
                return None
            known = union_all(*(select(each.c.key).where(each.c.box == asked.box) for each in (guests, ended)))
            key = connection.scalar(known)
        return None if key is None else (bytes(key), bytes(asked.nonce))

    def open_session(self, key: bytes, now: int) -> str:
        """A token for a desk that has shown who it is."""
        box = box_of(key)
        with self.engine.begin() as connection:
            connection.execute(update(guests).where(guests.c.box == box).values(visited_on=now // A_DAY))
            return _session(connection, now, box=box)

    def open_invited(self, tag: bytes, now: int) -> str | None:
        """A token for somebody with an invitation that is still good and was not used."""
        with self.engine.begin() as connection:
            good = connection.scalar(
                select(invitations.c.tag).where(
                    invitations.c.tag == tag, invitations.c.until >= now, invitations.c.used.is_(False)
                )
            )
            return None if good is None else _session(connection, now, invitation=tag)

    def visitor(self, token: str, now: int) -> Visitor | None:
        """Who holds this token; nobody once the desk is no guest any more."""
        with self.engine.connect() as connection:
            known = connection.execute(
                select(sessions.c.box, sessions.c.invitation).where(
                    sessions.c.token == _hidden(token), sessions.c.until >= now
                )
            ).one_or_none()
            if known is None:
                return None
            if known.invitation is not None:
                return Visitor("", bytes(known.invitation))
            is_guest = connection.scalar(select(guests.c.box).where(guests.c.box == known.box)) is not None
        if is_guest or self.farewell(known.box) is not None:
            return Visitor(known.box, is_ended=not is_guest)
        return None

    def farewell(self, box: str) -> bytes | None:
        """The roster that ended a desk, as it was signed."""
        with self.engine.connect() as connection:
            signed = connection.scalar(select(ended.c.roster).where(ended.c.box == box))
        return None if signed is None else bytes(signed)

    def size_of(self, sha256: str) -> tuple[int, bool] | None:
        """The announced size of a file and whether all of it is here."""
        with self.engine.connect() as connection:
            found = connection.execute(
                select(files.c.size, files.c.whole).where(files.c.sha256 == sha256)
            ).one_or_none()
        return None if found is None else (found.size, found.whole)

    def announce(self, sha256: str, size: int, visitor: Visitor, smallest: int, now: int) -> bool:
        """Note that a file begins to arrive; False if there is no room for so much more from this visitor.

        `smallest` is what an invitation allows. Whoever begins two at once begins one after the other.
        """
        try:
            with self.engine.begin() as connection:
                if size > _room(connection, visitor, smallest):
                    return False
                connection.execute(
                    insert(files),
                    {"sha256": sha256, "size": size, "sender": visitor.sender, "whole": False, "since": now},
                )
        except IntegrityError:
            pass  # it had begun already, perhaps at another process
        return True

    def arrived(self, sha256: str, visitor: Visitor, to: Iterable[str], now: int) -> bool:
        """Show a whole file in the boxes it is for; boxes of nobody are left out. False if it is gone by now."""
        with self.engine.begin() as connection:
            whole = update(files).where(files.c.sha256 == sha256).values(whole=True, since=now)
            if not connection.execute(whole).rowcount:
                return False
            there = set(connection.scalars(select(entries.c.box).where(entries.c.sha256 == sha256)))
            known = set(connection.scalars(select(guests.c.box).where(guests.c.box.in_(set(to)))))
            rows = [{"box": box, "sha256": sha256} for box in sorted(known - there)]
            if rows:
                connection.execute(insert(entries), rows)
            if visitor.invitation is not None:
                connection.execute(update(invitations).where(invitations.c.tag == visitor.invitation).values(used=True))
        return True

    def waiting(self, box: str, after: int, most: int = 1000) -> list[Entry]:
        """What lies in a box beyond entry `after`, the oldest first."""
        wanted = (
            select(entries.c.n, entries.c.sha256, files.c.size)
            .join(files, files.c.sha256 == entries.c.sha256)
            .where(entries.c.box == box, entries.c.n > after, files.c.whole)
            .order_by(entries.c.n)
            .limit(most)
        )
        with self.engine.connect() as connection:
            return [Entry(*row) for row in connection.execute(wanted)]

    def may_fetch(self, box: str, sha256: str) -> bool:
        with self.engine.connect() as connection:
            found = select(entries.c.n).where(entries.c.box == box, entries.c.sha256 == sha256)
            return connection.scalar(found) is not None

    def take_out(self, box: str, n: int, drop: Callable[[str], object]) -> None:
        """Take an entry out of a box, and the file away if nobody waits for it any more.

        `drop` takes the bytes of a hash away before anybody can announce it anew; where it fails, all stays.
        """
        with self.engine.begin() as connection:
            sha = connection.scalar(select(entries.c.sha256).where(entries.c.n == n, entries.c.box == box))
            if sha is None:
                return
            connection.execute(delete(entries).where(entries.c.n == n))
            if _forgotten(connection, sha):
                drop(str(sha))

    def forget(self, sha256: str) -> None:
        """A file whose bytes were not what its name says: start over."""
        with self.engine.begin() as connection:
            connection.execute(delete(files).where(files.c.sha256 == sha256, files.c.whole.is_(False)))

    def outlived(self, now: int, drop: Callable[[str], object]) -> None:
        """Forget ended sessions, and take away what is older than a file lives here; `drop` as above."""
        with self.engine.begin() as connection:
            old = list(connection.scalars(select(files.c.sha256).where(files.c.since < now - FILES_LIVE)))
            if old:
                connection.execute(delete(entries).where(entries.c.sha256.in_(old)))
                connection.execute(delete(files).where(files.c.sha256.in_(old)))
            connection.execute(delete(sessions).where(sessions.c.until < now))
            for sha in old:
                drop(sha)


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _settle(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a connection of the driver
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    return engine


def _identity(connection: Connection) -> bytes:
    """This relay's own number: a signature made for one relay is worth nothing at another."""
    known = connection.scalar(select(facts.c.identity))
    if known is None:
        known = secrets.token_bytes(16)
        connection.execute(insert(facts), {"id": 1, "identity": known})
    return bytes(known)


def _let_in(connection: Connection, admission: Admission) -> None:
    named = {box_of(guest.key): guest for guest in admission.guests}
    there = set(connection.scalars(select(guests.c.box)))
    for box in there - named.keys():
        connection.execute(delete(guests).where(guests.c.box == box))
        connection.execute(delete(sessions).where(sessions.c.box == box))
        connection.execute(delete(entries).where(entries.c.box == box))
    for box, guest in named.items():
        if box in there:
            connection.execute(update(guests).where(guests.c.box == box).values(quota=guest.quota))
        else:
            connection.execute(insert(guests), {"box": box, "key": guest.key, "quota": guest.quota})
    told = set(connection.scalars(select(ended.c.box)))
    new = [{"box": box_of(key), "key": key, "roster": admission.signed} for key in admission.ended]
    if untold := [each for each in new if each["box"] not in told]:
        connection.execute(insert(ended), untold)
    used = set(connection.scalars(select(invitations.c.tag).where(invitations.c.used)))
    connection.execute(delete(invitations))
    rows = [{"tag": each.tag, "until": each.until, "used": each.tag in used} for each in admission.invitations]
    if rows:
        connection.execute(insert(invitations), rows)


def _room(connection: Connection, visitor: Visitor, smallest: int) -> int:
    """How many more bytes may come from this visitor, who begins nothing else until this transaction ends."""
    if visitor.invitation is not None:
        unused = invitations.c.tag == visitor.invitation, invitations.c.used.is_(False)
        quota = smallest if connection.execute(update(invitations).where(*unused).values(used=False)).rowcount else 0
    else:
        mine = guests.c.box == visitor.box
        connection.execute(update(guests).where(mine).values(quota=guests.c.quota))
        quota = connection.scalar(select(guests.c.quota).where(mine)) or 0
    held = connection.scalar(select(func.sum(files.c.size)).where(files.c.sender == visitor.sender)) or 0
    return int(quota - held)


def _session(connection: Connection, now: int, *, box: str | None = None, invitation: bytes | None = None) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sessions),
        {"token": _hidden(token), "box": box, "invitation": invitation, "until": now + TOKEN_LIVES},
    )
    return token


def _hidden(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _forgotten(connection: Connection, sha256: str) -> bool:
    """Forget a file that lies in no box any more; whether it was one."""
    if connection.scalar(select(entries.c.n).where(entries.c.sha256 == sha256).limit(1)) is not None:
        return False
    connection.execute(delete(files).where(files.c.sha256 == sha256))
    return True
