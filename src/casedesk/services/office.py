"""What this centre and this computer are, and whether its records agree with the journal."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.models import Centre, Device, Membership
from casedesk.progress import Progress, silent
from casedesk.services.permissions import needs
from casedesk.services.triage import Thresholds
from casedesk.storage.checking import Findings, check


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


@needs("store.check")
def check_store(desk: Desk, progress: Progress = silent) -> Findings:
    """Compare the journal, its chain and the records. Others go on writing meanwhile."""
    return check(desk.store, progress)


def thresholds(session: Session) -> Thresholds:
    """The organisation's thresholds of the triage rules."""
    centre = this_centre(session)
    if centre is None or centre.triage_wage_percent is None or centre.triage_money_lost is None:
        return Thresholds()
    return Thresholds(centre.triage_wage_percent, centre.triage_money_lost)
