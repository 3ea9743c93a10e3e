"""Erasing a case on request: the words go from everywhere, what may stay stays, and nothing is erased too early."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import InvalidInput, NotAllowed
from casedesk.models import Case, ConsentLine, Operation, Preference
from casedesk.services import backups, lifecycle, notes, restores
from casedesk.services.case_facts import case_facts
from casedesk.services.case_status import set_status
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, consents_of, record_consent, withdraw
from casedesk.services.edits import as_new
from casedesk.services.erasure import SecondNeeded, StillNeeded, erase, standing, what_would_be_erased
from casedesk.services.follow_ups import RecordFollowUp, follow_ups_of, record
from casedesk.services.history import history, who_looked
from casedesk.services.intake import register_case
from casedesk.services.providers import save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.reading import referrals_of
from casedesk.services.referrals.steps import send, take_step
from casedesk.services.search import Filters, Order, find_people, page_of_cases
from casedesk.services.sign_in import sign_in
from casedesk.services.slots import Signer
from casedesk.services.users import add_user
from casedesk.storage.checking import check
from casedesk.storage.keys import FLOOR, WrongPassphrase
from casedesk.storage.vault import VAULT
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee

NAME, STORY, NOTED, WHY_READ = "Qudratunnesa Zvornik", "Blonskaya told this", "Wubdexhira noted", "Vlorpane asked"
WORDS = ["Qudratunnesa", "Zvornik", "Blonskaya", "Wubdexhira", "Vlorpane"]


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    case = register_case(desk, a_returnee(person__name_en=NAME, incident__narrative=STORY))
    notes.add_note(desk, case, "general", NOTED)
    return case


def asked_for(desk: Desk, case_id: UUID) -> None:
    withdraw(desk, case_id, "store_data", WHY_READ)


def second_case_of_the_person(desk: Desk, case_id: UUID) -> UUID:
    """Another case of the same person, who does not want its data kept."""
    with desk.write("test.second") as session:
        person = session.get_one(Case, case_id).person_id
        second = Case(person_id=person, case_number="DHK-26-K3-00009-X", owner_id=desk.actor.id)
        session.add(second)
        session.flush()
        lifecycle.begin(session, desk, second, "registered")
        session.add(ConsentLine(case_id=second.id, scope="store_data", answer="withdrawn", at=NOW))
        return second.id


def bodies_with_words(desk: Desk) -> list[str]:
    with desk.read() as session:
        bodies = session.scalars(select(Operation.body)).all()
    return [word for word in WORDS if any(word.encode() in body for body in bodies)]


def test_nothing_of_the_words_is_left_and_the_case_can_still_be_read(desk: Desk, case_id: UUID) -> None:
    with desk.local() as session:
        session.add(Preference(user_id=desk.actor.id, name=f"typed.{case_id.hex}", value=NOTED))
    asked_for(desk, case_id)
    assert bodies_with_words(desk) == WORDS
    erase(desk, case_id, "Asked in writing")
    assert bodies_with_words(desk) == []
    assert find_people(desk, "Qudratunnesa") == []
    facts = case_facts(desk, case_id)
    assert facts.names == (facts.person_code, "")
    assert facts.status == "closed"
    assert facts.number
    assert notes.notes_of(desk, case_id) == []
    assert {each.scope: each.status for each in consents_of(desk, case_id)}["store_data"] == "withdrawn"
    assert [(each.task, each.status) for each in follow_ups_of(desk, case_id)] == []
    with desk.read() as session:
        assert session.scalars(select(Preference).where(Preference.name.startswith("typed."))).all() == []
    assert check(desk.store).wrong == []
    erased = next(entry for entry in history(desk, case_id) if entry.action == "case.erased")
    assert erased.reason == "Asked in writing"
    who_looked(desk, case_id)
    assert page_of_cases(desk, Filters(is_open=None), Order.NEWEST)


def test_who_agreed_to_be_counted_stays_in_the_reports_and_who_did_not_leaves_the_case_alone(desk: Desk) -> None:
    counted, uncounted = (register_case(desk, a_returnee(person__name_en=NAME)) for _each in range(2))
    record_consent(desk, counted, RecordConsent({"statistics": "given"}, method="verbal"))
    said = {}
    for case_id in (counted, uncounted):
        asked_for(desk, case_id)
        told = what_would_be_erased(desk, case_id)
        assert told.counted is (case_id == counted)
        assert told.records["Person"] == 1
        erase(desk, case_id, "Asked in writing")
        said[case_id] = case_facts(desk, case_id).answers
    kept = {"person.district": "madaripur", "migration_episode.destination_country": "sa", "person.age_stated": 29}
    assert kept.items() <= said[counted].items()
    assert not said[counted].keys() & {"person.name_en", "person.name_bn", "person.phone_1", "identity_document.number"}
    assert {key.partition(".")[0] for key in said[uncounted]} == {"case", "person", "consent"}
    assert said[uncounted].keys() & {key for key in said[uncounted] if key.startswith("person.")} == {
        "person.person_code"
    }
    assert check(desk.store).wrong == []


def test_nothing_is_erased_while_the_person_agrees_a_partner_works_or_others_are_to_be_told(
    desk: Desk, case_id: UUID
) -> None:
    record_consent(desk, case_id, RecordConsent({"share_legal": "given"}, method="verbal"))
    with pytest.raises(StillNeeded, match="agrees that the data are kept"):
        erase(desk, case_id, "Asked in writing")
    provider = save_provider(desk, None, as_new({"type": "legal_aid_body", "name_en": "Legal Aid House"}))
    referral = make_referral(desk, MakeReferral(case_id, service="legal_counselling", provider_id=provider))
    send(desk, referral, "paper")
    asked_for(desk, case_id)
    with pytest.raises(StillNeeded, match="A legal claim is running") as refused:
        what_would_be_erased(desk, case_id)
    assert refused.value.hint.startswith("Nothing was changed. Tell the person")
    take_step(desk, referral, "cancelled", reason="She wishes it")
    withdraw(desk, case_id, "share_legal")
    with pytest.raises(StillNeeded, match="planned to tell them"):
        erase(desk, case_id, "Asked in writing")
    assert bodies_with_words(desk) == WORDS
    (tell,) = [each for each in follow_ups_of(desk, case_id) if each.status == "planned" and each.referral_id]
    record(desk, tell.id, RecordFollowUp())
    erase(desk, case_id, "Asked in writing")
    assert bodies_with_words(desk) == []
    assert [(each.status, each.service) for each in referrals_of(desk, case_id)] == []


def test_erasing_needs_a_reason_and_two_who_know_of_it(desk: Desk, case_id: UUID) -> None:
    with pytest.raises(InvalidInput):
        erase(desk, case_id, "  ")
    passphrase = "seven boats under old mango trees"
    add_user(desk, name="Salma Begum", sign_in_name="salma", roles=["supervisor"], passphrase=passphrase, cost=FLOOR)
    add_user(desk, name="Bilal", sign_in_name="bilal", roles=["data_officer"], passphrase=passphrase, cost=FLOOR)
    asked_for(desk, case_id)
    assert what_would_be_erased(desk, case_id).takes_two
    with pytest.raises(SecondNeeded):
        erase(desk, case_id, "Asked in writing")
    for who, raised in ((Signer("bilal", passphrase), NotAllowed), (Signer("salma", "x" * 20), WrongPassphrase)):
        with pytest.raises(raised):
            erase(desk, case_id, "Asked in writing", who)
    with pytest.raises(NotAllowed):
        erase(desk, case_id, "Asked in writing", Signer("farzana", PASSPHRASE))
    assert bodies_with_words(desk) == WORDS
    erase(desk, case_id, "Asked in writing", Signer("salma", passphrase))
    assert bodies_with_words(desk) == []


def test_what_one_recorded_another_erases_alone(desk: Desk, case_id: UUID) -> None:
    asked_for(desk, case_id)
    other = replace(desk, actor=Actor(uuid4(), "Nasima Khatun", frozenset({"coordinator"})))
    assert not what_would_be_erased(other, case_id).takes_two
    erase(other, case_id, "Asked in writing")
    assert bodies_with_words(desk) == []


def test_what_another_case_of_the_person_tells_stays_until_that_is_erased_too(desk: Desk, case_id: UUID) -> None:
    second = second_case_of_the_person(desk, case_id)
    asked_for(desk, case_id)
    erase(desk, case_id, "Asked in writing")
    assert case_facts(desk, case_id).answers["person.name_en"] == NAME
    assert bodies_with_words(desk) == ["Qudratunnesa", "Zvornik"]
    erase(desk, second, "Asked in writing")
    assert bodies_with_words(desk) == []
    assert check(desk.store).wrong == []


def test_what_was_erased_and_is_kept_again_stays_when_another_case_goes(desk: Desk, case_id: UUID) -> None:
    asked_for(desk, case_id)
    erase(desk, case_id, "Asked in writing")
    assert standing(desk, case_id).erased
    record_consent(desk, case_id, RecordConsent({"store_data": "given"}, method="verbal"))
    set_status(desk, case_id, "active", reason="She came back.")
    edit_case(desk, case_id, {"person.name_en": (None, NAME)}, kept=None)
    assert not standing(desk, case_id).erased
    second = second_case_of_the_person(desk, case_id)
    erase(desk, second, "Asked in writing")
    assert case_facts(desk, case_id).answers["person.name_en"] == NAME


def test_a_backup_that_is_restored_forgets_it_again(desk: Desk, case_id: UUID, tmp_path: Path) -> None:
    made = backups.make_backup(desk)
    asked_for(desk, case_id)
    erase(desk, case_id, "Asked in writing")
    restores.restore_beside(desk, made.path, tmp_path / "restored", "The disk failed")
    again = sign_in(tmp_path / "restored", "farzana", PASSPHRASE, lambda: NOW)
    assert bodies_with_words(again) == []
    assert case_facts(again, case_id).names[0] == case_facts(desk, case_id).person_code
    again.store.vault.close()


def test_no_table_of_the_vault_and_no_log_holds_the_words(desk: Desk, case_id: UUID) -> None:
    asked_for(desk, case_id)
    assert words_in_tables(desk) == set(WORDS)
    log = desk.store.vault.folder / f"{VAULT}-wal"
    before = log.stat().st_size
    erase(desk, case_id, "Asked in writing")
    assert words_in_tables(desk) == set()
    assert log.stat().st_size < before, "it was emptied; the reason was written after that"


def words_in_tables(desk: Desk) -> set[str]:
    """The words that stand in any column of any table, those of the search index among them."""
    with closing(desk.store.vault.connection()) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608
    cells = [cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row]
    said = b"\0".join(cells).lower()
    return {word for word in WORDS if word.lower().encode() in said}
