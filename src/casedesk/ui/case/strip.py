"""How this person may be reached, on every section of the case."""

from __future__ import annotations

from casedesk import codelists, formats
from casedesk.i18n import _
from casedesk.services.answers import several
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import separated
from casedesk.ui.kit.blocks import SafeContactStrip
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.texts import tip

PHONES = ("person.phone_1", "person.phone_2")


class ContactStrip(SafeContactStrip):
    """Rules and note; the number is masked until somebody asks for it."""

    def __init__(self, case: OpenCase) -> None:
        self.show_button = button(_("Show number"), icon="show", size="s")
        super().__init__("", (self.show_button,))
        self.case = case
        tip(self.show_button, _("Who looked will say that you saw it."))
        self.show_button.setAccessibleDescription(_("Who looked will say that you saw it."))
        self.show_button.clicked.connect(self._show_number)
        self.show_button.hide()
        case.numbers_shown.connect(self.look)

    def look(self) -> None:
        self.say(self.words())
        asked = bool(self.case.numbers)
        self.show_button.setVisible(self.case.may("case.show_number") and self._has_number() and not asked)

    def words(self) -> str:
        """The rules in words, or nothing if no way was agreed."""
        answers = self.case.facts.answers
        rules = codelists.get("safe_contact_rule")
        agreed = [rules.label(code) for code in several(answers, "person.safe_contact_rule")]
        note = str(answers.get("person.safe_contact_note", ""))
        if not agreed and not note:
            return separated((_("No safe way to contact yet — do not call."), *self._full_numbers()))
        if not self.case.facts.restricted:
            note = _("There may be more to know. Ask {name} before you call.").format(name=self.case.facts.owner)
        return separated((*self._numbers(), *agreed, note))

    def _has_number(self) -> bool:
        return any(key in self.case.facts.answers for key in PHONES)

    def _numbers(self) -> list[str]:
        answers = self.case.facts.answers
        masked = [formats.masked_phone(str(answers[key])) for key in PHONES if key in answers]
        return self._full_numbers() or masked

    def _full_numbers(self) -> list[str]:
        return [formats.phone(self.case.numbers[key]) for key in PHONES if key in self.case.numbers]

    def _show_number(self) -> None:
        self.case.show_numbers(self)
