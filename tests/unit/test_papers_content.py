"""What papers say of a case at each level, what must not come back on them, and what each print leaves behind."""

from __future__ import annotations

import base64
import gettext
import hashlib
import re
import zlib
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk import i18n
from casedesk.desk import Actor, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed
from casedesk.models import Disclosure
from casedesk.reports import assemble, preview
from casedesk.reports.parts import HIDDEN
from casedesk.services import cases, papers, prints
from casedesk.services.case_facts import case_facts
from casedesk.services.consents import withdraw
from casedesk.services.edits import as_new
from casedesk.services.follow_ups import plan
from casedesk.services.history import who_looked
from casedesk.services.intake import register_case
from casedesk.services.prints import NotAgreed, NotReady, Printed, PrintRequest, TooMuch
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.steps import send
from casedesk.values import Money
from tests.support.people import a_returnee

FULL = PrintRequest("full", parts=frozenset(prints.PARTS))
SHARED = PrintRequest()
CODED = PrintRequest("coded", purpose="meeting")
NAMES = ["Rahima", "Khatun", "রহিমা", "খাতুন"]
CONTACT = ["Madaripur", "মাদারীপুর", "Shibchar", "Char Janajat", "01711-000417", "Salma", "01811-000555", "Sister only"]
JOURNEY = ["Riyadh", "Al Noor", "85,000", "Farzana"]
NARRATIVE = "He kept my passport in a drawer."


@pytest.fixture(autouse=True)
def bangla_without_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers in Bangla, with English words where the catalogue was not compiled."""
    found = i18n._catalogue

    def catalogue(code: str) -> gettext.NullTranslations:
        try:
            return found(code)
        except FileNotFoundError:
            return gettext.NullTranslations()

    monkeypatch.setattr(i18n, "_catalogue", catalogue)


def someone(desk: Desk, **more: object) -> UUID:
    said: dict[str, object] = {
        "person__upazila": "madaripur_shibchar",
        "person__village_or_street": "Char Janajat",
        "person__contact_person_name": "Salma Begum",
        "person__contact_person_phone": "+8801811000555",
        "person__safe_contact_note": "Sister only, 10:00–13:00",
        "migration_episode__city_abroad": "Riyadh",
        "recruiter__type": "licensed_agency",
        "recruiter__name": "Al Noor Overseas",
        "consent_line__sensitive_data": "given",
        "consent_line__share_legal": "given",
        "incident__violations": ["wages_not_paid", "passport_withheld"],
        "incident__narrative": NARRATIVE,
        "incident__told_by": "client",
        "incident__status": "alleged",
        "wages__months_unpaid": 5,
        "migration_episode__wages_owed": Money(500_000, "sar"),
        "need_item__needs": ["recover_wages", "skills_training"],
        "needs_assessment__client_wishes": "I want my five months of pay.",
    }
    return register_case(desk, a_returnee(**(said | more)))


def a_partner(desk: Desk, name: str, kind: str, service: str) -> UUID:
    values = {"name_en": name, "type": kind, "can_receive_restricted": True}
    return save_provider(desk, None, as_new(values), [ServiceEdit(as_new({"service": service}))])


def a_referral(desk: Desk, case_id: UUID, **more: object) -> UUID:
    partner = a_partner(desk, "Nirapod Legal Aid Unit", "legal_aid_body", "wage_claim_support")
    need = next(each for each in case_facts(desk, case_id).needs if each.code == "recover_wages")
    asked = MakeReferral(
        case_id,
        "wage_claim_support",
        partner,
        need.id,
        fields_shared=("name_age", "sex", "language", "safety"),
        expires_on=date(2026, 5, 26),
    )
    return make_referral(desk, replace(asked, **more))  # type: ignore[arg-type]  # fields of the command


def summary(desk: Desk, case_id: UUID, request: PrintRequest) -> bytes:
    """The case summary, as it is looked at before it is printed."""
    return assemble.summary_preview(desk, case_id, request).pdf


def letter(desk: Desk, referral_id: UUID, language: str) -> bytes:
    return assemble.letter_preview(desk, referral_id, PrintRequest(language=language)).pdf


def told(pdf: bytes) -> str:
    return " ".join(preview.text_of(pdf).split())


def inside(pdf: bytes) -> bytes:
    """Everything in the file, its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    packed = [
        base64.a85decode(b"<~" + stream.strip(), adobe=True) if stream.strip().endswith(b"~>") else stream
        for stream in streams
    ]
    return b"\n".join([pdf, *(zlib.decompressobj().decompress(stream) for stream in packed)])


