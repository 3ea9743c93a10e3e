"""Part 4: what happened. Questions with four answers, cards to tick, and their own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.fields import Field
from casedesk.i18n import N_, _, ngettext
from casedesk.parsing import fold
from casedesk.services.answers import Answers
from casedesk.services.sections import AFTER_A_VIOLATION, TRIAGE_KEYS
from casedesk.services.triage import offered_violations
from casedesk.ui.intake.asking import PRIVATE, VIOLATIONS
from casedesk.ui.intake.parts import Asking, Part
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.choices import TickCard
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.layouts import row, widget
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.topbar import SearchBox

NOT_PRIVATE = "case.not_private"
SENSITIVE_CONSENT = "consent_line.sensitive_data"
OFFERS = "if_yes_suggest_violation"
STAGES = {  # the column `stage` of the list, in the order of a journey
    "recruitment": N_("Before leaving"),
    "transit": N_("On the way"),
    "employment": N_("At work abroad"),
    "return": N_("Coming back"),
    "after_return": N_("After coming back"),
    "any": N_("Anything else"),
}


class HappenedPart(Part):
    """`ask_consent` opens the purpose that lets the centre keep sensitive details."""

    def __init__(self, asking: Asking, answers: Answers, *, ask_consent: Callable[[], object]) -> None:
        super().__init__(asking)
        ask = button(_("Ask now"), size="s", clicked=ask_consent)
        self._consent = Banner(
            "info",
            _("Not agreed yet: keeping sensitive details"),
            _("Ask before you write down health, violence or other sensitive details."),
            actions=(ask,),
        )
        self.add(self._consent)
        self.add(self.form((NOT_PRIVATE,), columns=1, not_now=False))
        self._waiting = PlainLabel("", "caption", tone="warn", wrap=True)
        self.add(self._waiting)
        self.add(
            PlainLabel(_("Answer with Y yes, N no, U does not know, D does not wish to answer."), "caption", wrap=True)
        )
        self.add(self.form(TRIAGE_KEYS, columns=1))
        self.add(self.form((VIOLATIONS,), columns=1, editors={VIOLATIONS: ViolationCards}))
        self.add(self.form(("incident.narrative",), columns=1))
        self.add(self.form(("case.prefers_not_to_say",), columns=1, not_now=False))
        self.add(self.form(AFTER_A_VIOLATION))
        self.body.addStretch(1)
        self._answers = answers

    @property
    def cards(self) -> ViolationCards:
        editor = self.questions()[VIOLATIONS].editor
        assert isinstance(editor, ViolationCards)  # noqa: S101 - made so above
        return editor

    def refresh(self, answers: Answers) -> None:
        super().refresh(answers)
        self._consent.setVisible(answers.get(SENSITIVE_CONSENT) != "given")
        waiting = sum(key not in answers for key in PRIVATE) if answers.get(NOT_PRIVATE) else 0
        words = ngettext(
            "{count} private question waits. A task to ask it is made for tomorrow.",
            "{count} private questions wait. A task to ask them is made for tomorrow.",
            waiting,
        )
        self._waiting.setText(words.format(count=formats.number(waiting)))
        self._waiting.setVisible(waiting > 0)
        self.cards.suggest(offered_violations(answers), private=not answers.get(NOT_PRIVATE))


class ViolationCards(Editor):
    """Cards in plain words, grouped by stage; first the common ones, all of them on demand, found by typing."""

    def __init__(self, key: str, field: Field) -> None:
        super().__init__(key, field)
        self._list = codelists.get(field.code_list or "")
        self._ticked: set[str] = set()
        self._offered: list[str] = []
        self._private = True
        self._all = False
        self.cards: dict[str, TickCard] = {}
        self._titles: dict[str, PlainLabel] = {}
        self.more = button(_("More"), "ghost", "add", size="s", clicked=self.show_all)
        self.search = SearchBox(_("Search what happened"))
        self.search.textChanged.connect(lambda _text: self._arrange())
        self.search.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addWidget(self.search)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        for column in range(2):
            self._grid.setColumnStretch(column, 1)
        outer.addLayout(self._grid)
        outer.addWidget(widget(row(self.more, None)))
        self._take(self.search)
        self._arrange()

    def inputs(self) -> Sequence[QWidget]:
        shown = [card for card in self.cards.values() if not card.isHidden()]
        return tuple(shown) or (self.search,)

    def value(self) -> object:
        return sorted(self._ticked) or None

    def set_value(self, value: object) -> None:
        self._ticked = {str(code) for code in value} if isinstance(value, list | tuple | set | frozenset) else set()
        self._arrange()

    def suggest(self, offered: Sequence[str], *, private: bool) -> None:
        """Show the cards that the answers make likely, too; without privacy the private ones wait."""
        if (list(offered), private) != (self._offered, self._private):
            self._offered, self._private = list(offered), private
            self._arrange()

    def show_all(self) -> None:
        """Show every card, and a line to find one."""
        self._all = True
        self.more.hide()
        self.search.show()
        self._arrange()
        self.search.setFocus()

    def _usual(self) -> list[str]:
        """The cards shown at first: what the questions ask about, in their order."""
        found = []
        for question in codelists.get("triage_question"):
            codes = question.several(OFFERS)
            if codes and (self._private or not question.yes("ask_privately")):
                found.append(codes[0])
        return list(dict.fromkeys(found))

    def _wanted(self) -> list[str]:
        if not self._all:
            wanted = {*self._usual(), *self._offered, *self._ticked}
            return [row.code for row in self._list if row.code in wanted]
        typed = fold(self.search.text())
        return [row.code for row in self._list if typed in fold(f"{row.en} {row.bn}")]

    def _arrange(self) -> None:
        """Put the wanted cards under the titles of their stages, keeping the ones there are."""
        for part in (*self.cards.values(), *self._titles.values()):
            self._grid.removeWidget(part)
            part.hide()
        wanted = self._wanted()
        line = 0
        for stage, title in STAGES.items():
            codes = [code for code in wanted if self._list[code].extra["stage"] == stage]
            if not codes:
                continue
            self._grid.addWidget(self._title(stage, _(title)), line, 0, 1, 2)
            for at, code in enumerate(codes):
                self._grid.addWidget(self._card(code), line + 1 + at // 2, at % 2)
            line += 2 + (len(codes) - 1) // 2
        self._order(wanted)
        self.updateGeometry()

    def _order(self, codes: Sequence[str]) -> None:
        """Tab goes from card to card as they stand, and a click on the label to the first that is shown."""
        before: QWidget = self.search
        for each in (*(self.cards[code] for code in codes), self.more):
            self.setTabOrder(before, each)
            before = each
        self.setFocusProxy(self.inputs()[0])

    def _title(self, stage: str, words: str) -> PlainLabel:
        if stage not in self._titles:
            self._titles[stage] = PlainLabel(words, "caption", weight=600, tone="text2")
            self._titles[stage].setParent(self)
        self._titles[stage].show()
        return self._titles[stage]

    def _card(self, code: str) -> TickCard:
        if code not in self.cards:
            card = TickCard(self._list[code].label)
            card.setParent(self)
            card.clicked.connect(lambda on=False, code=code: self._tick(code, on))
            card.setObjectName(f"{self.key}.{code}")
            card.installEventFilter(self)
            self.cards[code] = card
        card = self.cards[code]
        card.setChecked(code in self._ticked)
        card.show()
        return card

    def _tick(self, code: str, on: bool) -> None:
        (self._ticked.add if on else self._ticked.discard)(code)
        self.edited.emit()
