"""The practice centre: plausible, whole, the same for the same seed, and marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import select

from casedesk import codelists, i18n, practice
from casedesk.desk import Desk
from casedesk.machine import lock_file
from casedesk.models import Case, FollowUp, Person, Recruiter, Referral, State
from casedesk.practice import centre
from casedesk.practice.names import rows
from casedesk.practice.people import journeys, taka_for
from casedesk.practice.situations import SITUATIONS
from casedesk.reports.assemble import letter_preview, summary_preview
from casedesk.reports.preview import text_of
from casedesk.reports.report_paper import write_report
from casedesk.services import triage
from casedesk.services.consents import scope_for
from casedesk.services.drafts import drafts
from casedesk.services.office import office
from casedesk.services.prints import Copy, PrintRequest
from casedesk.services.providers import providers
from casedesk.services.referrals.reading import waiting
from casedesk.services.rules import problems
from casedesk.services.sign_in import sign_in
from casedesk.services.statistics import periods, reports
from casedesk.services.statistics.shapes import Request
from casedesk.services.users import colleagues
from casedesk.storage.checking import check
from casedesk.storage.passphrases import passphrase_problem
from casedesk.storage.vault import LOCK, AlreadyOpen

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
TODAY = date(2026, 5, 12)
PEOPLE = 30


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice") / "store"
    centre.build(folder, people=PEOPLE, clock=lambda: NOW)
    return folder


@pytest.fixture
def desk(built: Path) -> Iterator[Desk]:
    opened = sign_in(built, practice.SIGN_IN_NAME, practice.PASSPHRASE, lambda: NOW)
    yield opened
    opened.store.vault.close()


def states(desk: Desk, entity: str) -> set[str]:
    with desk.read() as session:
        return set(session.scalars(select(State.status).where(State.entity == entity)))


def test_journal_and_records_of_a_practice_centre_agree(desk: Desk) -> None:
    found = check(desk.store)
    assert found.wrong == []
    assert found.operations > 10 * PEOPLE


def test_everything_a_list_can_show_occurs(desk: Desk) -> None:
    assert states(desk, "case") == {"registered", "assessment", "active", "monitoring", "on_hold", "closed"}
    assert states(desk, "referral") >= {
        "draft", "ready", "sent", "acknowledged", "accepted", "in_service", "completed", "declined", "expired",
        "client_declined", "cancelled", "no_show",
    }  # fmt: skip
    assert states(desk, "follow_up") >= {"planned", "done", "cancelled"}
    with desk.read() as session:
        planned = select(FollowUp.due_on).join(State, State.entity_id == FollowUp.id).where(State.status == "planned")
        due = [day for day in session.scalars(planned) if day is not None]
    assert min(due) < TODAY < max(due)
    assert TODAY in due
    assert waiting(desk)
    assert len(drafts(desk)) == 2


def test_it_says_that_it_is_practice_and_names_nobody(desk: Desk) -> None:
    assert office(desk).practice
    with desk.read() as session:
        people = session.scalars(select(Person)).all()
        recruiters = [each.name for each in session.scalars(select(Recruiter)) if each.name]
    assert all(person.phone_1 is None or person.phone_1.startswith("+88017000") for person in people)
    assert all("(practice)" in name for name in recruiters)
    assert all("practice" in row.name for row in providers(desk))


def test_the_organisations_of_the_directory_are_there(desk: Desk) -> None:
    names = " ".join(row.name for row in providers(desk))
    for organisation in ("BRAC", "OKUP", "BNSK", "RMMRU", "WARBE", "BOMSA", "Awaj", "BMET", "DEMO", "Crisis"):
        assert organisation in names


def test_one_caseworker_sees_everything_and_two_colleagues_own_a_part(desk: Desk) -> None:
    assert [user.name for user in colleagues(desk)] == ["Farzana Haque", "Kamrul Hasan", "Rumana Akter"]
    with desk.read() as session:
        assert len(set(session.scalars(select(Case.owner_id)))) == 3


def test_the_same_seed_and_day_give_the_same_people() -> None:
    assert list(islice(journeys(7, TODAY), 40)) == list(islice(journeys(7, TODAY), 40))
    assert list(islice(journeys(7, TODAY), 3)) != list(islice(journeys(8, TODAY), 3))


def test_everybody_can_be_registered_and_the_triage_suggests_the_category_of_the_situation() -> None:
    expected = {situation.name: situation.category for situation in SITUATIONS}
    rates = {row["currency"]: taka_for(row["currency"]) for row in rows("rates")}
    for journey in islice(journeys(3, TODAY), 300):
        day = journey.registered_at.date()
        assert problems(journey.answers, day, registering=True) == {}
        suggested = triage.suggest_from(journey.answers, triage.Thresholds(), rates).category
        assert suggested == expected[journey.situation], journey.situation


def test_nothing_happens_on_a_day_off_or_after_today() -> None:
    for journey in islice(journeys(5, TODAY), 100):
        assert all(journey.registered_at < event.at for event in journey.later)
        assert all(event.at.date() < TODAY for event in journey.later)
        assert journey.registered_at.weekday() not in (4, 5)


def test_minors_are_rare_and_have_a_guardian() -> None:
    people = list(islice(journeys(2, TODAY), 500))
    minors = [journey.answers for journey in people if journey.answers.get("consent.giver") == "parent"]
    assert 0 < len(minors) < 25
    assert all(answers["person.guardian"] for answers in minors)


def test_every_referral_that_went_out_rests_on_a_consent(desk: Desk) -> None:
    with desk.read() as session:
        sent = select(Referral).where(Referral.sent_at.is_not(None))
        assert all(each.consent_line_id is not None for each in session.scalars(sent))


def test_resources_name_only_codes_that_exist() -> None:
    services = codelists.get("service_type")
    partners = {row["code"]: row for row in rows("partners")}
    for row in rows("services"):
        assert scope_for(row["service"], partners[row["partner"]]["type"])
        assert services.find(row["service"])
    known = codelists.get("bd_district")
    assert all(known.find(code) for row in rows("partners") for code in row["districts"].split(";"))


def test_the_printed_passphrase_keeps_the_rules() -> None:
    names = [centre.CENTRE.name_en, centre.CENTRE.name_bn, centre.CENTRE.user_name, practice.SIGN_IN_NAME]
    assert passphrase_problem(practice.PASSPHRASE, names=names) is None


def test_a_centre_of_today_is_opened_again_and_one_of_yesterday_built_anew(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    centre.open_or_build(folder, people=3, clock=lambda: NOW)
    written = (folder / "vault.keys").read_bytes()
    centre.open_or_build(folder, people=3, clock=lambda: NOW)
    assert (folder / "vault.keys").read_bytes() == written
    held = lock_file(folder / LOCK)
    with pytest.raises(AlreadyOpen):
        centre.open_or_build(folder, people=3, clock=lambda: NOW.replace(day=13))
    held.close()
    centre.open_or_build(folder, people=3, clock=lambda: NOW.replace(day=13))
    assert (folder / "vault.keys").read_bytes() != written


def test_a_store_that_is_no_practice_centre_is_left_alone(store_folder: Path) -> None:
    before = (store_folder / "vault.db").read_bytes()
    with pytest.raises(centre.NotPractice):
        centre.open_or_build(store_folder, people=3, clock=lambda: NOW)
    assert (store_folder / "vault.db").read_bytes() == before


def test_every_page_of_every_paper_says_that_the_people_are_invented(desk: Desk) -> None:
    """A report, a case summary and a referral letter; the papers of a centre with real people say nothing of it."""
    with desk.read() as session:
        wanted = select(Referral.id, Referral.case_id).join(Case, Case.id == Referral.case_id)
        referral, case_id = session.execute(wanted.where(Case.owner_id == desk.actor.id)).first() or (None, None)
    assert referral is not None
    assert case_id is not None
    for language, said in (("en", "Practice: the people are invented"), ("bn", "অনুশীলন: মানুষগুলো কাল্পনিক")):
        with i18n.speaking(language):
            report = reports.make(desk, Request("R1", periods.month(2026, 4)))
        asked = PrintRequest(language=language, reason="practice")
        made = (
            write_report(report, Copy(1, 1, NOW), language),
            summary_preview(desk, case_id, asked).pdf,
            letter_preview(desk, referral, asked).pdf,
        )
        for paper in made:
            with pikepdf.open(BytesIO(paper)) as pages:
                count = len(pages.pages)
            assert text_of(paper).count(said) == count


def test_building_tells_how_many_people_are_registered(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    centre.build(tmp_path / "store", people=12, clock=lambda: NOW, progress=lambda *each: told.append(each))
    assert told == [(0, 12), (10, 12)]
