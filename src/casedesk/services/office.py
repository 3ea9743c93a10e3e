"""The office: setting up a centre, signing in, users and their passphrases, rates and limits."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk import formats, i18n
from casedesk.desk import NOBODY, Actor, Clock, Desk, now
from casedesk.errors import CaseDeskError, Conflict, InvalidInput, NotAllowed, NotFound, Problem
from casedesk.formats import DHAKA
from casedesk.i18n import _
from casedesk.models import (
    Centre,
    Chain,
    Change,
    Device,
    ExchangeRate,
    Membership,
    OfficialCostLimit,
    Operation,
    Preference,
    User,
)
from casedesk.progress import Progress, silent
from casedesk.services import backups, ways_in
from casedesk.services.edits import apply_edits
from casedesk.services.permissions import needs
from casedesk.services.slots import slot_of, user_of
from casedesk.services.triage import Thresholds
from casedesk.storage import installation, keys, vault
from casedesk.storage.chain import begin_chain
from casedesk.storage.checking import Findings, check
from casedesk.storage.keys import Cost
from casedesk.storage.passphrases import passphrase_problem
from casedesk.storage.recorder import NEWEST_SURE, Act, own_chain
from casedesk.storage.recovery_key import RecoveryKey, new_recovery_key
from casedesk.storage.store import Store, VaultDamaged
from casedesk.values import Money

DEVICE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
READING_ROLES = frozenset(("caseworker", "shelter_staff", "counsellor", "legal_officer", "supervisor", "coordinator"))
KEEPING_ROLES = frozenset(("data_officer", "administrator"))
ALONE = ("administrator", "caseworker", "coordinator", "supervisor")  # a centre with one user combines them
_SIGN_IN: Final = "office.sign_in"
RELEASED: Final = date(2026, 5, 1)  # a computer that says it is earlier is wrong
AN_HOUR: Final = 60 * 60 * 1000
FAR_AHEAD: Final = 400 * 24 * AN_HOUR  # an office that was closed longer is asked for the day
ComputerClock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class NewCentre:
    """What set-up asks. The passphrase is the first user's."""

    code: str
    name_en: str
    name_bn: str
    district: str
    user_name: str
    sign_in_name: str
    passphrase: str
    language: str = "bn"
    address: str = ""
    phone: str = ""
    practice: bool = False


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """What papers and the window say of the centre."""

    code: str
    name_en: str
    name_bn: str
    district: str
    address: str
    phone: str
    practice: bool
    device: str

    @property
    def name(self) -> str:
        first, second = i18n.spoken_first(self.name_bn, self.name_en)
        return first or second

    @property
    def invented(self) -> str:
        """What every paper and file of a practice centre says of the people on it; nothing where they live."""
        return _("Practice: the people are invented") if self.practice else ""


@dataclass(frozen=True, slots=True)
class UserRow:
    """Somebody who works or worked here. Who came with another laptop waits until an administrator decides."""

    id: UUID
    name: str
    sign_in_name: str  # known of who was added here
    roles: tuple[str, ...]
    team: str
    active: bool
    waits: bool = False
    signs_in_here: bool = False  # there is a passphrase for them at this computer


class NeverSetUp(CaseDeskError):
    """Setting up was cut short before the centre was written."""

    def __init__(self) -> None:
        super().__init__(
            _("Setting up this computer was cut short."),
            hint=_("Nobody was registered yet, so nothing is lost. Remove the folder of the vault and set up again."),
        )


