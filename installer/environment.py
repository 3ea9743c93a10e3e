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
HOME = ROOT / ".venv"
LOCK = ROOT / "installer" / "requirements.lock"
STAMP = HOME / "casedesk.stamp"
PYTHON = HOME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STRICTLY = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement")
COMPILE = """
import sys
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
with open(sys.argv[1], "rb") as source:
    catalogue = read_po(source)
with open(sys.argv[2], "wb") as target:
    write_mo(target, catalogue)
"""


def main() -> None:
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if not STAMP.exists() or STAMP.read_text(encoding="ascii") != wanted:
        sys.stderr.write("Making the environment. This takes a minute, only the first time.\n")
        venv.create(HOME, with_pip=True, clear=True)
        install = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        if subprocess.run([*install, *STRICTLY, LOCK], check=False).returncode:  # noqa: S603 - our own interpreter
            sys.exit(
                "The Python packages could not be fetched. This is needed once, with a connection to the internet.\n"
                "No records were touched. Connect, then start this command again."
            )
        STAMP.write_text(wanted, encoding="ascii")
    for source in (ROOT / "resources" / "translations").glob("*/LC_MESSAGES/casedesk.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            subprocess.run([PYTHON, "-c", COMPILE, source, target], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
