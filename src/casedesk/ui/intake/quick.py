"""Quick register: the least that opens a case, on one page."""

from __future__ import annotations

from casedesk.i18n import _
from casedesk.services.answers import Answers
from casedesk.services.intake_views import REQUIRED_CONSENT
from casedesk.services.sections import QUICK
from casedesk.ui.intake.asking import FLAGS, GUARDIAN, NO_FLAGS
from casedesk.ui.intake.consent import read_aloud
from casedesk.ui.intake.parts import Asking, ConsentEdit, Part, without_labels
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.chosen import CodeChips
from casedesk.ui.kit.texts import PlainLabel

SAFE_CONTACT = "person.safe_contact_rule"
OF_A_CHILD = ("consent.giver", "consent.giver_name", *GUARDIAN)


class QuickPart(Part):
    """The questions of `sections.QUICK`. A phone asks whether it is safe, an age under 18 asks for the guardian."""

    def __init__(self, asking: Asking, answers: Answers) -> None:
        super().__init__(asking, not_now=False)
        self._answers = answers
        aloud = Card(kind="pace", dense=True)
        aloud.body.addWidget(PlainLabel(read_aloud(), "body", wrap=True))
        self.add(aloud)
        required = dict.fromkeys(REQUIRED_CONSENT, ConsentEdit)
        self.add(without_labels(self.form(REQUIRED_CONSENT, columns=1, editors=required)))
        keys = [key for key in QUICK.keys if key not in (*REQUIRED_CONSENT, FLAGS, NO_FLAGS)]
        last = keys.index("case.priority")
        after_phone = keys.index("person.phone_1") + 1
        asked = [*keys[:after_phone], SAFE_CONTACT, *OF_A_CHILD, *keys[after_phone:last]]
        self.add(self.form(asked, columns=2, editors={SAFE_CONTACT: CodeChips}))
        self.add(PlainLabel(_("Safety"), "section"))
        self.add(self.form((NO_FLAGS, FLAGS), columns=1))
        self.add(self.form(keys[last:], columns=2))
        self.body.addStretch(1)

    def asks(self, key: str, answers: Answers) -> bool:
        if key == SAFE_CONTACT:
            return "person.phone_1" in answers or SAFE_CONTACT in answers
        if key in OF_A_CHILD and not super().asks(GUARDIAN[0], answers):
            return False
        return super().asks(key, answers)
