"""A computer of the central office with an inbox full of files, and what must be there however they were taken in."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import BatchIn, CodedRow, CountRow
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_out
from casedesk.storage.checking import check
from casedesk.sync.arrivals import take_inbox
from casedesk.sync.batch import CENTRAL, Kind
from casedesk.sync.bodies import Receipt
from casedesk.sync.files import Fate, inbox, outbox
from casedesk.sync.outbox import keep_letter, uncovered
from casedesk.sync.withdrawing import record_consent, withdraw
from tests.support.exchange import records
from tests.support.people import a_returnee
from tests.support.workloads import enter
from tests.sync.office import carried, carry, coordinator, first_desk, join, key_of, new_desk, standing_of

AS_UNDISTURBED = "as_undisturbed"
LYING = "lying"
KINDS = [Kind.CHAIN, Kind.CODED, Kind.ORDERS, Kind.RECEIPT, Kind.SHOW]


def prepare(base: Path, scratch: Path) -> None:
    """`store` has the computer, `as_undisturbed` what it knows after taking all in, `lying` which files those are."""
    centre, central = first_desk(scratch / "K3"), new_desk(base / "store", "Q1", "HQX")
    join(centre, central, centre="HQX", central=True)
    for sealed in files_of_every_kind(centre, central):
        inbox(base / "store").put(sealed)
    for each in (centre, central):
        sign_out(each)
    (base / LYING).write_text("\n".join(inbox(base / "store").names()), encoding="ascii")
    whole = Path(shutil.copytree(base / "store", scratch / "whole"))
    (base / AS_UNDISTURBED).write_text(_all_taken(whole), encoding="utf-8")


def files_of_every_kind(centre: Desk, central: Desk) -> list[bytes]:
    """What is on its way to the central office once a case is to be forgotten, one was agreed to late, and one may go
    without a name."""
    gone, late, coded = (a_case(centre, number) for number in range(3))
    agree(centre, gone, "sync_central_identified")
    carry(centre, central, CENTRAL)
    withdraw(centre, gone, "sync_central_identified")
    agree(centre, late, "sync_central_identified")
    agree(centre, coded, "sync_central_coded")
    edit_case(centre, late, {"person.upazila": ("0", "1")})
    agree(centre, a_case(centre, 3), "sync_central_identified")
    return [*carried(centre, CENTRAL), receipt_for(centre, central)]


def a_case(desk: Desk, number: int) -> UUID:
    return register_case(
        desk, a_returnee(person__name_en=f"Person {number}", person__phone_1=None, person__upazila="0")
    )


def agree(desk: Desk, case_id: UUID, scope: str) -> None:
    record_consent(desk, case_id, RecordConsent({scope: "given"}, method="verbal"))


def receipt_for(centre: Desk, central: Desk) -> bytes:
    """What the centre would say of the files that lie in the outbox of the central office."""
    with central.read() as session:
        files = [row.name for row in uncovered(session)]
    place, to = standing_of(centre), standing_of(central).me
    body = Receipt((), tuple((name, "") for name in files))
    with centre.local() as session:
        row = keep_letter(session, centre, place.author, Kind.RECEIPT, body, {key_of(central): to.seal})
        return outbox(centre.store.vault.folder).read(row.name)


def nothing_is_lost(store: Path, told: list[str]) -> None:
    """What was told to be taken in is; each other file is, or lies there; taken in again, all is as if undisturbed."""
    lying = set((store.with_name(LYING)).read_text(encoding="ascii").split())
    desk = enter(store)
    try:
        with desk.read() as session:
            applied = set(session.scalars(select(BatchIn.name).where(BatchIn.state == Fate.APPLIED)))
        assert {words[1] for line in told if (words := line.split())[0] == "taken" and words[2] == "applied"} <= applied
        assert lying <= applied | set(inbox(store).names())
    finally:
        sign_out(desk)
    assert _all_taken(store) == store.with_name(AS_UNDISTURBED).read_text(encoding="utf-8")


def _all_taken(store: Path) -> str:
    """Take in what is left; what is known then, what became of each file, and what waits to be carried."""
    desk = enter(store)
    try:
        take_inbox(coordinator(desk))
        assert inbox(store).names() == []
        assert check(desk.store).wrong == []
        with desk.read() as session:
            came = session.scalars(select(BatchIn)).all()
            # a receipt alone is told of with whatever comes next
            files = sorted((row.kind, row.state, row.why, row.told or row.kind == Kind.RECEIPT) for row in came)
            rows = sorted((row.row, row.upto, str(row.values)) for row in session.scalars(select(CodedRow)))
            counts = sorted((row.month, row.what, row.code, row.count) for row in session.scalars(select(CountRow)))
            waits = sorted({row.kind for row in uncovered(session)})
        assert [each for each in KINDS if (each, Fate.APPLIED, "", True) not in files] == []
        return repr((sorted(records(desk).items(), key=lambda each: each[0]), files, rows, counts, waits))
    finally:
        sign_out(desk)
