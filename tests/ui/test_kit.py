"""The parts that pages are built from, alone and together on one sheet."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from casedesk import codelists, i18n, logs
from casedesk.errors import CaseDeskError, Problem
from casedesk.fields import Ask, Field, Kind, Level
from casedesk.ui.kit import theme as themes
from casedesk.ui.kit.badges import (
    Badge,
    BadgeSpec,
    badge_size,
    category_badge,
    paint_badge,
    priority_badge,
    status_badge,
)
from casedesk.ui.kit.blocks import (
    AppMark,
    Avatar,
    Banner,
    Card,
    EmptyState,
    ProgressBar,
    SafeContactStrip,
    StatTile,
    keys_hint,
)
from casedesk.ui.kit.buttons import Chip, IconButton, Segmented, Switch, button
from casedesk.ui.kit.choices import CodeLine
from casedesk.ui.kit.chosen import AnswerEdit, CodeEdit, TickCards
from casedesk.ui.kit.fields import editor_for
from casedesk.ui.kit.hide import Cover
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Flow, Whole, column, row, scrolled, widget
from casedesk.ui.kit.messages import ask, show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.sidebar import NavItem, Sidebar
from casedesk.ui.kit.texts import PlainLabel, section_title, tip
from casedesk.ui.kit.theme import Theme, current
from casedesk.ui.kit.toast import Toast
from casedesk.ui.kit.topbar import SearchBox, TopBar
from casedesk.ui.kit.written import MoneyEdit
from casedesk.values import Money, PartialDay, Precision
from tests.support.on_screen import cut_off

TODAY = date(2026, 5, 12)
SCREENS = Path(__file__).parents[2] / "build" / "screens"
HOSTILE = ["<img src=x>", "Smith <Jones", "a & b < 5", "<b>bold</b>", "\u202egnp.exe", "x" * 400]
BANGLA = "স্ত্রী প্রত্যাবর্তন কর্তৃপক্ষ র্যাব ছুঁয়ে কৃষ্ণ ঙ্ক্ষ দ্বন্দ্ব ঐ ওঁ জ্যোৎস্না"


def field(kind: Kind, label: str = "Came back", code_list: str | None = None) -> Field:
    return Field(label, kind, Level.INTERNAL, Ask.INTAKE, code_list=code_list)


@pytest.fixture(autouse=True)
def light_again(qapp: QApplication) -> Iterator[None]:
    yield
    if current() != Theme():
        themes.apply(qapp, Theme())


class Show(Protocol):
    def __call__(self, made: QWidget, width: int = 500, height: int = 0) -> QWidget: ...


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    """Puts a part into a window of its own, which lives as long as the test."""
    kept: list[QWidget] = []

    def shown(made: QWidget, width: int = 500, height: int = 0) -> QWidget:
        window = QWidget()
        window.setObjectName("page")
        window.setLayout(column(made, None, margins=(16, 16, 16, 16)))
        qtbot.addWidget(window)
        window.resize(width, height or window.sizeHint().height() + 40)
        window.show()
        QApplication.processEvents()
        kept.append(window)
        return window

    return shown


def focused() -> QWidget:
    here = QApplication.focusWidget()
    assert here is not None
    return here


# The sheet of components


class Swatch(QWidget):
    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.setFixedSize(46, 30)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(current().colour("line2"))
        painter.setBrush(current().colour(self.token))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        painter.end()


def swatches(*names: str) -> QWidget:
    cells = []
    for name in names:
        label = PlainLabel(name, "key")
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        cells.append(widget(column(Swatch(name), label, gap=2)))
    return widget(row(*cells, None, gap=8))


def sheet_card(title: str, *parts: QWidget) -> Card:
    card = Card()
    card.body.addWidget(section_title(title))
    for part in parts:
        card.body.addWidget(part)
    return card


def badges(*specs: BadgeSpec) -> QWidget:
    return widget(Flow(*(Badge(spec) for spec in specs), gap=8))


def progress(share: float, words: str, tone: str = "accent") -> QWidget:
    line = row(
        ProgressBar(share, name=words, tone=tone), PlainLabel(words, "label", tone="text" if share < 1 else tone)
    )
    line.setStretch(0, 1)
    return widget(line)


def fields_card() -> Card:
    form = Form(
        [("person.name_bn", field(Kind.LINE, "Name in Bangla")), ("journey.back", field(Kind.PARTIAL_DAY))],
        today=TODAY,
        not_now=True,
        hints={"person.name_bn": "Phonetic or Unicode keyboard"},
    )
    form.fill({"person.name_bn": "রহিমা খাতুন", "journey.back": PartialDay(date(2024, 4, 28))})
    form.show_problems(
        {
            "journey.back": [
                Problem(
                    "This is before she left.", "V01", fix=PartialDay(date(2026, 4, 28)), fix_text="Use 28 April 2026"
                )
            ]
        }
    )
    agree = editor_for("consent.given", field(Kind.TICK, "She agrees"), today=TODAY)
    agree.set_value(True)
    safe = editor_for("safety.safe", field(Kind.ANSWER, "Is she safe now?"), today=TODAY)
    safe.set_value("yes")
    pay = editor_for("journey.pay", field(Kind.MONEY, "Wage"), today=TODAY)
    pay.set_value(Money(9000_000, "omr"))
    place = editor_for("journey.country", field(Kind.CODE, "Country", "destination_country"), today=TODAY)
    place.set_value("om")
    return sheet_card("Fields", form, row_of(pay, place), agree, safe)


def row_of(*parts: QWidget) -> QWidget:
    return widget(row(*parts, gap=8))


def gallery(words: dict[str, str]) -> QWidget:
    page = QWidget()
    page.setObjectName("page")
    left = column(
        sheet_card(
            "Colour",
            swatches("accent", "accent_soft", "text", "text2", "muted", "line2", "sunken"),
            swatches("cat_s", "cat_u", "cat_a", "danger", "warn", "ok", "info"),
        ),
        sheet_card(
            "Type — Hind Siliguri",
            PlainLabel("Page title 20 · পৃষ্ঠার শিরোনাম", "page"),
            PlainLabel("Section title 16 · অংশের শিরোনাম", "section"),
            PlainLabel("Card title 14 · কার্ডের শিরোনাম", "card"),
            PlainLabel("Body 13 — রহিমা খাতুন returned on 28 April 2026", "body"),
            PlainLabel("Label 13 medium · লেবেল", "label"),
            PlainLabel("Caption 12 · ক্যাপশন · DHK-26-0417", "caption"),
        ),
        sheet_card(
            "Category, priority, status",
            badges(*(category_badge(each.code) for each in codelists.get("return_category"))),
            badges(*(priority_badge(each.code) for each in codelists.get("priority"))),
            badges(*(status_badge("case_status", each.code) for each in codelists.get("case_status"))),
        ),
        None,
        gap=12,
    )
    pressed = button(words["send"])
    pressed.setEnabled(False)
    middle = column(
        sheet_card(
            "Buttons",
            widget(
                Flow(
                    button(words["register"], "primary", "done"),
                    button(words["print"], icon="print"),
                    button(words["hold"], "soft"),
                )
            ),
            widget(
                Flow(
                    button("Not now", "ghost"),
                    button(words["remove"], "danger", "remove"),
                    pressed,
                    IconButton("more", "More"),
                )
            ),
            row_of(
                button(words["small"], size="s"),
                Segmented([("m", "Month"), ("q", "Quarter"), ("y", "Year")], "m", "Period"),
                Switch("On", on=True),
                Switch("Off"),
            ),
        ),
        fields_card(),
        sheet_card(
            "Chips and keys",
            widget(Flow(Chip("Madaripur +1"), Chip("Open"))),
            row_of(keys_hint("Ctrl+K", "search"), keys_hint("N", "new case"), keys_hint("↑↓", "move")),
        ),
        None,
        gap=12,
    )
    right = column(
        sheet_card(
            "Banners",
            Banner("warn", words["bold"], words["sentence"], icon="safe_contact"),
            Banner(
                "danger", "1 answer to look at", "“Came back” is before “Left Bangladesh”", actions=[keys_hint("F8")]
            ),
            Banner("ok", "She agreed to shelter on 29 Apr"),
            Banner("info", "Locked after 5 minutes. Nothing was lost."),
        ),
        sheet_card(
            "Progress and capacity", progress(0.52, "52%"), progress(0.9, "1 bed free"), progress(1.0, "Full", "danger")
        ),
        sheet_card(
            "People and time",
            row_of(
                Avatar("RK"),
                widget(
                    column(
                        PlainLabel("Rahima Khatun", "card"), PlainLabel("DHK-26-0417 · 29 · woman", "caption"), gap=0
                    )
                ),
            ),
            row_of(
                Icon("ok", "ok", 16),
                PlainLabel("Draft saved 10:42", "caption", tone="ok"),
                PlainLabel("2 days late", "caption", tone="danger", weight=600),
            ),
        ),
        StatTile("2", words["overdue"], "late", danger=True),
        EmptyState("cases", words["empty"], words["empty_more"], [button(words["register"], "primary", "add")]),
        None,
        gap=12,
    )
    columns = row(widget(left), widget(middle), widget(right), gap=12)
    for at, share in enumerate((47, 42, 42)):
        columns.setStretch(at, share)
    title = row(
        AppMark(28), PlainLabel("CaseDesk components", "part"), None, PlainLabel(words["caption"], "caption"), gap=10
    )
    page.setLayout(column(title, columns, gap=12, margins=(20, 16, 20, 12)))
    return page


ENGLISH = {
    "register": "Register case",
    "print": "Print",
    "hold": "Hold bed",
    "remove": "Remove",
    "send": "Send now",
    "small": "Small",
    "bold": "Safe contact: only her sister Salma",
    "sentence": "10:00–13:00. Say “training office”.",
    "overdue": "Overdue",
    "empty": "No cases yet",
    "empty_more": "Register the first person you meet, or load practice cases to try things out.",
    "caption": "4 / 8 px grid · radius 6 control, 8 block, 10 card, 12 dialog · control height 32",
}
IN_BANGLA = {
    "register": "কেস নিবন্ধন",
    "print": "প্রিন্ট",
    "hold": "বেড রাখুন",
    "remove": "সরান",
    "send": "এখন পাঠান",
    "small": "ছোট",
    "bold": "নিরাপদ যোগাযোগ: শুধু বোন সালমা",
    "sentence": "১০:০০–১৩:০০। বলুন “ট্রেনিং অফিস”। এসএমএস, চিঠি বা বাড়িতে যাওয়া নয়।",
    "overdue": "সময় পেরিয়ে গেছে",
    "empty": "এখনো কোনো কেস নেই",
    "empty_more": "প্রথম যাঁর সঙ্গে দেখা হয় তাঁকে নিবন্ধন করুন, অথবা অনুশীলনের কেস খুলুন।",
    "caption": "কেসকর্মী কৃষ্ণা · দ্বন্দ্ব · স্ত্রী",
}


@pytest.fixture
def bangla(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The screen speaks Bangla: the code lists and the texts above do, the kit's own words wait for the catalogue."""
    monkeypatch.setattr(i18n, "_catalogue", lambda _code: gettext.NullTranslations())
    i18n.use("bn")
    yield
    i18n.use("en")


