"""Words for what travels, and for what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from casedesk import formats
from casedesk.i18n import N_, _, ngettext
from casedesk.models import fields_of, recorded_models
from casedesk.storage.arrived import ERASED_TABLE
from casedesk.storage.erasing import EVERY_FIELD
from casedesk.sync.arrivals import FileInRow, Taken
from casedesk.sync.batch import CENTRAL, EVERYONE, Kind, Refused, Why
from casedesk.sync.carrying import State
from casedesk.sync.files import Fate
from casedesk.sync.outbox import FileRow
from casedesk.sync.preview import Preview

KINDS = {
    Kind.CHAIN: N_("Changes"),
    Kind.SHOW: N_("What may be seen now"),
    Kind.ORDERS: N_("What is to be forgotten"),
    Kind.RECEIPT: N_("Receipt"),
    Kind.ROSTER: N_("List of computers"),
    Kind.CODED: N_("Cases without names"),
    Kind.SNAPSHOT: N_("Changes, passed on"),
    Kind.JOIN: N_("Request to join"),
}


def audience_words(audience: str) -> str:
    """For whom something is."""
    if audience == CENTRAL:
        return _("the central office")
    return _("everybody") if audience == EVERYONE else _("the computers of {centre}").format(centre=audience)


def to_words(preview: Preview) -> str:
    """To whom something would be sent."""
    if preview.only:
        return _("To {computer} alone").format(computer=preview.only)
    return _("To {audience}").format(audience=audience_words(preview.audience))


def kind_words(kind: str) -> str:
    return _(KINDS[Kind(kind)]) if kind in KINDS else _("File")


def holds_words(row: FileRow) -> str:
    """What a file of ours holds, in numbers."""
    if not row.cases:
        return kind_words(row.kind)
    cases = ngettext("{count} case", "{count} cases", row.cases).format(count=formats.number(row.cases))
    return _("{kind} of {cases}").format(kind=kind_words(row.kind), cases=cases)


def state_words(row: FileRow) -> tuple[str, str, str]:
    """Where a file of ours is: words, tone, icon."""
    match row.state:
        case State.COVERED:
            return _("Received by all it was for"), "ok", "ok"
        case State.FORKED:
            return _("Replaced by a newer file"), "muted", "retry"
        case State.PARTLY:
            return _("Stopped on the way. It goes on where it stopped."), "warn", "problem"
        case State.SENT | State.CARRIED if row.covered:
            told = _("Received by {some} of {all}")
            return told.format(some=formats.number(row.covered), all=formats.number(row.wanted)), "text2", "sent"
        case State.SENT:
            return _("Sent. No receipt yet."), "text2", "sent"
        case State.CARRIED:
            return _("Written to a stick. No receipt yet."), "text2", "sent"
    return _("Waits on this computer"), "text2", "waiting"


def came_words(row: FileInRow) -> tuple[str, str, str]:
    """What became of a file that came: words, tone, icon."""
    if not row.kind and row.state != Fate.ASIDE:  # as most files on a stick that goes round
        return _("For somebody else, or damaged on the way"), "muted", "about"
    match row.state:
        case Fate.APPLIED:
            return _("Taken in"), "ok", "ok"
        case Fate.WAITING:
            return _("Waits for a file before it"), "text2", "waiting"
        case Fate.ASKS:
            return _("Somebody asks to join"), "info", "ask"
    known = row.why in set(Why)
    why = Refused(Why(row.why)).message if known else _("The file could not be used here. Nothing was changed.")
    return why, "warn", "problem"


def sender_words(row: FileInRow) -> str:
    """From which computer a file came."""
    return f"{row.centre}/{row.desk}" if row.desk else _("a computer not on the list")


def record_words(table: str) -> str:
    """What kind of record a table keeps."""
    if table == ERASED_TABLE:
        return kind_words(Kind.ORDERS)
    model = recorded_models().get(table)
    return _(model.label) if model is not None else table


def field_words(table: str, name: str) -> str:
    """What an answer is called."""
    if name == EVERY_FIELD:
        return _("Every answer")
    model = recorded_models().get(table)
    declared = fields_of(model).get(name) if model is not None else None
    return _(declared.label) if declared is not None else name


def taken_words(taken: Sequence[Taken]) -> tuple[str, str]:
    """What became of the files that lay on a stick or at the relay: a line, and the rest."""
    used = sum(each.fate is Fate.APPLIED for each in taken)
    wait = sum(each.fate is Fate.WAITING for each in taken)
    asks = sum(each.fate is Fate.ASKS for each in taken)
    if not taken:
        return _("Nothing new was there"), _("All that came earlier was taken in already.")
    told = ngettext("{count} file was taken in", "{count} files were taken in", used)
    more = []
    if wait:
        text = ngettext(
            "{count} file waits for one before it, and is tried again.",
            "{count} files wait for one before them, and are tried again.",
            wait,
        )
        more.append(text.format(count=formats.number(wait)))
    if asks:
        more.append(_("A computer asks to join: look under Settings, Computers."))
    if used + wait + asks < len(taken):
        more.append(_("What is for somebody else, or could not be used, changed nothing here."))
    return told.format(count=formats.number(used)), " ".join(more)
