"""Erasing what a case says of a person: what goes, what stays, why, and who signs."""

from __future__ import annotations

from functools import partial

from casedesk import formats
from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.i18n import _, ngettext
from casedesk.services.erasure import WouldGo
from casedesk.services.words import BETWEEN
from casedesk.sync import withdrawing
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.sheets import lines
from casedesk.ui.kit.blocks import Banner, labelled
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel, section_title
from casedesk.ui.passphrases import SecondPerson, plain_line


class EraseSheet(Sheet):
    """Says what would be erased and what stays, asks why, and does it."""

    def __init__(self, case: OpenCase, would: WouldGo) -> None:
        told = _("The person asked for it. It cannot be undone. Tell them what goes and what stays.")
        super().__init__(case.page, _("Erase what this case says of the person?"), told, width=640)
        self.case, self._would = case, would
        self.notice = Banner("danger", "")
        self.notice.hide()
        self.reason = plain_line("erase_reason", _("Why it is erased, without names"))
        name = _("Sign-in name of a colleague who may open the case")
        self.second = SecondPerson(name, _("Passphrase of the colleague"))
        self._lay_out()

    def _lay_out(self) -> None:
        self.body.addWidget(self.notice)
        self.body.addWidget(section_title(_("What goes")))
        self.body.addWidget(lines(*_going(self._would)))
        self.body.addWidget(section_title(_("What stays")))
        self.body.addWidget(lines(*_staying(self._would)))
        self.body.addWidget(labelled(self.reason))
        if self._would.takes_two:
            words = _("Erasing takes two people: you recorded the withdrawal yourself.")
            self.body.addWidget(PlainLabel(words, "body", wrap=True))
        else:
            self.second.hide()
        self.body.addWidget(self.second)
        self.cancel_button = button(_("Keep it"), clicked=self.dismiss)
        self.safe = self.cancel_button
        self.save_button = button(_("Erase"), "confirm", clicked=self.save)
        self.foot.addStretch(1)
        self.foot.addWidget(self.cancel_button)
        self.foot.addWidget(self.save_button)

    def save(self) -> None:
        """Erase it, once it is said why."""
        if self.is_busy:
            return
        reason = self.reason.text().strip()
        if not reason:
            self._say(_("Say why in a few words."), "")
            self.reason.setFocus()
            return
        self.busy(True)
        work = partial(withdrawing.erase, self.case.here.desk, self.case.id, reason, self.second.said())
        self.case.write(self, work, _("Erased"), done=self._done, failed=self._refused)

    def _done(self, _nothing: object) -> None:
        self.case.typed.clear()  # what was typed and not saved is gone from the vault, and must not come again
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self.busy(False)
        self.second.passphrase.clear()
        if not isinstance(error, CaseDeskError) or isinstance(error, InvalidInput):
            show_error(self, error)
            return
        self._say(error.message, error.hint)

    def _say(self, words: str, hint: str) -> None:
        self.notice.say(words, hint)
        self.notice.show()
        self.reveal(self.notice)


def _going(would: WouldGo) -> list[str]:
    records = [
        _("{what} ({count})").format(what=what, count=formats.number(count)) for what, count in would.records.items()
    ]
    return [
        _("All words, names, numbers and documents in: {records}.").format(records=BETWEEN.join(records)),
        _("Every earlier answer in the history, the reasons written with it, and what was typed and not saved."),
        _("Here it goes at once, at the central office by an order, and at colleagues’ computers when they exchange."),
    ]


def _staying(would: WouldGo) -> list[str]:
    said = [_("Number and code of the case, its steps, whose it was, what was agreed to, and when what was given out.")]
    if would.counted:
        said.append(_("Codes, dates and amounts for reports, without words: the person agreed to be counted."))
    if would.given_out:
        words = ngettext(
            "{count} copy that was given out is out of reach of this program.",
            "{count} copies that were given out are out of reach of this program.",
            would.given_out,
        )
        said.append(words.format(count=formats.number(would.given_out)))
    said.append(_("What another case of the person needs, if there is one that is kept."))
    said.append(_("Older backups hold it until newer ones take their place; one that is restored forgets it again."))
    return said
