"""Every field that goes or stays, case by case. Values are not shown: what is sent is seen, and nobody's answers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.storage.arrived import ERASED_TABLE
from casedesk.sync.leaving import WHY_BACK
from casedesk.sync.preview import Preview, PreviewRow
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import row, widget
from casedesk.ui.kit.lines import Cell, Heading, Line, Listing
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.sync.words import field_words, record_words, to_words

TALL = 380
GOES, STAYS = "goes", "stays"


class EveryField(Sheet):
    """One audience at a time; what goes, or what stays and why."""

    def __init__(self, host: QWidget, previews: Sequence[Preview]) -> None:
        note = _("Read from the same plan that the files are made from. What was answered is not shown here.")
        super().__init__(host, _("Every field"), note, width=980)
        self._previews = {f"{each.audience} {each.only}".strip(): each for each in previews}
        audiences = [(code, to_words(each)) for code, each in self._previews.items()]
        self.audience = Combo(audiences, name=_("For whom"))
        self.which = Segmented(((GOES, _("Goes")), (STAYS, _("Stays here"))), GOES, _("What becomes of it"))
        self.audience.currentIndexChanged.connect(self._show)
        self.which.chosen.connect(self._show)
        self.told = PlainLabel("", "caption", wrap=True)
        headings = (Heading(_("Case"), 2), Heading(_("Record and answer"), 4), Heading(_("What becomes of it"), 4))
        self.list = Listing(headings, _("Every field"))
        self.list.setMinimumHeight(current().scaled(TALL))
        self.body.addWidget(widget(row(self.audience, None, self.which)))
        self.body.addWidget(self.told)
        self.body.addWidget(self.list)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Close"), clicked=self.dismiss))
        self._show()

    def _show(self, *_chosen: object) -> None:
        preview = self._previews[self.audience.value()]
        goes = self.which.value() == GOES
        rows = [each for each in preview.rows if each.goes == goes]
        self.list.show_lines([_line(at, each) for at, each in enumerate(rows)])
        columns = ", ".join(_column(each) for each in preview.columns) if goes else ""
        self.told.setText(_("A row without a name says: {columns}.").format(columns=columns) if columns else "")
        self.told.setVisible(bool(columns))


def _line(at: int, each: PreviewRow) -> Line:
    nobody = _("To be forgotten there") if each.table == ERASED_TABLE else _("The office")
    case = each.person_code or (_("Confidential case") if each.case_id is not None else nobody)
    return Line(
        at,
        (
            Cell(case, strong=True),
            Cell(field_words(each.table, each.field), record_words(each.table), tone="text"),
            _becomes(each),
        ),
    )


def _becomes(each: PreviewRow) -> Cell:
    times = _("written {count} times").format(count=formats.number(each.count)) if each.count > 1 else ""
    if each.goes:
        return Cell(_("Goes"), times, "to_send", "ok")
    return Cell(_(WHY_BACK[each.why]) if each.why is not None else _("Stays here"), times, "restricted", "muted")


def _column(name: str) -> str:
    table, _dot, field = name.partition(".")
    if field:
        return field_words(table, field)
    words = {
        "person_code": _("person code"),
        "age_band": _("age group"),
        "violations": _("rights violations"),
    }
    return words.get(name, name)
