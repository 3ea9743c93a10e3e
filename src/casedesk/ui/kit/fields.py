"""Which editor a field has: one for each kind of what is declared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from casedesk import codelists
from casedesk.fields import Field, Kind
from casedesk.ui.kit.chosen import AnswerEdit, CodeChips, CodeEdit, LineChips, TickCards, TickEdit
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.written import (
    CountEdit,
    DayEdit,
    LineEdit,
    MomentEdit,
    MoneyEdit,
    PartialDayEdit,
    PhoneEdit,
    TextEdit,
    UpazilaEdit,
)

UPAZILA = "person.upazila"
SHORT_LIST = 12

EditorOf = Callable[[str, Field], Editor]

EDITORS: dict[Kind, EditorOf] = {
    Kind.LINE: LineEdit,
    Kind.TEXT: TextEdit,
    Kind.PHONE: PhoneEdit,
    Kind.COUNT: CountEdit,
    Kind.MONEY: MoneyEdit,
    Kind.CODE: CodeEdit,
    Kind.LINES: LineChips,
    Kind.ANSWER: AnswerEdit,
    Kind.TICK: TickEdit,
}


def editor_for(key: str, declared: Field, *, today: date, ahead: bool = False) -> Editor:
    """The editor for a declared field. References to other records have none here; give the form one of your own."""
    if key == UPAZILA:
        return UpazilaEdit(key, declared)
    match declared.kind:
        case Kind.DAY:
            return DayEdit(key, declared, today, ahead=ahead)
        case Kind.PARTIAL_DAY:
            return PartialDayEdit(key, declared, today)
        case Kind.MOMENT:
            return MomentEdit(key, declared, today, ahead=ahead)
        case Kind.CODES:
            short = len(codelists.get(declared.code_list or "").rows) <= SHORT_LIST
            return TickCards(key, declared) if short else CodeChips(key, declared)
        case kind:
            return EDITORS[kind](key, declared)
