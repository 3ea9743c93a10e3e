"""The command line: words in, words and a status out."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from casedesk import cli, i18n
from casedesk.paths import RESOURCES
from tests.conftest import PASSPHRASE

PLAIN = {"LANG": "C.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its status."""

    returncode: object
    stdout: str
    stderr: str


def casedesk(*words: str | Path, typed: str = PASSPHRASE + "\n") -> Answer:
    """Say these words here: what they do is what a process would do, without its start."""
    said, complained, language = io.StringIO(), io.StringIO(), i18n.language()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
        for name, value in PLAIN.items():
            patch.setenv(name, value)
        try:
            status: object = cli.main([*map(str, words)])
        except SystemExit as ended:
            status = ended.code
        finally:
            i18n.use(language)
    return Answer(status, said.getvalue(), complained.getvalue())


def process_of(*words: str | Path, typed: str = PASSPHRASE + "\n", **more: str) -> Answer:
    """Say them to a process of its own; nothing of this one reaches it but the path."""
    done = subprocess.run(
        [sys.executable, "-m", "casedesk", *map(str, words)],
        input=typed,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(RESOURCES.parent / "src"), **PLAIN, **more},
        timeout=600,  # the pictures of a demo on a busy machine
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
