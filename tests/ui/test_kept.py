"""What is typed and not saved is kept as long as somebody may come back to it, and no longer."""

from __future__ import annotations

import json
from datetime import date

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.services.preferences import preference, preferences
from casedesk.ui.form_sheet import declared
from casedesk.ui.kept import MOST, Typed, kept_of, put_back
from casedesk.ui.kit.questions import Form

SAID = {"before": {}, "now": {"follow_up.note": "Her brother answered."}}


def test_what_was_saved_leaves_nothing_behind(desk: Desk) -> None:
    typed = Typed(desk, "typed.today")
    typed.keep("record.1", SAID)
    typed.store()
    again = Typed(desk, "typed.today")
    assert again == {"record.1": SAID}
    again.forget("record.1")
    again.store()
    assert "typed.today" not in preferences(desk)
    assert preference(desk, "typed.today") == ""


def test_of_too_many_forms_the_one_left_longest_ago_is_forgotten(desk: Desk) -> None:
    typed = Typed(desk, "typed.today")
    for number in range(MOST):
        typed.keep(f"record.{number}", SAID)
    typed.keep("record.0", SAID)
    typed.keep("snooze.0", SAID)
    typed.store()
    kept = Typed(desk, "typed.today")
    assert len(kept) == MOST
    assert "record.1" not in kept
    assert {"record.0", "record.2", "snooze.0"} <= set(kept)


def test_words_that_are_not_understood_come_back_as_they_were_typed(qtbot: QtBot) -> None:
    fields = declared("follow_up", "due_on", "task")
    form, again = (Form(fields, today=date(2026, 5, 12), ahead=True) for _form in range(2))
    for each in (form, again):
        qtbot.addWidget(each)
    written, line = (each.questions["follow_up.due_on"].line() for each in (form, again))
    assert written is not None
    assert line is not None
    QTest.keyClicks(written, "32 Foo 2026")
    put_back(again, json.loads(json.dumps(kept_of(form))), {})
    assert (line.text(), again.ready(), again.value("follow_up.due_on")) == ("32 Foo 2026", False, None)
