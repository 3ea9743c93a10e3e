"""What leaves and what stays: by the consent in force, leaf by leaf; and that the preview shows just that."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import BatchOut, Case, Disclosure, LetOut
from casedesk.models import Operation as OperationRow
from casedesk.services.cases import edit_case, mark_confidential
from casedesk.services.consents import RecordConsent, consents_of, record_consent, withdraw
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.services.statistics.suppress import INSIDE, Sum, protect
from casedesk.storage.operations import digest, pack, shown, unpack
from casedesk.storage.recorder import own_chain
from casedesk.sync import withdrawing
from casedesk.sync.batch import CENTRAL, Batch, Kind, Reader, open_batch
from casedesk.sync.bodies import CodedRows, Orders, read_body
from casedesk.sync.coded import of_month, row_of
from casedesk.sync.files import outbox
from casedesk.sync.leaving import IDENTIFIED, WHY_BACK, Back
from casedesk.sync.outbox import make_files
from casedesk.sync.planning import plans
from casedesk.sync.preview import previews
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.sync.office import as_role, coordinator, first_desk, join, new_desk, standing_of
from tests.sync.told import assert_as_shown

BY_NAME, CODED, COUNTED = "sync_central_identified", "sync_central_coded", "statistics"


@dataclass(frozen=True)
class Office:
    """A centre, and the eyes of the central office."""

    desk: Desk
    central: Reader


@pytest.fixture(scope="module")
def two_offices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Reader]:
    """The folder of a centre that belongs to an organisation with a central office, to be copied."""
    folder = tmp_path_factory.mktemp("offices")
    desk = first_desk(folder / "centre")
    hq = new_desk(folder / "hq", "Q1", "HQX")
    join(desk, hq, centre="HQX", central=True)
    reader = standing_of(hq).reader
    for each in (desk, hq):
        each.store.vault.close()
    return folder / "centre", reader


@pytest.fixture
def fresh(two_offices: tuple[Path, Reader], tmp_path: Path) -> Iterator[Office]:
    folder, reader = two_offices
    desk = sign_in(shutil.copytree(folder, tmp_path / "centre"), "farzana", PASSPHRASE, lambda: NOW)
    yield Office(desk, reader)
    desk.store.vault.close()


@pytest.fixture
def office(fresh: Office) -> Office:
    """The same, where all that was before has left already."""
    make_files(coordinator(fresh.desk), CENTRAL)
    return fresh


def someone(desk: Desk, word: str, **consents: str) -> UUID:
    """A person whose every text has this word in it, with these answers about central."""
    case_id = register_case(
        desk,
        a_returnee(
            person__name_en=f"{word} Name",
            person__name_bn=f"{word} বাংলা",
            person__phone_1=None,
            person__village_or_street=f"{word} village",
        ),
    )
    if consents:
        record_consent(desk, case_id, RecordConsent(consents, method="verbal"))
    return case_id


def sent(office: Office) -> list[Batch]:
    """All that waits, as the central office reads it."""
    folder = outbox(office.desk.store.vault.folder)
    return [open_batch(folder.read(name), office.central) for name in make_files(coordinator(office.desk), CENTRAL)]


def bodies(batches: list[Batch]) -> bytes:
    return b"".join(batch.body for batch in batches)


@pytest.mark.parametrize(
    ("consents", "by_name", "coded"),
    [
        ({}, False, False),
        ({BY_NAME: "given"}, True, False),
        ({BY_NAME: "refused"}, False, False),
        ({BY_NAME: "refused", CODED: "given"}, False, True),
        ({BY_NAME: "given", CODED: "refused"}, True, False),
        ({COUNTED: "given"}, False, False),
    ],
)
def test_consent_decides_what_central_sees(
    office: Office, consents: dict[str, str], by_name: bool, coded: bool
) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **consents)
    add_note(desk, case_id, "general", "Sentinelnote told in confidence")
    batches = sent(office)
    body = bodies(batches)
    assert (b"Sentinel Name" in body) == by_name
    assert (case_id.bytes in body) == by_name
    assert b"Sentinelnote" not in body, "a narrative never leaves the centre"
    rows = [
        row for batch in batches if batch.header.kind is Kind.CODED for row in read_body(batch.body, CodedRows).rows
    ]
    assert [row.row for row in rows] == ([row_of(case_id)] if coded else [])


def test_restricted_leaves_are_shut_and_their_digests_hold(office: Office) -> None:
    desk = office.desk
    someone(desk, "Sentinel", **{BY_NAME: "given"})
    [batch] = [each for each in sent(office) if each.header.kind is Kind.CHAIN]
    operations = unpack(batch.body)
    assert {level for operation in operations for level, _leaf in shown(operation)} == {1, 2}
    with desk.read() as session:
        chain = own_chain(session)
        rows = session.execute(
            select(OperationRow.chain_seq, OperationRow.digest).where(
                OperationRow.chain_ix == chain.ix,
                OperationRow.chain_seq.between(batch.header.first, batch.header.last),
            )
        ).all()
    assert [digest(seq, operation) for (seq, _), operation in zip(rows, operations, strict=True)] == [
        row.digest for row in rows
    ]


def test_a_coded_row_names_nobody(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{CODED: "given"})
    [batch] = [each for each in sent(office) if each.header.kind is Kind.CODED]
    [row] = read_body(batch.body, CodedRows).rows
    assert row.values["age_band"] == "age_25_34"
    assert row.values["person.district"] == "madaripur"
    assert row.values["case.opened_on"] == "2026-05"
    assert row.values["migration_episode.departed_on"] == "2024-06"
    assert "person.upazila" not in row.values
    for trace in (b"Sentinel", case_id.bytes, b"2026-05-12", b"DHK-26"):
        assert trace not in batch.body
    assert not any(name.endswith("_id") for name in row.values)


def test_a_coded_row_is_replaced_and_taken_back(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{CODED: "given"})
    sent(office)
    assert sent(office) == []
    edit_case(desk, case_id, {"person.marital_status": (None, "married")})
    [row] = [r for b in sent(office) if b.header.kind is Kind.CODED for r in read_body(b.body, CodedRows).rows]
    assert row.values["person.marital_status"] == "married"
    withdraw(desk, case_id, CODED)
    [row] = [r for b in sent(office) if b.header.kind is Kind.CODED for r in read_body(b.body, CodedRows).rows]
    assert (row.row, row.values) == (row_of(case_id), {})


def test_small_totals_are_not_told(office: Office) -> None:
    desk = office.desk
    for _person in range(INSIDE - 1):
        someone(desk, "Sentinel", **{COUNTED: "given"})
    counts = [c for b in sent(office) if b.header.kind is Kind.CODED for c in read_body(b.body, CodedRows).counts]
    assert [(count.month, count.what, count.count) for count in counts] == [("2026-05", "cases", None)]
    someone(desk, "Sentinel", **{COUNTED: "given"})
    counts = [c for b in sent(office) if b.header.kind is Kind.CODED for c in read_body(b.body, CodedRows).counts]
    assert [(count.month, count.what, count.count) for count in counts] == [("2026-05", "cases", INSIDE)]


@pytest.mark.parametrize(
    "counts",
    [
        {"a": 8, "": 2},
        {"a": 12, "b": 7, "c": 3},
        {"a": 4, "b": 4},
        {"a": 30, "b": 1},
        {"a": 9, "b": 6},
        {"a": 3},
        {"": 4},
    ],
)
def test_totals_that_leave_are_protected_like_those_of_a_report(counts: dict[str, int]) -> None:
    """Nobody subtracts one from another: what is told agrees with other numbers behind what is hidden."""
    told = {(each.what, each.code): each.count for each in of_month("2026-05", counts)}
    assert told.keys() == {("cases", ""), *(("category", code) for code in counts if code)}
    by_report = protect(
        {"all": sum(counts.values()), **{f"of {code}": count for code, count in counts.items()}},
        [Sum("all", tuple(f"of {code}" for code in counts))],
    )
    exact = {key for key, each in by_report.items() if each.exact and key != "of "}
    assert {f"of {code}" if code else "all" for (_what, code), count in told.items() if count is not None} == exact
    assert not any(count is not None and 0 < count < INSIDE for count in told.values())
    hidden = [code for code in counts if not code or told["category", code] is None]
    if any(count < INSIDE for count in counts.values()):
        assert told["cases", ""] is None or len(hidden) > 1, "one alone would be the difference"


def test_consent_given_later_shows_what_was_sent_as_digests(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel")
    assert b"Sentinel" not in bodies(sent(office))
    record_consent(desk, case_id, RecordConsent({BY_NAME: "given"}, method="verbal"))
    batches = sent(office)
    [show] = [each for each in batches if each.header.kind is Kind.SHOW]
    assert b"Sentinel Name" in show.body
    assert len(show.header.ops) == len(unpack(show.body))
    assert sent(office) == []


def test_a_withdrawal_goes_first_as_an_order_that_names_no_value(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{BY_NAME: "given"})
    other = someone(desk, "Neighbour", **{BY_NAME: "given"})
    sent(office)
    withdraw(desk, case_id, BY_NAME)
    batches = sent(office)
    assert batches[0].header.kind is Kind.ORDERS
    orders = read_body(batches[0].body, Orders).orders
    assert case_id.bytes in {order.record for order in orders}
    assert other.bytes not in {order.record for order in orders}
    assert b"Sentinel" not in bodies(batches)
    edit_case(desk, case_id, {"person.marital_status": (None, "married")})
    assert b"married" not in bodies(sent(office))


def test_the_order_lies_in_the_outbox_as_soon_as_a_consent_is_taken_back(office: Office) -> None:
    desk = as_role(office.desk, "caseworker")
    for take_back in (
        lambda case_id: withdrawing.withdraw(desk, case_id, BY_NAME),
        lambda case_id: withdrawing.record_consent(desk, case_id, RecordConsent({BY_NAME: "refused"}, method="verbal")),
    ):
        case_id = someone(desk, "Sentinel", **{BY_NAME: "given"})
        sent(office)
        take_back(case_id)
        folder = outbox(desk.store.vault.folder)
        with desk.read() as session:
            name = session.scalars(select(BatchOut.name).order_by(BatchOut.id.desc()).limit(1)).one()
        order = open_batch(folder.read(name), office.central)
        assert order.header.kind is Kind.ORDERS
        assert case_id.bytes in {each.record for each in read_body(order.body, Orders).orders}
        later = sent(office)
        assert Kind.ORDERS not in {each.header.kind for each in later}, "once is enough"
        assert b"Sentinel" not in bodies(later)
        record_consent(desk, case_id, RecordConsent({BY_NAME: "given"}, method="verbal"))
        assert b"Sentinel Name" in bodies(sent(office)), "it is told anew"
    before = len(outbox(desk.store.vault.folder).names())
    withdrawing.withdraw(desk, someone(desk, "Neighbour", **{BY_NAME: "given"}), BY_NAME)
    assert len(outbox(desk.store.vault.folder).names()) == before, "what nobody has is not ordered back"


def test_after_a_withdrawal_a_new_consent_tells_the_case_anew(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{BY_NAME: "given"})
    sent(office)
    withdraw(desk, case_id, BY_NAME)
    sent(office)
    record_consent(desk, case_id, RecordConsent({BY_NAME: "given"}, method="verbal"))
    batches = sent(office)
    assert {batch.header.kind for batch in batches} == {Kind.CHAIN}
    assert b"Sentinel Name" in bodies(batches)
    assert sent(office) == []
    assert check_store(coordinator(desk)).wrong == []


def test_a_consent_that_is_over_is_a_withdrawal(office: Office) -> None:
    desk = office.desk
    someone(desk, "Sentinel", **{BY_NAME: "given"})
    sent(office)
    later = replace(desk, clock=lambda: NOW + timedelta(days=800))
    assert sent(replace(office, desk=later))[0].header.kind is Kind.ORDERS


def test_a_confidential_case_goes_nowhere(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{BY_NAME: "given"})
    mark_confidential(desk, case_id)
    assert b"Sentinel" not in bodies(sent(office))
    [told] = previews(coordinator(desk), CENTRAL)
    rows = told.rows
    assert not any(row.person_code for row in rows if row.case_id == case_id)


def test_colleagues_are_never_told_to_forget_a_case(fresh: Office) -> None:
    desk = fresh.desk
    case_id = someone(desk, "Sentinel")
    with desk.local() as session:
        session.add(LetOut(audience="DHK", case_id=case_id, view=IDENTIFIED, forgotten=False))
    mark_confidential(desk, case_id)
    withdraw(desk, case_id, "store_data")
    with desk.read() as session:
        [planned] = plans(session, "DHK", desk.today())
    assert planned.forgets == ()
    assert b"Sentinel" not in pack([each.view for each in planned.going])


def test_a_disclosure_says_what_left_and_by_which_consent(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{BY_NAME: "given"})
    someone(desk, "Neighbour")
    [name] = make_files(coordinator(desk), CENTRAL)
    [line] = [each.line_id for each in consents_of(desk, case_id) if each.scope == BY_NAME]
    with desk.read() as session:
        [row] = session.scalars(select(Disclosure)).all()
    assert (row.case_id, row.medium, row.level, row.consent_line_id) == (case_id, "sync", "identified", line)
    assert row.hash == name.removesuffix(".cdb")
    assert row.fields is not None
    assert "person.name_en" in row.fields
    assert make_files(coordinator(desk), CENTRAL) == [], "what sync itself writes down makes no file"


def test_the_office_sends_what_is_about_no_client(fresh: Office) -> None:
    someone(fresh.desk, "Sentinel")
    body = bodies(sent(fresh))
    assert b"Dhaka Centre" in body
    assert b"Farzana" not in body, "who works here stays here"


def test_files_are_made_small_enough_and_go_on_where_they_stopped(office: Office) -> None:
    desk = office.desk
    for _person in range(12):
        someone(desk, "Sentinel", **{BY_NAME: "given"})
    names = make_files(coordinator(desk), CENTRAL, largest=4096)
    folder = outbox(desk.store.vault.folder)
    assert len(names) > 2
    assert all(folder.size(name) <= 4096 for name in names)
    headers = [open_batch(folder.read(name), office.central).header for name in names]
    assert [header.first for header in headers[1:]] == [header.last + 1 for header in headers[:-1]]
    assert [header.prev for header in headers[1:]] == [header.head for header in headers[:-1]]


def test_why_something_stays_is_a_sentence() -> None:
    assert set(WHY_BACK) == set(Back)
    assert all(text.endswith(".") for text in WHY_BACK.values())


choices = st.sampled_from([None, "given", "refused"])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(choices, choices, choices, st.booleans()), min_size=1, max_size=3))
def test_nothing_outside_the_view_is_in_the_plain_bytes_and_the_preview_tells_the_truth(
    office: Office, people: list[tuple[str | None, str | None, str | None, bool]]
) -> None:
    desk = office.desk
    made: list[tuple[UUID, str, bool]] = []
    for number, (named, coded, counted, secret) in enumerate(people):
        word = f"Sentinel{number}x{len(made)}"
        answers = {BY_NAME: named, CODED: coded, COUNTED: counted}
        case_id = someone(desk, word, **{scope: answer for scope, answer in answers.items() if answer})
        if secret:
            mark_confidential(desk, case_id)
        made.append((case_id, word, named == "given" and not secret))
    [told] = previews(coordinator(desk), CENTRAL)
    with desk.read() as session:
        [planned] = plans(session, CENTRAL, desk.today())
    batches = sent(office)
    body = bodies([batch for batch in batches if batch.header.kind is not Kind.CODED])
    for case_id, word, open_ in made:
        assert (f"{word} Name".encode() in body) == open_
        with desk.read() as session:
            person_id = session.get_one(Case, case_id).person_id
        assert person_id is not None
        assert (person_id.bytes in body) == open_
        assert any(row.goes for row in told.rows if row.case_id == case_id) == open_
        assert all(row.why for row in told.rows if row.case_id == case_id and not row.goes)
    keys = {each.whole.key for each in planned.going if each.back and each.whole.key}
    assert not any(key in body for key in keys), "the key of an operation opens what stays"
    assert_as_shown(desk, [told], batches)


def test_what_more_than_one_file_holds_is_shown_whole(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds so many operations; Send makes all the files, so all are shown."""
    desk = fresh.desk
    for number in range(6):
        someone(desk, f"Sentinel{number}", **{(BY_NAME, CODED, COUNTED)[number % 3]: "given"})
    monkeypatch.setattr("casedesk.sync.planning.MOST_OPERATIONS", 4)
    [told] = previews(coordinator(desk), CENTRAL)
    assert (told.cases, told.coded_cases, told.counted_cases) == (2, 2, 2)
    batches = sent(fresh)
    assert len([each for each in batches if each.header.kind is Kind.CHAIN]) > 2
    assert_as_shown(desk, [told], batches)
    assert previews(coordinator(desk), CENTRAL)[0].is_empty


