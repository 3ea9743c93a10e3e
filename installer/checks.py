"""Every check: the quick ones first, then the types beside the tests."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Command = list[str | Path]
ROOT = Path(__file__).resolve().parents[1]
PYTHON = Path(sys.executable)
QUICK: dict[str, Command] = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    # no launcher: where packages were only laid out there is none
    "contracts": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as check; check()"],
    "translations": [PYTHON, ROOT / "installer" / "translations.py", "--check"],
}
OTHER = "linux" if sys.platform == "win32" else "win32"
TYPES: dict[str, Command] = {
    "types": [PYTHON, "-m", "mypy"],
    f"types on {OTHER}": [PYTHON, "-m", "mypy", "--platform", OTHER, "--cache-dir", f".mypy_cache/{OTHER}"],
}
# each worker keeps to neighbouring tests, which share what they made, and takes over from a slower one at the end
TESTS: Command = [PYTHON, "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal"]


def main(words: list[str]) -> int:
    failed = [name for name, command in QUICK.items() if not run(name, command)]
    with ThreadPoolExecutor(1) as beside:  # one process among those of the tests
        types = {name: beside.submit(run, name, command) for name, command in TYPES.items()}
        tests = run("tests", [*TESTS, *words])
        failed += [name for name, passed in types.items() if not passed.result()]
    if failed:
        sys.stderr.write(f"Failed: {', '.join(failed)}\n")
    return int(bool(failed) or not tests)


def run(name: str, command: Command) -> bool:
    began = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    sys.stderr.write(f"== {name}: {'passed' if status == 0 else 'FAILED'} ({time.monotonic() - began:.0f} s)\n")
    return status == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
