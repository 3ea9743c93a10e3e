"""A computer that joins late, or was restored, is sent all there was; confidential cases go to whom they name."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import BatchOut, Case, CaseIndex, CaseNote, Chain, CodedRow, Person, Proved, User
from casedesk.services.access import name_people
from casedesk.services.cases import mark_confidential
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.office import check_store
from casedesk.services.permissions import visible
from casedesk.services.sign_in import sign_in
from casedesk.storage.operations import shown
from casedesk.storage.recorder import own_chain
from casedesk.sync import computers
from casedesk.sync.arrivals import take_inbox
from casedesk.sync.batch import CENTRAL, Batch, Kind, Passed, Refused, Stretch, open_batch, prove, seal, write_batch
from casedesk.sync.files import Fate, inbox, outbox
from casedesk.sync.outbox import make_files
from casedesk.sync.planning import plans
from casedesk.sync.preview import previews
from casedesk.sync.stick import take_stick, write_stick
from tests.conftest import NOW, PASSPHRASE
from tests.support.exchange import held, own
from tests.support.people import a_returnee
from tests.sync.office import (
    admin,
    as_role,
    carried,
    carry,
    coordinator,
    first_desk,
    hand_rosters,
    join,
    key_of,
    new_desk,
    standing_of,
)
from tests.sync.told import assert_as_shown

NAMES = ("K3", "K4", "K5", "K6")


@dataclass(frozen=True)
class Centre:
    """Four laptops, of which the last has not joined yet."""

    one: Desk
    two: Desk
    three: Desk
    new: Desk


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three laptops of one centre that know each other, and one more, to be copied."""
    folder = tmp_path_factory.mktemp("three")
    one = first_desk(folder / "K3")
    others = [new_desk(folder / name, name) for name in NAMES[1:]]
    for each in others[:2]:
        join(one, each)
    hand_rosters(one, others[:2])
    for each in (one, *others):
        each.store.vault.close()
    return folder


@pytest.fixture
def centre(three: Path, tmp_path: Path) -> Iterator[Centre]:
    shutil.copytree(three, tmp_path / "centre")
    desks = [sign_in(tmp_path / "centre" / name, "farzana", PASSPHRASE, lambda: NOW) for name in NAMES]
    yield Centre(*desks)
    for each in desks:
        each.store.vault.close()


def write(desk: Desk, word: str, **consents: str) -> UUID:
    case_id = register_case(
        desk, a_returnee(person__name_en=word, person__phone_1=None, person__village_or_street=f"{word} village")
    )
    if consents:
        record_consent(desk, case_id, RecordConsent(consents, method="verbal"))
    return case_id


def read_by(desk: Desk, files: list[bytes]) -> list[Batch]:
    """What this desk can open of the files."""
    found = []
    for sealed in files:
        with contextlib.suppress(Refused):
            found.append(open_batch(sealed, standing_of(desk).reader))
    return found


def new_files(of: Desk, to: Desk, audience: str) -> list[Batch]:
    """What is made now, as far as this desk can open it."""
    folder = outbox(of.store.vault.folder)
    return read_by(to, [folder.read(name) for name in make_files(coordinator(of), audience)])


def names(desk: Desk) -> set[str]:
    with desk.read() as session:
        return set(session.scalars(select(Person.name_en).where(Person.name_en.is_not(None))))


def notes(desk: Desk) -> set[str]:
    with desk.read() as session:
        return {text or "" for text in session.scalars(select(CaseNote.text))}


