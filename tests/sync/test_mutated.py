"""Files of every kind with something changed in what they say, and signed again by who may sign them: whatever it is,
taking in goes on, what is others' is as before, and the check finds nothing (SECURITY 10).

`--rounds 20` changes something in each kind ten times, `--rounds 200` a hundred times.
"""

from __future__ import annotations

import contextlib
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

from casedesk.desk import Desk
from casedesk.models import Membership
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.storage.operations import Leaf, MalformedBody, Open, Operation, digest, link, pack, unpack
from casedesk.storage.recorder import own_chain
from casedesk.sync.announcing import Ended
from casedesk.sync.arrivals import take_inbox
from casedesk.sync.batch import (
    CENTRAL,
    Author,
    Batch,
    Kind,
    Passed,
    Refused,
    Stretch,
    Why,
    open_batch,
    seal,
    write_batch,
)
from casedesk.sync.bodies import RosterBody, write_body
from casedesk.sync.files import Fate, inbox
from casedesk.sync.membership import admissions, newest_signed
from casedesk.sync.roster import Roster, sign_roster
from tests.conftest import NOW, PASSPHRASE
from tests.support.an_inbox import a_case, agree, files_of_every_kind
from tests.support.exchange import records
from tests.sync.office import (
    carried,
    carry,
    coordinator,
    first_desk,
    hand_rosters,
    join,
    key_of,
    new_desk,
    standing_of,
)

KINDS = [Kind.CHAIN, Kind.ORDERS, Kind.SHOW, Kind.CODED, Kind.RECEIPT, Kind.ROSTER, Kind.SNAPSHOT]
TABLES = ("case", "person", "user", "centre", "device", "consent_line", "status_event", "case_note", "", "no_table")
FIELDS = (
    "name",
    "name_en",
    "roles",
    "active",
    "case_id",
    "owner_id",
    "removed_at",
    "confidential_case",
    "at",
    "answer",
)


@dataclass(frozen=True)
class Originals:
    """One file of each kind as its author wrote it, the vaults that take them in, and who signs."""

    folder: Path
    files: dict[Kind, Batch]
    author: Author
    lists: SigningKey  # signs the list of computers
    theirs: frozenset[tuple[str, bytes]]  # the records of the author


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    """A computer of a centre writes to the central office, which has a case of another centre too; and it passes on to
    one colleague what another one wrote."""
    folder = tmp_path_factory.mktemp("mutated")
    first = first_desk(folder / "K3")
    one, two, other, central = (
        new_desk(folder / name, name, centre)
        for name, centre in (("K4", "DHK"), ("K5", "DHK"), ("S1", "SYL"), ("Q1", "HQX"))
    )
    for each in (one, two, other, central):
        join(first, each, centre=each.centre, central=each is central)
    hand_rosters(first, (one, two, other, central))
    agree(other, a_case(other, 9), "sync_central_identified")
    carry(other, central, CENTRAL)
    files = _by_kind(central, files_of_every_kind(first, central))
    a_case(one, 5)
    a_case(two, 6)
    chain = _by_kind(one, carried(two))[Kind.CHAIN]
    told = {"kind": Kind.SNAPSHOT, "author": key_of(two), "to": (key_of(one),)}
    files[Kind.SNAPSHOT] = replace(chain, header=msgspec.structs.replace(chain.header, **told))
    with first.read() as session:
        signed = newest_signed(session)
        seed = session.get_one(Membership, 1).roster_seed
        body = write_body(RosterBody(signed, tuple(admissions(session))))
    files[Kind.ROSTER] = replace(files[Kind.ROSTER], body=body)
    assert seed is not None
    made = Originals(folder, files, standing_of(first).author, SigningKey(seed), frozenset(records(first)))
    for each in (first, one, two, other, central):
        each.store.vault.close()
    return made


def _by_kind(reader: Desk, files: list[bytes]) -> dict[Kind, Batch]:
    """What a computer can open of the files, the newest of each kind."""
    found = {}
    for sealed in files:
        with contextlib.suppress(Refused):  # what is for somebody else
            batch = open_batch(sealed, standing_of(reader).reader)
            found[batch.header.kind] = batch
    return found