def absent(pdf: bytes, secrets: list[str]) -> bool:
    text, whole = told(pdf), inside(pdf)
    return not any(
        secret in text or secret.encode() in whole or secret.encode("utf-16-be").hex().upper().encode() in whole
        for secret in secrets
    )


def rows(desk: Desk) -> list[Disclosure]:
    with desk.read() as session:
        return list(session.scalars(select(Disclosure).order_by(Disclosure.copy_number)))


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_full_copy_tells_everything_and_own_words_only_when_ticked(desk: Desk, language: str) -> None:
    case_id = someone(desk)
    full = told(summary(desk, case_id, replace(FULL, language=language)))
    assert all(name in full for name in NAMES)
    assert "01711-000417" in full
    assert "Salma Begum" in full
    assert NARRATIVE in full
    assert HIDDEN not in full
    usual = summary(desk, case_id, replace(FULL, language=language, parts=prints.USUAL_PARTS))
    assert absent(usual, [NARRATIVE])


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_shared_copy_hides_home_phones_family_and_safe_contact(desk: Desk, language: str) -> None:
    case_id = someone(desk)
    asked = replace(SHARED, language=language, parts=frozenset(prints.PARTS))
    content = papers.summary_of(desk, case_id, asked)
    pdf = summary(desk, case_id, asked)
    assert len(content.hidden) == 4
    assert all(name in told(pdf) for name in NAMES)
    assert absent(pdf, [*CONTACT, NARRATIVE])


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_coded_copy_carries_the_code_and_nobody(desk: Desk, language: str) -> None:
    case_id = someone(desk)
    facts = case_facts(desk, case_id)
    asked = replace(CODED, language=language, parts=frozenset(prints.PARTS))
    pdf = summary(desk, case_id, asked)
    assert facts.person_code in told(pdf)
    assert absent(pdf, [*NAMES, *CONTACT, *JOURNEY, NARRATIVE, facts.number, "12 June", "5,000"])
    assert ("25 to 34" if language == "en" else "২৫ থেকে ৩৪") in told(pdf)
    assert ("June 2024" if language == "en" else "জুন ২০২৪") in told(pdf)


def test_a_coded_copy_says_serious_violence_and_no_more(desk: Desk) -> None:
    case_id = someone(desk, incident__violations=["sexual_harassment", "wages_not_paid"])
    text = told(summary(desk, case_id, CODED))
    assert "Serious violence" in text
    assert "Sexual" not in text


def test_the_code_stands_for_the_name_where_the_name_is_hidden(desk: Desk) -> None:
    case_id = someone(desk, incident__violations=["sexual_harassment"])
    assert case_facts(desk, case_id).hide_name
    assert absent(summary(desk, case_id, SHARED), NAMES)


def test_what_happened_needs_the_consent_for_sensitive_details(desk: Desk) -> None:
    case_id = someone(desk)
    assert "Wages withheld" in told(summary(desk, case_id, SHARED))
    withdraw(desk, case_id, "sensitive_data")
    content = papers.summary_of(desk, case_id, SHARED)
    assert content.happened == ()
    assert "sensitive" in content.left_out[0]


def test_a_partner_in_a_hidden_place_becomes_the_kind_of_service(desk: Desk) -> None:
    case_id = someone(desk, consent_line__share_reintegration="given")
    partner = a_partner(desk, "TTC Madaripur", "ttc", "skills_training_ttc")
    need = next(each for each in case_facts(desk, case_id).needs if each.code == "skills_training")
    make_referral(desk, MakeReferral(case_id, "skills_training_ttc", partner, need.id))
    assert "TTC Madaripur" in told(summary(desk, case_id, FULL))
    shared = summary(desk, case_id, SHARED)
    assert absent(shared, ["Madaripur"])
    assert "Skills training (TTC)" in told(shared)


def test_words_that_give_away_what_is_hidden_are_found_and_blacked_out(desk: Desk) -> None:
    case_id = someone(desk)
    plan(desk, case_id, "welfare_check", date(2026, 5, 20), "Ask Salma at the ferry in শিবচরে")
    found = assemble.summary_preview(desk, case_id, SHARED).given_away
    assert set(found) == {"Salma", "শিবচরে"}
    blacked = replace(SHARED, blacked=found)
    paper = assemble.summary_preview(desk, case_id, blacked)
    assert absent(paper.pdf, ["Salma", "শিবচর"])
    assert "at the ferry in" in told(paper.pdf)
    assert assemble.summary_preview(desk, case_id, FULL).given_away == ()


