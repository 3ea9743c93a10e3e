"""The command palette, Ctrl+K: people, what to do for them, and places, found while typing (UX 4.19)."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListView, QStyle, QStyledItemDelegate, QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.i18n import _, ngettext
from casedesk.parsing import fold
from casedesk.search_keys import words_of
from casedesk.services.permissions import may
from casedesk.services.providers import ProviderRow, RecruiterRow, providers, recruiters
from casedesk.services.search import CaseRow, Filters, count_cases, find_people
from casedesk.ui.kit.blocks import KeyCap, keys_hint, paint_key
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel, visible
from casedesk.ui.kit.theme import current
from casedesk.ui.listing import short, write_line
from casedesk.ui.page import Goto, Here
from casedesk.ui.places import places
from casedesk.ui.searching import Searching

PEOPLE, PARTNERS = 6, 3
PAUSE = 60  # ms after the last key
TOP = 88
LINE, TITLE = 41, 36
LINE_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Title:
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One line that can be chosen, and where it leads."""

    icon: str
    text: str
    more: str = ""
    keys: str = ""
    to: Goto | None = None
    person: CaseRow | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for the words typed."""

    typed: str
    people: Sequence[CaseRow]
    partners: Sequence[ProviderRow]
    recruiters: Sequence[RecruiterRow]


def look_up(desk: Desk, typed: str) -> Found:
    """Everything the palette searches, as far as the user may see it."""
    if not typed:
        return Found("", (), (), ())
    directory = may(desk, "directory.view")
    return Found(
        typed,
        find_people(desk, typed, PEOPLE) if may(desk, "case.list") else (),
        providers(desk, typed)[:PARTNERS] if directory else (),
        recruiters(desk, typed)[:PARTNERS] if directory else (),
    )


class Palette(Sheet):
    """Type, choose with the arrow keys, Enter."""

    def __init__(self, here: Here, host: QWidget, *, typed: str = "") -> None:
        super().__init__(host, _("Search and commands"), width=640)
        self.here = here
        self._found = Found("", (), (), ())
        self._person: CaseRow | None = None
        self.line = QLineEdit()
        self.list = ChoiceList()
        self.told = PlainLabel("", "caption")
        self._make_line(typed)
        self._make_list()
        for hint in (
            keys_hint("↑↓", _("move")),
            keys_hint("Enter", _("open")),
            keys_hint("Tab", _("actions for this person")),
            keys_hint("Esc", _("close")),
        ):
            self.foot.addWidget(hint)
        self.foot.addStretch(1)
        self.foot.addWidget(self.told)
        self.foot.setContentsMargins(14, 6, 14, 6)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._look_up)
        self._searching = Searching(here, self, "palette")
        self.line.textChanged.connect(lambda _text: self._pause.start())
        self._show(self._found)
        if typed:
            self._look_up()
        if may(here.desk, "case.list"):
            here.jobs.run(self, partial(count_cases, here.desk, Filters(is_open=None)), self._tell_count)

    def _make_line(self, typed: str) -> None:
        self.title.hide()
        self.subtitle.hide()
        self.close_button.hide()
        self.line.setText(typed)
        self.line.setFrame(False)
        self.line.setProperty("kind", "palette")
        self.line.setStyleSheet("QLineEdit { border: 0; background: transparent; padding: 0; }")
        self.line.setFont(current().font("section", 400))
        self.line.setPlaceholderText(_("Search people, cases, partners"))
        self.line.setAccessibleName(_("Search people, cases, partners"))
        hints = Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData
        self.line.setInputMethodHints(hints)
        self.line.installEventFilter(self)
        self.head.insertWidget(0, Icon("search", "accent", 20))
        self.head.insertWidget(1, self.line, 1)
        self.head.addWidget(KeyCap("Esc"))
        self.head.setSpacing(12)
        self.head.setContentsMargins(14, 9, 14, 7)

    def _make_list(self) -> None:
        self.list.setFocusProxy(self.line)
        self.list.picked.connect(self._take)
        self.list.selectionModel().currentChanged.connect(lambda now, _before: self._moved(now))
        self.body.setContentsMargins(8, 6, 8, 8)
        self.body.addWidget(self.list)

    def open(self, focus: QWidget | None = None) -> None:
        super().open(focus or self.line)
        self.line.deselect()
        self.line.end(False)

    def _place(self) -> None:
        super()._place()
        height = min(self.panel.height(), self._host.height() - TOP - 16)
        self.panel.setGeometry(self.panel.x(), TOP, self.panel.width(), height)

    # Looking up

    def _look_up(self) -> None:
        typed = self.line.text().strip()
        self.here.jobs.run(self, partial(look_up, self.here.desk, typed), self._show)

    def _tell_count(self, count: int) -> None:
        self.told.setText(ngettext("{count} case", "{count} cases", count).format(count=formats.number(count)))

    def _show(self, found: Found) -> None:
        if found.typed != self.line.text().strip() and found.typed:
            return
        self._found = found
        self._searching.found(found.typed, len(found.people))
        self._person = found.people[0] if found.people else None
        self.list.show_lines(self._lines())
        if self.isVisible():
            self._place()

    def _lines(self) -> list[Title | Choice]:
        groups = (
            (_("People"), [self._person_line(row) for row in self._found.people]),
            (_("Do"), self._actions()),
            (_("Go"), [*self._places(), *self._directory()]),
        )
        made: list[Title | Choice] = []
        for title, choices in groups:
            made += [Title(title), *choices] if choices else []
        return made or [Title(_("Nothing fits this. Try fewer letters."))]

    def _person_line(self, row: CaseRow) -> Choice:
        first, second = row.names
        place = codelists.get("bd_district").label(row.district) if row.is_open else _("closed")
        more = " · ".join(part for part in (second, short(row.case_number), place) if part)
        return Choice("person", first, more, "Enter", Goto("case", {"case_id": str(row.case_id)}), person=row)

    def _actions(self) -> list[Choice]:
        """What can be done for the person that is chosen, and beginning a case."""
        made: list[Choice] = []
        desk, typed = self.here.desk, self._found.typed
        if self._person is not None:
            name, case = self._person.name, {"case_id": str(self._person.case_id)}
            if may(desk, "referral.edit"):
                words = _("Refer {name}").format(name=name)
                made.append(Choice("referral", words, _("shelter, legal aid, health…"), "R", Goto("refer", case)))
            if may(desk, "case.print"):
                words = _("Print the summary of {name}").format(name=name)
                more = _("asks how much to tell")
                made.append(Choice("print", words, more, "Ctrl+P", Goto("print", {**case, "paper": "summary"})))
        if may(desk, "case.register"):
            named = bool(words_of(typed)) and not any(c.isdigit() for c in typed)
            if named:
                words = _("New case named “{name}”").format(name=typed)
                made.append(
                    Choice("add", words, _("starts a draft"), "", Goto("intake", {"name": typed, "kind": "full"}))
                )
            elif not typed or fold(typed) in fold(_("New case")):
                made.append(Choice("add", _("New case"), "", "Ctrl+N", Goto("intake")))
                made.append(Choice("clock", _("Quick register"), _("the least that opens a case"), "", _quick()))
        return made

    def _places(self) -> list[Choice]:
        typed = fold(self._found.typed)
        return [
            Choice(place.icon, _(place.title), "", place.keys, Goto(place.code))
            for place in places(self.here.desk)
            if typed in fold(_(place.title)) or typed in fold(place.title)
        ]

    def _directory(self) -> list[Choice]:
        kinds, types = codelists.get("provider_type"), codelists.get("recruiter_type")
        partners = [
            Choice("directory", row.name, kinds.label(row.type), "", _in_directory("partners", row.id))
            for row in self._found.partners
        ]
        named = [
            Choice("directory", row.name, types.label(row.type), "", _in_directory("recruiters", row.id))
            for row in self._found.recruiters
        ]
        return partners + named

    # Choosing

    def _moved(self, now: QModelIndex) -> None:
        """The actions are those for the person last chosen."""
        line = now.data(LINE_ROLE)
        if isinstance(line, Choice) and line.person is not None and line.person != self._person:
            self._person = line.person
            self.list.change_lines(self._lines())

    def dismiss(self) -> None:
        self._searching.settle()
        super().dismiss()

    def _take(self, choice: Choice) -> None:
        if choice.to is not None:
            to = choice.to
            self.dismiss()
            self.here.go(to)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent):
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if control and event.key() == Qt.Key.Key_K:
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()  # here the keys close the palette instead of opening another
                elif event.type() == QEvent.Type.KeyPress:
                    self.dismiss()
                return True
            if event.type() == QEvent.Type.KeyPress and not control:
                return self._key(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        moves: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Down: partial(self.list.step, 1),
            Qt.Key.Key_Up: partial(self.list.step, -1),
            Qt.Key.Key_PageDown: partial(self.list.step, 6),
            Qt.Key.Key_PageUp: partial(self.list.step, -6),
            Qt.Key.Key_Tab: self._to_actions,
            Qt.Key.Key_Return: self._enter,
            Qt.Key.Key_Enter: self._enter,
        }
        if key not in moves:
            return False
        moves[key]()
        return True

    def _enter(self) -> None:
        """Open what is chosen; what was typed a moment ago is looked up first."""
        if self._pause.isActive():
            self._pause.stop()
            self._show(look_up(self.here.desk, self.line.text().strip()))
        choice = self.list.choice()
        if choice is not None:
            self._take(choice)

    def _to_actions(self) -> None:
        self.list.go_to(_("Do"))


def _quick() -> Goto:
    return Goto("intake", {"kind": "quick", "part": "quick"})


def _in_directory(tab: str, selected: object) -> Goto:
    return Goto("directory", {"tab": tab, "selected": str(selected)})


class _Lines(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Title | Choice] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self.lines[index.row()], Title):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = (line.text,) if isinstance(line, Title) else (line.text, line.more)
            return visible(", ".join(part for part in parts if part))
        return None


class ChoiceList(QListView):
    """The lines of the palette. The line above keeps the focus; this list is steered from there."""

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.lines = _Lines()
        self.setModel(self.lines)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(_("Results"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_lines(self, lines: list[Title | Choice]) -> None:
        """Show these, the first one chosen."""
        self.lines.beginResetModel()
        self.lines.lines = lines
        self.lines.endResetModel()
        heights = [current().scaled(TITLE if isinstance(line, Title) else LINE) for line in lines]
        self.setFixedHeight(min(sum(heights) + 4, current().scaled(450)))
        self._choose(next(iter(self._places()), -1))

    def change_lines(self, lines: list[Title | Choice]) -> None:
        """Show other words in the same lines."""
        if len(lines) == len(self.lines.lines):
            self.lines.lines = lines
            self.lines.dataChanged.emit(self.lines.index(0), self.lines.index(len(lines) - 1))

    def choice(self) -> Choice | None:
        line = self.currentIndex().data(LINE_ROLE)
        return line if isinstance(line, Choice) else None

    def step(self, by: int) -> None:
        """Go on by some lines, round the ends one at a time."""
        places = self._places()
        if not places:
            return
        here = self.currentIndex().row()
        at = places.index(here) if here in places else 0
        to = (at + by) % len(places) if abs(by) == 1 else min(max(at + by, 0), len(places) - 1)
        self._choose(places[to])

    def go_to(self, title: str) -> None:
        """Choose the first line under a title."""
        for at, line in enumerate(self.lines.lines):
            if isinstance(line, Title) and line.text == title:
                self._choose(at + 1)

    def _places(self) -> list[int]:
        return [at for at, line in enumerate(self.lines.lines) if isinstance(line, Choice)]

    def _choose(self, at: int) -> None:
        if at < 0:
            return
        self.setCurrentIndex(self.lines.index(at))
        if at == next(iter(self._places()), 0):
            self.scrollToTop()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        line = self.indexAt(event.position().toPoint()).data(LINE_ROLE)
        if isinstance(line, Choice):
            self.picked.emit(line)


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: Any, index: Index) -> QSize:  # noqa: ARG002 - Qt asks so
        return QSize(200, current().scaled(TITLE if isinstance(index.data(LINE_ROLE), Title) else LINE))

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        shown, room = index.data(LINE_ROLE), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(shown, Title):
            write_line(painter, room.adjusted(14, 6, -14, 0), shown.text, "caption", "text2", weight=600)
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            if chosen or option.state & QStyle.StateFlag.State_MouseOver:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(current().colour("sel" if chosen else "hover"))
                painter.drawRoundedRect(room.adjusted(0, 0, 0, -1), 6, 6)
            self._choice(painter, room, shown, chosen=chosen)
        painter.restore()

    def _choice(self, painter: QPainter, room: QRectF, shown: Choice, *, chosen: bool) -> None:
        side = current().scaled(18)
        sign = QRectF(room.x() + 14, room.center().y() - side / 2, side, side)
        paint_icon(painter, sign, shown.icon, "accent" if chosen else "text2")
        right = room.right() - 14
        if shown.keys and (shown.person is None or chosen):
            right = self._keys(painter, room, shown.keys)
        words = QRectF(sign.right() + 10, room.y(), right - sign.right() - 18, room.height())
        width = write_line(painter, words, shown.text, "label", "text")
        write_line(painter, words.adjusted(width + 10, 0, 0, 0), shown.more, "body", "text2")

    def _keys(self, painter: QPainter, room: QRectF, keys: str) -> float:
        metrics = QFontMetricsF(current().font("key"))
        right, height = room.right() - 14, current().scaled(20)
        for key in reversed(keys.split("+")):
            width = max(metrics.horizontalAdvance(key) + 11, height - 2)
            place = QRectF(right - width, room.center().y() - height / 2, width, height)
            paint_key(painter, place, key)
            right -= width + 5
        return right