class Mutation:
    """Changes that can be had again."""

    def __init__(self, originals: Originals, seed: str) -> None:
        self.originals = originals
        self.random = Random(seed)  # noqa: S311 - the same changes each time
        self.ids = sorted({record for _table, record in originals.theirs})

    def of(self, kind: Kind) -> bytes | None:
        """The plain batch with something changed in it, signed again; nothing if no program could write that."""
        original = self.originals.files[kind]
        try:
            match kind:
                case Kind.CHAIN | Kind.SNAPSHOT:
                    return self._of_chain(original)
                case Kind.SHOW if self.random.random() < 0.7:
                    body = pack(self._changed_one(unpack(original.body)))
                case Kind.ROSTER if self.random.random() < 0.7:
                    body = self._other_list(original.body)
                case _:
                    body = self._other_body(original.body)
        except (TypeError, ValueError, OverflowError, AttributeError, msgspec.MsgspecError, MalformedBody):
            return None
        return self._signed(original, body)

    def _of_chain(self, original: Batch) -> bytes | None:
        """Often its links are right: then it is the story of its author, whatever it says."""
        header, links = original.header, True
        if self.random.random() < 0.7:
            operations = self._changed_one(unpack(original.body))
            body = pack(operations)
        else:
            body = self._other_body(original.body)
            try:
                operations = unpack(body)
            except MalformedBody:
                operations, links = unpack(original.body), False
        at = header.prev or b""
        try:
            for seq, operation in enumerate(operations, header.first):
                at = link(at, header.chain or b"", seq, digest(seq, operation))
        except struct.error:  # a number that is none of its kind: whoever writes it has no digest of it
            links = False
        head = at if links and self.random.random() < 0.9 else header.head or b""
        stretch = Stretch(header.chain or b"", header.parent, header.first, len(operations), header.prev or b"", head)
        return self._signed(original, body, stretch)

    def _signed(self, original: Batch, body: bytes, stretch: Stretch | None = None) -> bytes | None:
        header = original.header
        if body == original.body:
            return None
        to_one = header.kind is Kind.SNAPSHOT
        return write_batch(
            self.originals.author,
            header.kind,
            body,
            audience=header.audience,
            made=header.made,
            to=header.to,
            stretch=stretch,
            passed=Passed(header.writer, header.proof or b"") if to_one else None,
            chain=header.chain if header.kind is Kind.SHOW else None,
            ops=header.ops,
        )

    def _changed_one(self, operations: list[Operation]) -> list[Operation]:
        at = self.random.randrange(len(operations))
        return [self._other(each) if number == at else each for number, each in enumerate(operations)]

    def _other(self, operation: Operation) -> Operation:
        """Another place, value or author; what is said of the act itself too."""
        name = self.random.choice(("wall", "flags", "kind", "schema", "actor", *["sections"] * 6))
        if name != "sections":
            value: Any = self.random.choice(self.ids) if name == "actor" else self.random.choice((0, 1, 2, 255, 2**40))
            return replace(operation, **{name: value})
        sections = list(operation.sections)
        at = self.random.randrange(len(sections))
        section = sections[at]
        if isinstance(section, Open):
            leaves = [*section.leaves]
            number = self.random.randrange(len(leaves))
            leaves[number] = self._other_leaf(leaves[number])
            in_order = sorted(leaves, key=lambda leaf: (leaf.table, leaf.record, leaf.field))
            level = section.level if self.random.random() < 0.8 else self.random.randrange(4)
            sections[at] = replace(section, level=level, leaves=tuple(in_order))
        else:
            del sections[at]
        return replace(operation, sections=tuple(sections))

    def _other_leaf(self, leaf: Leaf) -> Leaf:
        match self.random.randrange(5):
            case 0:
                return msgspec.structs.replace(leaf, table=self.random.choice(TABLES))
            case 1:
                return msgspec.structs.replace(leaf, record=self.random.choice((*self.ids, bytes(16))))
            case 2:
                return msgspec.structs.replace(leaf, field=self.random.choice(FIELDS))
        return msgspec.structs.replace(leaf, value=self._odd(leaf.value))

    def _other_list(self, body: bytes) -> bytes:
        """The list of computers, a newer one, signed by who may sign it, with something changed in it."""
        told = msgspec.msgpack.decode(body, type=RosterBody)
        written: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.decode(told.roster)[0])
        changed = self._changed(written) | {"number": written["number"] + self.random.choice((0, 1, 1, 1, 2**40))}
        roster = msgspec.convert(changed, Roster)
        return write_body(msgspec.structs.replace(told, roster=sign_roster(roster, self.originals.lists)))

    def _other_body(self, body: bytes) -> bytes:
        if self.random.random() < 0.3:
            at = self.random.randrange(len(body))
            return body[:at] + self.random.randbytes(self.random.randrange(3)) + body[at + self.random.randrange(3) :]
        return msgspec.msgpack.encode(self._changed(msgspec.msgpack.decode(body)))

    def _changed(self, value: Any) -> Any:
        """The same, with another value in some place, or a place that is missing, doubled or called otherwise."""
        is_inside = self.random.random() < 0.9
        if isinstance(value, dict) and value and is_inside:
            key = self.random.choice(sorted(value, key=repr))
            rest = {name: each for name, each in value.items() if name != key}
            match self.random.randrange(10):
                case 0:
                    return rest
                case 1:
                    return rest | {"other": value[key]}
            return {name: self._changed(each) if name == key else each for name, each in value.items()}
        if isinstance(value, list) and value and is_inside:
            at = self.random.randrange(len(value))
            match self.random.randrange(10):
                case 0:
                    return value[:at] + value[at + 1 :]
                case 1:
                    return value[: at + 1] + value[at:]
            return [*value[:at], self._changed(value[at]), *value[at + 1 :]]
        return self._odd(value)

    def _odd(self, value: Any) -> Any:
        near: list[Any] = [
            None,
            True,
            False,
            -1,
            0,
            1,
            2**62,
            2**63 - 1,
            -(2**63),
            "",
            "x" * 300,
            "../../vault.db",
            b"",
            [],
        ]
        near += [self.random.randbytes(16), self.random.randbytes(32), self.random.choice(self.ids), ["administrator"]]
        if isinstance(value, int):
            near += [value + 1, value - 1, -value] * 4
        if isinstance(value, str):
            near += [value + "x", value[:-1], value.upper(), "0" * len(value)] * 4
        if isinstance(value, bytes) and value:
            near += [value[:-1], bytes([value[0] ^ 1]) + value[1:]] * 6
        return self.random.choice(near)


