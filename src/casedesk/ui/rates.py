"""In Settings: what a unit of each currency is worth in taka, and what migrating may cost by law."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats
from casedesk.errors import Problem
from casedesk.fields import Field
from casedesk.i18n import _
from casedesk.services.rates import CostLimit, cost_limits, rates, set_cost_limit, set_rate
from casedesk.ui.form_sheet import declared
from casedesk.ui.kit.blocks import Card, group, setting
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import clear, column, row
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.values import Money


class Rates(QWidget):
    """What currencies are worth, over what migrating may cost."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self.rate, self.limit = RateAsked(here), LimitAsked(here)
        self.setLayout(column(self.rate, self.limit, gap=12))


class _Asked(QWidget):
    """A form for one more, and those in use. What is kept empties this form and no other."""

    def __init__(self, here: Here, title: str, hint: str, keep: str, fields: Sequence[tuple[str, Field]]) -> None:
        super().__init__()
        self.here = here
        self.form = Form(fields, today=here.desk.today(), columns=2)
        self.keep = button(keep, "primary", clicked=self._keep)
        card = Card(title)
        card.body.addWidget(PlainLabel(hint, "body", tone="text2", wrap=True))
        card.body.addWidget(self.form)
        card.body.addLayout(row(self.keep, None))
        self._known = column()
        self.setLayout(column(card, self._known, gap=12))
        self._look()

    def in_use(self) -> tuple[str, list[QWidget]]:
        """A title, and a line for each that counts now."""
        raise NotImplementedError

    def missing(self, values: Mapping[str, object]) -> dict[str, str]:
        """What has to be answered first, by key."""
        raise NotImplementedError

    def work(self, values: Mapping[str, Any]) -> tuple[Callable[[], None], str]:
        """What keeping does, and what is said then. Nothing is missing."""
        raise NotImplementedError

    def _look(self) -> None:
        clear(self._known)
        title, lines = self.in_use()
        if lines:
            self._known.addWidget(group(title, lines))

    def _keep(self) -> None:
        values = self.form.values()
        missing = self.missing(values)
        self.form.show_problems({key: [Problem(words)] for key, words in missing.items()})
        if self.form.ready() and not missing:
            work, said = self.work(values)
            self.here.jobs.write(self, work, partial(self._kept, said, values))

    def _kept(self, said: str, values: Mapping[str, object], _nothing: None) -> None:
        self.here.say(said)
        if self.form.values() == values:  # else somebody is writing the next one
            self.form.fill({})
        self._look()


class RateAsked(_Asked):
    """The rate of today of one currency."""

    def __init__(self, here: Here) -> None:
        hint = _("For estimates beside foreign amounts. What was written down in its own currency never changes.")
        fields = declared("exchange_rate", "currency", "taka", "source")
        super().__init__(here, _("Exchange rates"), hint, _("Keep this rate"), fields)

    def in_use(self) -> tuple[str, list[QWidget]]:
        with self.here.desk.read() as session:
            known = {code: minor for code, minor in rates(session).items() if code != "bdt"}
        return _("Rates in use"), [_line(code, minor) for code, minor in sorted(known.items())]

    def missing(self, values: Mapping[str, object]) -> dict[str, str]:
        taka, missing = values["exchange_rate.taka"], {}
        if not values["exchange_rate.currency"]:
            missing["exchange_rate.currency"] = _("Choose the currency.")
        if not isinstance(taka, Money) or taka.currency != "bdt" or taka.minor <= 0:
            missing["exchange_rate.taka"] = _("Write what one unit is worth in taka.")
        return missing

    def work(self, values: Mapping[str, Any]) -> tuple[Callable[[], None], str]:
        currency, taka, source = (values[f"exchange_rate.{name}"] for name in ("currency", "taka", "source"))
        return partial(set_rate, self.here.desk, currency, taka, source or ""), _("The rate is kept.")


class LimitAsked(_Asked):
    """The official limit of one country, from a day on."""

    def __init__(self, here: Here) -> None:
        hint = _(
            "The most that migrating to a country may cost by law, for any work. Reports measure by the limit of the"
            " day on which somebody left, and tell how many paid more."
        )
        fields = declared("official_cost_limit", "country", "amount", "valid_from", "source")
        super().__init__(here, _("Official limits of cost"), hint, _("Keep this limit"), fields)

    def in_use(self) -> tuple[str, list[QWidget]]:
        return _("Limits in use"), [_limit(each) for each in cost_limits(self.here.desk)]

    def missing(self, values: Mapping[str, object]) -> dict[str, str]:
        amount, missing = values["official_cost_limit.amount"], {}
        if not values["official_cost_limit.country"]:
            missing["official_cost_limit.country"] = _("Choose the country.")
        if not isinstance(amount, Money) or amount.minor <= 0:
            missing["official_cost_limit.amount"] = _("Write the most that it may cost.")
        return missing

    def work(self, values: Mapping[str, Any]) -> tuple[Callable[[], None], str]:
        country, amount, since, source = (
            values[f"official_cost_limit.{name}"] for name in ("country", "amount", "valid_from", "source")
        )
        work = partial(set_cost_limit, self.here.desk, country, amount, source or "", since)
        return work, _("The limit is kept.")


def _line(code: str, minor: int) -> QWidget:
    currency = codelists.get("currency")[code]
    one = _("One {currency} is {taka}").format(currency=currency.label, taka=formats.money(Money(minor, "bdt")))
    return setting(one, currency.extra["iso_4217"], None)


def _limit(limit: CostLimit) -> QWidget:
    country = codelists.get("destination_country").label(limit.country)
    since = _("Valid from {day}").format(day=formats.day(limit.since)) if limit.since is not None else ""
    beside = " · ".join(filter(None, (since, limit.source)))
    return setting(country, beside, PlainLabel(formats.money(limit.amount), "body"))
