"""The page of an intake: it moves answers between the parts, the draft, the rules, the suggestion and the register."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from casedesk import formats
from casedesk.errors import InvalidInput, NotFound
from casedesk.i18n import _
from casedesk.services import intake_views, sections
from casedesk.services.drafts import DraftRow, drafts, open_draft
from casedesk.services.look_alikes import LookAlike, look_alikes
from casedesk.services.permissions import may
from casedesk.services.preferences import prefer, preference
from casedesk.ui.intake.consent import SaidNo
from casedesk.ui.intake.conversation import Conversation, Found
from casedesk.ui.intake.cover import PauseCover
from casedesk.ui.intake.drafts import DraftsBar
from casedesk.ui.intake.keeping import Keeper, marks_of
from casedesk.ui.intake.middle import QUICK, Middle
from casedesk.ui.intake.parts import Asking
from casedesk.ui.intake.rail import PartRail
from casedesk.ui.intake.registering import Registered, register
from casedesk.ui.intake.saving import Saver
from casedesk.ui.intake.side import WIDE, Side
from casedesk.ui.intake.strip import Strip
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.messages import ask, show_error
from casedesk.ui.page import Goto, Here, Page, home

FULL = "full"
KIND = "intake_kind"  # the name of the preference
LOOK_AFTER = 300  # ms of quiet before the panels look again
LOW = 660  # a window lower than this shows less in the rail


class IntakePage(Page):
    """Registers a person. `kind` is "quick" or "full"; empty is the one used last. `name` begins one about somebody who
    was looked for and not found."""

    nav = "cases"

    def __init__(
        self, here: Here, *, draft_id: str | None = None, part: str = "consent", kind: str = "", name: str = ""
    ) -> None:
        super().__init__(here)
        desk = here.desk
        draft = _draft(here, draft_id)
        marks = marks_of(desk, draft.id if draft else None)
        self.kind = kind or marks.kind or (draft.kind if draft else preference(desk, KIND) or FULL)
        begins = part if part != sections.CONSENT_AND_SAFETY.name or draft is None else marks.part
        if begins == QUICK:  # begun on the quick page, opened as a full one
            begins = sections.CONSENT_AND_SAFETY.name
        answers = draft.answers if draft else intake_views.defaults(desk, quick=self.kind == QUICK)
        if name:
            answers = {**answers, "person.name_en" if name.isascii() else "person.name_bn": name}
        self._asking = Asking(desk.today(), intake_views.settings(desk))
        self._begins_anew = draft is None
        self._begun_at = draft.begun_at if draft else desk.clock()
        self._busy = False
        self._ended = False  # the page goes; nothing is asked of the jobs any more
        self._kept_part = marks.part
        self._alike_serial = 0
        self.talk = Conversation(desk, self._asking.settings, answers, marks)
        self.keeper = Keeper(desk, self.kind, draft.id if draft else None, marks)
        self.strip = Strip(quick=self.kind == QUICK)
        self.rail = PartRail([(section.name, _(section.title)) for section in sections.PARTS])
        self.middle = Middle(self.talk, self._asking)
        self.side = Side(self._asking)
        self.side.setParent(self)
        self.saver = Saver(self, here.jobs, self.keeper, self.strip, self._put)
        self._look = QTimer(self, singleShot=True, interval=LOOK_AFTER)
        self._look.timeout.connect(self._look_again)
        self._beat = QTimer(self, interval=20_000)
        self._beat.timeout.connect(self._tell_time)
        self._beat.start()
        self._lay_out()
        self._listen()
        self._keys()
        if draft is not None:
            self.strip.saved_at(draft.saved_at)
        self.middle.show_part(QUICK if self.kind == QUICK else begins)
        self._tell_time()
        self._look_again()
        if name:
            self.saver.changed()
        if intake_views.refused(self.talk.answers):
            self._stop()

    # Building

    def _lay_out(self) -> None:
        self._body = row(self.rail, self.middle, self.side, gap=0)
        self._body.setStretch(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.strip)
        if self._begins_anew and not may(self.here.desk, "case.list"):  # who has no page of the day finds drafts here
            self._show_drafts(outer)
        outer.addLayout(self._body, 1)
        self.rail.setVisible(self.kind == FULL)

    def _show_drafts(self, into: QVBoxLayout) -> None:
        if begun := drafts(self.here.desk):
            bar = DraftsBar(begun)
            bar.chosen.connect(self._open_draft)
            into.addWidget(bar)

    def _open_draft(self, draft_id: str, kind: str) -> None:
        self.here.go(Goto("intake", {"draft_id": draft_id, "kind": kind}))

    def _listen(self) -> None:
        self.strip.go_back.connect(self.here.back)
        self.strip.leave.connect(self._save_and_leave)
        self.strip.remove.connect(self._ask_remove)
        self.strip.register.connect(self.main_action)
        self.strip.switch.connect(self._switch)
        self.strip.drawer.connect(self.side.toggle)
        self.rail.chosen.connect(self._open_part)
        self.rail.paused.connect(self._pause)
        self.middle.moved.connect(self._moved)
        self.middle.answered.connect(self._answered)
        self.middle.left.connect(self._left)
        self.middle.marked.connect(self.saver.changed)
        self.middle.register.connect(self.main_action)
        self.side.triage.changed.connect(self._take_all)
        self.side.same.compare.connect(self._compare)
        self.side.same.not_same.connect(self._not_same)

    def _keys(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Alt+Down": lambda: self.middle.step(1),
            "Alt+Up": lambda: self.middle.step(-1),
            "Alt+N": self.middle.not_now,
            "Alt+Q": self._switch,
            "F4": self.side.same.ask_compare,
            "F8": lambda: self.middle.next_problem(self.talk.problems()),
            "Shift+F8": lambda: self.middle.next_problem(self.talk.problems(), back=True),
            "Ctrl+S": self._save_now,
        }
        for sequence, act in keys.items():
            shortcut = QShortcut(QKeySequence(sequence), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # What is typed

    def _answered(self, _key: str) -> None:
        self.saver.changed()
        if intake_views.refused(self.talk.answers):
            self._stop()
        if not self._ended:  # a field that loses the focus because the page goes is left too
            self._look.start()

    def _left(self, _key: str) -> None:
        if self._ended:
            return
        found = self.talk.problems()
        self.middle.show_problems(found)
        self.saver.save_if_typed()
        self._look_again(found)

    def _take_all(self, answers: object) -> None:
        """Take what the panel decided."""
        self.middle.focus_back()
        for key, value in answers.items() if isinstance(answers, dict) else ():
            self.middle.take(key, value)
        self._look_again()

    def _put(self) -> None:
        self.keeper.put(self.talk.answers, self.talk.marks(self.middle.name, self.kind))

    def _look_again(self, problems: Found | None = None) -> None:
        """Bring name, rail and panels up to date, and look for earlier cases."""
        self._look.stop()
        self.strip.say_name(self.talk.name)
        self.rail.show_states(self.talk.states(self.talk.problems() if problems is None else problems))
        self.side.triage.show_answers(self.talk.answers)
        self._alike_serial += 1
        serial, answers = self._alike_serial, dict(self.talk.answers)
        if self.talk.name or "person.phone_1" in answers or "identity_document.number" in answers:
            work = partial(look_alikes, self.here.desk, answers)
            self.here.jobs.run(self, work, lambda found: self._alike(serial, found))
        else:
            self._alike(serial, [])

    def _alike(self, serial: int, found: list[LookAlike]) -> None:
        if serial == self._alike_serial:
            others = [each for each in found if str(each.person_id) not in self.talk.not_same]
            self.side.same.show_found(others, self.talk.answers)
            self.strip.found_alike(bool(others))

    def _not_same(self, person_id: str) -> None:
        self.middle.focus_back()
        self.talk.not_same.append(person_id)
        self.saver.changed()
        self._look_again()

    def _tell_time(self) -> None:
        seconds = (self.here.desk.clock() - self._begun_at).total_seconds()
        self.strip.say_minutes(max(0, int(seconds // 60)))

    # Parts

    def _open_part(self, name: str) -> None:
        if not intake_views.refused(self.talk.answers):
            self.middle.show_part(name)
            self.middle.focus_first()

    def _moved(self, name: str) -> None:
        if name == QUICK:
            return
        if self.kind == QUICK:  # a link led out of the quick page
            self.kind = FULL
            self.rail.show()
        self.rail.select(name)
        self.middle.show_problems(self.talk.problems())
        if self.keeper.draft_id is not None and name != self._kept_part:
            self._kept_part = name
            self.saver.changed()

    def _switch(self) -> None:
        """Quick or full; the answers stay."""
        if self._busy:
            return
        self.middle.settle()
        self.kind = FULL if self.kind == QUICK else QUICK
        self.here.jobs.write(self, partial(prefer, self.here.desk, KIND, self.kind), lambda _none: None)
        if self.saver.flush():  # where the answers are is known once they are a draft
            self.over = True
            self.here.go(Goto("intake", self.place()))

    # Leaving

    def place(self) -> dict[str, Any]:
        draft_id = str(self.keeper.draft_id) if self.keeper.draft_id and not self.keeper.ended else None
        part = self.middle.name if self.kind == FULL and draft_id else sections.CONSENT_AND_SAFETY.name
        return {"draft_id": draft_id, "part": part, "kind": self.kind, "name": ""}  # it only begins an intake

    def store(self) -> None:
        self.middle.settle()
        self.saver.store()

    def leave(self) -> None:
        self.saver.stop()
        self._look.stop()
        self._ended = True

    def _save_and_leave(self) -> None:
        self.middle.settle()
        if self.saver.flush():
            self.here.go(home(self.here.desk))

    def _save_now(self) -> None:
        self.middle.settle()
        if self.saver.flush():
            time = formats.clock(self.here.desk.clock())
            self.here.say(_("Saved at {time}").format(time=time))

    def _compare(self, case_id: str) -> None:
        self.middle.settle()
        if self.saver.flush() and self.keeper.draft_id is not None:
            self.here.go(Goto("compare", {"case_id": case_id, "draft_id": str(self.keeper.draft_id)}))

    def _pause(self) -> None:
        self.middle.settle()
        self.saver.flush()
        cover = PauseCover(self.window(), self.here.desk.clock)
        cover.ended.connect(self.middle.focus_back)

    # A no

    def _stop(self) -> None:
        """They said no to what is needed: stop, and offer to remove the draft."""
        self.side.hide()
        self.middle.show_said_no(SaidNo(remove=self._remove, change=self._changed_their_mind))

    def _changed_their_mind(self) -> None:
        self.middle.show_said_no(None)
        for key in intake_views.REQUIRED_CONSENT:
            if self.talk.answers.get(key) == "refused":
                self.middle.take(key, None)
        self._arrange()
        self.middle.focus_first()

    def _ask_remove(self) -> None:
        ask(
            self,
            _("Remove this draft?"),
            _("It cannot be brought back. Only a count stays, without name or answers."),
            yes=_("Remove draft"),
            done=self._remove,
            danger=True,
        )

    def _remove(self) -> None:
        self.saver.stop()
        self.here.jobs.write(self, self.keeper.remove, self._removed)

    def _removed(self, _none: None) -> None:
        self.over = True
        self.here.say(_("The draft is removed. Only a count stays."))
        self.here.go(home(self.here.desk))

    # Registering

    def main_action(self) -> None:
        if self._busy or intake_views.refused(self.talk.answers):
            return
        self.middle.settle()
        if self.talk.typed:
            self._refused(InvalidInput(self.talk.problems(registering=True)))
            return
        self.saver.flush()
        if not self.here.day_is_known():
            return
        self._busy = True
        self.setEnabled(False)
        work = partial(register, self.here.desk, self.talk.complete(), self.keeper, tuple(self.talk.not_same))
        self.here.jobs.write(self, work, self._registered, failed=self._refused)

    def _registered(self, done: Registered) -> None:
        self.saver.stop()
        self.over = True
        self.here.say(_("Registered: {number}").format(number=done.number))
        if done.may_open:
            self.here.go(Goto("case", {"case_id": str(done.case_id)}))
        else:
            self.here.go(home(self.here.desk))

    def _refused(self, error: Exception) -> None:
        self._busy = False
        self.setEnabled(True)
        if isinstance(error, InvalidInput):
            self.talk.tried = True
            found = {key: tuple(each) for key, each in error.problems.items()}
            self.middle.show_problems(found)
            self.middle.go_to_summary()
        else:
            self.middle.focus_back()  # where it was: a page that was disabled has lost it
            show_error(self, error)

    # Events

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.middle.focus_first()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.side.is_drawer and self.side.isVisible():
            self.side.hide()
            self.middle.focus_first()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The panel beside the page or over it, and less in a low window (UX 2)."""
        drawer = self.window().width() < WIDE
        if drawer:
            self._body.removeWidget(self.side)
            self.side.lay_over(self, self.strip.height())
            self.side.raise_()
        elif self.side.is_drawer:
            self._body.addWidget(self.side)
            self.side.stand_beside()
        if intake_views.refused(self.talk.answers):
            self.side.hide()
        elif not drawer:
            self.side.show()
        self.strip.fold(drawer=drawer, width=self.width())
        self.rail.fold(self.window().height() < LOW)


def _draft(here: Here, draft_id: str | None) -> DraftRow | None:
    """The draft, if it is still one; a registered or removed one begins anew."""
    if draft_id is None:
        return None
    try:
        return open_draft(here.desk, UUID(draft_id))
    except NotFound:
        return None
