"""Consent, purpose by purpose: how and when, asking again, and taking back with its effects said before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.fields import Field
from casedesk.i18n import _, ngettext
from casedesk.services import consents
from casedesk.services.clock import clock_is_wrong
from casedesk.services.consents import AffectedReferral, ConsentNow, ConsentStep, Effects, RecordConsent
from casedesk.sync import withdrawing
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import CardPart, separated
from casedesk.ui.case.sheets import CaseSheet, line, lines
from casedesk.ui.form_sheet import Saved, declared
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel, section_title

SIGNS = {"given": ("yes", "ok"), "expired": ("ask", "warn"), "refused": ("no", "danger"), "withdrawn": ("no", "danger")}
NOT_ASKED = "none"
AGREED_FIRST = ("given", "expired", "refused", "withdrawn")


def short_words(consent: ConsentNow) -> str:
    """How a consent stands in one or two words, for the overview."""
    match consent.status:
        case "given":
            return codelists.get("consent_method").label(consent.method)
        case "expired":
            return _("ask again")
        case status:
            return codelists.get("consent_answer").label(status)


def _step_words(step: ConsentStep) -> str:
    answer = codelists.get("consent_answer").label(step.answer)
    method = codelists.get("consent_method").label(step.method)
    giver = codelists.get("consent_giver").label(step.giver) if step.giver not in (None, "self") else ""
    when = formats.moment(step.at) if step.at else ""
    return separated((answer, method, giver, when, step.by))


def scope_label(scope: str, *, struck: bool = False) -> PlainLabel:
    """The purpose in words; struck through when it was taken back."""
    label = PlainLabel(codelists.get("consent_scope").label(scope), "label", wrap=True, tone="muted" if struck else "")
    if struck:
        font = label.font()
        font.setStrikeOut(True)
        label.setFont(font)
        label.setAccessibleName(_("{purpose}, taken back").format(purpose=label.text()))
    return label


class ConsentPart(CardPart):
    """Every purpose that was asked, with its history, and those that were not."""

    def __init__(self, case: OpenCase, open_sheet: Callable[[Sheet], object]) -> None:
        super().__init__(case)
        self._open_sheet = open_sheet

    def edit(self) -> None:
        if self._may():
            self._open_sheet(ConsentSheet(self.case))

    def _may(self) -> bool:
        return self.case.may("case.consent")

    def _card(self) -> Card:
        card, rows = row_card(_("Consent"))
        if self._may():
            card.head.addWidget(button(_("Ask again"), "soft", "ask", size="s", keys="E", clicked=self.edit))
        asked = sorted(self.case.known.consents, key=lambda each: AGREED_FIRST.index(each.status))
        for each in asked:
            rows.add(self._row(each))
        left = [row.label for row in codelists.get("consent_scope") if row.code not in {c.scope for c in asked}]
        if left:
            words = PlainLabel(_("Not asked yet: {list}").format(list=" · ".join(left)), "caption", wrap=True)
            words.setContentsMargins(16, 10, 16, 8)
            rows.addWidget(words)
        return card

    def _row(self, consent: ConsentNow) -> QHBoxLayout:
        icon, tone = SIGNS.get(consent.status, ("ask", "warn"))
        said = column(scope_label(consent.scope, struck=consent.status == "withdrawn"), gap=1)
        for step in consent.history:
            said.addWidget(PlainLabel(_step_words(step), "caption", wrap=True))
        if consent.status == "expired" and consent.expires_on:
            text = _("This agreement ended on {day}. Ask again.").format(day=formats.day(consent.expires_on))
            said.addWidget(PlainLabel(text, "caption", tone="warn", wrap=True))
        if consent.limits:
            said.addWidget(PlainLabel(_("Limits: {limits}").format(limits=consent.limits), "caption", wrap=True))
        inside = row(column(Icon(icon, tone), None), said, gap=10, margins=(16, 7, 12, 7))
        inside.setStretch(1, 1)
        if consent.status == "given" and self._may():
            inside.addWidget(self._take_back(consent), 0, Qt.AlignmentFlag.AlignTop)
        return inside

    def _take_back(self, consent: ConsentNow) -> QWidget:
        made = button(_("Take back"), "ghost", size="s", clicked=partial(self._ask_back, consent.scope))
        purpose = codelists.get("consent_scope").label(consent.scope)
        made.setAccessibleName(_("Take back: {purpose}").format(purpose=purpose))
        return made

    def _ask_back(self, scope: str) -> None:
        work = partial(consents.effects_of_withdrawal, self.case.here.desk, self.case.id, scope)
        self.case.here.jobs.run(self, work, done=self._show_effects)

    def _show_effects(self, effects: Effects) -> None:
        self._open_sheet(WithdrawSheet(self.case, effects))


class ConsentSheet(CaseSheet):
    """One asking: yes or no for each purpose that was asked, and how it was given."""

    def __init__(self, case: OpenCase) -> None:
        now = {each.scope: each for each in case.known.consents}
        self.answers: dict[str, Segmented] = {}
        options = [(NOT_ASKED, _("Not asked")), ("given", _("Yes")), ("refused", _("No"))]
        kept = case.typed.get("sheet.consent", {}).get("answers", {})
        self._rows: list[QWidget] = []
        for each in codelists.get("consent_scope"):
            choice = Segmented(options, kept.get(each.code, NOT_ASKED), each.label)
            choice.chosen.connect(self._keep)
            self.answers[each.code] = choice
            words = each.label
            if each.code in now:
                said = codelists.get("consent_status").label(now[each.code].status)
                words = _("{purpose} ({now})").format(purpose=words, now=said)
            self._rows.append(line(words, choice))
        super().__init__(
            case,
            "sheet.consent",
            _("Ask about consent"),
            _asking_fields(case),
            save=_("Save answers"),
            saved=_("Consent recorded"),
            subtitle=_("Read aloud. Every yes can be taken back, and a no never costs help."),
            columns=2,
            width=720,
            start={"consent.giver": "self"},
        )

    def before_form(self) -> None:
        self.body.addLayout(column(*self._rows, gap=2))
        self.body.addWidget(section_title(_("How it was given")))

    def _keep(self, _chosen: object = None) -> None:
        super()._keep()
        said = {scope: choice.value() for scope, choice in self.answers.items() if choice.value() != NOT_ASKED}
        if said:
            self.case.typed.keep(self.code, {**self.case.typed.get(self.code, {}), "answers": said})

    def save(self) -> None:
        self.day_first("consent.given_on")

    def work(self, values: Saved) -> Callable[[], object]:
        said = {scope: choice.value() for scope, choice in self.answers.items() if choice.value() != NOT_ASKED}
        how: dict[str, Any] = {key.partition(".")[2]: value for key, value in values.items()}
        return partial(withdrawing.record_consent, self.case.here.desk, self.case.id, RecordConsent(said, **how))


def _asking_fields(case: OpenCase) -> list[tuple[str, Field]]:
    fields = declared("consent", "method", "giver", "language", "giver_name", "witness")
    if clock_is_wrong(case.here.desk):  # then the program fills in no day
        fields = [*declared("consent", "given_on"), *fields]
    return [*fields, *declared("consent", "child_assent")] if case.facts.is_minor else fields


class WithdrawSheet(Sheet):
    """Says what taking a consent back will do, and does it."""

    def __init__(self, case: OpenCase, effects: Effects) -> None:
        purpose = codelists.get("consent_scope").label(effects.scope)
        super().__init__(case.page, _("Take this consent back?"), purpose, width=600)
        self.case, self._effects = case, effects
        self.body.addWidget(lines(*_effect_words(effects)))
        self.cancel_button = button(_("Keep it"), clicked=self.dismiss)
        self.save_button = button(_("Take back"), "confirm", clicked=self.save)
        self.foot.addStretch(1)
        self.foot.addWidget(self.cancel_button)
        self.foot.addWidget(self.save_button)

    def save(self) -> None:
        """Take the consent back, with its effects."""
        if self.is_busy:
            return
        self.busy(True)
        work = partial(withdrawing.withdraw, self.case.here.desk, self.case.id, self._effects.scope)
        self.case.write(self, work, _("Consent taken back"), done=self._done, failed=self._refused)

    def _done(self, _effects: object) -> None:
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self.busy(False)
        if isinstance(error, CaseDeskError) and not isinstance(error, InvalidInput):
            self.subtitle.setText(f"{error.message} {error.hint}")
        else:
            show_error(self, error)


def _effect_words(effects: Effects) -> list[str]:
    """What will happen, one sentence each."""
    said = [_("This referral is stopped: {referral}.").format(referral=_named(each)) for each in effects.cancelled]
    said += [
        _("{referral} has been sent. A task is planned: tell the partner to stop using the data.").format(
            referral=_named(each)
        )
        for each in effects.to_tell
    ]
    if effects.papers:
        words = ngettext(
            "{count} paper was given out by this consent. A task is planned: ask for it back.",
            "{count} papers were given out by this consent. A task is planned: ask for them back.",
            effects.papers,
        )
        said.append(words.format(count=formats.number(effects.papers)))
    if effects.erasure:
        said.append(_("A task is planned for today: handle the request to erase the data."))
    said.append(_("The answer of before stays in the history. Nothing else changes, and help goes on."))
    return said


def _named(referral: AffectedReferral) -> str:
    service = codelists.get("service_type").label(referral.service)
    return separated((service, referral.provider, referral.number))