def set_up(
    folder: Path, centre: NewCentre, cost: Cost, clock: ComputerClock = now, *, device: str | None = None
) -> tuple[Desk, RecoveryKey]:
    """Make a vault for a new centre with its first user. Returns the signed-in desk and the recovery key."""
    _refuse_passphrase(
        centre.passphrase, [centre.code, centre.name_en, centre.name_bn, centre.user_name, centre.sign_in_name]
    )
    opened, recovery, slot = vault.create_vault(
        folder, sign_in_name=centre.sign_in_name, passphrase=centre.passphrase, cost=cost
    )
    with vault.or_closed(opened):
        backups.bring_up_to_date(opened, clock())
        store = Store(opened)
        user = User(
            name=centre.user_name,
            sign_in_name=centre.sign_in_name,
            roles=list(ALONE),
            team=None,
            language=centre.language,
            slot=slot.hex(),
            active=True,
        )
        with store.local() as session:
            begin_chain(session)
        installation.begin(store)
        ways_in.keep(store)
        with store.write(Act("office.set_up", user.id), clock) as session:
            session.add_all(
                (
                    Centre(
                        code=centre.code.upper(),
                        name_en=centre.name_en or None,
                        name_bn=centre.name_bn or None,
                        district=centre.district,
                        address=centre.address or None,
                        phone=centre.phone or None,
                        retention_years=7,
                        triage_wage_percent=80,
                        triage_money_lost=Money(5_000_000, "bdt"),
                        practice=True if centre.practice else None,
                    ),
                    Device(code=device or "".join(secrets.choice(DEVICE_LETTERS) for _place in range(2))),
                    user,
                )
            )
        return _desk(store, slot, clock), recovery


def sign_in(folder: Path, sign_in_name: str, passphrase: str, clock: ComputerClock = now) -> Desk:
    """Open the vault and return the desk of this user. No network, ever."""
    opened = vault.unlock(folder, sign_in_name, passphrase)
    return _opened(opened, opened.slot, _SIGN_IN, clock)


def recover(
    folder: Path, recovery_text: str, sign_in_name: str, passphrase: str, cost: Cost, clock: ComputerClock = now
) -> tuple[Desk, RecoveryKey]:
    """Open the vault with the recovery key, give the user a new passphrase, and make a new recovery key.

    Who was added at another computer gets a first one here: else nobody could look after a computer whose own
    administrator has left.
    """
    _refuse_passphrase(passphrase, [sign_in_name])
    opened = vault.unlock_with_recovery(folder, recovery_text)
    with vault.or_closed(opened):
        slot = opened.keys.of_user(sign_in_name)
        if slot is not None:
            vault.replace_user_slot(opened, slot, passphrase, cost)
            slot_id = slot.id
        else:
            backups.migrate_safely(opened, clock())
            user = _colleague_called(opened, sign_in_name)
            slot_id = vault.add_user_slot(
                opened, sign_in_name, passphrase, cost, slot_id=keys.slot_for(opened.store, user.bytes)
            )
        desk = _opened(opened, slot_id, "office.recovered", clock)
        recovery = vault.new_recovery(opened)
        ways_in.keep(desk.store)
        return desk, recovery


def _colleague_called(opened: vault.Vault, sign_in_name: str) -> UUID:
    """The one of this name whom no passphrase lets in here; of several the one who was added at this computer."""
    tag = keys.name_tag(opened.store, sign_in_name)
    with Store(opened).read() as session:
        found = [
            user.id
            for user in session.scalars(select(User).where(User.active.is_(True), User.removed_at.is_(None)))
            if keys.name_tag(opened.store, user.sign_in_name or "") == tag and slot_of(opened, user) is None
        ]
        if len(found) > 1:
            found = [each for each in found if _was_added_here(session, each)]
    if len(found) != 1:
        raise keys.SignInNameUnknown
    return found[0]


def _was_added_here(session: Session, user: UUID) -> bool:
    """Whether the first that is known of a user was written at this computer."""
    first = select(func.min(Change.operation_seq)).where(Change.record == user, Change.table == User.__tablename__)
    wrote = (
        select(Chain.desk)
        .join(Operation, Operation.chain_ix == Chain.ix)
        .where(Operation.seq == first.scalar_subquery())
    )
    return session.scalar(wrote) == own_chain(session).desk


def _opened(opened: vault.Vault, slot: bytes, action: str, clock: ComputerClock) -> Desk:
    """The desk, with its sign-in recorded; where that cannot be, the vault is closed again."""
    with vault.or_closed(opened):
        backups.migrate_safely(opened, clock())
        store = Store(opened)
        opened.slot = slot
        desk = _desk(store, slot, _judged(store, clock))
        with suppress(VaultDamaged):  # it opens to be read; the window leads to the newest backup
            installation.settle_in(store, clock())
            store.take_noted()
            if action == _SIGN_IN:
                ways_in.look(desk)
        desk.note(action)
        return desk


