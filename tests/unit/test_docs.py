"""The notes and the workflow name only what is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from casedesk.cli import MODULES
from tests.support.command_line import casedesk

ROOT = Path(__file__).parents[2]
FOR_TECHNICIANS = ("docs/central-office.md", "docs/sync-technician.md")
NOTES = (
    *("README.md", "docs/quality.md", "docs/manual.md", "docs/manual-bn.md", "docs/safety.md", "docs/safety-bn.md"),
    *FOR_TECHNICIANS,
)


@pytest.mark.parametrize("note", [*NOTES, ".github/workflows/build.yml"])
def test_every_file_that_is_named_exists(note: str) -> None:
    text = (ROOT / note).read_text(encoding="utf-8").replace("\\", "/")
    named = set(
        re.findall(r"\b(?:tests|installer|docs|src|benchmarks)/[\w/.-]*[\w]\.(?:py|sh|cmd|md|toml|csv)\b", text)
    )
    linked = {(Path(note).parent / link).as_posix() for link in re.findall(r"\]\(([\w./-]+)\)", text)}
    assert [name for name in named | linked if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("note", NOTES)
def test_every_benchmark_that_is_named_can_be_started(note: str) -> None:
    named = set(re.findall(r"-m (benchmarks(?:\.\w+)?)", (ROOT / note).read_text(encoding="utf-8")))
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("note", FOR_TECHNICIANS)
def test_every_command_that_a_technician_is_told_takes_its_options(note: str) -> None:
    text = (ROOT / note).read_text(encoding="utf-8")
    told = [(name, re.findall(r"--[a-z-]+", rest)) for name, rest in re.findall(r"casedesk ([a-z]+)([^`#<\n]*)", text)]
    told = [(name, options) for name, options in told if name in MODULES]
    assert len(told) > 5
    for name, options in told:
        help_of = casedesk(name, "--help").stdout
        assert [each for each in options if not re.search(rf"{each}\b", help_of)] == [], name


def test_the_first_aid_stands_in_both_languages() -> None:
    wanted = {
        "manual.md": ("The first day", "A lost or stolen laptop", "A forgotten passphrase", "A new computer"),
        "manual-bn.md": ("প্রথম দিন", "ল্যাপটপ হারালে বা চুরি হলে", "গোপন বাক্য ভুলে গেলে", "নতুন কম্পিউটার"),
    }
    for name, headings in wanted.items():
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert [each for each in headings if f"### {each}\n" not in text] == []
