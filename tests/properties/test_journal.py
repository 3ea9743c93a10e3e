"""Whatever is done, the journal tells the records again, the chain holds, and what is computed equals a rebuild."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from casedesk import codelists
from casedesk.fields import Field, Kind, tidy
from casedesk.models import Operation, Recorded, fields_of, recorded_models
from casedesk.services.cases import mark_confidential
from casedesk.services.intake import register_case
from casedesk.services.sign_in import set_up, sign_in
from casedesk.storage.checking import check
from casedesk.storage.keys import FLOOR
from casedesk.storage.operations import Value, shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE, to_leaf
from casedesk.values import Money, PartialDay, Precision
from tests.conftest import CENTRE, NOW, PASSPHRASE
from tests.support.people import a_returnee

STEPS = 12
ORPHAN = "points to nothing."  # references are given at random here
PEOPLE = ("রহিমা খাতুন", "Rahima Khatun", "মোঃ করিম", "Karim", "Smith <Jones", "=cmd()")
LIFE = {"case": "case_status", "follow_up": "followup_status", "referral": "referral_status"}
POINTS_TO = {"case_id": "case", "person_id": "person", "episode_id": "migration_episode"}
# What an event is of never changes: it is written once with the event.
FIXED = {"status_event": {"entity", "entity_id"}}

texts = st.sampled_from(PEOPLE) | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as it asks
days = st.dates(date(1930, 1, 1), date(2099, 12, 31))


def values_for(declared: Field) -> st.SearchStrategy[object]:
    """Any value that the field may have, as its declaration says."""
    codes = [row.code for row in codelists.get(declared.code_list)] if declared.code_list else []
    found: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.LINE: texts.map(lambda text: text[: declared.longest]),
        Kind.TEXT: texts,
        Kind.PHONE: st.integers(10_000_000, 99_999_999).map(lambda number: f"+88017{number}"),
        Kind.DAY: days,
        Kind.PARTIAL_DAY: st.builds(PartialDay, days, st.sampled_from(Precision)),
        Kind.MOMENT: moments,
        Kind.CODE: st.sampled_from(codes or [""]),
        Kind.CODES: st.lists(st.sampled_from(codes or [""]), max_size=3),
        Kind.LINES: st.lists(texts, max_size=3),
        Kind.ANSWER: st.sampled_from(codes or [""]),
        Kind.TICK: st.booleans(),
        Kind.COUNT: st.integers(declared.least or 0, declared.most or 10),
        Kind.MONEY: st.builds(Money, st.integers(0, 10**12), st.sampled_from(["bdt", "sar", "kwd"])),
        Kind.REFERENCE: st.uuids(),
        Kind.REFERENCES: st.lists(st.uuids().map(str), max_size=2),
    }
    return (st.none() | found[declared.kind]).map(lambda value: tidy(declared, value))


@cache
def strategy_of(table: str) -> st.SearchStrategy[dict[str, object]]:
    """A few fields of a record of this table."""
    model = recorded_models()[table]
    fixed = {"removed_at", *FIXED.get(table, ())}
    names = {name: values_for(declared) for name, declared in fields_of(model).items() if name not in fixed}
    if table == "status_event":
        states = sorted({row.code for name in LIFE.values() for row in codelists.get(name)})
        names |= {name: st.none() | st.sampled_from(states) for name in ("from_status", "to_status")}
    some = st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=5, unique=True)
    return some.flatmap(lambda chosen: st.fixed_dictionaries({name: names[name] for name in chosen}))


tables = st.sampled_from(sorted(recorded_models()))
of_any_table = tables.flatmap(lambda table: st.tuples(st.just(table), strategy_of(table)))
picks = st.integers(0, 10_000)


class TookItBack(Exception):
    """What a use case raises when it cannot go on."""


@cache
def centre() -> Path:
    """A centre just set up, to be copied for each run."""
    folder = Path(tempfile.mkdtemp(prefix="casedesk-journal-"))
    desk, recovery = set_up(folder / "store", CENTRE, FLOOR, lambda: NOW, device="K3")
    recovery.wipe()
    desk.store.vault.close()
    return folder


class Journal(RuleBasedStateMachine):
    """One desk, and everything that may happen to its records."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="casedesk-journal-"))
        store = shutil.copytree(centre() / "store", self.folder / "store")
        self.desk = sign_in(Path(store), "farzana", PASSPHRASE, lambda: NOW)
        self.ids: list[tuple[str, UUID]] = []
        self.registered = 0
        self._remember()

    def _remember(self) -> None:
        with self.desk.read() as session:
            self.ids = [
                (table, id_)
                for table, model in recorded_models().items()
                for id_ in sorted(session.scalars(select(model.id)))
            ]

    def _of(self, table: str, pick: int) -> UUID | None:
        found = [id_ for name, id_ in self.ids if name == table]
        return found[pick % len(found)] if found else None

    def _joined(self, values: dict[str, object], pick: int) -> dict[str, object]:
        """The values, with references to records that are here."""
        links = {name: to for name, table in POINTS_TO.items() if name in values and (to := self._of(table, pick))}
        return values | links

    @rule(name=st.sampled_from(PEOPLE), pick=picks, secret=st.booleans())
    def register(self, name: str, pick: int, *, secret: bool) -> None:
        self.registered += 1
        phone = f"+8801711{self.registered // 2:06d}"  # every number belongs to two
        district = ("khulna", "madaripur")[pick % 2]
        answers = a_returnee(person__name_en=name, person__phone_1=phone, person__district=district)
        case_id = register_case(self.desk, answers)
        if secret:
            mark_confidential(self.desk, case_id)
        self._remember()

    @rule(what=of_any_table, pick=picks)
    def add(self, what: tuple[str, dict[str, object]], pick: int) -> None:
        table, values = what
        values = self._joined(values, pick)
        if table == "status_event":
            entity = sorted(LIFE)[pick % len(LIFE)]
            values |= {"entity": entity, "entity_id": self._of(entity, pick)}
        with self.desk.write("test.add") as session:
            session.add(recorded_models()[table](**values))
        self._remember()

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), times=st.integers(1, 3))
    def edit(self, data: st.DataObject, times: int) -> None:
        with self.desk.write("test.edit") as session:
            for _time in range(times):
                table, id_ = data.draw(st.sampled_from(self.ids))
                self._set(
                    session.get_one(recorded_models()[table], id_), data.draw(strategy_of(table)), data.draw(picks)
                )
                session.flush()

    def _set(self, record: Recorded, values: dict[str, object], pick: int) -> None:
        for name, value in self._joined(values, pick).items():
            setattr(record, name, value)

    @rule(pick=picks, back=st.booleans())
    def remove(self, pick: int, *, back: bool) -> None:
        table, id_ = self.ids[pick % len(self.ids)]
        with self.desk.write("test.remove", about=id_) as session:
            session.get_one(recorded_models()[table], id_).removed_at = None if back else NOW

    @rule(pick=picks, what=of_any_table)
    def fail(self, pick: int, what: tuple[str, dict[str, object]]) -> None:
        try:
            with self.desk.write("test.fail") as session:
                table, id_ = self.ids[pick % len(self.ids)]
                session.get_one(recorded_models()[table], id_).removed_at = NOW
                session.add(recorded_models()[what[0]](**what[1]))
                session.flush()
                raise TookItBack
        except TookItBack:
            pass

    @rule(what=of_any_table, pick=picks)
    def take_back_half(self, what: tuple[str, dict[str, object]], pick: int) -> None:
        with self.desk.write("test.half") as session:
            point = session.begin_nested()
            table, id_ = self.ids[pick % len(self.ids)]
            session.get_one(recorded_models()[table], id_).removed_at = NOW
            session.add(recorded_models()[what[0]](**what[1]))
            session.flush()
            point.rollback()

    @rule(pick=picks)
    def look(self, pick: int) -> None:
        self.desk.note("test.look", about=self.ids[pick % len(self.ids)][1])

    @invariant()
    def the_journal_tells_the_records(self) -> None:
        assert self._replayed() == self._records()
        wrong = [said for said in check(self.desk.store).wrong if not said.endswith(ORPHAN)]
        assert wrong == []

    def _replayed(self) -> dict[tuple[str, bytes], dict[str, Value]]:
        told: dict[tuple[str, bytes], dict[str, Value]] = {}
        with self.desk.read() as session:
            for body in session.scalars(select(Operation.body).order_by(Operation.chain_seq)):
                for _level, leaf in shown(unpack(body)[0]):
                    if leaf.table != OPERATION_TABLE:
                        told.setdefault((leaf.table, leaf.record), {})[leaf.field] = leaf.value
        return {key: said for key, values in told.items() if (said := _said(values))}

    def _records(self) -> dict[tuple[str, bytes], dict[str, Value]]:
        found: dict[tuple[str, bytes], dict[str, Value]] = {}
        with self.desk.read() as session:
            for table, model in recorded_models().items():
                for record in session.scalars(select(model)):
                    values = {name: to_leaf(getattr(record, name)) for name in fields_of(model)}
                    if said := _said(values):
                        found[table, record.id.bytes] = said
        return found

    def teardown(self) -> None:
        self.desk.store.vault.close()
        shutil.rmtree(self.folder)


def _said(values: dict[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture(scope="module", autouse=True)
def _no_copies_left() -> Any:
    yield
    shutil.rmtree(centre())


def test_the_journal_tells_the_same_as_the_records_whatever_is_done(rounds: int) -> None:
    wanted = settings(
        max_examples=max(1, rounds * 3 // 4),
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Journal, settings=wanted)


def test_a_case_that_says_nothing_stands_in_no_list() -> None:
    state = Journal()
    state.add(pick=0, what=("case", {"begun_at": None}))
    state.the_journal_tells_the_records()
    state.teardown()


def test_there_is_a_value_for_every_kind_of_field() -> None:
    declared = [field for model in recorded_models().values() for field in fields_of(model).values()]
    assert {field.kind for field in declared} == set(Kind)
