"""A report on paper before it is printed: true pages at the left, for whom and why at the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtGui import QImage

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.errors import NotAllowed
from casedesk.i18n import _, languages
from casedesk.reports.hand_out import FileKind, next_copy, print_report, save_report
from casedesk.reports.report_paper import write_report
from casedesk.services.given_out import Handing
from casedesk.services.permissions import may
from casedesk.services.statistics import reports
from casedesk.services.statistics.kept import restored, stored
from casedesk.services.statistics.shapes import Report, Request
from casedesk.ui.kit.blocks import keys_hint, labelled
from casedesk.ui.kit.buttons import IconButton
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import block, column, row, scrolled, widget
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.page import Here
from casedesk.ui.print import printing
from casedesk.ui.print.pages import PaperView, page_words
from casedesk.ui.print.paper_page import PaperPage
from casedesk.ui.reports.handing import WhoAndWhy, ask_where, line, with_ending

PANEL = 320


@dataclass(frozen=True, slots=True)
class Shown:
    """A report in one language, and its paper."""

    report: Report
    pdf: bytes


class ReportPaperPage(PaperPage):
    """Shows the report as it will be printed. Enter prints once receiver and reason are said."""

    nav = "reports"

    def __init__(
        self, here: Here, *, asked: Mapping[str, Any] | None = None, said: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(here)
        if not may(here.desk, "report.give_out"):
            raise NotAllowed
        kinds = reports.reports_of(here.desk)
        self.request: Request = restored(asked or {}, here.desk.today(), kinds[0].id)
        self.shown: Shown | None = None
        self._wanted = 0
        before = said or {}
        self.who = WhoAndWhy()
        self.who.receiver.setText(before.get("receiver", ""))
        self.who.reason.setText(before.get("reason", ""))
        self.language = Combo(
            languages(),
            before.get("language", i18n.language()),
            name=_("Language of the paper"),
        )
        self.language.currentIndexChanged.connect(lambda _at: self.make_again())
        self.password = line(_("Password"), secret=True)
        self.view = PaperView()
        self.view.resized.connect(self._draw)
        self._lay_out()
        self.setFocusProxy(self.who.receiver)
        self.make_again()

    def _lay_out(self) -> None:
        self.title = ElidedLabel(_("Print report"), "section")
        self.told = ElidedLabel(self.request.period.label, "caption")
        page = PlainLabel("", tone="text2")
        self.view.page_changed.connect(lambda at, count: page.setText(page_words(at, count) if count else ""))
        words = widget(column(self.title, self.told, gap=0))
        back = IconButton("back", _("Back (Alt+←)"), clicked=self.here.back)
        head = row(back, words, page, self.save_button, self.print_button, keys_hint("Enter"), margins=(12, 8, 20, 8))
        head.setStretch(1, 1)
        hint = _("Whoever opens the PDF must type it. It is not kept: write it down elsewhere.")
        parts = column(
            PlainLabel(_("Before it leaves"), "card"),
            self.who,
            labelled(self.language),
            labelled(self.password, _("Password for the PDF (optional)"), hint),
            None,
            gap=12,
            margins=(16, 14, 16, 14),
        )
        panel = block("panel", column(scrolled(widget(parts)), gap=0))
        panel.setFixedWidth(current().scaled(PANEL))
        inside = row(self.view, panel, gap=0)
        inside.setStretch(0, 1)
        self.setLayout(column(block("bar", head), widget(inside), gap=0))
        self.layout().setStretch(1, 1)  # type: ignore[union-attr]  # set the line before
        self._let_out()

    def make_again(self) -> None:
        """Make the paper in the language chosen."""
        self._wanted += 1
        work = partial(make, self.here.desk, self.request, self.language.value())
        self.here.jobs.run(self, work, partial(self._take, self._wanted))

    def _take(self, number: int, shown: Shown) -> None:
        if number != self._wanted:
            return
        self.shown = shown
        self.title.setText(shown.report.title)
        self._draw()
        self._let_out()

    def _draw(self) -> None:
        """Show the pages as wide as there is room."""
        if self.shown is not None:
            ratio = self.devicePixelRatioF()
            work = partial(printing.images_of, self.shown.pdf, self.view.fitting() * ratio, ratio)
            self.here.jobs.run(self, work, self._show)

    def _show(self, images: Sequence[QImage]) -> None:
        self.view.show_pages(images)

    def ready(self) -> bool:
        return self.shown is not None

    # Out

    def _handing(self, medium: str) -> Handing | None:
        """For whom and why; where it is not said, ask for it."""
        if not self.who.ready():
            return None
        return Handing(self.who.receiver.text(), self.who.reason.text(), self.language.value(), medium)

    def print_out(self) -> None:
        handing = self._handing("print")
        if handing is not None and self.shown is not None and not self._busy:
            self._give(partial(_print, self.here.desk, self.shown.report, handing), self._gone(_("1 copy printed.")))

    def save(self) -> None:
        if self._handing("file") is None or self.shown is None or self._busy:
            return
        period = self.request.period
        name = f"{self.request.report.lower()}_{period.first.isoformat()}_{period.last.isoformat()}.pdf"
        dialog = ask_where(self, name, FileKind.PDF)
        dialog.fileSelected.connect(self._file_chosen)

    def _file_chosen(self, chosen: str) -> None:
        handing = self._handing("file")
        if handing is None or self.shown is None:
            return
        path = with_ending(chosen, FileKind.PDF)
        work = partial(_save, self.here.desk, self.shown.report, path, handing, self.password.text())
        self._give(work, self._gone(_("Saved as {file}.").format(file=path.name)))

    def _gone(self, said: str) -> Callable[[None], None]:
        return lambda _done: self.here.say(said)

    def place(self) -> dict[str, Any]:
        said = {
            "receiver": self.who.receiver.text(),
            "reason": self.who.reason.text(),
            "language": self.language.value(),
        }
        return {"asked": stored(self.request), "said": said}


def make(desk: Desk, request: Request, language: str) -> Shown:
    """The next copy of the report, made beside the interface."""
    with i18n.speaking(language):
        report = reports.make(desk, request)
    return Shown(report, write_report(report, next_copy(desk, report), language))


def _print(desk: Desk, report: Report, handing: Handing) -> None:
    printing.send([print_report(desk, report, handing)], printing.default_printer())


def _save(desk: Desk, report: Report, path: Path, handing: Handing, password: str) -> None:
    save_report(desk, report, FileKind.PDF, path, handing, password=password)