def test_hidden_values_have_both_scripts(desk: Desk) -> None:
    case_id = someone(desk)
    shared, coded = (papers.hidden_values(desk, case_id, level) for level in ("shared", "coded"))
    assert {"Madaripur", "মাদারীপুর", "Shibchar", "Salma Begum", "+8801711000417"} <= set(shared)
    assert {"রহিমা খাতুন", "Rahima Khatun", "Al Noor Overseas"} <= set(coded) - set(shared)
    assert papers.hidden_values(desk, case_id, "full") == []


def test_the_same_record_and_copy_give_the_same_bytes(desk: Desk) -> None:
    case_id = someone(desk)
    seen = summary(desk, case_id, SHARED)
    assert summary(desk, case_id, SHARED) == seen
    assert assemble.print_summary(desk, case_id, SHARED, "print") == [seen]
    assert summary(desk, case_id, SHARED) != seen, "the next copy has another number"


def test_each_copy_leaves_a_disclosure_with_its_number_and_fingerprint(desk: Desk) -> None:
    case_id = someone(desk)
    asked = replace(SHARED, copies=2, purpose="own_file", reason="asked for by the person")
    files = assemble.print_summary(desk, case_id, asked, "print")
    files += assemble.print_summary(desk, case_id, replace(asked, copies=1), "file")
    found = rows(desk)
    assert [row.copy_number for row in found] == ["1", "2", "3"]
    assert [row.hash for row in found] == [hashlib.sha256(pdf).hexdigest() for pdf in files]
    assert [row.medium for row in found] == ["print", "print", "file"]
    assert {(row.level, row.language, row.purpose, row.reason) for row in found} == {
        ("shared", "en", "own_file", "asked for by the person")
    }
    assert "person.name" in (found[0].fields or [])
    assert "person.home" not in (found[0].fields or [])
    assert prints.copies_out(desk, case_id) == 3
    assert [entry.action for entry in who_looked(desk, case_id)].count("case.print") == 2


def test_two_that_print_at_once_do_not_share_a_number(desk: Desk) -> None:
    case_id = someone(desk)
    (copy,) = prints.next_copies(desk, case_id)
    prints.print_event(desk, case_id, SHARED, [Printed(copy, "a" * 64, ())], "print")
    with pytest.raises(Conflict):
        prints.print_event(desk, case_id, SHARED, [Printed(copy, "b" * 64, ())], "print")
    assert len(rows(desk)) == 1


def test_a_full_copy_is_for_the_person_or_the_file_only(desk: Desk) -> None:
    case_id = someone(desk)
    with pytest.raises(TooMuch):
        assemble.print_summary(desk, case_id, replace(FULL, purpose="meeting"), "print")
    assert rows(desk) == []


def test_a_paper_for_a_partner_needs_a_consent_for_that_partner(desk: Desk) -> None:
    case_id = someone(desk)
    legal = a_partner(desk, "Nirapod Legal Aid Unit", "legal_aid_body", "wage_claim_support")
    clinic = a_partner(desk, "Alo Clinic", "hospital_clinic", "medical_treatment_service")
    for_partner = replace(SHARED, purpose="give_partner")
    for recipient in (None, clinic):
        with pytest.raises(NotAgreed):
            assemble.print_summary(desk, case_id, replace(for_partner, recipient_id=recipient), "print")
    assemble.print_summary(desk, case_id, replace(for_partner, recipient_id=legal), "print")
    (row,) = rows(desk)
    assert row.recipient_id == legal
    assert row.consent_line_id is not None


def test_printing_needs_the_right(desk: Desk) -> None:
    case_id = someone(desk)
    other = replace(desk, actor=Actor(desk.actor.id, "Rina Das", frozenset({"coordinator"})))
    with pytest.raises(NotAllowed):
        summary(other, case_id, SHARED)
    with pytest.raises(NotAllowed):
        prints.print_event(other, case_id, SHARED, [], "print")
    assert rows(desk) == []


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_letter_tells_what_was_chosen_and_nothing_else(desk: Desk, language: str) -> None:
    case_id = someone(desk)
    referral_id = a_referral(desk, case_id, request="A wage claim.", message="Female lawyer preferred.")
    pdf = letter(desk, referral_id, language)
    text = told(pdf)
    assert preview.pages(pdf) == 1
    assert "A wage claim." in text
    assert "Female lawyer preferred." in text
    assert absent(pdf, [*CONTACT, "85,000", "Riyadh", NARRATIVE, "Wages withheld", "five months"])