def _judged(store: Store, clock: ComputerClock) -> Clock:
    """The clock of the sitting, doubted where it cannot be right: before this sign-in is written with it."""
    ours = clock if isinstance(clock, Clock) else Clock(clock)
    if ours.believed_until is None and not ours.confirmed:  # else a lock handed it over
        with suppress(vault.VaultUnreadable), store.read() as session:  # a damaged journal tells no day
            ours.believed_until = _last_known_day(session, ours())
    return ours


def _desk(store: Store, slot: bytes, clock: ComputerClock) -> Desk:
    with store.read() as session:
        user = user_of(session, store.vault.store, slot)
        centre, device = this_centre(session), this_computer(session)
        if centre is None or device is None:
            raise NeverSetUp
        if user is None or not user.active:
            raise NotAllowed
        actor = Actor(user.id, user.name or "", frozenset(user.roles or ()), user.team)
        ours = clock if isinstance(clock, Clock) else Clock(clock)
        return Desk(store, actor, centre.code or "", device.code or "", bool(centre.practice), ours)


def _refuse_passphrase(passphrase: str, names: Sequence[str]) -> None:
    if problem := passphrase_problem(passphrase, names=names):
        raise InvalidInput({"user.passphrase": [Problem(problem)]})


@needs("office.view")
def office(desk: Desk) -> OfficeFacts:
    with desk.read() as session:
        centre = this_centre(session) or Centre()
        return OfficeFacts(
            centre.code or "",
            centre.name_en or "",
            centre.name_bn or "",
            centre.district or "",
            centre.address or "",
            centre.phone or "",
            bool(centre.practice),
            desk.device,
        )


@needs("office.view")
def colleagues(desk: Desk) -> list[UserRow]:
    """Everybody who works or worked here, by name."""
    with desk.rows() as rows:
        users = [user for user in rows.all(User) if user.removed_at is None]
    return [
        UserRow(
            id=u.id,
            name=u.name or "",
            sign_in_name=u.sign_in_name or "",
            roles=tuple(u.roles or ()),
            team=u.team or "",
            active=bool(u.active),
            waits=u.active is None,
            signs_in_here=slot_of(desk.store.vault, u) is not None,
        )
        for u in sorted(users, key=lambda user: user.name or "")
    ]


def this_centre(session: Session) -> Centre | None:
    """The record of this centre. Computers that were set up apart each made one; all of them use the same."""
    member = session.get(Membership, 1)
    if member is None:
        return session.scalars(select(Centre)).first()
    made_here = session.get(Centre, member.centre_id)
    code = made_here.code if made_here is not None else None
    return session.scalars(select(Centre).where(Centre.code == code).order_by(Centre.id)).first() or made_here


@needs("office.view")
def exchanges(desk: Desk) -> bool:
    """Whether this computer belongs to an organisation. Until then nothing of sync is shown."""
    with desk.read() as session:
        member = session.get(Membership, 1)
        return member is not None and member.joined_at is not None


def this_computer(session: Session) -> Device | None:
    """The record of this computer, among those of others."""
    member = session.get(Membership, 1)
    return session.scalars(select(Device)).first() if member is None else session.get(Device, member.device_id)


def names_of_users(session: Session) -> dict[UUID, str]:
    return {user: name or "" for user, name in session.execute(_NAMES)} | {NOBODY: ""}


_NAMES = select(User.id, User.name)


@needs("office.edit")
def add_user(
    desk: Desk, *, name: str, sign_in_name: str, roles: Sequence[str], passphrase: str, cost: Cost, team: str = ""
) -> UUID:
    """Let somebody else sign in. They are asked in words to change the passphrase at once."""
    _refuse_roles(roles)
    _refuse_passphrase(passphrase, [name, sign_in_name, desk.centre])
    opened = desk.store.vault
    slot = vault.add_user_slot(opened, sign_in_name, passphrase, cost)
    user = User(
        name=name, sign_in_name=sign_in_name, roles=sorted(roles), team=team or None, slot=slot.hex(), active=True
    )
    try:
        with desk.write("office.add_user") as session:
            session.add(user)
    except BaseException:
        vault.remove_slot(opened, slot)
        raise
    ways_in.keep(desk.store)
    return user.id


