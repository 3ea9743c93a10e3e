"""Who may do what with which case, through the services; and that a hidden case leaves no echo."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk import lifecycles, services, sync
from casedesk.desk import Actor, Desk
from casedesk.errors import CaseDeskError, InvalidInput, NotAllowed, NotFound
from casedesk.models import Case, Change, Clash, Person
from casedesk.paths import RESOURCES
from casedesk.services import (
    access,
    audit,
    backups,
    case_register,
    cases,
    clashes,
    consents,
    drafts,
    entitled,
    erasure,
    follow_ups,
    given_out,
    history,
    incidents,
    intake,
    lifecycle,
    look_alikes,
    notes,
    permissions,
    providers,
    restores,
    search,
    sharing,
    today,
    triages,
)
from casedesk.services.case_facts import case_facts, look, look_restricted, show_number
from casedesk.services.case_status import set_status
from casedesk.services.clock import confirm_today
from casedesk.services.passphrases import make_recovery
from casedesk.services.preferences import preferences
from casedesk.services.rates import cost_limits, set_cost_limit, set_rate
from casedesk.services.referrals.reading import all_referrals, waiting
from casedesk.services.safety_flags import raise_flags
from casedesk.services.search import Filters, Order
from casedesk.services.sign_in import sign_in
from casedesk.services.statistics import periods, reports
from casedesk.services.statistics.shapes import Request
from casedesk.services.users import colleagues, end_user, let_sign_in, let_work, set_roles
from casedesk.storage.keys import FLOOR
from casedesk.sync import arrivals, computers, invitations, joining, organisation, outbox, people, stick
from casedesk.sync.invitations import NoInvitation
from casedesk.sync.membership import NotJoined
from casedesk.sync.preview import previews
from casedesk.sync.stick import NoStick
from casedesk.values import Money
from tests.conftest import NOW, PASSPHRASE
from tests.support.journal import count, last
from tests.support.people import a_returnee

ROLES = {
    "CW": "caseworker",
    "SH": "shelter_staff",
    "CO": "counsellor",
    "LO": "legal_officer",
    "SU": "supervisor",
    "CR": "coordinator",
    "DO": "data_officer",
    "AD": "administrator",
}
# Whose a case is, beside the one who acts: small letters are normal cases, capitals confidential ones.
KINDS = {"o": "owner", "t": "team", "n": "named", "s": "supervisor", "x": "other"}
ALL = "otnsx"
OF_CASEWORKER = "otn ON"
OF_NAMED = "n N"
OF_CENTRE = "otnsx ONS"
NONE = ""
READS = {
    "CW": OF_CASEWORKER,
    "SH": NONE,
    "CO": OF_NAMED,
    "LO": OF_NAMED,
    "SU": OF_CENTRE,
    "CR": OF_CENTRE,
    "DO": NONE,
    "AD": NONE,
}
WRITES = READS | {"CR": NONE}
OWNS = dict.fromkeys(ROLES, NONE) | {"CW": "o O", "SU": OF_CENTRE}
DECIDES = WRITES | {"CO": NONE, "LO": NONE}
EXPECTED: dict[str, dict[str, str]] = {
    "list": READS,
    "peek": READS,
    "view": READS,
    "history": READS,
    "who looked": READS,
    "restricted": READS | {"CW": "on ON", "CR": "ons ONS"},  # a coordinator needs a reason elsewhere
    "restricted with a reason": READS | {"CW": "on ON", "CR": OF_CENTRE},
    "what happened": READS,
    "add an incident": WRITES | {"CW": "on ON"},
    "triage": READS,
    "triage again": WRITES | {"CW": "on ON"},
    "raise a flag": WRITES | {"CW": "on ON"},
    "number": WRITES,
    "edit": WRITES,
    "settle a clash": WRITES,
    "note": WRITES,
    "consent": WRITES,
    "follow up": WRITES,
    "refer": WRITES,
    "category": DECIDES,
    "status": DECIDES,
    "close": DECIDES | {"CW": NONE},
    "confidential": DECIDES,
    "hand over": OWNS,
    "erase": dict.fromkeys(ROLES, NONE) | {"SU": OF_CENTRE, "CR": OF_CENTRE},  # with a reason
    "supervisor": OWNS,
    "name people": OWNS,
}


def is_listed(desk: Desk, case_id: UUID) -> None:
    if case_id not in {row.case_id for row in search.page_of_cases(desk, Filters(is_open=None), Order.NEWEST)}:
        raise NotFound


def sees_restricted(desk: Desk, case_id: UUID) -> None:
    if not case_facts(desk, case_id).restricted:
        raise NotAllowed


def settles(desk: Desk, case_id: UUID) -> None:
    """Settle a clash of the case whose sides say nothing, and leave no clash behind."""
    with desk.read() as session:
        number = session.scalars(select(Change.operation_seq).where(Change.record == case_id)).first()
    with desk.local() as session:
        clash = Clash(table="case", record=case_id, register="others_present", operations=f"{number or 1}", since=NOW)
        session.add(clash)
    try:
        clashes.settle(desk, clash.id, number or 1)
    finally:
        with desk.local() as session:
            session.delete(session.get_one(Clash, clash.id))


def erases(desk: Desk, case_id: UUID) -> None:
    """Try to erase a case whose data may be kept."""
    with contextlib.suppress(erasure.StillNeeded):
        erasure.erase(desk, case_id, "Asked in writing")


ACTIONS: dict[str, Callable[[Desk, UUID], object]] = {
    "list": is_listed,
    "peek": search.peek,
    "view": case_facts,
    "history": history.history,
    "who looked": history.who_looked,
    "restricted": sees_restricted,
    "restricted with a reason": lambda desk, case_id: look_restricted(desk, case_id, "Complaint by letter"),
    "what happened": incidents.incidents_of,
    "add an incident": lambda desk, case_id: incidents.add_incident(desk, case_id, {}),
    "triage": triages.triages_of,
    "triage again": lambda desk, case_id: triages.run_again(desk, case_id, None, {}),
    "raise a flag": lambda desk, case_id: raise_flags(desk, case_id, ["threatened_by_perpetrator"]),
    "number": show_number,
    "edit": lambda desk, case_id: cases.edit_case(desk, case_id, {"person.upazila": (None, None)}),
    "settle a clash": settles,
    "note": lambda desk, case_id: notes.add_note(desk, case_id, "general", "Came by."),
    "consent": lambda desk, case_id: consents.effects_of_withdrawal(desk, case_id, "store_data"),
    "follow up": lambda desk, case_id: follow_ups.plan(desk, case_id, "welfare_check", date(2026, 6, 1)),
    "refer": lambda desk, case_id: sharing.what_may_be_shared(desk, case_id, None, None),
    "category": lambda desk, case_id: cases.edit_case(desk, case_id, {"case.category": (None, None)}),
    "status": lambda desk, case_id: set_status(desk, case_id, "assessment"),
    "close": lambda desk, case_id: set_status(desk, case_id, "closed", reason_code="goals_achieved"),
    "confidential": cases.mark_confidential,
    "erase": erases,
    "hand over": lambda desk, case_id: access.hand_over(desk, case_id, uuid4(), seen=None),
    "supervisor": lambda desk, case_id: access.set_supervisor(desk, case_id, uuid4(), seen=None),
    "name people": lambda desk, case_id: access.name_people(desk, case_id, [uuid4()]),
}
REGISTER = case_register.Register(receiver="The board", reason="Review", opened=(date(2020, 1, 1), date(2020, 1, 2)))
UNRECORDED = ("list", "restricted")  # what these do not show is no attempt


def quietly(act: Callable[..., object], *given: object) -> None:
    """Do what cannot succeed for another reason than rights."""
    with contextlib.suppress(backups.NotAnotherDisk, InvalidInput, NotJoined, NoInvitation, NoStick):
        act(*given)


SKIPPED = clashes.SkippedRow(UUID(int=1), "", "case", UUID(int=1), "active", 1)
OFFICE: dict[str, tuple[Callable[[Desk], object], str]] = {
    "register": (lambda desk: intake.register_case(desk, {}), "CW SH SU CR"),
    "look for the same person": (lambda desk: look_alikes.look_alikes(desk, {}), "CW SH SU CR"),
    "drafts": (drafts.drafts, "CW SH SU CR"),
    "count": (lambda desk: search.count_cases(desk, Filters()), "CW CO LO SU CR"),
    "clashes": (clashes.clashes, "CW CO LO SU CR AD"),
    "steps that did not fit": (clashes.steps_skipped, "CW CO LO SU CR AD"),
    "steps seen": (lambda desk: clashes.steps_seen(desk, SKIPPED), "CW CO LO SU CR AD"),
    "steps not seen": (lambda desk: clashes.steps_not_seen(desk, SKIPPED), "CW CO LO SU CR AD"),
    "alarms": (entitled.alarms, "CR AD"),
    "today": (today.tasks, "CW CO LO SU CR"),
    "referrals": (all_referrals, "CW CO LO SU CR"),
    "directory": (providers.providers, "CW SH CO LO SU CR DO AD"),
    "edit the directory": (lambda desk: providers.save_provider(desk, None, {}), "CW SU CR"),
    "colleagues": (colleagues, "CW SH CO LO SU CR DO AD"),
    "roles": (lambda desk: set_roles(desk, uuid4(), ["caseworker"], seen=[]), "AD"),
    "let somebody work here": (lambda desk: let_work(desk, uuid4(), ["caseworker"]), "AD"),
    "end a user": (lambda desk: end_user(desk, uuid4()), "AD"),
    "rates": (lambda desk: set_rate(desk, "sar", Money(3_200, "bdt")), "CR"),
    "limits of cost": (lambda desk: set_cost_limit(desk, "sa", Money(16_500_000, "bdt")), "CR"),
    "limits of cost in use": (cost_limits, "CW SH CO LO SU CR DO AD"),
    "a new recovery key": (lambda desk: make_recovery(desk, "not this one"), "AD"),
    "note a search": (lambda desk: audit.note_search(desk, "all", 0), "CW CO LO SU CR"),
    "audit trail": (audit.trail, "SU CR AD"),
    "coded register": (lambda desk: case_register.extract(desk, REGISTER), "CW SU CR DO"),
    "register with names": (lambda desk: case_register.extract(desk, replace(REGISTER, profile="full")), "CR"),
    "copies of a report": (lambda desk: given_out.next_copy(desk, "R1", "2026-04"), "CW SU CR DO"),
    "say which day it is": (lambda desk: confirm_today(desk, date(2020, 1, 1)), "CW SH CO LO SU CR DO AD"),
    "preferences": (preferences, "CW SH CO LO SU CR DO AD"),
    "what would be lost": (backups.loss, "CW SH CO LO SU CR DO AD"),
    "backup by itself": (backups.keep_up, "CW SH CO LO SU CR DO AD"),
    "make a backup": (backups.make_backup, "SU CR AD"),
    "see the backups": (backups.backups, "SU CR AD"),
    "copy a backup": (lambda desk: quietly(backups.copy_backup, desk, Path("nowhere")), "SU CR AD"),
    "restore": (lambda desk: quietly(restores.restore_over, desk, Path("nowhere"), ""), "SU CR AD"),
    "statistics": (lambda desk: reports.make(desk, Request("R1", periods.month(2026, 5))), "CW SU CR DO"),
    "caseload": (lambda desk: reports.make(desk, Request("R12", periods.month(2026, 5))), "CW SU CR"),
    "what centres share": (lambda desk: reports.make(desk, Request("R16", periods.month(2026, 5))), "SU CR DO"),
    "what was exchanged": (lambda desk: quietly(arrivals.files_in, desk), "SU CR DO AD"),
    "who belongs to the organisation": (lambda desk: quietly(computers.members, desk), "SU CR DO AD"),
    "what would leave": (lambda desk: quietly(previews, desk, "central"), "CR DO"),
    "make files": (lambda desk: quietly(outbox.make_files, desk, "central"), "CR DO"),
    "take in": (lambda desk: quietly(arrivals.take_inbox, desk), "CR DO AD"),
    "write a stick": (lambda desk: quietly(stick.write_stick, desk, Path("nowhere")), "CR DO AD"),
    "invite a computer": (lambda desk: quietly(invitations.invite, desk, "DHK"), "AD"),
    "end a computer": (lambda desk: quietly(computers.end_computer, desk, b"x" * 32), "AD"),
    "renew the key of the list": (lambda desk: quietly(organisation.renew_roster_key, desk, Path("nowhere"), ""), "AD"),
    "let somebody sign in here": (lambda desk: quietly(let_sign_in, desk, uuid4(), "x", "", FLOOR), "AD"),
    "a first passphrase at a second computer": (
        lambda desk: quietly(people.let_sign_in, desk, uuid4(), "x", "", FLOOR),
        "AD",
    ),
    "the computers of the centre": (lambda desk: quietly(people.places, desk), "SU CR DO AD"),
    "work at a computer no more": (lambda desk: quietly(people.works_no_more_at, desk, uuid4(), b"x" * 32), "AD"),
    "work at one more computer": (lambda desk: quietly(people.also_works_at, desk, uuid4(), b"x" * 32), "AD"),
    "say who works at a computer": (lambda desk: quietly(people.set_people, desk, b"x" * 32, []), "AD"),
    "ask to join": (lambda desk: quietly(joining.ask_to_join, desk, b""), "AD"),
    "admit a computer": (lambda desk: quietly(computers.admit_to_centre, desk, b"x" * 32), "SU"),
    "order to forget": (lambda desk: quietly(outbox.order_to_forget, desk, uuid4()), "CW CO LO SU"),
    "not the same": (lambda desk: look_alikes.not_the_same(desk, uuid4(), uuid4()), "CW SU"),
}


@dataclass(frozen=True)
class Office:
    """A centre with one person of each role, and for each of them a case of each kind."""

    desks: dict[str, Desk]
    cases: dict[tuple[str, str], UUID]


@pytest.fixture(scope="module")
def centre(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = Path(shutil.copytree(empty_centre, tmp_path_factory.mktemp("roles") / "store"))
    whole = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    actors = {role: Actor(uuid4(), role, frozenset([code]), f"team {role}") for role, code in ROLES.items()}
    found = {}
    with whole.write("test.cases") as session:
        for role, actor in actors.items():
            for kind in ALL + ALL.upper():
                person = Person(name_en=f"{role} {kind}", person_code=f"{role}{kind}{kind.isupper()}"[:10])
                case = a_case(actor, person, kind)
                session.add_all((person, case))
                lifecycle.begin(session, whole, case, "registered")
                found[role, kind] = case.id
    yield Office({role: replace(whole, actor=actor) for role, actor in actors.items()}, found)
    whole.store.vault.close()


def a_case(actor: Actor, person: Person, kind: str) -> Case:
    whose = KINDS[kind.lower()]
    return Case(
        case_number=f"{person.name_en}",
        person_id=person.id,
        owner_id=actor.id if whose == "owner" else uuid4(),
        team=actor.team if whose == "team" else "another team",
        named_access=[str(actor.id)] if whose == "named" else None,
        supervisor_id=actor.id if whose == "supervisor" else None,
        confidential_case=True if kind.isupper() else None,
    )


def outcome(act: Callable[[], object]) -> tuple[str, str]:
    """What became of an attempt: how it ended and what the person was told."""
    try:
        act()
    except (NotAllowed, NotFound) as refused:
        return ("refused" if isinstance(refused, NotAllowed) else "not here"), refused.message + refused.hint
    except InvalidInput:
        pass
    return "done", ""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", EXPECTED)
def test_each_role_does_with_each_kind_of_case_what_is_written_here(centre: Office, action: str, role: str) -> None:
    desk = centre.desks[role]
    for kind in ALL + ALL.upper():
        case_id = centre.cases[role, kind]
        before = count(desk)
        found, words = outcome(lambda: ACTIONS[action](desk, case_id))  # noqa: B023 - called at once
        allowed = kind in EXPECTED[action][role]
        if action == "confidential" and allowed:
            take_back(desk, case_id, kind)
        assert (found == "done") == allowed, (action, role, kind, found)
        if allowed:
            continue
        if kind not in READS[role]:
            missing = outcome(lambda: ACTIONS[action](desk, uuid4()))
            assert (found, words) == missing, "a case that one may not know of looks like one that is not there"
        if action not in UNRECORDED:
            assert count(desk) > before, "a refusal is recorded"


def take_back(desk: Desk, case_id: UUID, kind: str) -> None:
    """Leave the case as it was for the tests that come after."""
    with desk.write("test.lift") as session:
        session.get_one(Case, case_id).confidential_case = True if kind.isupper() else None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", OFFICE)
def test_each_role_does_in_the_office_what_is_written_here(centre: Office, what: str, role: str) -> None:
    act, allowed = OFFICE[what]
    desk = centre.desks[role]
    before = count(desk)
    found, _words = outcome(lambda: act(desk))
    assert (found != "refused") == (role in allowed.split()), (what, role)
    if found == "refused":
        assert count(desk) == before + 1
        assert last(desk).action.startswith("denied.")


def test_several_roles_may_do_what_any_of_them_may(centre: Office) -> None:
    desk = centre.desks["CW"]
    both = replace(desk, actor=replace(desk.actor, roles=frozenset(("caseworker", "coordinator"))))
    assert case_facts(both, centre.cases["CW", "x"]).restricted is False
    assert case_facts(both, centre.cases["CW", "n"]).restricted is True
    with pytest.raises(NotFound):
        case_facts(both, centre.cases["CW", "X"])


def test_nobody_without_a_role_may_do_anything(centre: Office) -> None:
    nobody = replace(centre.desks["CW"], actor=Actor(uuid4(), "Nobody", frozenset()))
    for act, _allowed in OFFICE.values():
        assert outcome(lambda: act(nobody))[0] == "refused"  # noqa: B023 - called at once


def test_a_reason_opens_what_needs_one_but_nothing_confidential(centre: Office) -> None:
    desk = centre.desks["CR"]
    for kind in ALL + ALL.upper():
        with desk.read() as session:
            case = session.get_one(Case, centre.cases["CR", kind])
            free = permissions.within_reach(desk.actor, "case.view_restricted", case)
            given = permissions.within_reach(desk.actor, "case.view_restricted", case, reason="Complaint by letter")
            blank = permissions.within_reach(desk.actor, "case.view_restricted", case, reason="  ")
        assert free == blank == (kind in "onsONS")
        assert given == (kind in "otnsxONS")


def test_a_refusal_is_recorded_once_with_the_case_and_the_action(centre: Office) -> None:
    desk = centre.desks["CW"]
    for kind in "xX":
        before = count(desk)
        with pytest.raises(NotFound):
            look(desk, centre.cases["CW", kind])
        assert count(desk) == before + 1
        assert last(desk).value("op.action") == "denied.case.view"
        assert last(desk).value("op.about") == centre.cases["CW", kind].bytes
    before = count(desk)
    with pytest.raises(NotAllowed):
        waiting(centre.desks["DO"])
    assert count(desk) == before + 1


# No echo


@dataclass(frozen=True)
class Secret:
    """A confidential case, and somebody who may not know of it."""

    case_id: UUID
    number: str
    outsider: Desk


@pytest.fixture(params=["caseworker", "supervisor", "coordinator", "counsellor"])
def secret(desk: Desk, request: pytest.FixtureRequest) -> Secret:
    case_id = intake.register_case(
        desk,
        a_returnee(
            person__name_en="Shahanara Parvin",
            person__name_bn="শাহানারা পারভীন",
            person__phone_1="+8801711222333",
            person__district="khulna",
            migration_episode__destination_country="lb",
            identity_document__type="mrp_passport",
            identity_document__number="EA0482913",
            case__next_contact_on=date(2026, 5, 10 + 2),
            safety_flag__none=None,
            safety_flag__flags=["immediate_danger"],
            case__priority="urgent",
        ),
    )
    cases.mark_confidential(desk, case_id)
    outsider = replace(desk, actor=Actor(uuid4(), "Outsider", frozenset([request.param]), "other team"))
    return Secret(case_id, case_facts(desk, case_id).number, outsider)


NEEDLES = (
    "Shahanara",
    "শাহানারা",
    "Sahanara",
    "Parv",
    "01711222333",
    "1711",
    "333",
    "+880 1711-222333",
    "EA0482913",
)


def test_a_search_does_not_find_a_hidden_case(secret: Secret, desk: Desk) -> None:
    for words in (*NEEDLES, secret.number):
        for only_open in (True, None):
            filters = Filters(words=words, is_open=only_open)
            assert search.count_cases(secret.outsider, filters) == 0, words
            assert search.page_of_cases(secret.outsider, filters, Order.NAME) == [], words
            assert search.anchors(secret.outsider, filters, Order.NAME, 10) == [], words
        assert search.find_people(secret.outsider, words) == [], words
        assert search.near_names(secret.outsider, words) == [], words
    with pytest.raises(NotFound):
        search.case_called(secret.outsider, secret.number)
    assert search.case_called(desk, secret.number)
    assert search.count_cases(desk, Filters(words="Shahanara")) == 1, "who owns it finds it"


def test_a_hidden_case_is_in_no_list_and_no_count(secret: Secret) -> None:
    desk = secret.outsider
    assert search.count_cases(desk, Filters(is_open=None)) == 0
    assert search.count_cases(desk, Filters(words=secret.number)) == 0
    assert not any(search.view_counts(desk).values())
    assert [group.tasks for group in today.tasks(desk) if group.tasks] == []
    assert today.counts(desk) == today.counts(
        replace(desk, actor=replace(desk.actor, roles=frozenset(["legal_officer"])))
    )
    assert all_referrals(desk) == []
    assert "lb" not in repr(search.places_of(desk))
    assert "khulna" not in repr(search.places_of(desk))


def test_registering_the_same_person_tells_the_typist_nothing(secret: Secret) -> None:
    if "counsellor" in secret.outsider.actor.roles:
        return  # who may not register
    answers = a_returnee(
        person__name_en="Shahanara Parvin",
        person__phone_1="+8801711222333",
        person__district="khulna",
        identity_document__type="mrp_passport",
        identity_document__number="EA0482913",
    )
    assert look_alikes.look_alikes(secret.outsider, answers) == []
    mine = intake.register_case(secret.outsider, answers)
    told = history.history(replace(secret.outsider, actor=replace(secret.outsider.actor)), mine)
    assert "May be the same" not in repr(told)
    assert search.count_cases(secret.outsider, Filters(is_open=None)) == 1


def test_the_supervisor_of_a_hidden_case_gets_the_task_to_compare(secret: Secret, desk: Desk) -> None:
    if "counsellor" in secret.outsider.actor.roles:
        return
    intake.register_case(secret.outsider, a_returnee(person__phone_1="+8801711222333"))
    tasks = [row.task for row in follow_ups.follow_ups_of(desk, secret.case_id)]
    assert "May be the same person as a new case" in tasks


def test_a_hidden_case_answers_like_one_that_is_not_there(secret: Secret) -> None:
    for act in ACTIONS.values():
        hidden = told_of(act, secret.outsider, secret.case_id)
        missing = told_of(act, secret.outsider, uuid4())
        assert hidden == missing


def told_of(act: Callable[[Desk, UUID], object], desk: Desk, case_id: UUID) -> tuple[bool, str, str]:
    with pytest.raises(CaseDeskError) as refused:
        act(desk, case_id)
    return isinstance(refused.value, NotFound), refused.value.message, refused.value.hint


# Nothing without a rule

RULELESS = {
    "casedesk.services.sign_in.sign_out",  # closing needs no right
    "casedesk.services.users.close_to",  # obeys what an administrator decided
    "casedesk.services.users.close_to_ended",  # the same
    "casedesk.sync.people.close_to_who_left",  # the same
    "casedesk.services.ways_in.look",  # every sign-in asks what changed
    "casedesk.services.ways_in.tell",  # writes down what happened
    "casedesk.services.search.filters_of",  # reads nothing
    "casedesk.services.notes.reads_restricted",  # asks the table itself
    "casedesk.services.today.leads",  # the same
    "casedesk.services.restores.needs_second",  # the same
    "casedesk.services.permissions.may",
    "casedesk.services.permissions.case_of",  # tells an id to who has one, and only other services call it
    "casedesk.services.permissions.open_case",
    "casedesk.services.permissions.open_record",
    "casedesk.sync.people.follow_users",  # lists what administrators decided
    "casedesk.sync.people.list_users",  # the same
    "casedesk.sync.receipts.is_due",  # tells of this computer alone
    "casedesk.sync.receipts.take_receipt",  # believes what is signed; who takes files in was asked
    "casedesk.sync.receipts.write_receipts",  # says what was taken in; who takes files in was asked
    "casedesk.sync.announcing.judge_by_the_list",  # goes by what is signed
    "casedesk.sync.announcing.take_roster_file",  # believes nothing but signatures
    "casedesk.sync.joining.signs_the_list",
    "casedesk.sync.announcing.close_if_ended",  # obeys what is signed
    "casedesk.services.permissions.see_case",
    "casedesk.sync.visit.mark",  # notes how far a file is; who brings files there was asked
    "casedesk.sync.visit.to_send",  # lists files; who brings them there was asked
}


def service_functions() -> dict[str, Any]:
    """Every public function of the services, and of sync, that is given a desk."""
    found = {}
    modules = [*pkgutil.walk_packages(services.__path__, "casedesk.services.")]
    for module in [*modules, *pkgutil.walk_packages(sync.__path__, "casedesk.sync.")]:
        loaded = importlib.import_module(module.name)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            parameters = list(inspect.signature(function).parameters.values())
            given_a_desk = bool(parameters) and parameters[0].annotation in ("Desk", Desk)
            if function.__module__ == module.name and not name.startswith("_") and given_a_desk:
                found[f"{module.name}.{name}"] = function
    return found


def test_no_service_is_without_a_rule() -> None:
    found = service_functions()
    table = permissions.table()
    without = {name for name, function in found.items() if not hasattr(function, "action")}
    assert without - RULELESS == set()
    assert {function.action for function in found.values() if hasattr(function, "action")} <= table.keys()


def test_every_rule_is_used() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in (RESOURCES.parent / "src/casedesk").rglob("*.py"))
    steps = {step.by for found in lifecycles.every_step().values() for step in found}
    assert {action for action in permissions.table() if f'"{action}"' not in written} <= steps
    assert steps <= permissions.table().keys()


def test_the_table_has_every_role_and_only_known_reaches() -> None:
    for action, row in permissions.table().items():
        assert set(row) - {"why"} == set(ROLES.values()), action
        assert {row[role] for role in ROLES.values()} <= set(permissions.REACHES), action
        assert row["why"], action
