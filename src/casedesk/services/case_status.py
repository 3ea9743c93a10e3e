"""The steps in the life of a case."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import N_, _
from casedesk.lifecycles import REASON_LISTS
from casedesk.models import Case, FollowUp
from casedesk.services import lifecycle
from casedesk.services.closing import settle
from casedesk.services.follow_ups import planned, still_planned
from casedesk.services.permissions import needs, open_case

LONGEST_HOLD = 90  # days
LOOK_AGAIN = N_("Look again: the case is on hold")


@needs("case.status")
def set_status(
    desk: Desk,
    case_id: UUID,
    to: str,
    *,
    reason_code: str | None = None,
    reason: str | None = None,
    until: date | None = None,
    dropped: Collection[UUID] = (),
) -> None:
    """Take a step in the life of a case; `until` is the day on which somebody looks at a case on hold again, `dropped`
    the planned follow-ups that are over with a case that is closed."""
    with desk.write("case.status", about=case_id) as session:
        case = open_case(desk, session, "case.status", case_id)
        was = lifecycle.status_of(session, case_id)
        step = lifecycle.step_to("case", was, to)
        open_case(desk, session, step.by, case_id)
        if "reason" in step.needs:
            _needs_reason(to, reason_code, reason)
        if "until" in step.needs:
            _plan_look(session, desk, case, until)
        if "settled" in step.needs:
            settle(session, desk, case, dropped, reason_code, reason)
        elif was == "on_hold":  # settling takes every planned step
            _look_no_more(session, desk, case)
        lifecycle.take(session, desk, case, to, reason_code=reason_code, reason=reason)
        if to == "active" and was == "closed":
            case.reopen_count = (case.reopen_count or 0) + 1


def _needs_reason(to: str, code: str | None, words: str | None) -> None:
    """Words alone say nothing to a report: where there is a list of reasons, one is chosen."""
    if to not in REASON_LISTS and not words:
        raise InvalidInput({"status_event.reason_text": [Problem(_("Say why in a few words."))]})
    if to in REASON_LISTS and codelists.get(REASON_LISTS[to]).find(code) is None:
        raise InvalidInput({"status_event.reason_code": [Problem(_("Choose the reason."))]})


def _plan_look(session: Session, desk: Desk, case: Case, until: date | None) -> None:
    """A case on hold is looked at again, within the time there is at most (DOMAIN 5.1)."""
    today = desk.today()
    if until is None or not today < until <= today + timedelta(days=LONGEST_HOLD):
        words = _("Choose a day after today, within {days} days, on which somebody looks again.")
        raise InvalidInput({"follow_up.due_on": [Problem(words.format(days=formats.number(LONGEST_HOLD)))]})
    planned(session, desk, case, "other", until, task=LOOK_AGAIN)


def _look_no_more(session: Session, desk: Desk, case: Case) -> None:
    """The case is on hold no longer, so nobody has to look whether it still is."""
    for look in still_planned(session, FollowUp.case_id == case.id, FollowUp.task == LOOK_AGAIN):
        lifecycle.take(session, desk, look, "cancelled")
