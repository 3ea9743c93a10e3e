"""Batches that are sealed and signed as they should be, by somebody who means harm (SECURITY 10).

None of them changes a right, a file or a record of somebody else; each is told of, and the store stays whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Desk
from casedesk.models import Case, Centre, Chain, ConsentLine, Device, Person, State, User
from casedesk.services.entitled import alarms
from casedesk.services.history import history
from casedesk.services.intake import register_case
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.storage.operations import (
    Leaf,
    Operation,
    OperationKind,
    digest,
    digest_only,
    link,
    new_operation,
    pack,
    start_link,
)
from casedesk.storage.recorder import MARK_TABLE, NO_RECORD, OPERATION_TABLE, SCHEMA, own_chain
from casedesk.sync import computers
from casedesk.sync.arrivals import Taken, take_inbox
from casedesk.sync.batch import CENTRAL, EVERYONE, MOST_OPERATIONS, Kind, Stretch, seal, write_batch
from casedesk.sync.bodies import Holding, Orders, Receipt, WrittenOrder, write_body
from casedesk.sync.files import Fate, inbox
from casedesk.sync.people import set_people
from casedesk.sync.roster import certify, sign_roster
from tests.conftest import NOW, PASSPHRASE
from tests.support.exchange import clashes, records
from tests.support.people import a_returnee
from tests.sync.examples import view
from tests.sync.office import admin, coordinator, first_desk, join, key_of, new_desk, standing_of

WALL = int(NOW.timestamp() * 1000)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two laptops of one centre and one of another, to be copied."""
    folder = tmp_path_factory.mktemp("organisation")
    ours = first_desk(folder / "K3")
    for name, centre in (("K4", "DHK"), ("S1", "SYL")):
        other = new_desk(folder / name, name, centre)
        join(ours, other, centre=centre)
        other.store.vault.close()
    case_id = register_case(ours, a_returnee())
    with ours.write("case.confidential", about=case_id) as session:
        session.get_one(Case, case_id).confidential_case = True
    with ours.write("office.add_user") as session:
        session.add(User(id=KARIM, name="Karim", sign_in_name="karim", roles=["caseworker"], active=True, team="blue"))
    for member in standing_of(ours).roster.members[1:]:  # he works at the computers that attack, too
        people = [UUID(bytes=each) for each in member.people]
        set_people(admin(ours), member.desk, [*people, KARIM])
    ours.store.vault.close()
    return folder


KARIM = UUID(int=4711)


@dataclass
class Attack:
    """An honest desk, and the keys of one that is not: it signs whatever its owner likes."""

    ours: Desk
    theirs: Desk  # its vault is used for its keys only
    outcome: list[Taken] = field(default_factory=list)

    @property
    def case_id(self) -> UUID:
        with self.ours.read() as session:
            return session.scalars(select(Case.id)).one()

    @property
    def case_number(self) -> str | None:
        with self.ours.read() as session:
            return session.get_one(Case, self.case_id).case_number

    @property
    def person_id(self) -> UUID:
        return self._one(Person)

    @property
    def owner(self) -> UUID:
        return self.ours.actor.id

    def _one(self, model: type[Person | Centre | Device]) -> UUID:
        with self.ours.read() as session:
            return session.scalars(select(model.id)).first() or uuid4()

    @property
    def centre_id(self) -> UUID:
        return self._one(Centre)

    @property
    def chain(self) -> Chain:
        with self.theirs.read() as session:
            return own_chain(session)

    @property
    def our_chain(self) -> Chain:
        with self.ours.read() as session:
            return own_chain(session)

    def sees(self) -> Leaf:
        """The attacker has seen all that we wrote."""
        return Leaf(MARK_TABLE, self.our_chain.id, "held", self.our_chain.held)

    def put(
        self,
        kind: Kind,
        body: bytes,
        *,
        audience: str = "DHK",
        stretch: Stretch | None = None,
        ops: tuple[int, ...] = (),
        chain: bytes | None = None,
        to: tuple[bytes, ...] = (),
    ) -> None:
        """Sign and seal it as its author may, and lay it into our inbox."""
        place, me = standing_of(self.theirs), standing_of(self.ours)
        to = to or ((me.me.desk,) if audience == EVERYONE else ())
        plain = write_batch(
            place.author, kind, body, audience=audience, made=WALL, to=to, stretch=stretch, chain=chain, ops=ops
        )
        inbox(self.ours.store.vault.folder).put(seal(plain, [me.me.seal]))
        self.outcome += take_inbox(coordinator(self.ours))

    def say(self, *operations: Operation, first: int = 1, chain: bytes | None = None, audience: str = "DHK") -> None:
        """Send operations as a chain of the attacker's, from its beginning."""
        id_ = chain or uuid4().bytes
        before = at = start_link(self.chain.organisation, id_, self.chain.desk)
        for seq, each in enumerate(operations, first):
            at = link(at, id_, seq, digest(seq, each))
        stretch = Stretch(id_, b"", first, len(operations), before, at)
        self.put(Kind.CHAIN, pack(list(operations)), stretch=stretch, audience=audience)
        self.last = id_

    def write(self, *leaves: Leaf, actor: UUID = KARIM, wall: int = WALL, level: int = 1) -> None:
        """Send a mark that says that all of ours was seen, and then these."""
        mark = operation(self.sees(), kind=OperationKind.MARK, actor=actor, level=0)
        self.say(mark, operation(*leaves, actor=actor, wall=wall, level=level))


