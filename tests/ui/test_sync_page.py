"""Sync: two real computers of a centre that exchange by a folder, seen through the window of one of them."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.models import Person
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.users import add_user
from casedesk.storage.keys import FLOOR
from casedesk.sync import outbox, stick
from casedesk.sync.batch import Kind, open_batch
from casedesk.sync.files import on_a_stick
from casedesk.sync.visit import name_relay, visit
from casedesk.ui.application import tables
from casedesk.ui.kit.badges import Badge
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.working import Working
from casedesk.ui.page import Goto
from casedesk.ui.sync.computers import Computers
from casedesk.ui.sync.fields import EveryField
from casedesk.ui.sync.page import SyncPage
from casedesk.ui.sync.sheets import RelaySheet
from tests.support.on_screen import cut_off
from tests.support.people import a_returnee
from tests.support.relay import CutLine
from tests.support.sitting import NOW, SECONDS, Sitting, entered, press, words_of
from tests.support.tls import certificate, nginx
from tests.sync.office import first_desk, join, new_desk, relay_of_office, standing_of
from tests.sync.told import assert_as_shown, fields_shown

Key, Held = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def inside(qtbot: QtBot, tmp_path: Path, other: Desk) -> Sitting:
    """K3, which began the organisation and let K4 in, signed in to."""
    first = first_desk(tmp_path / "K3")
    join(first, other)
    first.store.vault.close()
    return entered(qtbot, tmp_path / "K3", tables)


def sync_page(sitting: Sitting) -> SyncPage:
    press(Key.Key_8, Held.ControlModifier)
    page = sitting.window.page
    assert isinstance(page, SyncPage)
    sitting.qtbot.waitUntil(lambda: "What will be sent" in words_of(page), timeout=SECONDS)
    return page


def said(sitting: Sitting, words: str) -> None:
    """Wait for a sheet that says this, and close it."""

    def sheet() -> Sheet | None:
        found = [each for each in sitting.window.findChildren(Sheet) if each.isVisible()]
        return next((each for each in found if words in words_of(each)), None)

    sitting.qtbot.waitUntil(lambda: sheet() is not None, timeout=SECONDS)
    there = sheet()
    assert there is not None
    there.dismiss()


def names(desk: Desk) -> set[str]:
    with desk.read() as session:
        return {name or "" for name in session.scalars(select(Person.name_en))}


def test_what_is_previewed_is_what_is_sent(inside: Sitting, other: Desk, folder: Path) -> None:
    register_case(inside.window.desk, a_returnee(person__name_en="Sentinel One"))
    page = sync_page(inside)
    inside.qtbot.waitUntil(lambda: page.seen.waiting > 0, timeout=SECONDS)
    assert "New and changed cases\nof 1 person" in words_of(page)
    (preview,) = page.seen.previews
    page._write(str(folder))
    said(inside, "The stick can be removed.")
    reader = standing_of(other).reader
    batches = [open_batch(on_a_stick(folder).read(name), reader) for name in on_a_stick(folder).names()]
    assert_as_shown(inside.window.desk, [preview], batches)
    assert fields_shown([preview])[Kind.CHAIN, "person", "name_en"] == 1
    stick.take_stick(other, folder)
    assert "Sentinel One" in names(other)


def test_what_goes_to_a_new_computer_alone_is_shown_too(inside: Sitting, tmp_path: Path) -> None:
    """For whom, how many cases, and that they have names; and every field of it, before it is sent."""
    desk = inside.window.desk
    register_case(desk, a_returnee(person__name_en="Sentinel One"))
    outbox.make_files(desk, "DHK")
    new = new_desk(tmp_path / "K5", "K5", clock=lambda: NOW)
    join(desk, new)
    page = sync_page(inside)
    inside.qtbot.waitUntil(lambda: "To DHK/K5 alone" in words_of(page), timeout=SECONDS)
    assert "It lacks what others have: it is new, was restored" in words_of(page)
    assert "New and changed cases\nof 1 person" in words_of(page)
    assert [each.accessibleName() for each in page.findChildren(Badge)] == ["With names", "No case data"]
    page.show_fields()
    sheet = next(each for each in inside.window.findChildren(EveryField) if each.isVisible())
    sheet.audience.set_value("DHK DHK/K5")
    assert "Name in English" in {line.cells[1].first for line in sheet.list.lines.lines}
    sheet.dismiss()
    shown_before = page.seen.previews
    assert [each.only for each in shown_before] == ["", "DHK/K5"]
    page._write(str(tmp_path))
    said(inside, "The stick can be removed.")
    stick.take_stick(new, tmp_path)
    assert "Sentinel One" in names(new)
    inside.qtbot.waitUntil(lambda: "To DHK/K5 alone" not in words_of(page), timeout=SECONDS)
    new.store.vault.close()


def test_what_came_back_is_taken_in_and_told(inside: Sitting, other: Desk, folder: Path) -> None:
    page = sync_page(inside)
    page._write(str(folder))
    said(inside, "The stick can be removed.")
    stick.take_stick(other, folder)
    register_case(other, a_returnee(person__name_en="Sentinel Two", person__phone_1="+8801711000999"))
    outbox.make_files(other, "DHK")
    stick.write_stick(other, folder)
    page._read(str(folder))
    said(inside, "taken in")
    inside.qtbot.waitUntil(lambda: "Received by all it was for" in words_of(page), timeout=SECONDS)
    assert "Changes · DHK/K4" in words_of(page)
    assert "Sentinel Two" in names(inside.window.desk)
    page._read(str(folder))
    said(inside, "Nothing new was there")


def test_send_is_disabled_where_there_is_no_line_and_says_why(inside: Sitting, tmp_path: Path) -> None:
    """Neither the mouse nor the keyboard sends anything; with a relay it is there."""
    desk = inside.window.desk
    register_case(desk, a_returnee(person__name_en="Sentinel One"))
    page = sync_page(inside)
    inside.qtbot.waitUntil(lambda: page.seen.waiting > 0, timeout=SECONDS)
    assert page.send_button.isVisible()
    assert not page.send_button.isEnabled()
    assert page.state.text() == "No line is set up"
    assert page.sentence.text().endswith("nothing is lost. Files travel by stick.")
    assert page.send_button.accessibleDescription() == "Files travel by stick."
    page.send_button.click()
    press(Key.Key_Return, Held.ControlModifier)
    assert inside.window.findChildren(Working) == []
    assert outbox.files_out(desk) == page.seen.sent
    with relay_of_office(desk, tmp_path / "relay"):
        inside.window.go(Goto("today"))
        page = sync_page(inside)
        assert page.send_button.isEnabled()
        assert page.state.text() == "Not connected"
        assert page.sentence.text().endswith("A connection is made when you send or check it, and at no other time.")


def test_send_is_disabled_until_it_is_known_what_goes(inside: Sitting, tmp_path: Path) -> None:
    with relay_of_office(inside.window.desk, tmp_path / "relay"):
        page = SyncPage(sync_page(inside).here)
        assert not page.send_button.isEnabled()
        page.main_action()
        assert page.findChildren(Working) == []
        page.deleteLater()


def test_send_now_goes_both_ways_over_the_line(inside: Sitting, other: Desk, tmp_path: Path) -> None:
    desk = inside.window.desk
    with relay_of_office(desk, tmp_path / "relay") as port:
        name_relay(other, f"http://127.0.0.1:{port}", b"")
        register_case(desk, a_returnee(person__name_en="Sentinel One"))
        page = sync_page(inside)
        inside.qtbot.waitUntil(page.send_button.isEnabled, timeout=SECONDS)
        press(Key.Key_Return, Held.ControlModifier)
        said(inside, "files sent")
        visit(other)
        assert "Sentinel One" in names(other)
        register_case(other, a_returnee(person__name_en="Sentinel Two", person__phone_1="+8801711000999"))
        visit(other)
        page.send_button.click()
        said(inside, "taken in")
        assert "Sentinel Two" in names(desk)
        inside.qtbot.waitUntil(lambda: "Received by all it was for" in words_of(page), timeout=SECONDS)


def test_a_line_that_is_down_can_be_waited_for_no_longer(inside: Sitting, tmp_path: Path) -> None:
    desk = inside.window.desk
    with relay_of_office(desk, tmp_path / "relay"):
        pass
    register_case(desk, a_returnee(person__name_en="Sentinel One"))
    page = sync_page(inside)
    inside.qtbot.waitUntil(page.send_button.isEnabled, timeout=SECONDS)
    page.send_button.click()
    (working,) = inside.window.findChildren(Working)
    working.cancel.click()
    inside.qtbot.waitUntil(lambda: "goes on from the same place next time" in words_of(inside.window), timeout=SECONDS)
    inside.qtbot.waitUntil(lambda: page.seen.waiting > 0, timeout=SECONDS)


def fill(desk: Desk, cases: int) -> None:
    """Some work to send, which no compression makes small."""
    for at in range(cases):
        case_id = register_case(
            desk, a_returnee(person__name_en=f"Sentinel {at}", person__phone_1=f"+8801711000{at:03d}")
        )
        add_note(desk, case_id, "general", secrets.token_hex(8_000))


def sending_through(inside: Sitting, line: CutLine) -> SyncPage:
    """The page while it sends what is there through this line."""
    desk = inside.window.desk
    name_relay(desk, f"http://127.0.0.1:{line.port}", b"")
    fill(desk, 4)
    page = sync_page(inside)
    inside.qtbot.waitUntil(page.send_button.isEnabled, timeout=SECONDS)
    page.send_button.click()
    return page


def test_a_line_that_is_cut_in_the_middle_goes_on_from_there(inside: Sitting, other: Desk, tmp_path: Path) -> None:
    """The person gives up waiting; the next time the rest goes, and nothing is sent or taken in twice."""
    desk = inside.window.desk
    with relay_of_office(desk, tmp_path / "relay") as port:
        name_relay(other, f"http://127.0.0.1:{port}", b"")
        cut = CutLine(port, every=30_000, seed=None, speed=60_000)
        page = sending_through(inside, cut)
        inside.qtbot.waitUntil(lambda: cut.cuts > 0, timeout=SECONDS)
        cut.close()
        (working,) = inside.window.findChildren(Working)
        working.cancel.click()
        inside.qtbot.waitUntil(lambda: "goes on from the same place" in words_of(inside.window), timeout=SECONDS)
        inside.qtbot.waitUntil(lambda: "It goes on where it stopped." in words_of(page), timeout=SECONDS)
        whole = sum(each.size for each in page.seen.sent)
        again = CutLine(port, every=0, seed=None)
        name_relay(desk, f"http://127.0.0.1:{again.port}", b"")
        page.send_button.click()
        said(inside, "files sent")
        assert again.passed < whole, "what was there already was not sent again"
        again.close()
        visit(other)
        assert names(other) >= {f"Sentinel {at}" for at in range(4)}


def test_sending_is_paused_and_goes_on(inside: Sitting, other: Desk, tmp_path: Path) -> None:
    desk = inside.window.desk
    with relay_of_office(desk, tmp_path / "relay") as port:
        name_relay(other, f"http://127.0.0.1:{port}", b"")
        slow = CutLine(port, every=0, seed=None, speed=60_000)
        sending_through(inside, slow)
        (working,) = inside.window.findChildren(Working)
        inside.qtbot.waitUntil(lambda: working.progress.latest.done > 0, timeout=SECONDS)
        working.pause.click()
        inside.qtbot.waitUntil(lambda: "Paused. It goes on from the same place." in words_of(working), timeout=SECONDS)
        at = working.progress.latest
        assert at.done < at.of
        register_case(desk, a_returnee(person__name_en="Sentinel Meanwhile", person__phone_1=None))
        assert working.progress.latest == at
        working.pause.click()
        said(inside, "files sent")
        slow.close()
        visit(other)
        assert names(other) >= {f"Sentinel {at}" for at in range(4)}


def test_another_server_than_that_of_the_invitation_gets_nothing(inside: Sitting, tmp_path: Path) -> None:
    """Told in words, and mended where the relay is named."""
    desk = inside.window.desk
    right, wrong = certificate(tmp_path / "right"), certificate(tmp_path / "wrong")
    register_case(desk, a_returnee(person__name_en="Sentinel One"))
    with relay_of_office(desk, tmp_path / "relay") as port, nginx(tmp_path, right, [port]) as door:
        name_relay(desk, f"https://127.0.0.1:{door}", wrong.issuer_der)
        page = sync_page(inside)
        inside.qtbot.waitUntil(page.send_button.isEnabled, timeout=SECONDS)
        for asks in (page.check_button, page.send_button):
            asks.click()
            said(inside, "not the one of your invitation. Nothing was sent.")
        inside.qtbot.waitUntil(lambda: page.seen.waiting > 0, timeout=SECONDS)
        inside.window.go(Goto("settings", {"tab": "computers"}))
        inside.qtbot.waitUntil(lambda: "Name the relay" in words_of(inside.window), timeout=SECONDS)
        inside.window.page.findChildren(Computers)[-1]._name_relay(None)  # type: ignore[union-attr]  # it is there
        named = next(each for each in inside.window.findChildren(RelaySheet) if each.isVisible())
        named.url.setText(f"https://127.0.0.1:{door}")
        named.take(tmp_path / "relay" / "index.db")
        named.keep()
        inside.qtbot.waitUntil(lambda: "This file is no certificate." in named.said.text(), timeout=SECONDS)
        named.take(right.issuer)
        named.keep()
        inside.qtbot.waitUntil(lambda: not inside.window.findChildren(RelaySheet), timeout=SECONDS)
        inside.qtbot.waitUntil(lambda: f"https://127.0.0.1:{door}" in words_of(inside.window), timeout=SECONDS)
        page = sync_page(inside)
        inside.qtbot.waitUntil(page.check_button.isVisible, timeout=SECONDS)
        waiting = page.seen.waiting
        page.check_button.click()
        said(inside, "127.0.0.1 answers, shows the right certificate and lets this computer in. No case data was sent.")
        assert page.seen.waiting == waiting > 0
        page.send_button.click()
        said(inside, "files sent")


def test_what_is_held_back_says_why(inside: Sitting, tmp_path: Path) -> None:
    desk = inside.window.desk
    central = new_desk(tmp_path / "C1", "C1", centre="HQX", clock=lambda: NOW)
    join(desk, central, centre="HQX", central=True)
    central.store.vault.close()
    case_id = register_case(desk, a_returnee(person__name_en="Sentinel Three"))
    record_consent(desk, case_id, RecordConsent({"sync_central_identified": "refused"}, "signature"))
    page = sync_page(inside)
    inside.qtbot.waitUntil(lambda: "To the central office" in words_of(page), timeout=SECONDS)
    assert "The person said no to this." in words_of(page)
    page.show_fields()
    sheet = next(each for each in inside.window.findChildren(EveryField) if each.isVisible())
    assert sheet.list.lines.lines, "to the other computer of the centre it goes"
    sheet.audience.set_value("central")
    sheet.which.set_value("stays")
    sheet._show()
    kept = {(line.cells[1].first, line.cells[2].first) for line in sheet.list.lines.lines}
    assert ("Name in English", "The person said no to this.") in kept


def test_a_folder_that_is_gone_is_told_and_nothing_is_lost(inside: Sitting, folder: Path) -> None:
    page = sync_page(inside)
    assert not page.check_button.isVisible(), "there is no line to check"
    page._write(str(folder / "gone"))
    said(inside, "There is no folder")
    page._write(str(folder))
    said(inside, "The stick can be removed.")


def test_who_has_no_right_sees_nothing_of_it(inside: Sitting) -> None:
    window = inside.window
    add_user(
        window.desk,
        name="Karim",
        sign_in_name="karim",
        roles=["caseworker"],
        passphrase="lamps under quiet bridges",
        cost=FLOOR,
    )
    assert "sync" in window.sidebar.items
    window.lock()
    again = inside.after_lock()
    try:
        again.sign_in.another.emit()
        window = again.enter("karim", "lamps under quiet bridges")
        assert "sync" not in window.sidebar.items
        press(Key.Key_8, Held.ControlModifier)
        assert not isinstance(window.page, SyncPage)
    finally:
        again.end()


def test_both_languages_and_sizes_fit(inside: Sitting) -> None:
    register_case(inside.window.desk, a_returnee(person__name_en="Sentinel One"))
    for language in ("en", "bn"):
        i18n.use(language)
        for width, height in ((1366, 768), (1024, 600)):
            inside.window.resize(width, height)
            inside.window.go(Goto("sync"))
            page = inside.window.page
            assert isinstance(page, SyncPage)
            inside.qtbot.waitUntil(lambda page=page: page.seen.waiting > 0, timeout=SECONDS)  # type: ignore[misc]
            inside.qtbot.waitUntil(lambda page=page: cut_off(page) == [], timeout=SECONDS)  # type: ignore[misc]
