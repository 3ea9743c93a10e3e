"""What goes wrong on the way, and what must be true of it: where each line of the two tables is tested.

SYNC 14
  power off or kill at any moment: faults/test_power_cuts, also while taking in; faults/test_kill
  disk full: faults/test_disk; while taking in: faults/test_taking_in, faults/test_power_cuts (take_in), test_arrivals
    (a full disk says nothing …)
  file cut, changed, joined, empty, not ours: test_batch (every byte …, two files joined …), test_arrivals (damaged …)
  the same file twice, overlapping, an old one again: here; test_schedules (repeat, send)
  files in any order, one stick lost: here; test_taking_in (a gap waits …)
  signature of an unknown or ended desk: test_batch (unknown desks …), test_arrivals (an ended computer …), here (before
    the list …), test_joining (before the list …)
  a peer changes its past: test_arrivals (a fork is told …), here (two stories …), test_schedules (clone)
  history shown late does not match: test_erasure (another past …)
  a field that this version does not know: test_erasure (what this version does not know …), test_two_versions
  newer file format: here, until the update came
  a batch that unpacks to gigabytes: test_batch (a bomb …)
  clock 1970, 2009 or 2099: faults/test_disk (whatever the clock says), test_schedules (clock)
  line cut every few kilobytes: test_relay, test_visit (a line that breaks …)
  relay loses everything: here; a stick that was lost is made good by the relay: here
  laptop restored, cloned, handed over: unit/test_backups (new chain), test_schedules, test_joining (handed over)
  central restored: here, with its orders, what it was shown later and its rows without names
  a laptop restored: test_newcomers (after a restore …), here (its own chain, its files, what it was shown, the list)
  edit and removal at once: test_taking_in (an edit beats a removal …)
  consent withdrawn while a batch is on the way: test_erasure (an order that comes before …), test_exchange_by_stick
  erased value in an old batch: test_erasure (an order that comes before …); in a backup: here
  wrong, lost and all passphrases: unit/test_vault, unit/test_keys
  keys file damaged: faults/test_keys_file
  installed without SQLCipher: here

All of it together, by file, in random histories with two centres and a central office: test_schedules_by_file

SYNC 15
  1 equal whatever the order: test_schedules, test_late, properties/test_registers
  2 replay(journal) == records: properties/test_journal, and the check at the end of test_schedules
  3 nothing disappears unknown: test_schedules (notes), properties/test_registers
  4 every form has the digest of the whole: test_operations, test_views
  5 nothing outside the view: test_leaving (nothing outside the view …)
  6 every byte counts and the store stays: test_batch, test_arrivals (damaged …)
  7 atomic at every point: faults/test_taking_in, faults/test_power_cuts (take_in)
  8 twice is once: here, test_schedules (repeat)
  9 renamed, restored, cloned: test_schedules (restore, clone)
  10 no word after an erasure: here
  11 with clocks at random: test_schedules (clock)
  12 old and new program: test_two_versions
  13 the bytes of the vectors: test_operations
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Case, Chain, CodedRow, CountRow, Membership, Person, User
from casedesk.services.access import name_people
from casedesk.services.cases import edit_case, mark_confidential
from casedesk.services.clashes import steps_skipped
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.entitled import alarms
from casedesk.services.intake import register_case
from casedesk.services.lifecycle import status_of, take
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.storage import vault
from casedesk.storage.installation import FILE
from casedesk.storage.keys import FLOOR
from casedesk.storage.operations import parent_of
from casedesk.storage.vault import EngineUnfit, create_vault, unlock
from casedesk.sync import batch
from casedesk.sync.arrivals import files_in, take_inbox
from casedesk.sync.batch import CENTRAL, Kind, Refused, Why, open_batch
from casedesk.sync.bodies import Coded, CodedRows, Count, Orders, Receipt, read_body
from casedesk.sync.carrying import State
from casedesk.sync.coded import row_of, take_coded
from casedesk.sync.computers import admit_to_centre
from casedesk.sync.files import INBOX, OUTBOX, Fate, Folder, inbox, outbox
from casedesk.sync.joining import ask_for_new_key, let_in, look_at_request
from casedesk.sync.membership import new_identity
from casedesk.sync.outbox import files_out, keep_letter, make_files, uncovered
from casedesk.sync.planning import own_chains
from casedesk.sync.stick import write_stick
from casedesk.sync.visit import hear_answer, name_relay, visit
from casedesk.sync.withdrawing import withdraw
from tests.conftest import NOW, PASSPHRASE
from tests.support.exchange import order_erasure, records, words_in
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
    relay_of_office,
    standing_of,
)

SECRET = "Sentinelerased"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Desk]:
    yield from opened(first_desk(tmp_path / "K3"))


@pytest.fixture
def two(one: Desk, tmp_path: Path) -> Iterator[Desk]:
    made = new_desk(tmp_path / "K4", "K4")
    join(one, made)
    yield from opened(made)


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Desk]:
    """A third laptop, which has not joined yet."""
    yield from opened(new_desk(tmp_path / "K5", "K5"))


@pytest.fixture
def central(one: Desk, tmp_path: Path) -> Iterator[Desk]:
    made = new_desk(tmp_path / "Q1", "Q1", "HQX")
    join(one, made, centre="HQX", central=True)
    yield from opened(made)


def opened(desk: Desk) -> Iterator[Desk]:
    yield desk
    desk.store.vault.close()


def write(desk: Desk, name: str) -> None:
    register_case(desk, a_returnee(person__name_en=name, person__phone_1=None))


def made(desk: Desk) -> list[bytes]:
    return [outbox(desk.store.vault.folder).read(name) for name in make_files(coordinator(desk), "DHK")]


def give(desk: Desk, *sealed: bytes) -> list[Fate]:
    for each in sealed:
        inbox(desk.store.vault.folder).put(each)
    return [taken.fate for taken in take_inbox(coordinator(desk))]


def give_waiting(of: Desk, to: Desk) -> None:
    """What lies ready, receipts above all."""
    with of.read() as session:
        files = [outbox(of.store.vault.folder).read(row.name) for row in uncovered(session)]
    give(to, *files)


def names(desk: Desk) -> set[str | None]:
    with desk.read() as session:
        return set(session.scalars(select(Person.name_en).where(Person.name_en.is_not(None))))


def newest_receipt(of: Desk, reader: Desk) -> Receipt:
    row = next(row for row in files_out(coordinator(of)) if row.kind == Kind.RECEIPT)
    batch = open_batch(outbox(of.store.vault.folder).read(row.name), standing_of(reader).reader)
    return read_body(batch.body, Receipt)


def test_a_stick_that_was_lost_is_asked_for_exactly_and_the_same_file_again_changes_nothing(
    one: Desk, two: Desk
) -> None:
    sticks = []
    for number in range(3):
        write(one, f"Sentinel {number}")
        sticks += made(one)
    first, lost, last = (open_batch(sealed, standing_of(two).reader).header for sealed in sticks)
    give(two, sticks[0])
    give(two, sticks[2])
    told = next(line for line in newest_receipt(two, one).chains if line.chain == first.chain)
    assert (told.held, told.wanted) == (first.last, ((lost.first, lost.last),))
    give(two, sticks[1])
    assert names(two) == {f"Sentinel {number}" for number in range(3)}
    before = newest_receipt(two, one).chains
    told = next(line for line in before if line.chain == first.chain)
    assert (told.held, told.wanted) == (last.last, ())
    for sealed in sticks:
        give(two, sealed)
    assert newest_receipt(two, one).chains == before
    assert check_store(coordinator(two)).wrong == []


def test_a_file_of_a_newer_program_is_kept_and_tried_again_and_holds_nothing_up(
    one: Desk, two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(one, "Sentinel")
    place = standing_of(one)
    (sealed,) = made(one)
    with one.local() as session, monkeypatch.context() as newer_program:
        newer_program.setattr(batch, "MAGIC", b"CDB2")
        name = keep_letter(session, one, place.author, Kind.ORDERS, Orders(()), seals_of(two)).name
    newer = outbox(one.store.vault.folder).read(name)
    assert give(two, newer) == [Fate.ASIDE]
    assert (name, Why.NEWER) in newest_receipt(two, one).files
    assert give(two, newer) == [Fate.ASIDE], "this might have been the newer program"
    (row,) = [row for row in files_in(coordinator(two)) if row.state == Fate.ASIDE]
    assert (row.name, row.why) == (name, Why.NEWER)
    assert name in inbox(two.store.vault.folder).names(), "its content is kept"
    assert sorted(give(two, sealed)) == [Fate.APPLIED, Fate.ASIDE]
    assert names(two) == {"Sentinel"}
    give_waiting(two, one)
    assert orders_waiting(one) == [name]
    monkeypatch.setattr(batch, "MAGIC", b"CDB2")  # the update came
    assert give(two) == [Fate.APPLIED]
    give_waiting(two, one)
    assert orders_waiting(one) == [], "who wrote it hears that it was taken in"


def seals_of(desk: Desk) -> dict[bytes, str]:
    """A desk and the key to seal to."""
    me = standing_of(desk).me
    return {me.desk: me.seal}


def test_what_comes_before_the_list_that_names_its_author_is_kept_until_the_list_has_come(
    one: Desk, two: Desk, three: Desk
) -> None:
    """Refused it would be for ever: its author would send the same file again, and the name is known."""
    join(one, three)
    write(three, "Sentinel first")
    (early,) = made(three)
    assert give(two, early) == [Fate.ASIDE]
    (row,) = [row for row in files_in(coordinator(two)) if row.state == Fate.ASIDE]
    assert (row.why, row.desk) == (Why.UNKNOWN_DESK, "")
    assert give(two, early) == [Fate.ASIDE]
    write(three, "Sentinel second")
    give(two, *made(three))
    assert names(two) == set()
    carry(one, two)  # the list is among it
    assert names(two) == {"Sentinel first", "Sentinel second"}
    assert inbox(two.store.vault.folder).names() == []
    give_waiting(two, three)
    assert files_left(three, two) == [], "it hears that its files were taken in"
    assert check_store(coordinator(two)).wrong == []


def test_what_a_colleague_passes_on_before_the_word_that_binds_them_came_is_kept_too(
    one: Desk, two: Desk, three: Desk
) -> None:
    """It is passed on once."""
    write(two, "Sentinel")
    carry(two, one)
    join(one, three, admitted=False)
    admit_to_centre(as_role(one, "supervisor"), key_of(three))
    carried(one)
    folder = outbox(one.store.vault.folder)
    passed = [folder.read(row.name) for row in files_out(coordinator(one)) if row.kind == Kind.SNAPSHOT]
    assert give(three, *passed) == [Fate.ASIDE]
    hand_rosters(one, [three])
    assert give(three) == [Fate.APPLIED]
    assert names(three) == {"Sentinel"}


def test_a_list_that_was_lost_with_a_restore_is_told_again(one: Desk, two: Desk, three: Desk, tmp_path: Path) -> None:
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    join(one, three)
    for each in (two, three):
        carry(one, each)
        give_waiting(each, one)
    with one.read() as session:
        assert Kind.ROSTER not in {row.kind for row in uncovered(session)}, "nobody is to be told any more"
    write(three, "Sentinel")
    with restored(two, tmp_path / "backup") as old:
        take_inbox(coordinator(old))  # nothing comes; it tells what it holds
        give_waiting(old, one)
        carry(three, old)
        assert names(old) == set()
        carry(one, old)
        assert names(old) == {"Sentinel"}
        give_waiting(old, one)
        assert Kind.ROSTER not in files_left(one, old)


def test_a_list_that_was_fetched_and_lost_before_anything_was_told_is_sent_again(
    one: Desk, two: Desk, three: Desk
) -> None:
    join(one, three)
    with one.local() as session:
        for row in uncovered(session):
            if row.kind == Kind.ROSTER:
                row.state = State.SENT  # over a line; where it had come, the disk went before it was taken in
    write(one, "Sentinel")
    give(two, *made(one))
    assert {each.name for each in standing_of(two).roster.members} == {"K3", "K4"}
    give_waiting(two, one)
    with one.read() as session:
        assert {row.state for row in uncovered(session) if row.kind == Kind.ROSTER} == {State.BUILT}
    carry(one, two)
    assert {each.name for each in standing_of(two).roster.members} == {"K3", "K4", "K5"}
    give_waiting(two, one)
    assert Kind.ROSTER not in files_left(one, two), "the lists before it are told with it"


def test_a_list_that_was_lost_with_a_laptop_before_it_was_carried_is_made_again(
    one: Desk, two: Desk, three: Desk, tmp_path: Path
) -> None:
    join(one, three)
    backup = tmp_path / "backup"  # which has the vault alone
    shutil.copytree(one.store.vault.folder, backup, ignore=lambda _folder, _names: [OUTBOX, INBOX, FILE])
    with restored(one, backup) as again:
        carry(again, two)
        assert {each.name for each in standing_of(two).roster.members} == {"K3", "K4", "K5"}
        give_waiting(two, again)
        assert Kind.ROSTER not in files_left(again, two)
        make_files(coordinator(again), "DHK")
        assert files_left(again, three).count(Kind.ROSTER) == 1, "once is enough"


def test_a_file_that_is_made_while_the_outbox_is_tidied_stays(
    one: Desk, central: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order to forget beside a visit to the relay, which no receipt would miss."""
    case_id = shared(one, SECRET)
    exchange(one, central)
    names_of = Folder.names

    def meanwhile(folder: Folder) -> list[str]:
        if not beside.ident:
            beside.start()
            beside.join(0.5)  # it waits for its turn, and is not waited for
        return names_of(folder)

    beside = Thread(target=withdraw, args=(one, case_id, "sync_central_identified"))
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "names", meanwhile)
        make_files(coordinator(one), CENTRAL)
    beside.join()
    (order,) = orders_waiting(one)
    assert order in outbox(one.store.vault.folder).names()
    exchange(one, central)
    assert names(central) == set()


