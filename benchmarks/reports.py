"""Reports against the leanest hand-written SQL for the same numbers, pandas, and LibreOffice Calc.

PYTHONPATH=src python -m benchmarks.reports [--sizes 1000,20000,100000]

pandas and LibreOffice start from the register as a file, as an office without this program would: one row a case.
Both are left out where they are missing (`pip install pandas`; `apt-get install libreoffice-calc`).
"""

# ruff: noqa: S608 - the statements are written here and what varies is bound
from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import xlsxwriter  # type: ignore[import-untyped, unused-ignore]

from benchmarks import generator, national
from benchmarks.__main__ import HEAD, SIZES, tell
from benchmarks.pairs import Result, paired
from casedesk import codelists
from casedesk.desk import Desk
from casedesk.services.sign_in import sign_in
from casedesk.services.statistics import compute, periods, suppress, tables
from casedesk.services.statistics.compute import Asked
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.periods import Period, begins
from casedesk.services.statistics.reports import make
from casedesk.services.statistics.shapes import Request

ROUNDS = 9
COUNTS = "i.status <> 'merged'"  # nobody of the benchmark was registered by mistake


def _switch(column: str, code_list: str, to: str, otherwise: str = "null") -> str:
    """What a column of a code list says beside the code."""
    ways = (f"when '{row.code}' then '{row.extra[to]}'" for row in codelists.get(code_list) if row.extra[to])
    return f"case {column} {' '.join(ways)} else {otherwise} end"


