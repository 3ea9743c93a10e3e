"""The history of a case in words: one entry for each note and for each thing that was done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from casedesk import codelists, formats
from casedesk.fields import Ask, Kind
from casedesk.i18n import N_, _, language_name, ngettext
from casedesk.lifecycles import REASON_LISTS, STATUS_LISTS
from casedesk.models import fields_of, recorded_models
from casedesk.services.history import Changed, Entry
from casedesk.services.notes import NoteRow
from casedesk.ui.case.open_case import OpenCase

TITLES = {
    "case.register": N_("Case registered"),
    "case.edit": N_("Answers changed"),
    "case.status": N_("Status changed"),
    "case.confidential": N_("Made confidential"),
    "case.hand_over": N_("Handed over"),
    "case.erase": N_("Closed, to be erased"),
    "case.erased": N_("Erased what the case said of the person"),
    "clash.settle": N_("Decided between two answers"),
    "case.supervisor": N_("Supervisor changed"),
    "case.name_people": N_("People named on the case changed"),
    "case.safety_flag": N_("Safety flag"),
    "case.triage": N_("Guided questions"),
    "consent.record": N_("Asked about consent"),
    "consent.withdraw": N_("Consent taken back"),
    "follow_up.plan": N_("Step planned"),
    "follow_up.record": N_("Follow-up"),
    "follow_up.snooze": N_("Step moved"),
    "follow_up.cancel": N_("Step taken out"),
    "person.not_same": N_("Said not to be the same person"),
    "referral.make": N_("Referral prepared"),
    "referral.edit": N_("Referral changed"),
    "case.view": N_("Opened the case"),
    "case.view_restricted": N_("Read what is restricted"),
    "case.view_in_register": N_("Saw it in a case register"),
    "case.show_number": N_("Saw the telephone number"),
    "case.print": N_("Printed"),
    "referral.print": N_("Printed a referral letter"),
}
LEVELS = {"full": N_("Full copy"), "shared": N_("Shared copy"), "coded": N_("Coded copy")}
PRINTS = ("case.print", "referral.print")
ICONS = {"note": "note", "contact": "call", "referral": "referral", "change": "edit"}
ICONS_OF_ACTIONS = {"person.not_same": "conflict", "case.print": "print", "referral.print": "print"}
LOOKS = ("case.view", "case.show_number", "denied.")
ACCESS = ("owner_id", "supervisor_id")  # set by the program, and told all the same
REASONS = (*REASON_LISTS.values(), "referral_decline_reason")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing in the timeline. `kind` is note, contact, referral or change."""

    kind: str
    icon: str
    title: str
    at: datetime
    by: str
    text: str = ""
    tags: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    withheld: int = 0
    doubtful: bool = False
    note: NoteRow | None = None


def timeline(case: OpenCase) -> list[Told]:
    """Notes and what was done, the newest first, as far back as the history was read."""
    done = [_of_entry(case, entry) for entry in case.entries if _is_told(entry)]
    since = case.entries[-1].at if case.entries and not case.complete else None
    notes = [told for note in case.known.notes if (told := _of_note(case, note)) is not None]
    recent = [told for told in notes if since is None or told.at >= since]
    return sorted([*recent, *done], key=lambda told: told.at, reverse=True)


def action_words(action: str) -> str:
    """What was done, in a few words."""
    if action.startswith("denied."):
        return _("Was not allowed: {action}").format(action=action_words(action.removeprefix("denied.")))
    if action in TITLES:
        return _(TITLES[action])
    area, _dot, step = action.partition(".")
    if area == "referral":
        return _("Referral: {status}").format(status=codelists.get("referral_status").label(step))
    return _("Changed")