def picture(qapp: QApplication, qtbot: QtBot, theme: Theme, words: dict[str, str], name: str) -> QWidget:
    themes.apply(qapp, theme)
    page = gallery(words)
    qtbot.addWidget(page)
    page.resize(1366, max(page.heightForWidth(1366), 768))
    page.show()
    QApplication.processEvents()
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.grab().save(str(SCREENS / f"kit-{name}.png"))
    return page


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off_on_the_sheet(qapp: QApplication, qtbot: QtBot, dark: bool) -> None:
    page = picture(qapp, qtbot, Theme(dark=dark), ENGLISH, "dark" if dark else "light")
    assert cut_off(page) == []


@pytest.mark.usefixtures("bangla")
@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_nothing_is_cut_off_in_bangla(qapp: QApplication, qtbot: QtBot, scale: float) -> None:
    page = picture(qapp, qtbot, Theme(language="bn", text_scale=scale), IN_BANGLA, f"bn-{round(scale * 100)}")
    assert cut_off(page) == []


def ink_rows(made: QPixmap, ground: QColor) -> list[int]:
    image = made.toImage()
    return [
        y for y in range(image.height()) if any(image.pixelColor(x, y) != ground for x in range(2, image.width() - 2))
    ]


@pytest.mark.parametrize("role", ["caption", "body", "label", "card", "page", "key"])
def test_bangla_letters_stay_inside_their_label(qapp: QApplication, qtbot: QtBot, role: str) -> None:
    themes.apply(qapp, Theme(language="bn"))
    label = PlainLabel(BANGLA, role)
    qtbot.addWidget(label)
    label.adjustSize()
    rows = ink_rows(label.grab(), label.grab().toImage().pixelColor(0, 0))
    assert rows[0] > 0
    assert rows[-1] < label.height() - 1