def test_a_relay_that_lost_everything_is_sent_again_what_no_receipt_covers(
    one: Desk, two: Desk, tmp_path: Path
) -> None:
    write(one, "Sentinel")
    with relay_of_office(one, tmp_path / "relay"):
        assert visit(coordinator(one)).sent > 0
    with relay_of_office(one, tmp_path / "another") as port:  # with nothing of the first
        name_relay(admin(two), f"http://127.0.0.1:{port}", b"")
        assert visit(coordinator(one)).sent > 0
        visit(coordinator(two))
        assert names(two) == {"Sentinel"}
        visit(coordinator(one))
        assert visit(coordinator(one)).sent == 0, "what is covered is not sent again"


def test_what_went_by_a_stick_that_was_lost_goes_by_the_relay(one: Desk, central: Desk, tmp_path: Path) -> None:
    """No receipt would miss an order to forget: it has no number."""
    go = shared(one, SECRET)
    with relay_of_office(one, tmp_path / "relay") as port:
        name_relay(admin(central), f"http://127.0.0.1:{port}", b"")
        for desk in (one, central, one):
            visit(coordinator(desk))
        withdraw(one, go, "sync_central_identified")
        (tmp_path / "stick").mkdir()
        (order,) = orders_waiting(one)
        assert order in write_stick(coordinator(one), tmp_path / "stick").files
        for desk in (one, central, one):
            visit(coordinator(desk))
        assert names(central) == set()
        assert orders_waiting(one) == []


