"""A case that is erased on request is forgotten by colleagues and by the central office, and stays so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.models import BatchOut
from casedesk.models import Operation as OperationRow
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.erasure import standing
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note, notes_of
from casedesk.services.office import check_store
from casedesk.services.search import find_people
from casedesk.services.users import add_user
from casedesk.storage.keys import FLOOR
from casedesk.sync import computers, withdrawing
from casedesk.sync.arrivals import take_inbox
from casedesk.sync.batch import CENTRAL, Kind, open_batch
from casedesk.sync.files import inbox, outbox
from casedesk.sync.outbox import files_out, make_files, uncovered
from casedesk.sync.preview import previews
from tests.support.people import a_returnee
from tests.sync.office import carried, carry, coordinator, first_desk, join, new_desk, standing_of
from tests.sync.told import assert_as_shown

SECRET = "Sentinelbegum"


def somebody(desk: Desk) -> UUID:
    return register_case(desk, a_returnee(person__name_en=SECRET, incident__narrative=f"{SECRET} told this"))


def another(desk: Desk) -> Desk:
    """A coordinator at the same computer, of whom colleagues hear: who records that a person wants it does not erase
    alone."""
    words = "seven boats under old mango trees"
    id_ = add_user(desk, name="Nasima", sign_in_name="nasima", roles=["coordinator"], passphrase=words, cost=FLOOR)
    return replace(desk, actor=Actor(id_, "Nasima", frozenset({"coordinator"})))


def keeps_the_words(desk: Desk) -> bool:
    with desk.read() as session:
        return any(b"Sentinel" in body for body in session.scalars(select(OperationRow.body)))


def give_newest_receipt(of: Desk, to: Desk) -> None:
    newest = next(row.name for row in files_out(coordinator(of)) if row.kind == Kind.RECEIPT)
    inbox(to.store.vault.folder).put(outbox(of.store.vault.folder).read(newest))
    take_inbox(coordinator(to))


def late(desk: Desk) -> list[str]:
    """The computers of which nobody here knows that they obeyed."""
    return [row.name for row in computers.members(coordinator(desk)) if not row.obeyed]


def test_a_colleague_forgets_it_and_an_old_file_does_not_bring_it_back(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    case_id, nasima = somebody(one), another(one)
    carry(one, two)
    edit_case(two, case_id, {"person.nickname": (None, "Sentinelnick")})
    old_files = carried(two)
    withdrawing.withdraw(one, case_id, "store_data")
    withdrawing.erase(nasima, case_id, "Asked in writing")
    assert not keeps_the_words(one)
    assert keeps_the_words(two)
    assert late(one) == ["K4"]
    carry(one, two)
    assert not keeps_the_words(two)
    assert late(one) == ["K4"], "it has not said so yet"
    give_newest_receipt(two, one)
    assert late(one) == late(two) == []
    facts = case_facts(two, case_id)
    assert (facts.names[0], facts.status) == (facts.person_code, "closed")
    assert standing(two, case_id).erased
    assert find_people(two, SECRET) == []
    for sealed in old_files:
        inbox(one.store.vault.folder).put(sealed)
    take_inbox(coordinator(one))
    assert not keeps_the_words(one)
    assert "person.nickname" not in case_facts(one, case_id).answers
    assert [check_store(coordinator(desk)).wrong for desk in (one, two)] == [[], []]


def test_the_order_is_shown_before_it_is_sent(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    case_id, nasima = somebody(one), another(one)
    carry(one, two)
    withdrawing.withdraw(one, case_id, "store_data")
    withdrawing.erase(nasima, case_id, "Asked in writing")
    [told] = previews(coordinator(one), "DHK")
    assert told.forgets == 1
    folder = outbox(one.store.vault.folder)
    files = [folder.read(name) for name in make_files(coordinator(one), "DHK")]
    assert_as_shown(one, [told], [open_batch(sealed, standing_of(two).reader) for sealed in files])


def test_a_note_of_a_colleague_who_had_not_heard_of_it_comes_and_can_be_erased_too(
    two_laptops: tuple[Desk, Desk],
) -> None:
    one, two = two_laptops
    case_id, nasima = somebody(one), another(one)
    carry(one, two)
    add_note(two, case_id, "general", "Sentinelnote")
    late = carried(two)
    withdrawing.withdraw(one, case_id, "store_data")
    withdrawing.erase(nasima, case_id, "Asked in writing")
    for sealed in late:
        inbox(one.store.vault.folder).put(sealed)
    take_inbox(coordinator(one))
    assert [note.text for note in notes_of(one, case_id)] == ["Sentinelnote"]
    assert standing(one, case_id).offered
    withdrawing.erase(nasima, case_id, "A note came later")
    carry(one, two)
    for desk in (one, two):
        assert not keeps_the_words(desk)
        assert notes_of(desk, case_id) == []
        assert check_store(coordinator(desk)).wrong == []


def test_the_central_office_is_ordered_at_once(tmp_path: Path) -> None:
    desk, hq = first_desk(tmp_path / "centre"), new_desk(tmp_path / "hq", "Q1", "HQX")
    join(desk, hq, centre="HQX", central=True)
    case_id, nasima = somebody(desk), another(desk)
    record_consent(
        desk, case_id, RecordConsent({"sync_central_identified": "given", "statistics": "given"}, method="verbal")
    )
    carry(desk, hq, CENTRAL)
    assert keeps_the_words(hq)
    withdrawing.withdraw(desk, case_id, "store_data")
    withdrawing.erase(nasima, case_id, "Asked in writing")
    with desk.read() as session:
        waiting = [row for row in uncovered(session) if row.kind == Kind.ORDERS]
        assert [row.audience for row in waiting] == [CENTRAL]
        (name,) = session.scalars(select(BatchOut.name).where(BatchOut.kind == Kind.ORDERS)).all()
    inbox(hq.store.vault.folder).put(outbox(desk.store.vault.folder).read(name))
    take_inbox(coordinator(hq))
    assert not keeps_the_words(hq)
    carry(desk, hq, CENTRAL)
    assert not keeps_the_words(hq)
    assert [check_store(coordinator(each)).wrong for each in (desk, hq)] == [[], []]
    for each in (desk, hq):
        each.store.vault.close()