def test_bangla_letters_stay_inside_their_badge(qapp: QApplication) -> None:
    themes.apply(qapp, Theme(language="bn"))
    spec = BadgeSpec("স্ত্রী কৃষ্ণ জ্যোৎস্না ছুঁয়ে", "", "bare")
    size = badge_size(spec)
    canvas = QPixmap(size.width(), size.height() + 20)
    canvas.fill(QColor("white"))
    painter = QPainter(canvas)
    paint_badge(painter, canvas.rect().toRectF(), spec)
    painter.end()
    rows = ink_rows(canvas, QColor("white"))
    assert rows[0] >= 10
    assert rows[-1] < 10 + size.height()


# Words of others


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_others_are_shown_as_they_are(show: Show, text: str) -> None:
    card = Card(text)
    card.body.addWidget(Banner("warn", text, text))
    card.body.addWidget(SafeContactStrip(text))
    card.body.addWidget(EmptyState("cases", text, text))
    card.body.addWidget(Badge(BadgeSpec(text)))
    card.body.addWidget(Chip(text))
    card.body.addWidget(TickCards("person.tags", field(Kind.CODES, text, "sex_gender")))
    card.body.addWidget(Form([("case.note", field(Kind.LINE, text))], today=TODAY, not_now=True))
    show(scrolled(card), 500, 600)
    labels = card.findChildren(PlainLabel)
    assert labels
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert any("[U+202E]" in label.text() or label.text() == text for label in labels)
    assert cut_off(card) == []


