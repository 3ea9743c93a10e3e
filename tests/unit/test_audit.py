"""The trail of what is about no single case."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import NotAllowed
from casedesk.models import Operation
from casedesk.services import audit, intake, providers
from casedesk.services.case_facts import look
from casedesk.services.edits import as_new
from casedesk.services.given_out import Handing, next_copy, report_given_out
from casedesk.services.rates import set_cost_limit, set_rate
from casedesk.services.users import add_user, set_roles
from casedesk.storage.checking import check
from casedesk.storage.keys import FLOOR
from casedesk.values import Money
from tests.support.people import a_returnee


def test_a_search_is_told_by_where_and_how_many(desk: Desk) -> None:
    audit.note_search(desk, "mine", 12)
    newest = audit.trail(desk)[0]
    assert (newest.action, newest.scope, newest.hits, newest.by) == ("case.search", "mine", 12, "Farzana Haque")
    assert newest.at == desk.clock()
    assert check(desk.store).wrong == []


def test_what_is_about_a_case_stands_in_its_history_alone(desk: Desk) -> None:
    case_id = intake.register_case(desk, a_returnee())
    look(desk, case_id)
    with pytest.raises(NotAllowed):
        set_roles(desk, desk.actor.id, ["caseworker"], seen=sorted(desk.actor.roles))
    assert [entry.action for entry in audit.trail(desk)] == ["denied.office.edit", "office.sign_in", "office.set_up"]


def test_the_trail_is_read_on_from_where_it_was(desk: Desk) -> None:
    for hits in range(5):
        audit.note_search(desk, "all", hits)
    first = audit.trail(desk, size=3)
    assert [entry.hits for entry in first] == [4, 3, 2]
    assert [entry.hits for entry in audit.trail(desk, before=first[-1].seq, size=2)] == [1, 0]


def test_users_and_signing_in_are_in_it(desk: Desk) -> None:
    add_user(
        desk,
        name="Rumana Akter",
        sign_in_name="rumana",
        roles=["caseworker"],
        passphrase="nine quiet herons cross the river",
        cost=FLOOR,
    )
    assert [entry.action for entry in audit.trail(desk)][:2] == ["office.add_user", "office.sign_in"]


def test_what_was_given_out_and_whom_it_is_about_is_in_it(desk: Desk) -> None:
    """A report or a register tells of many cases, so that the history of none of them is the place to look."""
    intake.register_case(desk, a_returnee())
    partner = providers.save_provider(desk, None, as_new({"type": "ngo_cso", "name_en": "Shapla house"}))
    providers.save_provider(desk, partner, {"address": (None, "Dhaka")})
    set_rate(desk, "sar", Money(3250, "bdt"))
    set_cost_limit(desk, "sa", Money(16_500_000, "bdt"))
    handing = Handing("District office", "Asked for by letter", "en")
    report_given_out(desk, "R1", "2026-05", next_copy(desk, "R1", "2026-05"), handing, "00")
    assert [(entry.action, entry.about) for entry in audit.trail(desk)][:5] == [
        ("report.give_out", "R1 2026-05 · District office"),
        ("office.set_cost_limit", "Saudi Arabia"),
        ("office.set_rate", "Saudi Riyal"),
        ("directory.save_provider", "Shapla house"),
        ("directory.save_provider", "Shapla house"),
    ]


def test_no_word_that_was_typed_is_in_the_journal(desk: Desk) -> None:
    audit.note_search(desk, "all", 1)
    with desk.read() as session:
        body = session.scalars(select(Operation.body).order_by(Operation.seq.desc())).first()
    assert body is not None
    assert b"hits" in body
    assert b"words" not in body