def test_what_was_fetched_and_lost_with_a_restore_before_its_receipt_went_is_sent_again(
    one: Desk, central: Desk, tmp_path: Path
) -> None:
    go, late = shared(one, SECRET), registered(one, "Late")
    with relay_of_office(one, tmp_path / "relay") as port:
        name_relay(admin(central), f"http://127.0.0.1:{port}", b"")
        for desk in (one, central, one):
            visit(coordinator(desk))
        shutil.copytree(central.store.vault.folder, tmp_path / "backup")
        withdraw(one, go, "sync_central_identified")
        agree(one, late, "sync_central_identified")
        visit(coordinator(one))
        hear_answer(admin(central))  # which sends nothing
        assert names(central) == {"Late"}
        with restored(central, tmp_path / "backup") as old:
            for desk in (old, one, old):
                visit(coordinator(desk))
            assert names(old) == {"Late"}
            assert places_of(SECRET, old, (old,)) == []
            visit(coordinator(one))
            assert files_left(one, old) == []
            assert check_store(coordinator(old)).wrong == []


def files_left(of: Desk, to: Desk) -> list[str]:
    """The kinds of the files that a desk is still to be given."""
    key = key_of(to).hex()
    with of.read() as session:
        rows = [row for row in uncovered(session) if key in {*row.sealed_to} - {*row.covered_by}]
        return [row.kind for row in rows if row.kind != Kind.RECEIPT]


