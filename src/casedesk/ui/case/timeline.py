"""The timeline: a box for a note on top, then everything that happened with the case, the newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QVBoxLayout, QWidget

from casedesk import formats
from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.i18n import N_, _, ngettext
from casedesk.services import notes
from casedesk.services.notes import NoteRow
from casedesk.ui.case.happened import how_to_write, violation_card
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import Part, Ring
from casedesk.ui.case.sheets import NoteSheet
from casedesk.ui.case.telling import Told, timeline
from casedesk.ui.form_sheet import declared
from casedesk.ui.kept import kept_of, put_back
from casedesk.ui.kit.badges import Badge, BadgeSpec
from casedesk.ui.kit.blocks import Banner, Card, EmptyState, keys_hint
from casedesk.ui.kit.buttons import Filter, button
from casedesk.ui.kit.cards import BROAD_SIDE, Columns
from casedesk.ui.kit.layouts import Flow, clear, column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel, section_title

KINDS = (
    ("all", N_("All")),
    ("note", N_("Notes")),
    ("contact", N_("Contacts")),
    ("referral", N_("Referrals")),
    ("change", N_("Changes")),
)
SHOWN = 30  # entries at once; the page stays light
FEW = 5  # changes of one entry that are shown before more is asked for
DRAFT = "note"


class NoteBox(Card):
    """Takes a note about today; what is typed stays until it is saved."""

    def __init__(self, case: OpenCase) -> None:
        super().__init__(dense=True)
        self.case = case
        self._saving = False
        fields = declared("case_note", "text", "type", text=N_("Write a note about today"))
        self.form = Form(fields, today=case.here.desk.today(), columns=2)
        self.form.edited.connect(self._keep)
        self.notice = Banner("danger", "")
        self.notice.hide()
        self.save_button = button(_("Save note"), "soft", "note", keys="Ctrl+Enter", clicked=self.save)
        foot = widget(row(None, keys_hint("Ctrl+Enter"), self.save_button))
        self._more = (self.form.questions["case_note.type"], foot)
        self.body.addWidget(self.form)
        self.body.addWidget(self.notice)
        grid = self.form.layout()
        if isinstance(grid, QGridLayout):
            grid.addWidget(foot, 1, 1, Qt.AlignmentFlag.AlignBottom)
        self._start()

    def _start(self) -> None:
        put_back(self.form, self.case.typed.get(DRAFT, {}), {"case_note.type": "general"})
        self._unfold()

    def _keep(self) -> None:
        self.case.typed.keep(DRAFT, kept_of(self.form))
        self._unfold()

    def _unfold(self) -> None:
        """The kind and the button come with the first letter."""
        begun = self.form.value("case_note.text") is not None
        for part in self._more:
            part.setVisible(begun)

    def save(self) -> None:
        """Save the note."""
        if self._saving or not self.form.ready():
            return
        self._saving = True
        kind, text = str(self.form.value("case_note.type") or ""), str(self.form.value("case_note.text") or "")
        work = partial(notes.add_note, self.case.here.desk, self.case.id, kind, text)
        self.case.write(self, work, _("Note saved"), done=partial(self._saved, text), failed=self._refused)

    def _saved(self, text: str, _note_id: object) -> None:
        self._saving = False
        self.notice.hide()
        now = str(self.form.value("case_note.text") or "")
        if now == text:
            self.case.typed.forget(DRAFT)
            self._start()
        else:  # what was written while it was saved is the next note
            self.form.set_value("case_note.text", now.removeprefix(text).strip() or None)

    def _refused(self, error: Exception) -> None:
        self._saving = False
        if isinstance(error, InvalidInput):
            self.form.show_problems(error.problems)
            self.form.next_problem()
        elif isinstance(error, CaseDeskError):
            self.notice.say(error.message, error.hint)
            self.notice.show()
        else:
            show_error(self, error)


class TimelinePart(Part):
    """Entries by kind and month. Notes are never edited: they are corrected by another one."""

    def __init__(self, case: OpenCase, open_sheet: Callable[[Sheet], object]) -> None:
        super().__init__(case)
        self._open_sheet = open_sheet
        self._kind = "all"
        self._limit = SHOWN
        self._unfolded: set[Told] = set()
        self.chips: dict[str, Filter] = {}
        self.box: NoteBox | None = NoteBox(case) if case.may("case.note") else None
        self._entries = QVBoxLayout()
        self._entries.setContentsMargins(0, 0, 0, 0)
        self._entries.setSpacing(0)
        shelf, one_of = Flow(gap=6), QButtonGroup(self)
        for code, word in KINDS:
            self.chips[code] = chip = Filter(_(word), on=code == self._kind)
            chip.clicked.connect(lambda _on, code=code: self.choose(code))
            one_of.addButton(chip)
            shelf.addWidget(chip)
        above = [self.box] if self.box is not None else []
        main = column(*above, widget(shelf), self._entries, None, gap=12)
        self._beside = column(gap=12)
        self.setLayout(column(Columns(widget(main), widget(self._beside), BROAD_SIDE), None))
        case.told.connect(self.look)
        case.numbers_shown.connect(self.look)
        self.look()

    def main_action(self) -> bool:
        if self.box is not None:
            self.box.save()
        return self.box is not None

    def edit(self) -> None:
        if self.box is not None:
            self.box.form.go_to("case_note.text")

    def choose(self, kind: str) -> None:
        """Show one kind of entry, or all."""
        self._kind, self._limit = kind, SHOWN
        self.chips[kind].setChecked(True)
        self.look()

    def look(self) -> None:
        clear(self._beside)
        self._beside.addWidget(violation_card(self.case))
        self._beside.addWidget(how_to_write())
        found = timeline(self.case)
        self._count(found)
        clear(self._entries)
        shown = [told for told in found if self._kind in ("all", told.kind)]
        month: tuple[int, int] | None = None
        for at, told in enumerate(shown[: self._limit]):
            day = formats.day_in_dhaka(told.at)
            if (day.year, day.month) != month:
                month = (day.year, day.month)
                self._entries.addWidget(_month(day))
            self._entries.addWidget(self._row(told, last=at == min(len(shown), self._limit) - 1))
        if not shown:
            self._entries.addWidget(EmptyState("timeline", _("Nothing here yet")))
        if len(shown) > self._limit or (not self.case.complete and self.case.entries):
            earlier = button(_("Show earlier"), "soft", clicked=self._earlier)
            self._entries.addLayout(row(None, earlier, None, margins=(0, 12, 0, 0)))

    def _count(self, found: list[Told]) -> None:
        """Each chip tells how many there are; a plus where the past was not read to its end."""
        more = "" if self.case.complete or not self.case.entries else "+"
        for code, word in KINDS:
            count = sum(1 for told in found if told.kind == code)
            text = _(word)
            if code != "all":
                number = f"{formats.number(count)}{more if code != 'note' else ''}"
                text = _("{kind}  {count}").format(kind=text, count=number)
            self.chips[code].say(text)

    def _earlier(self) -> None:
        self._limit += SHOWN
        self.case.read_earlier()
        self.look()

    def _row(self, told: Told, *, last: bool) -> QWidget:
        card = Card(dense=True)
        when = PlainLabel(formats.moment(told.at), "caption")
        head = row(PlainLabel(told.title, "label", weight=600, wrap=True), when, gap=10)
        head.setStretch(0, 1)
        card.body.setSpacing(4)
        card.body.addLayout(head)
        if told.text:
            card.body.addWidget(PlainLabel(told.text, "reading", wrap=True, selectable=True))
        self._add_changes(card, told)
        card.body.addLayout(self._foot(told))
        ring = Ring(told.icon, "accent" if told.kind == "note" else "text2", last=last)
        inside = row(ring, column(card, gap=0, margins=(0, 0, 0, 8)), gap=10)
        inside.setStretch(1, 1)
        return widget(inside)

    def _add_changes(self, card: Card, told: Told) -> None:
        """What changed: label, before and after."""
        whole = told in self._unfolded or len(told.changes) <= FEW + 1
        for label, before, after in told.changes if whole else told.changes[:FEW]:
            card.body.addWidget(PlainLabel(_change_words(label, before, after), "body", tone="text2", wrap=True))
        if not whole:
            count = len(told.changes) - FEW
            words = ngettext("Show {count} more", "Show {count} more", count).format(count=formats.number(count))
            card.body.addWidget(button(words, "link", size="s", clicked=partial(self._unfold, told)))
        if told.withheld:
            words = ngettext(
                "{count} restricted answer is not shown.", "{count} restricted answers are not shown.", told.withheld
            ).format(count=formats.number(told.withheld))
            card.body.addWidget(PlainLabel(words, "caption", wrap=True))

    def _unfold(self, told: Told) -> None:
        self._unfolded.add(told)
        self.look()

    def _foot(self, told: Told) -> QVBoxLayout:
        parts: list[QWidget] = [PlainLabel(told.by, "caption")] if told.by else []
        parts += [Badge(BadgeSpec(tag, "", "quiet")) for tag in told.tags]
        if told.doubtful:
            parts.append(
                Badge(BadgeSpec(_("Time in doubt"), "clock", "warn", _("The clock of the computer was wrong.")))
            )
        foot = row(widget(Flow(*parts, gap=8)), gap=8)
        foot.setStretch(0, 1)
        note = told.note
        if note is not None and note.text is not None and note.corrected_by is None and self.box is not None:
            foot.addWidget(self._correct(note), 0, Qt.AlignmentFlag.AlignVCenter)
        return column(foot)

    def _correct(self, note: NoteRow) -> QPushButton:
        made = button(_("Correct"), "link", size="s", clicked=partial(self._open_correction, note))
        made.setAccessibleName(_("Correct the note: {text}").format(text=(note.text or "")[:60]))
        return made

    def _open_correction(self, note: NoteRow) -> None:
        self._open_sheet(NoteSheet(self.case, note))


def _change_words(label: str, before: str, after: str) -> str:
    """What it says now, beside what it said before if it said something."""
    if not before:
        return _("{label}: {after}").format(label=label, after=after)
    return _("{label}: {before} → {after}").format(label=label, before=before, after=after or "—")


def _month(day: date) -> QWidget:
    label = section_title(formats.month_year(day))
    label.setContentsMargins(44, 4, 0, 6)
    return label
