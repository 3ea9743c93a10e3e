"""What the page Today shows, read at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from casedesk.desk import Desk
from casedesk.services.backups import Loss, loss
from casedesk.services.clashes import SkippedRow, clashes, steps_skipped
from casedesk.services.permissions import may
from casedesk.services.referrals.reading import ListedReferral, waiting
from casedesk.services.today import Counts, DraftProgress, Due, Group, counts, draft_progress, tasks
from casedesk.ui.differing import Alarming, Differing, grouped, read_alarms


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows, read at once."""

    groups: Sequence[Group]
    counts: Counts
    waiting: Sequence[ListedReferral]
    drafts: Sequence[DraftProgress]
    differ: Sequence[Differing]
    skipped: Sequence[SkippedRow]
    alarms: Sequence[Alarming] = ()
    loss: Loss | None = None  # what dies with this computer; none is told of a practice centre


def read_board(desk: Desk, whole: Collection[Due]) -> Board:
    """Read the page."""
    groups = tasks(desk, whole)
    return Board(
        groups,
        counts(desk, groups),
        waiting(desk) if may(desk, "referral.list") else (),
        draft_progress(desk) if may(desk, "case.draft") else (),
        grouped([each for each in clashes(desk) if each.may_settle]) if may(desk, "clash.list") else (),
        steps_skipped(desk) if may(desk, "clash.list") else (),
        read_alarms(desk, new=True),
        loss(desk) if not desk.practice else None,
    )