def test_a_fourth_laptop_has_every_case_though_one_author_is_away(centre: Centre) -> None:
    one, two, three, new = centre.one, centre.two, centre.three, centre.new
    write(two, "Sentinel Two")
    carry(two, one)
    write(one, "Sentinel One")
    write(three, "Sentinel Three")
    carry(one, three)
    carry(three, one)
    join(one, new)  # and the second is away: nothing of it is made any more
    shown_before = previews(coordinator(one), "DHK")
    assert [(each.only, each.cases) for each in shown_before] == [("", 0), ("DHK/K6", 3)]
    assert_as_shown(one, shown_before, read_by(new, carried(one)))
    assert [each.only for each in previews(coordinator(one), "DHK")] == [""], "it is on its way"
    taken = carry(one, new)
    assert {each.fate for each in taken if each.kind} == {Fate.APPLIED}, "the others are not sealed for it"
    assert {each.kind for each in taken} >= {Kind.CHAIN, Kind.SNAPSHOT}
    assert names(new) == {"Sentinel One", "Sentinel Two", "Sentinel Three"}
    assert check_store(coordinator(new)).wrong == []
    carry(new, one)
    assert not [each for each in read_by(new, carried(one)) if each.header.kind is Kind.SNAPSHOT], "once is enough"
    write(two, "Sentinel Back")
    hand_rosters(one, [two])
    carry(two, new)
    assert "Sentinel Back" in names(new), "what was passed on is what its author goes on from"
    assert check_store(coordinator(new)).wrong == []


def test_each_author_sends_its_own_chain_to_a_newcomer(centre: Centre) -> None:
    one, three, new = centre.one, centre.three, centre.new
    write(three, "Sentinel Three")
    carried(three)  # on a stick that never comes
    join(one, new)
    hand_rosters(one, [three])
    files = read_by(new, carried(three))
    assert [(each.header.first, each.header.to) for each in files if each.header.kind is Kind.CHAIN] == [
        (1, (key_of(new),))
    ]
    carry(three, new)
    assert names(new) == {"Sentinel Three"}


@pytest.mark.parametrize("turned", [False, True])
def test_what_an_ended_computer_wrote_reaches_who_had_not_got_it(centre: Centre, turned: bool) -> None:
    """Its author sends nothing any more; a colleague who holds it passes it on, once."""
    one = centre.one
    lost, lacking = (centre.two, centre.three) if turned else (centre.three, centre.two)
    write(lost, "Sentinel Early")
    carry(lost, one)
    carry(lost, lacking)
    carry(lacking, one)
    write(lost, "Sentinel Late")
    carry(lost, one)
    computers.end_computer(admin(one), key_of(lost))
    hand_rosters(one, [lacking])
    shown_before = previews(coordinator(one), "DHK")
    assert [each.only for each in shown_before] == ["", f"DHK/{lacking.device}"]
    assert_as_shown(one, shown_before, new_files(one, lacking, "DHK"))
    assert [each.only for each in previews(coordinator(one), "DHK")] == [""], "it is on its way"
    carry(one, lacking)
    assert names(lacking) == names(one) == {"Sentinel Early", "Sentinel Late"}
    carry(lacking, one)
    assert [each.only for each in previews(coordinator(one), "DHK")] == [""]
    assert [each.only for each in previews(coordinator(lacking), "DHK")] == [""], "one passes it on, to who lacks it"
    assert check_store(coordinator(lacking)).wrong == []


def test_a_newcomer_gets_of_an_ended_computer_what_is_believed_of_it(centre: Centre) -> None:
    """Who lets the newcomer in holds more than the administrator did who named the end: nobody would take that."""
    one, two, lost, new = centre.one, centre.two, centre.three, centre.new
    write(lost, "Sentinel Early")
    carry(lost, one)
    carry(lost, two)
    write(lost, "Sentinel Late")
    carry(lost, two)
    computers.end_computer(admin(one), key_of(lost))
    join(one, new, admitted=False)
    hand_rosters(one, [two])
    computers.admit_to_centre(as_role(two, "supervisor"), key_of(new))
    hand_rosters(two, [new])
    fates = {each.fate for each in carry(two, new) if each.kind}
    assert fates == {Fate.APPLIED}
    assert "Sentinel Early" in names(new)
    assert "Sentinel Late" not in names(new)
    carry(new, two)
    assert [each.only for each in previews(coordinator(two), "DHK")] == [""]
    assert check_store(coordinator(new)).wrong == []


