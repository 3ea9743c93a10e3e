"""Settings: what a person may change, saved as it is changed."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from casedesk import formats, i18n
from casedesk.services import audit
from casedesk.services.preferences import preferences
from casedesk.services.rates import cost_limits, rates
from casedesk.services.sign_in import sign_in, sign_out
from casedesk.services.users import add_user, colleagues
from casedesk.settings import load
from casedesk.storage import vault
from casedesk.storage.keys import FLOOR
from casedesk.ui import trail
from casedesk.ui.case import telling
from casedesk.ui.kit import theme
from casedesk.ui.kit.buttons import Switch
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.messages import tell
from casedesk.ui.kit.theme import Theme, current
from casedesk.ui.own_passphrase import OwnPassphrase
from casedesk.ui.page import Goto
from casedesk.ui.people import People, UserSheet
from casedesk.ui.rates import Rates
from casedesk.ui.settings import TABS, SettingsPage
from casedesk.ui.vault_check import VaultCheck
from casedesk.values import Money
from tests.conftest import PASSPHRASE
from tests.support.journal import last
from tests.support.on_screen import cut_off
from tests.support.sitting import SECONDS, Sitting, focused, press, type_keys, words_of

Key, Held = Qt.Key, Qt.KeyboardModifier
NEW = "lamps under quiet river bridges"
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)
S = TypeVar("S", bound=QWidget)


def settings(sitting: Sitting, tab: str) -> SettingsPage:
    sitting.window.go(Goto("settings", {"tab": tab}))
    return here(sitting)


def section(sitting: Sitting, tab: str, kind: type[S]) -> S:
    found = settings(sitting, tab).findChildren(kind)
    return found[-1]


def here(sitting: Sitting) -> SettingsPage:
    page = sitting.window.page
    assert isinstance(page, SettingsPage)
    return page


def combo(page: QWidget, name: str) -> Combo:
    return next(each for each in page.findChildren(Combo) if each.accessibleName() == name)


def test_the_look_changes_at_once_and_is_remembered(inside: Sitting) -> None:
    page = settings(inside, "look")
    page._wishes.theme("dark")
    assert current().dark
    assert here(inside) is not page
    size = combo(here(inside), "Text size")
    size.setFocus()
    for _step in range(2):
        press(Key.Key_Down)
        size = combo(here(inside), "Text size")
        size.setFocus()
    assert current().text_scale == pytest.approx(1.2)
    assert (load(inside.folder).theme, load(inside.folder).text_size) == ("dark", 120)
    inside.window._put_away()
    assert preferences(inside.window.desk) | {"theme": "dark", "text_size": "120"} == preferences(inside.window.desk)


def test_the_language_changes_on_the_same_page(inside: Sitting) -> None:
    settings(inside, "look")._wishes.language("bn")
    assert i18n.language() == "bn"
    assert here(inside).tab == "look"


def test_minutes_until_the_lock(inside: Sitting) -> None:
    minutes = combo(settings(inside, "lock"), "Lock when not used")
    assert [minutes.itemData(at) for at in range(minutes.count())] == [str(each) for each in range(1, 16)]
    minutes.setFocus()
    press(Key.Key_Down)
    assert inside.window.watch.minutes == 6
    assert load(inside.folder).lock_minutes == 6


def test_one_user_who_combines_roles_is_told_so_on_every_page(inside: Sitting) -> None:
    for code, _icon, _words, _needs in TABS:
        assert "one person combines all roles" in words_of(settings(inside, code))
    add_user(inside.window.desk, name="Karim", sign_in_name="karim", roles=["caseworker"], passphrase=NEW, cost=FLOOR)
    assert "one person combines all roles" not in words_of(settings(inside, "people"))


def test_the_passphrase_is_changed(inside: Sitting) -> None:
    page = section(inside, "passphrase", OwnPassphrase)
    page.old.setFocus()
    type_keys(PASSPHRASE)
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return)
    inside.qtbot.waitUntil(lambda: "The passphrase is changed" in words_of(inside.window), timeout=SECONDS)
    assert page.new.text() == ""
    inside.end()
    vault.unlock(inside.folder, "farzana", NEW).close()


def test_the_old_passphrase_must_be_right(inside: Sitting) -> None:
    page = section(inside, "passphrase", OwnPassphrase)
    page.old.setFocus()
    type_keys("not the old one")
    page.new.fill(NEW)
    page.change.click()
    inside.qtbot.waitUntil(lambda: "That did not match" in words_of(page), timeout=SECONDS)
    assert page.change.isEnabled()
    assert page.new.text() == NEW


def test_who_went_elsewhere_meanwhile_is_told_what_became_of_the_passphrase(inside: Sitting) -> None:
    page = section(inside, "passphrase", OwnPassphrase)
    page.old.line.setText("not the old one")
    page.new.fill(NEW)
    page.change.click()
    here(inside).open_tab("look")
    inside.qtbot.waitUntil(lambda: "That did not match" in words_of(inside.window), timeout=SECONDS)
    assert here(inside).tab == "look"
    page = section(inside, "passphrase", OwnPassphrase)
    page.old.line.setText(PASSPHRASE)
    page.new.fill(NEW)
    page.change.click()
    here(inside).open_tab("look")
    inside.qtbot.waitUntil(lambda: "The passphrase is changed" in words_of(inside.window), timeout=SECONDS)
    assert here(inside).tab == "look"


def test_a_new_recovery_key_holds_once_it_is_typed_back_and_the_one_before_no_more(
    inside: Sitting, store_folder: Path
) -> None:
    page = settings(inside, "recovery")
    page.recovery.passphrase.setFocus()
    type_keys("not mine at all")
    press(Key.Key_Return)
    inside.qtbot.waitUntil(lambda: "That did not match" in words_of(page), timeout=SECONDS)
    page.recovery.passphrase.clear()
    page.recovery.passphrase.setFocus()
    type_keys(PASSPHRASE)
    press(Key.Key_Return)
    inside.qtbot.waitUntil(lambda: page.recovery.card is not None, timeout=SECONDS)
    before = (store_folder / "vault.keys").read_bytes()
    card = page.recovery.card
    assert card is not None
    key = card._key
    page.recovery.use_button.click()
    assert "does not fit" in words_of(page), "two groups have to be typed from the copy"
    assert (store_folder / "vault.keys").read_bytes() == before
    for box, group in zip(card.boxes, card.asked, strict=True):
        box.setFocus()
        type_keys(key.groups[group - 1])
    page.recovery.use_button.click()
    inside.qtbot.waitUntil(lambda: "The new recovery key holds" in words_of(inside.window), timeout=SECONDS)
    assert page.recovery.card is None, "it is shown once"
    assert last(inside.window.desk).action == "office.replace_recovery"
    inside.end()
    vault.unlock_with_recovery(inside.folder, key.text).close()


def test_single_keys_are_switched_off_where_nobody_types(inside: Sitting) -> None:
    page = settings(inside, "keys")
    switch = page.findChild(Switch)
    assert switch is not None
    switch.setFocus()
    press(Key.Key_Space)
    assert not load(inside.folder).single_keys
    native = inside.window.windowHandle()
    inside.window.go(Goto("today"))
    QTest.keyClick(native, Key.Key_Question)
    assert inside.window.where().page == "today", "the key is swallowed"
    line = inside.window.findChild(QLineEdit, "note")
    assert line is not None
    line.setFocus()
    QTest.keyClick(native, Key.Key_Question)
    assert line.text().endswith("?"), "what is typed is typed"
    page = settings(inside, "keys")
    switch = page.findChild(Switch)
    assert switch is not None
    switch.click()
    inside.window.go(Goto("today"))
    inside.window.setFocus()
    QTest.keyClick(native, Key.Key_Question)
    assert inside.window.where().page == "settings"


def test_the_keys_of_pages_act_again_when_what_had_the_focus_before_a_sheet_is_gone(inside: Sitting) -> None:
    window = inside.window
    window.go(Goto("cases"))
    assert window.page is not None
    gone = QLineEdit(window.page)
    gone.show()
    gone.setFocus()
    sheet = tell(window, "A word", "And another.")
    gone.deleteLater()
    inside.qtbot.waitUntil(lambda: not isValid(gone), timeout=SECONDS)
    sheet.dismiss()
    press(Key.Key_1, Held.ControlModifier)
    assert window.where().page == "today"


def test_undo_does_what_the_message_offers_and_first_what_was_typed(inside: Sitting) -> None:
    undone: list[int] = []
    inside.window.go(Goto("today"))
    inside.window.say("Moved", lambda: undone.append(1))
    line = inside.window.findChild(QLineEdit, "note")
    assert line is not None
    line.setFocus()
    type_keys("a word")
    press(Key.Key_Z, Held.ControlModifier)
    assert (line.text(), undone) == ("", [])
    inside.window.setFocus()
    press(Key.Key_Z, Held.ControlModifier)
    assert undone == [1]
    press(Key.Key_Z, Held.ControlModifier)
    assert undone == [1], "once"


def people(sitting: Sitting) -> People:
    return settings(sitting, "people").findChildren(People)[-1]


def test_a_second_user_is_added_and_can_sign_in(inside: Sitting) -> None:
    people(inside).add_button.click()
    (sheet,) = inside.window.findChildren(UserSheet)
    press(Key.Key_Return, Held.ControlModifier)
    inside.qtbot.waitUntil(lambda: "Write the name as colleagues know it." in words_of(sheet), timeout=SECONDS)
    type_keys("Karim Uddin")
    press(Key.Key_Tab)
    type_keys("karim")
    press(Key.Key_Tab)
    press(Key.Key_Space)
    sheet.new.setFocus()
    type_keys(NEW)
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return, Held.ControlModifier)
    inside.qtbot.waitUntil(lambda: "Karim Uddin" in words_of(here(inside)), timeout=SECONDS)
    assert focused() is here(inside).findChildren(People)[-1].add_button
    inside.end()
    desk = sign_in(inside.folder, "karim", NEW, inside.clock)
    assert desk.actor.roles == {"caseworker"}
    sign_out(desk)


def test_reading_and_keeping_are_not_given_together(inside: Sitting) -> None:
    people(inside).add_button.click()
    (sheet,) = inside.window.findChildren(UserSheet)
    sheet.form.put({"user.name": "Karim", "user.sign_in_name": "karim", "user.roles": ["caseworker", "administrator"]})
    sheet.new.fill(NEW)
    sheet.save.click()
    inside.qtbot.waitUntil(lambda: "does not also read cases. Choose one" in words_of(sheet), timeout=SECONDS)
    assert len(colleagues(inside.window.desk)) == 1


def test_roles_change_and_access_ends(inside: Sitting) -> None:
    desk = inside.window.desk
    add_user(desk, name="Karim", sign_in_name="karim", roles=["caseworker"], passphrase=NEW, cost=FLOOR)
    part = people(inside)
    karim = next(user for user in colleagues(desk) if user.name == "Karim")
    part.give_roles(karim)
    (sheet,) = inside.window.findChildren(UserSheet)
    sheet.form.put({"user.roles": ["supervisor"]})
    sheet.save.click()
    inside.qtbot.waitUntil(lambda: "Supervisor" in words_of(here(inside)).split("Karim")[-1], timeout=SECONDS)
    here(inside).findChildren(People)[-1].ask_end(karim)
    press(Key.Key_Tab)
    press(Key.Key_Space)
    inside.qtbot.waitUntil(lambda: "Who worked here" in words_of(here(inside)), timeout=SECONDS)
    assert [user.active for user in colleagues(desk) if user.name == "Karim"] == [False]


def test_what_a_role_may_not_change_is_not_shown(inside: Sitting, qtbot: QtBot) -> None:
    add_user(inside.window.desk, name="Karim", sign_in_name="karim", roles=["caseworker"], passphrase=NEW, cost=FLOOR)
    inside.end()
    other = Sitting(qtbot, inside.folder)
    other.enter("karim", NEW)
    page = settings(other, "people")
    assert set(page.sections.items) == {"look", "lock", "passphrase", "centre", "keys", "about"}
    assert page.tab == "look"
    assert "Check the vault" not in words_of(settings(other, "about"))
    other.end()


def test_a_rate_is_kept(inside: Sitting) -> None:
    page = section(inside, "rates", Rates).rate
    page.keep.click()
    assert "Choose the currency." in words_of(page)
    page.form.put({"exchange_rate.currency": "sar", "exchange_rate.taka": Money(3250, "bdt")})
    page.keep.click()
    inside.qtbot.waitUntil(lambda: "32.50" in words_of(here(inside)), timeout=SECONDS)
    with inside.window.desk.read() as session:
        assert rates(session)["sar"] == 3250
    assert page.form.value("exchange_rate.currency") is None


def test_keeping_a_rate_takes_nothing_of_what_is_typed_about_a_limit(inside: Sitting) -> None:
    page = section(inside, "rates", Rates)
    page.limit.form.put({"official_cost_limit.country": "sa"})
    page.rate.form.put({"exchange_rate.currency": "sar", "exchange_rate.taka": Money(3250, "bdt")})
    page.rate.keep.click()
    inside.qtbot.waitUntil(partial(shows, inside, "32.50"), timeout=SECONDS)
    assert page.limit.form.value("official_cost_limit.country") == "sa"


def shows(sitting: Sitting, words: str) -> bool:
    return words in words_of(here(sitting))


def test_the_official_limit_of_a_country_is_kept_and_put_right(inside: Sitting) -> None:
    for taka in (16_000_000, 16_500_000):
        page = section(inside, "rates", Rates).limit
        page.keep.click()
        assert "Choose the country." in words_of(page)
        page.form.put(
            {
                "official_cost_limit.country": "sa",
                "official_cost_limit.amount": Money(taka, "bdt"),
                "official_cost_limit.valid_from": date(2024, 1, 1),
            },
        )
        page.keep.click()
        inside.qtbot.waitUntil(partial(shows, inside, formats.money(Money(taka, "bdt"))), timeout=SECONDS)
    (limit,) = cost_limits(inside.window.desk)
    assert (limit.country, limit.since, limit.amount.minor) == ("sa", date(2024, 1, 1), 16_500_000)


def test_the_vault_is_checked_with_its_findings(inside: Sitting) -> None:
    page = section(inside, "about", VaultCheck)
    page.check.click()
    inside.qtbot.waitUntil(lambda: "Everything agrees" in words_of(page), timeout=SECONDS)
    assert page.check.isEnabled()


def test_every_control_has_a_name(inside: Sitting) -> None:
    for code, _icon, _words, _needs in TABS:
        page = settings(inside, code)
        words_of(page)
        takes = [each for each in page.findChildren(QWidget) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert [each for each in takes if each.isVisible() and not each.accessibleName()] == []
    assert focused() is not None


@pytest.mark.parametrize(("language", "scale"), [("en", 1.0), ("bn", 1.0), ("en", 1.4), ("bn", 1.4)])
def test_nothing_is_cut_off(inside: Sitting, qapp: QApplication, language: str, scale: float) -> None:
    i18n.use(language)
    theme.apply(qapp, Theme(language=language, text_scale=scale))
    window = inside.window
    window.resize(1024, 600) if scale == 1.0 else window.resize(1366, 768)
    window.rebuild()
    for code, _icon, _words, _needs in TABS:
        page = settings(inside, code)
        QApplication.processEvents()
        assert cut_off(page) == []


def test_all_that_is_recorded_has_words() -> None:
    """In the trail, or in the history of the case; the rest is told there in words of its own."""
    source = Path(trail.__file__).parents[1]
    calls = re.compile(r"""(?:\.write|\.note|\bAct|\border)\(\s*(?:session,\s*)?"([a-z_]+\.[a-z_]+)\"""")
    actions = {found for path in source.rglob("*.py") for found in calls.findall(path.read_text(encoding="utf-8"))}
    assert len(actions) > 50
    told = trail.WORDS.keys() | telling.TITLES.keys() | {"case.search", "note.add", "case.said_again"}
    assert actions - told == set()


def test_the_trail_tells_of_signing_in_and_of_searches(inside: Sitting) -> None:
    audit.note_search(inside.window.desk, "mine", 3)
    page = settings(inside, "trail")
    inside.qtbot.waitUntil(lambda: "Signed in" in words_of(page), timeout=SECONDS)
    assert "Searched in “My open cases”: 3 found" in words_of(page)
    assert cut_off(page) == []