def test_who_was_restored_while_a_colleague_is_away_is_sent_again_what_it_had(
    one: Desk, two: Desk, three: Desk, tmp_path: Path
) -> None:
    join(one, three)
    hand_rosters(one, [two])
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    write(one, "Sentinel")
    carry(one, two)
    give_waiting(two, one)
    assert Kind.CHAIN not in files_left(one, two)
    assert Kind.CHAIN in files_left(one, three)
    with restored(two, tmp_path / "backup") as old:
        take_inbox(coordinator(old))  # nothing comes; it tells what it holds
        give_waiting(old, one)
        make_files(coordinator(one), "DHK")
        assert Kind.CHAIN in files_left(one, old)
        carry(one, old)
        assert names(old) == {"Sentinel"}


def test_the_central_office_restored_from_an_old_backup_is_sent_again_what_it_may_have_and_forgets_again(
    one: Desk, central: Desk, tmp_path: Path
) -> None:
    shared(one, "Stays")
    go, wrong = shared(one, SECRET), shared(one, "Sentinelwrong")
    exchange(one, central)
    shutil.copytree(central.store.vault.folder, tmp_path / "backup")
    later = shared(one, "Later")
    withdraw(one, go, "sync_central_identified")
    erase(one, wrong)
    exchange(one, central)
    withdraw(one, later, "sync_central_identified")
    exchange(one, central)
    assert names(central) == {"Stays"}
    with restored(central, tmp_path / "backup") as old:
        assert names(old) == {"Stays", SECRET, "Sentinelwrong"}, "a backup has them until it hears of the orders"
        take_inbox(coordinator(old))  # nothing comes; it tells what it holds
        give_waiting(old, one)
        exchange(one, old)
        assert names(old) == {"Stays"}
        for word in (SECRET, "Sentinelwrong", "Later"):
            assert places_of(word, old, (old,)) == []
        exchange(one, old)
        assert orders_waiting(one) == [], "what it said it obeyed is not ordered again"
        assert check_store(coordinator(old)).wrong == []