def test_nobody_can_pass_on_what_its_author_did_not_write(centre: Centre) -> None:
    one, two, new = centre.one, centre.two, centre.new
    write(two, "Sentinel Two")
    carry(two, one)
    write(one, "Sentinel Forged")
    join(one, new)
    place = standing_of(one)
    honest = [each for each in read_by(new, carried(one)) if each.header.kind is Kind.SNAPSHOT]
    [passed] = [each for each in honest if each.header.writer == key_of(two)]
    [own] = [each for each in read_by(new, carried(one)) if each.header.kind is Kind.CHAIN and each.header.first == 1]
    told, mine = passed.header, own.header
    as_two = Stretch(mine.chain or b"", mine.parent, 1, mine.n, mine.prev or b"", mine.head or b"")
    ours = prove(place.author, as_two.chain, as_two.last, as_two.head)
    for proof in (ours, told.proof or b""):
        plain = write_batch(
            place.author,
            Kind.SNAPSHOT,
            own.body,
            audience="DHK",
            made=0,
            to=[key_of(new)],
            stretch=as_two,
            passed=Passed(key_of(two), proof),
        )
        inbox(new.store.vault.folder).put(seal(plain, [standing_of(new).me.seal]))
        assert [(each.fate, each.why) for each in take_inbox(coordinator(new))] == [(Fate.REFUSED, "signature")]
    assert names(new) == set()


def test_a_confidential_case_is_not_passed_on(centre: Centre) -> None:
    one, two, new = centre.one, centre.two, centre.new
    case_id = write(two, "Sentinel Two")
    carry(two, one)
    with one.read() as session:
        assert session.get(Case, case_id) is not None
    mark_confidential(one, case_id)
    mark_confidential(one, write(one, "Sentinel One"))
    join(one, new)
    bodies = b"".join(each.body for each in read_by(new, carried(one)) if each.header.kind is not Kind.ROSTER)
    assert b"Sentinel" not in bodies
    carry(one, new)
    assert names(new) == set()
    assert check_store(coordinator(new)).wrong == []


def test_a_new_desk_of_the_central_office_gets_what_each_consent_allows(centre: Centre, tmp_path: Path) -> None:
    one = centre.one
    first, second = (new_desk(tmp_path / name, name, "HQX") for name in ("Q1", "Q2"))
    join(one, first, centre="HQX", central=True)
    named = write(one, "Sentinel Named", sync_central_identified="given")
    add_note(one, named, "general", "Sentinelnote")
    write(one, "Sentinel Coded", sync_central_coded="given")
    write(one, "Sentinel None")
    carry(one, first, CENTRAL)
    write(one, "Sentinel Counted", statistics="given")
    write(one, "Sentinel Late", sync_central_coded="given")  # waits for both when the second one joins
    join(one, second, centre="HQX", central=True)
    shown_before = previews(coordinator(one), CENTRAL)
    alone = shown_before[1]
    assert [each.only for each in shown_before] == ["", "HQX/Q2"]
    assert (alone.cases, alone.coded_cases, alone.counted_cases) == (1, 2, 1)
    assert_as_shown(one, shown_before, new_files(one, second, CENTRAL))
    body = b"".join(each.body for each in read_by(second, carried(one, CENTRAL)) if each.header.kind is Kind.CHAIN)
    assert b"Sentinel Named" in body
    for hidden in (b"Sentinel Coded", b"Sentinel None", b"Sentinelnote"):
        assert hidden not in body
    carry(one, second, CENTRAL)
    assert names(second) == {"Sentinel Named"}
    with second.read() as session:
        assert len(session.scalars(select(CodedRow)).all()) == 2
    carry(second, one, "HQX") if standing_of(second).audiences() == ["HQX"] else None
    before = len(carried(one, CENTRAL))
    assert len(carried(one, CENTRAL)) == before, "what is on its way is not made again"
    for each in (first, second):
        each.store.vault.close()


