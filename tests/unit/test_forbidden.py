"""What must not stand in the code (SECURITY 7, 12). The linter has its share; this is what it does not know."""

from __future__ import annotations

import ast
import re
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
    "QProcess": "starts another program",
    "QSettings": "writes outside the store",
    "openUrl": "starts another program",
    "QFormLayout": "makes labels that read markup; use a Question",
    "QWizardPage": "its titles read markup",
    "QTextDocument": "prints markup and opens files named in it",
    "QToolTip": "reads markup; use tip",
    "ToolTipRole": "reads markup; use tip",
    "setWhatsThis": "reads markup",
    "WhatsThisRole": "reads markup",
    "QDrag": "hands data to other programs",
    "QSystemTrayIcon": "shows words beside the window",
}
ALLOWED = {
    "cli/speech.py": {"print"},  # what a person reads on the command line
    "cli/": {"sys.stdout", "sys.stderr"},  # to say which of them a sentence goes to
    "cli/window.py": {"sys.stderr.write"},  # how far it is, as a figure
    "cli/signing_in.py": {"sys.stderr.write"},  # asks for the sign-in name
    "machine.py": {"subprocess", "os.execv", "sys.stdout", "sys.stderr"},  # to begin this program again, with them
    "practice/": {"random"},  # invents people, the same ones each time
    "ui/curtain.py": {"QToolTip"},  # only to take away what is shown
    "ui/kit/places.py": {"QSettings"},  # only to take out what Qt's file dialog wrote there
    "services/search.py": {"built SQL"},  # words of ours; what is looked for is bound
    "storage/bulk.py": {"built SQL"},  # names of a table and its columns
    "storage/vault.py": {"built SQL"},  # pragmas take no parameters: keys in hex and words of ours
    "storage/derived.py": {"built SQL"},  # four names of ours
    "storage/migrations/": {"built SQL"},  # names of tables
    "storage/rows.py": {"built SQL"},  # the name of a table
    "storage/national.py": {"built SQL"},  # names of tables and of a setting
    "cli/relay.py": {"uvicorn"},  # starts the relay, which is in sync
    "ui/letters.py": {"QTextEdit"},  # only asks whether somebody types into one
}
MODULES = frozenset(("pickle", "marshal", "shelve", "yaml", "random", "telnetlib", "pty")) | frozenset(
    ("subprocess", "webbrowser", "traceback")  # start programs; tell what stood in a variable
)
NETWORK = frozenset(
    ("aiohttp", "asyncio", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver", "ssl")
) | frozenset(("starlette", "urllib", "uvicorn", "websockets"))
QT_NETWORK = frozenset(("QtNetwork", "QtWebSockets", "QtWebEngineCore", "QtWebEngineWidgets", "QtHttpServer"))
OF_THE_SYSTEM = re.compile("system|popen|startfile|fork|forkpty|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?")
ONLY_IN_THE_KIT = frozenset(("QLabel", "setToolTip"))
SQLALCHEMY = frozenset(("sa", "sqlalchemy"))
STATEMENTS = frozenset(("execute", "executemany", "executescript"))
AUTHENTICATORS = frozenset(("mac", "hmac", "seal", "authenticator"))


def sins(source: str, place: str) -> Iterator[str]:
    """What this module does that it must not."""
    modules = MODULES if place.startswith("sync/") else MODULES | NETWORK
    names = frozenset(NAMES) if place.startswith("ui/kit/") else frozenset(NAMES) | ONLY_IN_THE_KIT
    tree = ast.parse(source)
    built = {name for node in ast.walk(tree) for name in _built_names(node)} - {""}
    for node in ast.walk(tree):
        yield from _imported(node, modules, names)
        match node:
            case ast.Call():
                yield from _called(node)
                yield from _asked(node, built)
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" as name):
                yield f"sys.{name}"
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" as name), attr="write"
            ):
                yield f"sys.{name}.write"
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
            yield from (alias.name for alias in found if _is_of(alias.name, modules))
        case ast.ImportFrom(module=str(module), level=0, names=found):
            if _is_of(module, modules):
                yield module
            yield from {alias.name for alias in found} & (names | QT_NETWORK | {"*"})
            if module == "os":
                yield from (f"os.{alias.name}" for alias in found if OF_THE_SYSTEM.fullmatch(alias.name))
        case ast.ImportFrom(names=found):
            yield from {alias.name for alias in found} & {"*"}
        case _:
            pass


def _is_of(module: str, modules: frozenset[str]) -> bool:
    parts = module.split(".")
    return parts[0] in modules or not QT_NETWORK.isdisjoint(parts)


def _called(call: ast.Call) -> Iterator[str]:
    match call.func:
        case ast.Name(id="eval" | "exec" | "print" | "__import__" | "compile" as name):
            yield name
        case ast.Attribute(value=ast.Name(id="os"), attr=name) if OF_THE_SYSTEM.fullmatch(name):
            yield f"os.{name}"
        case ast.Attribute(attr="exception"):
            yield "log.exception"
        case ast.Attribute(attr="mktemp"):
            yield "mktemp"
        case _:
            pass
    for each in call.keywords:
        if isinstance(each.value, ast.Constant):
            if each.arg == "shell" and each.value.value:
                yield "shell=True"
            if each.arg == "verify" and each.value.value is False:
                yield "verify=False"


