"""The case register as a file: what each profile tells, of whom, and that it is recorded."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import InvalidInput, NotAllowed
from casedesk.fields import Kind, Level
from casedesk.models import Case, Disclosure, fields_of
from casedesk.progress import Cancelled, Progress
from casedesk.reports.dictionary import dictionary
from casedesk.reports.hand_out import FileKind, first_rows, save_register
from casedesk.services import case_register
from casedesk.services.case_register import (
    MODELS,
    MOST_NAMED,
    SERIOUS,
    NoReason,
    NotForNames,
    Register,
    TooManyNames,
    coarse,
    columns,
    extract,
)
from casedesk.services.cases import mark_confidential
from casedesk.services.consents import RecordConsent, record_consent, withdraw
from casedesk.services.history import who_looked
from casedesk.services.intake import register_case
from tests.conftest import NOW
from tests.support.journal import last
from tests.support.people import a_returnee
from tests.unit.test_sheets import HOSTILE

ASKED = Register(receiver="District office", reason="Review of the year")
NAMED = replace(ASKED, profile="shared")


def somebody(**more: object) -> dict[str, object]:
    """A returnee with a phone of their own."""
    return a_returnee(**{"person.phone_1": f"+88017{uuid4().int % 10**8:08}", **more})


def some(desk: Desk, count: int, **more: object) -> None:
    for _each in range(count):
        register_case(desk, somebody(**more))


def written(desk: Desk, asked: Register, folder: Path) -> list[dict[str, object]]:
    path = folder / "register.json"
    save_register(desk, asked, FileKind.JSON, path)
    rows: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))["tables"][0]["rows"]
    return rows


def disclosures(desk: Desk) -> list[Disclosure]:
    with desk.read() as session:
        return list(session.scalars(select(Disclosure)))


def test_a_coded_register_has_no_name_and_nothing_one_is_found_by(desk: Desk, tmp_path: Path) -> None:
    some(
        desk, 11, **{"person.upazila": "Sentinel", "person.contact_person_name": "Sentinel", "case.case_source": "self"}
    )
    path = tmp_path / "register.csv"
    assert save_register(desk, ASKED, FileKind.CSV, path) == 11
    text = path.read_text(encoding="utf-8-sig")
    for told in ("Rahima", "রহিমা", "Sentinel", "+8801", "01711", "DHK-", "2026-04-01", "2024-06-12"):
        assert told not in text
    head, *rows = csv.reader(StringIO(text))
    row = dict(zip(head, rows[0], strict=True))
    assert row["Age group"] == "25 to 34"
    assert row["Home district"] == "Madaripur"
    assert row["Left Bangladesh"] == "2024-06"
    assert row["Opened"] == "2026-05"
    assert len(row["Person code"]) == 10


@pytest.mark.parametrize("profile", ["coded", "shared", "full"])
def test_columns_follow_from_the_declarations(profile: str) -> None:
    told = {column.key: column.field for column in columns(profile) if column.field is not None}
    for model in MODELS:
        for name, declared in fields_of(model).items():
            key = f"{model.__tablename__}.{name}"
            if declared.level is Level.RESTRICTED or declared.kind in (Kind.REFERENCE, Kind.REFERENCES):
                assert key not in told
            if profile == "coded" and declared.level is Level.IDENTIFYING:
                assert key not in told
            if profile != "full" and (declared.kind is Kind.PHONE or declared.register in ("contact", "guardian")):
                assert key not in told
    assert ("person.name_bn" in told) is (profile != "coded")
    assert ("person.village_or_street" in told) is (profile == "full")
    assert "person.district" not in told or profile != "shared"


def test_a_violation_that_is_restricted_is_told_by_its_weight_alone(desk: Desk, tmp_path: Path) -> None:
    happened = {
        "consent_line.sensitive_data": "given",
        "incident.violations": ["wages_not_paid", "recruited_as_child"],
    }
    some(desk, 11, **happened)
    rows = written(desk, ASKED, tmp_path)
    assert rows[0]["incident_violation.violations"] == f"{SERIOUS}; wages_not_paid"
    assert "child" not in json.dumps(rows)


def test_who_is_rare_is_made_coarser_or_left_out(desk: Desk, tmp_path: Path) -> None:
    some(desk, 11)
    some(desk, 2, **{"person.district": "bogura"})
    made = extract(desk, ASKED)
    assert (len(made.cases), made.too_rare) == (11, 2)
    rows = written(desk, ASKED, tmp_path)
    assert {row.get("person.district") for row in rows} == {"madaripur"}


@given(st.lists(st.tuples(*[st.sampled_from([None, "a", "b", "c"])] * 5), max_size=80))
def test_everybody_is_like_ten_others(rows: list[tuple[str | None, ...]]) -> None:
    asked = {uuid4(): row for row in rows}
    made = coarse(asked)
    assert all(count >= 11 for count in Counter(made.values()).values())
    for case, row in made.items():
        assert all(told in (None, was) for told, was in zip(row, asked[case], strict=True))
    assert len(made) == len(rows) or 0 < len(rows) - len(made) < 11


def test_only_who_agreed_is_in_a_file_for_research(desk: Desk) -> None:
    some(desk, 12, **{"consent_line.research": "given"})
    some(desk, 3, **{"consent_line.research": "refused"})
    back = register_case(desk, somebody(**{"consent_line.research": "given"}))
    again = register_case(desk, somebody(**{"consent_line.research": "refused"}))
    withdraw(desk, back, "research")
    record_consent(desk, again, RecordConsent({"research": "given"}, method="verbal"))
    made = extract(desk, replace(ASKED, purpose="research"))
    assert (len(made.cases), made.left_out) == (13, 4)
    assert again in made.cases
    assert back not in made.cases


def test_confidential_cases_are_in_no_file(desk: Desk) -> None:
    some(desk, 11)
    hidden = register_case(desk, somebody())
    mark_confidential(desk, hidden)
    assert hidden not in extract(desk, ASKED).cases
    assert hidden not in extract(desk, NAMED).cases


def test_a_list_with_names_is_short_and_recorded_for_each_person(desk: Desk, tmp_path: Path) -> None:
    some(desk, 3)
    rows = written(desk, NAMED, tmp_path)
    assert {row["person.name_en"] for row in rows} == {"Rahima Khatun"}
    assert "+8801" not in json.dumps(rows)
    told = disclosures(desk)
    assert {(each.level, each.recipient_name, each.reason) for each in told} == {
        ("shared", "District office", "Review of the year")
    }
    assert len({each.case_id for each in told}) == 3
    assert last(desk).action == "register.export"
    some(desk, MOST_NAMED)
    with pytest.raises(TooManyNames, match="would name 28 people"):
        save_register(desk, NAMED, FileKind.XLSX, tmp_path / "many.xlsx")
    assert not (tmp_path / "many.xlsx").exists()
    assert len(disclosures(desk)) == 3


def test_lists_with_names_count_together_over_a_day(desk: Desk, tmp_path: Path) -> None:
    some(desk, MOST_NAMED)
    written(desk, NAMED, tmp_path)
    save_register(desk, NAMED, FileKind.XLSX, tmp_path / "again.xlsx")  # the same people are told once
    some(desk, 1)
    with pytest.raises(TooManyNames, match="Lists you made today name 25 already"):
        save_register(desk, NAMED, FileKind.XLSX, tmp_path / "more.xlsx")
    another = replace(desk, actor=replace(desk.actor, id=uuid4()))
    with pytest.raises(TooManyNames, match="would name 26 people"):
        extract(another, NAMED)
    now = desk.clock()
    tomorrow = replace(desk, clock=lambda: now + timedelta(days=1))
    with pytest.raises(TooManyNames, match=r"would name 26 people\.$"):
        extract(tomorrow, NAMED)


def test_the_first_rows_are_looked_at_as_they_will_leave(desk: Desk, tmp_path: Path) -> None:
    some(desk, 11)
    found = first_rows(desk, ASKED)
    assert (found.cases, len(found.rows)) == (11, 5)
    assert disclosures(desk) == []
    save_register(desk, ASKED, FileKind.CSV, tmp_path / "register.csv")
    with (tmp_path / "register.csv").open(encoding="utf-8-sig", newline="") as file:
        titles, *rows = csv.reader(file)
    assert (tuple(titles), [tuple(row) for row in rows[:5]]) == (found.titles, list(found.rows))


def test_a_coded_register_is_one_record(desk: Desk, tmp_path: Path) -> None:
    some(desk, 11)
    path = tmp_path / "register.xlsx"
    save_register(desk, ASKED, FileKind.XLSX, path)
    (row,) = disclosures(desk)
    assert (row.case_id, row.document, row.level, row.purpose) == (None, "case-register", "coded", "own_file")
    assert row.fields is not None
    assert "person.person_code" in row.fields
    read = CalamineWorkbook.from_path(str(path))
    assert read.sheet_names == ["About this file", "Cases", "Columns"]
    assert len(read.get_sheet_by_name("Cases").to_python()) == 12
    about = {
        str(pair[0]): str(pair[1]) for pair in read.get_sheet_by_name("About this file").to_python() if len(pair) > 1
    }
    assert about["Why"] == "Review of the year"
    assert "at least 11 cases look alike" in about["Made coarser"]


@pytest.mark.parametrize("asked", [replace(ASKED, receiver=" "), replace(ASKED, reason="")])
def test_nothing_leaves_without_receiver_and_reason(desk: Desk, asked: Register, tmp_path: Path) -> None:
    with pytest.raises(NoReason):
        save_register(desk, asked, FileKind.CSV, tmp_path / "x.csv")
    assert list(tmp_path.glob("x*")) == []
    assert disclosures(desk) == []


def test_names_are_looked_at_for_a_reason_alone_and_that_is_recorded(desk: Desk) -> None:
    some(desk, 11)
    with pytest.raises(NoReason):
        first_rows(desk, replace(NAMED, reason=" "))
    assert last(desk).action != case_register.SEEN
    found = first_rows(desk, NAMED)
    assert len(found.rows) == 5
    with desk.read() as session:
        cases = session.scalars(select(Case.id)).all()
    looks = [(case, entry.reason) for case in cases for entry in who_looked(desk, case)]
    assert len(looks) == 5
    assert {reason for _case, reason in looks} == {"District office: Review of the year"}


def test_names_that_were_looked_at_count_over_the_day_too(desk: Desk, tmp_path: Path) -> None:
    some(desk, 5)
    first_rows(desk, NAMED)
    save_register(desk, NAMED, FileKind.CSV, tmp_path / "same.csv")  # the same people are told once
    some(desk, 21)
    with pytest.raises(TooManyNames, match="name 5 already"):
        extract(desk, NAMED)


def test_looking_alone_counts(desk: Desk) -> None:
    some(desk, 5)
    first_rows(desk, NAMED)
    some(desk, 21)
    with pytest.raises(TooManyNames, match="name 5 already"):
        extract(desk, NAMED)


def test_receiver_and_reason_are_never_cut(desk: Desk, tmp_path: Path) -> None:
    some(desk, 11)
    with pytest.raises(InvalidInput):
        save_register(desk, replace(ASKED, receiver="o" * 201), FileKind.CSV, tmp_path / "x.csv")
    assert list(tmp_path.glob("x*")) == []
    assert disclosures(desk) == []


@pytest.mark.parametrize("purpose", ["meeting", "research", "give_person", "report", "unheard_of"])
def test_not_every_purpose_takes_names(desk: Desk, purpose: str) -> None:
    with pytest.raises(NotForNames):
        extract(desk, replace(NAMED, purpose=purpose))


def test_names_need_the_right(desk: Desk) -> None:
    some(desk, 2)
    supervisor = replace(desk, actor=Actor(uuid4(), "S", frozenset(["supervisor"])))
    with pytest.raises(NotAllowed):
        extract(supervisor, NAMED)
    assert last(desk).action == "denied.register.named"
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset(["coordinator"])))
    assert len(extract(coordinator, NAMED).cases) == 2
    owner = replace(desk, actor=Actor(desk.actor.id, "O", frozenset(["caseworker"])))
    assert len(extract(owner, ASKED).cases) + extract(owner, ASKED).too_rare == 2
    stranger = replace(desk, actor=Actor(uuid4(), "X", frozenset(["caseworker"])))
    assert extract(stranger, ASKED).too_rare == 0


def test_hostile_words_come_back_as_they_were(desk: Desk, tmp_path: Path) -> None:
    names = [
        name
        for name in HOSTILE
        if name.strip() == name and "\n" not in name and len(name) < 200 and name[0] not in "\t\r"
    ]
    for name in names:
        answers: dict[str, object] = {"person.name_en": name}
        if not any(map(str.isalpha, name)):
            answers["case.confirmed_warnings"] = ["V45"]
        register_case(desk, somebody(**answers))
    path = tmp_path / "register.xlsx"
    save_register(desk, NAMED, FileKind.XLSX, path)
    head, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Cases").to_python()
    at = head.index("Name in English")
    assert sorted(str(row[at]) for row in rows) == sorted(names)


def test_cancelling_leaves_the_old_file_and_no_record(desk: Desk, tmp_path: Path) -> None:
    some(desk, 1)
    path = tmp_path / "register.csv"
    path.write_text("before")
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        save_register(desk, NAMED, FileKind.CSV, path, progress)
    assert path.read_text() == "before"
    assert disclosures(desk) == []


def test_a_period_narrows_it(desk: Desk) -> None:
    some(desk, 2)
    assert len(extract(desk, replace(NAMED, opened=(date(2026, 5, 12), date(2026, 5, 12)))).cases) == 2
    assert extract(desk, replace(NAMED, opened=(date(2025, 1, 1), date(2025, 12, 31)))).cases == ()


def test_the_dictionary_has_every_declared_field() -> None:
    book = dictionary(NOW)
    told = {row[1] for row in book.sheets[0].rows}
    for model in MODELS:
        assert {f"{model.__tablename__}.{name}" for name in fields_of(model)} - told == {
            f"{model.__tablename__}.removed_at"
        }
    assert all(len(row) == len(sheet.columns) for sheet in book.sheets for row in sheet.rows)
    out = BytesIO()
    from casedesk.reports.sheets import write_csv

    write_csv(book.sheets[0], out)
    assert b"case.case_number" in out.getvalue()


def test_no_restricted_field_has_a_way_out() -> None:
    everything = {column.key for profile in ("coded", "shared", "full") for column in columns(profile)}
    assert not everything & {"person.guardian_safe", "case.others_present", "person.safe_contact_note"}
    assert case_register.K == 11
