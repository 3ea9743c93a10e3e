"""The referral sheet, by key events, on a real store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Event
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.services.case_facts import case_facts
from casedesk.services.consents import consents_of
from casedesk.services.edits import as_new
from casedesk.services.intake import register_case
from casedesk.services.preferences import preference
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, edit_referral, make_referral
from casedesk.services.referrals.reading import WITHOUT_CONSENT, count_referrals, referral_facts, referrals_of
from casedesk.services.referrals.steps import send
from casedesk.ui.kit.messages import Confirm
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.refer import ReferSheet
from casedesk.ui.refer.partners import PartnerButton
from casedesk.ui.window import Window
from tests.support.hands import Hands
from tests.support.on_screen import cut_off, nameless
from tests.support.people import a_returnee

KEY, NONE = Qt.Key, Qt.KeyboardModifier.NoModifier
ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
TODAY = date(2026, 5, 12)


class Stub(Page):
    """Stands for the pages round the sheet, and remembers what it was asked for."""

    def __init__(self, here: Here, **what: object) -> None:
        super().__init__(here)
        self.what = what
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


@dataclass
class Shown(Hands):
    desk: Desk
    case_id: UUID
    partners: dict[str, UUID]

    @property
    def sheet(self) -> ReferSheet:
        return next(each for each in self.window.findChildren(ReferSheet) if each.isVisible())

    def open(self, **what: object) -> ReferSheet:
        self.window.go(Goto("refer", {"case_id": str(self.case_id)} | what))
        sheet = self.sheet
        self.wait(lambda: not sheet.waits)
        return sheet

    def closed(self) -> bool:
        return not [each for each in self.window.findChildren(ReferSheet) if each.isVisible()]

    def need(self, code: str) -> UUID:
        return next(need.id for need in case_facts(self.desk, self.case_id).needs if need.code == code)

    def pick(self, partner: str) -> PartnerButton:
        """Go down the partners with the arrow key until this one is chosen."""
        form = self.sheet.form
        assert form is not None
        form.partners.buttons[0].setFocus()
        self.press(KEY.Key_Space)
        for _step in form.partners.buttons:
            chosen = form.partners.partner()
            if chosen is not None and chosen.name == partner:
                break
            self.press(KEY.Key_Down)
        found = next(each for each in form.partners.buttons if each.isChecked())
        assert found.partner.name == partner
        return found


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk) -> Shown:
    case_id = register_case(
        desk,
        a_returnee(
            **{
                "consent_line.share_shelter": "given",
                "need_item.needs": ["safe_place", "recover_wages"],
                "person.district": "madaripur",
            }
        ),
    )

    def partner(name: str, kind: str, district: str, **service: object) -> UUID:
        values = {"name_en": name, "type": kind, "districts": [district], "takes": "Women", "phone": "+8801711000220"}
        return save_provider(desk, None, as_new(values), [ServiceEdit(as_new(service))])

    shelter = {"service": "emergency_shelter", "functional": "yes"}
    partners = {
        "Ashroy": partner(
            "Ashroy", "shelter_operator", "dhaka", **shelter, capacity=3, last_verified_on=TODAY - timedelta(days=2)
        ),
        "Nodi": partner(
            "Nodi", "shelter_operator", "dhaka", **shelter, capacity=1, last_verified_on=TODAY - timedelta(days=3)
        ),
        "Jamuna": partner("Jamuna", "shelter_operator", "madaripur", **shelter, capacity=1, last_verified_on=TODAY),
        "Shanti": partner("Shanti", "shelter_operator", "dhaka", **shelter, capacity=0, last_verified_on=TODAY),
        "Paper House": partner(
            "Paper House",
            "shelter_operator",
            "dhaka",
            service="emergency_shelter",
            functional="paper_only",
            capacity=20,
            last_verified_on=TODAY,
        ),
        "Nirapod": partner("Nirapod", "legal_aid_body", "dhaka", service="wage_claim_support", functional="yes"),
    }
    window = Window(desk, {"case": Stub, "print": Stub}, {"refer": ReferSheet})
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    window.go(Goto("case", {"case_id": str(case_id)}))
    return Shown(qtbot, window, desk, case_id, partners)


def test_need_partner_and_one_key_make_a_referral_and_its_letter(shown: Shown) -> None:
    form = shown.open().form
    assert form is not None
    place = next(at for at, chip in enumerate(form.needs) if chip.accessibleName() == "Safe place to stay")
    shown.press(KEY(KEY.Key_1 + place), ALT)
    shown.wait(lambda: form.code() == "emergency_shelter")
    shown.pick("Ashroy")
    assert shown.sheet.create_button.isEnabled()
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: len(referrals_of(shown.desk, shown.case_id)) == 1)
    (row,) = referrals_of(shown.desk, shown.case_id)
    assert (row.status, row.provider_id, row.need) == ("ready", shown.partners["Ashroy"], "safe_place")
    facts = referral_facts(shown.desk, row.id)
    assert facts.values["fields_shared"] == ["language", "name_age", "safety", "sex"]
    assert row.answer_due == TODAY + timedelta(days=14)
    shown.wait(lambda: isinstance(shown.window.page, Stub) and "paper" in shown.window.page.what)
    assert isinstance(shown.window.page, Stub)
    assert shown.window.page.what["referral_id"] == str(row.id)


def test_partners_stand_by_what_works_free_places_and_district(shown: Shown) -> None:
    form = shown.open(need_id=str(shown.need("safe_place"))).form
    assert form is not None
    names = [each.partner.name for each in form.partners.buttons]
    assert names == ["Ashroy", "Jamuna", "Nodi", "Paper House", "Shanti"]
    form.partners.free_only.setFocus()
    shown.press(KEY.Key_Space)
    assert [each.partner.name for each in form.partners.buttons] == ["Ashroy", "Jamuna", "Nodi", "Paper House"]
    form.partners.search.setFocus()
    QTest.keyClicks(form.partners.search, "nod")
    assert [each.partner.name for each in form.partners.buttons] == ["Nodi"]
    shown.sheet.form = None  # nothing is kept of this look round


def test_an_old_number_warns_to_phone_first(shown: Shown) -> None:
    form = shown.open(need_id=str(shown.need("safe_place"))).form
    assert form is not None
    shown.pick("Ashroy")
    warning = form.partner_facts._warning
    assert warning.text() == ""
    shown.pick("Nodi")
    assert "3 days ago" in warning.text()
    assert "Phone before you send them" in warning.text()
    shown.pick("Shanti")
    assert "waiting list" in warning.text()
    shown.sheet.form = None


def test_without_consent_the_sheet_asks_first_and_goes_on_with_the_answer(shown: Shown) -> None:
    sheet = shown.open(need_id=str(shown.need("recover_wages")))
    form = sheet.form
    assert form is not None
    shown.pick("Nirapod")
    assert form.sharing.ask_first.isVisible()
    assert "Nirapod" in form.sharing.ask_first.words.text()
    assert not sheet.create_button.isEnabled()
    assert sheet.state.text() == "Ask for consent first."
    form.sharing.ask_first.agree.setFocus()
    shown.press(KEY.Key_Space)
    shown.wait(lambda: sheet.create_button.isEnabled())
    assert not form.sharing.ask_first.isVisible()
    given = {each.scope: each.status for each in consents_of(shown.desk, shown.case_id)}
    assert given["share_legal"] == "given"
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: [row.status for row in referrals_of(shown.desk, shown.case_id)] == ["ready"])


def test_the_sheet_waits_for_other_writes_and_takes_the_keys_meanwhile(shown: Shown) -> None:
    before = Event()
    shown.window.jobs.write(shown.window, partial(before.wait, 10), lambda _done: None)
    shown.window.go(Goto("refer", {"case_id": str(shown.case_id)}))
    sheet = shown.sheet
    assert sheet.waits
    assert sheet.hasFocus()
    shown.press(KEY.Key_R)
    assert len(shown.window.findChildren(ReferSheet)) == 1
    before.set()
    shown.wait(lambda: not sheet.waits)
    assert sheet.form is not None
    assert shown.window.focusWidget() is sheet.form.first_field()


def test_what_is_written_changes_no_more_and_the_sheet_stays_until_then(shown: Shown) -> None:
    sheet = shown.open(need_id=str(shown.need("safe_place")))
    form = sheet.form
    assert form is not None
    shown.pick("Ashroy")
    before = Event()
    shown.window.jobs.write(shown.window, partial(before.wait, 10), lambda _done: None)
    sheet.save_draft()
    assert not form.partners.buttons[0].isEnabled()
    shown.press(KEY.Key_Escape)
    assert shown.sheet is sheet
    before.set()
    shown.wait(shown.closed)
    assert [row.status for row in referrals_of(shown.desk, shown.case_id)] == ["draft"]


def test_a_no_is_a_full_answer(shown: Shown) -> None:
    sheet = shown.open(need_id=str(shown.need("recover_wages")))
    form = sheet.form
    assert form is not None
    shown.pick("Nirapod")
    form.sharing.ask_first.refuse.setFocus()
    shown.press(KEY.Key_Space)
    shown.wait(lambda: "share_legal" in {each.scope for each in consents_of(shown.desk, shown.case_id)})
    shown.wait(lambda: form.sharing.ask_first.isEnabled())
    assert not form.sharing.ask_first.agree.hasFocus()  # the same key once more must not agree
    assert not sheet.create_button.isEnabled()
    shown.press(KEY.Key_Return, CONTROL)
    assert referrals_of(shown.desk, shown.case_id) == []
    sheet.form = None


def test_what_may_not_be_shared_is_locked_and_says_why(shown: Shown) -> None:
    form = shown.open(need_id=str(shown.need("safe_place"))).form
    assert form is not None
    shown.pick("Ashroy")
    home, happened = form.sharing.boxes["home"], form.sharing.boxes["what_happened"]
    assert not home.isEnabled()
    assert "safe-contact" in home.accessibleDescription()
    assert "sensitive" in happened.accessibleDescription()
    assert form.sharing.boxes["journey"].isEnabled()
    shown.sheet.form = None


def test_escape_keeps_a_draft_that_goes_on_later(shown: Shown) -> None:
    form = shown.open(need_id=str(shown.need("safe_place"))).form
    assert form is not None
    shown.pick("Nodi")
    form.sharing.boxes["journey"].setFocus()
    shown.press(KEY.Key_Space)
    form.form.go_to("referral.message")
    QTest.keyClicks(shown.window.focusWidget(), "Needs a ground-floor bed.")
    shown.press(KEY.Key_Escape)
    shown.wait(shown.closed)
    assert [row.status for row in referrals_of(shown.desk, shown.case_id)] == ["draft"]
    (row,) = referrals_of(shown.desk, shown.case_id)
    again = shown.open(referral_id=str(row.id))
    assert again.form is not None
    chosen = again.form.partners.partner()
    assert chosen is not None
    assert chosen.name == "Nodi"
    assert again.form.form.value("referral.message") == "Needs a ground-floor bed."
    assert "journey" in again.form.sharing.shared()
    again.letter.setChecked(False)
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: [each.status for each in referrals_of(shown.desk, shown.case_id)] == ["ready"])


def test_a_look_without_a_choice_leaves_no_draft(shown: Shown) -> None:
    shown.open()
    shown.press(KEY.Key_Escape)
    shown.wait(shown.closed)
    assert referrals_of(shown.desk, shown.case_id) == []


def test_a_referral_that_is_ready_shares_nothing_more_until_somebody_saves_it(shown: Shown) -> None:
    referral_id = make_referral(
        shown.desk,
        MakeReferral(shown.case_id, "emergency_shelter", shown.partners["Ashroy"], fields_shared=("name_age",)),
    )
    before = referral_facts(shown.desk, referral_id)
    sheet = shown.open(referral_id=str(referral_id), change=True)
    assert sheet.form is not None
    sheet.form.sharing.boxes["journey"].click()
    shown.press(KEY.Key_Escape)
    (question,) = shown.window.findChildren(Confirm)
    question.cancel.click()
    assert sheet.isVisible()
    assert "journey" in sheet.form.sharing.shared()
    sheet.close_button.click()
    question = next(each for each in shown.window.findChildren(Confirm) if each.isVisible())
    question.yes.click()
    shown.wait(shown.closed)
    assert referral_facts(shown.desk, referral_id) == before


def test_a_draft_that_is_refused_stays_on_the_screen(shown: Shown) -> None:
    draft = make_referral(
        shown.desk, MakeReferral(shown.case_id, "emergency_shelter", shown.partners["Ashroy"], as_draft=True)
    )
    sheet = shown.open(referral_id=str(draft))
    assert sheet.form is not None
    sheet.form.form.go_to("referral.message")
    QTest.keyClicks(shown.window.focusWidget(), "Needs a ground-floor bed.")
    edit_referral(shown.desk, draft, {"message": (None, "Needs a lift.")})  # somebody else was quicker
    sheet.close_button.click()
    shown.wait(lambda: "Someone changed this meanwhile." in [each.accessibleName() for each in sheets(shown)])
    assert sheet.isVisible()
    assert sheet.form.form.value("referral.message") == "Needs a ground-floor bed."
    sheet.close_button.click()
    next(each for each in shown.window.findChildren(Confirm) if each.isVisible()).yes.click()
    shown.wait(shown.closed)
    assert referral_facts(shown.desk, draft).values["message"] == "Needs a lift."


def sheets(shown: Shown) -> list[Sheet]:
    return [each for each in shown.window.findChildren(Sheet) if each.isVisible()]


def test_the_need_it_is_about_is_offered_however_many_there_are(shown: Shown) -> None:
    codes = ["food_clothes", "travel_home", "loan", "housing", "information", "legal_case", "mental_health", "other"]
    case_id = register_case(shown.desk, a_returnee(**{"need_item.needs": codes}))
    needs = case_facts(shown.desk, case_id).needs
    last = needs[-1]
    form = shown.open(case_id=str(case_id), need_id=str(last.id)).form
    assert form is not None
    assert len(form.needs) < len(needs)
    assert form.command(as_draft=True).need_id == last.id


def test_going_without_consent_holds_for_one_partner_alone(shown: Shown) -> None:
    form = shown.open(need_id=str(shown.need("recover_wages"))).form
    assert form is not None
    shown.pick("Nirapod")
    said = {"referral.consent_exception": "court_order", "referral.exception_reason": "Order 12 of 2026"}
    form.sharing.without.form.put(said)
    form.sharing.without.go_on.click()
    assert form.sharing.agreed
    shelter = codelists.get("need").label("safe_place")  # to which the person agreed
    next(each for each in form.needs if each.accessibleName() == shelter).click()
    shown.pick("Ashroy")
    assert form.sharing.agreed
    assert form.command(as_draft=False).consent_exception is None


def test_only_steps_that_may_follow_are_offered_and_ask_what_they_need(shown: Shown) -> None:
    referral_id = make_referral(
        shown.desk,
        MakeReferral(shown.case_id, "emergency_shelter", shown.partners["Ashroy"], fields_shared=("name_age",)),
    )
    send(shown.desk, referral_id, "paper")
    sheet = shown.open(referral_id=str(referral_id))
    steps = sheet.steps
    assert steps is not None
    assert set(steps.buttons) == {"acknowledged", "accepted", "declined", "client_declined", "cancelled"}
    steps.buttons["declined"].setFocus()
    shown.press(KEY.Key_Space)
    assert steps.form is not None
    assert set(steps.form.questions) == {"referral.decline_reason", "referral.outcome_text"}
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: bool(steps.form and steps.form.problems()))
    steps.form.go_to("referral.decline_reason")
    line = shown.window.focusWidget()
    assert isinstance(line, QLineEdit)
    QTest.keyClicks(line, "No place or capacity")
    shown.press(KEY.Key_Tab)
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: referral_facts(shown.desk, referral_id).row.status == "declined")


def test_what_was_typed_about_a_step_comes_back_until_it_is_recorded(shown: Shown) -> None:
    referral_id = make_referral(
        shown.desk,
        MakeReferral(shown.case_id, "emergency_shelter", shown.partners["Ashroy"], fields_shared=("name_age",)),
    )
    send(shown.desk, referral_id, "paper")

    def declining() -> Form:
        steps = shown.open(referral_id=str(referral_id)).steps
        assert steps is not None
        steps.choose("declined")
        assert steps.form is not None
        return steps.form

    declining().go_to("referral.outcome_text")
    QTest.keyClicks(shown.window.focusWidget(), "Full until June")
    name = f"typed.referral.{referral_id.hex}"
    shown.press(KEY.Key_Escape)
    shown.wait(lambda: "Full until June" in preference(shown.desk, name))
    form = declining()
    assert form.value("referral.outcome_text") == "Full until June"
    form.put({"referral.decline_reason": "no_capacity"})
    form.go_to("referral.outcome_text")
    shown.press(KEY.Key_Return, CONTROL)
    shown.press(KEY.Key_Return, CONTROL)  # while the first is being saved
    shown.wait(lambda: referral_facts(shown.desk, referral_id).row.status == "declined")
    shown.wait(lambda: preference(shown.desk, name) == "")


def test_a_referral_that_is_ready_goes_out_by_hand(shown: Shown) -> None:
    referral_id = make_referral(
        shown.desk,
        MakeReferral(shown.case_id, "emergency_shelter", shown.partners["Ashroy"], fields_shared=("name_age",)),
    )
    steps = shown.open(referral_id=str(referral_id)).steps
    assert steps is not None
    assert set(steps.buttons) == {"sent", "cancelled"}
    steps.buttons["sent"].setFocus()
    shown.press(KEY.Key_Space)
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: referral_facts(shown.desk, referral_id).row.status == "sent")
    assert referral_facts(shown.desk, referral_id).values["sent_by_method"] == "by_hand"


@pytest.mark.parametrize("size", [(1366, 768), (1024, 600)])
@pytest.mark.parametrize("need", ["safe_place", "recover_wages"])
def test_every_control_has_a_name_and_no_word_is_cut(shown: Shown, size: tuple[int, int], need: str) -> None:
    shown.window.resize(*size)
    sheet = shown.open(need_id=str(shown.need(need)))
    assert sheet.form is not None
    sheet.form.partners.buttons[0].click()
    shown.qtbot.wait(50)
    assert nameless(sheet) == []
    assert cut_off(sheet) == []
    sheet.form = None


def test_tab_goes_from_the_need_to_partners_shares_and_then_the_foot(shown: Shown) -> None:
    sheet = shown.open(need_id=str(shown.need("safe_place")))
    form = sheet.form
    assert form is not None
    shown.pick("Ashroy")
    next(chip for chip in form.needs if chip.isChecked()).setFocus()
    passed: list[str] = []
    for _step in range(30):
        shown.press(KEY.Key_Tab)
        focused = shown.window.focusWidget()
        passed.append(focused.accessibleName() if focused is not None else "")
    shares = [box.accessibleName() for box in form.sharing.boxes.values() if box.isEnabled()]
    stops = ["Service", "Search partners", "Ashroy", *shares, "Print referral letter", "Create referral"]
    places = [passed.index(stop) if stop in passed else -1 for stop in stops]
    assert places == sorted(places)
    assert passed.index("Ashroy") == passed.index("Search partners") + 1
    after = passed[passed.index("Create referral") :]
    assert "Safe place to stay" in after
    assert "Recover unpaid wages" not in after


def test_another_service_leaves_no_need_that_it_is_not_for(shown: Shown) -> None:
    form = shown.open(need_id=str(shown.need("recover_wages"))).form
    assert form is not None
    assert form.command(as_draft=True).need_id == shown.need("recover_wages")
    form.service.set_code("emergency_shelter")
    form.service.picked.emit()
    assert form.command(as_draft=True).need_id is None
    assert not any(chip.isChecked() for chip in form.needs)
    form.needs[0].click()
    assert form.needs[0].isChecked()


def test_a_supervisor_refers_without_consent_in_danger_to_life(shown: Shown) -> None:
    sheet = shown.open(need_id=str(shown.need("recover_wages")))
    form = sheet.form
    assert form is not None
    shown.pick("Nirapod")
    without = form.sharing.without
    assert without.isVisibleTo(sheet)
    assert not sheet.create_button.isEnabled()
    without.open_button.click()
    without.go_on.click()
    assert not form.sharing.exception  # cause and reason are asked for
    without.form.put({"referral.consent_exception": "court_order", "referral.exception_reason": "Order 12 of 2026"})
    without.go_on.click()
    assert form.complete()
    sheet.letter.setChecked(False)
    sheet.make()
    shown.wait(lambda: count_referrals(shown.desk, WITHOUT_CONSENT) == 1)


def test_who_is_no_supervisor_is_not_offered_to_go_without_consent(shown: Shown) -> None:
    shown.window.here = replace(
        shown.window.here, desk=replace(shown.desk, actor=replace(shown.desk.actor, roles=frozenset(["caseworker"])))
    )
    sheet = shown.open(need_id=str(shown.need("recover_wages")))
    assert sheet.form is not None
    assert not sheet.form.sharing.without.isVisibleTo(sheet)


def test_while_the_clock_is_doubted_no_day_is_set_for_the_answer(shown: Shown) -> None:
    earlier = datetime(2026, 5, 2, tzinfo=UTC)  # than what was recorded
    shown.window.here = replace(shown.window.here, desk=replace(shown.desk, clock=lambda: earlier))
    form = shown.open(need_id=str(shown.need("safe_place"))).form
    assert form is not None
    assert form.form.value("referral.expires_on") is None
