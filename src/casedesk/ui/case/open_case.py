"""The case that is open: what is known of it, what was typed and is not saved yet, and how it is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.services import erasure
from casedesk.services.access import CaseAccess, access_of
from casedesk.services.case_facts import CaseFacts, case_facts, look, show_number
from casedesk.services.clashes import ClashRow, clashes
from casedesk.services.consents import ConsentNow, consents_of
from casedesk.services.follow_ups import FollowUpRow, follow_ups_of
from casedesk.services.history import Entry, history
from casedesk.services.incidents import IncidentRow, incidents_of
from casedesk.services.notes import NoteRow, notes_of
from casedesk.services.permissions import may
from casedesk.services.referrals.reading import ReferralRow, referrals_of
from casedesk.services.triages import Triages, triages_of
from casedesk.services.users import UserRow, colleagues
from casedesk.ui.kept import Typed
from casedesk.ui.kit.messages import show_error
from casedesk.ui.page import Goto, Here

T = TypeVar("T")
BATCH = 100
FIRST = "case.register"


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the page shows of a case, except its history."""

    facts: CaseFacts
    consents: list[ConsentNow]
    follow_ups: list[FollowUpRow]
    notes: list[NoteRow]
    referrals: list[ReferralRow]
    incidents: list[IncidentRow]
    triages: Triages
    access: CaseAccess
    colleagues: list[UserRow]
    clashes: list[ClashRow]
    erasing: erasure.Standing


def look_at(desk: Desk, case_id: UUID) -> Known:
    """Open the case: recorded first."""
    return _with_the_rest(desk, look(desk, case_id))


def look_again(desk: Desk, case_id: UUID, reason: str = "") -> Known:
    return _with_the_rest(desk, case_facts(desk, case_id, reason), reason)


def _with_the_rest(desk: Desk, facts: CaseFacts, reason: str = "") -> Known:
    return Known(
        facts,
        consents_of(desk, facts.id),
        follow_ups_of(desk, facts.id, reason),
        notes_of(desk, facts.id, reason),
        referrals_of(desk, facts.id),
        incidents_of(desk, facts.id, reason),
        triages_of(desk, facts.id),
        access_of(desk, facts.id),
        colleagues(desk),
        clashes(desk, facts.id) if may(desk, "clash.list") else [],
        erasure.standing(desk, facts.id),
    )


