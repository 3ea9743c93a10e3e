"""Every check in the order in which they fail fastest; the tests come last, and their result is ours."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CHECKS = {
    "format": [BIN / "ruff", "format", "--check", "."],
    "lint": [BIN / "ruff", "check", "."],
    "contracts": [BIN / "lint-imports"],
    "translations": [sys.executable, ROOT / "installer" / "translations.py", "--check"],
    "types": [BIN / "mypy"],
}


def main(words: list[str]) -> int:
    failed = [name for name, command in CHECKS.items() if not run(name, command)]
    tests = run("tests", [sys.executable, "-m", "pytest", "-q", "-n", "auto", *words])
    if failed:
        sys.stderr.write(f"Failed: {', '.join(failed)}\n")
    return int(bool(failed) or not tests)


def run(name: str, command: list[str | Path]) -> bool:
    began = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    sys.stderr.write(f"== {name}: {'passed' if status == 0 else 'FAILED'} ({time.monotonic() - began:.0f} s)\n")
    return status == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
