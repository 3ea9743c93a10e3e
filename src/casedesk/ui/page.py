"""What every page is and knows: the desk, the jobs, and where one can go from here. Pages do not know each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtWidgets import QWidget

from casedesk.desk import Desk
from casedesk.services.permissions import may
from casedesk.storage.store import Touched
from casedesk.ui.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Goto:
    """A place in the program: the code of a page, and what it shows there (JSON values only)."""

    page: str
    what: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Here:
    """What a page works with."""

    desk: Desk
    jobs: Jobs
    go: Callable[[Goto], None]
    back: Callable[[], None]
    say: Callable[..., None]  # say(text, undo=None): a toast; `undo` may be called when the page is long gone
    undoing: Callable[[Callable[[], object], str], Callable[[], object]]  # (work, what): an undo that does this work
    day_is_known: Callable[[], bool]  # if the clock is doubted, it asks for today's date and answers no


def home(desk: Desk) -> Goto:
    """Where somebody begins and comes back to: their day, or what their role does instead."""
    if may(desk, "case.list"):
        return Goto("today")
    return Goto("intake", {"kind": "quick"}) if may(desk, "case.register") else Goto("directory")


class Page(QWidget):
    """A page in the window. `nav` is the entry of the sidebar that is lit meanwhile.

    `over` is a page whose work is done or goes on in another one: Back passes it over.
    """

    nav = ""
    over = False

    def __init__(self, here: Here) -> None:
        super().__init__()
        self.here = here

    def place(self) -> dict[str, Any]:
        """Where in the page one is, so that language, lock and Back can return there. Made for `Goto.what`."""
        return {}

    def refresh(self, touched: Touched) -> None:
        """Something was written; look again if it matters here."""

    def store(self) -> None:
        """Store what was typed. Raises CaseDeskError if that cannot be, and the page stays as it is.

        It is done at once and waited for: what comes after, another page or the end of the process, needs to know.
        """

    def leave(self) -> None:
        """The page goes; what was typed is stored by then."""

    def main_action(self) -> None:
        """Ctrl+Enter."""

    def focus_search(self) -> bool:
        """Go to the page's own search box, if it has one (the key `/`)."""
        return False

    def print_preview(self) -> Goto | None:
        """Where Ctrl+P leads."""
        return None
