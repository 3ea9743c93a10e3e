"""What is measured, each against the barest way of doing the same in the same run."""

from __future__ import annotations

import io
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from uuid import UUID

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate
from sqlalchemy import text

from benchmarks.generator import answers_of
from benchmarks.pairs import Result, paired
from benchmarks.statements import bare_reads, overhearing
from casedesk.desk import Desk
from casedesk.models import Recorded, fields_of
from casedesk.reports import bangla
from casedesk.reports.assemble import _summary_pdf, summary_preview
from casedesk.reports.layout.material import REGULAR, escape, load_fonts
from casedesk.reports.preview import text_of
from casedesk.services import intake
from casedesk.services.answers import tidied
from casedesk.services.case_facts import case_facts
from casedesk.services.papers import summary_of
from casedesk.services.prints import PrintRequest
from casedesk.services.search import Filters, Order, count_cases, page_of_cases
from casedesk.storage import belonging, derived
from casedesk.storage.recorder import Altered, Recorder
from casedesk.storage.store import WriteSession
from casedesk.ui.case.open_case import look_again

ROUNDS = 25
STARTS = 7


def start(folder: Path, cases: int) -> Iterator[Result]:
    """From nothing to a usable list, against a process that loads the same and shows an empty window."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": "src"}
    times: dict[str, list[float]] = {"list": [], "empty": []}
    for _round in range(STARTS + 1):
        for what, kept in times.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-m", "benchmarks.window", what, folder], check=True, env=environment)
            kept.append(time.perf_counter() - began)
    ours, bare = (statistics.median(kept[1:]) for kept in times.values())
    yield Result("start to usable list", cases, ours, bare, 1.5)


def save(desk: Desk, cases: int) -> Iterator[Result]:
    """Registering with the recorder, against the same records saved without it, and against its bare statements."""
    dice = random.Random(7)  # noqa: S311 - not a secret
    people = iter(range(10_000_000, 99_000_000))

    def registered() -> None:
        answers = tidied(answers_of(desk, dice, next(people)))
        with desk.write("case.register") as session:
            intake._register(session, desk, answers)

    def unrecorded() -> None:
        answers = tidied(answers_of(desk, dice, next(people)))
        with WriteSession(desk.store.vault.writer, expire_on_commit=False) as session:
            session.execute(text("UPDATE gate SET open = 1"))
            intake._register(session, desk, answers)
            session.flush()
            made = [record for record in session.identity_map.values() if isinstance(record, Recorded)]
            altered = [Altered(record, list(fields_of(type(record))), {}, new=True) for record in made]
            derived.refresh(session, altered, belonging.cases_of(session, altered))
            session.execute(text("UPDATE gate SET open = 0"))
            session.commit()

    ours, orm = paired(registered, unrecorded, ROUNDS)
    yield Result("save an intake, against the same without the recorder", cases, ours, orm, 2.0)
    ours, raw = paired(registered, _bare_saves(desk, dice, people), ROUNDS)
    yield Result("save an intake, against its bare SQL", cases, ours, raw, None)


def _bare_saves(desk: Desk, dice: random.Random, people: Iterator[int]) -> Callable[[], object]:
    """The very statements of a save, each time with those of another person, prepared beforehand."""
    engine = desk.store.vault.writer
    prepared = []
    for _round in range(ROUNDS + 1):
        answers = tidied(answers_of(desk, dice, next(people)))
        with overhearing() as heard, WriteSession(engine, expire_on_commit=False) as session:
            recorder = Recorder(session)
            intake._register(session, desk, answers)
            session.flush()
            del recorder
            session.rollback()
        prepared.append([s for s in heard if s[0].startswith(("INSERT", "UPDATE"))])
    waiting = iter(prepared)

    def run() -> None:
        connection = engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in next(waiting):
            (cursor.executemany if many else cursor.execute)(statement, parameters)
        cursor.execute("COMMIT")
        connection.close()

    return run


def lists(desk: Desk, cases: int, small: dict[str, float]) -> Iterator[Result]:
    """A page of 100 rows and searches with a fixed number of hits, against the bare SQL, and large against small."""
    works: dict[str, Callable[[], object]] = {
        "page of 100 rows": lambda: page_of_cases(desk, Filters(), Order.URGENT),
        "search by a whole number": lambda: page_of_cases(desk, Filters(words="BEN26B200007"), Order.URGENT),
        "search by telephone": lambda: page_of_cases(desk, Filters(words="0170000015"), Order.URGENT),
    }
    for what, work in works.items():
        ours, bare = paired(work, bare_reads(desk.store.vault.reader, work), ROUNDS * 2)
        yield Result(what, cases, ours, bare, 2.0)
        if what in small:
            yield Result(f"{what}, against 1,000 cases", cases, ours, small[what], 1.5)
        else:
            small[what] = ours
    hits = count_cases(desk, Filters(words="রহিমা"))
    work = lambda: page_of_cases(desk, Filters(words="রহিমা"), Order.URGENT)  # noqa: E731 - named by its use
    ours, bare = paired(work, bare_reads(desk.store.vault.reader, work), ROUNDS)
    yield Result(f"search by name, {hits} hits", cases, ours, bare, 2.0)


def in_turn(works: Iterable[Callable[[], object]]) -> Callable[[], object]:
    """One of them at each call, from the first to the last and again."""
    taken = cycle(works)
    return lambda: next(taken)()


def case_page(desk: Desk, cases: int) -> Iterator[Result]:
    """What case pages read, one after the other, against their bare SQL."""
    opened = [row.case_id for row in page_of_cases(desk, Filters(), Order.NEWEST, skip=50, size=100)]
    works: dict[str, tuple[Callable[[Desk, UUID], object], float | None]] = {
        "case page, its reads": (case_facts, 2.0),
        "case page, with consents, notes, tasks, referrals": (look_again, None),
    }
    for what, (work, limit) in works.items():
        ours = [partial(work, desk, case_id) for case_id in opened]
        bare = [bare_reads(desk.store.vault.reader, each) for each in ours]
        yield Result(what, cases, *paired(in_turn(ours), in_turn(bare), ROUNDS * 4), limit)


def paper(desk: Desk, cases: int) -> Iterator[Result]:
    """The case summary as PDF, against bare paragraphs of the same shaped Bangla words."""
    case_id = page_of_cases(desk, Filters(), Order.NEWEST, skip=50, size=1)[0].case_id
    request = PrintRequest(level="full", language="bn")
    summary = summary_of(desk, case_id, request)
    words = text_of(summary_preview(desk, case_id, request).pdf)
    lines = [line for line in words.splitlines() if line.strip()]
    made = lambda: _summary_pdf(summary, request)  # noqa: E731 - named by its use
    ours, bare = paired(made, lambda: bare_page(lines), ROUNDS)
    yield Result("case summary as PDF, against its bare words", cases, ours, bare, 2.0)


def bare_page(lines: list[str]) -> bytes:
    load_fonts()
    style = ParagraphStyle("bare", fontName=REGULAR, fontSize=10.5, leading=14, shaping=1)
    out = io.BytesIO()
    page = SimpleDocTemplate(out, pagesize=A4, invariant=1)
    page.build([Paragraph(escape(line), style) for line in lines], canvasmaker=bangla.Canvas)
    return out.getvalue()


def widgets(desk: Desk, cases: int) -> Iterator[Result]:
    """The widgets of a case page, against the same page of a case that says next to nothing."""
    from benchmarks.window import case_widgets

    full = page_of_cases(desk, Filters(), Order.NEWEST, skip=50, size=1)[0].case_id
    yield Result("case page, its widgets against bare ones", cases, *case_widgets(desk, full, ROUNDS), 1.5)


def memory(folder: Path) -> float:
    """MiB of a process that opened the list of this centre and scrolled through it."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": "src"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.window", "memory", folder],
        check=True, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout.split()[-1])