def operation(
    *leaves: Leaf,
    actor: UUID = KARIM,
    wall: int = WALL,
    kind: OperationKind = OperationKind.WORK,
    level: int = 1,
) -> Operation:
    action = Leaf(OPERATION_TABLE, NO_RECORD, "action", "test.harm")
    told = sorted((action, *leaves), key=lambda leaf: (leaf.table, leaf.record, leaf.field))
    return new_operation({level: told}, wall=wall, flags=0, actor=actor.bytes, kind=kind, schema=SCHEMA)


def user(field_: str, value: object, who: UUID = KARIM) -> Leaf:
    return Leaf("user", who.bytes, field_, value)  # type: ignore[arg-type]


def case(attack: Attack, field_: str, value: object) -> Leaf:
    return Leaf("case", attack.case_id.bytes, field_, value)  # type: ignore[arg-type]


# What a colleague's computer tries with rights: no effect, and an alarm.


def raises_own_role(a: Attack) -> None:
    a.write(user("roles", ["administrator"]))


def raises_own_role_in_a_later_operation(a: Attack) -> None:
    mark = operation(a.sees(), kind=OperationKind.MARK, level=0)
    a.say(mark, operation(user("roles", ["supervisor"])), operation(user("roles", ["administrator"])))


def takes_all_roles_from_the_administrator(a: Attack) -> None:
    a.write(user("roles", [], a.owner))


def lets_nobody_sign_in(a: Attack) -> None:
    a.write(user("active", False, a.owner))


def removes_the_administrator(a: Attack) -> None:
    a.write(user("removed_at", WALL, a.owner))


def changes_who_opens_the_vault(a: Attack) -> None:
    a.write(user("slot", "00" * 8, a.owner), user("sign_in_name", "somebody", a.owner))


def moves_into_another_team(a: Attack) -> None:
    a.write(user("team", "red"))


def adds_an_administrator(a: Attack) -> None:
    friend = uuid4()
    a.write(user("name", "Friend", friend), user("roles", ["administrator"], friend), user("active", True, friend))


def borrows_the_name_of_the_administrator(a: Attack) -> None:
    a.write(user("roles", ["administrator"]), actor=a.owner)


def is_an_administrator_that_nobody_knows(a: Attack) -> None:
    unknown = uuid4()
    told = operation(user("roles", ["administrator"], unknown), user("active", True, unknown), actor=unknown)
    a.say(operation(a.sees(), kind=OperationKind.MARK, level=0), operation(), told)


def names_oneself_on_a_case(a: Attack) -> None:
    a.write(case(a, "named_access", [str(KARIM)]))


def names_oneself_without_having_seen_the_case(a: Attack) -> None:
    a.say(operation(case(a, "named_access", [str(KARIM)])))


def says_that_it_began_the_case(a: Attack) -> None:
    leaves = [case(a, "case_number", a.case_number), case(a, "named_access", [str(KARIM)])]
    leaves += [case(a, "owner_id", KARIM.bytes), case(a, "confidential_case", False)]
    a.say(operation(*leaves))
    assert "Two computers say that they began it" in {each.field for each in alarms(admin(a.ours))}