def test_a_tooltip_shows_markup_as_text(qtbot: QtBot) -> None:
    made = QWidget()
    qtbot.addWidget(made)
    tip(made, "<img src=x> & Co")
    assert made.toolTip() == "<qt>&lt;img src=x&gt; &amp; Co</qt>"


def test_an_error_of_a_person_is_told_in_its_words(show: Show) -> None:
    window = show(QWidget(), 700, 500)
    sheet = show_error(window, CaseDeskError("<b>Not saved</b>", hint="Smith <Jones"))
    texts = [label.text() for label in sheet.findChildren(PlainLabel)]
    assert "<b>Not saved</b>" in texts
    assert "Smith <Jones" in texts
    sheet.dismiss()


def test_our_own_mistake_is_admitted_and_logged_without_its_words(show: Show, caplog: pytest.LogCaptureFixture) -> None:
    window = show(QWidget(), 700, 500)
    caplog.handler.setFormatter(logs.Formatter())
    try:
        raise KeyError("Rahima Khatun")
    except KeyError as error:
        sheet = show_error(window, error)
    assert "KeyError" in caplog.text
    assert "test_kit.py" in caplog.text
    assert "Rahima" not in caplog.text + " ".join(label.text() for label in sheet.findChildren(PlainLabel))
    sheet.dismiss()


def test_asking_runs_what_was_asked_only_after_a_yes(show: Show) -> None:
    window = show(QWidget(), 700, 500)
    done: list[str] = []
    first = ask(
        window, "Remove forever?", "It cannot come back.", yes="Remove", done=lambda: done.append("a"), danger=True
    )
    assert first.cancel.hasFocus()
    QTest.keyClick(first, Qt.Key.Key_Escape)
    assert done == []
    second = ask(window, "Remove forever?", "It cannot come back.", yes="Remove", done=lambda: done.append("b"))
    second.yes.click()
    assert done == ["b"]


# Fields

VALUES = [
    (field(Kind.LINE), "রহিমা খাতুন"),
    (field(Kind.TEXT), "One.\nTwo."),
    (field(Kind.PHONE), "+8801712345678"),
    (field(Kind.DAY), date(2026, 4, 28)),
    (field(Kind.PARTIAL_DAY), PartialDay(date(2024, 3, 1), Precision.ESTIMATED)),
    (field(Kind.PARTIAL_DAY), PartialDay(date(2024, 3, 1), Precision.MONTH)),
    (field(Kind.MOMENT), datetime(2026, 5, 12, 9, 30, tzinfo=UTC)),
    (field(Kind.CODE, code_list="destination_country"), "sa"),
    (field(Kind.CODES, code_list="sex_gender"), ["female", "male"]),
    (field(Kind.CODES, code_list="violation_type"), [each.code for each in codelists.get("violation_type")][:2]),
    (field(Kind.LINES), ["a", "b"]),
    (field(Kind.ANSWER, code_list="answer_yes_no"), "declined"),
    (field(Kind.TICK), True),
    (field(Kind.TICK), False),
    (field(Kind.COUNT), 12),
    (field(Kind.MONEY), Money(16_300_050, "omr")),
]


@pytest.mark.parametrize(("declared", "value"), VALUES, ids=[str(each.kind) for each, _value in VALUES])
def test_an_editor_gives_back_what_it_was_given(qtbot: QtBot, declared: Field, value: object) -> None:
    editor = editor_for("case.field", declared, today=TODAY)
    qtbot.addWidget(editor)
    assert editor.value() is None
    editor.set_value(value)
    assert editor.value() == (sorted(value) if isinstance(value, list) else value)
    assert editor.problem() == ""
    editor.set_value(None)
    assert editor.value() is None


@pytest.mark.parametrize("declared", [each for each, _value in VALUES], ids=[str(each.kind) for each, _value in VALUES])
def test_every_input_has_a_name(qtbot: QtBot, declared: Field) -> None:
    editor = editor_for("case.field", declared, today=TODAY)
    qtbot.addWidget(editor)
    assert editor.objectName() == "case.field"
    assert editor.inputs()[0].objectName() == "case.field.input"
    assert all(each.accessibleName() for each in editor.inputs())


