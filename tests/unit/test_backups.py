"""Backups: made beside work, checked before they count, kept by number, restored without giving anybody more."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select, text

from casedesk import machine
from casedesk.desk import Actor, Desk
from casedesk.errors import CaseDeskError, InvalidInput, NotAllowed
from casedesk.models import Case, Chain, User
from casedesk.progress import Cancelled, Progress
from casedesk.services import backups, restores
from casedesk.services.case_facts import case_facts, look
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, consents_of, record_consent, withdraw
from casedesk.services.history import history
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note, notes_of
from casedesk.services.passphrases import change_passphrase
from casedesk.services.restores import SecondNeeded
from casedesk.services.search import Filters, count_cases
from casedesk.services.sign_in import recover, sign_in, sign_out
from casedesk.services.slots import Signer
from casedesk.services.users import add_user, end_user, set_roles
from casedesk.storage import keys, set_aside, vault
from casedesk.storage.backup import keeping, making, pages, restoring, sealed
from casedesk.storage.backup.restoring import RestoreNotWritten
from casedesk.storage.backup.sealed import SUFFIX, BackupDamaged, NotABackup
from casedesk.storage.chain import begin_chain
from casedesk.storage.checking import check
from casedesk.storage.erasing import obey
from casedesk.storage.keys import FLOOR, WrongPassphrase
from casedesk.storage.migrate import migrate
from casedesk.storage.recorder import Act
from casedesk.storage.store import FOUND_DAMAGED, Store, Touched, VaultDamaged
from tests.conftest import NOW, PASSPHRASE
from tests.support.damage import spoil_tables
from tests.support.journal import last, operations
from tests.support.people import a_returnee

OTHER = "lamps under quiet river bridges"
WHY = "The disk was damaged."
ATTACHED = b"sealed already" * 1000
FARZANA = Signer("farzana", PASSPHRASE)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a link stands for a disk that refuses")


def phone(number: int) -> str:
    return f"+88017{number:08}"


def switched(desk: Desk, path: Path, **more: Signer) -> Desk:
    """Restore over the vault and sign in to what took its place."""
    folder = desk.store.vault.folder
    restores.restore_over(desk, path, WHY, more.get("second"))
    sign_out(desk)
    restoring.switch(folder, 1)
    return sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)


# Making


def test_a_backup_is_read_back_before_it_counts_and_says_what_it_holds(desk: Desk) -> None:
    register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    assert made.path.name == f"000001{SUFFIX}"
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name], "nothing half made is left"
    (found,) = backups.backups(desk)
    assert found.manifest == made.manifest
    assert found.manifest is not None
    assert (found.manifest.cases, found.manifest.made) == (1, NOW)
    assert found.manifest.operations == len(operations(desk)) - 1, "that it was made is recorded afterwards"
    assert last(desk).action == "backup.make"


def test_a_backup_opens_under_its_own_key_alone(desk: Desk) -> None:
    made = backups.make_backup(desk)
    opened = desk.store.vault
    whole = made.path.read_bytes()
    assert not whole.startswith(b"SQLite")
    copy = made.path.with_name("copy")
    copy.write_bytes(whole)
    with pytest.raises(CaseDeskError):
        vault.connect(copy, opened.subkey(b"cdesk.db.1"), query_only=True, alone=True)


def test_work_goes_on_while_a_backup_is_made(desk: Desk) -> None:
    for number in range(12):
        register_case(desk, a_returnee(person__phone_1=phone(number), incident__narrative="word " * 900))
    before = len(operations(desk))
    written: list[UUID] = []

    class Busy(Progress):
        def step(self, done: int, of: int) -> None:  # noqa: ARG002 - somebody saves at the first step
            if not written:
                written.append(register_case(desk, a_returnee(person__phone_1=phone(99))))

    made = backups.make_backup(desk, Busy())
    assert written
    assert made.manifest is not None
    assert made.manifest.operations == before, "it holds one moment, the one when it began"
    assert check(desk.store).wrong == []


def test_a_step_that_is_cancelled_leaves_nothing(desk: Desk) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        backups.make_backup(desk, progress)
    assert list((desk.store.vault.folder / sealed.FOLDER).iterdir()) == []


def test_a_damaged_vault_gives_no_backup(desk: Desk) -> None:
    for number in range(8):
        register_case(desk, a_returnee(person__phone_1=phone(number), incident__narrative="word " * 900))
    first = backups.make_backup(desk)
    folder = desk.store.vault.folder
    sign_out(desk)
    path = folder / vault.VAULT
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 4096 // 2 * 4096
    whole[middle : middle + 64] = bytes(64)
    path.write_bytes(whole)
    again = vault.unlock(folder, "farzana", PASSPHRASE)
    with pytest.raises(CaseDeskError):
        making.make(again, folder / sealed.FOLDER, 2, NOW)
    again.close()
    assert [each.name for each in (folder / sealed.FOLDER).iterdir()] == [first.path.name]


def test_damage_is_found_on_whichever_page_it_is_also_on_a_free_one(desk: Desk) -> None:
    folder = desk.store.vault.folder
    sign_out(desk)
    opened = vault.unlock(folder, "farzana", PASSPHRASE)
    with opened.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE passing AS SELECT randomblob(4000 * 3) AS much")
    with opened.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE passing")
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() > 1
    opened.close()
    again = vault.unlock(folder, "farzana", PASSPHRASE)
    path = folder / vault.VAULT
    whole = path.read_bytes()
    assert pages.pages_are_whole(again)
    with path.open("rb+") as file:
        for page in range(0, len(whole), 4096):
            file.seek(page + 2000)
            file.write(bytes([whole[page + 2000] ^ 1]))
            file.flush()
            assert not pages.pages_are_whole(again), page // 4096 + 1
            file.seek(page)
            file.write(whole[page : page + 4096])
            file.flush()
    assert pages.pages_are_whole(again)
    again.close()


def test_where_space_is_short_it_is_said_and_nothing_good_is_deleted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups.make_backup(desk)
    usage = shutil.disk_usage(desk.store.vault.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))
    with pytest.raises(sealed.NoRoomForBackup) as refused:
        backups.make_backup(desk)
    assert "no older backup was deleted" in refused.value.hint
    assert len(backups.backups(desk)) == 1


def test_one_is_made_by_itself_on_another_day_when_something_was_written(
    open_desk: Callable[..., Desk],
) -> None:
    day = [NOW]
    desk = open_desk(clock=lambda: day[0])
    assert backups.keep_up(desk) is not None, "the first one"
    assert backups.keep_up(desk) is None, "nothing was written"
    case_id = register_case(desk, a_returnee())
    assert backups.keep_up(desk) is None, "the same day"
    day[0] += timedelta(days=1)
    assert backups.keep_up(desk) is not None
    day[0] -= timedelta(days=20_000)
    assert backups.keep_up(desk) is None
    for _look in range(backups.MANY):
        look(desk, case_id)
    assert backups.keep_up(desk) is not None, "a clock that stands still"
    day[0] -= timedelta(days=1)
    look(desk, case_id)
    made = backups.keep_up(desk)
    assert made is not None
    assert made.number == 4, "numbers go on whatever the clock says"


def test_old_ones_go_by_number_and_never_by_the_clock() -> None:
    kept: list[int] = []
    for number in range(1, 1000):
        kept.append(number)
        for old in keeping.superfluous(kept):
            kept.remove(old)
        assert len(kept) >= min(number, keeping.LEAST)
    assert kept[-7:] == list(range(993, 1000))
    older = kept[:-7]
    weekly = [number for number in older if number % 7 == 0][-4:]
    assert weekly == [966, 973, 980, 987]
    assert set(older) - set(weekly) == set(range(644, 966, 28)) - set(weekly)
    assert len(kept) <= 7 + 4 + 12
    assert keeping.superfluous([5, 9]) == []


def test_one_that_cannot_be_read_is_neither_counted_nor_deleted(desk: Desk) -> None:
    folder = desk.store.vault.folder / sealed.FOLDER
    first = backups.make_backup(desk)
    first.path.write_bytes(first.path.read_bytes()[:-1])
    for _more in range(9):
        backups.make_backup(desk)
    assert first.path.exists()
    assert [each.number for each in backups.backups(desk)] == [10, 9, 8, 7, 6, 5, 4, 1]
    assert backups.backups(desk)[-1].manifest is None
    assert folder.exists()


def test_attached_files_travel_along(desk: Desk) -> None:
    attached = desk.store.vault.folder / sealed.FILES / "ab" / "abcdef"
    attached.parent.mkdir(parents=True)
    attached.write_bytes(ATTACHED)
    made = backups.make_backup(desk)
    again = switched(desk, made.path)
    assert (again.store.vault.folder / sealed.FILES / "ab" / "abcdef").read_bytes() == ATTACHED
    sign_out(again)


# Damaged


def test_a_backup_damaged_anywhere_is_refused_whole(desk: Desk, tmp_path: Path, rounds: int) -> None:
    register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    whole = made.path.read_bytes()
    dice = random.Random(50)  # noqa: S311 - the same places each time
    foot = [len(whole) - back for back in range(1, 66)]
    bad = tmp_path / f"bad{SUFFIX}"
    for place in {0, 20, *foot, *(dice.randrange(len(whole)) for _place in range(rounds * 5))}:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((BackupDamaged, NotABackup, vault.NewerVault)):
            restores.restore_beside(desk, bad, tmp_path / "restored", WHY)
        assert sorted(path.name for path in tmp_path.iterdir()) == [bad.name, "store"], place
    for length in {0, 10, *(dice.randrange(len(whole)) for _cut in range(rounds))}:
        bad.write_bytes(whole[:length])
        with pytest.raises(NotABackup):
            backups.preview(desk, bad)


def test_random_backups_come_back_equal(desk: Desk, tmp_path: Path, rounds: int) -> None:
    dice = random.Random(51)  # noqa: S311 - the same ones each time
    for number in range(max(2, rounds // 4)):
        for more in range(dice.randrange(1, 3)):
            register_case(desk, a_returnee(person__phone_1=phone(number * 10 + more)))
        made = backups.make_backup(desk)
        assert made.manifest is not None
        into = tmp_path / f"restored {number}"
        subkey = desk.store.vault.subkey
        assert restoring.restore(made.path, subkey, into, desk.store.vault.keys) == made.manifest
        opened = vault.unlock(into, "farzana", PASSPHRASE)
        again = making.make(opened, into / sealed.FOLDER, 1, NOW)
        opened.close()
        assert again.manifest == replace_number(made.manifest)


def replace_number(manifest: sealed.Manifest) -> sealed.Manifest:
    return msgspec.structs.replace(manifest, number=1)


# Elsewhere


def lost(desk: Desk) -> backups.Loss:
    """What would be lost, where it can be counted."""
    found = backups.loss(desk)
    assert found is not None
    return found


def test_what_would_be_lost_is_what_no_copy_elsewhere_has(desk: Desk, tmp_path: Path) -> None:
    assert lost(desk).cases == 0
    case_id = register_case(desk, a_returnee())
    now = lost(desk)
    assert (now.cases, now.since, now.urgent) == (1, None, True)
    backups.make_backup(desk)
    assert lost(desk).cases == 1, "a backup on the same disk dies with it"
    stick = tmp_path / "stick"
    stick.mkdir()
    copied = backups.copy_backup(desk, stick, same_disk=True)
    assert copied.name.endswith(f"-000002{SUFFIX}"), "a new one, since a backup was recorded"
    assert last(desk).action == "backup.copy"
    assert (lost(desk).cases, lost(desk).since) == (0, NOW)
    look(desk, case_id)
    assert lost(desk).cases == 0, "a look changes no case"
    edit_case(desk, case_id, {"person.upazila": (None, "Shibchar")})
    register_case(desk, a_returnee(person__phone_1=phone(1)))
    assert lost(desk).cases == 2
    week = replace(desk, clock=lambda: NOW + timedelta(days=7))
    assert not lost(desk).urgent
    assert (lost(week).days, lost(week).urgent) == (7, True)


def test_a_copy_on_the_same_disk_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(backups.NotAnotherDisk, match="on the same disk"):
        backups.copy_backup(desk, tmp_path)
    assert not machine.another_disk(tmp_path, tmp_path.parent)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no memory like a disk here")  # noqa: S108 - looked at
def test_memory_like_a_disk_is_refused_in_words_that_are_true(desk: Desk) -> None:
    with pytest.raises(backups.NotAnotherDisk, match="cannot be told that this folder is on another disk"):
        backups.copy_backup(desk, Path("/dev/shm"))  # noqa: S108 - nothing is written


@pytest.mark.skipif(sys.platform == "win32", reason="a tree of links as Linux has it")
def test_volumes_are_followed_to_the_disks_they_lie_on(tmp_path: Path) -> None:
    """As /sys tells them: an encrypted volume over two partitions of one disk and one of another."""
    for part in ("sda/sda1", "sda/sda2", "sdb/sdb1"):
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / "partition").write_text("1")
    for volume, below in (("dm-0", "sda/sda1"), ("dm-1", "sda/sda2"), ("dm-1", "sdb/sdb1"), ("dm-2", "dm-1")):
        (tmp_path / volume / "slaves").mkdir(parents=True, exist_ok=True)
        (tmp_path / volume / "slaves" / Path(below).name).symlink_to(tmp_path / below)
    (tmp_path / "dm-1" / "dm-1p1").mkdir()
    (tmp_path / "dm-1" / "dm-1p1" / "partition").write_text("1")
    disks = {
        "sda/sda1": ["sda"],
        "sdb": ["sdb"],
        "dm-0": ["sda"],
        "dm-2": ["sda", "sdb"],
        "dm-1/dm-1p1": ["sda", "sdb"],
        "none": [],
    }
    assert {name: sorted(machine.disks_below(tmp_path / name)) for name in disks} == disks


def test_copies_of_several_computers_lie_on_one_stick(desk: Desk, tmp_path: Path) -> None:
    stick, other = tmp_path / "stick", tmp_path / "other"
    stick.mkdir()
    first = backups.copy_backup(desk, stick, same_disk=True)
    opened, _recovery, _slot = vault.create_vault(other, sign_in_name="karim", passphrase=OTHER, cost=FLOOR)
    migrate(opened.writer)
    made = making.make(opened, other / sealed.FOLDER, 1, NOW)
    second = keeping.copy_to(made.path, stick, opened.subkey)
    assert {path.name for path in stick.iterdir()} == {first.name, second.name}
    assert sealed.verify(first, desk.store.vault.subkey).store == desk.store.vault.store
    opened.close()


def test_a_copy_takes_the_place_of_no_other_file(desk: Desk, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    made, subkey = backups.make_backup(desk), desk.store.vault.subkey
    copied = keeping.copy_to(made.path, stick, subkey)
    assert keeping.copy_to(made.path, stick, subkey) == copied, "the same once more"
    register_case(desk, a_returnee())
    later = making.make(desk.store.vault, tmp_path / "restored", 1, NOW)  # as a restored twin of this vault counts
    again = keeping.copy_to(later.path, stick, subkey)
    copied.write_bytes(b"cut short")
    third = keeping.copy_to(made.path, stick, subkey)
    assert len({copied, again, third}) == 3
    assert sealed.verify(again, subkey).cases == 1
    assert sealed.verify(third, subkey).cases == 0


def test_a_stick_that_is_gone_is_said_to_be_unreadable(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(sealed.BackupUnreadable):
        sealed.verify(tmp_path / f"gone{SUFFIX}", desk.store.vault.subkey)


def test_a_stick_pulled_out_in_the_middle_is_told_and_the_next_one_is_whole(desk: Desk, tmp_path: Path) -> None:
    register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    subkey, stick = desk.store.vault.subkey, tmp_path / "stick"
    for moment in (0, 1, 2):  # quarters: while it is written, and while it is read back
        stick.mkdir(exist_ok=True)

        def pull(done: int, of: int, moment: int = moment) -> None:
            if done * 4 >= of * moment:
                shutil.rmtree(stick, ignore_errors=True)

        with pytest.raises((sealed.BackupFailed, sealed.BackupUnreadable)) as told:
            keeping.copy_to(made.path, stick, subkey, pull)
        assert "Look whether" in told.value.hint
        assert not stick.exists() or list(stick.iterdir()) == []
    stick.mkdir(exist_ok=True)
    assert sealed.verify(keeping.copy_to(made.path, stick, subkey), subkey).cases == 1


def test_the_folder_of_backups_that_is_taken_away_meanwhile_is_told_and_made_again(desk: Desk) -> None:
    register_case(desk, a_returnee())
    folder = desk.store.vault.folder / "backups"
    backups.make_backup(desk)

    class Taking(Progress):
        def step(self, done: int, of: int) -> None:
            super().step(done, of)
            shutil.rmtree(folder, ignore_errors=True)

    with pytest.raises(sealed.BackupFailed):
        backups.make_backup(desk, Taking())
    assert len(backups.backups(desk)) == 0
    made = backups.make_backup(desk)
    assert sealed.verify(made.path, desk.store.vault.subkey).cases == 1


def test_a_copy_that_is_read_back_otherwise_does_not_count(desk: Desk, tmp_path: Path) -> None:
    made = backups.make_backup(desk)
    stick = tmp_path / "stick"
    stick.mkdir()

    def spoil(done: int, of: int) -> None:
        if done == of // 2:
            part = next(stick.iterdir())
            whole = part.read_bytes()
            part.write_bytes(whole[:100] + b"?" + whole[101:])

    with pytest.raises(CaseDeskError):
        keeping.copy_to(made.path, stick, desk.store.vault.subkey, spoil)
    assert list(stick.iterdir()) == []


# Restoring


def test_restoring_shows_what_is_lost_and_brings_back_the_moment(desk: Desk) -> None:
    first = register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    edit_case(desk, first, {"person.upazila": (None, "Shibchar")})
    register_case(desk, a_returnee(person__phone_1=phone(1)))
    manifest, missing = backups.preview(desk, made.path)
    assert missing is not None
    assert (manifest.cases, missing.cases, missing.operations) == (1, 2, 3)
    folder = desk.store.vault.folder
    again = switched(desk, made.path)
    assert count_cases(again, Filters()) == 1
    assert "person.upazila" not in case_facts(again, first).answers
    assert check(again.store).wrong == []
    assert [each.action for each in operations(again)][-2:] == ["backup.restore", "office.sign_in"]
    (kept,) = restores.kept(again)
    assert (kept.path.name, kept.over) == ("store.before-000001", False)
    assert [each.number for each in backups.backups(again)] == [2, 1], "the backups moved along"
    with pytest.raises(NotAllowed):
        restores.remove_kept(again, kept.path)
    later = replace(again, clock=lambda: kept.until + timedelta(hours=1))
    restores.remove_kept(later, kept.path)
    assert not kept.path.exists()
    sign_out(again)
    assert not folder.with_name("store.restored").exists()


def test_what_was_before_a_restore_can_come_back(desk: Desk) -> None:
    made = backups.make_backup(desk)
    register_case(desk, a_returnee())
    again = switched(desk, made.path)
    assert count_cases(again, Filters()) == 0
    newest = backups.backups(again)[0]
    back = switched(again, newest.path)
    assert count_cases(back, Filters()) == 1
    assert len(restores.kept(back)) == 2
    sign_out(back)


def test_a_restored_vault_goes_on_in_a_new_chain(desk: Desk) -> None:
    register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    with desk.read() as session:
        before = session.scalars(select(Chain)).one()
    assert made.manifest is not None
    again = switched(desk, made.path)
    with again.read() as session:
        old, new = session.scalars(select(Chain).order_by(Chain.ix))
    assert (old.id, old.signing_seed) == (before.id, None)
    assert new.parent[:16] == old.id
    assert new.parent[24:] == old.head == made.manifest.heads[old.id.hex()]
    assert new.organisation == old.organisation
    assert new.held == 3  # what was seen before, the restoring, signing in
    sign_out(again)


def test_nobody_gains_a_role_or_a_way_in(desk: Desk) -> None:
    karim = add_user(desk, name="Karim", sign_in_name="karim", roles=["supervisor"], passphrase=OTHER, cost=FLOOR)
    gone = add_user(desk, name="Rina", sign_in_name="rina", roles=["caseworker"], passphrase=OTHER, cost=FLOOR)
    made = backups.make_backup(desk)
    set_roles(desk, karim, ["caseworker"], seen=["supervisor"])
    end_user(desk, gone)
    add_user(desk, name="New", sign_in_name="new", roles=["caseworker"], passphrase=OTHER, cost=FLOOR)
    again = switched(desk, made.path)
    folder = again.store.vault.folder
    with again.read() as session:
        users = {user.sign_in_name: user for user in session.scalars(select(User))}
    assert users["karim"].roles == []
    assert users["rina"].active is False
    assert "new" not in users
    sign_out(again)
    for name in ("rina", "new"):
        with pytest.raises(WrongPassphrase):
            vault.unlock(folder, name, OTHER)
    vault.unlock(folder, "karim", OTHER).close()


def test_a_consent_that_was_taken_back_since_is_taken_back_in_what_is_restored(desk: Desk) -> None:
    """A backup of before would have it hold again, and names would be given to a partner who may not have them."""
    case_id = register_case(desk, a_returnee())
    agreed = {"share_legal": "given", "share_health": "given", "share_police": "refused"}
    record_consent(desk, case_id, RecordConsent(agreed, method="verbal"))
    made = backups.make_backup(desk)
    withdraw(desk, case_id, "share_legal", "She is afraid of her employer.")
    record_consent(desk, case_id, RecordConsent({"share_police": "given"}, method="verbal"))
    not_there = register_case(desk, a_returnee(person__phone_1=phone(7)))
    record_consent(desk, not_there, RecordConsent({"share_legal": "refused"}, method="verbal"))
    again = switched(desk, made.path)
    now_ = {each.scope: each.status for each in consents_of(again, case_id)}
    assert {scope: now_[scope] for scope in agreed} == agreed | {"share_legal": "withdrawn"}
    (taken_back,) = [each for each in history(again, case_id) if each.action == "consent.withdraw"]
    assert (taken_back.reason, check(again.store).wrong) == (WHY, [])
    sign_out(again)


def test_what_was_forgotten_since_is_forgotten_in_what_is_restored(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee(person__name_en="Asha"))
    made = backups.make_backup(desk)
    with desk.store.intake() as (session, merged):
        person = session.scalars(select(Case.person_id)).one()
        assert person is not None
        merged.add(obey(session, b"of a colleague.".ljust(16), 4, [(person, "name_en")], NOW))
    again = switched(desk, made.path)
    with again.read() as session:
        assert session.execute(text("SELECT name_en FROM person")).all() == [(None,)]
    assert not [each for each in history(again, case_id) if "Asha" in str(each)]
    assert check(again.store).wrong == []
    sign_out(again)


def test_a_passphrase_of_today_opens_what_was_restored(desk: Desk) -> None:
    made = backups.make_backup(desk)
    change_passphrase(desk, PASSPHRASE, OTHER, FLOOR)
    folder = desk.store.vault.folder
    restores.restore_over(desk, made.path, WHY)
    sign_out(desk)
    restoring.switch(folder, 1)
    with pytest.raises(WrongPassphrase):
        sign_in(folder, "farzana", PASSPHRASE)
    sign_out(sign_in(folder, "farzana", OTHER, lambda: NOW))


def test_it_takes_one_who_leads_and_one_who_administers(desk: Desk, tmp_path: Path) -> None:
    made = backups.make_backup(desk)
    users = {"karim": ["supervisor"], "lina": ["administrator"], "mitu": ["caseworker"]}
    for name, roles in users.items():
        add_user(desk, name=name, sign_in_name=name, roles=roles, passphrase=OTHER, cost=FLOOR)
    leads = replace(desk, actor=Actor(uuid4(), "Karim", frozenset(["supervisor"])))
    assert restores.needs_second(leads)
    assert not restores.needs_second(desk)
    into = tmp_path / "restored"
    with pytest.raises(SecondNeeded):
        restores.restore_beside(leads, made.path, into, WHY)
    with pytest.raises(NotAllowed):
        restores.restore_beside(leads, made.path, into, WHY, Signer("mitu", OTHER))
    with pytest.raises(WrongPassphrase):
        restores.restore_beside(leads, made.path, into, WHY, Signer("lina", "not what she typed"))
    with pytest.raises(InvalidInput):
        restores.restore_beside(leads, made.path, into, "  ", Signer("lina", OTHER))
    assert not into.exists()
    restores.restore_beside(leads, made.path, into, WHY, Signer("lina", OTHER))
    assert vault.vault_exists(into)


@POSIX
def test_a_place_that_what_was_restored_cannot_take_is_told_and_nothing_of_it_stays(desk: Desk, tmp_path: Path) -> None:
    made, into = backups.make_backup(desk), tmp_path / "restored"
    into.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RestoreNotWritten):
        restores.restore_beside(desk, made.path, into, WHY)
    assert not (tmp_path / "restored.part").exists()
    into.unlink()
    restores.restore_beside(desk, made.path, into, WHY)
    assert vault.vault_exists(into)


@POSIX
def test_a_vault_from_before_that_the_disk_keeps_is_told(desk: Desk, tmp_path: Path) -> None:
    folder = desk.store.vault.folder
    folder.with_name(f"{folder.name}.before-000001").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere").mkdir()
    (kept,) = restores.kept(desk)
    later = replace(desk, clock=lambda: kept.until + timedelta(hours=1))
    with pytest.raises(restores.NotRemoved):
        restores.remove_kept(later, kept.path)
    assert last(desk).action != "backup.removed_old_vault"


def test_a_backup_of_another_centre_is_refused(desk: Desk, tmp_path: Path) -> None:
    other = vault.create_vault(tmp_path / "other", sign_in_name="shirin", passphrase=OTHER, cost=FLOOR)[0]
    migrate(other.writer)
    with Store(other).local() as session:
        begin_chain(session)
    made = making.make(other, tmp_path / "others", 1, NOW)
    other.close()
    with pytest.raises(BackupDamaged):  # under another key nothing of it can be read
        restores.restore_beside(desk, made.path, tmp_path / "restored", WHY)


# On a new computer


def test_a_backup_is_restored_where_there_is_nothing(desk: Desk, tmp_path: Path) -> None:
    case_id = register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    new = tmp_path / "new computer" / "store"
    with pytest.raises(WrongPassphrase):
        restores.restore_here(new, made.path, Signer("farzana", OTHER), WHY)
    assert not new.exists()
    manifest = restores.restore_here(new, made.path, FARZANA, WHY, clock=lambda: NOW)
    assert manifest == made.manifest
    there = sign_in(new, "farzana", PASSPHRASE, lambda: NOW)
    assert case_facts(there, case_id).answers["person.name_en"] == "Rahima Khatun"
    assert backups.make_backup(there).number == 1
    assert check(there.store).wrong == []
    sign_out(there)
    with pytest.raises(vault.VaultExists):
        restores.restore_here(new, made.path, FARZANA, WHY)


def test_a_folder_with_settings_alone_takes_a_restored_vault(desk: Desk, tmp_path: Path) -> None:
    made = backups.make_backup(desk)
    new = tmp_path / "new"
    new.mkdir()
    (new / "settings.json").write_text("{}")
    restores.restore_here(new, made.path, FARZANA, WHY, clock=lambda: NOW)
    sign_out(sign_in(new, "farzana", PASSPHRASE, lambda: NOW))
    assert (new / "settings.json").read_text() == "{}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "store"]


def test_a_restore_cut_short_on_a_new_computer_can_begin_again(desk: Desk, tmp_path: Path) -> None:
    made, new = backups.make_backup(desk), tmp_path / "new"
    in_the_way = new / keys.COPY / "in the way"
    in_the_way.mkdir(parents=True)
    with pytest.raises(RestoreNotWritten):
        restores.restore_here(new, made.path, FARZANA, WHY, clock=lambda: NOW)
    assert not vault.vault_exists(new)
    shutil.rmtree(in_the_way.parent)
    restores.restore_here(new, made.path, FARZANA, WHY, clock=lambda: NOW)
    again = sign_in(new, "farzana", PASSPHRASE, lambda: NOW)
    assert check(again.store).wrong == []
    again.store.vault.close()


def test_on_a_new_computer_too_it_takes_both_roles(desk: Desk, tmp_path: Path) -> None:
    for name, role in {"karim": "supervisor", "lina": "administrator", "mitu": "caseworker"}.items():
        add_user(desk, name=name, sign_in_name=name, roles=[role], passphrase=OTHER, cost=FLOOR)
    made = backups.make_backup(desk)
    new = tmp_path / "new"
    with pytest.raises(SecondNeeded):
        restores.restore_here(new, made.path, Signer("karim", OTHER), WHY)
    with pytest.raises(NotAllowed):
        restores.restore_here(new, made.path, Signer("mitu", OTHER), WHY, Signer("karim", OTHER))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]
    restores.restore_here(new, made.path, Signer("lina", OTHER), WHY, Signer("karim", OTHER), clock=lambda: NOW)
    assert vault.vault_exists(new)


# Where it lies


def chains(desk: Desk) -> int:
    with desk.read() as session:
        return len(session.scalars(select(Chain.ix)).all())


def test_a_vault_put_back_from_an_older_copy_begins_a_new_chain(
    open_desk: Callable[..., Desk], store_folder: Path
) -> None:
    first = open_desk()
    register_case(first, a_returnee())
    sign_out(first)
    old = (store_folder / vault.VAULT).read_bytes()
    second = open_desk()
    assert chains(second) == 1, "the same place, and nothing older"
    look(second, register_case(second, a_returnee(person__phone_1=phone(1))))
    sign_out(second)
    (store_folder / vault.VAULT).write_bytes(old)
    third = open_desk()
    assert chains(third) == 2
    assert check(third.store).wrong == []
    sign_out(third)
    assert chains(open_desk()) == 2


def test_a_vault_brought_to_another_computer_begins_a_new_chain(
    open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_out(open_desk())
    monkeypatch.setattr(machine, "mark_of_machine", lambda: b"another")
    assert chains(open_desk()) == 2


# A switch cut short


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_switch_cut_short_is_finished_at_the_next_start(desk: Desk, steps: int) -> None:
    made = backups.make_backup(desk)
    register_case(desk, a_returnee())
    folder = desk.store.vault.folder
    restores.restore_over(desk, made.path, WHY)
    sign_out(desk)
    if steps > 0:
        folder.rename(folder.with_name("store.before-000001"))
    if steps > 1:
        folder.with_name("store.restored").rename(folder)
    restoring.settle(folder)
    again = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    assert count_cases(again, Filters()) == (1 if steps == 0 else 0)
    assert len(backups.backups(again)) == 2
    sign_out(again)


def test_a_start_that_found_nothing_does_not_stand_in_the_way(desk: Desk) -> None:
    made = backups.make_backup(desk)
    folder = desk.store.vault.folder
    restores.restore_over(desk, made.path, WHY)
    sign_out(desk)
    folder.rename(folder.with_name("store.before-000001"))
    folder.mkdir()
    (folder / "settings.json").write_text("{}")  # of the first screen that was shown then
    restoring.settle(folder)
    sign_out(sign_in(folder, "farzana", PASSPHRASE, lambda: NOW))


# Damaged


def test_a_damaged_vault_is_only_read_and_leads_to_the_newest_backup(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    case_id = register_case(desk, a_returnee())
    backups.make_backup(desk)
    folder = desk.store.vault.folder
    spoil_tables(desk, "operation")
    damaged = open_desk()
    assert damaged.store.damaged, "it opens all the same, to be read"
    assert case_facts(damaged, case_id).number
    assert not pages.pages_are_whole(damaged.store.vault)
    assert backups.find_damage(damaged)
    before = (folder / vault.VAULT).read_bytes()
    assert look(damaged, case_id).number, "people go on reading while they wait for the backup"
    with pytest.raises(VaultDamaged) as refused:
        edit_case(damaged, case_id, {"person.name_en": ("Rahima Begum", "Rahima")})
    assert "Restore the newest backup" in refused.value.hint
    beside = (folder / set_aside.FILE).read_bytes()
    assert b"case" not in beside
    assert case_id.bytes not in beside
    sign_out(damaged)
    assert (folder / vault.VAULT).read_bytes() == before, "nothing is mended in place"
    newest = backups.newest_backup(folder)
    assert newest is not None
    restores.restore_damaged(folder, newest, FARZANA, WHY, clock=lambda: NOW)
    back = open_desk()
    assert case_facts(back, case_id).number
    assert check(back.store).wrong == []
    assert (restores.kept(back)[0].path / vault.VAULT).read_bytes() == before
    noted = [each.value("op.about") for each in operations(back) if each.action == "case.view"]
    assert noted == [case_id.bytes], "who looked meanwhile is in the journal of what was restored"
    assert not (folder / set_aside.FILE).exists()


@pytest.mark.parametrize("name", ["consent_line", "erased"])
def test_what_cannot_be_read_of_a_damaged_vault_stops_no_restore(open_desk: Callable[..., Desk], name: str) -> None:
    desk = open_desk()
    case_id = register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    record_consent(desk, case_id, RecordConsent({"share_legal": "refused"}, method="verbal"))
    spoil_tables(desk, name)
    damaged = open_desk()
    assert backups.find_damage(damaged)
    back = switched(damaged, made.path)
    assert case_facts(back, case_id).number
    sign_out(back)


@pytest.mark.parametrize("name", ["case", "change", "operation", "chain", "referral"])
def test_damage_that_nobody_looked_for_stops_no_restore(open_desk: Callable[..., Desk], name: str) -> None:
    desk = open_desk()
    case_id = register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    add_note(desk, case_id, "general", "Came by.")
    spoil_tables(desk, name)
    back = switched(open_desk(), made.path)
    assert case_facts(back, case_id).number
    assert check(back.store).wrong == []
    sign_out(back)


def test_who_meets_a_spoilt_page_stops_the_writing_and_others_go_on_reading(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    case_id = register_case(desk, a_returnee())
    add_note(desk, case_id, "general", "Came by.")
    made = backups.make_backup(desk)
    spoil_tables(desk, "case_note")
    damaged = open_desk()
    told: list[Touched] = []
    damaged.store.listeners.append(told.append)
    for _try in range(2):
        with pytest.raises(VaultDamaged):
            notes_of(damaged, case_id)
        assert case_facts(damaged, case_id).number, "the next who reads gets a connection that reads"
    assert told == [FOUND_DAMAGED], "once"
    with pytest.raises(VaultDamaged):
        edit_case(damaged, case_id, {"person.upazila": (None, "Shibchar")})
    newest = backups.newest_whole(damaged)
    assert newest is not None
    assert newest.number == made.number
    sign_out(damaged)


def test_of_a_damaged_vault_the_newest_backup_is_copied_and_what_it_lacks_is_not_guessed(
    open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = open_desk()
    case_id = register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    add_note(desk, case_id, "general", "Came by.")
    spoil_tables(desk, "case", "change")
    damaged = open_desk()
    assert backups.loss(damaged) is None
    assert backups.preview(damaged, made.path) == (made.manifest, None)
    stick = tmp_path / "stick"
    stick.mkdir()
    copied = backups.copy_backup(damaged, stick, same_disk=True)
    assert copied.read_bytes() == made.path.read_bytes()
    sign_out(damaged)


def test_a_backup_that_is_not_whole_leads_to_the_one_before(desk: Desk) -> None:
    register_case(desk, a_returnee())
    older, newer = backups.make_backup(desk), backups.make_backup(desk)
    whole = bytearray(newer.path.read_bytes())
    whole[len(whole) // 3] ^= 1
    newer.path.write_bytes(whole)
    newest = backups.newest_whole(desk)
    assert newest is not None
    assert newest.number == older.number
    folder = desk.store.vault.folder
    assert backups.newest_backup(folder) == newer.path
    assert backups.newest_backup(folder, newer.path) == older.path
    assert backups.newest_backup(folder, older.path) is None
    assert backups.newest_backup(folder, folder / "stick.cdbackup") is None, "one from elsewhere has none before it"


def test_what_was_noted_beside_survives_a_torn_line_and_opens_for_its_own_vault_alone(
    desk: Desk, tmp_path: Path
) -> None:
    opened, path = desk.store.vault, desk.store.vault.folder / set_aside.FILE
    case_id = register_case(desk, a_returnee())
    act = Act("case.view", desk.actor.id, case_id, always=True)
    set_aside.put(opened, act, NOW)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    set_aside.put(opened, act, NOW)
    kept = path.read_bytes()
    taken: list[set_aside.Noted] = []
    set_aside.take_out(opened, taken.append)
    assert [(each.act, each.at) for each in taken] == [(act, NOW)] * 2
    assert not path.exists()
    other, recovery, _slot = vault.create_vault(tmp_path / "o", sign_in_name="x", passphrase=OTHER, cost=FLOOR)
    recovery.wipe()
    (other.folder / set_aside.FILE).write_bytes(kept)
    set_aside.take_out(other, taken.append)
    assert len(taken) == 2
    other.close()


def test_who_holds_the_recovery_key_may_restore(desk: Desk, tmp_path: Path) -> None:
    recovery = vault.new_recovery(desk.store.vault)
    made = backups.make_backup(desk)
    new = tmp_path / "new"
    restores.restore_here(new, made.path, Signer("", recovery.text), WHY, clock=lambda: NOW)
    there, again = recover(new, recovery.text, "farzana", OTHER, FLOOR, lambda: NOW)
    again.wipe()
    assert check(there.store).wrong == []
    sign_out(there)
