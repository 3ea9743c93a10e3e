"""Taking a consent back, and erasing, where cases are exchanged: the order to forget is made in the same moment
(SYNC 11)."""

from __future__ import annotations

import contextlib
from uuid import UUID

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.models import Membership
from casedesk.services import consents, erasure
from casedesk.services.consents import Effects, RecordConsent
from casedesk.services.permissions import needs
from casedesk.services.slots import Signer


@needs("case.consent")
def withdraw(desk: Desk, case_id: UUID, scope: str, reason: str = "") -> Effects:
    """Take a consent back. If the central office has the case, the order to forget it lies in the outbox at once."""
    effects = consents.withdraw(desk, case_id, scope, reason)
    _order(desk, case_id)
    return effects


@needs("case.consent")
def record_consent(desk: Desk, case_id: UUID, command: RecordConsent) -> UUID:
    """Keep the answers of one asking; a "no" to what was agreed before is a withdrawal too."""
    asked = consents.record_consent(desk, case_id, command)
    _order(desk, case_id)
    return asked


@needs("case.erase")
def erase(desk: Desk, case_id: UUID, reason: str, second: Signer | None = None) -> None:
    """Erase a case. Colleagues hear of it with the next files, the central office by an order at once."""
    erasure.erase(desk, case_id, reason, second)
    if _joined(desk):
        from casedesk.sync.outbox import order_to_erase

        with contextlib.suppress(CaseDeskError):
            order_to_erase(desk, case_id)


def _order(desk: Desk, case_id: UUID) -> None:
    """What was taken back stays so whatever becomes of the file; one that cannot be made now is made with the next."""
    if _joined(desk):
        from casedesk.sync.outbox import order_to_forget  # loads slowly, and most centres exchange nothing

        with contextlib.suppress(CaseDeskError):
            order_to_forget(desk, case_id)


def _joined(desk: Desk) -> bool:
    with desk.read() as session:
        return session.get(Membership, 1) is not None
