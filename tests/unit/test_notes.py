"""Notes are written once, corrected by another, and read by who may read them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from casedesk.desk import Actor, Desk
from casedesk.errors import InvalidInput, NotAllowed, NotFound
from casedesk.services.cases import mark_confidential
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note, notes_of
from casedesk.services.permissions import Hidden
from tests.support.people import a_returnee


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee())


def test_a_note_says_who_wrote_it_and_when_and_the_newest_comes_first(desk: Desk, case_id: UUID) -> None:
    add_note(desk, case_id, "contact", "Slept well.\n\nAsked about her passport. ", "Salma")
    add_note(desk, case_id, "general", "Brought <b>papers</b> =cmd()")
    newest, oldest = notes_of(desk, case_id)
    assert newest.text == "Brought <b>papers</b> =cmd()"
    assert (oldest.type, oldest.at, oldest.by) == ("contact", desk.clock(), "Farzana Haque")
    assert (oldest.text, oldest.participants) == ("Slept well.\n\nAsked about her passport.", "Salma")


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [
        ("general", " \n ", "case_note.text"),
        ("general", "x" * 16_001, "case_note.text"),
        ("", "Words", "case_note.type"),
        ("gossip", "Words", "case_note.type"),
    ],
)
def test_a_note_has_words_and_a_known_kind(desk: Desk, case_id: UUID, kind: str, text: str, key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add_note(desk, case_id, kind, text)
    assert list(refusal.value.problems) == [key]
    assert notes_of(desk, case_id) == []


def test_a_correction_stands_beside_what_it_corrects(desk: Desk, case_id: UUID) -> None:
    wrong = add_note(desk, case_id, "general", "Came on Friday.")
    right = add_note(desk, case_id, "general", "Came on Saturday.", corrects=wrong)
    new, old = notes_of(desk, case_id)
    assert (new.id, new.corrects, new.corrected_by) == (right, wrong, None)
    assert (old.text, old.corrected_by) == ("Came on Friday.", right)


def test_a_correction_is_not_read_by_more_people_than_the_note(desk: Desk, case_id: UUID) -> None:
    secret = add_note(desk, case_id, "counselling", "Dreams of the house.")
    with pytest.raises(InvalidInput) as refusal:
        add_note(desk, case_id, "general", "Dreams of the street.", corrects=secret)
    assert refusal.value.problems["case_note.type"][0].fix == "counselling"
    add_note(desk, case_id, "safety", "Dreams of the street.", corrects=secret)


def test_only_a_note_of_this_case_is_corrected(desk: Desk, case_id: UUID) -> None:
    other = register_case(desk, a_returnee(person__phone_1="+8801711000418"))
    elsewhere = add_note(desk, other, "general", "Came on Friday.")
    for missing in (elsewhere, uuid4()):
        with pytest.raises(NotFound):
            add_note(desk, case_id, "general", "Came on Saturday.", corrects=missing)


@pytest.mark.parametrize("kind", ["counselling", "medical", "legal", "safety", "narrative"])
def test_a_restricted_note_is_a_line_without_words_for_who_may_not_read_it(
    desk: Desk, case_id: UUID, kind: str
) -> None:
    add_note(desk, case_id, kind, "Afraid of the agent.", "Dr. Laila")
    add_note(desk, case_id, "general", "Brought papers.", "Salma")
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    plain, restricted = notes_of(coordinator, case_id)
    assert (plain.text, plain.participants, plain.restricted) == ("Brought papers.", None, False)
    assert (restricted.text, restricted.participants, restricted.restricted) == (None, None, True)
    assert notes_of(desk, case_id)[1].text == "Afraid of the agent."


def test_every_note_of_a_confidential_case_is_restricted(desk: Desk, case_id: UUID) -> None:
    add_note(desk, case_id, "general", "Brought papers.")
    mark_confidential(desk, case_id)
    assert [note.restricted for note in notes_of(desk, case_id)] == [True]
    supervisor = replace(desk, actor=Actor(uuid4(), "S", frozenset({"supervisor"})))
    with pytest.raises(Hidden):
        notes_of(supervisor, case_id)


def test_who_may_not_write_is_refused(desk: Desk, case_id: UUID) -> None:
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    with pytest.raises(NotAllowed):
        add_note(coordinator, case_id, "general", "Words")
    assert notes_of(desk, case_id) == []
