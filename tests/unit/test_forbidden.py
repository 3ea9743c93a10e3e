"""What must not stand in the code (SECURITY 7, 12). The linter has its share; this is what it does not know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "casedesk"
NAMES = {
    "QMessageBox": "shows markup and opens files named in it",
    "QErrorMessage": "shows markup and opens files named in it",
    "QInputDialog": "shows markup and opens files named in it",
    "QProgressDialog": "shows markup and opens files named in it",
    "QTextBrowser": "shows markup and opens files named in it",
    "QTextEdit": "takes rich text; use QPlainTextEdit",
    "QDesktopServices": "starts another program",
    "QSettings": "writes outside the store",
    "openUrl": "starts another program",
}
ALLOWED = {
    "cli/speech.py": {"print"},  # what a person reads on the command line
    "practice/": {"random"},  # invents people, the same ones each time
    "ui/print/printing.py": {"QSettings"},  # only to take out what Qt's file dialog wrote there
}
MODULES = frozenset(("pickle", "marshal", "shelve", "yaml", "socket", "http", "urllib", "requests", "ssl", "random"))
ONLY_IN_THE_KIT = frozenset(("QLabel",))


def sins(source: str, place: str) -> Iterator[str]:
    """What this module does that it must not."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in MODULES:
                    yield module
                found = {alias.name for alias in names}
                yield from found & NAMES.keys()
                if not place.startswith("ui/kit/"):
                    yield from found & ONLY_IN_THE_KIT
            case ast.Call(func=ast.Name(id="eval" | "exec" | "print" as name)):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen" as name)):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logger" | "logging"), attr="exception")):
                yield "log.exception"
            case ast.Call(func=ast.Attribute(attr="mktemp")):
                yield "mktemp"
            case ast.Call(keywords=keywords) if any(
                each.arg == "shell" and isinstance(each.value, ast.Constant) and each.value.value for each in keywords
            ):
                yield "shell=True"
            case _:
                pass


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_nothing_forbidden_stands_in(path: Path) -> None:
    place = path.relative_to(SOURCE).as_posix()
    allowed = next((names for start, names in ALLOWED.items() if place.startswith(start)), set())
    assert [sin for sin in sins(path.read_text(encoding="utf-8"), place) if sin not in allowed] == []


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from urllib.request import urlopen",
        "from PySide6.QtWidgets import QMessageBox",
        "from PySide6.QtWidgets import QLabel",
        "from PySide6.QtGui import QDesktopServices",
        "eval('1')",
        "print('x')",
        "import os\nos.system('x')",
        "log.exception('x')",
        "subprocess.run('x', shell=True)",
        "tempfile.mktemp()",
    ],
)
def test_each_of_them_is_found(planted: str) -> None:
    assert list(sins(planted, "ui/planted.py"))
