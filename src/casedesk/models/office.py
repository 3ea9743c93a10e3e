"""The centre, its computers, its people and its settings held as data (DOMAIN 4.41)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from casedesk.fields import Ask
from casedesk.i18n import N_
from casedesk.models.base import Recorded
from casedesk.models.columns import code, codes, count, day, line, lines, money, reference, tick
from casedesk.values import Money


class Centre(Recorded):
    """The office that works with this vault."""

    __tablename__ = "centre"
    label = N_("Centre")

    name_bn: Mapped[str | None] = line(N_("Name in Bangla"), ask=Ask.REGISTER)
    name_en: Mapped[str | None] = line(N_("Name in English"), ask=Ask.REGISTER)
    district: Mapped[str | None] = code("bd_district", N_("District"), ask=Ask.REGISTER)
    address: Mapped[str | None] = line(N_("Address"), ask=Ask.INTAKE)
    phone: Mapped[str | None] = line(N_("Phone"), ask=Ask.INTAKE, longest=40)
    retention_years: Mapped[int | None] = count(N_("Years to keep closed cases"), most=100)
    triage_wage_percent: Mapped[int | None] = count(N_("Underpaid means at most, percent"), most=100)
    triage_money_lost: Mapped[Money | None] = money(N_("A clear loss to a recruiter is at least"))
    hidden_codes: Mapped[list[str] | None] = lines(N_("Codes not offered"), ask=Ask.PROGRAM)
    practice: Mapped[bool | None] = tick(N_("Practice centre"), ask=Ask.PROGRAM)
    code: Mapped[str | None] = line(
        N_("Three letters"), ask=Ask.REGISTER, longest=3
    )  # last: the name covers the constructor


class Device(Recorded):
    """One installation; its two characters stand in the case numbers it gives."""

    __tablename__ = "device"
    label = N_("Computer")

    code: Mapped[str | None] = line(N_("Two characters"), ask=Ask.REGISTER, longest=2)


class User(Recorded):
    """Somebody who can sign in. The passphrase is not here: it opens a slot of the keys file."""

    __tablename__ = "user"
    label = N_("User")

    name: Mapped[str | None] = line(N_("Name"), ask=Ask.REGISTER)
    sign_in_name: Mapped[str | None] = line(N_("Sign-in name"), ask=Ask.REGISTER, longest=60)
    roles: Mapped[list[str] | None] = codes("user_role", N_("Roles"), ask=Ask.REGISTER)
    team: Mapped[str | None] = line(N_("Team"), longest=40)
    language: Mapped[str | None] = line(N_("Language"), ask=Ask.PROGRAM, longest=2)
    slot: Mapped[str | None] = line(N_("Key slot"), ask=Ask.PROGRAM, longest=16)
    active: Mapped[bool | None] = tick(N_("May sign in"), ask=Ask.PROGRAM)


class ExchangeRate(Recorded):
    """What one unit of a currency is worth in taka, in minor units of taka."""

    __tablename__ = "exchange_rate"
    label = N_("Exchange rate")

    currency: Mapped[str | None] = code("currency", N_("Currency"), ask=Ask.REGISTER)
    taka: Mapped[Money | None] = money(N_("One unit is"), ask=Ask.REGISTER)
    on: Mapped[date | None] = day(N_("On"), ask=Ask.REGISTER)
    source: Mapped[str | None] = line(N_("Source"))


class OfficialCostLimit(Recorded):
    """The most that migrating to a country may cost by law."""

    __tablename__ = "official_cost_limit"
    label = N_("Official limit of cost")

    country: Mapped[str | None] = code("destination_country", N_("Country"), ask=Ask.REGISTER)
    occupation: Mapped[str | None] = code("occupation", N_("Work"))
    amount: Mapped[Money | None] = money(N_("At most"), ask=Ask.REGISTER)
    valid_from: Mapped[date | None] = day(N_("Valid from"))
    valid_to: Mapped[date | None] = day(N_("Valid until"))
    source: Mapped[str | None] = line(N_("Source"))
    set_by: Mapped[UUID | None] = reference(N_("Set by"), index=False)
