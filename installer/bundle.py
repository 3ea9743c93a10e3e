"""What a bundle is made of: reads bundle.toml and the locked list for every platform. Runs on plain Python.

The lists and the trees it makes depend on nothing but the project: same input, same bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import environment

ROOT, HERE, LOCK = environment.ROOT, environment.HERE, environment.LOCK
BUILD = ROOT / "build"
WORK = BUILD / "installer"
BUNDLE: dict[str, Any] = tomllib.loads((HERE / "bundle.toml").read_text(encoding="utf-8"))
PROGRAM: dict[str, Any] = BUNDLE["program"]
SOURCE = ROOT / "src/casedesk"


def declared(name: str, module: str) -> str:
    """A word that a module of the program declares. To import it would need its packages."""
    found = re.search(rf'^{name}\b.* = "(.+?)"', (SOURCE / module).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{module} declares no {name}.")
    return found[1]


VERSION = declared("VERSION", "__init__.py")
MOMENT = int(datetime.combine(PROGRAM["date"], datetime.min.time(), UTC).timestamp())
DIRECT = "-r installer/requirements.in"

# For every tool that asks: no clock, no chance, no words of this machine.
STEADY = {"SOURCE_DATE_EPOCH": str(MOMENT), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


# The packages


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of the locked list: its lines there, and what needs it."""

    name: str
    lines: tuple[str, ...]
    needed_by: frozenset[str]

    @property
    def hashes(self) -> list[str]:
        return re.findall(r"--hash=sha256:([0-9a-f]{64})", "\n".join(self.lines))


def locked() -> dict[str, Locked]:
    """The locked list by name."""
    found = {}
    for entry in re.split(r"\n(?=[a-z0-9])", LOCK.read_text(encoding="utf-8")):
        needed_by = re.search(r"# via (.+)", entry)
        name = normal(entry)
        found[name] = Locked(name, tuple(entry.splitlines()), frozenset(needed_by[1].split(", ") if needed_by else ()))
    return found


def parts() -> dict[str, list[str]]:
    """The packages that requirements.in asks for, by the heading they stand under."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in (HERE / "requirements.in").read_text(encoding="utf-8").splitlines():
        if told := re.match(r"# ([A-Z]\w+): ", line):
            heading = told[1]
        elif line and not line.startswith("#"):
            found.setdefault(heading, []).append(normal(line))
    return found


def runtime() -> dict[str, Locked]:
    """What a bundle takes of the locked list: the packages of its parts and all they need."""
    every = locked()
    taken = {name for part in BUNDLE["packages"]["parts"] for name in parts()[part]}
    while more := {name for name, each in every.items() if each.needed_by & taken} - taken:
        taken |= more
    return {name: every[name] for name in sorted(taken)}


def write_lock(path: Path, *also: str) -> Path:
    """A list for pip and uv of what a bundle takes, with the hashes of the locked list."""
    lines = [line for each in [*runtime().values(), *(locked()[name] for name in also)] for line in each.lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def normal(requirement: str) -> str:
    """The name of a package as the locked list writes it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def tools() -> Path:
    """The interpreter of an environment that holds what a bundle takes, and what it is made with."""
    return environment.make(WORK / "env", write_lock(WORK / "tools.lock", "babel"), HERE / "build.lock")


# The files


def wanted(path: str) -> bool:
    """Whether a file of the packages goes into a bundle; `path` is relative to where the packages lie."""
    if any(fnmatchcase(path, pattern) for pattern in BUNDLE["trim"]["files"]):
        return False
    top, _, rest = path.partition("/")
    return top != "PySide6" or _wanted_of_qt(rest.removeprefix("Qt/"))


