"""Registering, and what is remembered with it: the place, the country of today, and who is not the same person."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.services.answers import Answers
from casedesk.services.intake import register_new
from casedesk.services.intake_views import COUNTRY, PLACE
from casedesk.services.look_alikes import not_the_same
from casedesk.services.permissions import may
from casedesk.services.preferences import prefer
from casedesk.ui.intake.keeping import Keeper


@dataclass(frozen=True, slots=True)
class Registered:
    """The new case, and whether they may open it who registered it."""

    case_id: UUID
    number: str
    may_open: bool


def register(desk: Desk, answers: Answers, keeper: Keeper, not_same: tuple[str, ...]) -> Registered:
    """Register the person; the draft goes with it. Raises InvalidInput and writes nothing."""
    new = register_new(desk, answers, keeper.draft_id)
    keeper.end()
    with suppress(CaseDeskError):  # the case is registered whatever becomes of these
        prefer(desk, PLACE, str(answers["case.intake_place"]))
        prefer(desk, COUNTRY, f"{answers['migration_episode.destination_country']} {desk.today().isoformat()}")
        for other in not_same if may(desk, "person.not_same") else ():
            not_the_same(desk, new.person_id, UUID(other))
    return Registered(new.id, new.number, may(desk, "case.view"))
