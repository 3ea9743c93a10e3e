"""In Settings: what a unit of each currency is worth in taka, and what migrating may cost by law."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.models import ExchangeRate, OfficialCostLimit, Recorded, fields_of
from casedesk.services.rates import CostLimit, cost_limits, rates, set_cost_limit, set_rate
from casedesk.ui.kit.blocks import Card, group, setting
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import clear, row
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.values import Money


class Rates(QWidget):
    """A form for the rate of today and one for the limit of a country, each with those in use."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(12)
        self._show()

    def _show(self) -> None:
        clear(self._inside)
        hint = _("For estimates beside foreign amounts. What was written down in its own currency never changes.")
        self.form = self._form(ExchangeRate, "currency", "taka", "source")
        self.keep = button(_("Keep this rate"), "primary", clicked=self._keep)
        self._inside.addWidget(_card(_("Exchange rates"), hint, self.form, self.keep))
        with self._here.desk.read() as session:
            known = {code: minor for code, minor in rates(session).items() if code != "bdt"}
        if known:
            lines = [_line(code, minor) for code, minor in sorted(known.items())]
            self._inside.addWidget(group(_("Rates in use"), lines))
        hint = _(
            "The most that migrating to a country may cost by law, for any work. Reports measure by the limit of the"
            " day on which somebody left, and tell how many paid more."
        )
        self.limit_form = self._form(OfficialCostLimit, "country", "amount", "valid_from", "source")
        self.keep_limit = button(_("Keep this limit"), "primary", clicked=self._keep_limit)
        self._inside.addWidget(_card(_("Official limits of cost"), hint, self.limit_form, self.keep_limit))
        limits = cost_limits(self._here.desk)
        if limits:
            self._inside.addWidget(group(_("Limits in use"), [_limit(each) for each in limits]))

    def _form(self, model: type[Recorded], *names: str) -> Form:
        declared = fields_of(model)
        wanted = [(f"{model.__tablename__}.{name}", declared[name]) for name in names]
        return Form(wanted, today=self._here.desk.today(), columns=2)

    def _keep(self) -> None:
        values = self.form.values()
        currency, taka = values["exchange_rate.currency"], values["exchange_rate.taka"]
        problems: dict[str, list[Problem]] = {}
        if not currency:
            problems["exchange_rate.currency"] = [Problem(_("Choose the currency."))]
        if not isinstance(taka, Money) or taka.currency != "bdt" or taka.minor <= 0:
            problems["exchange_rate.taka"] = [Problem(_("Write what one unit is worth in taka."))]
        self.form.show_problems(problems)
        if problems or not isinstance(taka, Money) or not self.form.ready():
            return
        source = str(values["exchange_rate.source"] or "")
        work = partial(set_rate, self._here.desk, str(currency), taka, source)
        self._here.jobs.write(self, work, partial(self._kept, _("The rate is kept.")))

    def _keep_limit(self) -> None:
        values = self.limit_form.values()
        country, amount = values["official_cost_limit.country"], values["official_cost_limit.amount"]
        problems: dict[str, list[Problem]] = {}
        if not country:
            problems["official_cost_limit.country"] = [Problem(_("Choose the country."))]
        if not isinstance(amount, Money) or amount.minor <= 0:
            problems["official_cost_limit.amount"] = [Problem(_("Write the most that it may cost."))]
        self.limit_form.show_problems(problems)
        if problems or not isinstance(amount, Money) or not self.limit_form.ready():
            return
        source, since = str(values["official_cost_limit.source"] or ""), values["official_cost_limit.valid_from"]
        said = (str(country), amount, source, since if isinstance(since, date) else None)
        work = partial(set_cost_limit, self._here.desk, *said)
        self._here.jobs.write(self, work, partial(self._kept, _("The limit is kept.")))

    def _kept(self, words: str, _nothing: None) -> None:
        self._here.say(words)
        self._show()


def _card(title: str, hint: str, form: Form, keep: QWidget) -> Card:
    card = Card(title)
    for each in (PlainLabel(hint, "body", tone="text2", wrap=True), form):
        card.body.addWidget(each)
    card.body.addLayout(row(keep, None))
    return card


def _line(code: str, minor: int) -> QWidget:
    currency = codelists.get("currency")[code]
    one = _("One {currency} is {taka}").format(currency=currency.label, taka=formats.money(Money(minor, "bdt")))
    return setting(one, currency.extra["iso_4217"], None)


def _limit(limit: CostLimit) -> QWidget:
    country = codelists.get("destination_country").label(limit.country)
    since = _("Valid from {day}").format(day=formats.day(limit.since)) if limit.since is not None else ""
    beside = " · ".join(filter(None, (since, limit.source)))
    return setting(country, beside, PlainLabel(formats.money(limit.amount), "body"))
