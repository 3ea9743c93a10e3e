"""The code lists are well formed and agree with each other, with the declarations and with the life cycles."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

import pytest

from casedesk import codelists, i18n
from casedesk.fields import LEVEL_WORDS, Kind
from casedesk.models import fields_of, recorded_models
from casedesk.paths import RESOURCES
from casedesk.services.answers import LISTS

FILES = sorted(codelists.FOLDER.glob("*.csv"))
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
BANGLA = re.compile("[\u0980-\u09ff]")
# Where a column of one list holds codes of another; several stand with semicolons between them.
POINTS_TO = {
    ("assistance_type", "linked_service_type"): "service_type",
    ("bd_district", "division_code"): "bd_division",
    ("bd_upazila", "district_code"): "bd_district",
    ("contact_method", "needs_consent_scope"): "consent_scope",
    ("destination_country", "default_currency"): "currency",
    ("evidence_type", "default_sensitivity"): "sensitivity_level",
    ("identity_document_type", "default_sensitivity"): "sensitivity_level",
    ("legal_claim_type", "usual_forum"): "legal_forum",
    ("need", "default_service_type"): "service_type",
    ("note_type", "default_sensitivity"): "sensitivity_level",
    ("provider_type", "consent_scope_override"): "consent_scope",
    ("recruiter_practice", "linked_violation_type"): "violation_type",
    ("reintegration_index", "dimension"): "reintegration_dimension",
    ("return_reason", "hint_category"): "return_category",
    ("safety_flag", "default_priority"): "priority",
    ("safety_flag", "suggested_service"): "service_type",
    ("service_group", "consent_scope"): "consent_scope",
    ("service_type", "group"): "service_group",
    ("triage_outcome", "maps_to_category"): "return_category",
    ("triage_question", "if_yes_suggest_violation"): "violation_type",
    ("triage_rule", "suggests"): "triage_outcome",
    ("violation_type", "default_sensitivity"): "sensitivity_level",
    ("violation_type", "ilo_indicator"): "ilo_forced_labour_indicator",
    ("vulnerability", "default_sensitivity"): "sensitivity_level",
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_file_is_plain(path: Path) -> None:
    raw = path.read_bytes()
    text = raw.decode("utf-8")
    assert not raw.startswith(b"\xef\xbb\xbf"), "no byte order mark"
    assert b"\r" not in raw, "lines end with LF alone"
    assert raw.endswith(b"\n")
    assert unicodedata.is_normalized("NFC", text)
    assert CODE.fullmatch(path.stem)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_has_a_code_both_labels_and_a_place(path: Path) -> None:
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    rows = rows_of(path)
    assert header[:4] == ["code", "en", "bn", "sort"]
    assert len(set(header)) == len(header)
    assert rows
    for row in rows:
        assert None not in row, f"{row['code']}: more cells than columns"
        assert None not in row.values(), f"{row['code']}: fewer cells than columns"
        assert CODE.fullmatch(row["code"]), row["code"]
        assert row["en"].strip(), row["code"]
        assert BANGLA.search(row["bn"]), row["code"]
        assert row["sort"].isdigit(), row["code"]
        assert all(cell == cell.strip() for cell in row.values()), f"{row['code']}: stray spaces"
    codes = [row["code"] for row in rows]
    assert len(set(codes)) == len(codes)
    assert len({row["sort"] for row in rows}) == len(rows), "one place for each"


def test_columns_that_the_program_reads_as_yes_or_no_say_nothing_else() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in (RESOURCES.parent / "src/casedesk").rglob("*.py"))
    columns = set(re.findall(r"\.(?:yes|where)\(\"(\w+)\"\)", written))
    assert columns
    for path in FILES:
        for row in rows_of(path):
            assert {row[column] for column in columns & row.keys()} <= {"yes", "no"}, f"{path.stem} {row['code']}"


@pytest.mark.parametrize(("name", "column"), POINTS_TO, ids=lambda part: part)
def test_what_points_to_another_list_finds_it(name: str, column: str) -> None:
    target = codelists.get(POINTS_TO[name, column])
    pointing = {part for row in codelists.get(name) for part in row.several(column)}
    assert pointing
    assert {part for part in pointing if target.find(part) is None} == set()


def test_both_short_forms_are_there_or_neither() -> None:
    for path in FILES:
        for row in codelists.get(path.stem):
            assert bool(row.extra.get("badge_en")) == bool(row.extra.get("badge_bn")), f"{path.stem} {row.code}"


def test_a_category_has_words_for_papers_between_badge_and_label() -> None:
    category = codelists.get("return_category")["returned_victim"]
    assert category.full == "Abuse or exploitation"
    with i18n.speaking("bn"):
        assert category.full == "নির্যাতন বা শোষণ"
    assert codelists.get("need")["safe_place"].full == codelists.get("need").label("safe_place")


def test_every_declared_list_is_there_and_its_level_column_too() -> None:
    declared = [field for model in recorded_models().values() for field in fields_of(model).values()]
    for field in (*declared, *LISTS.values()):
        if field.kind in (Kind.CODE, Kind.CODES, Kind.ANSWER):
            assert field.code_list, field.label
        if field.code_list is not None:
            rows = list(codelists.get(field.code_list))
            assert rows
            if field.level_from is not None:
                assert {row.extra[field.level_from] for row in rows} <= LEVEL_WORDS.keys()


def test_the_levels_that_lists_name_are_known_to_the_program() -> None:
    assert {row.code for row in codelists.get("sensitivity_level")} <= LEVEL_WORDS.keys()


def test_the_states_of_every_life_cycle_are_in_their_list() -> None:
    lists = {"case": "case_status", "follow_up": "followup_status", "referral": "referral_status"}
    with (RESOURCES / "lifecycles.csv").open(encoding="utf-8", newline="") as file:
        steps = list(csv.DictReader(file))
    assert {step["entity"] for step in steps} == lists.keys()
    for step in steps:
        states = codelists.get(lists[step["entity"]])
        assert {step["from"], step["to"]} - {""} <= states.rows.keys(), step


def test_currencies_are_three_letters_as_money_is_written() -> None:
    assert all(len(row.code) == 3 for row in codelists.get("currency"))


def test_a_list_is_read_in_the_order_people_read_it_and_in_their_language() -> None:
    answers = codelists.get("answer_yes_no")
    assert [row.sort for row in answers] == sorted(row.sort for row in answers)
    assert answers.label("yes") == "Yes"
    with i18n.speaking("bn"):
        assert BANGLA.search(answers.label("yes"))
    assert answers.label("written_by_a_newer_program") == "written_by_a_newer_program"
    assert answers.label(None) == ""
