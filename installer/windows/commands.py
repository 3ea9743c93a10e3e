r"""Runs installer\run.cmd and installer\test.cmd to their end, in a copy of the project, through Wine.

commands.py --through wine64 [-- words for pytest]

What the commands would do first is done here: `.venv` is laid out from the locked list, with the interpreter of
bundle.toml, which cannot make environments, and is stamped as the environment that the list asks for.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import bundle
import environment
from bundle import BUILD, ROOT
from package import fetch_wheels, unpack, write_paths
from trial import expect_summary

COPY = BUILD / "trial" / "commands"
SCRIPTS = COPY / ".venv/Scripts"
PACKAGES = COPY / ".venv/Lib/site-packages"
STAMP = """
import sys; sys.path.insert(0, "installer")
import environment
print(environment.stamp_of(environment.LOCK))
"""
TESTS = (
    "tests/unit/test_case_numbers.py",
    "tests/unit/test_bundle.py",
    "tests/unit/test_backups.py",
    "tests/sync/test_beside.py",
    "tests/faults/test_keys_file.py",
    "tests/faults/test_kill.py",
    "tests/faults/test_no_plaintext.py",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--through", required=True)
    parser.add_argument("tests", nargs="*", default=TESTS)
    asked = parser.parse_args()
    lay_out(asked.through)
    began = time.monotonic()
    run(asked.through, "run.cmd", "demo", "--headless", "--people", "8")
    expect_summary(COPY / "build/demo/papers")
    print(f"- installer\\run.cmd demo: after {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    run(asked.through, "test.cmd", *asked.tests)
    print(f"- installer\\test.cmd: every check, and the tests that were named, after {time.monotonic() - began:.0f} s")


def lay_out(through: str) -> None:
    """A copy of the project with an environment for Windows."""
    bundle.fresh(COPY)
    without = shutil.ignore_patterns("build", ".venv", ".git", ".*_cache", "__pycache__", "*.mo")
    shutil.copytree(ROOT, COPY, ignore=without, dirs_exist_ok=True)
    python = bundle.tools()
    SCRIPTS.parent.mkdir()
    unpack(python, SCRIPTS)
    write_paths(SCRIPTS, r"..\Lib\site-packages", r"..\..\src", r"..\..")
    fetch_wheels(python, PACKAGES, environment.LOCK)
    shutil.copytree(Path(venv.__file__).parent, PACKAGES / "venv")  # which the interpreter lacks; it is imported only
    told = subprocess.run([through, SCRIPTS / "python.exe", "-c", STAMP], cwd=COPY, capture_output=True, check=False)
    if told.returncode:
        sys.stderr.buffer.write(told.stderr)
        raise SystemExit("FAILED: the interpreter for Windows starts")
    (COPY / ".venv" / environment.STAMP).write_bytes(told.stdout.strip())


def run(through: str, command: str, *words: str) -> None:
    """One of the two commands, as somebody types it; `python` is the one of the environment. What it says can be read
    meanwhile, in a file of its name beside the copy."""
    found = os.environ | {"WINEPATH": f"Z:{SCRIPTS}".replace("/", "\\")}
    typed = [through, "cmd", "/c", f"installer\\{command}", *words]
    said = COPY.parent / f"{command}.log"
    with (
        said.open("wb", buffering=0) as file,  # given to Wine itself, no Python would start: it cannot ask what it is
        subprocess.Popen(typed, cwd=COPY, env=found, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
    ):
        file.writelines(process.stdout or ())
    if process.returncode:
        sys.stdout.buffer.write(said.read_bytes()[-20_000:])
        raise SystemExit(f"FAILED: installer\\{command} ended with {process.returncode}")


if __name__ == "__main__":
    main()