def makes_a_case_open_to_all(a: Attack) -> None:
    a.write(case(a, "confidential_case", False))


def becomes_the_owner(a: Attack) -> None:
    a.write(case(a, "owner_id", KARIM.bytes))


def becomes_the_supervisor(a: Attack) -> None:
    a.write(case(a, "supervisor_id", KARIM.bytes))


def gives_the_case_to_ones_team(a: Attack) -> None:
    a.write(case(a, "team", "blue"))


def changes_the_limits_of_the_centre(a: Attack) -> None:
    a.write(Leaf("centre", a.centre_id.bytes, "retention_years", 0))


def renames_a_computer(a: Attack) -> None:
    with a.ours.read() as session:
        device = session.scalars(select(Device.id)).first() or uuid4()
    a.write(Leaf("device", device.bytes, "code", "ZZ"))


def shows_a_right_later(a: Attack) -> None:
    """First only digests, which say nothing to anybody; then what they stand for."""
    whole = operation(user("roles", ["administrator"]))
    a.say(operation(a.sees(), kind=OperationKind.MARK, level=0), digest_only(digest(2, whole)))
    a.put(Kind.SHOW, pack([whole]), chain=a.last, ops=(2,))


def has_the_records_of_a_case_forgotten(a: Attack) -> None:
    a.say(operation(Leaf("erased", a.person_id.bytes, "*", None), kind=OperationKind.ERASURE))


def has_one_field_forgotten(a: Attack) -> None:
    a.say(operation(Leaf("erased", a.person_id.bytes, "name_en", None), kind=OperationKind.ERASURE))


def says_that_it_has_seen_the_future(a: Attack) -> None:
    """A mark about more of our chain than there is would make all that we write later count as replaced."""
    a.say(operation(Leaf(MARK_TABLE, a.our_chain.id, "held", 2**40), kind=OperationKind.MARK, level=0))


# What a computer of another centre tries: none of it touches a case of ours.


def writes_on_a_case_of_another_centre(a: Attack) -> None:
    a.write(case(a, "priority", "low"), Leaf("person", a.person_id.bytes, "phone_1", "+8801700000000"))


def gives_consent_for_another_centre(a: Attack) -> None:
    line = uuid4().bytes
    told: dict[str, object] = {"case_id": a.case_id.bytes, "scope": "sync_central_identified", "answer": "given"}
    a.write(*(Leaf("consent_line", line, name, value) for name, value in told.items()))  # type: ignore[arg-type]


def takes_a_step_for_another_centre(a: Attack) -> None:
    event = uuid4().bytes
    told: dict[str, object] = {
        "entity": "case",
        "entity_id": a.case_id.bytes,
        "from_status": "registered",
        "to_status": "closed",
        "at": WALL,
    }
    a.write(*(Leaf("status_event", event, name, value) for name, value in told.items()))  # type: ignore[arg-type]


def erases_a_case_of_another_centre(a: Attack) -> None:
    a.say(operation(Leaf("erased", a.case_id.bytes, "*", None), kind=OperationKind.ERASURE))


def hands_over_a_case_of_another_centre(a: Attack) -> None:
    a.write(case(a, "owner_id", KARIM.bytes), actor=a.owner)


def gives_roles_at_another_centre(a: Attack) -> None:
    a.write(user("roles", ["administrator"]), actor=a.owner)


def removes_a_person_of_another_centre(a: Attack) -> None:
    a.write(Leaf("person", a.person_id.bytes, "removed_at", WALL))


# What a computer writes in the name of somebody who does not work there: kept, without effect, and an alarm.


def writes_on_a_case_in_anothers_name(a: Attack) -> None:
    a.write(case(a, "priority", "low"), Leaf("person", a.person_id.bytes, "phone_1", "+8801700000000"), actor=a.owner)


def gives_consent_in_anothers_name(a: Attack) -> None:
    line = uuid4().bytes
    told: dict[str, object] = {"case_id": a.case_id.bytes, "scope": "sync_central_identified", "answer": "given"}
    leaves = (Leaf("consent_line", line, name, value) for name, value in told.items())  # type: ignore[arg-type]
    a.write(*leaves, actor=a.owner)