def printed_words(entry: Entry) -> str:
    """What was printed: how much it tells, which copies, in which language and why; nothing for other actions."""
    if entry.action not in PRINTS:
        return ""
    said: dict[str, list[str]] = {}
    for change in entry.changes:
        if change.record == "disclosure":
            said.setdefault(change.field, []).append(change.after)
    copies = sorted({int(copy) for copy in said.get("copy_number", ()) if copy.isdecimal()})
    numbers = ", ".join(formats.number(copy) for copy in copies)
    parts = [
        *(_(LEVELS.get(level, level)) for level in dict.fromkeys(said.get("level", ()))),
        ngettext("copy {numbers}", "copies {numbers}", len(copies)).format(numbers=numbers) if copies else "",
        *(language_name(language) for language in dict.fromkeys(said.get("language", ()))),
        *dict.fromkeys(said.get("purpose", ())),
    ]
    return " · ".join(part for part in parts if part)


def _is_told(entry: Entry) -> bool:
    return entry.action != "note.add" and not entry.action.startswith(LOOKS)


def _of_note(case: OpenCase, note: NoteRow) -> Told | None:
    if note.at is None:
        return None
    label = codelists.get("note_type").label(note.type)
    if note.text is None:
        title = _("Restricted note, {day}").format(day=formats.day(formats.day_in_dhaka(note.at)))
        return Told("note", "restricted", title, note.at, note.by, note=note)
    tags = (_("Restricted"),) if note.restricted else ()
    if note.corrects is not None:
        tags = (*tags, _correction(case, note))
    if note.corrected_by is not None:
        tags = (*tags, _("Corrected since"))
    return Told("note", ICONS["note"], label, note.at, note.by, note.text, tags, note=note)


def _correction(case: OpenCase, note: NoteRow) -> str:
    first = next((each for each in case.known.notes if each.id == note.corrects), None)
    if first is None or first.at is None:
        return _("Corrects an earlier note")
    return _("Corrects the note of {when}").format(when=formats.moment(first.at))


def _of_entry(case: OpenCase, entry: Entry) -> Told:
    area = entry.action.partition(".")[0]
    kind = "contact" if entry.action == "follow_up.record" else "referral" if area == "referral" else "change"
    text = printed_words(entry) or entry.reason
    if kind == "contact":
        text = next((c.after for c in entry.changes if (c.record, c.field) == ("follow_up", "note")), "")
    changes = tuple(_in_words(case, (c for c in entry.changes if (c.record, c.field) != ("follow_up", "note"))))
    icon = ICONS_OF_ACTIONS.get(entry.action, ICONS[kind])
    return Told(
        kind,
        icon,
        action_words(entry.action),
        entry.at,
        entry.by,
        text,
        (),
        changes,
        entry.withheld,
        entry.doubtful,
    )


def _in_words(case: OpenCase, changes: Iterable[Changed]) -> Iterable[tuple[str, str, str]]:
    """Label, before and after of each change that says something to a person."""
    before = purpose = answer = of = ""
    for change in changes:
        match change.record, change.field:
            case _, "removed_at":
                yield _(recorded_models()[change.record].label), "", _("taken out")
            case "status_event", "entity":  # told before the rest of its record
                of = STATUS_LISTS[change.after]
            case "status_event", "from_status":
                before = _of_lists((of,), change.after)
            case "status_event", "to_status":
                yield change.label, before, _of_lists((of,), change.after)
                before = ""
            case "status_event", "reason_code":
                yield change.label, "", _of_lists(REASONS, change.after)
            case "consent_line", "scope" | "answer":
                purpose, answer = (change.after, answer) if change.field == "scope" else (purpose, change.after)
                if purpose and answer:
                    yield purpose, "", answer
                    purpose = answer = ""
            case "triage", "outcome":
                yield change.label, "", change.after
            case "triage", _:
                continue
            case _:
                if (line := _plain(case, change)) is not None:
                    yield line


def _plain(case: OpenCase, change: Changed) -> tuple[str, str, str] | None:
    declared = fields_of(recorded_models()[change.record]).get(change.field)
    told = change.record == "case" and change.field in ACCESS
    if declared is None or (declared.ask is Ask.PROGRAM and not told):
        return None
    before, after = change.before, change.after
    if declared.kind is Kind.PHONE and not case.numbers:
        before, after = formats.masked_phone(before), formats.masked_phone(after)
    return change.label, before, after


def _of_lists(names: Iterable[str], code: str) -> str:
    rows = (codelists.get(name).find(code) for name in names)
    return next((row.label for row in rows if row is not None), code)
