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
from collections.abc import Callable, Iterator
from datetime import UTC, date, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped, unused-ignore]

from benchmarks import generator, national
from benchmarks.__main__ import HEAD, SIZES, tell
from benchmarks.pairs import Result, paired
from casedesk.desk import Desk
from casedesk.services.office import sign_in
from casedesk.services.statistics import periods
from casedesk.services.statistics.periods import Period, begins
from casedesk.services.statistics.reports import make
from casedesk.services.statistics.shapes import Request

ROUNDS = 9
COUNTS = "i.status <> 'merged'"  # nobody of the benchmark was registered by mistake
SEX = "case i.sex_gender when 'female' then 'w' when 'male' then 'm' else 'o' end"
BOTH = "i.opened_on >= :before and i.opened_on <= :last"
NOW = "i.opened_on >= :first"
OPEN = (
    "i.opened_on <= :then and not exists (select 1 from status_event s where s.entity_id = i.case_id"
    " and s.to_status in ('closed', 'transferred_out', 'merged') and s.at < :ends and s.removed_at is null)"
)
TALKED = (
    "exists (select 1 from follow_up f where f.case_id = i.case_id and f.done_at >= :month and f.removed_at is null)"
    " or exists (select 1 from case_note n where n.case_id = i.case_id and n.at >= :month and n.removed_at is null)"
    ' or exists (select 1 from "case" c where c.id = i.case_id and c.registered_at >= :month)'
)
SENT = (
    "from referral r join state s on s.entity_id = r.id join case_index i on i.case_id = r.case_id"
    " where r.removed_at is null and s.status not in ('draft', 'ready', 'cancelled') and i.status <> 'merged'"
    " and r.sent_at >= :begins and r.sent_at < :ends"
)
DUE = (
    "from follow_up f join state s on s.entity_id = f.id join case_index i on i.case_id = f.case_id"
    " where f.removed_at is null and s.status in ('planned', 'done', 'tried_no_contact') and f.due_on >= :before"
    " and f.due_on <= :last and i.status <> 'merged'"
)
ACTIVITY = (
    f"select i.category, {SEX}, {NOW}, count(*) from case_index i where {COUNTS} and {BOTH} group by 1, 2, 3",
    f"select substr(i.opened_on, 1, 7), i.category, count(*) from case_index i where {COUNTS} and i.opened_on >= :six"
    " and i.opened_on <= :last group by 1, 2",
    f"select i.country, {NOW}, count(*) from case_index i where {COUNTS} and {BOTH} group by 1, 2",
    f"select {SEX}, count(*), sum(not ({TALKED})) from case_index i where {COUNTS} and {OPEN} group by 1",
    f"select {SEX}, count(*), sum(not ({TALKED})) from case_index i where {COUNTS}"
    f" and {OPEN.replace(':then', ':then0').replace(':ends', ':ends0')} group by 1".replace(":month", ":month0"),
    f"select {SEX}, count(*), sum(first_action_at <= due_at) from safety_flag g"
    " join case_index i on i.case_id = g.case_id where g.removed_at is null and raised_at >= :begins"
    " and raised_at < :ends and i.status <> 'merged' group by 1",
    f"select {SEX}, f.due_on >= :first, count(*), sum(f.done_at <= f.due_on) {DUE} group by 1, 2",
    f"select {SEX}, r.sent_at >= :here, count(*), sum(r.accepted_at is not null) {SENT} group by 1, 2",
    f"select {SEX}, count(*) from status_event e join case_index i on i.case_id = e.case_id where e.removed_at is null"
    " and e.entity = 'case' and e.to_status = 'closed' and e.at >= :begins and e.at < :ends and i.status <> 'merged'"
    " group by 1",
    f"select julianday(service_started_on) - julianday(sent_at), service {SENT} and service_started_on is not null",
)
SCREENED = (
    "(exists (select 1 from triage t where t.case_id = i.case_id and t.removed_at is null)"
    " or exists (select 1 from incident n where n.case_id = i.case_id and n.removed_at is null))"
)
TOLD = (
    "from case_index i join incident_violation v on v.case_id = i.case_id left join incident n on n.id = v.incident_id"
    " where v.removed_at is null and i.status <> 'merged' and coalesce(n.status, '') not in ('withdrawn',"
    f" 'not_supported') and {BOTH}"
)
JOURNEY = ' left join "case" c on c.id = i.case_id left join migration_episode e on e.id = c.index_episode_id where '
VIOLATIONS = (
    f"select {SEX}, {NOW}, count(*) from case_index i where {COUNTS} and {BOTH} and {SCREENED} group by 1, 2",
    f"select v.violation, {SEX}, {NOW}, count(distinct i.case_id) {TOLD} group by 1, 2, 3",
    f"select n.stage, {SEX}, {NOW}, count(distinct i.case_id) {TOLD} group by 1, 2, 3",
    f"select e.industry, {SEX}, {NOW}, count(distinct i.case_id) {TOLD.replace(' where ', JOURNEY, 1)}"
    " group by 1, 2, 3",
    f"select i.case_id, {SEX}, {NOW}, count(distinct v.violation), max(v.violation = 'wages_not_paid') {TOLD}"
    " group by 1",
    "select substr(v.amount_owed, 5), i.country from case_index i join incident_violation v on v.case_id = i.case_id"
    f" where v.amount_owed is not null and {BOTH}",
)  # fmt: skip


