"""The print preview as a page, and the way out: to the printer, or into a file. Each way is recorded first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, NotAllowed
from casedesk.i18n import _, ngettext
from casedesk.reports import assemble
from casedesk.reports.file_names import file_name
from casedesk.services.case_facts import CaseFacts, look
from casedesk.services.permissions import may
from casedesk.services.prints import CODED, LETTER, SUMMARY, PrintRequest
from casedesk.services.referrals.reading import ReferralFacts, referral_facts
from casedesk.services.referrals.steps import send
from casedesk.ui.kit.blocks import Banner, EmptyState, Skeleton, keys_hint
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.layouts import block, clear, column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import tokens
from casedesk.ui.page import Here
from casedesk.ui.print import printing
from casedesk.ui.print.pages import page_words
from casedesk.ui.print.paper_page import PaperPage
from casedesk.ui.print.preview import Preview

STEP = 1.15


class PrintPage(PaperPage):
    """Shows the summary of a case, or the letter of one of its referrals. Enter prints."""

    nav = "cases"

    def __init__(
        self,
        here: Here,
        *,
        case_id: str,
        paper: str = "summary",
        referral_id: str | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(here)
        self.preview: Preview | None = None
        self.case_id = UUID(case_id)
        self._asked = asked
        self._enter_waits = False
        self._all = column(gap=0)
        self.setLayout(self._all)
        self._waiting = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["progress_after"])
        self._waiting.timeout.connect(lambda: self._all.addWidget(Skeleton(3)))
        self._waiting.start()
        letter = UUID(referral_id) if paper == "letter" and referral_id is not None else None
        here.jobs.write(self, partial(opened, here.desk, self.case_id, letter), self._opened, failed=self._not_opened)

    def _opened(self, found: tuple[CaseFacts, ReferralFacts | None]) -> None:
        self._facts, self._referral = found
        self._waiting.stop()
        clear(self._all)
        self._lay_out(Preview(self.here, self.case_id, self._referral, self._asked))

    def _not_opened(self, error: Exception) -> None:
        """The paper cannot be shown: say why, and offer the way back."""
        self._waiting.stop()
        clear(self._all)
        if not isinstance(error, CaseDeskError):
            show_error(self, error)
            return
        back = button(_("Back"), icon="back", clicked=self.here.back)
        self._all.addWidget(EmptyState("restricted", error.message, error.hint, (back,)))

    def _lay_out(self, preview: Preview) -> None:
        self.preview = preview
        head = _head(self._facts, self._referral, preview, self.here, (self.save_button, self.print_button))
        self.handed_over = _handed_over(preview, self._referral, self._hand_over)
        self._all.addWidget(head)
        self._all.addWidget(preview, 1)
        preview.asked_again.connect(self._let_out)
        preview.made.connect(self._made)
        self._let_out()

    def _made(self) -> None:
        self._let_out()
        if self._enter_waits:
            self._enter_waits = False
            self.main_action()

    def ready(self) -> bool:
        return self.preview is not None and self.preview.ready()

    # Out

    def main_action(self) -> None:
        """Pressed too early, it waits for the paper."""
        if self._busy:
            return
        if self.preview is None or self.preview.waits():
            self._enter_waits = True
        else:
            super().main_action()

    def print_out(self) -> None:
        if self.preview is not None and self.preview.ready():
            self._give_out(self.preview.request(), None)

    def save(self) -> None:
        """Ask for a file; its name tells number and level, and nobody's name."""
        if self.preview is None or not self.preview.ready():
            return
        today, request = self.here.desk.today(), self.preview.request()
        number = self._facts.person_code if request.level == CODED else self._facts.number
        name = file_name(SUMMARY, number, request.level, today)
        if self._referral is not None:
            name = file_name(LETTER, self._referral.row.number, None, today)
        dialog = printing.choose_file(self, name)
        dialog.fileSelected.connect(self._file_chosen)

    def _file_chosen(self, path: str) -> None:
        if self.preview is not None:
            self._give_out(replace(self.preview.request(), copies=1), Path(path))

    def _give_out(self, request: PrintRequest, path: Path | None) -> None:
        referral_id = self._referral.row.id if self._referral is not None else None
        work = partial(give_out, self.here.desk, self.case_id, referral_id, request, path)
        self._give(work, partial(self._given_out, request, path))

    def _given_out(self, request: PrintRequest, path: Path | None, copies: int) -> None:
        said = ngettext("{count} copy printed.", "{count} copies printed.", copies)
        self.here.say(
            _("Saved as {file}.").format(file=path.name) if path else said.format(count=formats.number(copies))
        )
        if self.preview is not None:
            self.preview.remember(request)
            self.handed_over.setVisible(self._referral is not None and self._referral.row.status == "ready")
            self.preview.make_again()  # the next copy has the next number

    def _hand_over(self) -> None:
        if self._referral is not None:
            work = partial(send, self.here.desk, self._referral.row.id, "paper")
            self.here.jobs.write(self, work, self._handed)

    def _handed(self, _done: None) -> None:
        self.here.say(_("The referral is sent. We ask for the answer in time."))
        self.here.back()

    def place(self) -> dict[str, Any]:
        return {"asked": self.preview.stored() if self.preview is not None else self._asked}