def test_a_confidential_case_goes_to_the_computers_of_who_is_named_and_to_no_other(centre: Centre) -> None:
    one, two, three = centre.one, centre.two, centre.three
    carry(two, one)  # so that its people are known; they count from when an administrator says so
    with admin(one).write("office.set_roles", about=two.actor.id) as session:
        user = session.get_one(User, two.actor.id)
        user.active, user.roles = True, ["caseworker"]
    case_id = write(one, "Sentinel Secret")
    mark_confidential(one, case_id)
    files = carried(one)
    for other in (two, three):
        assert b"Sentinel" not in b"".join(each.body for each in read_by(other, files))
    for other in (two, three):
        carry(one, other)
        assert names(other) == set()
    name_people(one, case_id, [two.actor.id])
    files = carried(one)
    assert b"Sentinel Secret" in b"".join(each.body for each in read_by(two, files) if each.header.kind is Kind.SHOW)
    assert b"Sentinel" not in b"".join(each.body for each in read_by(three, files))
    carry(one, two)
    carry(one, three)
    assert (names(two), names(three)) == ({"Sentinel Secret"}, set())
    add_note(one, case_id, "general", "Sentinelnote")
    carry(one, two)
    carry(one, three)
    assert (notes(two), notes(three)) == ({"Sentinelnote"}, set())
    name_people(one, case_id, (), [two.actor.id])
    add_note(one, case_id, "general", "Sentinelunseen")
    carry(one, two)
    assert "Sentinelunseen" not in notes(two)
    name_people(one, case_id, [two.actor.id])
    carry(one, two)
    carry(one, three)
    assert notes(two) == {"Sentinelnote", "Sentinelunseen"}
    assert notes(three) == set()
    for each in (one, two, three):
        assert check_store(coordinator(each)).wrong == []


def test_colleagues_who_have_a_case_learn_that_it_is_confidential_now(centre: Centre) -> None:
    one, two = centre.one, centre.two
    case_id = write(one, "Sentinel Known")
    carry(one, two)
    mark_confidential(one, case_id)
    add_note(one, case_id, "general", "Sentinelafter")
    carry(one, two)
    with two.read() as session:
        assert session.get_one(Case, case_id).confidential_case is True
    assert notes(two) == set()


def test_a_backup_from_before_a_case_was_confidential_shows_and_sends_it_no_more_once_the_mark_is_back(
    centre: Centre, tmp_path: Path
) -> None:
    one, two, three = centre.one, centre.two, centre.three
    secret = write(one, "Sentinel Secret", sync_central_identified="given")
    for each in (two, three):
        carry(one, each)
        carry(each, one)
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    mark_confidential(one, secret)
    add_note(one, secret, "general", "Sentinelafter")
    hidden = write(one, "Sentinel Hidden")
    mark_confidential(one, hidden)
    carry(one, two)
    carry(two, one)
    two.store.vault.close()
    old = sign_in(tmp_path / "backup", "farzana", PASSPHRASE, lambda: NOW)
    try:
        assert (marks(old), page(coordinator(old))) == ({secret: None}, [secret])
        with old.write("test.note", about=secret) as session:  # before it hears of anything
            session.add(CaseNote(case_id=secret, text="Sentinelopen"))
        carry(old, one)
        carry(one, old)
        assert marks(old) == {secret: True}, "and of the case that it never had it hears nothing"
        assert notes(old) == {"Sentinelopen"}
        assert page(coordinator(old)) == []
        for audience in ("DHK", CENTRAL):
            with old.read() as session:
                planned = list(plans(session, audience, old.today(), desks=standing_of(old).recipients(audience)))
            told = [leaf.value for some in planned for each in some.going for _level, leaf in shown(each.view)]
            assert "Sentinelopen" not in told
            assert {show.to for some in planned for show in some.shows} <= {key_of(one)}, "its owner works there"
        assert check_store(coordinator(old)).wrong == []
    finally:
        old.store.vault.close()


def marks(desk: Desk) -> dict[UUID, bool | None]:
    with desk.read() as session:
        return {row.id: row.confidential_case for row in session.execute(select(Case.id, Case.confidential_case))}


def page(desk: Desk) -> list[UUID]:
    """The cases that somebody's list shows."""
    with desk.read() as session:
        return list(session.scalars(select(CaseIndex.case_id).where(visible(desk.actor))))