def against_sql(desk: Desk, cases: int, period: Period) -> Iterator[Result]:
    """The whole report, in words and with small numbers hidden, against the bare statements."""
    cursor = desk.store.vault.reader.raw_connection().cursor()
    values = _values(period)

    def bare(statements: tuple[str, ...]) -> Callable[[], object]:
        return lambda: [cursor.execute(statement, values).fetchall() for statement in statements]

    for name, statements in (("R1", ACTIVITY), ("R4", VIOLATIONS)):
        ours, theirs = paired(partial(make, desk, Request(name, period)), bare(statements), ROUNDS)
        yield Result(f"{name} of a month, against bare SQL", cases, ours, theirs, 2.0)


def _values(period: Period) -> dict[str, str]:
    before, six = period.before(), periods.last_months(period.first, 6)[0]
    after = period.last + timedelta(days=1)
    return {
        "first": period.first.isoformat(), "last": period.last.isoformat(), "before": before.first.isoformat(),
        "six": six.first.isoformat(), "then": period.last.isoformat(), "then0": before.last.isoformat(),
        "begins": _stamp(before.first), "here": _stamp(period.first), "ends": _stamp(after),
        "ends0": _stamp(period.first),
        "month": _stamp(period.last - timedelta(days=30)), "month0": _stamp(before.last - timedelta(days=30)),
    }  # fmt: skip


def _stamp(day: date) -> str:
    """The first moment of a day in Dhaka, as the store keeps it."""
    return f"{begins(day).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def against_files(desk: Desk, cases: int, period: Period, folder: Path) -> Iterator[Result]:
    """New cases by category and sex from the exported register."""
    register = folder / "register.csv"
    with desk.read() as session, register.open("w", newline="", encoding="utf-8") as file:
        found = session.connection().exec_driver_sql("select opened_on, category, sex_gender, country from case_index")
        csv.writer(file).writerows([("opened", "category", "sex", "country"), *map(tuple, found)])
    report = lambda: make(desk, Request("R1", period))  # noqa: E731
    if find_spec("pandas") is None:
        print("pandas is not here: pip install pandas")
    else:
        ours, theirs = paired(report, lambda: _in_pandas(register, period), 3)
        yield Result("R1, against one of its tables by pandas", cases, ours, theirs, 1.0)
    if shutil.which("soffice") is None:
        print("LibreOffice is not here: apt-get install libreoffice-calc")
    else:
        ours, theirs = paired(report, lambda: _in_calc(register, folder, period), 1)
        yield Result("R1, against one of its tables by LibreOffice", cases, ours, theirs, 1.0)


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
