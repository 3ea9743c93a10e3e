"""What is put into the hands of a centre: one description, and nothing that contradicts it."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bundle
import environment
import pytest
from packaging.requirements import Requirement

from casedesk import VERSION, machine, paths
from casedesk.cli import MODULES

ROOT = bundle.ROOT


# The packages


def test_the_bundle_takes_just_what_its_parts_need() -> None:
    """The closure read from the locked list equals the one that the packages themselves tell, on both systems."""
    asked = {name for part in bundle.BUNDLE["packages"]["parts"] for name in bundle.parts()[part]}
    told = {name for system in ("linux", "win32") for root in asked for name in _needs(root, system)}
    assert set(bundle.runtime()) == told


def _needs(name: str, system: str, extra: str = "") -> Iterator[str]:
    yield name
    try:
        requires = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:  # one for the other system
        return
    here = {"sys_platform": system, "os_name": "nt" if system == "win32" else "posix", "extra": extra}
    for each in map(Requirement, requires):
        if each.marker is None or each.marker.evaluate(here):
            yield from _needs(bundle.normal(each.name), system)


def test_every_part_is_locked_and_every_locked_package_is_asked_for() -> None:
    every = bundle.locked()
    asked = {name for names in bundle.parts().values() for name in names}
    assert asked <= set(every)
    assert {name for name, each in every.items() if bundle.DIRECT in each.needed_by} == asked
    assert [name for name, each in every.items() if not each.needed_by] == []


def test_everything_fetched_is_pinned_by_its_hash(tmp_path: Path) -> None:
    assert [name for name, each in bundle.locked().items() if not each.hashes] == []
    lock = bundle.write_lock(tmp_path / "some.lock", "babel").read_text(encoding="utf-8")
    assert lock.count("==") == len(bundle.runtime()) + 1
    tools = (ROOT / "installer/build.lock").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[a-z])", lock + tools):
        assert "--hash=sha256:" in entry
    for name in ("runtime_sha256", "dll_sha256"):
        assert re.fullmatch(r"[0-9a-f]{64}", bundle.BUNDLE["windows"][name])


def test_what_the_program_imports_is_in_the_bundle_and_what_only_tests_need_is_not() -> None:
    homes = importlib.metadata.packages_distributions()
    imported = {bundle.normal(home) for name in _imported() for home in homes.get(name, [])}
    assert imported <= set(bundle.runtime())
    assert not set(bundle.runtime()) & set(bundle.parts()["Development"])


def _imported() -> set[str]:
    """The first name of everything that a module of the program imports, at its top or later."""
    found = set()
    for path in (ROOT / "src/casedesk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
    return found - {"casedesk"} - set(sys.stdlib_module_names)


def test_commands_that_are_imported_by_their_name_are_in_the_bundle() -> None:
    told = bundle.modules()
    assert {f"casedesk.cli.{name}" for name in MODULES.values()} <= set(told)
    assert all(importlib.util.find_spec(name) for name in told)


# The files


@pytest.mark.parametrize(
    "path",
    [
        "PySide6/QtWidgets.pyd",
        "PySide6/Qt6Widgets.dll",
        "PySide6/QtWidgets.abi3.so",
        "PySide6/Qt/lib/libQt6XcbQpa.so.6",
        "PySide6/Qt/lib/libicudata.so.73",
        "PySide6/pyside6.abi3.dll",
        "PySide6/msvcp140.dll",
        "PySide6/__init__.py",
        "PySide6/support/deprecated.py",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "sqlalchemy/dialects/sqlite/pysqlcipher.py",
        "fontpkg_hind_siliguri/files/HindSiliguri-Bold.ttf",
    ],
)
def test_what_a_desk_shows_is_kept(path: str) -> None:
    assert bundle.wanted(path)


@pytest.mark.parametrize(
    "path",
    [
        "PySide6/QtQuick.pyd",
        "PySide6/Qt6Quick3D.dll",
        "PySide6/QtNetwork.abi3.so",
        "PySide6/Qt/lib/libQt6WaylandClient.so.6",
        "PySide6/opengl32sw.dll",
        "PySide6/designer.exe",
        "PySide6/QtCore.pyi",
        "PySide6/Qt/translations/qt_de.qm",
        "PySide6/qml/QtQuick/qmldir",
        "PySide6/plugins/sqldrivers/qsqlite.dll",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "sqlalchemy/dialects/oracle/base.py",
        "bin/uvicorn",
    ],
)
def test_what_no_desk_shows_is_left_out(path: str) -> None:
    assert not bundle.wanted(path)


def test_qt_modules_that_the_program_imports_are_carried() -> None:
    used = {
        module
        for path in (ROOT / "src/casedesk").rglob("*.py")
        for module in re.findall(r"PySide6\.Qt(\w+)", path.read_text(encoding="utf-8"))
    }
    assert used <= set(bundle.BUNDLE["qt"]["modules"])


def test_the_list_of_contents_tells_every_file_in_one_order(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "b").mkdir(parents=True)
    (tree / "b/one").write_bytes(b"1")
    (tree / "a").write_bytes(b"")
    bundle.settle(tree)
    bundle.write_contents(tree, tmp_path / "list")
    lines = (tmp_path / "list").read_text(encoding="ascii").splitlines()
    assert [line.partition("  ")[2] for line in lines] == ["a", "b/one"]
    assert lines[0].startswith("e3b0c44298fc1c14")
    assert {path.stat().st_mtime for path in tree.rglob("*")} == {bundle.MOMENT}


def test_a_file_that_tells_where_it_was_made_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"nothing")
    bundle.refuse_traces(tmp_path)
    (tmp_path / "telling").write_bytes(b"\0" + str(ROOT).encode() + b"/src\0")
    with pytest.raises(SystemExit, match="telling"):
        bundle.refuse_traces(tmp_path)


def test_a_compiled_catalogue_does_not_tell_when_it_was_compiled(tmp_path: Path) -> None:
    source, target = environment.TRANSLATIONS / "bn/LC_MESSAGES/casedesk.po", tmp_path / "casedesk.mo"
    environment.compile_catalogue(Path(sys.executable), source, target)
    assert re.findall(rb"POT-Creation-Date: (\S+)", target.read_bytes()) == [b"1970-01-01"]


# What the systems show


def test_templates_are_filled_from_the_one_description() -> None:
    assert bundle.VERSION == VERSION
    for name, more in _templates().items():
        text = bundle.filled(ROOT / "installer" / name, **more)
        assert "@" not in re.sub(r"<\w+@example\.org>", "", text)
        assert bundle.PROGRAM["name"] in text or bundle.PROGRAM["command"] in text
    desktop = bundle.filled(ROOT / "installer/linux/casedesk.desktop.in")
    assert f"Name[bn]={bundle.PROGRAM['name_bn']}\n" in desktop


def _templates() -> dict[str, dict[str, Any]]:
    linux, windows = bundle.BUNDLE["linux"], bundle.BUNDLE["windows"]
    return {
        "linux/casedesk.desktop.in": {},
        "linux/casedesk.1.in": {},
        "linux/control.in": linux | {"size": 1, "depends": "", "recommends": ""},
        "windows/launcher.rc.in": windows | {"commas": "0,1,0"},
        "windows/setup.nsi.in": windows | {"files": "", "size": 1, "out": "setup.exe"},
    }


def test_no_script_repeats_the_version() -> None:
    scripts = [
        path for path in (ROOT / "installer").rglob("*") if path.is_file() and path.suffix not in (".lock", ".in")
    ]
    assert [path.name for path in scripts if re.search(rf"(?<![\d.]){re.escape(VERSION)}(?![\d.])", _text(path))] == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.suffix != ".pyc" else ""


@pytest.mark.parametrize(
    "script", ["environment", "linux/package", "windows/package", "windows/trial", "windows/commands"]
)
def test_what_makes_and_tries_a_bundle_runs_on_plain_python(script: str) -> None:
    """There `.venv` is not made yet: nothing but the standard library may be asked for."""
    path = ROOT / "installer" / f"{script}.py"
    look = f"import runpy, sys; sys.path.insert(0, {str(path.parent)!r}); runpy.run_path({str(path)!r})"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", look], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_the_package_depends_on_the_libraries_that_the_commands_install() -> None:
    """`sh installer/run.sh` and the package need the same of the system."""
    script = (ROOT / "installer/system.sh").read_text(encoding="utf-8")
    installed = set(re.findall(r"^ *library \S+ (lib[\w.-]+)$", script, re.M)) | {"libglib2.0-0"}
    assert installed <= set(bundle.BUNDLE["linux"]["depends"])


# The program that was installed


def test_an_installed_program_starts_itself_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.command("demo") == [sys.executable, "-m", "casedesk", "demo"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert machine.command("demo") == [sys.executable, "demo"]


def test_the_program_finds_its_own_files_beside_the_folder_that_holds_it() -> None:
    """So a bundle needs no setting: `resources` lies beside the folder that holds the package `casedesk`."""
    assert Path(machine.__file__).parents[2] / "resources" == paths.RESOURCES
    assert (paths.RESOURCES / "permissions.csv").is_file()