def _asked(call: ast.Call, built: set[str]) -> Iterator[str]:
    """SQL that is not written here whole. What `execute` takes may be a statement of SQLAlchemy, whatever its name."""
    asked = call.args[0] if call.args else ast.Constant("")
    match call.func:
        case ast.Name(id="text") | ast.Attribute(attr="exec_driver_sql"):
            whole = _is_text(asked) or _is_for_translation(asked)
        case ast.Attribute(value=ast.Name(id=module), attr="text") if module in SQLALCHEMY:
            whole = _is_text(asked)
        case ast.Attribute(attr=name) if name in STATEMENTS:
            whole = not _is_built(asked) and _last_name(asked) not in built
        case _:
            return
    if not whole:
        yield "built SQL"


def _built_names(node: ast.AST) -> Iterator[str]:
    """Which names this makes stand for a text that is put together."""
    match node:
        case ast.Assign(targets=targets, value=value) if _is_built(value):
            yield from map(_last_name, targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_built(value):
            yield _last_name(target)
        case ast.AugAssign(target=target, op=ast.Add(), value=value) if _is_text(value) or _is_built(value):
            yield _last_name(target)
        case ast.NamedExpr(target=target, value=value) if _is_built(value):
            yield target.id
        case _:
            pass


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_built(node: ast.expr) -> bool:
    """Whether a text is put together from parts that are not all written here."""
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(each, ast.FormattedValue) for each in values)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _is_text(left) or _is_built(left)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return any(_is_text(side) or _is_built(side) for side in (left, right))
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join" | "replace")):
            return _is_text(value) or _is_built(value)
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_for_translation(node: ast.expr) -> bool:
    """The words of a field whose kind is called `text`, not SQL."""
    return isinstance(node, ast.Call) and _last_name(node.func) == "N_"


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_nothing_forbidden_stands_in(path: Path) -> None:
    place = path.relative_to(SOURCE).as_posix()
    allowed = {sin for start, those in ALLOWED.items() if place.startswith(start) for sin in those}
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
        "import subprocess",
        "from subprocess import run",
        "import webbrowser",
        "from PySide6.QtCore import QProcess",
        "QtCore.QProcess.startDetached('x')",
        "os.execv('x', ['x'])",
        "os.execlp('x', 'x')",
        "os.spawnv(os.P_WAIT, 'x', ['x'])",
        "os.posix_spawn('x', ['x'], {})",
        "os.popen('x')",
        "from os import system",
        "from os import execvp as go",
        "import PySide6.QtNetwork",
        "from PySide6.QtNetwork import QTcpSocket",
        "from PySide6 import QtNetwork",
        "from PySide6.QtWebEngineWidgets import QWebEngineView",
        "from PySide6.QtWidgets import *",
        "from . import *",
        "sql = f'SELECT * FROM {table}'\nsession.execute(text(sql))",
        "sql: str = 'SELECT %s' % name\nconnection.execute(sql)",
        "sql = 'SELECT '\nsql += f'{name}'\nconnection.execute(sql)",
        "sql = ' '.join(parts)\nconnection.executemany(sql, rows)",
        "session.execute(text(name + 'x'))",
        "connection.execute(name + ' LIMIT 1')",
        "session.execute(text(statement))",
        "session.scalars(sa.text(statement))",
        "connection.exec_driver_sql(statement)",
        "self.log.exception('x')",
        "logging.getLogger('x').exception('x')",
        "import traceback\ntraceback.print_exc()",
        "from traceback import format_exc",
        "sys.stderr.write(name)",
        "out = sys.stdout",
        "item.setData(Qt.ItemDataRole.ToolTipRole, name)",
        "QtWidgets.QToolTip.showText(place, name)",
        "from PySide6.QtWidgets import QToolTip",
        "widget.setWhatsThis(name)",
        "item.setData(Qt.ItemDataRole.WhatsThisRole, name)",
        "from PySide6.QtGui import QDrag",
        "QtWidgets.QSystemTrayIcon().showMessage('x', name)",
    ],
)
def test_each_of_them_is_found(planted: str) -> None:
    assert list(sins(planted, "ui/planted.py"))


@pytest.mark.parametrize(
    "good",
    [
        "session.execute(text('SELECT id FROM chain WHERE ix = :ix'), {'ix': ix})",
        "session.execute(select(Case.id).where(Case.id == case_id))",
        "wanted = select(Case.id)\nsession.execute(wanted)",
        "words = text(N_('Details'), level=SENSITIVE)",
        "name = line.text()",
        "os.replace(made, path)",
        "says = f'{name}'\nlabel.setText(says)",
    ],
)
def test_what_is_as_it_should_be_is_not_told(good: str) -> None:
    assert list(sins(good, "ui/planted.py")) == []


def test_what_is_allowed_somewhere_is_done_there() -> None:
    """What nobody needs any more is no longer allowed."""
    done = {
        path.relative_to(SOURCE).as_posix(): set(sins(path.read_text(encoding="utf-8"), ""))
        for path in SOURCE.rglob("*.py")
    }
    for start, allowed in ALLOWED.items():
        assert allowed <= {sin for place, those in done.items() if place.startswith(start) for sin in those}, start