@dataclass
class Taker:
    """A vault that takes in one file after another; a new copy once one had an effect."""

    originals: Originals
    name: str
    scratch: Path
    copies: int = 0
    desk: Desk | None = None

    def fresh(self) -> Desk:
        if self.desk is None:
            self.copies += 1
            folder = shutil.copytree(self.originals.folder / self.name, self.scratch / str(self.copies) / self.name)
            self.desk = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
        return self.desk

    def close(self) -> None:
        if self.desk is not None:
            self.desk.store.vault.close()
            self.desk = None


@pytest.fixture
def taker(originals: Originals, kind: Kind, tmp_path: Path) -> Iterator[Taker]:
    made = Taker(originals, "K4" if kind is Kind.SNAPSHOT else "Q1", tmp_path)
    yield made
    made.close()


def others(desk: Desk, originals: Originals, kind: Kind) -> tuple[object, ...]:
    """What no file of its author may change: what others wrote, our own chain and the files beside the vault."""
    hidden = frozenset[tuple[str, bytes]]() if kind is Kind.SNAPSHOT else originals.theirs
    with desk.read() as session:
        chain = own_chain(session).id
    folder = desk.store.vault.folder
    files = {path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".cdb"}
    return {key: said for key, said in records(desk).items() if key not in hidden}, chain, files


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_member_signs_it_changes_what_is_its_own_and_nothing_else(
    originals: Originals, taker: Taker, kind: Kind, rounds: int
) -> None:
    mutation, tried, effects = Mutation(originals, kind), 0, 0
    while tried < max(1, rounds // 2):
        plain = mutation.of(kind)
        if plain is None:
            continue
        tried += 1
        desk = taker.fresh()
        before = others(desk, originals, kind)
        inbox(desk.store.vault.folder).put(seal(plain, [standing_of(desk).me.seal]))
        try:
            (taken,) = take_inbox(coordinator(desk))
        except Ended:
            taker.close()  # who signs the list may end a computer
            continue
        assert taken.why != Why.MISTAKE, f"number {tried}"
        after = others(desk, originals, kind)
        made = {key: said for key, said in after[0].items() if key in before[0]}  # type: ignore[attr-defined, operator]
        assert (made, *after[1:]) == before, f"number {tried}"
        if taken.fate is not Fate.REFUSED:
            effects += 1
            assert check_store(coordinator(desk)).wrong == [], f"number {tried}"
            taker.close()
    if taker.desk is not None:
        assert check_store(coordinator(taker.desk)).wrong == []
    assert effects or kind not in (Kind.CHAIN, Kind.CODED) or rounds < 20
