"""What currencies are worth, and what migrating may cost by law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import ExchangeRate, OfficialCostLimit
from casedesk.services.permissions import needs
from casedesk.values import Money


def rates(session: Session) -> Mapping[str, int]:
    """Minor units of taka for one whole unit of each currency, by the newest rate known; where computers set one on
    the same day, the same of them on each, and in reports."""
    wanted = select(ExchangeRate.currency, ExchangeRate.taka).where(ExchangeRate.removed_at.is_(None))
    found = session.execute(wanted.order_by(ExchangeRate.on, ExchangeRate.id.desc()))
    return {currency: taka.minor for currency, taka in found if currency and taka} | {"bdt": 100}


@needs("office.rates")
def set_rate(desk: Desk, currency: str, taka: Money, source: str = "") -> None:
    """Say what one unit of a currency is worth today; what was said of today before is put right."""
    with desk.write("office.set_rate") as session:
        of_today = (ExchangeRate.currency == currency, ExchangeRate.on == desk.today())
        wanted = select(ExchangeRate).where(*of_today, ExchangeRate.removed_at.is_(None)).order_by(ExchangeRate.id)
        rate = session.scalars(wanted).first()
        if rate is None:
            rate = ExchangeRate(currency=currency, on=desk.today())
            session.add(rate)
        rate.taka, rate.source = taka, source or None


@dataclass(frozen=True, slots=True)
class CostLimit:
    """The most that migrating to a country may cost by law: for whoever left on this day or later, until the next."""

    country: str
    since: date | None  # nothing: from ever
    amount: Money
    source: str


@needs("office.view")
def cost_limits(desk: Desk) -> list[CostLimit]:
    """The limits for any work, by country and day."""
    with desk.read() as session:
        rows = session.scalars(_LIMITS.order_by(OfficialCostLimit.id.desc()))
        found = {(row.country, row.valid_from): row for row in rows}  # of two computers' words the one reports take
    limits = [
        CostLimit(country, since, row.amount, row.source or "")
        for (country, since), row in found.items()
        if country is not None and row.amount is not None
    ]
    return sorted(limits, key=lambda each: (each.country, each.since or date.min))


@needs("office.rates")
def set_cost_limit(desk: Desk, country: str, amount: Money, source: str = "", since: date | None = None) -> None:
    """Say what migrating to a country may cost at most; what was said of the same day before is put right, in reports
    too. A new law begins on a day of its own, so that who left before is measured by the old one."""
    with desk.write("office.set_cost_limit") as session:
        same_day = (OfficialCostLimit.country == country, OfficialCostLimit.valid_from.is_not_distinct_from(since))
        limit = session.scalars(_LIMITS.where(*same_day).order_by(OfficialCostLimit.id)).first()
        if limit is None:
            limit = OfficialCostLimit(country=country, valid_from=since)
            session.add(limit)
        limit.amount, limit.source, limit.set_by = amount, source or None, desk.actor.id


_LIMITS = select(OfficialCostLimit).where(
    OfficialCostLimit.removed_at.is_(None), OfficialCostLimit.occupation.is_(None)
)
