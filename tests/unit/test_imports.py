"""Many people from a file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from casedesk.desk import Actor, Desk
from casedesk.models import Case, ContractTerms, MigrationEpisode, Person
from casedesk.services.imports import LARGEST, NotAFileOfPeople, in_words, read_people, register_people
from casedesk.storage.checking import check
from casedesk.values import Money, PartialDay, Precision

TODAY = date(2026, 5, 12)


def somebody(**more: Any) -> dict[str, Any]:
    """A person as a file has them; `person__name_bn="…"` changes or adds one answer."""
    found: dict[str, Any] = {
        "consent_line": {"case_services": "given", "store_data": "given"},
        "consent": {"giver": "self", "method": "verbal"},
        "person": {"name_bn": "রহিমা খাতুন", "sex_gender": "female", "age_stated": 29, "district": "madaripur"},
        "migration_episode": {
            "destination_country": "sa",
            "departed_on": "June 2024",
            "returned_on": "2026-04-28",
            "manner_of_return": "employer_arranged",
            "main_return_reason": "wages_not_paid",
        },
        "case": {"intake_place": "centre_office"},
        "safety_flag": {"none": True},
    }
    for key, value in more.items():
        record, _line, name = key.partition("__")
        found.setdefault(record, {})[name] = value
    return found


def raw(*people: Any) -> bytes:
    return json.dumps(list(people)).encode()


def said(*people: Any) -> list[str]:
    return [line for row in read_people(raw(*people), TODAY) for line in in_words(row)]


def count(desk: Desk) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(Case)) or 0


def test_people_are_registered_with_texts_understood_by_kind(desk: Desk) -> None:
    one = somebody(
        person__phone_1="01700-000001",
        actual__wage="900 SAR",
        cost_item__amount={"amount": "1.5 lakh", "currency": "bdt"},
        debt__outstanding="৮৫ হাজার",
        case__next_contact_on="15 5 2026",
        need_item__needs="recover_wages; Job at home",
        triage__t12_cost_recovered=False,
        identity_document__type="e-passport",
        identity_document__number="X05000001",
    )
    outcome = register_people(desk, read_people(raw(one), TODAY))
    assert outcome.refused == ()
    assert outcome.registered[0].case_number.startswith("DHK-26-K3-00001")
    with desk.read() as session:
        person, episode = session.scalars(select(Person)).one(), session.scalars(select(MigrationEpisode)).one()
        wage = session.scalars(select(ContractTerms)).one().wage
        case = session.scalars(select(Case)).one()
    assert person.phone_1 == "+8801700000001"
    assert episode.departed_on == PartialDay(date(2024, 6, 1), Precision.MONTH)
    assert episode.returned_on == PartialDay(date(2026, 4, 28))
    assert wage == Money(90_000, "sar")
    assert (case.priority, case.next_contact_on, case.case_subject) == ("medium", date(2026, 5, 15), "returnee")
    assert check(desk.store).wrong == []


def test_who_opens_no_cases_registers_from_a_file_too(desk: Desk) -> None:
    shelter = replace(desk, actor=Actor(uuid4(), "Rina Das", frozenset({"shelter_staff"})))
    outcome = register_people(shelter, read_people(raw(somebody()), TODAY))
    assert [each.case_number[:6] for each in outcome.registered] == ["DHK-26"]


def test_flat_keys_say_the_same_as_nested_ones() -> None:
    nested = somebody()
    flat = {f"{record}.{name}": value for record, values in nested.items() for name, value in values.items()}
    (one,), (other,) = read_people(raw(nested), TODAY), read_people(raw(flat), TODAY)
    assert one.answers == other.answers
    assert one.problems == other.problems == {}


def test_good_rows_go_on_and_bad_ones_are_told_by_row_and_key(desk: Desk) -> None:
    bad = somebody(person__sex_gender="unicorn", migration_episode__departed_on="when the rain came")
    rows = read_people(raw(somebody(), bad, "Rahima", somebody()), TODAY)
    outcome = register_people(desk, rows)
    assert [each.number for each in outcome.registered] == [1, 4]
    assert [row.number for row in outcome.refused] == [2, 3]
    lines = [line for row in outcome.refused for line in in_words(row)]
    assert any(line.startswith("Row 2, person.sex_gender (Sex or gender): “unicorn”") for line in lines)
    assert any(line.startswith("Row 3: This is not a person") for line in lines)
    assert any("migration_episode.departed_on" in line and "not understood as a date" in line for line in lines)
    assert count(desk) == 2


def test_rules_across_fields_hold_for_a_file_too(desk: Desk) -> None:
    early = somebody(migration_episode__returned_on="2023-01-01")
    outcome = register_people(desk, read_people(raw(early), TODAY))
    (row,) = outcome.refused
    assert any("before they left" in line and line.endswith("[V04]") for line in in_words(row))
    assert count(desk) == 0


def test_a_warning_stops_a_row_until_the_file_confirms_it(desk: Desk) -> None:
    odd = somebody(person__phone_1="01100000000")
    assert register_people(desk, read_people(raw(odd), TODAY)).registered == ()
    odd["case"]["confirmed_warnings"] = ["V13"]
    assert len(register_people(desk, read_people(raw(odd), TODAY)).registered) == 1


def test_all_or_nothing_registers_nobody_beside_a_bad_row(desk: Desk) -> None:
    rows = read_people(raw(somebody(), somebody(person__age_stated=400)), TODAY)
    outcome = register_people(desk, rows, all_or_nothing=True)
    assert outcome.registered == ()
    assert [row.number for row in outcome.refused] == [2]
    assert count(desk) == 0


def test_all_or_nothing_sees_what_the_rows_do_to_each_other(desk: Desk) -> None:
    people = [somebody(person__name_bn=f"রহিমা {place}", person__phone_1="01700000001") for place in range(5)]
    outcome = register_people(desk, read_people(raw(*people), TODAY), all_or_nothing=True)
    assert [row.number for row in outcome.refused] == [4, 5]
    assert count(desk) == 0


def test_the_same_document_twice_is_told_and_does_not_stop(desk: Desk) -> None:
    papers = {"identity_document__type": "nid", "identity_document__number": "1234567890"}
    first, again = somebody(**papers), somebody(**papers, person__name_bn="সালমা")
    outcome = register_people(desk, read_people(raw(first, again), TODAY))
    assert len(outcome.registered) == 2
    assert (2, "The document number is that of row 1.") in outcome.warnings
    later = register_people(desk, read_people(raw(somebody(**papers, person__name_bn="শিরিন")), TODAY))
    assert any("is that of case DHK-26-K3" in text for _row, text in later.warnings)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("person__colour", "red", "Nothing is recorded under"),
        ("case__case_number", "DHK-26-K3-00001-X", "fills this in itself"),
        ("case__owner_id", "0", "fills this in itself"),
        ("person__is_minor", True, "fills this in itself"),
        ("person__name_bn", {"a": "b"}, "not of the right kind"),
        ("person__name_bn", ["a"], "not of the right kind"),
        ("person__name_bn", "a\x00b", "no letters"),
        ("person__name_bn", "\ud800", "no letters"),
        ("person__age_stated", True, "not of the right kind"),
        ("person__age_stated", 1e400, "not understood as an age"),
        ("cost_item__amount", "9" * 4000, "too long"),
        ("cost_item__amount", {"amount": 5, "currency": "gold"}, "not a currency"),
        ("need_item__needs", [["job_at_home"]], "list of codes"),
        ("safety_flag__none", "perhaps", "true or false"),
        ("migration_episode__departed_on", "31 February 2024", "not understood as a date"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_by_its_key(key: str, value: Any, words: str) -> None:
    written = json.dumps([somebody(**{key: value})]).replace("Infinity", "1e400").encode()
    lines = [line for row in read_people(written, TODAY) for line in in_words(row)]
    assert any(key.replace("__", ".") in line and words in line for line in lines), lines


def test_a_key_that_stands_twice_is_not_chosen_between() -> None:
    written = b'[{"person.name_bn": "a", "person.name_bn": "b"}]'
    assert any(
        "person.name_bn" in line and "twice" in line for row in read_people(written, TODAY) for line in in_words(row)
    )
    assert any("twice" in line for line in said({"person": {"name_bn": "a"}, "person.name_bn": "b"}))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"", "not JSON"),
        (b"{}", "not a list"),
        (b'"people"', "not a list"),
        (b"[]", "empty"),
        (b'[{"person": ', "not JSON: line 1"),
        (b"\xff\xfe[]", "UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" + b"9" * 10_000 + b"]", "number"),
        (b"[NaN]", "number"),
        (b" " * (LARGEST + 1), "larger than 50 MB"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused_with_a_sentence(written: bytes, words: str) -> None:
    with pytest.raises(NotAFileOfPeople) as refused:
        read_people(written, TODAY)
    assert words in refused.value.message
    assert "Nobody was registered" in refused.value.hint


def test_hostile_names_are_kept_as_words(desk: Desk) -> None:
    names = ["Smith <Jones", "<img src=x>", "=cmd()", "‮Rahima", "রহিমা\u200cখাতুন"]
    people = [somebody(person__name_bn=name) for name in names]
    outcome = register_people(desk, read_people(raw(*people), TODAY))
    assert len(outcome.registered) == len(names)
    with desk.read() as session:
        assert set(session.scalars(select(Person.name_bn))) == set(names)


def test_a_name_of_ten_thousand_letters_or_of_spaces_is_refused(desk: Desk) -> None:
    people = [somebody(person__name_bn="ক" * 10_000), somebody(person__name_bn="   ")]
    outcome = register_people(desk, read_people(raw(*people), TODAY))
    assert [row.number for row in outcome.refused] == [1, 2]
    assert all("person.name_bn" in row.problems for row in outcome.refused)


def test_what_is_told_of_a_file_moves_no_cursor() -> None:
    lines = said({"per\x1b[2Json": "x"}, somebody(person__sex_gender="\x9b31mred"))
    assert lines
    assert all(line.isprintable() for line in lines)