def test_a_letter_with_all_that_may_be_shared_stays_on_one_page(desk: Desk) -> None:
    case_id = someone(desk)
    everything = ("journey", "language", "name_age", "own_words", "safety", "sex", "wages", "what_happened")
    referral_id = a_referral(
        desk, case_id, fields_shared=everything, summary_shared="Contract copy seen.\nBank slips asked for."
    )
    pdf = letter(desk, referral_id, "bn")
    assert preview.pages(pdf) == 1
    assert "Contract copy seen." in told(pdf)


def test_a_letter_without_the_name_carries_the_code(desk: Desk) -> None:
    case_id = someone(desk)
    referral_id = a_referral(desk, case_id, fields_shared=("safety",), summary_shared="Rahima has her slips.")
    asked = replace(SHARED, copies=2)
    facts = case_facts(desk, case_id)
    paper = assemble.letter_preview(desk, referral_id, asked)
    assert paper.given_away == ("Rahima",)
    clean = assemble.letter_preview(desk, referral_id, replace(asked, blacked=paper.given_away)).pdf
    assert facts.person_code in told(clean)
    assert absent(clean, [*NAMES, facts.number])
    assert "copy 1 of 2" in told(clean)


@pytest.mark.parametrize("shared", [("name_age",), ("name_age", "home")])
def test_a_letter_that_tells_the_home_gives_away_nobody_else(desk: Desk, shared: tuple[str, ...]) -> None:
    case_id = someone(desk, person__father_name="Sarder Hossain", person__phone_1="+8801712345678")
    cases.edit_case(desk, case_id, {"person.current_address": (None, "Nilkhet hostel")})
    words = "Call her father Sarder or 01712-345678, and Salma in Shibchar on 01811-000555. She is in Nilkhet."
    paper = assemble.letter_preview(desk, a_referral(desk, case_id, fields_shared=shared, request=words), SHARED)
    told = {"Shibchar", "01811-000555"}
    hidden = {"Sarder", "01712-345678", "Salma", "Nilkhet"}
    assert set(paper.given_away) == (hidden if "home" in shared else hidden | told)


def test_a_reason_that_is_too_long_is_refused_in_words(desk: Desk) -> None:
    case_id = someone(desk)
    with pytest.raises(InvalidInput):
        assemble.print_summary(desk, case_id, replace(SHARED, reason="word " * 200), "file")
    assert rows(desk) == []


def test_printing_a_letter_is_recorded_with_partner_and_consent(desk: Desk) -> None:
    case_id = someone(desk)
    referral_id = a_referral(desk, case_id)
    assemble.print_letter(desk, referral_id, replace(SHARED, copies=2), "print")
    found = rows(desk)
    assert [row.copy_number for row in found] == ["1", "2"]
    assert {row.document for row in found} == {"referral-letter"}
    assert all(row.referral_id == referral_id and row.consent_line_id and row.recipient_id for row in found)
    assert found[0].fields == ["language", "name_age", "safety", "sex"]
    assert prints.copies_out(desk, case_id) == 2
    assert prints.next_copies(desk, case_id)[0].number == 1, "a summary is counted by itself"
    assert "referral.print" in [entry.action for entry in who_looked(desk, case_id)]


def test_the_letter_of_a_draft_is_not_printed(desk: Desk) -> None:
    case_id = someone(desk)
    referral_id = a_referral(desk, case_id, as_draft=True)
    with pytest.raises(NotReady):
        assemble.print_letter(desk, referral_id, SHARED, "print")
    assert rows(desk) == []


def test_a_letter_does_not_leave_when_what_it_tells_is_no_longer_agreed_to(desk: Desk) -> None:
    case_id = someone(desk)
    telling = a_referral(desk, case_id, fields_shared=("name_age", "what_happened"))
    assert prints.letter_may_be_given(desk, telling)
    withdraw(desk, case_id, "sensitive_data")
    assert not prints.letter_may_be_given(desk, telling)
    with pytest.raises(NotAgreed):
        assemble.print_letter(desk, telling, SHARED, "print")
    assert rows(desk) == []


def test_a_letter_does_not_leave_again_when_the_consent_was_taken_back(desk: Desk) -> None:
    case_id = someone(desk)
    referral_id = a_referral(desk, case_id)
    send(desk, referral_id, "paper")
    withdraw(desk, case_id, "share_legal")
    with pytest.raises(NotAgreed):
        assemble.print_letter(desk, referral_id, SHARED, "print")