def takes_a_step_in_anothers_name(a: Attack) -> None:
    event = uuid4().bytes
    told: dict[str, object] = {"entity": "case", "entity_id": a.case_id.bytes, "to_status": "closed", "at": WALL}
    leaves = (Leaf("status_event", event, name, value) for name, value in told.items())  # type: ignore[arg-type]
    a.write(*leaves, actor=a.owner)


def registers_a_case_in_anothers_name(a: Attack) -> None:
    a.write(Leaf("case", uuid4().bytes, "case_number", "DHK-26-K4-00001-X"), actor=a.owner)


def removes_a_note_in_anothers_name(a: Attack) -> None:
    a.write(Leaf("person", a.person_id.bytes, "removed_at", WALL), actor=a.owner)


def erases_in_anothers_name(a: Attack) -> None:
    target = Leaf("erased", a.person_id.bytes, "*", None)
    a.say(operation(target, kind=OperationKind.ERASURE, actor=a.owner))


def says_in_anothers_name_that_a_case_was_looked_at(a: Attack) -> None:
    a.write(Leaf(OPERATION_TABLE, NO_RECORD, "about", a.case_id.bytes), actor=a.owner)


def writes_as_somebody_whom_it_made_up(a: Attack) -> None:
    made_up = uuid4()
    told = operation(user("name", "Dr. Karim", made_up), user("active", True, made_up), actor=made_up)
    a.say(operation(a.sees(), kind=OperationKind.MARK), told, operation(case(a, "priority", "low"), actor=made_up))


def adds_a_user_by_a_caseworker_and_writes_as_them(a: Attack) -> None:
    friend = uuid4()
    lets_in = operation(user("name", "Friend", friend), user("active", True, friend), actor=KARIM)
    a.say(operation(a.sees(), kind=OperationKind.MARK), lets_in, operation(case(a, "priority", "low"), actor=friend))


def shows_later_what_it_wrote_in_anothers_name(a: Attack) -> None:
    whole = operation(case(a, "priority", "low"), actor=a.owner)
    a.say(operation(a.sees(), kind=OperationKind.MARK, level=0), digest_only(digest(2, whole)))
    a.put(Kind.SHOW, pack([whole]), chain=a.last, ops=(2,))


def makes_as_if_it_had_begun_the_user(a: Attack) -> None:
    """Writes the owner down as if nobody had before, by a clock that is long ago."""
    begins = operation(user("name", "Farzana", a.owner), user("active", True, a.owner), actor=a.owner, wall=0)
    a.say(begins, operation(case(a, "priority", "low"), actor=a.owner))


# What is refused before it is looked at, or put aside.


def speaks_for_another_desk(a: Attack) -> None:
    """Goes on with our own chain, signed by another."""
    id_, at, seq = a.our_chain.id, a.our_chain.head, a.our_chain.held + 1
    told = operation(user("roles", ["administrator"]), actor=a.owner)
    stretch = Stretch(id_, b"", seq, 1, at, link(at, id_, seq, digest(seq, told)))
    a.put(Kind.CHAIN, pack([told]), stretch=stretch)


def begins_a_chain_under_our_number(a: Attack) -> None:
    a.say(operation(user("roles", ["administrator"]), actor=a.owner), chain=a.our_chain.id)


def shows_another_ones_chain(a: Attack) -> None:
    a.put(Kind.SHOW, pack([operation(user("roles", ["administrator"]))]), chain=a.our_chain.id, ops=(2,))


def writes_for_another_audience(a: Attack) -> None:
    a.say(operation(user("roles", ["administrator"])), audience=CENTRAL)


def writes_to_somebody_else(a: Attack) -> None:
    a.put(Kind.ORDERS, write_body(Orders(())), to=(bytes(32),))


def counts_other_operations_than_there_are(a: Attack) -> None:
    told = operation(user("roles", ["administrator"]))
    start = start_link(a.chain.organisation, b"c" * 16, a.chain.desk)
    stretch = Stretch(b"c" * 16, b"", 1, 2, start, link(start, b"c" * 16, 1, digest(1, told)))
    a.put(Kind.CHAIN, pack([told]), stretch=stretch)


def sends_a_million_operations(a: Attack) -> None:
    stretch = Stretch(b"c" * 16, b"", 1, 1_000_000, bytes(32), bytes(32))
    assert stretch.n > MOST_OPERATIONS
    a.put(Kind.CHAIN, pack([operation()]), stretch=stretch)


