"""Words that Qt itself puts on the screen, from the same catalogue as ours (decision 10)."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTranslator

from casedesk import i18n
from casedesk.i18n import N_, _

# Qt's menus of text fields, its buttons, and its dialogs for printing and files. Listed so that the catalogue has them.
WORDS: Final = (
    N_("&Undo"),
    N_("&Redo"),
    N_("Cu&t"),
    N_("&Copy"),
    N_("&Paste"),
    N_("Delete"),
    N_("Select All"),
    N_("OK"),
    N_("&OK"),
    N_("Cancel"),
    N_("&Cancel"),
    N_("Close"),
    N_("&Close"),
    N_("&Yes"),
    N_("&No"),
    N_("&Print"),
    N_("Print"),
    N_("Printer"),
    N_("&Name:"),
    N_("P&roperties"),
    N_("Location:"),
    N_("Type:"),
    N_("Copies"),
    N_("Print range"),
    N_("Print all"),
    N_("Pages from"),
    N_("to"),
    N_("&Options >>"),
    N_("&Options <<"),
    N_("&Look in:"),
    N_("Directory:"),
    N_("File &name:"),
    N_("Files of &type:"),
    N_("Directories"),
    N_("All Files (*)"),
    N_("&Choose"),
    N_("&Open"),
    N_("Open"),
    N_("&Save"),
    N_("Save"),
    N_("Back"),
    N_("Forward"),
    N_("Parent Directory"),
    N_("Create New Folder"),
    N_("List View"),
    N_("Detail View"),
    N_("Computer"),
    N_("Name"),
    N_("Size"),
    N_("Type"),
    N_("Date Modified"),
    N_("&Rename"),
    N_("&Delete"),
    N_("Show &hidden files"),
    N_("&New Folder"),
    N_("%1 already exists.\nDo you want to replace it?"),
    N_("%1\nFile not found.\nPlease verify the correct file name was given."),
    N_("%1\nDirectory not found.\nPlease verify the correct directory name was given."),
)
_KNOWN: Final = frozenset(WORDS)


class QtWords(QTranslator):
    """Asks our catalogue; what it does not have stays as Qt says it."""

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return False

    def translate(self, _context: str, source: str, _note: str | None = None, _count: int = -1) -> str:
        if source not in _KNOWN or i18n.language() == "en":
            return None  # type: ignore[return-value]  # only nothing at all lets Qt go on asking; "" would be shown
        return _(source)
