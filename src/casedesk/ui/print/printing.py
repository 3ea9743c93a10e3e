"""The ways out: a printer, or a file in a folder that the person chooses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtWidgets import QFileDialog, QWidget

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.reports import preview
from casedesk.ui.kit.places import choose_new
from casedesk.whole_file import FileNotWritten, whole_file

DOTS = 300  # an inch


class NotPrinted(CaseDeskError):
    """The printer did not take the paper."""

    def __init__(self) -> None:
        super().__init__(
            _("The printer did not take the paper."),
            hint=_("The copy is counted already. Look at the printer, then print again or save a PDF."),
        )


class NotSaved(CaseDeskError):
    """The file could not be written there."""

    def __init__(self) -> None:
        super().__init__(
            _("The PDF could not be saved there."),
            hint=_("The copy is counted already. Choose another folder and save again."),
        )


def has_printer() -> bool:
    """Whether there is a printer to send a paper to."""
    return not QPrinterInfo.defaultPrinter().isNull()


def default_printer() -> QPrinter:
    """The printer that the computer uses when nothing else is said; the spooler learns no name."""
    printer = QPrinter(QPrinterInfo.defaultPrinter(), QPrinter.PrinterMode.HighResolution)
    printer.setDocName("CaseDesk")
    return printer


def send(files: Sequence[bytes], printer: QPrinter) -> None:
    """Print every page of every file, one after the other. Raises NotPrinted."""
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    printer.setFullPage(True)
    painter = QPainter()
    if not painter.begin(printer):
        raise NotPrinted
    try:
        pages = [(pdf, page) for pdf in files for page in range(preview.pages(pdf))]
        for at, (pdf, page) in enumerate(pages):
            if at and not printer.newPage():
                raise NotPrinted
            area = printer.paperRect(QPrinter.Unit.DevicePixel)
            painter.drawImage(QRectF(0, 0, area.width(), area.height()), image_of(pdf, page, DOTS / 72))
    finally:
        painter.end()


def image_of(pdf: bytes, page: int, scale: float) -> QImage:
    """A page as a picture; at scale 1 a dot is 1/72 inch."""
    drawn = preview.picture(pdf, page, scale)
    shown = QImage(drawn.bgra, drawn.width, drawn.height, drawn.width * 4, QImage.Format.Format_RGB32)
    return shown.copy()  # the bytes belong to Python and may go


def images_of(pdf: bytes, scale: float, ratio: float) -> tuple[QImage, ...]:
    """All pages as pictures for a screen that draws `ratio` dots a point."""
    images = []
    for page in range(preview.pages(pdf)):
        image = image_of(pdf, page, scale)
        image.setDevicePixelRatio(ratio)
        images.append(image)
    return tuple(images)


def write_file(pdf: bytes, path: Path) -> None:
    """Write the file whole or not at all, readable by nobody else. Raises NotSaved."""
    try:
        with whole_file(path) as file:
            file.write(pdf)
    except FileNotWritten:
        raise NotSaved from None


def choose_file(parent: QWidget, name: str, *, title: str = "", filter_: str = "", suffix: str = "pdf") -> QFileDialog:
    """Ask where to save a paper; returns at once."""
    dialog = choose_new(parent, title or _("Save PDF"), name, filter_ or _("PDF files (*.pdf)"))
    dialog.setDefaultSuffix(suffix)
    return dialog
