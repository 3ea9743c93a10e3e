"""What was typed and is not saved yet, kept as JSON until it is; so that nothing is lost when a form goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from casedesk.desk import Desk
from casedesk.services.answers import of_plain, stored
from casedesk.services.preferences import prefer, preference
from casedesk.ui.kit.questions import Form

MOST = 100  # nobody comes back to what they began to type a hundred forms ago


class Typed(dict[str, dict[str, Any]]):
    """What was typed in some forms, by the codes of the forms; stored with the user's own preferences, in the vault
    and out of the journal. `typed` is what a page that is shown again had by then."""

    def __init__(self, desk: Desk, name: str, typed: Mapping[str, dict[str, Any]] | None = None) -> None:
        self._desk, self._name = desk, name
        self._stored = preference(desk, name)
        super().__init__(typed if typed is not None else json.loads(self._stored or "{}"))

    def keep(self, code: str, said: dict[str, Any]) -> None:
        """Keep what was typed in one form until it is saved, or is the oldest of too many."""
        self.forget(code)
        if any(said.values()):
            self[code] = said  # the newest is the last
        for oldest in list(self)[:-MOST]:
            self.forget(oldest)

    def forget(self, code: str) -> None:
        """It was saved, or is not wanted."""
        self.pop(code, None)

    def store(self) -> None:
        """Put it into the vault, if it is not there yet."""
        now = json.dumps(self) if self else ""
        if now != self._stored:
            prefer(self._desk, self._name, now)
            self._stored = now


def kept_of(form: Form) -> dict[str, Any]:
    """What was changed in a form: what it showed before beside what it says now, and words that are not understood."""
    edits, typed = form.edits(), form.typed()
    if not edits and not typed:
        return {}
    before = {key: pair[0] for key, pair in edits.items()}
    now = {key: pair[1] for key, pair in edits.items()}
    return {"before": stored(before), "now": stored(now), "typed": typed}


def put_back(form: Form, kept: Mapping[str, Any], saved: Mapping[str, object]) -> None:
    """Fill a form with what is saved, and with what was typed over what was saved then."""
    form.fill({**saved, **_values(form, kept.get("before", {}))})
    form.put(_values(form, kept.get("now", {})))
    form.put_typed(kept.get("typed", {}))


def _values(form: Form, raw: Mapping[str, Any]) -> dict[str, object]:
    known = form.questions.keys() & raw.keys()
    return {key: of_plain(form.questions[key].editor.declared.kind, raw[key]) for key in known}
