"""Fills a centre with any number of cases: a few hundred are registered for real, the rest are copies of them.

A copy has ids, case number and person code of its own, in every table that mentions them, with an operation in the
chain that tells the same of these; so a vault of 100,000 cases has the rows, indexes and journal it would have in life.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import Base, CaseIndex, Chain, Change, NumberKey, Operation, State, recorded_models
from casedesk.services.intake import register_case
from casedesk.services.sign_in import NewCentre, set_up
from casedesk.storage.keys import FLOOR
from casedesk.storage.operations import Leaf, Value, digest, link, new_operation, pack, shown, unpack
from casedesk.values import Money, PartialDay

SIGN_IN = "bench"
PASSPHRASE = "benches are made of old oak"
TEMPLATES = 200
SOME = 500  # copies a transaction
WOMEN = ("রহিমা", "শাহিদা", "নাসিমা", "কোহিনূর", "মরিয়ম", "জরিনা", "সালমা", "রেহানা", "ফাতেমা", "আয়েশা")
MEN = ("করিম", "রফিক", "জসিম", "সোহেল", "মিজান", "আবুল", "হাসান", "কামাল", "রুবেল", "শফিক")
FAMILIES = ("খাতুন", "বেগম", "আক্তার", "মিয়া", "হোসেন", "উদ্দিন", "রহমান", "ইসলাম", "চৌধুরী", "সরকার")
COUNTRIES = ("sa", "ae", "my", "om", "qa", "kw", "lb", "jo")
DISTRICTS = ("dhaka", "madaripur", "cumilla", "sylhet", "tangail", "feni")


Rows = dict[str, list[dict[str, Any]]]  # by table


def make(folder: Path, cases: int, scatter: Callable[[Rows, random.Random], None] | None = None) -> None:
    """A centre with this many cases in an empty folder. Whom to sign in: SIGN_IN, PASSPHRASE.

    `scatter` may change the rows of each copy.
    """
    centre = NewCentre("BEN", "Bench", "", "dhaka", "Benchmark", SIGN_IN, PASSPHRASE, "bn")
    desk, recovery = set_up(folder, centre, FLOOR, device="B2")
    recovery.wipe()
    dice = random.Random(cases)  # noqa: S311 - the same centre each time
    for number in range(min(cases, TEMPLATES)):
        register_case(desk, answers_of(desk, dice, number))
    _copy(desk, cases - TEMPLATES, dice, scatter)
    with desk.local() as session:
        session.execute(text("ANALYZE"))
    desk.store.vault.close()


def answers_of(desk: Desk, dice: random.Random, number: int) -> dict[str, object]:
    woman = dice.random() < 0.5
    back = desk.today() - timedelta(days=dice.randrange(5, 400))
    return {
        "consent_line.case_services": "given",
        "consent_line.store_data": "given",
        "consent_line.share_legal": "given",
        "consent_line.sensitive_data": "given",
        "consent.method": "verbal",
        "consent.giver": "self",
        "person.name_bn": f"{dice.choice(WOMEN if woman else MEN)} {dice.choice(FAMILIES)}",
        "person.sex_gender": "female" if woman else "male",
        "person.age_stated": dice.randrange(28, 55),
        "person.phone_1": f"+88017{number:08d}",
        "person.district": dice.choice(DISTRICTS),
        "migration_episode.destination_country": dice.choice(COUNTRIES),
        "migration_episode.departed_on": PartialDay(back - timedelta(days=dice.randrange(200, 2000))),
        "migration_episode.returned_on": PartialDay(back),
        "migration_episode.manner_of_return": "employer_arranged",
        "migration_episode.main_return_reason": "contract_ended",
        "cost_item.amount": Money(dice.randrange(5, 60) * 1_000_000, "bdt"),
        "debt.outstanding": Money(dice.randrange(0, 30) * 1_000_000, "bdt"),
        "triage.t01_pay_problem": dice.choice(("yes", "no")),
        "triage.t03_papers_held": dice.choice(("yes", "no")),
        "incident.violations": dice.sample(("wages_not_paid", "passport_withheld", "no_weekly_rest"), 2),
        "incident.narrative": "আমাকে পাঁচ মাস বেতন দেয়নি। পাসপোর্ট আটকে রেখেছিল।",
        "need_item.needs": ["recover_wages", "skills_training"],
        "safety_flag.none": True,
        "case.case_subject": "returnee",
        "case.intake_place": "centre_office",
        "case.intake_district": "dhaka",
        "case.priority": dice.choice(("urgent", "high", "medium", "medium", "low")),
        "case.next_contact_on": desk.today() + timedelta(days=dice.randrange(0, 60)),
    }


def _copy(desk: Desk, wanted: int, dice: random.Random, scatter: Callable[[Rows, random.Random], None] | None) -> None:
    with desk.read() as session:
        patterns = [_rows_of(session, number) for number in session.scalars(select(Operation.seq)) if number > 1]
    patterns = [pattern for pattern in patterns if pattern["case"]]
    made = 0
    while made < wanted:
        some = min(SOME, wanted - made)
        with desk.local() as session:
            session.execute(text("UPDATE gate SET open = 1"))
            copies = [_renamed(dice.choice(patterns), TEMPLATES + made + n) for n in range(some)]
            if scatter is not None:
                for copy in copies:
                    scatter(copy, dice)
            _write(session, iter(copies))
            session.execute(text("UPDATE gate SET open = 0"))
        made += some


def _rows_of(session: Session, number: int) -> dict[str, list[dict[str, Any]]]:
    """Every row that one registering made, by table."""
    ids = set(session.scalars(select(Change.record).where(Change.operation_seq == number)))
    rows: dict[str, list[dict[str, Any]]] = {}
    tables = Base.metadata.tables
    for name in recorded_models():
        table = tables[name]
        rows[name] = [dict(r._mapping) for r in session.execute(select(table).where(table.c.id.in_(ids)))]
    cases = [row["id"] for row in rows["case"]]
    for table in (tables[model.__tablename__] for model in (CaseIndex, NumberKey, State)):
        rows[table.name] = [dict(r._mapping) for r in session.execute(select(table).where(table.c.case_id.in_(cases)))]
    for table, key in ((tables["operation"], "seq"), (tables["change"], "operation_seq")):
        rows[table.name] = [dict(r._mapping) for r in session.execute(select(table).where(table.c[key] == number))]
    found = session.execute(
        text("SELECT w.words, w.sounds FROM case_words w JOIN case_index i ON i.row = w.rowid WHERE i.case_id = :case"),
        {"case": cases[0].hex if cases else ""},
    )
    rows["case_words"] = [dict(r._mapping) for r in found]
    return rows


def _renamed(pattern: dict[str, list[dict[str, Any]]], number: int) -> dict[str, list[dict[str, Any]]]:
    fresh: dict[UUID, UUID] = {row["id"]: uuid4() for name in recorded_models() for row in pattern[name]}
    case_number = f"BEN-26-B2-{number:05d}-0"
    rows: Rows = {
        table: [{k: fresh.get(v, v) if isinstance(v, UUID) else v for k, v in row.items()} for row in some]
        for table, some in pattern.items()
    }
    own = {"case_number": case_number, "person_code": f"B{number:09d}", "phone_1": f"+88017{number:08d}"}
    for row in rows["case"] + rows["person"] + rows["case_index"]:
        row |= {name: value for name, value in own.items() if name in row}
    rows["operation"][0]["body"] = _told_of_others(rows["operation"][0]["body"], fresh, own)
    rows["case_index"][0].pop("row")
    rows["number_key"] = [
        {"case_id": rows["case"][0]["id"], "kind": kind, "key": key}
        for kind, key in (("case", case_number.replace("-", "")), ("phone", f"017{number:08d}"))
    ]
    return rows


def _told_of_others(body: bytes, fresh: dict[UUID, UUID], own: dict[str, str]) -> bytes:
    """The operation, about the records of the copy."""
    (operation,) = unpack(body)
    ids = {old.bytes: new.bytes for old, new in fresh.items()}
    leaves: dict[int, list[Leaf]] = {}
    for level, leaf in shown(operation):
        value: Value = ids.get(leaf.value, leaf.value) if isinstance(leaf.value, bytes) else leaf.value
        if value is not None:
            value = own.get(leaf.field, value)
        leaves.setdefault(level, []).append(Leaf(leaf.table, ids.get(leaf.record, leaf.record), leaf.field, value))
    facts = {name: getattr(operation, name) for name in ("wall", "flags", "actor", "kind", "schema")}
    return pack([new_operation(leaves, **facts)])


def _write(session: Session, copies: Iterator[dict[str, list[dict[str, Any]]]]) -> None:
    chain = session.scalars(select(Chain)).one()
    gathered: dict[str, list[dict[str, Any]]] = {}
    seq = session.scalar(select(Operation.seq).order_by(Operation.seq.desc()).limit(1)) or 0
    row_number = session.scalar(select(CaseIndex.row).order_by(CaseIndex.row.desc()).limit(1)) or 0
    for copy in copies:
        seq, row_number = seq + 1, row_number + 1
        (operation,) = unpack(copy["operation"][0]["body"])
        fingerprint = digest(chain.held + 1, operation)
        chain.head = link(chain.head, chain.id, chain.held + 1, fingerprint)
        chain.held += 1
        copy["operation"][0] |= {"seq": seq, "chain_seq": chain.held, "digest": fingerprint, "link": chain.head}
        for change in copy["change"]:
            change["operation_seq"] = seq
        copy["case_index"][0]["row"] = row_number
        copy["case_words"][0]["row"] = row_number
        for table, rows in copy.items():
            gathered.setdefault(table, []).extend(rows)
    words = gathered.pop("case_words")
    session.execute(text("INSERT INTO case_words(rowid, words, sounds) VALUES (:row, :words, :sounds)"), words)
    for name, rows in gathered.items():
        if rows:
            session.connection().execute(insert(Base.metadata.tables[name]), rows)
