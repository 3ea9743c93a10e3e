"""What is asked before a paper is printed: how much it tells, which parts, in which language, and why."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.i18n import N_, _, languages, ngettext
from casedesk.services import prints
from casedesk.services.prints import PrintRequest
from casedesk.ui.kit.blocks import Banner, labelled
from casedesk.ui.kit.buttons import button, let_tab_reach_the_chosen
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.layouts import Tall, clear, column, row
from casedesk.ui.kit.style import paint_ring
from casedesk.ui.kit.texts import PlainLabel, escape_key, tip, visible
from casedesk.ui.kit.theme import current

MOST_COPIES = 5


@dataclass(frozen=True, slots=True)
class LevelWords:
    """How a level is offered."""

    code: str
    title: str
    text: str
    whom: str


LEVELS = (
    LevelWords(
        prints.FULL, N_("Full"), N_("Everything except restricted notes."), N_("the person, this centre’s file")
    ),
    LevelWords(
        prints.SHARED,
        N_("Shared"),
        N_("Hides address, phones, safe contact, family names."),
        N_("a partner the person agreed to"),
    ),
    LevelWords(
        prints.CODED, N_("Coded"), N_("Person code only. No name, place or agency."), N_("meetings, reviews, training")
    ),
)
PARTS = (
    (prints.JOURNEY, N_("Journey and work")),
    (prints.HAPPENED, N_("What happened")),
    (prints.NEEDS, N_("Needs and plan")),
    (prints.CONSENT, N_("Consent")),
    (prints.OWN_WORDS, N_("Own words")),
)


class LevelCard(QRadioButton):
    """One level: its name, what it hides, and for whom it is."""

    def __init__(self, words: LevelWords) -> None:
        super().__init__()
        self._title, self._text, self._whom = _(words.title), _(words.text), _(words.whom)
        self.setAccessibleName(self._title)
        self.setAccessibleDescription(f"{self._text} {self._whom}")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        title, words = self._heights(width)
        return 20 + title + words + QFontMetrics(current().font("caption")).height() + 4

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(300))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self.heightForWidth(2000))

    def hitButton(self, _pos: object) -> bool:
        return True

    def _heights(self, width: int) -> tuple[int, int]:
        room = QRect(0, 0, max(width - 58, 60), 10_000)
        words = QFontMetrics(current().font("caption")).boundingRect(room, Qt.TextFlag.TextWordWrap, self._text)
        return QFontMetrics(current().font("label", 600)).height(), words.height()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, on, enabled = current(), self.isChecked(), self.isEnabled()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        held = on or self.hasFocus()
        painter.setPen(QPen(theme.colour("accent" if held else "line2"), 2 if held else 1))
        painter.setBrush(theme.colour("accent_soft" if on else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        paint_ring(painter, QRectF(14, 10, 20, 20), theme, on=on, enabled=enabled, focused=False)
        title, words = self._heights(self.width())
        width, left, top = self.width() - 58, 43, 10
        painter.setFont(theme.font("label", 600))
        painter.setPen(theme.colour("disabled" if not enabled else "accent" if on else "text"))
        painter.drawText(QRect(left, top, width, title), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text2" if enabled else "disabled"))
        painter.drawText(QRect(left, top + title, width, words + 2), Qt.TextFlag.TextWordWrap, self._text)
        last = QRect(left + 20, top + title + words + 4, width - 20, 1000)
        line = QFontMetrics(theme.font("caption")).height()
        paint_icon(painter, QRectF(left, last.y() + (line - 14) / 2, 14, 14), "same_person", "muted")
        painter.setPen(theme.colour("muted" if enabled else "disabled"))
        painter.drawText(last, Qt.AlignmentFlag.AlignTop, self._whom)
        painter.end()


class HiddenNotice(QWidget):
    """How many details are hidden on this copy, and on demand which."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: tuple[str, ...] = ()
        self.toggle = button(_("Show list"), "link", clicked=self._turn)
        self.toggle.setCheckable(True)
        self.banner = Banner("warn", "", icon="hide", actions=(self.toggle,))
        self.setLayout(column(self.banner))
        self.hide()

    def tell(self, labels: Sequence[str]) -> None:
        self._labels = tuple(labels)
        self.setVisible(bool(labels))
        self._say()

    def _turn(self) -> None:
        self.toggle.setText(escape_key(_("Hide list") if self.toggle.isChecked() else _("Show list")))
        self._say()

    def _say(self) -> None:
        count = len(self._labels)
        words = ngettext(
            "{count} detail is hidden on this copy", "{count} details are hidden on this copy", count
        ).format(count=formats.number(count))
        self.banner.say(words, ", ".join(self._labels) if self.toggle.isChecked() else "")


