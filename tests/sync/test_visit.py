"""A visit to the relay with real desks: what waits arrives, receipts come back, a new computer joins over the line."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from nacl.signing import SigningKey

from casedesk.desk import Clock, Desk
from casedesk.errors import StorageFull
from casedesk.models import Membership
from casedesk.progress import Cancelled, Progress
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.storage.recorder import own_chain
from casedesk.sync import computers, invitations, joining
from casedesk.sync.carrying import State
from casedesk.sync.files import inbox
from casedesk.sync.line import Address, Line, LineBroken, NotACertificate, NotAdmitted, NotTheRelay, OutOfDate, der_of
from casedesk.sync.outbox import files_out
from casedesk.sync.visit import (
    NoAnswer,
    NoRelay,
    NotVouchedFor,
    Reached,
    ask_by_relay,
    check_line,
    hear_answer,
    name_relay,
    visit,
)
from tests.conftest import NOW
from tests.support.exchange import records
from tests.support.pausing import PausedHalfway, cancel_while_paused
from tests.support.people import a_returnee
from tests.support.relay import CutLine
from tests.support.tls import certificate, nginx
from tests.sync.office import (
    admin,
    as_role,
    coordinator,
    join,
    key_of,
    relay_of_office,
    standing_of,
)


@pytest.fixture
def relay_port(first: Desk, tmp_path: Path) -> Iterator[int]:
    """A relay of the first desk's organisation, which that desk knows."""
    with relay_of_office(first, tmp_path / "relay") as port:
        yield port


class AtOnce(Progress):
    """Waits for nothing between two tries."""

    def rest(self, seconds: float) -> None: ...


def people(desk: Desk) -> set[bytes]:
    return {record for table, record in records(desk) if table == "person"}


def test_cases_arrive_and_receipts_come_back(first: Desk, second: Desk, relay_port: int) -> None:
    join(first, second)
    assert relay_port
    register_case(first, a_returnee())
    sent = visit(coordinator(first))
    assert sent.sent > 0
    fetched = visit(coordinator(second))
    assert fetched.fetched >= sent.sent
    assert people(second) == people(first) != set()
    visit(coordinator(first))  # fetches the receipt
    chains = [row for row in files_out(coordinator(first)) if row.kind == "chain"]
    assert {row.state for row in chains} == {State.COVERED}


def test_a_line_that_breaks_everywhere_brings_all_of_it_once(first: Desk, second: Desk, relay_port: int) -> None:
    cut = CutLine(relay_port, every=4_000, seed=5)
    name_relay(admin(first), f"http://127.0.0.1:{cut.port}", b"")
    join(first, second)
    for n in range(5):
        register_case(first, a_returnee(person__phone_1=f"+88017{n:08d}", person__name_en=f"Person {n}"))
    visit(coordinator(first))
    visit(coordinator(second))
    cut.close()
    assert people(second) == people(first)
    assert len(people(first)) == 5
    assert cut.cuts > 0