def unpacks_to_very_much(a: Attack) -> None:
    a.put(Kind.ORDERS, bytes(65 * 1024 * 1024))


def sends_rubbish_as_a_chain(a: Attack) -> None:
    start = start_link(a.chain.organisation, b"c" * 16, a.chain.desk)
    a.put(Kind.CHAIN, b"\xc1rubbish", stretch=Stretch(b"c" * 16, b"", 1, 1, start, start))


def breaks_its_own_links(a: Attack) -> None:
    start = start_link(a.chain.organisation, b"c" * 16, a.chain.desk)
    a.put(Kind.CHAIN, pack([operation()]), stretch=Stretch(b"c" * 16, b"", 1, 1, start, b"x" * 32))


def orders_to_forget_what_others_wrote(a: Attack) -> None:
    orders = Orders(
        (WrittenOrder(a.case_id.bytes, "", a.chain.id, 1), WrittenOrder(a.person_id.bytes, "name_en", a.chain.id, 1))
    )
    a.put(Kind.ORDERS, write_body(orders))


def orders_in_our_name(a: Attack) -> None:
    a.put(Kind.ORDERS, write_body(Orders((WrittenOrder(a.case_id.bytes, "", a.our_chain.id, 1),))))


def orders_that_are_no_orders(a: Attack) -> None:
    a.put(Kind.ORDERS, msgspec.msgpack.encode({"orders": [[1, 2, 3, 4]]}))


def makes_a_roster_of_its_own(a: Attack) -> None:
    """With the attacker as the only member, signed with keys that nobody certified."""
    place, key = standing_of(a.theirs), SigningKey.generate()
    mine = msgspec.structs.replace(
        place.roster,
        number=place.roster.number + 5,
        key=bytes(key.verify_key),
        certificate=certify(key, place.organisation, bytes(key.verify_key)),
        members=(place.me,),
    )
    body = msgspec.msgpack.encode({"roster": sign_roster(mine, key), "admissions": []})
    a.put(Kind.ROSTER, body, audience=EVERYONE)


def was_ended_before(a: Attack) -> None:
    computers.end_computer(admin(a.ours), key_of(a.theirs))
    a.say(operation(user("roles", ["administrator"])))


# What takes effect as far as it is nobody's right: stored and shown, and nothing breaks.


def writes_with_a_clock_far_ahead(a: Attack) -> None:
    a.write(Leaf("case_note", uuid4().bytes, "text", "from the year 292 million"), wall=2**63 - 1)


def writes_with_a_clock_before_all_time(a: Attack) -> None:
    a.say(operation(Leaf("case_note", uuid4().bytes, "text", "from long ago"), wall=-(2**63)))


def dates_a_step_beyond_the_calendar(a: Attack) -> None:
    a.write(Leaf("case_note", uuid4().bytes, "removed_at", 253_402_300_799_999), Leaf("case_note", b"n" * 16, "at", 1))


def names_a_file_outside(a: Attack) -> None:
    told: dict[str, object] = {"file_name": "../../../etc/harm", "title": "..\\..\\harm.exe", "name": "/tmp/harm"}  # noqa: S108
    a.write(*(Leaf("document", b"d" * 16, name, value) for name, value in told.items()))  # type: ignore[arg-type]


def writes_values_of_wrong_types(a: Attack) -> None:
    note = b"w" * 16
    a.write(
        Leaf("case_note", note, "text", 7),
        Leaf("case_note", note, "case_id", "no id"),
        Leaf("case_note", note, "removed_at", ["no", "time"]),
        Leaf("case_note", note, "by", b"\x00"),
    )


def writes_tables_that_are_not_records(a: Attack) -> None:
    names = ("membership", "operation", "chain", "gate", "sqlite_master", "case; DROP TABLE person", "unentitled")
    a.write(*(Leaf(name, b"t" * 16, "text", "harm") for name in names))


def writes_fields_that_are_no_fields(a: Attack) -> None:
    names = ("id", "_sa_instance_state", "__class__", "metadata", "text = 'x' --", "a b")
    a.write(*(Leaf("case_note", b"f" * 16, name, "harm") for name in names))