def _wanted_of_qt(path: str) -> bool:
    file = PurePosixPath(path)
    stem = file.name.partition(".")[0].removeprefix("lib")
    if file.parts[0] == "plugins":
        return f"{file.parent.name}/{stem}" in BUNDLE["qt"]["plugins"]
    if len(file.parts) > 1 and file.parts[0] not in ("lib", "support"):
        return False
    if module := re.fullmatch(r"Qt6?([A-Z0-9]\w+)", stem):
        return module[1] in BUNDLE["qt"]["modules"]
    return file.suffix not in (".exe", ".json") and stem not in ("opengl32sw", "pyside6qml", "vcamp140", "vcomp140")


def modules() -> list[str]:
    """Every module of the program, for whoever follows imports: a command is imported by its name, when it is said."""
    found = (path.relative_to(ROOT / "src").with_suffix("") for path in sorted(SOURCE.rglob("*.py")))
    return [".".join(each.parts) for each in found if not {"migrations", "__init__", "__main__"} & set(each.parts)]


def copy_resources(to: Path, python: Path) -> None:
    """The program's own files, the translations compiled."""
    shutil.copytree(ROOT / "resources", to, ignore=shutil.ignore_patterns("*.po", "*.mo"))
    for source in environment.TRANSLATIONS.glob("*/LC_MESSAGES/casedesk.po"):
        target = to / source.relative_to(ROOT / "resources").with_suffix(".mo")
        environment.compile_catalogue(python, source, target)


def copy_documents(to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in ("manual.md", "manual-bn.md", "safety.md", "safety-bn.md"):
        shutil.copyfile(ROOT / "docs" / name, to / name)


def copy_licences(packages: Path, to: Path) -> None:
    """The licences of everything a bundle carries, a folder for each package."""
    for info in sorted(packages.glob("*.dist-info")):
        name = normal(info.name.partition("-")[0])
        if name not in runtime():
            continue
        for file in sorted(info.rglob("*")):
            if file.is_file() and re.match(r"(licen[cs]e|copying|notice|authors|ofl|metadata)", file.name, re.I):
                target = to / name / file.relative_to(info).name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


def files(tree: Path) -> Iterator[Path]:
    """Every file of a tree, always in the same order."""
    yield from sorted((path for path in tree.rglob("*") if path.is_file()), key=lambda path: path.as_posix())


def settle(tree: Path) -> None:
    """One date and plain rights for everything: nothing tells when, where and by whom it was made."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        os.utime(path, (MOMENT, MOMENT), follow_symlinks=os.utime not in os.supports_follow_symlinks)


def write_contents(tree: Path, to: Path) -> None:
    """The list of contents, as sha256sum --check reads it."""
    lines = [f"{sha256(path)}  {path.relative_to(tree).as_posix()}\n" for path in files(tree) if not path.is_symlink()]
    to.write_text("".join(lines), encoding="utf-8")


def write_zip(path: Path, held: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> None:
    """An archive whose bytes depend on what it holds alone."""
    day = PROGRAM["date"]
    with zipfile.ZipFile(path, "w", compression, compresslevel=9) as out:
        for name in sorted(held):
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type, entry.external_attr = compression, 0o644 << 16
            out.writestr(entry, held[name])


def refuse_traces(tree: Path) -> None:
    """Fail if a file tells where it was made."""
    here = str(ROOT).encode()
    told = [path for path in files(tree) if here in path.read_bytes()]
    if told:
        raise SystemExit(f"These files name the folder they were made in: {', '.join(map(str, told))}")


def filled(template: Path, **more: object) -> str:
    """A template with the words of the description in its @places@."""
    words = {**PROGRAM, "version": VERSION, **more}
    return re.sub(r"@(\w+)@", lambda place: str(words[place[1]]), template.read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run(*words: str | Path, **changes: str) -> None:
    """A tool that must succeed, in steady surroundings."""
    status = subprocess.run(words, check=False, cwd=ROOT, env=os.environ | STEADY | changes).returncode
    if status:
        tool = " ".join(map(str, words[:3]))
        raise SystemExit(f"Stopped: {tool} ended with {status}; the reason stands above. Start this command again.")


def told(path: Path) -> None:
    """One line for each thing made."""
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.1f} MB  sha256 {sha256(path)}")