def test_the_relay_forgets_a_file_only_when_it_is_on_the_disk(
    first: Desk, second: Desk, relay_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relay_port
    join(first, second)
    register_case(first, a_returnee())
    sent = visit(coordinator(first)).sent

    def refuse(_file: int) -> None:
        raise OSError(errno.ENOSPC, "no")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", refuse)
        with pytest.raises(StorageFull):
            hear_answer(admin(second))  # which only fetches
    assert inbox(second.store.vault.folder).names() == []
    assert visit(coordinator(second)).fetched >= sent
    assert people(second) == people(first) != set()
    assert not list(inbox(second.store.vault.folder).path.iterdir())


def test_cancelling_keeps_what_came_and_goes_on_next_time(first: Desk, second: Desk, relay_port: int) -> None:
    assert relay_port
    join(first, second)
    register_case(first, a_returnee())
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        visit(coordinator(first), progress)
    visit(coordinator(first))
    visit(coordinator(second))
    assert people(second) == people(first)


def test_paused_in_the_middle_of_a_file_the_line_is_let_go_and_it_goes_on_from_the_byte(
    first: Desk, second: Desk, relay_port: int
) -> None:
    """There and back. Meanwhile the relay serves others, and nobody waits for the vault."""
    join(first, second)
    case_id = register_case(first, a_returnee())
    for _note in range(8):
        add_note(first, case_id, "general", secrets.token_hex(8_000))
    for desk in (first, second):
        line = CutLine(relay_port, every=0, seed=None)
        name_relay(admin(desk), f"http://127.0.0.1:{line.port}", b"")
        progress = PausedHalfway()
        work = Thread(target=visit, args=(coordinator(desk), progress))
        work.start()
        assert progress.stands_still.wait(60)
        assert line.nobody_there.wait(60), "no connection is held"
        at, whole = progress.latest.done, progress.latest.of
        assert people(second) == set()
        other = first if desk is second else second
        assert visit(coordinator(other)).size < at, "of what is under way there is nothing to fetch yet"
        add_note(desk, register_case(desk, a_returnee(person__phone_1=None)), "general", "Written meanwhile")
        before = line.passed
        progress.resume()
        work.join()
        assert before < line.passed < before + whole, "what was there was not sent again"
        line.close()
    assert people(first) <= people(second)


def test_cancelled_while_it_is_paused_it_goes_on_another_time(first: Desk, second: Desk, relay_port: int) -> None:
    assert relay_port
    join(first, second)
    register_case(first, a_returnee())
    cancel_while_paused(lambda progress: visit(coordinator(first), progress))
    visit(coordinator(first))
    visit(coordinator(second))
    assert people(second) == people(first) != set()


def test_a_new_computer_joins_over_the_line(first: Desk, second: Desk, relay_port: int) -> None:
    assert relay_port
    raw = invitations.invite(admin(first), "DHK")
    visit(coordinator(first))  # the relay learns of the invitation
    asked = joining.ask_to_join(admin(second), raw)
    ask_by_relay(admin(second))
    assert not hear_answer(admin(second))
    visit(coordinator(first))
    (request,) = joining.requests(admin(first), inbox(first.store.vault.folder))
    assert request.words == asked.words
    joining.let_in(admin(first), request)
    computers.admit_to_centre(as_role(first, "supervisor"), key_of(second))
    visit(coordinator(first))
    assert hear_answer(admin(second))
    with second.read() as session:
        assert own_chain(session).organisation == standing_of(first).organisation


def test_where_the_clock_of_the_machine_is_wrong_the_dates_of_the_certificate_say_nothing(
    first: Desk, relay_port: int, tmp_path: Path
) -> None:
    made = certificate(tmp_path / "tls", ended=True)
    with nginx(tmp_path, made, [relay_port]) as door:
        name_relay(admin(first), f"https://127.0.0.1:{door}", made.issuer_der)
        sure = coordinator(first)
        with pytest.raises(NotTheRelay):
            visit(sure)
        told = Clock()
        told.say_today(NOW.date())  # of our own clock; the machine's, at which TLS looks, stays as it is
        assert visit(replace(sure, clock=told)).sent == 0
        doubting = Clock()
        doubting.believed_until = NOW.date()
        assert visit(replace(sure, clock=doubting)).sent == 0


def test_a_desk_without_a_relay_says_so(first: Desk) -> None:
    for ask in (visit, check_line):
        with pytest.raises(NoRelay):
            ask(coordinator(first))


def test_the_line_is_checked_and_nothing_is_sent(first: Desk, relay_port: int) -> None:
    assert relay_port
    register_case(first, a_returnee())
    files = files_out(coordinator(first))
    reached = check_line(coordinator(first))
    assert reached == Reached("127.0.0.1", NOW, False), "as the relay says, not whoever stands before it"
    assert check_line(replace(coordinator(first), clock=lambda: NOW - timedelta(days=1))).apart
    assert files_out(coordinator(first)) == files


def test_a_relay_that_is_not_there_does_not_answer(first: Desk, tmp_path: Path) -> None:
    with relay_of_office(first, tmp_path / "relay"):
        pass
    with pytest.raises(NoAnswer):
        check_line(coordinator(first), AtOnce())


def test_the_line_of_a_computer_that_was_never_let_in(first: Desk, second: Desk, relay_port: int) -> None:
    join(first, second)  # and nobody has told the relay yet
    with second.local() as session:
        session.get_one(Membership, 1).relay = f"http://127.0.0.1:{relay_port}"
    with pytest.raises(NotAdmitted):
        check_line(coordinator(second))
    visit(coordinator(first))
    assert check_line(coordinator(second)).host == "127.0.0.1"


def test_the_certificate_of_the_line_is_of_another_or_out_of_date(first: Desk, relay_port: int, tmp_path: Path) -> None:
    right, other, ended = (certificate(tmp_path / name, ended=name == "ended") for name in ("right", "other", "ended"))
    (tmp_path / "a").mkdir()
    with nginx(tmp_path / "a", right, [relay_port]) as door:
        name_relay(admin(first), f"https://127.0.0.1:{door}", right.issuer_der)
        assert check_line(coordinator(first)).host == "127.0.0.1"
        name_relay(admin(first), f"https://127.0.0.1:{door}", other.issuer_der)
        with pytest.raises(NotTheRelay) as refused:
            check_line(coordinator(first))
        assert not isinstance(refused.value, OutOfDate)
    (tmp_path / "b").mkdir()
    with nginx(tmp_path / "b", ended, [relay_port]) as door:
        name_relay(admin(first), f"https://127.0.0.1:{door}", ended.issuer_der)
        with pytest.raises(OutOfDate):
            check_line(coordinator(first))


@pytest.mark.parametrize("url", ["http://192.0.2.7", "https://relay.invalid"])
def test_an_address_that_nobody_could_trust_is_refused(first: Desk, url: str) -> None:
    with pytest.raises(NotVouchedFor):
        name_relay(admin(first), url, b"")


@pytest.mark.parametrize("url", ["http://192.0.2.7", "https://", "nonsense"])
def test_a_certificate_makes_no_address_without_tls_a_relay(first: Desk, tmp_path: Path, url: str) -> None:
    with pytest.raises(NotVouchedFor):
        name_relay(admin(first), url, certificate(tmp_path / "tls").issuer_der)


def test_only_certificates_are_taken_for_certificates() -> None:
    for raw in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(NotACertificate):
            der_of(raw)


def test_a_line_to_nowhere_is_said_in_words() -> None:
    address = Address("http://127.0.0.1:9", None)
    with Line(address, SigningKey.generate(), rest=lambda _s: None) as line, pytest.raises(LineBroken) as told:
        line.waiting()
    assert "dropped" in str(told.value)
