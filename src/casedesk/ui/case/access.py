"""Whose the case is and who else may read it: in words, and the sheets that change it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from uuid import UUID

from casedesk.i18n import _
from casedesk.services import access
from casedesk.services.users import UserRow
from casedesk.services.words import BETWEEN
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.sheets import CaseSheet
from casedesk.ui.form_sheet import Saved, declared
from casedesk.ui.kit.blocks import labelled
from casedesk.ui.kit.choices import Combo, TickCard
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto


def access_facts(case: OpenCase) -> list[tuple[str, str]]:
    """Caseworker, supervisor and the people named, by name."""
    now = case.known.access
    names = {each.id: each.name for each in case.known.colleagues}
    found = [
        (_("Caseworker"), case.facts.owner),
        (_("Supervisor"), names.get(now.supervisor_id, "") if now.supervisor_id else ""),
        (_("People named on the case"), BETWEEN.join(name for each in now.named if (name := names.get(each, "")))),
    ]
    return [(label, words) for label, words in found if words]


def _active(case: OpenCase, fits: Callable[[Collection[str]], bool]) -> list[UserRow]:
    return [each for each in case.known.colleagues if each.active and fits(each.roles)]


class HandOverSheet(CaseSheet):
    """Gives the case to somebody else. Who may not open it from then on is led back to the list."""

    def __init__(self, case: OpenCase) -> None:
        self._seen = case.facts.owner_id
        others = [each for each in _active(case, access.may_own) if each.id != self._seen]
        self.names = {str(each.id): each.name for each in others}
        self.to = Combo([("", ""), *self.names.items()], name=_("New caseworker"))
        super().__init__(
            case,
            "sheet.hand_over",
            _("Hand over"),
            declared("status_event", "reason_text"),
            save=_("Hand over"),
            saved="",
            subtitle=_("What was planned goes along. You see the case only if your role still lets you."),
        )
        self.to.currentIndexChanged.connect(self.quiet)
        self.save_button.setEnabled(bool(others))

    def before_form(self) -> None:
        if not self.names:
            self.body.addWidget(PlainLabel(_("Nobody else here can take the case."), "body", wrap=True))
        self.body.addWidget(labelled(self.to))

    def save(self) -> None:
        to = self.to.value()
        if self.is_busy or not self.form.ready():
            return
        if not to:
            self.notice.say(_("Choose who takes the case over."))
            self.notice.show()
            self.to.setFocus()
            return
        reason = self.form.value("status_event.reason_text")
        desk = self.case.here.desk
        work = partial(access.hand_over, desk, self.case.id, UUID(to), str(reason or ""), seen=self._seen)
        self.busy(True)
        self.case.hand_over(self, work, done=partial(self._handed_over, to), failed=self._refused)

    def _handed_over(self, to: str, mine_still: bool) -> None:
        self._done(None)
        self.case.here.say(_("Handed over to {name}").format(name=self.names[to]))
        if mine_still:
            self.case.look_again()
        else:
            self.case.here.go(Goto("cases"))


class SupervisorSheet(CaseSheet):
    """Says who supervises the case."""

    def __init__(self, case: OpenCase) -> None:
        choices = [(str(each.id), each.name) for each in _active(case, access.may_supervise)]
        self._seen = case.known.access.supervisor_id
        self.who = Combo([("", _("Nobody in particular")), *choices], str(self._seen or ""), name=_("Supervisor"))
        super().__init__(
            case, "sheet.supervisor", _("Supervisor"), (), save=_("Save changes"), saved=_("Supervisor changed")
        )

    def before_form(self) -> None:
        self.body.addWidget(self.who)

    def work(self, values: Saved) -> Callable[[], object]:  # noqa: ARG002 - the choice is no form
        who = UUID(chosen) if (chosen := self.who.value()) else None
        return partial(access.set_supervisor, self.case.here.desk, self.case.id, who, seen=self._seen)


class NamedSheet(CaseSheet):
    """Says who else may read the case whole."""

    def __init__(self, case: OpenCase) -> None:
        self._named = set(case.known.access.named)
        others = [each for each in _active(case, access.may_be_named) if each.id != case.facts.owner_id]
        self.cards = {each.id: TickCard(each.name) for each in others}
        for user_id, card in self.cards.items():
            card.setChecked(user_id in self._named)
        super().__init__(
            case,
            "sheet.named",
            _("People named on the case"),
            (),
            save=_("Save changes"),
            saved=_("People named on the case changed"),
            subtitle=_("They may open the case and read what is restricted."),
        )
        self.save_button.setEnabled(bool(others))

    def before_form(self) -> None:
        if not self.cards:
            self.body.addWidget(PlainLabel(_("There is nobody else here who reads cases."), "body", wrap=True))
        for card in self.cards.values():
            self.body.addWidget(card)

    def work(self, values: Saved) -> Callable[[], object]:  # noqa: ARG002 - the ticks are no form
        ticked = {user_id for user_id, card in self.cards.items() if card.isChecked()}
        unticked = self._named & self.cards.keys() - ticked
        return partial(access.name_people, self.case.here.desk, self.case.id, ticked - self._named, unticked)