def test_an_order_that_alone_was_lost_with_a_restore_is_given_again(one: Desk, central: Desk, tmp_path: Path) -> None:
    """No number of a chain tells of it: it overtook all else, and the backup has the chain as far as before."""
    kept = shared(one, "Comes back")
    go = shared(one, SECRET)
    with relay_of_office(one, tmp_path / "relay") as port:
        name_relay(admin(central), f"http://127.0.0.1:{port}", b"")
        for desk in (one, central, one):
            visit(coordinator(desk))
        shutil.copytree(central.store.vault.folder, tmp_path / "backup")
        for case_id in (go, kept):
            withdraw(one, case_id, "sync_central_identified")
        give_waiting(one, central)
        give_waiting(central, one)
        assert names(central) == set()
        assert orders_waiting(one) == []
        record_consent(one, kept, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
        with restored(central, tmp_path / "backup") as old:
            for desk in (old, one, old):  # it is made in the visit that brings the news, and goes with it
                visit(coordinator(desk))
            assert names(old) == {"Comes back"}, "what may be known again is not forgotten again"
            assert places_of(SECRET, old, (old,)) == []
            for desk in (one, old, one):
                visit(coordinator(desk))
            assert orders_waiting(one) == []
            assert check_store(coordinator(old)).wrong == []


def test_files_that_were_lost_with_a_laptop_are_made_again_orders_to_forget_above_all(
    one: Desk, central: Desk, tmp_path: Path
) -> None:
    go = shared(one, SECRET)
    exchange(one, central)
    shared(one, "Sentinel Later")
    make_files(coordinator(one), CENTRAL)
    withdraw(one, go, "sync_central_identified")
    assert len(orders_waiting(one)) == 1
    backup = tmp_path / "backup"  # which has the vault alone
    shutil.copytree(one.store.vault.folder, backup, ignore=lambda _folder, _names: [OUTBOX, INBOX, FILE])
    with restored(one, backup) as again:
        exchange(again, central)
        assert names(central) == {"Sentinel Later"}
        assert places_of(SECRET, central, (central,)) == []
        exchange(again, central)
        assert orders_waiting(again) == []
        assert check_store(coordinator(central)).wrong == []


def test_what_no_number_of_a_chain_tells_of_is_made_again_for_a_central_office_that_was_restored(
    one: Desk, central: Desk, tmp_path: Path
) -> None:
    """Its backup has the chain as far as before: rows without names and what was shown later came after it."""
    late, taken_back, coded, gone = (registered(one, word) for word in ("Late", "Taken back", "Coded", "Gone"))
    agree(one, gone, "sync_central_coded")
    exchange(one, central)
    for case_id in (late, taken_back):
        agree(one, case_id, "sync_central_identified")
    agree(one, coded, "sync_central_coded")
    withdraw(one, gone, "sync_central_coded")
    files = by_kind(one, central)
    give(central, *files[Kind.CHAIN])
    shutil.copytree(central.store.vault.folder, tmp_path / "backup")
    give(central, *files[Kind.SHOW], *files[Kind.CODED])
    give_waiting(central, one)
    withdraw(one, taken_back, "sync_central_identified")
    exchange(one, central)
    exchange(one, central)
    with one.read() as session:
        assert not [row for row in uncovered(session) if row.kind in (Kind.SHOW, Kind.CODED)]
    assert (names(central), rows_of(central)) == ({"Late"}, {row_of(coded)})
    with restored(central, tmp_path / "backup") as old:
        assert (names(old), rows_of(old)) == (set(), {row_of(gone)})
        take_inbox(coordinator(old))  # nothing comes; it tells what it holds, and that it goes on in a new chain
        give_waiting(old, one)
        exchange(one, old)
        assert (names(old), rows_of(old)) == ({"Late"}, {row_of(coded)})
        assert places_of("Taken back", old, (old,)) == []
        exchange(one, old)
        make_files(coordinator(one), CENTRAL)
        with one.read() as session:
            left = [row.kind for row in uncovered(session) if row.kind in (Kind.SHOW, Kind.CODED)]
        assert left == [], "once is enough"
        assert check_store(coordinator(old)).wrong == []


def test_a_colleague_who_was_restored_is_shown_a_confidential_case_again(one: Desk, two: Desk, tmp_path: Path) -> None:
    carry(two, one)  # so that its people are known
    with admin(one).write("office.set_roles", about=two.actor.id) as session:
        user = session.get_one(User, two.actor.id)
        user.active, user.roles = True, ["caseworker"]
    case_id = registered(one, SECRET)
    mark_confidential(one, case_id)
    for _time in range(2):
        carry(one, two)
        carry(two, one)
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    name_people(one, case_id, [two.actor.id])
    for _time in range(2):
        carry(one, two)
        carry(two, one)
    assert names(two) == {SECRET}
    with restored(two, tmp_path / "backup") as old:
        take_inbox(coordinator(old))
        give_waiting(old, one)
        carry(one, old)
        assert names(old) == {SECRET}
        assert check_store(coordinator(old)).wrong == []


def test_files_without_a_number_that_were_lost_with_a_laptop_or_a_key_are_made_again(
    one: Desk, central: Desk, tmp_path: Path
) -> None:
    late, coded = registered(one, "Late"), registered(one, "Coded")
    exchange(one, central)
    agree(one, late, "sync_central_identified")
    agree(one, coded, "sync_central_coded")
    make_files(coordinator(one), CENTRAL)
    backup = tmp_path / "backup"  # which has the vault alone
    shutil.copytree(one.store.vault.folder, backup, ignore=lambda _folder, _names: [OUTBOX, INBOX, FILE])
    with restored(one, backup) as again:
        lost = by_kind(again, central)
        assert {Kind.SHOW, Kind.CODED} <= lost.keys(), "made again, and not carried yet"
        with central.local() as session:  # the key is gone, as in a backup from before it
            session.get_one(Membership, 1).sealing = [new_identity()[0]]
        asked = ask_for_new_key(admin(central))
        assert asked is not None
        let_in(admin(again), look_at_request(admin(again), outbox(central.store.vault.folder).read(asked.file)))
        hand_rosters(again, [central])
        exchange(again, central)
        assert (names(central), rows_of(central)) == ({"Late"}, {row_of(coded)})


def test_an_older_file_of_rows_brings_back_nothing_that_was_replaced_or_taken_back(one: Desk, central: Desk) -> None:
    kept, gone = registered(one, "Kept"), registered(one, "Gone")
    for case_id in (kept, gone):
        agree(one, case_id, "sync_central_coded")
    (older,) = by_kind(one, central)[Kind.CODED]
    edit_case(one, kept, {"person.marital_status": (None, "married")})
    withdraw(one, gone, "sync_central_coded")
    (newer,) = by_kind(one, central, older)[Kind.CODED]
    give(central, newer)
    give(central, older)
    with central.read() as session:
        values = {row.row: row.values for row in session.scalars(select(CodedRow))}
    assert values[row_of(gone)] == {}
    assert values[row_of(kept)]["person.marital_status"] == "married"


def test_an_older_file_of_rows_brings_nothing_back_after_a_restore_either(
    one: Desk, central: Desk, tmp_path: Path
) -> None:
    gone = registered(one, "Gone")
    agree(one, gone, "sync_central_coded")
    files = by_kind(one, central)
    give(central, *files[Kind.CHAIN])  # the rest is still under way
    backup = tmp_path / "backup"
    shutil.copytree(one.store.vault.folder, backup, ignore=lambda _folder, _names: [OUTBOX, INBOX, FILE])
    with restored(one, backup) as again:
        exchange(again, central)
        assert rows_of(central) == {row_of(gone)}
        withdraw(again, gone, "sync_central_coded")
        exchange(again, central)
        assert rows_of(central) == set()
        give(central, *files[Kind.CODED])
        assert rows_of(central) == set()


def test_all_rows_at_once_take_back_what_is_not_among_them_and_older_totals_count_no_more(
    one: Desk, central: Desk
) -> None:
    author, chain, other = standing_of(one).me, bytes(16), bytes([1] * 16)
    first, second, third = (bytes([number] * 16) for number in range(3))

    def take(chain: bytes, upto: int, *rows: bytes, whole: bool = False) -> None:
        said = tuple(Coded(row, {"upto": upto}) for row in rows)
        counts = (Count("2026-05", "cases", "", upto),)
        with central.local() as session:
            take_coded(session, author, CodedRows(chain, upto, whole, said, counts), NOW)

    def held() -> tuple[dict[bytes, object], int | None]:
        with central.read() as session:
            rows = {row.row: row.values["upto"] for row in session.scalars(select(CodedRow)) if row.values}
            return rows, session.scalars(select(CountRow.count)).one()

    take(chain, 20, first)
    take(chain, 30, second, whole=True)
    assert held() == ({second: 30}, 30)
    take(chain, 10, first, third)
    assert held() == ({second: 30}, 30), "all there was then is known"
    take(chain, 50, third)
    take(chain, 40, second, third)
    assert held() == ({second: 40, third: 50}, 50)
    take(other, 5, second)
    assert held() == ({second: 5, third: 50}, 5), "after a restore it stands in another chain"
    with central.local() as session:
        for id_, before in ((chain, other), (other, chain)):
            made = Chain(id=id_, organisation=bytes(16), desk=author.desk, parent=parent_of(before, 0, bytes(32)))
            made.held, made.head = 0, bytes(32)
            session.add(made)
    take(bytes([2] * 16), 1, first)
    assert held() == ({first: 1, second: 5, third: 50}, 1), "chains that say of each other that they came before"


def registered(desk: Desk, name: str) -> UUID:
    return register_case(desk, a_returnee(person__name_en=name, person__phone_1=None))


def agree(desk: Desk, case_id: UUID, scope: str) -> None:
    record_consent(desk, case_id, RecordConsent({scope: "given"}, method="verbal"))


def shared(desk: Desk, name: str) -> UUID:
    """A case that the central office may have by name."""
    case_id = registered(desk, name)
    agree(desk, case_id, "sync_central_identified")
    return case_id


def by_kind(of: Desk, central: Desk, *known: bytes) -> dict[str, list[bytes]]:
    """What waits for the central office, by what it is; without what is known already."""
    found: dict[str, list[bytes]] = {}
    for sealed in carried(of, CENTRAL):
        if sealed not in known:
            found.setdefault(open_batch(sealed, standing_of(central).reader).header.kind, []).append(sealed)
    return found


def rows_of(desk: Desk) -> set[bytes]:
    """The rows without names that count."""
    with desk.read() as session:
        return {row.row for row in session.scalars(select(CodedRow)) if row.values}


def exchange(of: Desk, central: Desk) -> None:
    """What waits goes to the central office, and its receipts come back."""
    carry(of, central, CENTRAL)
    give_waiting(central, of)


@contextmanager
def restored(desk: Desk, backup: Path) -> Iterator[Desk]:
    """The desk as its backup has it, in its place."""
    desk.store.vault.close()
    (backup / FILE).unlink(missing_ok=True)  # by which it is seen that it does not lie where it lay
    old = sign_in(backup, "farzana", PASSPHRASE, lambda: NOW)
    try:
        yield old
    finally:
        old.store.vault.close()


def orders_waiting(desk: Desk) -> list[str]:
    with desk.read() as session:
        return [row.name for row in uncovered(session) if row.kind == Kind.ORDERS]


def test_an_erased_value_does_not_come_back_from_a_backup_and_leaves_no_word_behind(
    one: Desk, two: Desk, tmp_path: Path
) -> None:
    case_id = register_case(one, a_returnee(person__name_en=SECRET, person__phone_1=None))
    carry(one, two)
    carry(two, one)
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    erase(one, case_id)
    carry(one, two)
    carry(two, one)
    for desk in (one, two):
        assert places_of(SECRET, desk, (one, two)) == []
    with restored(two, tmp_path / "backup") as old:
        assert names(old) == {SECRET}
        take_inbox(coordinator(old))  # nothing comes; it tells what it holds, and hears of the order
        give_waiting(old, one)
        carry(one, old)
        for desk in (one, old):
            assert names(desk) == set()
            assert places_of(SECRET, desk, (one, old)) == []
            assert check_store(coordinator(desk)).wrong == []


def test_a_restored_computer_gets_back_what_it_wrote_itself_and_forgets_again_what_it_ordered_to_forget(
    one: Desk, two: Desk, tmp_path: Path
) -> None:
    case_id = register_case(one, a_returnee(person__name_en=SECRET, person__phone_1=None))
    carry(one, two)
    carry(two, one)
    shutil.copytree(one.store.vault.folder, tmp_path / "backup")
    erase(one, case_id)
    write(one, "Written since")
    carry(one, two)
    carry(two, one)
    with restored(one, tmp_path / "backup") as old:
        write(old, "Written after")
        take_inbox(coordinator(old))  # nothing comes; it tells what it holds
        carry(old, two)
        carry(two, old)
        for desk in (old, two):
            assert names(desk) == {"Written since", "Written after"}
            assert places_of(SECRET, desk, (old, two)) == []
        carry(old, two)
        assert not [kind for kind in kinds_made(two) if kind == Kind.SNAPSHOT], "once is enough"
        write(old, "And on")
        carry(old, two)
        assert "And on" in names(two)
        assert of_cases(old) == of_cases(two)
        for desk in (old, two):
            assert check_store(coordinator(desk)).wrong == []


def test_two_stories_of_one_computer_reach_everybody_whoever_heard_which(
    one: Desk, two: Desk, three: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Its whole disk was put back, so that nothing on it tells. What it had told one, and what it tells the other, is
    all it said; an order to forget is among it."""
    join(one, three)
    hand_rosters(one, [two])
    case_id = register_case(one, a_returnee(person__name_en=SECRET, person__phone_1=None))
    carry(one, two)
    carry(one, three)
    shutil.copytree(one.store.vault.folder, tmp_path / "disk")
    erase(one, case_id)
    write(one, "First story")
    carry(one, three)
    one = sign_in(tmp_path / "disk", "farzana", PASSPHRASE, lambda: NOW)
    request.addfinalizer(one.store.vault.close)
    write(one, "Second story")
    carry(one, two)
    assert (names(two), names(three)) == ({SECRET, "Second story"}, {"First story"})
    desks = (one, two, three)
    for _time in range(5):
        for of, to in permutations(desks, 2):
            carry(of, to)
    for desk in desks:
        assert names(desk) == {"First story", "Second story"}
        assert check_store(coordinator(desk)).wrong == []
        assert alarms(admin(desk)) == []
        with desk.read() as session:
            assert len(own_chains(session)) <= 3, "everything is told again once"
            assert [row.name for row in uncovered(session) if row.kind != Kind.RECEIPT] == []


def test_a_step_on_a_case_counts_also_where_its_beginning_was_told_again(
    one: Desk, two: Desk, three: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Who took the step knew the beginning under the number of another story, which not everybody can be told."""
    join(one, three)
    hand_rosters(one, [two])
    carry(one, two)
    carry(one, three)
    shutil.copytree(one.store.vault.folder, tmp_path / "disk")
    case_id = register_case(one, a_returnee(person__name_en="First story", person__phone_1=None))
    carry(one, three)
    with three.write("test.step", about=case_id) as session:
        take(session, three, session.get_one(Case, case_id), "on_hold")
    one = sign_in(tmp_path / "disk", "farzana", PASSPHRASE, lambda: NOW + timedelta(hours=1))
    request.addfinalizer(one.store.vault.close)
    write(one, "Second story")
    carry(one, two)
    desks = (one, two, three)
    for _time in range(5):
        for of, to in permutations(desks, 2):
            carry(of, to)
    for desk in desks:
        with desk.read() as session:
            assert status_of(session, case_id) == "on_hold"
        assert steps_skipped(coordinator(desk)) == []


def of_cases(desk: Desk) -> dict[tuple[str, bytes], dict[str, object]]:
    """What is known of cases and people, without what each computer set up for itself."""
    return {key: said for key, said in records(desk).items() if key[0] not in ("centre", "user", "device")}


def kinds_made(desk: Desk) -> list[str]:
    """The kinds of the files that are made now."""
    made_now = make_files(coordinator(desk), "DHK")
    return [row.kind for row in files_out(coordinator(desk)) if row.name in made_now]


def erase(desk: Desk, case_id: UUID) -> None:
    with desk.read() as session:
        person = session.get_one(Case, case_id).person_id
    assert person is not None
    order_erasure(desk, (person, "name_en"))


def places_of(word: str, desk: Desk, readers: Sequence[Desk]) -> list[str]:
    """The tables, full-text index included, the files on their way and the logs in which a word can be read."""
    found = [table for table, _word in words_in(desk, [word.encode()])]
    folder = desk.store.vault.folder
    for path in (each for each in folder.rglob("*") if each.is_file()):
        raw = [path.read_bytes()]
        if path.suffix == ".cdb":
            for reader in readers:
                try:
                    raw.append(open_batch(raw[0], standing_of(reader).reader).body)
                except Refused:
                    continue
        found += [path.name] if any(word.encode() in each for each in raw) else []
    return found


@pytest.mark.parametrize("old", [False, True])
def test_without_sqlcipher_nothing_is_made_and_nothing_is_opened(
    old: bool, store_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine of Python itself in its place, which knows no key and writes plaintext in silence."""
    before = (store_folder / vault.VAULT).read_bytes()
    monkeypatch.setattr(vault, "sqlcipher", sqlite3)
    if old:  # too old as well; otherwise it is found out by what it answers
        monkeypatch.setattr(vault, "_OLDEST_SQLITE", (99, 0, 0))
    else:
        monkeypatch.setattr(vault, "_OLDEST_SQLITE", (3, 0, 0))
    with pytest.raises(EngineUnfit):
        create_vault(tmp_path / "new", sign_in_name="farzana", passphrase=PASSPHRASE, cost=FLOOR)
    with pytest.raises(EngineUnfit):
        unlock(store_folder, "farzana", PASSPHRASE)
    assert (store_folder / vault.VAULT).read_bytes() == before
    left = [path for path in (tmp_path / "new").rglob("*") if path.is_file() and path.stat().st_size]
    assert [path for path in left if path.read_bytes().startswith(b"SQLite format 3")] == []
