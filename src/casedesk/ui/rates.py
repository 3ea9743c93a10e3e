"""In Settings: what a unit of each currency is worth in taka."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.models import ExchangeRate, fields_of
from casedesk.services import office
from casedesk.ui.kit.blocks import group, setting
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import block, clear, column, row
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.values import Money


class Rates(QWidget):
    """A form for the rate of today, and the rates in use."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(12)
        self._show()

    def _show(self) -> None:
        clear(self._inside)
        declared = fields_of(ExchangeRate)
        wanted = [(f"exchange_rate.{name}", declared[name]) for name in ("currency", "taka", "source")]
        self.form = Form(wanted, today=self._here.desk.today(), columns=2)
        self.keep = button(_("Keep this rate"), "primary", clicked=self._keep)
        hint = _("For estimates beside foreign amounts. What was written down in its own currency never changes.")
        words = PlainLabel(hint, "body", tone="text2", wrap=True)
        inside = column(words, self.form, row(self.keep, None), gap=12, margins=(16, 14, 16, 16))
        self._inside.addWidget(block("card", inside))
        with self._here.desk.read() as session:
            known = {code: minor for code, minor in office.rates(session).items() if code != "bdt"}
        if known:
            lines = [_line(code, minor) for code, minor in sorted(known.items())]
            self._inside.addWidget(group(_("Rates in use"), lines))

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
        work = partial(office.set_rate, self._here.desk, str(currency), taka, source)
        self._here.jobs.write(self, work, self._kept)

    def _kept(self, _nothing: None) -> None:
        self._here.say(_("The rate is kept."))
        self._show()


def _line(code: str, minor: int) -> QWidget:
    currency = codelists.get("currency")[code]
    one = _("One {currency} is {taka}").format(currency=currency.label, taka=formats.money(Money(minor, "bdt")))
    return setting(one, currency.extra["iso_4217"], None)
