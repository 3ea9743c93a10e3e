"""Installs the Windows program, uses it, installs it again over an older one and removes it, as a centre would.

trial.py SETUP.exe --local FOLDER [--older SETUP.exe] [--through wine64]

FOLDER is the user's %LOCALAPPDATA%; `--through` names what runs Windows programs where this is not Windows. With an
older setup.exe the user begins with that one, and the records made in it are opened by the newer.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from bundle import BUILD, PROGRAM, ROOT, VERSION, declared

NAME, COMMAND = PROGRAM["name"], PROGRAM["command"]
KEY = rf"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\{NAME}"
OUT = BUILD / "trial" / "windows"
ASIDE = BUILD / "trial" / "aside"
PEOPLE = "8"
SIGN_IN_NAME = declared("SIGN_IN_NAME", "practice/__init__.py")
PASSPHRASE = declared("PASSPHRASE", "practice/__init__.py")
PATIENCE = 120.0


class Trial:
    """One user's computer on which the program is tried."""

    def __init__(self, setup: Path, local: Path, through: list[str]) -> None:
        self.setup, self.through = setup, through
        self.records = local / NAME
        self.folder = local / "Programs" / NAME
        self.menu = local.parent / "Roaming/Microsoft/Windows/Start Menu/Programs" / f"{NAME}.lnk"

    def run(self, *words: str | Path, said: str = "") -> str:
        """Run a Windows program to its end and return what it wrote."""
        done = subprocess.run(
            [*self.through, *words], cwd=ROOT, input=said.encode(), capture_output=True, timeout=1800, check=False
        )
        if done.returncode:
            sys.stderr.buffer.write(done.stderr)
        expect(done.returncode == 0, f"{Path(words[0]).name} {' '.join(map(str, words[1:3]))}: ended well")
        return done.stdout.decode("utf-8", "replace")

    def cli(self, *words: str, said: str = "") -> str:
        return self.run(self.folder / f"{COMMAND}-cli.exe", *words, said=said)

    def refuse_somebodys(self) -> None:
        """At the end program and records are removed: they must be of this trial."""
        if self.folder.exists() or self.records.exists():
            raise SystemExit(f"{NAME} is in use on this computer. Try it as another user. Nothing was changed.")

    def begin_with(self, older: Path) -> tuple[int, int]:
        """An older version and what somebody did in it; returns what its check counts."""
        self.install(older)
        self.cli("demo", "--headless", "--people", PEOPLE, "--out", str(self.records))
        return self.check()

    def goes_on(self, before: tuple[int, int]) -> None:
        """The records of the older version, in the newer one."""
        now = self.check()
        expect(
            now[0] > before[0] and now[1] == before[1],
            f"its {before[1]} records are all there, and agree with the journal",
        )
        expect(any((self.records / "store/backups").iterdir()), "a backup was made before they were brought up to date")

    def check(self) -> tuple[int, int]:
        """How many operations and records `casedesk check` finds in the user's own vault, all of which agree."""
        told = self.cli("--language", "en", "check", "--user", SIGN_IN_NAME, said=f"{PASSPHRASE}\n")
        counts = [int(each.replace(",", "")) for each in re.findall(r"[\d,]+(?= operations| records)", told)]
        expect(len(counts) == 2 and "Everything agrees." in told, f"the check agrees: {told.splitlines()[0]}")
        return counts[0], counts[1]

    def install(self, setup: Path | None = None) -> None:
        self.run(setup or self.setup, "/S")
        expect((self.folder / f"{NAME}.exe").is_file(), "the program is in the user's own folder")
        expect(self.menu.is_file(), "the Start menu has its entry")
        expect(VERSION in self.run("reg", "query", KEY, "/v", "DisplayVersion"), f"Windows lists version {VERSION}")

    def contents(self) -> dict[str, str]:
        """Every file of the program with its hash."""
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def whole(self) -> None:
        lines = self.setup.with_suffix(".contents").read_text(encoding="utf-8").splitlines()
        listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        there = self.contents()
        del there["uninstall.exe"]
        expect(there == listed, f"all {len(listed)} files are as the list of contents says, and no other")

    def use(self) -> None:
        """From nothing to a printed summary."""
        shutil.rmtree(OUT, ignore_errors=True)
        out = OUT.relative_to(ROOT).as_posix()
        help_ = self.cli("--language", "en", "--help")
        commands = re.findall(r"^ {4}([a-z]+) ", help_, re.MULTILINE)
        expect("--store" in help_ and len(commands) > 10, "the command line explains itself")
        for each in commands:
            expect(each in self.cli("--language", "en", each, "--help"), f"and the command {each}")
        self.cli("demo", "--headless", "--people", PEOPLE, "--out", out)
        papers = sorted(OUT.glob("papers/*.pdf"))
        expect(
            len(papers) >= 4 and all(paper.read_bytes().startswith(b"%PDF") for paper in papers), "papers are printed"
        )
        expect(len(list(OUT.glob("screens/*.png"))) > 40, "every screen was shown")
        if shutil.which("pdftotext"):
            expect_summary(OUT / "papers")

    def works_beside(self) -> None:
        """The window takes files in by a process of its own: the launcher starts one that does what it is given."""
        shutil.copytree(self.folder, ASIDE, dirs_exist_ok=True)
        start = ASIDE / "program/start.py"
        real, usual = start.read_text(encoding="utf-8"), "sys.exit(program())"
        expect(usual in real, f"the launcher ends with {usual}")  # else a window opens, and nobody closes it
        process = 'multiprocessing.get_context("spawn").Process(target=print, args=("it worked",)).start()'
        start.write_text(real.replace(usual, process), encoding="utf-8")
        told = self.run(ASIDE / f"{COMMAND}-cli.exe")
        shutil.rmtree(ASIDE)
        expect(told.split() == ["it", "worked"], "a process beside the window works")

    def upgrade(self) -> None:
        """Over an older version: what it left is gone, the records stay."""
        kept = self.records / "store" / "kept.txt"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text("somebody's records", encoding="utf-8")
        (self.folder / "program/packages/older.pyc").write_bytes(b"of an older version")
        self.run("reg", "add", KEY, "/v", "DisplayVersion", "/d", "0.0.1", "/f")
        self.install()
        expect(kept.is_file(), "the records stay when a newer version comes")

    def remove(self) -> None:
        self.run(self.folder / "uninstall.exe", "/S")
        until(lambda: not self.folder.exists())
        expect(not self.folder.exists(), "nothing of the program is left")
        expect(not self.menu.exists(), "nor in the Start menu")
        expect((self.records / "store" / "kept.txt").is_file(), "the records stay when the program goes")
        shutil.rmtree(self.records)  # nobody's but those of this trial: it began with none