def writes_fields_that_are_listed_as_none_or_two(a: Attack) -> None:
    names = ("a\tb", "a\u3000b", "\n")
    a.write(*(Leaf("case_note", b"f" * 16, name, "harm") for name in names))


def writes_very_long_names(a: Attack) -> None:
    a.write(Leaf("t" * 255, b"l" * 16, "f" * 255, "harm"), Leaf("case_note", b"l" * 16, "f" * 255, "harm"))


def marks_what_does_not_exist(a: Attack) -> None:
    odd = [Leaf(MARK_TABLE, b"m" * 16, "held", value) for value in (2**62,)]
    more = [Leaf(MARK_TABLE, b"o" * 16, "held", "many"), Leaf(MARK_TABLE, b"p" * 16, "held", -1)]
    a.say(operation(*odd, *more, kind=OperationKind.MARK, level=0))


def marks_one_chain_twice(a: Attack) -> None:
    """In two levels, of which one is shown only later."""
    told = {level: [Leaf(MARK_TABLE, b"m" * 16, "held", 5 + level)] for level in range(3)}
    mark = new_operation(told, wall=WALL, flags=0, actor=KARIM.bytes, kind=OperationKind.MARK, schema=SCHEMA)
    a.say(view(1, mark, {0, 1}))
    a.put(Kind.SHOW, pack([mark]), chain=a.last, ops=(1,))


def jumps_in_the_life_of_its_own_case(a: Attack) -> None:
    id_, event = uuid4().bytes, uuid4().bytes
    told: dict[str, object] = {
        "entity": "case",
        "entity_id": id_,
        "from_status": None,
        "to_status": "closed",
        "at": WALL,
    }
    a.write(
        Leaf("case", id_, "case_number", "DHK-26-K4-00001-X"),
        *(Leaf("status_event", event, name, value) for name, value in told.items()),  # type: ignore[arg-type]
    )


def tells_receipts_of_everything(a: Attack) -> None:
    line = Holding(a.our_chain.id, 2**62, bytes(32), ((1, 2**62),), None, "")
    a.put(Kind.RECEIPT, write_body(Receipt((line,), (("../../vault.db", ""),))), audience=EVERYONE)


def tells_of_a_fork_before_the_beginning(a: Attack) -> None:
    a.put(Kind.RECEIPT, write_body(Receipt((Holding(a.our_chain.id, 0, bytes(32), (), 0, ""),), ())), audience=EVERYONE)


def tells_of_a_fork_at_the_beginning(a: Attack) -> None:
    a.put(Kind.RECEIPT, write_body(Receipt((Holding(a.our_chain.id, 0, bytes(32), (), 1, ""),), ())), audience=EVERYONE)


