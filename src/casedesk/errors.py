"""Errors that a person may see.

Each says what happened, in `message`, and that the work is safe and what to do, in `hint`.
Anything that is not a CaseDeskError is our own mistake: it is logged without its text, and admitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casedesk.i18n import _


class CaseDeskError(Exception):
    """Something a person can act on."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one answer. `fix` is a value that is likely meant, `rule` the rule's number (V04)."""

    text: str
    rule: str = ""
    warning: bool = False
    fix: object = None
    fix_text: str = ""


class InvalidInput(CaseDeskError):
    """A command was refused before anything was written. Keys are "table.field"."""

    def __init__(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        first = next((p.text for found in problems.values() for p in found), "")
        super().__init__(
            _("Some answers need another look."), hint=_("Nothing is lost. First: {problem}").format(problem=first)
        )
        self.problems = {key: tuple(found) for key, found in problems.items()}


class NotFound(CaseDeskError):
    """The record is gone or was never here."""

    def __init__(self) -> None:
        super().__init__(_("This record is not here."), hint=_("Go back and look for it again."))


class NotAllowed(CaseDeskError):
    """The person signed in has no right to do this."""

    def __init__(self) -> None:
        super().__init__(_("Your role does not allow this."), hint=_("Nothing was changed. Ask a supervisor."))


class Conflict(CaseDeskError):
    """The record changed since it was opened."""

    def __init__(self) -> None:
        super().__init__(
            _("Someone changed this meanwhile."),
            hint=_("Nothing was overwritten, and what you typed is still here. Look at the new value first."),
        )


class StorageFull(CaseDeskError):
    """The disk has no room left. `eased` tells that some was kept back until now, so that the next save succeeds."""

    def __init__(self, *, eased: bool = False) -> None:
        hint = _("What you typed is still here and what was saved before is safe. Free some space, then try again.")
        if eased:
            hint = _("Some room was kept back and is free now: save again. Then free some space on this disk.")
        super().__init__(_("Could not save: the disk is full."), hint=hint)


class StorageFailed(CaseDeskError):
    """The disk did not take the write."""

    def __init__(self) -> None:
        super().__init__(
            _("Could not save: the disk reported a fault."),
            hint=_("What you typed is still here. Copy the store folder to another disk before you go on."),
        )