def expect(so: bool, what: str) -> None:
    if not so:
        raise SystemExit(f"FAILED: {what}")
    print(f"- {what}", flush=True)


def expect_summary(papers: Path) -> None:
    """The summary in Bangla that `demo` printed tells a name."""
    summary = min(papers.glob("bn_*.pdf"))
    words = subprocess.run(["pdftotext", summary, "-"], capture_output=True, check=True).stdout.decode()
    expect("নাজমা বেগম" in words, "the name in Bangla can be read in the summary")


def until(there: Callable[[], bool]) -> None:
    """The uninstaller goes on from a copy of itself after its first process has ended."""
    began = time.monotonic()
    while not there() and time.monotonic() - began < PATIENCE:
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("setup", type=Path)
    parser.add_argument("--local", type=Path, required=True)
    parser.add_argument("--through", nargs="*", default=[])
    parser.add_argument("--older", type=Path)
    asked = parser.parse_args()
    trial = Trial(asked.setup.resolve(), asked.local, asked.through)
    began = time.monotonic()
    trial.refuse_somebodys()
    before = trial.begin_with(asked.older) if asked.older else None
    trial.install()
    trial.whole()
    if before:
        trial.goes_on(before)
    trial.use()
    trial.works_beside()
    trial.whole()
    trial.upgrade()
    trial.whole()
    trial.remove()
    print(f"{NAME} {VERSION}: installed, used, replaced and removed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