def test_after_a_restore_only_the_one_restored_is_sent_again(centre: Centre, tmp_path: Path) -> None:
    one, two, three = centre.one, centre.two, centre.three
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    write(one, "Sentinel One")
    for each in (two, three):
        carry(one, each)
        carry(each, one)
    old = sign_in(tmp_path / "backup", "farzana", PASSPHRASE, lambda: NOW)
    write(one, "Sentinel More")
    carry(one, old)
    carry(old, one)
    carry(one, old)
    assert names(old) == {"Sentinel One", "Sentinel More"}
    with one.read() as session:
        chain = own_chain(session).id
        rows = session.scalars(select(BatchOut).where(BatchOut.chain == chain, BatchOut.kind == Kind.CHAIN)).all()
        again = [row for row in rows if row.sealed_to == [key_of(old).hex()]]
        assert len(again) == 1
        assert session.scalars(select(Chain).where(Chain.id == chain)).one().held >= again[0].last
    old.store.vault.close()


def test_three_laptops_share_one_stick_at_once(centre: Centre, tmp_path: Path) -> None:
    three = [coordinator(each) for each in (centre.one, centre.two, centre.three)]
    stick = tmp_path / "stick"
    stick.mkdir()
    for desk, word in zip(three, ("Sentinel One", "Sentinel Two", "Sentinel Three"), strict=True):
        write(desk, word)
        make_files(desk, "DHK")
        write_stick(desk, stick)
    for desk in three:
        take_stick(desk, stick)
        write_stick(desk, stick)
    for desk in three:
        take_stick(desk, stick)
        assert names(desk) == {"Sentinel One", "Sentinel Two", "Sentinel Three"}
        assert check_store(desk).wrong == []
    for desk in three:
        write_stick(desk, stick)
    kinds = {each.header.kind for desk in three for each in read_by(desk, [p.read_bytes() for p in files_on(stick)])}
    assert Kind.CHAIN not in kinds, "what all three have is taken away"


def files_on(stick: Path) -> list[Path]:
    return sorted((stick / "CASEDESK").glob("*.cdb"))


def test_a_file_that_crosses_the_end_of_a_computer_counts_up_to_there(centre: Centre, tmp_path: Path) -> None:
    """Its author makes no other file of what it wrote before: whoever threw this one away would never hear of that."""
    one, lost = centre.one, centre.three
    hq = new_desk(tmp_path / "Q1", "Q1", "HQX")
    join(one, hq, centre="HQX", central=True)
    hand_rosters(one, [lost])
    write(lost, "Sentinel Early", sync_central_identified="given")
    carry(lost, one)
    end = held(one, own(lost).id)
    write(lost, "Sentinel Late", sync_central_identified="given")
    computers.end_computer(admin(one), key_of(lost))
    hand_rosters(one, [hq])
    taken = [each for each in carry(lost, hq, CENTRAL) if each.kind == Kind.CHAIN]
    assert [(each.fate, each.why) for each in taken] == [(Fate.ASIDE, "ended_desk")]
    assert held(hq, own(lost).id) == end
    assert names(hq) == {"Sentinel Early"}
    with hq.read() as session:
        assert session.scalars(select(Proved).where(Proved.chain == own(lost).id)).all() == [], "nobody signed that"
    assert check_store(coordinator(hq)).wrong == []
    hq.store.vault.close()


def test_what_is_shown_across_the_end_of_a_computer_counts_up_to_there(centre: Centre, tmp_path: Path) -> None:
    one, lost = centre.one, centre.three
    hq = new_desk(tmp_path / "Q1", "Q1", "HQX")
    join(one, hq, centre="HQX", central=True)
    hand_rosters(one, [lost])
    early = write(lost, "Sentinel Early", sync_central_coded="given")
    carry(lost, one)
    late = write(lost, "Sentinel Late", sync_central_coded="given")
    carry(lost, hq, CENTRAL)
    for case_id in (early, late):
        record_consent(lost, case_id, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
    computers.end_computer(admin(one), key_of(lost))
    hand_rosters(one, [hq])
    [taken] = [each for each in carry(lost, hq, CENTRAL) if each.kind == Kind.SHOW]
    assert (taken.fate, taken.why) == (Fate.ASIDE, "ended_desk")
    assert names(hq) == {"Sentinel Early"}
    assert check_store(coordinator(hq)).wrong == []
    hq.store.vault.close()
