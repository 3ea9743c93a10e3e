"""Paints the mark of the program into pictures: icon.py FOLDER. Runs inside an environment, without a display."""

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from casedesk.ui.kit import theme
from casedesk.ui.kit.blocks import paint_mark

SIDES = (16, 24, 32, 48, 64, 128, 256)


def main(folder: Path) -> None:
    app = QApplication([])
    theme.apply(app, theme.Theme())
    folder.mkdir(parents=True, exist_ok=True)
    for side in SIDES:
        image = QImage(side, side, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        paint_mark(painter, QRectF(0, 0, side, side))
        painter.end()
        image.save(str(folder / f"{side}.png"))
    pictures = [Image.open(folder / f"{side}.png") for side in SIDES]
    pictures[-1].save(folder / "casedesk.ico", sizes=[(side, side) for side in SIDES], append_images=pictures[:-1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