@needs("office.edit")
def set_roles(desk: Desk, user_id: UUID, roles: Sequence[str], *, seen: Sequence[str]) -> None:
    """Give somebody other roles than those `seen`. Nobody changes their own."""
    _refuse_roles(roles)
    if user_id == desk.actor.id:
        raise NotAllowed
    with desk.write("office.set_roles", about=user_id) as session:
        apply_edits(_user(session, user_id), {"roles": (seen, roles)})


@needs("office.edit")
def let_work(desk: Desk, user_id: UUID, roles: Sequence[str]) -> None:
    """Let somebody who came with another laptop count as a colleague: own cases, be named on them, act by their roles.

    Where they sign in stays as it is: their slot lies in the vault they came with.
    """
    _refuse_roles(roles)
    with desk.write("office.let_work", about=user_id) as session:
        user = _user(session, user_id)
        if user.active is not None:  # another administrator was quicker
            raise Conflict
        user.roles, user.active = sorted(roles), True


@needs("office.edit")
def let_sign_in(desk: Desk, user_id: UUID, sign_in_name: str, passphrase: str, cost: Cost) -> None:
    """Give somebody who was added at another computer a first passphrase at this one; the one there stays."""
    with desk.read() as session:
        user = _user(session, user_id)
        name, there = user.name or "", slot_of(desk.store.vault, user)
    if not user.active or there is not None:
        raise Conflict
    _refuse_passphrase(passphrase, [name, sign_in_name, desk.centre])
    opened = desk.store.vault
    vault.add_user_slot(opened, sign_in_name, passphrase, cost, slot_id=keys.slot_for(opened.store, user_id.bytes))
    ways_in.keep(desk.store)
    desk.note("office.let_sign_in", about=user_id)


@needs("office.edit")
def end_user(desk: Desk, user_id: UUID) -> None:
    """Let somebody sign in no more; what they wrote stays theirs."""
    if user_id == desk.actor.id:
        raise NotAllowed
    with desk.write("office.end_user", about=user_id) as session:
        _user(session, user_id).active = False
    close_to_ended(desk)


def close_to_ended(desk: Desk) -> None:
    """Let the passphrases of users who were ended, here or at another computer, open this vault no more.

    The last one stays in the file of keys; whoever types it is refused all the same.
    """
    with desk.read() as session:
        ended = session.scalars(select(User.id).where(User.active.is_(False))).all()
    close_to(desk, ended)


def close_to(desk: Desk, users: Collection[UUID]) -> None:
    """Let the passphrases of these users open this vault no more, but for the last that opens it."""
    store = desk.store
    with store.read() as session:
        slots = [slot_of(store.vault, user) for id_ in users if (user := session.get(User, id_)) is not None]
    for slot in slots:
        if slot is not None:
            with suppress(keys.LastSlot):
                vault.remove_slot(store.vault, slot.id)
                ways_in.tell(desk, ways_in.WENT, slot.id)
                ways_in.keep(store)


def _refuse_roles(roles: Sequence[str]) -> None:
    if not roles:
        raise InvalidInput({"user.roles": [Problem(_("Choose at least one role."))]})
    if set(roles) & READING_ROLES and set(roles) & KEEPING_ROLES:
        raise InvalidInput(
            {"user.roles": [Problem(_("Who manages users or data does not also read cases. Choose one or the other."))]}
        )