TYPED = [
    (field(Kind.PHONE), "not a phone"),
    (field(Kind.DAY), "the day after"),
    (field(Kind.PARTIAL_DAY), "99 99 99"),
    (field(Kind.CODE, code_list="destination_country"), "Atlantis"),
    (field(Kind.CODES, code_list="violation_type"), "zzz"),
    (field(Kind.COUNT), "many"),
    (field(Kind.MONEY), "a lot"),
    (field(Kind.MOMENT), "some day"),
]


@pytest.mark.parametrize(("declared", "text"), TYPED, ids=[str(each.kind) for each, _text in TYPED])
def test_what_is_not_understood_stays_and_is_told(show: Show, declared: Field, text: str) -> None:
    form = Form([("case.field", declared)], today=TODAY)
    window = show(form)
    line = form.questions["case.field"].editor.inputs()[0]
    assert isinstance(line, QLineEdit)
    QTest.keyClicks(line, text)
    assert form.value("case.field") is None
    assert not form.ready()
    assert line.text() == text
    assert text in form.problems()["case.field"][0].text
    assert form.edits() == {}
    assert cut_off(window) == []


def test_a_partial_date_is_echoed_in_words(show: Show) -> None:
    form = Form([("journey.back", field(Kind.PARTIAL_DAY))], today=TODAY)
    show(form)
    line = form.questions["journey.back"].editor.inputs()[0]
    QTest.keyClicks(line, "28 4 26")
    assert form.value("journey.back") == PartialDay(date(2026, 4, 28))
    assert any(label.text().startswith("28 April 2026") for label in form.findChildren(PlainLabel))


@pytest.mark.parametrize(("typed", "echo"), [("28 4 26", "28 April 2026"), ("28 April 2026", "")])
def test_a_day_is_echoed_where_it_reads_otherwise(show: Show, typed: str, echo: str) -> None:
    editor = editor_for("case.day", field(Kind.DAY), today=TODAY)
    show(editor)
    QTest.keyClicks(editor.inputs()[0], typed)
    assert editor.value() == date(2026, 4, 28)
    assert editor.echo() == echo


def test_an_empty_amount_takes_the_expected_money_and_a_typed_one_keeps_its_own(show: Show) -> None:
    editor = MoneyEdit("journey.pay", field(Kind.MONEY))
    show(editor)
    editor.expect("omr")
    assert editor.currency.value() == "omr"
    editor.currency.set_value("usd")
    editor.expect("omr")
    assert editor.currency.value() == "usd", "a person chose it"
    QTest.keyClicks(editor.line, "90")
    editor.expect("sar")
    assert editor.currency.value() == "usd"


def test_answers_are_given_by_one_key(show: Show) -> None:
    editor = AnswerEdit("case.safe", field(Kind.ANSWER, code_list="answer_yes_no"))
    show(editor)
    told: list[object] = []
    editor.edited.connect(lambda: told.append(editor.value()))
    for key in (Qt.Key.Key_Y, Qt.Key.Key_N, Qt.Key.Key_U, Qt.Key.Key_D, Qt.Key.Key_Delete):
        QTest.keyClick(editor.inputs()[0], key)
    assert told == ["yes", "no", "unknown", "declined", None]


@pytest.mark.parametrize("typed", ["Saudi Arabia", "saudi", "সৌদি আরব", "sa"])
def test_a_code_is_found_in_both_scripts(show: Show, typed: str) -> None:
    editor = CodeEdit("journey.country", field(Kind.CODE, code_list="destination_country"))
    show(editor)
    for letter in typed:
        QTest.sendKeyEvent(
            QTest.KeyAction.Click, editor.line, Qt.Key.Key_unknown, letter, Qt.KeyboardModifier.NoModifier
        )
    editor.line.editingFinished.emit()
    assert editor.value() == "sa"
    assert editor.line.text() == "Saudi Arabia"


def test_enter_lights_the_first_of_several_choices_that_fit_and_then_takes_it(show: Show) -> None:
    line = CodeLine("destination_country", name="Country")
    show(line)
    line.setFocus()
    QTest.keyClicks(line, "an")
    popup = line.completer().popup()
    assert popup is not None
    QTest.keyClick(popup if popup.isVisible() else line, Qt.Key.Key_Return)
    assert popup.isVisible()
    assert popup.model().rowCount() > 1
    first = popup.currentIndex().data()
    assert line.code() is None
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert not popup.isVisible()
    assert line.text() == first
    assert line.code() is not None


