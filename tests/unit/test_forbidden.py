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
    "QFormLayout": "makes labels that read markup; use a Question",
    "QWizardPage": "its titles read markup",
    "QTextDocument": "prints markup and opens files named in it",
    "QWebEngineView": "opens addresses",
    "QNetworkAccessManager": "opens addresses",
}
ALLOWED = {
    "cli/speech.py": {"print"},  # what a person reads on the command line
    "practice/": {"random"},  # invents people, the same ones each time
    "ui/kit/places.py": {"QSettings"},  # only to take out what Qt's file dialog wrote there
    "storage/vault.py": {"built SQL"},  # pragmas take no parameters: keys in hex and words of ours
    "storage/derived.py": {"built SQL"},  # four names of ours
    "storage/migrations/": {"built SQL"},  # names of tables
    "storage/rows.py": {"built SQL"},  # the name of a table
    "storage/national.py": {"built SQL"},  # names of tables and of a setting
    "cli/relay.py": {"uvicorn"},  # starts the relay, which is in sync
    "ui/letters.py": {"QTextEdit"},  # only asks whether somebody types into one
}
MODULES = frozenset(("pickle", "marshal", "shelve", "yaml", "random", "telnetlib", "pty"))
NETWORK = frozenset(
    ("aiohttp", "asyncio", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver", "ssl")
) | frozenset(("starlette", "urllib", "uvicorn", "websockets"))
ONLY_IN_THE_KIT = frozenset(("QLabel", "setToolTip"))
STATEMENTS = frozenset(("text", "execute", "executemany", "executescript", "exec_driver_sql"))
AUTHENTICATORS = frozenset(("mac", "hmac", "seal", "authenticator"))


def sins(source: str, place: str) -> Iterator[str]:
    """What this module does that it must not."""
    modules = MODULES if place.startswith("sync/") else MODULES | NETWORK
    names = frozenset(NAMES) if place.startswith("ui/kit/") else frozenset(NAMES) | ONLY_IN_THE_KIT
    for node in ast.walk(ast.parse(source)):
        yield from _imported(node, modules, names)
        match node:
            case ast.Call():
                yield from _called(node)
            case ast.Attribute(attr=name) if name in names and isinstance(node.ctx, ast.Load):
                yield name
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                if {_last_name(left), _last_name(right)} & AUTHENTICATORS:
                    yield "== on a MAC"
            case _:
                pass


def _imported(node: ast.AST, modules: frozenset[str], names: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=found):
            yield from (alias.name for alias in found if alias.name.partition(".")[0] in modules)
        case ast.ImportFrom(module=str(module), level=0, names=found):
            if module.partition(".")[0] in modules:
                yield module
            yield from {alias.name for alias in found} & names
        case _:
            pass


def _called(call: ast.Call) -> Iterator[str]:
    match call.func:
        case ast.Name(id="eval" | "exec" | "print" | "__import__" | "compile" as name):
            yield name
        case ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen" | "startfile" as name):
            yield name
        case ast.Attribute(value=ast.Name(id="log" | "logger" | "logging"), attr="exception"):
            yield "log.exception"
        case ast.Attribute(attr="mktemp"):
            yield "mktemp"
        case _:
            pass
    if _last_name(call.func) in STATEMENTS and call.args and _is_built(call.args[0]):
        yield "built SQL"
    for each in call.keywords:
        if isinstance(each.value, ast.Constant):
            if each.arg == "shell" and each.value.value:
                yield "shell=True"
            if each.arg == "verify" and each.value.value is False:
                yield "verify=False"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_built(node: ast.expr) -> bool:
    """Whether a text is put together from parts that are not all written here."""
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(each, ast.FormattedValue) for each in values)
        case ast.BinOp(left=left, op=ast.Mod() | ast.Add()):
            return _is_text(left) or _is_built(left)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return _is_text(value)
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


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
        "import marshal",
        "import shelve",
        "import yaml",
        "import random",
        "import socket",
        "import httpx",
        "from starlette.applications import Starlette",
        "__import__('pickle')",
        "os.startfile('x')",
        "exec('1')",
        "session.execute(text(f'SELECT * FROM {table}'))",
        "connection.execute('SELECT %s' % name)",
        "connection.exec_driver_sql('SELECT ' + name)",
        "connection.execute('SELECT {}'.format(name))",
        "client.get(url, verify=False)",
        "if mac == given:\n    pass",
        "if keys.seal != other:\n    pass",
        "widget.setToolTip(name)",
        "QtGui.QDesktopServices.openUrl(url)",
        "QtWidgets.QMessageBox.warning(None, 'x', 'y')",
        "from PySide6.QtWidgets import QFormLayout",
        "from PySide6.QtWidgets import QTextEdit",
        "from PySide6.QtGui import QTextDocument",
    ],
)
def test_each_of_them_is_found(planted: str) -> None:
    assert list(sins(planted, "ui/planted.py"))
