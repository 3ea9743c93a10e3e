"""What is typed and not saved is kept as long as somebody may come back to it, and no longer."""

from __future__ import annotations

from casedesk.desk import Desk
from casedesk.services.office import preference, preferences
from casedesk.ui.kept import MOST, Typed

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