def test_the_arrow_key_opens_the_whole_list(show: Show) -> None:
    line = CodeLine("destination_country", name="Country")
    show(line)
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_Down)
    popup = line.completer().popup()
    assert popup is not None
    assert popup.isVisible()
    assert popup.model().rowCount() == len(codelists.get("destination_country").rows)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert line.code() == "ae"


def test_words_that_fit_no_choice_are_never_taken_for_the_first_of_the_list(show: Show) -> None:
    line = CodeLine("destination_country", name="Country")
    show(line)
    line.setFocus()
    QTest.keyClicks(line, "madaripur")
    QTest.keyClick(line, Qt.Key.Key_Down)
    popup = line.completer().popup()
    assert popup is not None
    assert popup.model().rowCount() == len(codelists.get("destination_country").rows)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert (line.code(), line.text()) == (None, "madaripur")


def test_the_arrow_key_lights_what_fits_the_typed_words(show: Show) -> None:
    line = CodeLine("destination_country", name="Country")
    show(line)
    line.setFocus()
    QTest.keyClicks(line, "saud")
    popup = line.completer().popup()
    assert popup is not None
    popup.hide()
    QTest.keyClick(line, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert line.code() == "sa"


def test_of_words_that_are_not_understood_nothing_else_is_said(show: Show) -> None:
    form = Form([("journey.back", field(Kind.PARTIAL_DAY))], today=TODAY)
    show(form)
    editor = form.questions["journey.back"].editor
    QTest.keyClicks(editor.inputs()[0], "31.02.2024")
    form.show_problems({"journey.back": [Problem("“31.02.2024” is not understood yet.")]})
    assert [each.text for each in form.problems()["journey.back"]] == [editor.problem()]


def test_a_list_can_be_narrowed(qtbot: QtBot) -> None:
    editor = CodeEdit("journey.country", field(Kind.CODE, code_list="destination_country"))
    qtbot.addWidget(editor)
    editor.line.offer(["my", "qa"])
    assert editor.line.completer().model().rowCount() == 2


def test_a_narrow_line_cuts_no_choice_off(qtbot: QtBot) -> None:
    editor = CodeEdit("referral.service", field(Kind.CODE, code_list="service_type"))
    qtbot.addWidget(editor)
    editor.resize(120, 40)
    editor.show()
    editor.line.open_list()
    popup = editor.line.completer().popup()
    assert popup is not None
    assert popup.width() > popup.sizeHintForColumn(0)
    popup.hide()


@pytest.mark.parametrize("codes", [["qa"], ["my", "qa"], ["ae", "bh", "kw", "my", "om", "qa", "sa"]])
def test_a_short_list_is_shown_whole(qtbot: QtBot, codes: list[str]) -> None:
    line = CodeLine("destination_country", name="Country")
    qtbot.addWidget(line)
    line.offer(codes)
    line.show()
    line.open_list()
    popup = line.completer().popup()
    assert popup is not None
    assert popup.verticalScrollBar().maximum() == 0
    popup.hide()


def test_a_form_tells_what_was_edited(show: Show) -> None:
    form = Form(
        [("person.name_en", field(Kind.LINE)), ("person.sex", field(Kind.CODE, code_list="sex_gender"))], today=TODAY
    )
    show(form)
    form.fill({"person.name_en": "Rahima", "person.sex": "female"})
    assert form.edits() == {}
    told: list[str] = []
    form.edited.connect(told.append)
    line = form.questions["person.name_en"].editor.inputs()[0]
    QTest.keyClick(line, Qt.Key.Key_End)
    QTest.keyClicks(line, " Khatun")
    assert form.edits() == {"person.name_en": ("Rahima", "Rahima Khatun")}
    assert set(told) == {"person.name_en"}


def test_the_likely_fix_is_one_click_away(show: Show) -> None:
    form = Form([("journey.back", field(Kind.PARTIAL_DAY))], today=TODAY)
    show(form)
    meant = PartialDay(date(2026, 4, 28))
    form.show_problems({"journey.back": [Problem("This is before she left.", fix=meant, fix_text="Use 28 April 2026")]})
    fix = next(each for each in form.findChildren(QPushButton) if each.text() == "Use 28 April 2026")
    fix.click()
    assert form.value("journey.back") == meant
    assert form.problems() == {}


def test_a_warning_is_settled_by_keeping_the_answer(show: Show) -> None:
    form = Form([("person.age", field(Kind.COUNT))], today=TODAY)
    show(form)
    kept: list[tuple[str, str]] = []
    form.kept.connect(lambda key, rule: kept.append((key, rule)))
    warning = Problem("This is older than most.", "V07", warning=True)
    form.show_problems({"person.age": [warning]})
    assert form.problems() == {"person.age": (warning,)}
    next(each for each in form.findChildren(QPushButton) if each.text() == "Keep as it is").click()
    assert form.problems() == {}
    assert kept == [("person.age", "V07")]


def test_problems_are_visited_in_turn(show: Show) -> None:
    keys = [(f"person.{name}", field(Kind.LINE, name)) for name in ("a", "b", "c")]
    form = Form(keys, today=TODAY)
    window = show(form)
    window.activateWindow()
    form.show_problems({"person.a": [Problem("One.")], "person.c": [Problem("Two.")]})
    form.go_to("person.b")
    visited = []
    for _turn in range(3):
        assert form.next_problem()
        visited.append(focused().objectName())
    assert visited == ["person.c.input", "person.a.input", "person.c.input"]


def test_not_now_is_taken_back_by_an_answer(show: Show) -> None:
    form = Form([("person.name_en", field(Kind.LINE))], today=TODAY, not_now=True)
    show(form)
    told: list[tuple[str, bool]] = []
    form.put_off.connect(lambda key, on: told.append((key, on)))
    question = form.questions["person.name_en"]
    assert question.not_now is not None
    question.not_now.click()
    QTest.keyClicks(question.editor.inputs()[0], "R")
    assert told == [("person.name_en", True), ("person.name_en", False)]


# Less room than the content needs


def test_the_keys_of_a_search_line_never_stand_over_its_words(show: Show) -> None:
    box = SearchBox("Search people, cases, partners", keys="Ctrl+K")
    show(box, 420)
    (caps,) = (each for each in box.findChildren(QWidget) if each.parent() is box and each.findChildren(QWidget))
    assert caps.isVisible()
    box.setFixedWidth(220)
    assert not caps.isVisible()
    box.setFixedWidth(360)
    assert caps.isVisible()
    QTest.keyClicks(box, "R")
    assert not caps.isVisible()


def test_what_has_no_room_is_reached_by_scrolling_and_by_tab(show: Show) -> None:
    ends = [button(text) for text in ("Back", "Save and leave", "Register case")]
    content = widget(column(row(*ends[:1], None, ends[1]), None, row(None, ends[2])))
    content.setMinimumSize(900, 500)
    area = Whole(content)
    window = show(area, 480, 280)
    window.resize(480, 280)
    for end in (*ends, *ends):
        QTest.keyClick(focused() if area.isAncestorOf(QApplication.focusWidget() or window) else area, Qt.Key.Key_Tab)
        here = focused()
        assert here in ends
        assert here.visibleRegion().boundingRect() == here.rect(), end.text()


# Layers over the page


def test_a_sheet_keeps_tab_inside_and_gives_the_focus_back(show: Show) -> None:
    outside = QLineEdit()
    window = show(outside, 900, 600)
    outside.setFocus()
    sheet = Sheet(window, "Refer", "Draft kept", width=600)
    inner = [QLineEdit(), QLineEdit()]
    for line in inner:
        sheet.body.addWidget(line)
    sheet.foot.addWidget(button("Create referral", "primary"))
    sheet.open()
    assert inner[0].hasFocus()
    for _turn in range(7):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        assert sheet.isAncestorOf(focused())
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert outside.hasFocus()


def test_a_sheet_grows_with_what_is_said_in_it(show: Show, qtbot: QtBot) -> None:
    window = show(QWidget(), 900, 600)
    sheet = Sheet(window, "Close the case", width=600)
    sheet.body.addWidget(QLineEdit())
    sheet.open()
    top, height = sheet.panel.y(), sheet.panel.height()
    said = PlainLabel("Say why in a few words. " * 20, "body", wrap=True)
    sheet.body.addWidget(said)
    qtbot.waitUntil(lambda: sheet.panel.height() > height and said.visibleRegion().boundingRect() == said.rect())
    assert sheet.panel.y() == top
    for _more in range(40):
        sheet.body.addWidget(QLineEdit())
    qtbot.waitUntil(lambda: sheet.panel.height() == 600 - 2 * 24)
    assert sheet.panel.y() == 24


def test_a_problem_on_a_sheet_leaves_no_gap_and_no_scroll_bar(show: Show, qtbot: QtBot) -> None:
    window = show(QWidget(), 1366, 768)
    sheet = Sheet(window, "Add a step to the plan", width=640)
    kinds = {"to_do": Kind.LINE, "due": Kind.DAY, "words": Kind.LINE}
    form = Form([(key, field(kind, key)) for key, kind in kinds.items()], today=TODAY, columns=2)
    sheet.body.addWidget(form)
    sheet.open()
    opened = sheet.panel.height()
    due, words = form.questions["due"], form.questions["words"]
    due.editor.setFocus()
    QTest.keyClicks(focused(), "no day that anybody could understand")
    words.editor.setFocus()
    qtbot.waitUntil(lambda: sheet.panel.height() > opened and not cut_off(sheet))
    assert due.height() == due.heightForWidth(due.width())
    assert words.y() - due.geometry().bottom() <= 16
    assert sheet.content.height() - sheet.content.mapFromGlobal(words.mapToGlobal(words.rect().bottomLeft())).y() <= 20
    due.editor.setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(focused(), Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: sheet.panel.height() == opened)


def test_a_sheet_begins_with_its_body_even_if_the_foot_was_made_first(show: Show) -> None:
    window = show(QWidget(), 900, 600)
    sheet = Sheet(window, "Add a partner")
    sheet.foot.addWidget(button("Cancel"))
    line = QLineEdit()
    sheet.body.addWidget(line)
    sheet.open()
    assert line.hasFocus()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_presses_a_button_as_space_does(show: Show, key: Qt.Key) -> None:
    pressed: list[str] = []
    made = button("Sign in", "primary", clicked=lambda: pressed.append("it"))
    show(made)
    QTest.keyClick(made, key)
    assert pressed == ["it"]


@pytest.mark.parametrize("dark", [False, True])
def test_a_chosen_button_is_seen_to_be_chosen(qapp: QApplication, show: Show, dark: bool) -> None:
    themes.apply(qapp, Theme(dark=dark))
    made = button("They accept")
    made.setCheckable(True)
    show(widget(column(made, QLineEdit())))
    made.clearFocus()
    before = made.grab().toImage()
    made.setChecked(True)
    assert made.grab().toImage() != before


def test_ctrl_enter_presses_no_button(show: Show) -> None:
    """It is the main action of the page, also while Cancel has the focus."""
    pressed: list[str] = []
    made = button("Cancel", clicked=lambda: pressed.append("it"))
    show(made)
    QTest.keyClick(made, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pressed == []


def test_a_toast_offers_undo(show: Show) -> None:
    window = show(QWidget(), 900, 600)
    toast = Toast(window)
    undone: list[int] = []
    toast.say("Follow-up recorded", undo=lambda: undone.append(1))
    assert toast.words.text() == "Follow-up recorded"
    toast.undo_button.click()
    assert undone == [1]
    assert not toast.isVisible()


def test_the_newest_toast_is_shown_at_once_with_its_own_undo(show: Show) -> None:
    window = show(QWidget(), 900, 600)
    toast = Toast(window)
    undone: list[int] = []
    toast.say("First", undo=lambda: undone.append(1))
    toast.say("Second", undo=lambda: undone.append(2))
    assert toast.words.text() == "Second"
    toast.undo_button.click()
    assert undone == [2]
    toast.say("Third")
    assert toast.words.text() == "Third"
    assert not toast.undo_button.isVisible()


def test_the_sidebar_folds_and_tells_where_to_go(show: Show) -> None:
    items = [NavItem("today", "today", "Today", "Ctrl+1"), NavItem("cases", "cases", "Cases", "Ctrl+2")]
    bar = Sidebar(
        items,
        centre="Dhaka Centre",
        user="Farzana Haque",
        role="Caseworker",
        new_case="New case",
        settings=NavItem("settings", "settings", "Settings"),
    )
    top = TopBar("en")
    shell = show(row_of(bar, top), 1300, 700)
    went: list[str] = []
    bar.chosen.connect(went.append)
    bar.set_badge("today", BadgeSpec("6", "", "danger_count"))
    bar.items["cases"].click()
    assert went == ["cases"]
    SCREENS.mkdir(parents=True, exist_ok=True)
    bar.setFixedHeight(660)
    for rail in (True, False, True):
        bar.fold(rail)
        QApplication.processEvents()
        assert cut_off(bar) == []
        assert bar.items["cases"].isChecked()
        shell.grab().save(str(SCREENS / f"kit-shell-{'rail' if rail else 'wide'}.png"))
    assert bar.width() == 57
    assert bar.lock_button.isVisible()
    assert not top.state.isHidden()


def test_the_cover_shows_nothing_that_is_typed(qtbot: QtBot) -> None:
    cover = Cover(TODAY)
    qtbot.addWidget(cover)
    cover.resize(1366, 768)
    cover.show()
    SCREENS.mkdir(parents=True, exist_ok=True)
    cover.grab().save(str(SCREENS / "kit-cover.png"))
    before = cover.grab().toImage()
    tried: list[str] = []
    cover.tried.connect(tried.append)
    QTest.keyClicks(cover, "open sesame")
    assert cover.grab().toImage() == before
    QTest.keyClick(cover, Qt.Key.Key_Return)
    assert tried == ["open sesame"]
    QTest.keyClick(cover, Qt.Key.Key_Return)
    assert tried == ["open sesame"]
