"""What a form holds, as JSON can keep it, and back; so that nothing typed is lost when the form goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casedesk.services.answers import of_plain, stored
from casedesk.ui.kit.questions import Form


def kept_of(form: Form) -> dict[str, Any]:
    """What was changed in a form: what it showed before beside what it says now."""
    edits = form.edits()
    if not edits:
        return {}
    before = {key: pair[0] for key, pair in edits.items()}
    now = {key: pair[1] for key, pair in edits.items()}
    return {"before": stored(before), "now": stored(now)}


def put_back(form: Form, kept: Mapping[str, Any], saved: Mapping[str, object]) -> None:
    """Fill a form with what is saved, and with what was typed over what was saved then."""
    form.fill({**saved, **_values(form, kept.get("before", {}))})
    form.put(_values(form, kept.get("now", {})))


def _values(form: Form, raw: Mapping[str, Any]) -> dict[str, object]:
    known = form.questions.keys() & raw.keys()
    return {key: of_plain(form.questions[key].editor.declared.kind, raw[key]) for key in known}
