"""Who this is, on top of every section: both names, the essentials, badges, and what can be done."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.i18n import N_, _, ngettext
from casedesk.lifecycles import Step, steps_from
from casedesk.services import cases, erasure
from casedesk.services.case_status import set_status
from casedesk.services.triage import is_returnee
from casedesk.ui.case.access import HandOverSheet, NamedSheet, SupervisorSheet
from casedesk.ui.case.erasing import EraseSheet
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import separated
from casedesk.ui.case.sheets import StatusSheet
from casedesk.ui.kit.badges import Badge, BadgeSpec, category_badge, priority_badge, status_badge
from casedesk.ui.kit.blocks import Avatar, initials
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.layouts import Flow, block, clear, column, row, widget
from casedesk.ui.kit.messages import ask, show_error
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current

MOST_BADGES = 5
STEP_WORDS = {
    "assessment": N_("Start assessment"),
    "active": N_("Start support"),
    "monitoring": N_("Change to follow-up only"),
    "on_hold": N_("Put on hold"),
    "closed": N_("Close the case"),
    "registered": N_("Back to registered"),
}
TIGHT, TIGHTEST = 1000, 700  # widths of the header under which the buttons, and then all of them, have no words


def step_words(status: str, to: str) -> str:
    """What a step is called, from where one is."""
    if status == "closed":
        return _("Reopen")
    if status == "on_hold" and to != "closed":
        return _("Take up again: {status}").format(status=codelists.get("case_status").label(to))
    return _(STEP_WORDS.get(to, to))


class Header(QFrame):
    """Names and badges at the left, actions at the right."""

    note = Signal()
    follow_up = Signal()
    sheet = Signal(object)

    def __init__(self, case: OpenCase) -> None:
        super().__init__()
        self.case = case
        self.setProperty("kind", "bar")
        self._names = QVBoxLayout()
        self._names.setContentsMargins(0, 0, 0, 0)
        self._shown: tuple[object, ...] = ()
        self.back = IconButton("back", _("Back · Alt+←"), clicked=case.here.back)
        self._avatar = QVBoxLayout()
        self.essentials = PlainLabel("", "caption", tone="text2", wrap=True)
        self._badges = Flow(gap=6)
        words = column(widget(self._names), self.essentials, 2, widget(self._badges), gap=1)
        self._make_actions()
        actions = row(*self.buttons, gap=8)
        left = column(row(self.back, self._avatar, gap=8), None)
        inside = row(left, words, widget(column(actions, None)), gap=10, margins=(16, 9, 16, 9))
        inside.setStretch(1, 1)
        self.setLayout(inside)

    def _make_actions(self) -> None:
        """The buttons; which of them are seen depends on the role and on the case."""
        self.note_button = button(_("Add note"), icon="note", keys="A", clicked=self.note.emit)
        self.refer_button = button(_("Refer"), icon="referral", keys="R", clicked=lambda: self.case.refer())
        self.print_button = button(_("Print"), icon="print", keys="Ctrl+P", clicked=self._print)
        self.follow_up_button = button(_("Record follow-up"), "primary", "done", keys="F", clicked=self.follow_up.emit)
        self.more = IconButton("more", _("More actions"), clicked=self._open_menu)
        self.buttons: tuple[QPushButton, ...] = (
            self.note_button,
            self.refer_button,
            self.print_button,
            self.follow_up_button,
            self.more,
        )
        self._words = {part: part.text() for part in self.buttons}
        for part in self.buttons:
            part.hide()

    def look(self) -> None:
        """Show the case as it is now."""
        case, facts = self.case, self.case.facts
        self._show_names(*self.case.facts.names)
        self.essentials.setText(separated((facts.number, self._who(), self._place(), self._owner())))
        self._show_badges()
        self.note_button.setVisible(case.may("case.note"))
        self.refer_button.setVisible(case.may("referral.edit") and not case.closed)
        self.print_button.setVisible(case.may("case.print"))
        self.follow_up_button.setVisible(case.may("case.note") and not case.closed)
        seldom = (self.steps(), self._may_mark(), self._access_sheets(), case.known.erasing.offered)
        self.more.setVisible(any(seldom))

    def _show_names(self, first: str, second: str) -> None:
        """Both names beside each other, or under each other where they are long; never cut."""
        role = current().font("page")
        fits = len(first) + len(second) < max(self.width() - self._actions_width() - 160, 240) / (
            role.pixelSize() * 0.6
        )
        if (first, second, fits) == self._shown:
            return
        self._shown = (first, second, fits)
        clear(self._names)
        clear(self._avatar)
        self._avatar.addWidget(Avatar(initials(_letters(first)), 40))
        self.name = PlainLabel(first, "page", wrap=not fits, selectable=True)
        self.name.setAccessibleName(_("Case of {name}").format(name=first))
        other = PlainLabel(second, "section", tone="text2", weight=400, wrap=not fits, selectable=True)
        if fits:
            line = row(self.name, other, None, gap=10)
            line.setAlignment(other, Qt.AlignmentFlag.AlignBottom)
            self._names.addLayout(line)
        else:
            self._names.addLayout(column(self.name, other, gap=0))
        if not second:
            other.hide()

    def _actions_width(self) -> int:
        return sum(part.sizeHint().width() + 8 for part in self.buttons if not part.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        for part, words in self._words.items():
            tight = width < (TIGHTEST if part is self.follow_up_button else TIGHT)
            if part is not self.more:
                part.setText("" if tight else words)
        if self.case.is_open:
            self._show_names(*self.case.facts.names)

    def _who(self) -> str:
        facts = self.case.facts
        sex = codelists.get("sex_gender").label(str(facts.answers.get("person.sex_gender", "")))
        if facts.age is None:
            return sex
        age = formats.number(facts.age)
        return _("{sex}, {age}").format(sex=sex, age=age) if sex else formats.age(facts.age)

    def _place(self) -> str:
        answers = self.case.facts.answers
        district = codelists.get("bd_district").label(str(answers.get("person.district", "")))
        return ", ".join(word for word in (str(answers.get("person.upazila", "")), district) if word)

    def _owner(self) -> str:
        owner = self.case.facts.owner
        return _("{owner}’s case").format(owner=owner) if owner else _("No caseworker yet")

    def _show_badges(self) -> None:
        clear(self._badges)
        facts = self.case.facts
        category, priority = facts.answers.get("case.category"), facts.answers.get("case.priority")
        undecided = category is None and not is_returnee(facts.answers)  # a family has no category of return
        specs = [
            *([] if undecided else [category_badge(str(category) if category else None)]),
            priority_badge(str(priority) if priority else None),
            status_badge("case_status", facts.status),
        ]
        flags = codelists.get("safety_flag")
        for flag in facts.flags:
            if flag.cleared_at is None:
                words = flags.label(flag.code)
                specs.append(BadgeSpec(words, "warn", "danger", _("Safety flag: {flag}").format(flag=words)))
        if facts.confidential:
            specs.insert(2 if undecided else 3, BadgeSpec(_("Confidential"), "restricted", "outline"))
        for spec in specs[:MOST_BADGES]:
            self._badges.addWidget(Badge(spec))
        if len(specs) > MOST_BADGES:
            more = formats.number(len(specs) - MOST_BADGES)
            self._badges.addWidget(Badge(BadgeSpec(f"+{more}", "", "quiet", _("{count} more").format(count=more))))

    # What can be done

    def steps(self) -> list[Step]:
        """The steps in the life of the case that the user may take now."""
        if not self.case.may("case.status"):
            return []
        return [step for step in steps_from("case", self.case.facts.status) if self.case.may(step.by)]

    def take(self, step: Step) -> None:
        """Take a step, asking for the reason where one is needed."""
        status = self.case.facts.status
        words = step_words(status, step.to)
        done = _("Status: {status}").format(status=codelists.get("case_status").label(step.to))
        if "reason" in step.needs or status == "closed":
            self.sheet.emit(StatusSheet(self.case, step, words, done))
            return
        work = partial(set_status, self.case.here.desk, self.case.id, step.to)
        self.case.write(self, work, done)

    def _may_mark(self) -> bool:
        return self.case.may("case.confidential") and not self.case.facts.confidential

    def _access_sheets(self) -> list[tuple[str, Callable[[OpenCase], Sheet]]]:
        """What the user may change about whose case it is and who reads it."""
        now = self.case.known.access
        found: list[tuple[str, Callable[[OpenCase], Sheet]]] = []
        if now.may_hand_over:
            found += [(_("Hand over"), HandOverSheet), (_("Supervisor"), SupervisorSheet)]
        if now.may_name:
            found.append((_("People named on the case"), NamedSheet))
        return found

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.popup(self.more.mapToGlobal(QPoint(self.more.width() - menu.sizeHint().width(), self.more.height())))

    def menu(self) -> QMenu:
        """What is done more seldom."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for step in self.steps():
            menu.addAction(step_words(self.case.facts.status, step.to)).triggered.connect(partial(self._take, step))
        menu.addSeparator()
        for words, sheet in self._access_sheets():
            menu.addAction(words).triggered.connect(partial(self._open_sheet, sheet))
        if self._may_mark():
            menu.addAction(_("Mark as confidential")).triggered.connect(self._ask_confidential)
        if self.case.known.erasing.offered:
            menu.addSeparator()
            menu.addAction(_("Erase what the case says of the person")).triggered.connect(self.ask_to_erase)
        return menu

    def _take(self, step: Step, _checked: bool = False) -> None:
        self.take(step)

    def _open_sheet(self, sheet: Callable[[OpenCase], Sheet], _checked: bool = False) -> None:
        self.sheet.emit(sheet(self.case))

    def ask_to_erase(self, _checked: bool = False) -> None:
        """Show what would be erased, and ask; or say what stands against it."""
        work = partial(erasure.what_would_be_erased, self.case.here.desk, self.case.id)
        self.case.here.jobs.write(self, work, done=self._show_what_goes, failed=partial(show_error, self))

    def _show_what_goes(self, would: erasure.WouldGo) -> None:
        self.sheet.emit(EraseSheet(self.case, would))

    def _ask_confidential(self, _checked: bool = False) -> None:
        ask(
            self,
            _("Make this case confidential?"),
            _("From then on only the caseworker, the supervisor and people named on the case know of it."),
            yes=_("Make confidential"),
            done=self._mark_confidential,
        )

    def _mark_confidential(self) -> None:
        work = partial(cases.mark_confidential, self.case.here.desk, self.case.id)
        self.case.write(self, work, _("The case is confidential"))

    def _print(self) -> None:
        self.case.here.go(self.case.print_place())


