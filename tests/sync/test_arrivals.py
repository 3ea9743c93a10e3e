"""Files that come: in any order, twice, damaged, of an ended desk; and what receipts do to the files that left."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import StorageFull
from casedesk.models import BatchIn, BatchOut, Person
from casedesk.progress import Cancelled, Progress
from casedesk.services.entitled import alarms
from casedesk.services.intake import register_case
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.storage.recorder import own_chain
from casedesk.storage.store import Touched
from casedesk.sync import computers
from casedesk.sync.arrivals import Taken, files_in, take_inbox
from casedesk.sync.batch import Kind, Why
from casedesk.sync.bodies import Receipt
from casedesk.sync.carrying import State
from casedesk.sync.files import Fate, inbox, outbox
from casedesk.sync.outbox import files_out, keep_file, make_files
from casedesk.sync.receipts import take_receipt
from casedesk.sync.stick import take_stick, write_stick
from tests.conftest import NOW, PASSPHRASE
from tests.faults.test_disk import no_more_room
from tests.support.exchange import clashes
from tests.support.people import a_returnee
from tests.sync.office import admin, coordinator, key_of, standing_of


def write(desk: Desk, name: str) -> None:
    register_case(desk, a_returnee(person__name_en=name, person__phone_1=None))


def made(desk: Desk) -> list[bytes]:
    folder = outbox(desk.store.vault.folder)
    return [folder.read(name) for name in make_files(coordinator(desk), "DHK")]


def give(desk: Desk, *sealed: bytes) -> list[Taken]:
    for each in sealed:
        inbox(desk.store.vault.folder).put(each)
    return take_inbox(coordinator(desk))


def names(desk: Desk) -> set[str]:
    with desk.read() as session:
        return {name or "" for name in session.scalars(select(Person.name_en))}


def receipts(desk: Desk) -> list[bytes]:
    folder = outbox(desk.store.vault.folder)
    return [folder.read(row.name) for row in files_out(coordinator(desk)) if row.kind == Kind.RECEIPT]


def test_files_in_the_wrong_order_wait_and_are_then_taken_in(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    write(one, "First")
    first = made(one)
    write(one, "Second")
    second = made(one)
    assert [taken.fate for taken in give(two, *second)] == [Fate.WAITING]
    assert names(two) == set()
    give(one, *receipts(two))
    assert {row.state for row in files_out(coordinator(one)) if row.kind == Kind.CHAIN} == {State.BUILT}
    assert {taken.fate for taken in give(two, *first)} == {Fate.APPLIED}
    assert names(two) == {"First", "Second"}
    assert check_store(coordinator(two)).wrong == []


def test_a_full_disk_says_nothing_of_the_file_which_stays_and_is_taken_in_later(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    for number in range(5):
        story = "She said a great deal. " * 400
        register_case(one, a_returnee(person__name_en=f"P{number}", incident__narrative=story, person__phone_1=None))
    sealed = made(one)
    with no_more_room(two), pytest.raises(StorageFull):
        give(two, *sealed)
    assert len(inbox(two.store.vault.folder).names()) == len(sealed)
    assert {taken.fate for taken in give(two)} == {Fate.APPLIED}
    assert names(two) == {f"P{number}" for number in range(5)}


class Impatient(Progress):
    """Cancels at the first step between two parts of a file."""

    def go_on(self) -> None:
        self.cancel()
        super().go_on()


def test_a_mistake_of_ours_at_one_file_keeps_no_other_from_coming_in(
    two_laptops: tuple[Desk, Desk], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, told of, and the file is tried again: a mended program takes it."""
    one, two = two_laptops
    write(two, "Asha")
    (first,) = made(two)
    write(two, "Bina")
    (second,) = made(two)
    left = [KeyError("Asha")]

    def fails_once(_touched: Touched) -> None:
        if left:
            raise left.pop()

    one.store.listeners.append(fails_once)
    taken = give(one, first, second)
    assert {(each.fate, each.why) for each in taken} == {(Fate.ASIDE, Why.MISTAKE), (Fate.APPLIED, "")}
    assert names(one) == {"Asha", "Bina"}
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError]
    caplog.clear()
    (again,) = take_inbox(one)
    assert (again.fate, inbox(one.store.vault.folder).names()) == (Fate.APPLIED, [])