def test_many_looks_do_not_hold_up_the_work_after_them(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worth no file of its own goes along, however much there is of it."""
    desk = office.desk
    monkeypatch.setattr("casedesk.sync.planning.MOST_OPERATIONS", 3)
    for _look in range(7):
        desk.note("case.looked")
    assert previews(coordinator(desk), CENTRAL)[0].is_empty
    assert sent(office) == []
    someone(desk, "Sentinel", **{BY_NAME: "given"})
    [told] = previews(coordinator(desk), CENTRAL)
    batches = sent(office)
    assert b"Sentinel Name" in bodies(batches)
    assert_as_shown(desk, [told], batches)


def test_a_case_that_is_told_anew_is_shown_before(office: Office) -> None:
    """It was to be forgotten there; what is sent now is all that it says, not what was written since."""
    desk = office.desk
    case_id = someone(desk, "Sentinel", **{BY_NAME: "given"})
    sent(office)
    withdraw(desk, case_id, BY_NAME)
    [told] = previews(coordinator(desk), CENTRAL)
    assert told.forgets == 1
    assert_as_shown(desk, [told], sent(office))
    record_consent(desk, case_id, RecordConsent({BY_NAME: "given"}, method="verbal"))
    [told] = previews(coordinator(desk), CENTRAL)
    assert ("person", "name_en") in {(row.table, row.field) for row in told.rows if row.goes}
    assert_as_shown(desk, [told], sent(office))
    assert previews(coordinator(desk), CENTRAL)[0].is_empty


def test_what_may_be_seen_later_is_shown_before(office: Office) -> None:
    desk = office.desk
    case_id = someone(desk, "Sentinel")
    sent(office)
    record_consent(desk, case_id, RecordConsent({BY_NAME: "given"}, method="verbal"))
    [told] = previews(coordinator(desk), CENTRAL)
    assert {row.kind for row in told.rows if row.goes} == {Kind.CHAIN, Kind.SHOW}
    assert_as_shown(desk, [told], sent(office))


def test_a_row_without_a_name_is_disclosed_when_it_leaves_and_not_when_another_does(office: Office) -> None:
    desk = office.desk
    first = someone(desk, "Sentinel", **{CODED: "given"})
    sent(office)
    second = someone(desk, "Neighbour", **{CODED: "given"})
    sent(office)
    with desk.read() as session:
        rows = session.scalars(select(Disclosure.case_id).where(Disclosure.level == "coded")).all()
    assert Counter(rows) == {first: 1, second: 1}