def _quoted(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


VIOLATION_TYPES = codelists.get("violation_type")
SEX = _switch("i.sex_gender", "sex_gender", "report_group", "'unknown'")
ILO = _switch("v.violation", "violation_type", "ilo_indicator")
CLOSING = _switch("e.reason_code", "closure_reason", "counts_as", "'neutral'")
GBV = _switch("v.violation", "violation_type", "gbvims_type")
SEXUAL = _quoted(row.code for row in VIOLATION_TYPES if row.extra["group"] == "sexual_violence")
GBV_CODES = _quoted(row.code for row in VIOLATION_TYPES if row.extra["gbvims_type"])
BOTH = "i.opened_on >= :before and i.opened_on <= :last"
NOW = "i.opened_on >= :first"
DAY = "julianday({}, '+6 hours')"
OPEN = (
    "i.opened_on <= :then and i.case_id not in (select s.entity_id from status_event s where s.to_status in"
    " ('closed', 'transferred_out', 'merged') and s.at < :ends and s.removed_at is null)"
)
TALKED = (
    "i.opened_on >= :month_day or i.case_id in (select f.case_id from follow_up f where f.done_at >= :month"
    " and f.done_at < :ends and f.removed_at is null) or i.case_id in (select n.case_id from case_note n"
    " where n.at >= :month and n.at < :ends and n.removed_at is null)"
)
WITHOUT = (
    f"select {SEX}, 1, count(*), sum(not ({TALKED})) from case_index i where {COUNTS} and {OPEN} group by 1"
)  # fmt: skip
SENT = (
    "from referral r join state s on s.entity_id = r.id join case_index i on i.case_id = r.case_id"
    " where r.removed_at is null and s.status not in ('draft', 'ready', 'cancelled') and i.status <> 'merged'"
    " and r.sent_at >= :begins and r.sent_at < :{}"
)
DUE = (
    "from follow_up f join state s on s.entity_id = f.id join case_index i on i.case_id = f.case_id"
    " where f.removed_at is null and s.status in ('planned', 'done', 'tried_no_contact') and f.due_on >= :before"
    " and f.due_on <= :ripe and i.status <> 'merged'"
)


class Twin(NamedTuple):
    """A statement written by hand that gives the codes, whether it is this period, how many, and how many of them."""

    indicator: str
    by: tuple[str, ...]
    sql: str


ACTIVITY = (
    Twin("IND-01", ("category", "sex"),
         f"select i.category, {SEX}, {NOW}, count(*), 0 from case_index i where {COUNTS} and {BOTH} group by 1, 2, 3"),
    Twin("", (), f"select substr(i.opened_on, 1, 7), i.category, count(*) from case_index i where {COUNTS}"
         " and i.opened_on >= :six and i.opened_on <= :last group by 1, 2"),
    Twin("IND-01", ("country",),
         f"select i.country, {NOW}, count(*), 0 from case_index i where {COUNTS} and {BOTH} group by 1, 2"),
    Twin("IND-10", ("sex",), WITHOUT),
    Twin("", (), WITHOUT.replace(":then", ":then0").replace(":ends", ":ends0").replace(":month_day", ":month_day0")
         .replace(":month ", ":month0 ")),
    Twin("IND-06", ("sex",), f"select {SEX}, raised_at >= :here, count(*), sum(first_action_at <= due_at)"
         " from safety_flag g join case_index i on i.case_id = g.case_id where g.removed_at is null"
         " and raised_at >= :begins and raised_at < :ends and i.status <> 'merged'"
         " and (due_at <= :now or first_action_at is not null) group by 1, 2"),
    Twin("IND-09", ("sex",), f"select {SEX}, f.due_on >= :first, count(*), sum(s.status = 'done' and"
         f" cast({DAY.format('f.done_at')} - 0.5 as integer) <= cast({DAY.format('f.due_on')} - 0.5 as integer) + 3)"
         f" {DUE} group by 1, 2"),
    Twin("SENT", ("sex",), f"select {SEX}, r.sent_at >= :here, count(*), 0 {SENT.format('ends')} group by 1, 2"),
    Twin("IND-20", ("sex",), f"select {SEX}, r.sent_at >= :here, count(*), sum(r.accepted_at is not null)"
         f" {SENT.format('ends14')} group by 1, 2"),
    Twin("IND-40", ("closing", "sex"),
         f"select {CLOSING},"
         f" {SEX}, e.at >= :here, count(*), 0 from status_event e join case_index i on i.case_id = e.case_id"
         " where e.removed_at is null and e.entity = 'case' and e.to_status = 'closed' and e.at >= :begins"
         " and e.at < :ends and i.status <> 'merged' group by 1, 2, 3"),
    Twin("", (), f"select julianday(service_started_on) - julianday(sent_at), service {SENT.format('ends')}"
         " and r.sent_at >= :here and service_started_on is not null"),
)  # fmt: skip
SCREENED = (
    "(exists (select 1 from triage t where t.case_id = i.case_id and t.removed_at is null)"
    " or exists (select 1 from incident n where n.case_id = i.case_id and n.removed_at is null))"
)
STANDS = "v.removed_at is null and coalesce(n.status, '') not in ('withdrawn', 'not_supported')"
TOLD = (
    "from case_index i join incident_violation v on v.case_id = i.case_id left join incident n on n.id = v.incident_id"
    f" where {STANDS} and i.status <> 'merged' and {BOTH}"
)
OTHERS = f"{TOLD} and v.violation not in ({SEXUAL})"
JOURNEY = ' left join "case" c on c.id = i.case_id left join migration_episode e on e.id = c.index_episode_id where '
HIRED = (
    "(select min(r.type) from recruiter_involvement j join recruiter r on r.id = j.recruiter_id"
    " where j.episode_id = c.index_episode_id and j.removed_at is null and r.removed_at is null)"
)
WAGES = (
    "exists (select 1 from incident_violation v left join incident n on n.id = v.incident_id where v.case_id ="
    f" i.case_id and {STANDS} and v.violation in ('wages_not_paid', 'wages_underpaid'))"
)
SIGNS = (
    f"select i.case_id, {SEX} as sex, {NOW} as here, (select count(distinct {ILO}) from incident_violation v"
    f" left join incident n on n.id = v.incident_id where v.case_id = i.case_id and {STANDS}) as signs"
    f" from case_index i where {COUNTS} and {BOTH} and {SCREENED}"
)
VIOLATIONS = (
    Twin("SCREENED", ("sex",),
         f"select {SEX}, {NOW}, count(*), 0 from case_index i where {COUNTS} and {BOTH} and {SCREENED} group by 1, 2"),
    *(
        Twin("IND-11", (by, "sex"), f"select {column}, {SEX}, {NOW}, count(distinct i.case_id), 0"
             f" {OTHERS.replace(' where ', journey, 1) if journey else OTHERS} group by 1, 2, 3")
        for by, column, journey in (("violation", "v.violation", ""), ("stage", "n.stage", ""),
                                    ("industry", "e.industry", JOURNEY), ("recruiter", HIRED, JOURNEY))
    ),
    Twin("IND-12", ("ilo", "sex"), "select case when signs = 0 then 'none' when signs < 3 then 'one_or_two'"
         " when signs < 5 then 'three_or_four' else 'five_or_more' end, sex, here, count(*), 0"
         f" from ({SIGNS}) group by 1, 2, 3"),
    Twin("IND-14", (), f"select {NOW}, count(*), sum({WAGES}) from case_index i where {COUNTS} and {BOTH}"
         f" and {SCREENED} group by 1"),
    Twin("SEXUAL", (), f"select {NOW}, count(distinct i.case_id), 0 {TOLD} and v.violation in ({SEXUAL}) group by 1"),
    Twin("IND-16", ("gbv",), f"select {GBV}, {NOW}, count(distinct v.incident_id), 0 {TOLD}"
         f" and v.violation in ({GBV_CODES}) and n.id is not null group by 1, 2"),
    Twin("", (), "select substr(v.amount_owed, 5), i.country from case_index i join incident_violation v on v.case_id"
         f" = i.case_id where v.amount_owed is not null and v.removed_at is null and {BOTH} and {NOW}"),
)  # fmt: skip


def same_numbers(desk: Desk, period: Period, twins: Sequence[Twin]) -> list[str]:
    """Where a statement written by hand says something else than the report counts, before anything is hidden."""
    cursor, values = desk.store.vault.reader.raw_connection().cursor(), _values(desk, period)
    wrong = []
    with desk.read() as session:
        for twin in twins:
            if not twin.indicator:
                continue
            found = compute.tallies(session, Asked.of(desk), INDICATORS[twin.indicator], [period], twin.by)[0]
            ours = {codes: (tally.count, tally.hits) for codes, tally in found.items()}
            theirs = {
                tuple(codes): (count, hits or 0) for *codes, now, count, hits in cursor.execute(twin.sql, values) if now
            }
            if ours != theirs:
                wrong.append(f"{twin.indicator} by {', '.join(twin.by)}: {ours} and not {theirs}")
    return wrong


def against_sql(desk: Desk, cases: int, period: Period) -> Iterator[Result]:
    """The whole report, in words and with small numbers hidden, against the bare statements."""
    cursor = desk.store.vault.reader.raw_connection().cursor()
    values = _values(desk, period)

    def bare(twins: tuple[Twin, ...]) -> Callable[[], object]:
        return lambda: [cursor.execute(twin.sql, values).fetchall() for twin in twins]

    for name, twins in (("R1", ACTIVITY), ("R4", VIOLATIONS)):
        if wrong := same_numbers(desk, period, twins):
            raise SystemExit("\n".join(wrong))
        ours, theirs = paired(partial(make, desk, Request(name, period)), bare(twins), ROUNDS)
        yield Result(f"{name} of a month, against bare SQL", cases, ours, theirs, 2.0)


def _values(desk: Desk, period: Period) -> dict[str, str]:
    today, month = desk.today(), timedelta(days=30)
    before, six = period.before(), periods.calendar(periods.Kind.MONTH, period.first)
    for _month in range(5):
        six = six.before()
    after = period.last + timedelta(days=1)
    return {
        "first": period.first.isoformat(), "last": period.last.isoformat(), "before": before.first.isoformat(),
        "six": six.first.isoformat(), "then": period.last.isoformat(), "then0": before.last.isoformat(),
        "begins": _stamp(before.first), "here": _stamp(period.first), "ends": _stamp(after),
        "ends0": _stamp(period.first),
        "ends14": _stamp(min(after, today - timedelta(days=13))),
        "ripe": min(period.last, today - timedelta(days=4)).isoformat(), "now": _moment(desk.clock()),
        "month": _stamp(period.last - month), "month0": _stamp(before.last - month),
        "month_day": (period.last - month).isoformat(), "month_day0": (before.last - month).isoformat(),
    }  # fmt: skip


def _stamp(day: date) -> str:
    """The first moment of a day in Dhaka, as the store keeps it."""
    return _moment(begins(day))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def against_files(desk: Desk, cases: int, period: Period, folder: Path) -> Iterator[Result]:
    """New cases by category and sex: our table, counted, protected and in words, against the exported register's."""
    register = folder / "register.csv"
    with desk.read() as session, register.open("w", newline="", encoding="utf-8") as file:
        found = session.connection().exec_driver_sql("select opened_on, category, sex_gender, country from case_index")
        csv.writer(file).writerows([("opened", "category", "sex", "country"), *map(tuple, found)])
    ours_too = partial(_our_table, desk, period)
    if find_spec("pandas") is None:
        print("pandas is not here: pip install pandas")
    else:
        ours, theirs = paired(ours_too, lambda: _in_pandas(register, period), 3)
        yield Result("a table of R1, against pandas", cases, ours, theirs, 0.5)
    if shutil.which("soffice") is None:
        print("LibreOffice is not here: apt-get install libreoffice-calc")
    else:
        ours, theirs = paired(ours_too, lambda: _in_calc(register, folder, period), 1)
        yield Result("a table of R1, against LibreOffice Calc", cases, ours, theirs, 0.1)


def _our_table(desk: Desk, period: Period) -> object:
    with desk.read() as session:
        maker = tables.Maker(session, Asked.of(desk), (period,), suppress.INSIDE, opens=False)
        return tables.rows_of(
            maker, tables.block(maker, INDICATORS["IND-01"], "category", tables.sexes()), tables.sexes()
        )


def _in_pandas(register: Path, period: Period) -> object:
    import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]

    table = pd.read_csv(register, parse_dates=["opened"])
    within = table[(table.opened >= str(period.first)) & (table.opened <= str(period.last))]
    return pd.crosstab(within.category.fillna("unknown"), within.sex, margins=True)