def _user(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


@needs("office.view")
def clock_is_wrong(desk: Desk) -> bool:
    """Whether the clock is doubted and nobody has said yet which day it is."""
    if desk.confirmed:
        return False
    if desk.believed_until is not None:
        return True
    with suppress(vault.VaultUnreadable), desk.read() as session:
        return _last_known_day(session, desk.clock()) is not None
    return False  # a damaged journal tells no day


def _last_known_day(session: Session, at: datetime) -> date | None:
    """If a clock that says this cannot be right, the last day that is known: the computer says a time before the
    program was made, before what was recorded earlier, or far after it. None if it may be right."""
    newest, wall = session.scalar(NEWEST_SURE), at.timestamp() * 1000
    told = formats.day_in_dhaka(at)
    if newest is None:
        return RELEASED if told < RELEASED else None
    if told >= RELEASED and newest - AN_HOUR <= wall <= newest + FAR_AHEAD:
        return None
    known = max(datetime.fromtimestamp(newest / 1000, DHAKA).date(), RELEASED)
    # Where years lie between them either may be the wrong one, and the earlier day lets nothing expire.
    return min(known, told) if told >= RELEASED and wall < newest - FAR_AHEAD else known


@needs("office.today")
def confirm_today(desk: Desk, day: date) -> None:
    """Somebody says which day it is: from now on the sitting counts from that, and what is written tells so."""
    if day < RELEASED:
        text = _("CaseDesk was made in {month}, so today cannot be before that.")
        raise InvalidInput({"clock.today": [Problem(text.format(month=formats.month_year(RELEASED)))]})
    if isinstance(desk.clock, Clock):
        desk.clock.say_today(day)
        desk.note("office.today")


@needs("store.check")
def check_store(desk: Desk, progress: Progress = silent) -> Findings:
    """Compare the journal, its chain and the records. Others go on writing meanwhile."""
    return check(desk.store, progress)


@needs("own.passphrase")
def change_passphrase(desk: Desk, old: str, new: str, cost: Cost) -> None:
    with desk.read() as session:
        user = _user(session, desk.actor.id)
        name, sign_in_name = user.name or "", user.sign_in_name or ""
    _refuse_passphrase(new, [name, sign_in_name, desk.centre])
    vault.change_passphrase(desk.store.vault, _own_slot(desk), old, new, cost)
    ways_in.keep(desk.store)
    desk.note("office.change_passphrase")


@needs("office.recovery")
def make_recovery(desk: Desk, passphrase: str) -> RecoveryKey:
    """A new recovery key for whoever proves to be the one signed in. The one before holds until it is replaced."""
    vault.verify_passphrase(desk.store.vault, _own_slot(desk), passphrase)
    return new_recovery_key()


@needs("office.recovery")
def replace_recovery(desk: Desk, recovery: RecoveryKey) -> None:
    """From now on this recovery key opens the vault, and the one before does not."""
    desk.note("office.replace_recovery")
    vault.replace_recovery(desk.store.vault, recovery)
    ways_in.keep(desk.store)


@needs("own.passphrase")
def is_own_passphrase(desk: Desk, typed: str) -> bool:
    """Whether somebody at a hidden screen typed the passphrase of the one signed in. Wrong tries make them wait."""
    try:
        vault.verify_passphrase(desk.store.vault, _own_slot(desk), typed)
    except CaseDeskError:
        return False
    return True


def _own_slot(desk: Desk) -> keys.Slot | None:
    with desk.read() as session:
        return slot_of(desk.store.vault, _user(session, desk.actor.id))


@needs("own.preferences")
def preferences(desk: Desk) -> dict[str, str]:
    """What this user likes; nothing where it cannot be read, since a damaged vault is shown all the same."""
    with suppress(vault.VaultUnreadable), desk.read() as session:
        wanted = select(Preference).where(Preference.user_id == desk.actor.id)
        return {row.name: row.value for row in session.scalars(wanted)}
    return {}


@needs("own.preferences")
def preference(desk: Desk, name: str) -> str:
    """One of them alone; empty if it was never said."""
    with desk.read() as session:
        row = session.get(Preference, (desk.actor.id, name))
        return row.value if row is not None else ""


@needs("own.preferences")
def prefer(desk: Desk, name: str, value: str) -> None:
    """Keep a preference; an empty one is forgotten."""
    with desk.local() as session:
        if value:
            session.merge(Preference(user_id=desk.actor.id, name=name, value=value))
        elif (row := session.get(Preference, (desk.actor.id, name))) is not None:
            session.delete(row)


def thresholds(session: Session) -> Thresholds:
    """The organisation's thresholds of the triage rules."""
    centre = this_centre(session)
    if centre is None or centre.triage_wage_percent is None or centre.triage_money_lost is None:
        return Thresholds()
    return Thresholds(centre.triage_wage_percent, centre.triage_money_lost)


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


def sign_out(desk: Desk) -> None:
    """Close the vault and forget its keys."""
    with suppress(CaseDeskError):  # a failing disk is no reason to stay open
        installation.take_note(desk.store)
    desk.store.vault.close()