class OpenCase(QObject):
    """What the parts of the page share. `changed` after a new look, `told` when the history is there."""

    changed = Signal()
    told = Signal()
    numbers_shown = Signal()
    wanted = Signal(str)  # the code of a section to open
    refused = Signal(object)

    def __init__(self, here: Here, page: QWidget, case_id: UUID, typed: Mapping[str, Any] | None) -> None:
        super().__init__(page)
        self.here = here
        self.page = page
        self.id = case_id
        self.numbers: dict[str, str] = {}
        self.entries: list[Entry] = []
        self.complete = False
        self.reason = ""  # for which what is restricted is read, until the case is left
        self._known: Known | None = None
        self._turn = 0
        self._stale = False  # something was written while the case was being opened
        self._handing_over = False
        self.typed = Typed(here.desk, f"typed.{case_id.hex}", typed)

    @property
    def known(self) -> Known:
        if self._known is None:
            raise RuntimeError("the case is not open yet")
        return self._known

    @property
    def is_open(self) -> bool:
        return self._known is not None

    @property
    def facts(self) -> CaseFacts:
        return self.known.facts

    @property
    def rates(self) -> Mapping[str, int]:
        """What currencies are worth, for estimates in taka."""
        return self.known.triages.settings.rates

    @property
    def closed(self) -> bool:
        return self.facts.status in ("closed", "transferred_out", "merged")

    @property
    def may_edit(self) -> bool:
        return self.facts.editable and not self.closed

    @property
    def disputed(self) -> frozenset[str]:
        """The answers that two computers wrote differently, and nobody decided yet."""
        return frozenset(each.keys[at] for each in self.known.clashes for at in each.differing)

    def review(self) -> None:
        """Go where both versions stand side by side."""
        self.here.go(Goto("review", {"about": str(self.id)}))

    def may(self, action: str) -> bool:
        """Whether the user may do this at all; the services look at the case itself."""
        return may(self.here.desk, action)

    # Reading

    def open(self) -> None:
        """Look at the case; `changed` comes when it is there, `refused` if it may not be seen."""
        work = partial(look_at, self.here.desk, self.id)
        self.here.jobs.write(self.page, work, done=self._opened, failed=self.refused.emit)

    def _opened(self, known: Known) -> None:
        self._known = known
        if self._stale:  # what was read may have been taken out of reach since
            self.look_again()
            return
        self.changed.emit()
        self.read_history()

    def look_again(self) -> None:
        """Read everything anew, after something was written; if the case is just being opened, once it is."""
        if self._known is None or self._handing_over:
            self._stale = True
            return
        self._stale = False
        try:
            self._known = look_again(self.here.desk, self.id, self.reason)
        except CaseDeskError as error:  # what was written took it out of reach
            self._known = None
            self._turn += 1  # the history that is being read is waited for no more
            self.refused.emit(error)
            return
        self.changed.emit()
        self.read_history()

    def read_with(self, reason: str) -> None:
        """Show what is restricted, for the reason that was recorded."""
        self.reason = reason
        self.look_again()

    def read_history(self) -> None:
        """Read the newest part of the history again, as far back as it was read before."""
        if not self.may("case.history"):
            return
        self._turn += 1
        size = max(BATCH, len(self.entries))
        work = partial(history, self.here.desk, self.id, size=size, reason=self.reason)
        self._run_history(work, self._history_read)

    def read_earlier(self) -> None:
        """Read on into the past."""
        if self.complete or not self.entries:
            return
        self._turn += 1
        work = partial(history, self.here.desk, self.id, before=self.entries[-1].seq, size=BATCH, reason=self.reason)
        self._run_history(work, self._earlier_read)

    def _run_history(self, work: Callable[[], list[Entry]], done: Callable[[int, list[Entry]], object]) -> None:
        turn = self._turn
        failed = partial(self._history_failed, turn)
        self.here.jobs.run(self.page, work, done=partial(done, turn), failed=failed)

    def _history_failed(self, turn: int, error: Exception) -> None:
        """A history that nobody waits for any more, as of a case that went out of reach meanwhile, says nothing."""
        if turn == self._turn:
            show_error(self.page, error)

    def _history_read(self, turn: int, entries: list[Entry]) -> None:
        if turn == self._turn:
            self.entries = entries
            self._settle(entries)

    def _earlier_read(self, turn: int, entries: list[Entry]) -> None:
        if turn == self._turn:
            self.entries = [*self.entries, *entries]
            self._settle(entries)

    def _settle(self, last: list[Entry]) -> None:
        self.complete = not last or any(entry.action == FIRST for entry in last)
        self.told.emit()

    # Writing

    def write(
        self,
        owner: QWidget,
        work: Callable[[], T],
        words: str,
        *,
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        undo: Callable[[], object] | None = None,
    ) -> None:
        """Change the case as a job; `words` are said when it is saved, and the page looks again by itself."""
        self.here.jobs.write(owner, work, done=partial(self._written, words, done, undo), failed=failed)

    def hand_over(
        self,
        owner: QWidget,
        work: Callable[[], bool],
        *,
        done: Callable[[bool], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Change the case so that it may be out of reach from then on: `done` decides whether to look again."""
        self._handing_over = True
        self.here.jobs.write(owner, work, done=partial(self._settled, done), failed=partial(self._settled, failed))

    def _settled(self, then: Callable[[Any], object], result: object) -> None:
        self._handing_over = False
        then(result)

    def _written(
        self, words: str, done: Callable[[T], object] | None, undo: Callable[[], object] | None, result: T
    ) -> None:
        self.here.say(words, undo)
        if done is not None:
            done(result)

    def show_numbers(self, owner: QWidget, then: Callable[[], object] | None = None) -> None:
        """Show the telephone numbers of this case in full; that is recorded."""
        work = partial(show_number, self.here.desk, self.id)
        self.here.jobs.write(owner, work, done=partial(self._numbers, then))

    def _numbers(self, then: Callable[[], object] | None, numbers: dict[str, str]) -> None:
        self.numbers = numbers
        if not numbers:
            self.here.say(_("No telephone number is recorded."))
        self.numbers_shown.emit()
        if then is not None:
            then()

    # Going places

    def refer(self, need_id: UUID | None = None, referral_id: UUID | None = None) -> None:
        what = {"case_id": str(self.id)}
        if need_id is not None:
            what["need_id"] = str(need_id)
        if referral_id is not None:
            what["referral_id"] = str(referral_id)
        self.here.go(Goto("refer", what))

    def print_place(self) -> Goto:
        return Goto("print", {"case_id": str(self.id)})