def test_a_file_that_cannot_be_read_just_now_is_taken_in_later(
    two_laptops: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a virus scanner holds it. To refuse it would be for ever: nobody sends it again."""
    one, two = two_laptops
    write(two, "Asha")
    opens = Path.open

    def held(path: Path, *how: Any, **more: Any) -> Any:
        if path.suffix == ".cdb":
            raise PermissionError
        return opens(path, *how, **more)

    (file,) = made(two)
    name = inbox(one.store.vault.folder).put(file)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", held)
        assert take_inbox(one) == [Taken(name, "", Fate.WAITING)]
    assert [each.fate for each in take_inbox(one)] == [Fate.APPLIED]
    assert "Asha" in names(one)


def test_what_was_cancelled_within_a_file_goes_on_from_there(
    two_laptops: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = two_laptops
    for number in range(3):
        write(one, f"P{number}")
    sealed = made(one)
    monkeypatch.setattr("casedesk.sync.intake._FEWEST", 1)
    for each in sealed:
        inbox(two.store.vault.folder).put(each)
    with pytest.raises(Cancelled):
        take_inbox(coordinator(two), Impatient())
    assert len(inbox(two.store.vault.folder).names()) == 1
    assert check_store(coordinator(two)).wrong == []
    assert {taken.fate for taken in give(two)} == {Fate.APPLIED}
    assert names(two) == {"P0", "P1", "P2"}


def test_by_itself_it_is_the_same_and_one_can_write_meanwhile(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    write(one, "First")
    for each in made(one):
        inbox(two.store.vault.folder).put(each)

    class Writing(Progress):
        def step(self, done: int, of: int) -> None:
            super().step(done, of)
            write(two, f"Meanwhile {done}")

    assert [taken.fate for taken in take_inbox(coordinator(two), Writing(), by_itself=True)] == [Fate.APPLIED]
    assert names(two) == {"First", "Meanwhile 0"}
    assert len(receipts(two)) == 1
    assert inbox(two.store.vault.folder).names() == []
    assert check_store(coordinator(two)).wrong == []


def test_a_receipt_covers_a_file_and_only_then_it_goes(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    write(one, "First")
    sealed = made(one)
    folder = outbox(one.store.vault.folder)
    give(two, *sealed)
    before = set(folder.names())
    give(one, *receipts(two))
    chains = {row.name for row in files_out(coordinator(one)) if row.kind == Kind.CHAIN}
    assert chains <= before
    assert not chains & set(folder.names())
    assert {row.state for row in files_out(coordinator(one)) if row.kind == Kind.CHAIN} == {State.COVERED}
    assert [taken.fate for taken in give(two, *sealed)] == [], "an old one again changes nothing"


def test_what_is_damaged_or_not_ours_changes_nothing(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    write(one, "First")
    [sealed] = made(one)
    cut, joined = sealed[:-7], sealed + sealed
    assert {taken.fate for taken in give(two, cut, joined, b"rubbish")} == {Fate.REFUSED}
    assert names(two) == set()
    assert {row.why for row in files_in(coordinator(two))} == {"not_ours"}
    assert inbox(two.store.vault.folder).names() == []
    renamed = inbox(two.store.vault.folder).path / ("0" * 32 + ".cdb")
    renamed.write_bytes(sealed)
    assert [taken.why for taken in take_inbox(coordinator(two))] == ["damaged"]


def test_a_file_that_was_spoilt_where_it_lay_is_taken_in_when_it_comes_again(two_laptops: tuple[Desk, Desk]) -> None:
    """What lay under its name was refused, and it was not."""
    one, two = two_laptops
    write(one, "First")
    [sealed] = made(one)
    folder = inbox(two.store.vault.folder)
    (folder.path / folder.put(sealed)).write_bytes(sealed[:-7])
    assert [taken.why for taken in take_inbox(coordinator(two))] == ["damaged"]
    assert folder.names() == []
    assert [taken.fate for taken in give(two, sealed)] == [Fate.APPLIED]
    assert names(two) == {"First"}


def test_what_was_taken_in_before_a_death_is_told_of_after_it(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    write(one, "First")
    give(two, *made(one))
    with two.local() as session:  # as it is where the process ended before it wrote the receipt
        for came in session.scalars(select(BatchIn)):
            came.told = False
    before = receipts(two)
    take_inbox(coordinator(two))
    (told,) = [each for each in receipts(two) if each not in before]
    take_inbox(coordinator(two))
    assert receipts(two) == [told, *before], "once is enough"


def test_what_an_ended_computer_sends_is_set_aside(two_laptops: tuple[Desk, Desk]) -> None:
    one, two = two_laptops
    write(two, "Before")
    before = made(two)
    give(one, *before)
    computers.end_computer(admin(one), key_of(two))
    write(two, "After")
    after = made(two)
    assert [(taken.fate, taken.why) for taken in give(one, *after)] == [(Fate.ASIDE, "ended_desk")]
    assert names(one) == {"Before"}
    assert len(inbox(one.store.vault.folder).names()) == 1, "it is kept, and counts nowhere: what all believe is signed"
    assert take_inbox(coordinator(one)) == []
    assert names(one) == {"Before"}


def test_who_was_restored_from_an_old_backup_is_sent_everything_again(
    two_laptops: tuple[Desk, Desk], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    one, two = two_laptops
    shutil.copytree(two.store.vault.folder, tmp_path / "backup")
    write(one, "First")
    give(two, *made(one))
    give(one, *receipts(two))
    two.store.vault.close()
    old = sign_in(tmp_path / "backup", "farzana", PASSPHRASE, lambda: NOW)
    request.addfinalizer(old.store.vault.close)
    write(one, "Second")
    assert [taken.fate for taken in give(old, *made(one))] == [Fate.WAITING]
    give(one, *receipts(old))
    give(old, *made(one))
    assert names(old) == {"First", "Second"}


def test_a_stick_carries_both_ways_and_is_tidied(two_laptops: tuple[Desk, Desk], tmp_path: Path) -> None:
    one, two = two_laptops
    stick = tmp_path / "stick"
    stick.mkdir()
    write(one, "First")
    made(one)
    written = write_stick(coordinator(one), stick)
    assert written.files
    take_stick(coordinator(two), stick)
    assert names(two) == {"First"}
    write_stick(coordinator(two), stick)
    take_stick(coordinator(one), stick)
    again = write_stick(coordinator(one), stick)
    assert again.removed >= 1
    with one.read() as session:
        covered = set(session.scalars(select(BatchOut.name).where(BatchOut.state == State.COVERED)))
    assert not covered & {path.name for path in (stick / "CASEDESK").iterdir()}
    assert not list((stick / "CASEDESK").glob("*.part"))


def test_a_fork_is_told_by_a_receipt_and_gone_on_from_in_a_new_chain(
    two_laptops: tuple[Desk, Desk], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A copied disk: both copies go on, and what each wrote reaches the other laptop."""
    one, two = two_laptops
    write(one, "Before")
    give(two, *made(one))
    shutil.copytree(one.store.vault.folder, tmp_path / "copy")
    write(one, "Original")
    give(two, *made(one))
    copy = sign_in(tmp_path / "copy", "farzana", PASSPHRASE, lambda: NOW)
    request.addfinalizer(copy.store.vault.close)
    with copy.read() as session:
        before = own_chain(session).id
    write(copy, "Copied")
    sealed = made(copy)
    assert [(each.fate, each.why) for each in give(two, *sealed)] == [(Fate.REFUSED, "fork")]
    give(copy, *receipts(two))
    give(two, *made(copy))
    with copy.read() as session:
        assert own_chain(session).id != before
    assert names(two) == {"Before", "Original", "Copied"}
    for each in (two, copy):
        assert check_store(coordinator(each)).wrong == []


@pytest.mark.parametrize("kind", [Kind.CHAIN, Kind.SNAPSHOT, Kind.ORDERS])
def test_what_was_told_again_in_another_chain_is_carried_no_more(two_laptops: tuple[Desk, Desk], kind: Kind) -> None:
    """Its own story that is given back to a computer, too, when it has told it again by then."""
    one, two = two_laptops
    folder, to = outbox(one.store.vault.folder), key_of(two)
    with one.local() as session:
        row = keep_file(session, folder, b"sealed", kind=kind, audience="DHK", to=[to], now=NOW)
        row.chain, row.first, row.last, name = bytes(16), 1, 2, row.name
    place = standing_of(one)
    author = place.roster.member(to)
    assert author is not None
    take_receipt(one, place, author, Receipt((), ((name, "fork"),)))
    is_carried = folder.size(name) > 0
    assert is_carried is (kind is Kind.ORDERS), "an order to forget is no story"


def test_an_old_copy_that_was_put_back_believes_what_others_saw_of_it_once_it_is_found_out(
    two_laptops: tuple[Desk, Desk], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The whole disk was put back, so that nothing on it tells; that others saw more of it looks like a lie."""
    one, two = two_laptops
    write(one, "Before")
    give(two, *made(one))
    shutil.copytree(one.store.vault.folder, tmp_path / "copy")
    lost = {f"Lost with the disk {number}" for number in range(3)}
    for name in sorted(lost):
        write(one, name)
    give(two, *made(one))
    write(two, "Of a colleague")
    copy = sign_in(tmp_path / "copy", "farzana", PASSPHRASE, lambda: NOW)
    request.addfinalizer(copy.store.vault.close)
    give(copy, *made(two))
    assert alarms(admin(copy)) != []
    assert check_store(coordinator(copy)).wrong == []
    write(copy, "After")
    for _time in range(3):
        give(two, *receipts(copy), *made(copy))
        give(copy, *receipts(two), *made(two))
    for each in (two, copy):
        assert names(each) == {"Before", *lost, "Of a colleague", "After"}
        assert clashes(each) == set()
        assert alarms(admin(each)) == []
        assert check_store(coordinator(each)).wrong == []


def test_a_damaged_file_is_kept_for_thirty_days_on_a_stick(two_laptops: tuple[Desk, Desk], tmp_path: Path) -> None:
    one, two = two_laptops
    (tmp_path / "stick").mkdir()
    write(one, "First")
    make_files(coordinator(one), "DHK")
    [name] = [each for each in write_stick(coordinator(one), tmp_path / "stick").files if each in chains_of(one)]
    lying = tmp_path / "stick" / "CASEDESK" / name
    lying.write_bytes(lying.read_bytes()[:-3])
    came = NOW.timestamp()
    os.utime(lying, (came, came))
    for days, kept in ((29, True), (31, False)):
        later = replace(two, clock=lambda days=days: NOW + timedelta(days=days))  # type: ignore[misc]  # bound at once
        assert name not in {each.name for each in take_stick(coordinator(later), tmp_path / "stick")}
        assert lying.exists() == kept
    assert names(two) == set()


def chains_of(desk: Desk) -> set[str]:
    return {row.name for row in files_out(coordinator(desk)) if row.kind == Kind.CHAIN}