class GivenAway(QWidget):
    """Words on the paper that give away what is hidden: blacked out, unless the person unticks them."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.kept: set[str] = set()
        self._words: tuple[str, ...] = ()
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(0)
        self.banner = Banner(
            "warn", _("Some words give away what is hidden"), _("They are blacked out. Untick a word to print it.")
        )
        self.setLayout(column(self.banner, self._boxes, gap=4))
        self.hide()

    def tell(self, words: Sequence[str]) -> None:
        if tuple(words) == self._words:
            return
        self._words = tuple(words)
        clear(self._boxes)
        for word in words:
            box = QCheckBox(visible(_("Black out “{word}”").format(word=word)).replace("&", "&&"))
            box.setAccessibleName(_("Black out “{word}”").format(word=word))
            box.setChecked(word not in self.kept)
            box.toggled.connect(lambda on, word=word: self._turned(word, on))
            self._boxes.addWidget(box)
        self.setVisible(bool(words))

    def blacked(self) -> tuple[str, ...]:
        return tuple(word for word in self._words if word not in self.kept)

    def _turned(self, word: str, on: bool) -> None:
        (self.kept.discard if on else self.kept.add)(word)
        self.changed.emit()


class Choices(Tall):
    """The right side of the preview. `changed` tells that the paper is another one now."""

    changed = Signal()
    purpose_changed = Signal(str)

    def __init__(self, *, letter: bool, partners: Sequence[tuple[str, str]], language: str, copies: int) -> None:
        super().__init__()
        self.letter = letter
        self.cards = {words.code: LevelCard(words) for words in LEVELS}
        self.hidden = HiddenNotice()
        self.left_out = PlainLabel("", "caption", wrap=True)
        self.left_out.hide()
        self.refused = Banner(
            "danger",
            _("There is no consent for this"),
            _("Choose a partner the person agreed to, or another reason for printing."),
        )
        self.refused.hide()
        self.given_away = GivenAway()
        self.language = Combo(languages(), language, name=_("Language of the paper"))
        self.copies = Combo(
            [(str(n), formats.number(n)) for n in range(1, MOST_COPIES + 1)], str(copies), name=_("Copies")
        )
        self.parts = {code: QCheckBox(escape_key(_(word))) for code, word in PARTS}
        self.purpose = Combo(
            [(each.code, each.label) for each in codelists.get("print_purpose") if each.yes("for_paper")],
            name=_("Why is it printed?"),
        )
        self.partner = Combo([("", _("Choose a partner")), *partners], name=_("Partner"))
        self.reason = QLineEdit()
        self.reason.setAccessibleName(_("Reason in your words"))
        self.reason.setPlaceholderText(_("Reason in your words, if you like"))
        self.reason.setMaxLength(500)
        self.extra = QVBoxLayout()
        self.extra.setSpacing(8)
        self.setLayout(self._lay_out())
        self._connect()

    def _lay_out(self) -> QVBoxLayout:
        inside = column(gap=8, margins=(16, 14, 16, 14))
        if not self.letter:
            inside.addWidget(PlainLabel(_("How much should this paper tell?"), "card", wrap=True))
            for card in self.cards.values():
                inside.addWidget(card)
        inside.addLayout(self.extra)
        for part in (self.hidden, self.left_out, self.refused, self.given_away):
            inside.addWidget(part)
        pair = row(labelled(self.language, _("Language")), labelled(self.copies), gap=8)
        pair.setStretch(0, 1)
        pair.setStretch(1, 1)
        inside.addLayout(pair)
        if not self.letter:
            inside.addWidget(PlainLabel(_("Include"), "label"))
            grid = QGridLayout()
            grid.setSpacing(2)
            for at, (code, box) in enumerate(self.parts.items()):
                box.setAccessibleName(_("Include: {part}").format(part=box.text().replace("&&", "&")))
                box.setChecked(code in prints.USUAL_PARTS)
                grid.addWidget(box, at % 3, at // 3)
            inside.addLayout(grid)
            inside.addWidget(labelled(self.purpose))
            inside.addWidget(self.partner)
            inside.addWidget(self.reason)
        inside.addSpacing(4)
        keeps = _(
            "“Who looked” keeps who printed, which level, why, and the copy number. A printer may keep a copy too."
        )
        note = row(column(Icon("who_looked", "muted", 16), None), PlainLabel(keeps, "caption", wrap=True), gap=8)
        note.setStretch(1, 1)
        inside.addLayout(note)
        inside.addStretch(1)
        return inside

    def _connect(self) -> None:
        for card in self.cards.values():
            card.toggled.connect(self._level_chosen)
        for combo in (self.language, self.copies, self.partner):
            combo.activated.connect(lambda _at: self._tell())
        self.purpose.activated.connect(lambda _at: self._purpose_chosen())
        for box in self.parts.values():
            box.toggled.connect(lambda _on: self._tell())
        self.reason.editingFinished.connect(self._tell)
        self.given_away.changed.connect(self._tell)

    def show_request(self, asked: PrintRequest) -> None:
        """Put a request into the fields, without telling."""
        self.blockSignals(True)
        self.purpose.set_value(asked.purpose)
        self.cards[asked.level].setChecked(True)
        self.language.set_value(asked.language)
        self.copies.set_value(str(asked.copies))
        self.partner.set_value(str(asked.recipient_id) if asked.recipient_id else "")
        self.reason.setText(asked.reason)
        for code, box in self.parts.items():
            box.setChecked(code in asked.parts)
        self.blockSignals(False)
        self._fit()

    def level(self) -> str:
        return next(code for code, card in self.cards.items() if card.isChecked())

    def set_level(self, level: str) -> None:
        self.cards[level].setChecked(True)

    def _level_chosen(self, on: bool) -> None:
        if on:
            self._fit()
            self._tell()

    def _purpose_chosen(self) -> None:
        self._fit()
        self.purpose_changed.emit(self.purpose.value())
        self._tell()

    def _fit(self) -> None:
        """Offer what the level and the purpose allow."""
        full_purpose = codelists.get("print_purpose")[self.purpose.value()].extra["level"] == prints.FULL
        full = self.cards[prints.FULL]
        full.setEnabled(full_purpose)
        tip(full, "" if full_purpose else _("A full copy is for the person or for this centre’s file only."))
        if not full_purpose and full.isChecked():
            self.set_level(prints.SHARED)
        let_tab_reach_the_chosen(list(self.cards.values()))
        self.partner.setVisible(not self.letter and self.purpose.value() == prints.GIVE_PARTNER)
        own = self.parts[prints.OWN_WORDS]
        own.setEnabled(self.level() == prints.FULL)
        tip(own, "" if own.isEnabled() else _("Own words are printed on a full copy only."))

    def _tell(self) -> None:
        self.changed.emit()

    def tell_left_out(self, sentences: Sequence[str]) -> None:
        self.left_out.setText(" ".join(sentences))
        self.left_out.setVisible(bool(sentences))
