"""What is to be forgotten is forgotten by every desk and stays so; what is shown later must be what was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text

from casedesk.desk import Desk
from casedesk.models import Erasure, Parked, Person
from casedesk.models import Operation as OperationRow
from casedesk.services.intake import register_case
from casedesk.services.search import find_people
from casedesk.services.sign_in import sign_in
from casedesk.storage.checking import check
from casedesk.storage.erasing import NotTheSame, apply_parked, obey, show
from casedesk.storage.operations import ClockFlag, Leaf, Operation, OperationKind
from casedesk.storage.recorder import gate
from casedesk.storage.vault import VAULT
from casedesk.sync.chains import Outcome
from casedesk.sync.intake import take_in
from tests.conftest import NOW, PASSPHRASE
from tests.support import earlier
from tests.support.exchange import (
    Office,
    clashes,
    everybody_may,
    held,
    order_erasure,
    own,
    person_of,
    piece_of,
    records,
    same_everywhere,
    write_leaves,
)
from tests.support.people import a_returnee
from tests.sync.examples import view

SECRET = "Sentinelbegum"


def test_an_order_to_forget_tells_that_somebody_said_the_day(desk: Desk) -> None:
    person = person_of(desk, register_case(desk, a_returnee()))
    for confirmed in (False, True):
        order_erasure(desk, (person, "name_en"), confirmed=confirmed)
        with desk.read() as session:
            last = select(OperationRow).order_by(OperationRow.seq.desc()).limit(1)
            row = session.scalars(last).one()
            assert row.kind == OperationKind.ERASURE
            assert bool(row.flags & ClockFlag.CONFIRMED) is confirmed


def rename(desk: Desk, person: UUID, name: str) -> None:
    with desk.write("test.rename") as session:
        session.get_one(Person, person).name_en = name


def name(desk: Desk, person: UUID) -> str | None:
    with desk.read() as session:
        return session.get_one(Person, person).name_en


def keeps_the_secret(desk: Desk) -> bool:
    with desk.read() as session:
        return any(SECRET.encode() in body for body in session.scalars(select(OperationRow.body)))


def test_an_erased_value_is_gone_everywhere_and_every_chain_still_verifies(office: Office) -> None:
    first, second, _third = office.add(), office.add(), office.add()
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    office.exchange()
    person = person_of(first, case_id)
    order_erasure(second, (person, "name_en"))
    office.exchange()
    for desk in office.desks:
        assert name(desk, person) is None
        assert not keeps_the_secret(desk)
        assert find_people(desk, SECRET) == []
        assert check(desk.store).wrong == []
    assert same_everywhere(office.desks)


def test_an_erased_value_does_not_outlive_it_in_the_log(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    office.exchange()
    logs = [desk.store.vault.folder / f"{VAULT}-wal" for desk in office.desks]
    assert all(log.stat().st_size for log in logs)
    order_erasure(first, (person_of(first, case_id), "name_en"))
    office.send(first, second)
    assert [log.stat().st_size for log in logs] == [0, 0]


def test_an_order_that_comes_before_everything_keeps_old_files_from_bringing_the_value_back(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    old_file = piece_of(first, own(first).id)
    office.send(first, second)
    person = person_of(first, case_id)
    chain, seq = order_erasure(second, (person, "name_en"))
    for _time in range(2):
        with third.store.intake() as (session, merged):
            merged.add(obey(session, chain, seq, [(person, "name_en")], NOW))
    assert take_in(third.store, old_file, NOW, everybody_may).outcome is Outcome.STORED
    assert name(third, person) is None
    assert not keeps_the_secret(third)
    assert check(third.store).wrong == []
    with third.read() as session:
        assert len(session.scalars(select(Erasure)).all()) == 1


def test_what_is_written_in_knowledge_of_the_order_stays_and_what_was_written_without_it_goes(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    office.exchange()
    person = person_of(first, case_id)
    order_erasure(first, (person, "name_en"))
    rename(third, person, SECRET)  # did not know
    office.send(first, second)
    rename(second, person, "Given again")
    office.exchange()
    assert {name(desk, person) for desk in office.desks} == {"Given again"}
    assert not any(keeps_the_secret(desk) for desk in office.desks)
    assert all(clashes(desk) == set() and check(desk.store).wrong == [] for desk in office.desks)


def test_what_knew_another_story_of_ours_knew_neither_our_order_nor_our_words(office: Office) -> None:
    first, second = office.add(), office.add()
    cases = [register_case(first, a_returnee(person__name_en=name)) for name in (SECRET, "Second Name")]
    secret, other = (person_of(first, case_id) for case_id in cases)
    office.exchange()
    copy, chain = office.copy(0, "copy"), own(first).id
    for told in ("Told while the copy lay there", "Second Name"):
        rename(first, other, told)
    office.send(first, second)
    first = office.put_back(0, copy, new_chain=False)
    rename(first, other, "Ours")
    order_erasure(first, (secret, "name_en"))
    rename(second, secret, f"{SECRET} again")
    rename(second, other, "Theirs")
    office.send(second, first)
    assert (name(first, secret), name(first, other)) == (f"{SECRET} again", "Theirs"), "as if they had seen ours"
    office.send(second, first, chain)
    assert own(first).id != chain, "it went on in another"
    office.exchange(2)
    for desk in office.desks:
        assert not keeps_the_secret(desk)
        assert [register for _table, record, register, _places in clashes(desk) if record == other.bytes] == ["name_en"]
        assert check(desk.store).wrong == []
    assert same_everywhere(office.desks)


def test_a_whole_record_is_forgotten(office: Office) -> None:
    first, _second = office.add(), office.add()
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    office.exchange()
    person = person_of(first, case_id)
    order_erasure(first, (person, ""))
    office.exchange()
    for desk in office.desks:
        assert ("person", person.bytes) not in records(desk)
        assert find_people(desk, "017110004") == []
        assert check(desk.store).wrong == []


def with_levels(levels: set[int] | None) -> Callable[[int, Operation], Operation]:
    return lambda seq, operation: view(seq, operation, levels)


@pytest.mark.parametrize("levels", [None, {0, 1}, {0, 2}])
def test_levels_shown_later_end_in_the_same_records(office: Office, levels: set[int] | None) -> None:
    first, second = office.add(), office.add()
    start = own(first).held
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    chain = own(first).id
    piece = piece_of(first, chain, first=start + 1, view=with_levels(levels))
    assert take_in(second.store, piece, NOW, everybody_may).outcome is Outcome.STORED
    assert records(second) != records(first)
    assert check(second.store).operations == held(second, chain)
    whole = piece_of(first, chain, first=start + 1)
    with second.store.intake() as (session, merged):
        merged.add(show(session, chain, dict(enumerate(whole.operations, whole.first)), NOW, everybody_may))
    assert records(second) == records(first)
    assert [row.case_id for row in find_people(second, SECRET)] == [case_id]
    assert check(second.store).wrong == []


def test_another_past_shown_later_is_refused(office: Office) -> None:
    first, second = office.add(), office.add()
    start = own(first).held
    register_case(first, a_returnee())
    chain = own(first).id
    piece = piece_of(first, chain, first=start + 1, view=with_levels(None))
    take_in(second.store, piece, NOW, everybody_may)
    before = records(second)
    (operation,) = piece_of(first, chain, first=start + 1).operations
    with pytest.raises(NotTheSame), second.store.intake() as (session, merged):
        merged.add(show(session, chain, {start + 1: replace(operation, wall=operation.wall + 1)}, NOW, everybody_may))
    assert records(second) == before


def test_an_erased_value_does_not_come_back_when_its_level_is_shown(office: Office) -> None:
    first, second = office.add(), office.add()
    start = own(first).held
    case_id = register_case(first, a_returnee(person__name_en=SECRET))
    chain, person = own(first).id, person_of(first, case_id)
    piece = piece_of(first, chain, first=start + 1, view=with_levels({0, 1}))
    whole = piece_of(first, chain, first=start + 1)
    take_in(second.store, piece, NOW, everybody_may)
    order_erasure(second, (person, "name_en"))
    with second.store.intake() as (session, merged):
        merged.add(show(session, chain, dict(enumerate(whole.operations, whole.first)), NOW, everybody_may))
    assert not keeps_the_secret(second)
    assert name(second, person) is None
    assert check(second.store).wrong == []


def test_what_this_version_does_not_know_or_cannot_keep_is_parked_and_the_rest_is_taken(office: Office) -> None:
    first, second = office.add(), office.add()
    person = UUID(int=7).bytes
    leaves = [
        Leaf("person", person, "name_en", "Asha"),
        Leaf("person", person, "favourite_tea", "lemon"),
        Leaf("person", person, "age_stated", "twenty"),
        Leaf("person", person, "district", "x" * 61),
        Leaf("visit", UUID(int=8).bytes, "place", "Cumilla"),
    ]
    write_leaves(second, leaves)
    assert office.send(second, first).outcome is Outcome.STORED
    assert records(first)["person", person] == {"name_en": "Asha"}
    with first.read() as session:
        parked = {(each.table, each.field) for each in session.scalars(select(Parked))}
    assert parked == {("person", "favourite_tea"), ("person", "age_stated"), ("person", "district"), ("visit", "place")}
    assert check(first.store).wrong == []


def test_an_old_program_that_is_brought_up_to_date_applies_what_a_newer_one_wrote(
    empty_centre: Path, tmp_path: Path
) -> None:
    """The old one's vault is at the step before, and kept aside what it did not know; both go on exchanging."""
    office = Office(tmp_path, empty_centre)
    new, old, other = office.add(), office.add(), office.add()
    person = UUID(int=7).bytes
    write_leaves(new, [Leaf("person", person, "name_en", "Asha"), Leaf("person", person, "nickname", "Shiuli")])
    office.send(new, old)
    with old.store.intake() as (session, _merged):
        number = session.scalars(select(OperationRow.seq).order_by(OperationRow.seq.desc())).first()
        session.add(Parked(operation_seq=number, table="person", record=UUID(bytes=person), field="nickname"))
        session.flush()
        with gate(session):
            session.execute(text("UPDATE person SET nickname = NULL"))
    earlier.undo(old.store.vault.writer, "0009")
    with old.write("test.edit") as session:  # the old program goes on working
        session.get_one(Person, UUID(bytes=person)).district = "khulna"
    office.send(old, new)
    folder = old.store.vault.folder
    old.store.vault.close()
    updated = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    office.desks[1] = updated
    try:
        assert records(updated)["person", person]["nickname"] == "Shiuli"
        office.exchange(2)
        assert records(updated)["person", person] == records(other)["person", person]
        assert records(other)["person", person]["district"] == "khulna"
        assert check(updated.store).wrong == check(other.store).wrong == []
    finally:
        office.close()


def test_parked_leaves_are_applied_once_they_are_known(office: Office) -> None:
    first, second = office.add(), office.add()
    person = UUID(int=7).bytes
    write_leaves(second, [Leaf("person", person, "name_en", "Asha"), Leaf("person", person, "nickname", "Shiuli")])
    office.send(second, first)
    with first.store.intake() as (session, merged):  # as if an earlier version had taken it in
        number = session.scalars(select(OperationRow.seq).order_by(OperationRow.seq.desc())).first()
        session.add(Parked(operation_seq=number, table="person", record=UUID(bytes=person), field="nickname"))
        session.flush()
        merged.add(apply_parked(session, NOW))
    assert records(first)["person", person] == {"name_en": "Asha", "nickname": "Shiuli"}
    with first.read() as session:
        assert session.scalars(select(Parked)).all() == []
    assert check(first.store).wrong == []