def _letters(name: str) -> str:
    """The name without characters that show nothing."""
    return "".join(letter for letter in name if letter.isprintable())


def reason_strip(case: OpenCase, ask: Callable[[], object]) -> QWidget | None:
    """Says for which reason what is restricted is read, or offers to give one; nothing for who needs none."""
    if case.reason and case.facts.restricted:
        said = _("You read what is restricted: {reason}. The caseworker sees that you did.")
        return _strip(said.format(reason=case.reason.rstrip(".")))
    if not case.facts.reason_opens:
        return None
    give = button(_("Give a reason"), icon="restricted", size="s", clicked=ask)
    return _strip(_("What is restricted here is not shown. You can read it for a written reason."), give)


def clash_strip(case: OpenCase) -> QWidget | None:
    """Says that two computers wrote different answers, and leads to both versions; nothing where all agree."""
    count = len(case.known.clashes)
    if not count:
        return None
    said = ngettext(
        "{count} answer was written differently on two computers. Both are kept until somebody decides.",
        "{count} answers were written differently on two computers. Both are kept until somebody decides.",
        count,
    )
    review = button(_("Review"), icon="conflict", size="s", clicked=case.review)
    return _strip(said.format(count=formats.number(count)), review)


def erasing_strip(case: OpenCase, erase: Callable[[], object]) -> QWidget | None:
    """Offers to erase what the person wants kept no more, until that was done."""
    if case.known.erasing.erased or not case.known.erasing.offered:
        return None
    ask = button(_("Erase…"), size="s", clicked=erase)
    return _strip(_("The person does not want their data kept. Settle what is open, then erase them."), ask)


def closed_strip(case: OpenCase, reopen: Step | None, take: partial[None]) -> QWidget:
    """Says that the case is over, or why there is so little to read, and offers to open it again."""
    again = button(_("Reopen"), icon="undo", size="s", clicked=take) if reopen is not None else None
    return _strip(_closed_words(case), again)


def _closed_words(case: OpenCase) -> str:
    if case.known.erasing.erased:
        return _("What this case said of the person was erased. Its steps, and what was agreed to, are still here.")
    status = codelists.get("case_status").label(case.facts.status)
    since = case.facts.status_since
    when = formats.moment(since) if since else ""
    said = _("{status} since {when}. It can be read and printed; open it again to change it.")
    return said.format(status=status, when=when)


def _strip(words: str, action: QWidget | None = None) -> QWidget:
    inside = row(PlainLabel(words, "body", wrap=True), *([action] if action else []), gap=8, margins=(20, 4, 20, 4))
    inside.setStretch(0, 1)
    return block("group", inside)
