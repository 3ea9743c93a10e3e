"""Beginning an organisation, joining it with six words compared, and ending a computer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from nacl.signing import SigningKey
from sqlalchemy import select

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, NotAllowed
from casedesk.models import Chain, Membership
from casedesk.services.intake import register_case
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.sync import announcing, computers, invitations, joining, organisation, people, six_words
from casedesk.sync.arrivals import take_inbox
from casedesk.sync.batch import CENTRAL, Kind, Refused, Why, file_name
from casedesk.sync.bodies import RosterBody, write_body
from casedesk.sync.computers import NotOurs
from casedesk.sync.files import Fate, inbox, outbox
from casedesk.sync.invitations import NoInvitation
from casedesk.sync.joining import NameTaken, NotInvited, OtherCentre
from casedesk.sync.membership import AlreadyJoined, NotJoined, new_identity, newest_signed
from casedesk.sync.organisation import NotTheRootKey
from casedesk.sync.outbox import NobodyThere, files_out, make_files
from casedesk.sync.roster import Member, NotThisRoster, sign_roster
from casedesk.whole_file import FileIsThere, FileNotWritten
from tests.conftest import NOW, PASSPHRASE
from tests.support.exchange import own, records
from tests.support.people import a_returnee
from tests.sync.office import (
    ROOT_WORDS,
    admin,
    as_role,
    begin,
    carried,
    coordinator,
    hand_rosters,
    join,
    key_of,
    let_in,
    new_desk,
    standing_of,
)


def request_of(new: Desk, raw: bytes) -> tuple[joining.Asked, bytes]:
    asked = joining.ask_to_join(admin(new), raw)
    return asked, outbox(new.store.vault.folder).read(asked.file)


def test_the_root_key_is_written_once_and_opens_with_its_passphrase(first: Desk, tmp_path: Path) -> None:
    path = tmp_path / "root.age"
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    named, root = organisation.read_root(path, ROOT_WORDS)
    place = standing_of(first)
    assert (named, bytes(root.verify_key)) == (place.organisation, place.roster.root)
    assert bytes(root) not in (first.store.vault.folder / "vault.db").read_bytes()
    for wrong in ("other words here", ""):
        with pytest.raises(NotTheRootKey):
            organisation.read_root(path, wrong)
    with pytest.raises(AlreadyJoined):
        organisation.begin_organisation(admin(first), tmp_path / "again.age", ROOT_WORDS)
    assert not (tmp_path / "again.age").exists()


def test_without_a_new_file_for_its_root_key_no_organisation_begins(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "root.age").write_bytes(b"precious")
    with pytest.raises(FileIsThere):
        begin(desk, tmp_path)
    assert (tmp_path / "root.age").read_bytes() == b"precious"
    with pytest.raises(FileNotWritten):
        begin(desk, tmp_path / "no")
    with pytest.raises(NotJoined):
        standing_of(desk)


def test_two_computers_of_a_centre_find_each_other(first: Desk, second: Desk) -> None:
    join(first, second)
    for desk in (first, second):
        rows = computers.members(admin(desk))
        assert [(row.name, row.active, row.admitted) for row in rows] == [("K3", True, True), ("K4", True, True)]
        assert standing_of(desk).audiences() == ["DHK"]
        assert check_store(coordinator(desk)).wrong == []
    assert standing_of(first).organisation == standing_of(second).organisation


def test_both_see_the_same_six_words_and_others_see_other_words(first: Desk, second: Desk) -> None:
    raw = invitations.invite(admin(first), "DHK")
    assert len(raw) < 1024
    asked, sealed = request_of(second, raw)
    request = joining.look_at_request(admin(first), sealed)
    assert request.words == asked.words
    assert len(request.words.split()) == 6
    i18n.use("bn")
    bangla = joining.look_at_request(admin(first), sealed)
    assert len(bangla.words.split()) == 6
    assert not bangla.words.isascii()
    member, place = standing_of(first).me, standing_of(first)
    for other in (
        six_words.six_words(member, place.roster.root, b"1" * 16),
        six_words.six_words(member, b"1" * 32, b"2" * 16),
        six_words.six_words(replaced_seal(member), place.roster.root, b"1" * 16),
    ):
        assert other != request.words


def replaced_seal(member: Member) -> Member:
    return Member(member.desk, new_identity()[1], member.name, member.centre)


@pytest.mark.parametrize("language", ["en", "bn"])
def test_there_are_2048_different_words(language: str) -> None:
    words = six_words.word_list(language)
    assert len(words) == len(set(words)) == 2048
    assert all(2 <= len(word) <= 12 and len(word.split()) == 1 for word in words)


def test_an_invitation_is_for_one_and_ends(first: Desk, second: Desk, tmp_path: Path) -> None:
    raw = invitations.invite(admin(first), "DHK")
    _asked, sealed = request_of(second, raw)
    later = replace(first, clock=lambda: NOW + timedelta(days=15))
    with pytest.raises(NotInvited):
        joining.look_at_request(admin(later), sealed)
    with pytest.raises(NoInvitation):
        joining.ask_to_join(admin(replace(second, clock=lambda: NOW + timedelta(days=15))), raw)
    joining.let_in(admin(first), joining.look_at_request(admin(first), sealed))
    with pytest.raises(NotInvited):
        joining.look_at_request(admin(first), sealed)
    third = new_desk(tmp_path / "third", "K5")
    _asked, again = request_of(third, raw)
    with pytest.raises(NotInvited):
        joining.look_at_request(admin(first), again)
    third.store.vault.close()


@pytest.mark.parametrize("spoiled", [b"", b"CDI1", b"CDI1\x93\x01\x02\x03", b"\0" * 200, b"CDI1" + b"x" * 5000])
def test_what_is_no_invitation_is_said(second: Desk, spoiled: bytes) -> None:
    with pytest.raises(NoInvitation):
        joining.ask_to_join(admin(second), spoiled)


def test_every_byte_of_an_invitation_leads_to_nothing_else(first: Desk, second: Desk) -> None:
    """A changed invitation is refused, or its request is, or the words differ; it never lets anybody in unseen."""
    raw = invitations.invite(admin(first), "DHK")
    asked, _sealed = request_of(second, raw)
    for place in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[place] ^= 1
        try:
            told, sealed = request_of(second, bytes(changed))
            request = joining.look_at_request(admin(first), sealed)
        except (CaseDeskError, ValueError):
            continue
        changed_keys = (
            invitations.read_invitation(bytes(changed), NOW).root != invitations.read_invitation(raw, NOW).root
        )
        assert (told.words == request.words) != changed_keys, "who reads them out hears the difference"
        assert request.words == asked.words


def test_a_request_to_another_office_is_refused(first: Desk, second: Desk, tmp_path: Path) -> None:
    other = new_desk(tmp_path / "other", "X1", "XXX")
    organisation.begin_organisation(admin(other), tmp_path / "other.age", ROOT_WORDS)
    _asked, sealed = request_of(second, invitations.invite(admin(other), "DHK"))
    with pytest.raises(Refused):
        joining.look_at_request(admin(first), sealed)
    other.store.vault.close()


def test_two_computers_of_a_centre_need_different_characters(first: Desk, tmp_path: Path) -> None:
    twin = new_desk(tmp_path / "twin", "K3")
    _asked, sealed = request_of(twin, invitations.invite(admin(first), "DHK"))
    with pytest.raises(NameTaken):
        joining.let_in(admin(first), joining.look_at_request(admin(first), sealed))
    twin.store.vault.close()


def test_the_administrator_alone_opens_no_case_to_a_new_computer(first: Desk, second: Desk) -> None:
    join(first, second, admitted=False)
    assert [row.admitted for row in computers.members(admin(first))] == [True, False]
    with pytest.raises(NobodyThere):
        make_files(coordinator(first), "DHK")
    computers.admit_to_centre(as_role(first, "supervisor"), key_of(second))
    assert make_files(coordinator(first), "DHK")


def test_cases_that_come_before_the_list_are_kept_until_it_lets_the_computer_in(first: Desk, second: Desk) -> None:
    let_in(first, second)
    register_case(first, a_returnee(person__name_en="Sentinel", person__phone_1=None))
    everything, folder = {file_name(sealed): sealed for sealed in carried(first)}, inbox(second.store.vault.folder)
    lists = {row.name for row in files_out(coordinator(first)) if row.kind == Kind.ROSTER}
    for name in everything.keys() - lists:
        folder.put(everything[name])
    assert {(each.fate, each.why) for each in take_inbox(coordinator(second))} == {(Fate.ASIDE, Why.UNKNOWN_DESK)}
    with pytest.raises(NotJoined):
        standing_of(second)
    for name in everything.keys() & lists:
        folder.put(everything[name])
    assert {each.fate for each in take_inbox(coordinator(second))} == {Fate.APPLIED}
    assert records(second).keys() >= {key for key in records(first) if key[0] == "case"}
    assert folder.names() == []


def test_who_dies_after_joining_goes_on_in_the_same_chain(first: Desk, second: Desk) -> None:
    join(first, second)
    chain, folder = own(second).id, second.store.vault.folder
    second.store.vault.close()  # and nobody signed out
    again = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    assert own(again).id == chain
    again.store.vault.close()


def test_an_ended_computer_is_sealed_nothing_any_more(first: Desk, second: Desk) -> None:
    join(first, second)
    computers.end_computer(admin(first), key_of(second))
    assert [row.active for row in computers.members(admin(first))] == [True, False]
    with pytest.raises(NobodyThere):
        make_files(coordinator(first), "DHK")
    with pytest.raises(NotOurs):
        computers.end_computer(admin(first), key_of(second))
    with pytest.raises(NotOurs):
        computers.end_computer(admin(first), key_of(first))


def test_a_new_key_signs_the_list_and_the_old_one_counts_no_more(first: Desk, second: Desk, tmp_path: Path) -> None:
    join(first, second)
    with first.read() as session:
        stolen = SigningKey(session.get_one(Membership, 1).roster_seed or b"")
    with pytest.raises(NotTheRootKey):
        organisation.renew_roster_key(admin(first), tmp_path / "root.age", "other words here")
    organisation.renew_roster_key(admin(first), tmp_path / "root.age", ROOT_WORDS)
    hand_rosters(first, [second])
    old, new = standing_of(first).roster, standing_of(second).roster
    assert old == new
    assert new.key != bytes(stolen.verify_key)
    forged = sign_roster(msgspec.structs.replace(new, number=new.number + 1), stolen)
    with pytest.raises(NotThisRoster):
        announcing.take_roster_file(second, write_body(RosterBody(forged, ())))
    computers.end_computer(admin(first), key_of(second))
    assert standing_of(first).roster.number == new.number + 1, "the new key goes on signing"


def test_a_laptop_is_handed_over(first: Desk, second: Desk) -> None:
    join(first, second)
    somebody = uuid4()
    people.set_people(admin(first), key_of(second), [somebody])
    hand_rosters(first, [second])
    member = standing_of(second).me
    assert member.people == (somebody.bytes,)
    assert [row.admitted for row in computers.members(admin(first))] == [True, True], "nobody has to be let in again"
    with pytest.raises(NotOurs):
        people.set_people(admin(first), b"x" * 32, [somebody])


def test_an_older_roster_changes_nothing(first: Desk, second: Desk) -> None:
    with first.read() as session:
        older = newest_signed(session)
    join(first, second)
    number = standing_of(second).roster.number
    assert not announcing.take_roster_file(second, write_body(RosterBody(older, ())))
    assert standing_of(second).roster.number == number


def test_who_joins_tells_what_was_before_in_a_chain_of_the_organisation(first: Desk, tmp_path: Path) -> None:
    other = new_desk(tmp_path / "khulna", "M1", "KHL")
    register_case(other, a_returnee(person__name_en="Sentinel Khulna"))
    join(first, other, centre="KHL")
    with other.read() as session:
        old, new = session.scalars(select(Chain).order_by(Chain.ix)).all()
    assert (old.held, old.desk, new.desk) == (0, key_of(other), key_of(other))
    assert new.organisation == standing_of(first).organisation
    assert new.parent[:16] == old.id
    assert new.held > 2
    assert check_store(coordinator(other)).wrong == []
    other.store.vault.close()


def test_an_invitation_for_other_letters_is_said(first: Desk, second: Desk) -> None:
    with pytest.raises(OtherCentre):
        joining.ask_to_join(admin(second), invitations.invite(admin(first), "KHL"))


def test_rights(first: Desk, second: Desk) -> None:
    for act, allowed in (
        (lambda desk: invitations.invite(desk, "DHK"), {"administrator"}),
        (lambda desk: computers.end_computer(desk, b"x" * 32), {"administrator"}),
        (lambda desk: computers.admit_to_centre(desk, b"x" * 32), {"supervisor"}),
        (computers.members, {"supervisor", "coordinator", "data_officer", "administrator"}),
        (lambda desk: make_files(desk, CENTRAL), {"coordinator", "data_officer"}),
    ):
        for role in ("caseworker", "supervisor", "coordinator", "data_officer", "administrator", "legal_officer"):
            try:
                act(as_role(first, role))
                refused = False
            except NotAllowed:
                refused = True
            except CaseDeskError:
                refused = False
            assert refused == (role not in allowed), (role, allowed)
    hand_rosters(first, [first])
    with pytest.raises(NotAllowed):
        joining.ask_to_join(as_role(second, "coordinator"), b"")
