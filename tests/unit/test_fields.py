"""What is declared once is everywhere; and a value is stored in one shape, or refused in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from casedesk.fields import Ask, Field, Kind, Level, level_of, problem_with, tidy, type_of
from casedesk.i18n import speaking
from casedesk.models import fields_of, recorded_models
from casedesk.models.columns import money_of, money_text, partial_day_of, partial_day_text
from casedesk.paths import RESOURCES
from casedesk.storage.recorder import from_leaf, to_leaf
from casedesk.values import Money, PartialDay, Precision

NFC, NFD = "\u09dc", "\u09a1\u09bc"  # the same Bangla letter; NFC writes it as two
CODES = {Kind.CODE: "sex_gender", Kind.CODES: "return_reason", Kind.ANSWER: "answer_yes_no"}
GOOD: dict[Kind, object] = {
    Kind.LINE: "Rahima",
    Kind.TEXT: "One line.\nAnother.",
    Kind.PHONE: "+8801711000417",
    Kind.DAY: date(2026, 5, 12),
    Kind.PARTIAL_DAY: PartialDay(date(2026, 5, 1), Precision.MONTH),
    Kind.MOMENT: datetime(2026, 5, 12, 9, tzinfo=UTC),
    Kind.CODE: "female",
    Kind.CODES: ["contract_ended", "illness"],
    Kind.LINES: ["V42 RF-26-K3-00001"],
    Kind.ANSWER: "declined",
    Kind.TICK: True,
    Kind.COUNT: 3,
    Kind.MONEY: Money(123, "bdt"),
    Kind.REFERENCE: UUID(int=7),
    Kind.REFERENCES: [str(UUID(int=7))],
}


def declared(kind: Kind, **more: object) -> Field:
    return Field("Something", kind, Level.INTERNAL, Ask.LATER, code_list=CODES.get(kind), **more)  # type: ignore[arg-type]


def test_one_new_field_is_one_declaration_and_one_migration(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.one_new_field", str(tmp_path)],
        cwd=RESOURCES.parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "table": True,
        "label": "Favourite tea",
        "json": "milk tea",
        "journal": [int(Level.IDENTIFYING), "milk tea"],
        "check": "This is 21 characters long. Keep it to 20, and put the rest in a note.",
        "history": ["Favourite tea", "milk tea", "lemon tea"],
        "print": "lemon tea",
        "whole": [],
    }


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_takes_its_own_type_and_nothing_else(kind: Kind) -> None:
    assert problem_with(declared(kind), GOOD[kind]) is None
    assert problem_with(declared(kind), None) is None
    for other, value in GOOD.items():
        if type_of[other] is not type_of[kind]:
            problem = problem_with(declared(kind), value)
            assert problem is not None, (kind, other)
            assert problem.text == "This answer is not of the right kind."


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.DAY, datetime(2026, 5, 12, 9, tzinfo=UTC)),
        (Kind.MOMENT, datetime(2026, 5, 12, 9)),  # noqa: DTZ001 - whose clock is meant is not known
        (Kind.MOMENT, date(2026, 5, 12)),
        (Kind.COUNT, True),
        (Kind.COUNT, 3.0),
        (Kind.TICK, 1),
        (Kind.LINE, b"Rahima"),
        (Kind.LINE, "half a letter \ud83d"),
        (Kind.CODES, ("bn", "ar")),
        (Kind.LINES, [1]),
        (Kind.LINES, ["half a letter \ud83d"]),
    ],
)
def test_what_only_looks_alike_is_refused(kind: Kind, value: object) -> None:
    problem = problem_with(declared(kind), value)
    assert problem is not None
    assert problem.text == "This answer is not of the right kind."


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (Kind.LINE, "  Rahima \t Khatun\n", "Rahima Khatun"),
        (Kind.LINE, " \u00a0\u2003 ", None),
        (Kind.LINE, "", None),
        (Kind.LINE, NFC, NFD),
        (Kind.TEXT, "\n One line.  \n\n Another. \n", "One line.\n\n Another."),
        (Kind.TEXT, "\r\nOne.\r\nTwo.\r\n", "One.\nTwo."),
        (Kind.TEXT, " \n \n", None),
        (Kind.CODES, ["bn", "ar", "bn"], ["ar", "bn"]),
        (Kind.CODES, set(), None),
        (Kind.CODES, [], None),
        (Kind.LINES, ("b", NFC), ["b", NFD]),
        (Kind.COUNT, 0, 0),
        (Kind.TICK, False, False),
        (Kind.LINE, "=cmd()", "=cmd()"),
        (Kind.LINE, "Smith <Jones", "Smith <Jones"),
    ],
)
def test_a_value_is_stored_in_one_shape(kind: Kind, typed: object, stored: object) -> None:
    assert tidy(declared(kind), typed) == stored
    assert tidy(declared(kind), stored) == stored


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            declared(Kind.LINE, longest=5),
            "123456",
            "This is 6 characters long. Keep it to 5, and put the rest in a note.",
        ),
        (declared(Kind.LINE, longest=200), "অ" * 10_000, "This is 10,000 characters long."),
        (declared(Kind.COUNT, least=1, most=9), 0, "Type a number from 1 to 9."),
        (declared(Kind.COUNT, least=1, most=9), 10, "Type a number from 1 to 9."),
        (declared(Kind.CODE), "mermaid", "“mermaid” is not in the list."),
        (declared(Kind.CODES), ["contract_ended", "klingon"], "“klingon” is not in the list."),
        (declared(Kind.ANSWER), "perhaps", "“perhaps” is not in the list."),
        (declared(Kind.MONEY), Money(1, "xxx"), "“xxx” is not a currency in the list."),
        (declared(Kind.MONEY), Money(-1, "bdt"), "Money cannot be less than nothing."),
    ],
)
def test_a_value_out_of_its_limits_is_refused_in_words(field: Field, value: object, said: str) -> None:
    problem = problem_with(field, value)
    assert problem is not None
    assert problem.text.startswith(said)


def test_less_than_nothing_is_mended_by_a_click() -> None:
    problem = problem_with(declared(Kind.MONEY), Money(-500, "bdt"))
    assert problem is not None
    assert problem.fix == Money(500, "bdt")


@pytest.mark.parametrize("kind", Kind)
def test_what_goes_into_the_journal_comes_out_again(kind: Kind) -> None:
    assert from_leaf(declared(kind), to_leaf(GOOD[kind])) == GOOD[kind]
    assert from_leaf(declared(kind), to_leaf(None)) is None


@pytest.mark.parametrize("precision", Precision)
def test_a_partial_day_and_money_are_texts_with_their_parts_at_fixed_places(precision: Precision) -> None:
    day = PartialDay(date(987, 6, 5), precision)
    assert partial_day_text(day) == f"0987-06-05 {precision}"
    assert partial_day_of(partial_day_text(day)) == day
    for money in (Money(0, "bdt"), Money(-5, "kwd"), Money(10**15, "sar")):
        assert money_of(money_text(money)) == money


def test_the_level_of_a_list_raises_the_declared_one_and_never_lowers_it() -> None:
    field = Field(
        "x", Kind.CODES, Level.INTERNAL, Ask.LATER, code_list="violation_type", level_from="default_sensitivity"
    )
    assert level_of(field, ["wages_not_paid"]) is Level.INTERNAL
    assert level_of(field, ["rape", "wages_not_paid"]) is Level.RESTRICTED
    assert level_of(field, ["written_by_a_newer_program"]) is Level.INTERNAL
    assert level_of(field, None) is Level.INTERNAL


def test_every_declaration_is_whole() -> None:
    for table, model in recorded_models().items():
        assert model.label, table
        for name, field in fields_of(model).items():
            place = f"{table}.{name}"
            assert field.label == field.label.strip() != "", place
            assert not field.label.endswith((".", ":")), place
            if field.kind in (Kind.LINE, Kind.TEXT, Kind.PHONE):
                assert field.longest, place
                assert field.longest * 4 <= 64 * 1024, f"{place}: more than a leaf may hold"
            if field.kind is Kind.COUNT:
                assert field.least is not None, place
                assert field.most is not None, place


def test_what_is_wrong_with_an_answer_is_said_in_the_digits_of_the_language() -> None:
    too_long = Field("", Kind.LINE, Level.INTERNAL, Ask.LATER, longest=200)
    too_much = Field("", Kind.COUNT, Level.INTERNAL, Ask.LATER, least=0, most=110)
    with speaking("bn"):
        said = [problem_with(too_long, "x" * 1800), problem_with(too_much, 120)]
    texts = [problem.text for problem in said if problem is not None]
    assert ["১,৮০০" in texts[0], "২০০" in texts[0], "১১০" in texts[1]] == [True, True, True]
    assert not any(character in "0123456789" for text in texts for character in text)