A_CHILD: dict[str, object] = {
    "person__age_stated": 15,
    "person__guardian": "Abdul Karim",
    "person__guardian_safe": "yes",
    "consent__giver": "parent",
    "consent__giver_name": "Abdul Karim",
    "triage__t09_was_child": "yes",
    "incident__violations": ["wages_not_paid", "passport_withheld", "recruited_as_child"],
}


def facts_of(desk: Desk, case_id: UUID, request: PrintRequest) -> dict[str, str | None]:
    return {each.label: each.value for each in papers.summary_of(desk, case_id, request).person}


@pytest.mark.parametrize("request_", [FULL, SHARED, CODED], ids=lambda request: str(request.level))
def test_a_family_s_paper_says_whose_journey_it_tells_and_has_no_category(desk: Desk, request_: PrintRequest) -> None:
    case_id = someone(desk, case__case_subject="family_of_deceased")
    facts = facts_of(desk, case_id, request_)
    assert "Category" not in facts
    assert facts["Whom the case is for"] == "Family of a migrant who died abroad"
    (journey,) = papers.summary_of(desk, case_id, request_).journey
    assert "The migrant went to Saudi Arabia" in journey
    assert "The migrant came back" in journey


def test_a_family_s_letter_says_whose_journey_it_tells(desk: Desk) -> None:
    case_id = someone(desk, case__case_subject="family_of_deceased")
    referral_id = a_referral(desk, case_id, fields_shared=("journey",))
    assert "The migrant went to Saudi Arabia" in told(letter(desk, referral_id, "en"))


def test_the_guardian_of_a_child_stands_on_a_full_copy_and_behind_a_bar_on_a_shared_one(desk: Desk) -> None:
    case_id = someone(desk, **A_CHILD)
    assert facts_of(desk, case_id, FULL)["Guardian"] == "Abdul Karim"
    assert facts_of(desk, case_id, SHARED)["Guardian"] is None
    assert "Guardian" not in facts_of(desk, case_id, CODED)
    assert "Guardian" not in facts_of(desk, someone(desk), FULL)
    for request in (SHARED, CODED):
        assert absent(summary(desk, case_id, request), ["Abdul Karim"])


def test_the_papers_of_a_child_say_who_agreed_and_let_the_guardian_sign(desk: Desk) -> None:
    signs = "Signature or thumbprint of the parent or guardian"
    case_id = someone(desk, **A_CHILD)
    paper = told(summary(desk, case_id, FULL))
    sent = told(letter(desk, a_referral(desk, case_id), "en"))
    assert "Agreed — Parent: " in paper
    assert "Parent, " in sent
    assert signs in paper
    assert signs in sent
    grown_up = told(summary(desk, someone(desk), FULL))
    assert "Agreed: " in grown_up
    assert signs not in grown_up


def test_no_guardian_signs_where_none_is_safe(desk: Desk) -> None:
    case_id = someone(desk, **(A_CHILD | {"consent__giver": "best_interest_decision", "person__guardian_safe": "no"}))
    assert not papers.summary_of(desk, case_id, FULL).guardian_signs


@pytest.mark.parametrize("typed", ["Shibchar", " shibchar", "শিবচর", "madaripur_shibchar"])
@pytest.mark.parametrize(("language", "name"), [("en", "Shibchar"), ("bn", "শিবচর")])
def test_an_upazila_is_named_in_the_language_of_the_paper(desk: Desk, typed: str, language: str, name: str) -> None:
    case_id = someone(desk, person__upazila=typed)
    content = papers.summary_of(desk, case_id, replace(FULL, language=language))
    home = next(each.value for each in content.person if each.key == "person.home")
    assert home is not None
    assert f"{name}, " in home
    assert {"Shibchar", "শিবচর"} <= set(papers.hidden_values(desk, case_id, "shared"))


def test_an_upazila_that_no_list_knows_stands_as_typed(desk: Desk) -> None:
    case_id = someone(desk, person__upazila="Notun Char")
    assert "Notun Char" in str(facts_of(desk, case_id, FULL)["Home"])


@pytest.mark.parametrize(("language", "words"), [("en", "Abuse or exploitation"), ("bn", "নির্যাতন বা শোষণ")])
def test_the_category_is_told_in_full(desk: Desk, language: str, words: str) -> None:
    case_id = someone(desk, case__category="returned_victim", case__category_reason="agrees_with_suggestion")
    content = papers.summary_of(desk, case_id, replace(FULL, language=language))
    assert words in [each.value for each in content.person]
