"""What cannot wait: flags that are raised, acted on and ended."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput, NotFound, Problem
from casedesk.i18n import _
from casedesk.models import SafetyFlag
from casedesk.services.case_facts import CaseRows
from casedesk.services.edits import apply_edits
from casedesk.services.permissions import needs, open_case
from casedesk.services.triage import due_at
from casedesk.storage.rows import Records


@needs("case.edit")
def raise_flags(desk: Desk, case_id: UUID, flags: Sequence[str]) -> None:
    """Say what cannot wait; what is raised already stays as it is."""
    known = codelists.get("safety_flag")
    if not flags or any(known.find(flag) is None for flag in flags):
        raise InvalidInput({"safety_flag.flags": [Problem(_("Choose what is so now."))]})
    with desk.write("case.safety_flag", about=case_id) as session:
        case = open_case(desk, session, "case.edit", case_id)
        open_case(desk, session, "case.view_restricted", case_id)
        now = desk.clock()
        there = {row.flag for row in CaseRows(Records(session), case).all(SafetyFlag) if row.cleared_at is None}
        for flag in sorted(set(flags) - there):
            session.add(SafetyFlag(case_id=case_id, flag=flag, raised_at=now, due_at=due_at(flag, now)))
        case.safety_checked_at = now


@needs("case.edit")
def act_on_flag(desk: Desk, case_id: UUID, flag_id: UUID, *, action: str = "", cleared_because: str = "") -> None:
    """Write down what was done about a safety flag, under what was done before, or why it is over.

    Raises Conflict if somebody ended it meanwhile.
    """
    with desk.write("case.safety_flag", about=case_id) as session:
        open_case(desk, session, "case.edit", case_id)
        open_case(desk, session, "case.view_restricted", case_id)
        flag = session.get(SafetyFlag, flag_id)
        if flag is None or flag.case_id != case_id or flag.removed_at is not None:
            raise NotFound
        if flag.cleared_at is not None:
            raise Conflict
        now = desk.clock()
        said: dict[str, object] = {}
        if action:
            done = "\n".join(filter(None, (flag.action_text, action)))
            said |= {"first_action_at": flag.first_action_at or now, "action_text": done}
        if cleared_because:
            said |= {"cleared_at": now, "cleared_reason": cleared_because}
        apply_edits(flag, {name: (getattr(flag, name), value) for name, value in said.items()})