Trick = Callable[[Attack], None]
RIGHTS: list[Trick] = [
    raises_own_role,
    raises_own_role_in_a_later_operation,
    takes_all_roles_from_the_administrator,
    lets_nobody_sign_in,
    removes_the_administrator,
    changes_who_opens_the_vault,
    moves_into_another_team,
    adds_an_administrator,
    borrows_the_name_of_the_administrator,
    is_an_administrator_that_nobody_knows,
    names_oneself_on_a_case,
    names_oneself_without_having_seen_the_case,
    says_that_it_began_the_case,
    makes_a_case_open_to_all,
    becomes_the_owner,
    becomes_the_supervisor,
    gives_the_case_to_ones_team,
    changes_the_limits_of_the_centre,
    renames_a_computer,
    shows_a_right_later,
    has_the_records_of_a_case_forgotten,
    has_one_field_forgotten,
    says_that_it_has_seen_the_future,
]
IN_ANOTHERS_NAME: list[Trick] = [
    writes_on_a_case_in_anothers_name,
    gives_consent_in_anothers_name,
    takes_a_step_in_anothers_name,
    registers_a_case_in_anothers_name,
    removes_a_note_in_anothers_name,
    erases_in_anothers_name,
    says_in_anothers_name_that_a_case_was_looked_at,
    writes_as_somebody_whom_it_made_up,
    adds_a_user_by_a_caseworker_and_writes_as_them,
    shows_later_what_it_wrote_in_anothers_name,
    makes_as_if_it_had_begun_the_user,
]
FOREIGN: list[Trick] = [
    writes_on_a_case_of_another_centre,
    gives_consent_for_another_centre,
    takes_a_step_for_another_centre,
    erases_a_case_of_another_centre,
    hands_over_a_case_of_another_centre,
    gives_roles_at_another_centre,
    removes_a_person_of_another_centre,
    says_that_it_began_the_case,
]
REFUSED: list[tuple[Trick, str]] = [
    (speaks_for_another_desk, "not_its_own"),
    (begins_a_chain_under_our_number, "not_its_own"),
    (shows_another_ones_chain, "not_its_own"),
    (writes_for_another_audience, "other_audience"),
    (writes_to_somebody_else, "other_audience"),
    (counts_other_operations_than_there_are, "damaged"),
    (sends_a_million_operations, "too_large"),
    (unpacks_to_very_much, "too_large"),
    (sends_rubbish_as_a_chain, "damaged"),
    (breaks_its_own_links, "damaged"),
    (orders_to_forget_what_others_wrote, "no_right"),
    (orders_in_our_name, "no_right"),
    (orders_that_are_no_orders, "damaged"),
    (tells_of_a_fork_before_the_beginning, "damaged"),
    (makes_a_roster_of_its_own, "NotThisRoster"),
    (was_ended_before, "ended_desk"),
]
HARMLESS: list[Trick] = [
    writes_with_a_clock_far_ahead,
    writes_with_a_clock_before_all_time,
    dates_a_step_beyond_the_calendar,
    names_a_file_outside,
    writes_values_of_wrong_types,
    writes_tables_that_are_not_records,
    writes_fields_that_are_no_fields,
    writes_fields_that_are_listed_as_none_or_two,
    writes_very_long_names,
    marks_what_does_not_exist,
    marks_one_chain_twice,
    jumps_in_the_life_of_its_own_case,
    tells_receipts_of_everything,
    tells_of_a_fork_at_the_beginning,
]


@pytest.fixture(scope="module")
def others(begun: Path) -> Iterator[dict[str, Desk]]:
    """The computers that attack. Their keys are used, their vaults stay as they are."""
    opened = {name: sign_in(begun / name, "farzana", PASSPHRASE, lambda: NOW) for name in ("K4", "S1")}
    yield opened
    for desk in opened.values():
        desk.store.vault.close()


@pytest.fixture
def attack(begun: Path, others: dict[str, Desk], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Attack]:
    ours = sign_in(shutil.copytree(begun / "K3", tmp_path / "K3"), "farzana", PASSPHRASE, lambda: NOW)
    yield Attack(ours, others["S1" if getattr(request, "param", "") == "elsewhere" else "K4"])
    ours.store.vault.close()


def everything(desk: Desk) -> tuple[object, ...]:
    """What must be as before: records, states, our chain, and the files of the vault."""
    with desk.read() as session:
        states = {state.entity_id: state.status for state in session.scalars(select(State))}
        chains = {chain.id for chain in session.scalars(select(Chain)) if chain.signing_seed}
    folder = desk.store.vault.folder.parent
    there = {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".cdb"}
    return records(desk), states, chains, there


def ours_of(said: dict[tuple[str, bytes], dict[str, object]], before: object) -> dict[object, object]:
    assert isinstance(before, dict)
    return {key: value for key, value in said.items() if key in before}


def no_right_given(session: Session) -> None:
    people = {each.id: each for each in session.scalars(select(User))}
    others = [each for id_, each in people.items() if "administrator" in (each.roles or [])]
    assert len(others) == 1


@pytest.mark.parametrize("trick", RIGHTS, ids=lambda trick: trick.__name__)
def test_a_colleague_takes_no_right(attack: Attack, trick: Trick) -> None:
    before = everything(attack.ours)
    trick(attack)
    after = everything(attack.ours)
    assert {taken.fate for taken in attack.outcome} == {Fate.APPLIED}, "it is kept and shown"
    assert ours_of(records(attack.ours), before[0]) == before[0]
    assert after[1:] == before[1:]
    with attack.ours.read() as session:
        no_right_given(session)
    assert alarms(admin(attack.ours))
    assert check_store(coordinator(attack.ours)).wrong == []


