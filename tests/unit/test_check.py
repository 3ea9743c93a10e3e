"""The check looks at one moment beside the work of others, and can be stopped."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from sqlalchemy import text

from casedesk.desk import Desk
from casedesk.progress import Cancelled, Progress
from casedesk.services.intake import register_case
from casedesk.services.office import check_store
from casedesk.services.preferences import prefer, preferences
from casedesk.services.search import Filters, count_cases
from casedesk.storage import derived
from tests.support.people import a_returnee


class Halting(Progress):
    """Stands still at its first step until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.may_go = Event(), Event()

    def step(self, done: int, of: int) -> None:
        super().step(done, of)
        self.reached.set()
        self.may_go.wait()


def someone(number: int) -> dict[str, object]:
    return dict(a_returnee(person__name_en=f"Person {number}", person__phone_1=f"+88017110002{number:02}"))


def test_others_write_while_it_looks(desk: Desk) -> None:
    for number in range(3):
        register_case(desk, someone(number))
    progress = Halting()
    found: list[object] = []
    looking = Thread(target=lambda: found.append(check_store(desk, progress)))
    looking.start()
    assert progress.reached.wait(30)
    register_case(desk, someone(3))
    prefer(desk, "written", "meanwhile")
    progress.may_go.set()
    looking.join()
    assert preferences(desk)["written"] == "meanwhile"
    assert [(each.wrong, each.operations) for each in found] == [([], 5)]  # type: ignore[attr-defined]  # findings
    assert check_store(desk).operations == 6


def test_lists_that_say_something_else_are_made_again(desk: Desk) -> None:
    register_case(desk, a_returnee(person__name_en="Rahima Khatun"))
    with desk.local() as session:
        session.execute(text("DELETE FROM case_words"))
        session.execute(text("UPDATE case_index SET priority_rank = 7"))
    assert count_cases(desk, Filters(words="Rahima")) == 0
    assert check_store(desk).wrong == ["Lists and search did not agree with the records. They were made again."]
    assert count_cases(desk, Filters(words="Rahima")) == 1
    assert check_store(desk).wrong == []


@pytest.mark.parametrize("table", derived.COMPUTED)
def test_each_computed_table_is_compared(desk: Desk, table: str) -> None:
    register_case(desk, a_returnee())
    with desk.local() as session:
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
    with desk.store.apart() as session:
        assert derived.differs(session)


def test_comparing_writes_nothing(desk: Desk) -> None:
    register_case(desk, a_returnee())
    with desk.store.apart() as session:
        before = session.execute(text("SELECT * FROM main.case_index")).all()
        assert not derived.differs(session)
        assert session.execute(text("SELECT * FROM main.case_index")).all() == before
    assert check_store(desk).wrong == []


def test_a_check_that_nobody_waits_for_ends(desk: Desk) -> None:
    register_case(desk, a_returnee())
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        check_store(desk, progress)
    assert check_store(desk).wrong == []