def opened(desk: Desk, case_id: UUID, referral_id: UUID | None) -> tuple[CaseFacts, ReferralFacts | None]:
    """What the paper is about; recorded before anything of the case is shown."""
    if not may(desk, "case.print"):
        raise NotAllowed
    return look(desk, case_id), referral_facts(desk, referral_id) if referral_id is not None else None


def _head(
    facts: CaseFacts,
    referral: ReferralFacts | None,
    preview: Preview,
    here: Here,
    ways_out: tuple[QPushButton, QPushButton],
) -> QWidget:
    """Title, zoom, page and the ways out."""
    title = _("Print case summary") if referral is None else _("Print referral letter")
    name, _other = facts.names
    number = facts.number if referral is None else referral.row.number
    words = column(ElidedLabel(title, "section"), ElidedLabel(f"{name} · {number}", "caption"), gap=0)
    page, zoom = PlainLabel("", tone="text2"), PlainLabel("", tone="text2")
    preview.zoomed.connect(zoom.setText)
    preview.view.page_changed.connect(lambda at, count: page.setText(page_words(at, count) if count else ""))
    smaller = IconButton("magnifying-glass-minus", _("Smaller"), clicked=lambda: preview.zoom(1 / STEP))
    larger = IconButton("magnifying-glass-plus", _("Larger"), clicked=lambda: preview.zoom(STEP))
    back = IconButton("back", _("Back (Alt+←)"), clicked=here.back)
    parts = (back, widget(words), smaller, zoom, larger, page, *ways_out, keys_hint("Enter"))
    inside = row(*parts, gap=8, margins=(12, 8, 20, 8))
    inside.setStretch(1, 1)
    return block("bar", inside)


def _handed_over(preview: Preview, referral: ReferralFacts | None, act: Any) -> QWidget:
    """For a letter: to whom, and after printing the question whether it has gone out."""
    asked = Banner(
        "info",
        _("Was the letter handed over?"),
        _("Then the referral counts as sent, and we ask for the answer in time."),
    )
    question = widget(column(asked, row(button(_("It was handed over"), "soft", "done", clicked=act), None), gap=6))
    question.hide()
    if referral is not None:
        status = codelists.get("referral_status").label(referral.row.status)
        partner = _("Letter to {partner}").format(partner=referral.row.provider)
        preview.choices.extra.addWidget(PlainLabel(partner, "card", wrap=True))
        preview.choices.extra.addWidget(PlainLabel(status, "body", tone="text2", wrap=True))
        preview.choices.extra.addWidget(question)
    return question


def give_out(desk: Desk, case_id: UUID, referral_id: UUID | None, request: PrintRequest, path: Path | None) -> int:
    """Record the copies, then print them or write the file; returns how many there are."""
    medium = "print" if path is None else "file"
    if referral_id is None:
        files = assemble.print_summary(desk, case_id, request, medium)
    else:
        files = assemble.print_letter(desk, referral_id, request, medium)
    if path is None:
        printing.send(files, printing.default_printer())
    else:
        printing.write_file(files[0], path)
    return len(files)