def test_nobody_has_seen_what_we_write_later(attack: Attack) -> None:
    mark = operation(Leaf(MARK_TABLE, attack.our_chain.id, "held", 2**40), kind=OperationKind.MARK, level=0)
    attack.say(mark)
    person = attack.person_id
    with attack.ours.write("test.edit") as session:
        session.get_one(Person, person).name_en = "Ours"
    attack.say(mark, operation(Leaf("person", person.bytes, "name_en", "Theirs")), chain=attack.last)
    assert len(clashes(attack.ours)) == 1
    assert check_store(coordinator(attack.ours)).wrong == []


@pytest.mark.parametrize("trick", IN_ANOTHERS_NAME, ids=lambda trick: trick.__name__)
def test_a_computer_writes_in_no_name_but_of_those_who_work_there(attack: Attack, trick: Trick) -> None:
    before = everything(attack.ours)
    trick(attack)
    after = everything(attack.ours)
    assert {taken.fate for taken in attack.outcome} == {Fate.APPLIED}, "it is kept"
    said = records(attack.ours)
    assert ours_of(said, before[0]) == before[0]
    assert [table for table, _id in said.keys() - before[0].keys() if table != "user"] == []
    assert after[1:] == before[1:]
    assert "Written in a name that this computer may not write in" in {
        each.record for each in alarms(admin(attack.ours))
    }
    assert check_store(coordinator(attack.ours)).wrong == []


@pytest.mark.parametrize("attack", ["elsewhere"], indirect=True)
def test_another_centre_writes_in_no_name_of_ours(attack: Attack) -> None:
    before = everything(attack.ours)
    attack.write(Leaf("provider", uuid4().bytes, "name_en", "A clinic"), actor=attack.owner)
    assert everything(attack.ours) == before
    assert [each.record for each in alarms(admin(attack.ours))] == [
        "Written in a name that this computer may not write in"
    ]


def test_a_new_computer_brings_nobody_who_works_elsewhere(attack: Attack, tmp_path: Path) -> None:
    """Its request says in whose names it may write: those of others are left out when it is let in."""
    thief = new_desk(tmp_path / "K9", "K9")
    with thief.write("office.add_user") as session:
        session.add(User(id=attack.owner, name="Farzana", active=True))
    join(attack.ours, thief)
    member = standing_of(attack.ours).roster.member(key_of(thief))
    assert member is not None
    assert member.people == (thief.actor.id.bytes,)
    assert attack.owner.bytes not in member.speakers
    thief.store.vault.close()


@pytest.mark.parametrize("trick", FOREIGN, ids=lambda trick: trick.__name__)
@pytest.mark.parametrize("attack", ["elsewhere"], indirect=True)
def test_another_centre_does_not_touch_a_case_of_ours(attack: Attack, trick: Trick) -> None:
    before = everything(attack.ours)
    trick(attack)
    assert {taken.fate for taken in attack.outcome} == {Fate.APPLIED}
    assert ours_of(records(attack.ours), before[0]) == before[0]
    assert everything(attack.ours)[1:] == before[1:]
    with attack.ours.read() as session:
        no_right_given(session)
        assert session.scalars(select(ConsentLine).where(ConsentLine.scope == "sync_central_identified")).all() == []
    assert alarms(admin(attack.ours))
    assert check_store(coordinator(attack.ours)).wrong == []


@pytest.mark.parametrize(("trick", "why"), REFUSED, ids=lambda each: getattr(each, "__name__", each))
def test_what_is_not_its_authors_is_refused(attack: Attack, trick: Trick, why: str) -> None:
    before = everything(attack.ours)
    trick(attack)
    assert [taken.why for taken in attack.outcome] == [why]
    assert everything(attack.ours) == before
    assert check_store(coordinator(attack.ours)).wrong == []


@pytest.mark.parametrize("trick", HARMLESS, ids=lambda trick: trick.__name__)
def test_what_is_odd_is_kept_and_breaks_nothing(attack: Attack, trick: Trick) -> None:
    before, case_id = everything(attack.ours), attack.case_id
    trick(attack)
    assert ours_of(records(attack.ours), before[0]) == before[0]
    assert everything(attack.ours)[3] == before[3], "no file was made or lost"
    with attack.ours.read() as session:
        no_right_given(session)
        states = {state.status for state in session.scalars(select(State))}
    assert "closed" not in states
    supervisor = replace(attack.ours, actor=Actor(attack.owner, "", frozenset({"supervisor"})))
    history(supervisor, case_id)
    assert check_store(coordinator(attack.ours)).wrong == []
