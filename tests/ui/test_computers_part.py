"""Settings, Computers: setting sync up, joining with six words, letting in, ending, all through the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.services.office import exchanges
from casedesk.sync import computers, invitations, joining, stick, visit
from casedesk.sync.files import inbox
from casedesk.ui.application import tables
from casedesk.ui.kit.messages import Confirm
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto
from casedesk.ui.settings import SettingsPage
from casedesk.ui.sync.computers import Computers, RequestCard
from casedesk.ui.sync.sheets import BeginSheet, InviteSheet, RelaySheet
from tests.support.on_screen import cut_off
from tests.support.sitting import SECONDS, Sitting, entered, press, words_of
from tests.sync.office import ROOT_WORDS, admin, as_role, begin, coordinator, key_of, relay_of_office


@pytest.fixture
def inside(qtbot: QtBot, store_folder: Path) -> Sitting:
    """K3, just set up, signed in to."""
    return entered(qtbot, store_folder, tables)


def computers_page(sitting: Sitting) -> Computers:
    sitting.window.go(Goto("settings", {"tab": "computers"}))
    page = sitting.window.page
    assert isinstance(page, SettingsPage)
    assert page.tab == "computers"
    return part(sitting)


def part(sitting: Sitting) -> Computers:
    assert sitting.window.page is not None
    return sitting.window.page.findChildren(Computers)[-1]


def shown(sitting: Sitting, words: str) -> None:
    sitting.qtbot.waitUntil(lambda: words in words_of(sitting.window), timeout=SECONDS)


def click(sitting: Sitting, words: str) -> None:
    """Press the button of this name, once it is there."""

    def there() -> list[QPushButton]:
        every = part(sitting).findChildren(QPushButton)
        return [each for each in every if each.isVisible() and each.accessibleName() == words]

    sitting.qtbot.waitUntil(lambda: bool(there()), timeout=SECONDS)
    there()[-1].click()


def sheet(sitting: Sitting, kind: type[Sheet]) -> Sheet:
    return next(each for each in sitting.window.findChildren(kind) if each.isVisible())


def state_of(sitting: Sitting, other: Desk) -> computers.MemberRow:
    """How the list of computers has the other one."""
    return next(each for each in computers.members(sitting.window.desk) if each.desk == key_of(other))


def begun(sitting: Sitting, folder: Path) -> None:
    computers_page(sitting).begin()
    asked = sheet(sitting, BeginSheet)
    assert isinstance(asked, BeginSheet)
    asked.new.fill(ROOT_WORDS)
    asked.begin(folder / "root.age")
    sitting.qtbot.waitUntil(lambda: "sync" in sitting.window.sidebar.items, timeout=SECONDS)


def test_off_until_set_up(inside: Sitting, tmp_path: Path) -> None:
    assert "sync" not in inside.window.sidebar.items
    computers_page(inside)
    shown(inside, "Off until you set it up.")
    begun(inside, tmp_path)
    assert (tmp_path / "root.age").exists()
    shown(inside, "DHK/K3")


def test_a_file_that_is_there_already_is_not_written_over(inside: Sitting, tmp_path: Path) -> None:
    (tmp_path / "root.age").write_text("something of mine")
    computers_page(inside).begin()
    asked = sheet(inside, BeginSheet)
    assert isinstance(asked, BeginSheet)
    asked.new.fill(ROOT_WORDS)
    asked.begin(tmp_path / "root.age")
    shown(inside, "already")
    assert (tmp_path / "root.age").read_text() == "something of mine"
    assert not exchanges(inside.window.desk)


def test_another_computer_is_let_in_admitted_and_ended(inside: Sitting, other: Desk, folder: Path) -> None:
    begun(inside, folder)
    click(inside, "Invite a computer")
    invite = sheet(inside, InviteSheet)
    assert isinstance(invite, InviteSheet)
    invite.centre.setText("D")
    invite._choose()
    shown(inside, "A centre has three letters")
    invite.centre.setText("dhk")
    invite.write(folder / "K4.invitation")
    inside.qtbot.waitUntil((folder / "K4.invitation").exists, timeout=SECONDS)
    asked = joining.ask_to_join(admin(other), (folder / "K4.invitation").read_bytes())
    joining.request_to_stick(admin(other), asked, folder)
    stick.take_stick(inside.window.desk, folder)
    computers_page(inside)
    shown(inside, asked.words)
    card = part(inside).findChildren(RequestCard)[-1]
    assert (card.answer.value(), card.let_in.isEnabled()) == ("", False), "nobody has said yet that they agree"
    click(inside, "What you heard: At least one differs")
    shown(inside, "Do not let it in")
    assert not card.let_in.isEnabled()
    click(inside, "What you heard: All six are the same")
    assert "Do not let it in" not in words_of(card)
    click(inside, "Let it in")
    click(inside, "Let DHK/K4 read our cases")
    confirm = sheet(inside, Confirm)
    assert isinstance(confirm, Confirm)
    confirm.yes.click()
    inside.qtbot.waitUntil(lambda: state_of(inside, other).admitted, timeout=SECONDS)
    stick.write_stick(inside.window.desk, folder)
    stick.take_stick(other, folder)
    assert exchanges(other)
    click(inside, "End DHK/K4")
    confirm = sheet(inside, Confirm)
    assert isinstance(confirm, Confirm)
    assert "nobody can wipe it from afar" in words_of(confirm)
    confirm.yes.click()
    inside.qtbot.waitUntil(lambda: not state_of(inside, other).active, timeout=SECONDS)


def test_joining_with_an_invitation(inside: Sitting, other: Desk, folder: Path) -> None:
    begin(other, folder)
    (folder / "K3.invitation").write_bytes(invitations.invite(admin(other), "DHK"))
    computers_page(inside).join(folder / "K3.invitation")
    shown(inside, "This computer asks to join")
    asked = joining.asked(inside.window.desk)
    assert asked is not None
    assert asked.words in words_of(part(inside))
    computers_page(inside)
    shown(inside, asked.words)
    part(inside).write_request(asked, folder)
    shown(inside, "The stick can be removed.")
    stick.take_stick(other, folder)
    (request,) = joining.requests(admin(other), inbox(other.store.vault.folder))
    assert request.words == asked.words
    joining.let_in(admin(other), request)
    computers.admit_to_centre(as_role(other, "supervisor"), key_of(inside.window.desk))
    stick.write_stick(other, folder)
    part(inside).read(folder)
    inside.qtbot.waitUntil(lambda: "sync" in inside.window.sidebar.items, timeout=SECONDS)
    shown(inside, "DHK/K4")


def test_joining_over_the_line(inside: Sitting, other: Desk, folder: Path) -> None:
    """The invitation names the relay; the request and the answer lie there, and nothing travels by stick."""
    begin(other, folder)
    with relay_of_office(other, folder / "relay"):
        (folder / "K3.invitation").write_bytes(invitations.invite(admin(other), "DHK"))
        visit.visit(coordinator(other))  # the relay hears of the invitation
        computers_page(inside).join(folder / "K3.invitation")
        shown(inside, "This computer asks to join")
        click(inside, "Ask over the line")
        shown(inside, "No answer yet")
        inside.window._close_sheets()
        visit.visit(coordinator(other))
        (request,) = joining.requests(admin(other), inbox(other.store.vault.folder))
        assert request.words in words_of(part(inside))
        click(inside, "Ask over the line")
        shown(inside, "No answer yet")
        inside.window._close_sheets()
        joining.let_in(admin(other), request)
        computers.admit_to_centre(as_role(other, "supervisor"), key_of(inside.window.desk))
        visit.visit(coordinator(other))
        click(inside, "Ask over the line")
        inside.qtbot.waitUntil(lambda: "sync" in inside.window.sidebar.items, timeout=SECONDS)
        shown(inside, "DHK/K4")


def test_what_is_no_invitation_is_refused_in_words(inside: Sitting, folder: Path) -> None:
    (folder / "letter").write_text("Dear colleague")
    computers_page(inside).join(folder / "letter")
    shown(inside, "This file is no invitation.")
    inside.window._close_sheets()
    part(inside).join(folder / "gone")
    shown(inside, "cannot be read")
    assert not exchanges(inside.window.desk)


def test_the_relay_is_named_and_nobody_else_is_trusted(inside: Sitting, folder: Path) -> None:
    begun(inside, folder)
    shown(inside, "None: files travel by stick.")
    click(inside, "Name the relay")
    named = sheet(inside, RelaySheet)
    assert isinstance(named, RelaySheet)
    for wrong in ("https://relay.example", "nonsense", "http://[", "https://"):
        named.url.setText(wrong)
        named.keep()
        inside.qtbot.waitUntil(lambda named=named: bool(named.said.text()), timeout=SECONDS)  # type: ignore[misc]
        named.said.say("")
    named.url.setText("http://127.0.0.1:9")
    named.keep()
    shown(inside, "http://127.0.0.1:9")
    address = visit.relay_of(inside.window.desk)
    assert address is not None
    assert address.url == "http://127.0.0.1:9"


def test_the_keys_stay_where_they_were_when_something_is_refused(inside: Sitting, folder: Path) -> None:
    begun(inside, folder)
    shown(inside, "None: files travel by stick.")
    click(inside, "Name the relay")
    named = sheet(inside, RelaySheet)
    assert isinstance(named, RelaySheet)
    named.url.setFocus()
    named.url.setText("nonsense")
    press(Qt.Key.Key_Return)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Escape):  # while it is being written
        press(key)
    assert named.isVisible()
    inside.qtbot.waitUntil(lambda: bool(named.said.text()), timeout=SECONDS)
    assert named.url.hasFocus()
    press(Qt.Key.Key_Escape)
    assert not named.isVisible()


def test_both_languages_and_sizes_fit(inside: Sitting, folder: Path) -> None:
    begun(inside, folder)
    for language in ("en", "bn"):
        i18n.use(language)
        for width, height in ((1366, 768), (1024, 600)):
            inside.window.resize(width, height)
            page = computers_page(inside)
            inside.qtbot.waitUntil(lambda page=page: "DHK/K3" in words_of(page), timeout=SECONDS)  # type: ignore[misc]
            inside.qtbot.waitUntil(lambda page=page: cut_off(page) == [], timeout=SECONDS)  # type: ignore[misc]