def _in_calc(register: Path, folder: Path, period: Period) -> None:
    """A workbook with the register and COUNTIFS, computed by LibreOffice."""
    path = folder / "register.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book, register.open(encoding="utf-8") as file:
        sheet = book.add_worksheet("Table")
        for row, category in enumerate(("returned_success", "returned_unsuccessful", "returned_victim")):
            for column, sex in enumerate(("female", "male")):
                sheet.write_formula(
                    row, column,
                    f'=COUNTIFS(Register.A:A,">={period.first}",Register.A:A,"<={period.last}",Register.B:B,"{category}",'
                    f'Register.C:C,"{sex}")'.replace("Register.", "Register!"),
                )  # fmt: skip
        data = book.add_worksheet("Register")
        for number, line in enumerate(csv.reader(file)):
            data.write_row(number, 0, line)
    command = ["soffice", "--headless", "--convert-to", "csv", "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.reports", description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="numbers of cases, separated by commas")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    for cases in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            began = time.perf_counter()
            national.make(Path(scratch) / "centre", cases)
            print(f"made in {time.perf_counter() - began:.0f} s")
            desk = sign_in(Path(scratch) / "centre", generator.SIGN_IN, generator.PASSPHRASE)
            period = periods.calendar(periods.Kind.MONTH, desk.today()).before()
            for result in (*against_sql(desk, cases, period), *against_files(desk, cases, period, Path(scratch))):
                tell(result)
            desk.store.vault.close()


if __name__ == "__main__":
    main()
