"""Makes the Python environment `.venv` from the locked list and compiles the translations. Runs on plain Python.

Does nothing where nothing changed, so every start may call it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "installer"
HOME = ROOT / ".venv"
STAMP = "casedesk.stamp"
LOCK = HERE / "requirements.lock"
TRANSLATIONS = ROOT / "resources" / "translations"
QUIETLY = ("--quiet", "--disable-pip-version-check", "--no-input")
STRICTLY = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement")

NOT_FETCHED = (
    "The Python packages could not be fetched. This is needed once, with a connection to the internet.\n"
    "No records were touched. Connect, then start this command again."
)


def main() -> None:
    python = make(HOME, LOCK)
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/casedesk.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            compile_catalogue(python, source, target)


def make(home: Path, *locks: Path) -> Path:
    """An environment of exactly what the lists say; returns its interpreter."""
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp, wanted = home / STAMP, stamp_of(*locks)
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        sys.stderr.write("Making the environment. This takes a minute, only the first time.\n")
        venv.create(home, with_pip=True, clear=True)
        for lock in locks:
            install: list[str | Path] = [python, "-m", "pip", "install", *QUIETLY, *STRICTLY, lock]
            if subprocess.run(install, check=False).returncode:
                sys.exit(NOT_FETCHED)
        stamp.write_text(wanted, encoding="ascii")
    return python


def stamp_of(*locks: Path) -> str:
    """What stands in an environment that this interpreter made of these lists."""
    return hashlib.sha256(b"".join(lock.read_bytes() for lock in locks) + sys.version.encode()).hexdigest()


def compile_catalogue(python: Path, source: Path, target: Path) -> None:
    subprocess.run([python, HERE / "compile_po.py", source, target], check=True)


if __name__ == "__main__":
    main()
