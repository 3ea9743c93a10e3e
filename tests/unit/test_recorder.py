"""What a write leaves in the journal, and that nothing passes it by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import column, delete, func, insert, select, table, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk.desk import Desk
from casedesk.models import (
    Case,
    CaseNote,
    ContractTerms,
    FollowUp,
    Incident,
    IncidentViolation,
    MigrationEpisode,
    Person,
    Recorded,
    SafetyFlag,
    StatusEvent,
    Triage,
)
from casedesk.services.case_facts import look, show_number
from casedesk.services.cases import edit_case, mark_confidential
from casedesk.services.drafts import begin_draft, delete_draft, save_draft
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.preferences import prefer
from casedesk.storage.checking import check
from casedesk.storage.operations import ClockFlag
from casedesk.values import Money, PartialDay
from tests.conftest import NOW
from tests.support.journal import count, foreign_tool, last, operations
from tests.support.people import a_returnee

INTERNAL, IDENTIFYING, RESTRICTED = 1, 2, 3


def write(desk: Desk, *records: Recorded) -> None:
    with desk.write("test.write") as session:
        session.add_all(records)


def change(desk: Desk, record: Recorded, **values: object) -> None:
    with desk.write("test.change") as session:
        found = session.get_one(type(record), record.id)
        for name, value in values.items():
            setattr(found, name, value)


# What an operation says


def test_a_new_record_tells_only_what_it_says(desk: Desk) -> None:
    write(desk, Person(name_en="Rahima Khatun", sex_gender="female"))
    told = last(desk)
    assert told.fields("person") == {"name_en", "sex_gender"}
    assert told.level("person.name_en") == IDENTIFYING
    assert told.level("person.sex_gender") == INTERNAL


def test_an_edit_tells_the_new_value_and_nothing_else(desk: Desk) -> None:
    person = Person(name_en="Rahima Khatun", upazila="Shibchar")
    write(desk, person)
    change(desk, person, name_en="Rahima Begum")
    told = last(desk)
    assert told.fields("person") == {"name_en"}
    assert told.value("person.name_en") == "Rahima Begum"


def test_an_emptied_field_tells_nothing_as_its_value(desk: Desk) -> None:
    person = Person(name_en="Rahima Khatun", nickname="Rahi")
    write(desk, person)
    change(desk, person, nickname=None)
    assert last(desk).value("person.nickname") is None


def test_a_register_is_always_written_whole(desk: Desk) -> None:
    person = Person(name_en="Rahima", phone_1="+8801711000417")
    write(desk, person)
    register = {"phone_1", "preferred_contact", "safe_contact_rule", "safe_contact_note"}
    assert last(desk).fields("person") == {"name_en", *register}
    change(desk, person, safe_contact_rule=["daytime_only"])
    told = last(desk)
    assert told.fields("person") == register
    assert told.value("person.phone_1") == "+8801711000417"
    assert told.value("person.preferred_contact") is None


def test_values_have_one_form_in_the_journal(desk: Desk) -> None:
    at = datetime(2026, 5, 12, 9, 0, 0, 123_999, tzinfo=UTC)
    episode = MigrationEpisode(departed_on=PartialDay(date(2024, 6, 12)), wages_owed=Money(123_450, "sar"))
    case = Case(next_contact_on=date(2026, 5, 20), registered_at=at, named_access=["a", "b"], hide_name=True)
    write(desk, episode, case)
    told = last(desk)
    assert told.value("migration_episode.departed_on") == "2024-06-12 day"
    assert told.value("migration_episode.wages_owed") == "SAR 123450"
    assert told.value("case.next_contact_on") == "2026-05-20"
    assert told.value("case.registered_at") == 1_778_576_400_123
    assert told.value("case.named_access") == ["a", "b"]
    assert told.value("case.hide_name") is True
    assert check(desk.store).wrong == []


def test_a_moment_that_differs_by_less_than_the_journal_keeps_is_no_change(desk: Desk) -> None:
    case = Case(case_number="X", registered_at=NOW)
    write(desk, case)
    before = count(desk)
    change(desk, case, registered_at=NOW + timedelta(microseconds=400))
    assert count(desk) == before


def test_action_record_and_reason_are_leaves_and_the_reason_is_restricted(desk: Desk) -> None:
    case = Case(case_number="X")
    with desk.write("test.reasoned", about=case.id, reason="Her brother asked") as session:
        session.add(case)
    told = last(desk)
    assert told.leaves["op.action"] == (INTERNAL, "test.reasoned")
    assert told.leaves["op.about"] == (INTERNAL, case.id.bytes)
    assert told.leaves["op.reason"] == (RESTRICTED, "Her brother asked")


# Levels


def test_a_narrative_is_restricted(desk: Desk) -> None:
    write(desk, Incident(narrative="She was locked in."), CaseNote(text="Said little.", type="general"))
    assert last(desk).level("incident.narrative") == RESTRICTED
    assert last(desk).level("case_note.text") == RESTRICTED


@pytest.mark.parametrize(("violation", "level"), [("wages_not_paid", INTERNAL), ("rape", RESTRICTED)])
def test_the_level_of_a_violation_is_its_row_in_the_list(desk: Desk, violation: str, level: int) -> None:
    write(desk, IncidentViolation(violation=violation))
    assert last(desk).level("incident_violation.violation") == level


def test_answers_given_in_private_are_restricted(desk: Desk) -> None:
    register_case(desk, a_returnee(triage__t01_pay_problem="yes", triage__t05_not_free="no"))
    told = last(desk)
    assert told.leaves["triage.answers"] == (INTERNAL, ["t01_pay_problem=yes"])
    assert told.leaves["triage.private_answers"] == (RESTRICTED, ["t05_not_free=no"])


def test_all_leaves_of_a_confidential_case_are_restricted(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee())
    mark_confidential(desk, case_id)
    assert {level for level, _value in last(desk).leaves.values()} == {RESTRICTED}
    edit_case(desk, case_id, {"person.upazila": (None, "Shibchar"), "cost_item.paid_to": (None, "a broker")})
    add_note(desk, case_id, "general", "Came by.")
    look(desk, case_id)
    for told in operations(desk)[-3:]:
        assert {level for level, _value in told.leaves.values()} == {RESTRICTED}, told.action


def test_a_case_that_stops_being_confidential_is_restricted_once_more(desk: Desk) -> None:
    case = Case(case_number="X", confidential_case=True)
    write(desk, case)
    change(desk, case, confidential_case=None, intake_place="centre_office")
    assert last(desk).level("case.intake_place") == RESTRICTED
    change(desk, case, intake_place="airport")
    assert last(desk).level("case.intake_place") == INTERNAL


def test_records_of_a_person_with_a_confidential_case_are_restricted(desk: Desk) -> None:
    person = Person(name_en="Rahima")
    episode = MigrationEpisode(person_id=person.id)
    secret = Case(case_number="X", person_id=person.id, confidential_case=True)
    other = Case(case_number="Y")
    write(desk, person, episode, secret, other)
    write(desk, ContractTerms(episode_id=episode.id, job="domestic_worker"))
    assert last(desk).level("contract_terms.job") == RESTRICTED
    write(desk, FollowUp(case_id=other.id, type="welfare_check"))
    assert last(desk).level("follow_up.type") == INTERNAL


# What is no change


def test_an_edit_and_back_again_is_no_operation(desk: Desk) -> None:
    person = Person(name_en="Rahima")
    write(desk, person)
    before = count(desk)
    with desk.write("test.undecided") as session:
        found = session.get_one(Person, person.id)
        for name in ("Begum", "Khatun", "Rahima"):
            found.name_en = name
            session.flush()
    assert count(desk) == before


def test_several_edits_of_one_field_in_one_write_are_one_leaf(desk: Desk) -> None:
    person = Person(name_en="Rahima")
    write(desk, person)
    with desk.write("test.decided") as session:
        found = session.get_one(Person, person.id)
        for name in ("Begum", "Khatun"):
            found.name_en = name
            session.flush()
    assert last(desk).value("person.name_en") == "Khatun"
    assert check(desk.store).wrong == []


def test_what_a_savepoint_takes_back_is_not_in_the_journal(desk: Desk) -> None:
    kept = Person(name_en="Rahima")
    write(desk, kept)
    with desk.write("test.savepoint") as session:
        session.add(Person(name_en="Stays"))
        point = session.begin_nested()
        session.add(Person(name_bn="চলে যায়"))
        session.get_one(Person, kept.id).nickname = "goes"
        session.flush()
        point.rollback()
    assert last(desk).fields("person") == {"name_en"}
    assert check(desk.store).wrong == []


def test_a_write_that_fails_leaves_nothing(desk: Desk) -> None:
    before = count(desk)

    def fail() -> None:
        with desk.write("test.fails") as session:
            session.add(Person(name_en="Rahima"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with desk.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0
    assert count(desk) == before


def test_drafts_and_preferences_stay_out_of_the_journal(desk: Desk) -> None:
    before = count(desk)
    draft = begin_draft(desk, "quick", {"person.name_en": "Rahima"})
    save_draft(desk, draft, {"person.name_en": "Rahima Khatun"})
    delete_draft(desk, draft)
    prefer(desk, "theme", "dark")
    assert count(desk) == before


def test_looking_and_signing_in_are_operations_without_a_change(desk: Desk) -> None:
    assert last(desk).action == "office.sign_in"
    case_id = register_case(desk, a_returnee())
    for use, action in ((look, "case.view"), (show_number, "case.show_number")):
        use(desk, case_id)
        told = last(desk)
        assert told.action == action
        assert told.leaves.keys() == {"op.action", "op.about"}
        assert told.value("op.about") == case_id.bytes


# Nothing passes by


@pytest.fixture
def person(desk: Desk) -> Person:
    person = Person(name_en="Rahima")
    write(desk, person)
    return person


BULK: dict[str, Callable[[Session, Person], Any]] = {
    "insert": lambda session, _person: session.execute(insert(Person), [{"name_en": "Nobody"}]),
    "update": lambda session, _person: session.execute(update(Person).values(name_en="Nobody")),
    "delete": lambda session, _person: session.execute(delete(Person)),
    "update of the table": lambda session, _person: session.execute(
        update(table("person", column("name_en"))).values(name_en="Nobody")
    ),
    "old bulk insert": lambda session, _person: session.bulk_insert_mappings(Person, [{"name_en": "Nobody"}]),
    "old bulk save": lambda session, person: session.bulk_save_objects([person]),
    "delete of a record": lambda session, person: session.delete(session.get(Person, person.id)),
    "change of an id": lambda session, person: setattr(session.get(Person, person.id), "id", Person().id),
}


@pytest.mark.parametrize("way", BULK)
def test_a_write_without_a_trace_is_refused_in_the_session(desk: Desk, person: Person, way: str) -> None:
    before = count(desk)
    with pytest.raises(RuntimeError), desk.write("test.bulk") as session:
        BULK[way](session, person)
    assert count(desk) == before
    assert check(desk.store).wrong == []


RAW = {
    "a record": "UPDATE person SET name_en = 'Nobody'",
    "a new record": "INSERT INTO person (id, name_en) VALUES ('00000000000000000000000000000001', 'Nobody')",
    "a record deleted": "DELETE FROM person",
    "an operation": "UPDATE operation SET actor = zeroblob(16)",
    "an operation deleted": "DELETE FROM operation",
    "an operation added": "INSERT INTO operation SELECT seq + 100, chain_ix, chain_seq + 100, wall, flags, actor, kind,"
    " schema, digest, link, body, arrived_at FROM operation LIMIT 1",
    "the list of changes": "UPDATE change SET fields = ''",
    "the list of changes deleted": "DELETE FROM change",
}


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("what", RAW)
def test_raw_sql_through_a_session_is_refused(desk: Desk, what: str) -> None:
    with pytest.raises(IntegrityError), desk.write("test.raw") as session:
        session.execute(text(RAW[what]))
    with pytest.raises(IntegrityError), desk.local() as session:
        session.execute(text(RAW[what]))
    assert check(desk.store).wrong == []


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("what", RAW)
def test_raw_sql_of_another_program_with_the_key_is_refused(desk: Desk, what: str) -> None:
    connection = foreign_tool(desk)
    with pytest.raises(sqlcipher.IntegrityError):
        connection.execute(RAW[what])
    connection.close()
    assert check(desk.store).wrong == []


def test_the_gate_is_shut_between_flushes_and_after_a_failure(desk: Desk, person: Person) -> None:
    def pass_by() -> None:
        with desk.write("test.gate") as session:
            session.get_one(Person, person.id).nickname = "Rahi"
            session.flush()
            session.execute(text("UPDATE person SET name_en = 'Nobody'"))

    with pytest.raises(IntegrityError):
        pass_by()
    with desk.read() as session:
        assert session.scalar(text("SELECT open FROM gate")) == 0


def test_a_session_for_local_things_cannot_write_a_record(desk: Desk) -> None:
    with pytest.raises(IntegrityError), desk.local() as session:
        session.add(Person(name_en="Nobody"))


def test_a_reading_session_cannot_write(desk: Desk, person: Person) -> None:
    with desk.read() as session:
        session.get_one(Person, person.id).name_en = "Nobody"
        with pytest.raises(OperationalError):
            session.commit()


# What a check finds


TAMPERED = {
    "a record": "UPDATE person SET name_en = 'Nobody'",
    "an actor": "UPDATE operation SET actor = zeroblob(16) WHERE seq = 2",
    "a time": "UPDATE operation SET wall = wall + 1 WHERE seq = 2",
    "a body": "UPDATE operation SET body = (SELECT body FROM operation WHERE seq = 1) WHERE seq = 2",
    "a body cut short": "UPDATE operation SET body = substr(body, 1, 20) WHERE seq = 2",
    "an operation cut off": "DELETE FROM operation WHERE seq = (SELECT max(seq) FROM operation)",
    "an operation in the middle": "DELETE FROM operation WHERE seq = 2",
    "the list of changes": "UPDATE change SET fields = 'nickname' WHERE fields LIKE '%name_en%'",
    "a record deleted": "DELETE FROM person",
    "the list of cases": "UPDATE case_index SET name_en = 'Nobody'",
    "the search": "DELETE FROM number_key",
}


@pytest.mark.parametrize("what", TAMPERED)
def test_the_check_finds_what_was_changed_behind_the_guards(desk: Desk, what: str) -> None:
    register_case(desk, a_returnee())
    connection = foreign_tool(desk)
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in guards:
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(TAMPERED[what]).rowcount != 0
    for _name, sql in guards:
        connection.execute(sql)
    connection.close()
    assert check(desk.store).wrong != []


def test_the_check_finds_a_missing_guard(desk: Desk) -> None:
    connection = foreign_tool(desk)
    connection.execute("DROP TRIGGER guard_person_update")
    connection.close()
    assert check(desk.store).wrong == ["The guard guard_person_update is missing."]


# Clocks


def test_a_clock_that_is_behind_or_far_ahead_is_marked(open_desk: Callable[..., Desk]) -> None:
    times = [NOW, datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC), NOW + timedelta(minutes=5)]
    times += [datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, 1, tzinfo=UTC)]
    desk = open_desk(clock=lambda: times[0])
    found = []
    while len(times) > 1:
        times.pop(0)
        desk.note("test.look")
        found.append(last(desk).flags)
    behind, ahead = int(ClockFlag.BEHIND), int(ClockFlag.AHEAD)
    assert found == [behind, behind, 0, ahead, 0]
    assert check(desk.store).wrong == []


# What is computed


def test_a_status_event_taken_back_leaves_no_state(desk: Desk) -> None:
    follow_up = FollowUp(type="welfare_check", due_on=date(2026, 5, 20))
    event = StatusEvent(entity="follow_up", entity_id=follow_up.id, to_status="planned", at=NOW)
    write(desk, follow_up, event)
    change(desk, event, removed_at=NOW)
    assert check(desk.store).wrong == []


def test_what_moves_to_another_case_leaves_the_list_row_of_the_first(desk: Desk) -> None:
    first, second = (register_case(desk, a_returnee(case__next_contact_on=date(2026, 6, day))) for day in (20, 21))
    task = FollowUp(case_id=first, type="other", task="Call", due_on=date(2026, 5, 13))
    event = StatusEvent(case_id=first, entity="follow_up", entity_id=task.id, to_status="planned", at=NOW)
    write(desk, task, event)
    change(desk, task, case_id=second)
    assert check(desk.store).wrong == []


def test_removed_flags_and_triage_are_told_by_their_removal(desk: Desk) -> None:
    flag = SafetyFlag(flag="immediate_danger")
    write(desk, flag, Triage(outcome="suggest_victim"))
    change(desk, flag, removed_at=NOW)
    assert last(desk).fields("safety_flag") == {"removed_at"}
