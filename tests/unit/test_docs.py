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


@pytest.mark.parametrize("note", ["manual", "safety"])
def test_both_languages_tell_the_same(note: str) -> None:
    """Heading by heading as many points, steps and rows; the words are for somebody who reads both."""
    english, bangla = (outline((ROOT / "docs" / f"{note}{of}.md").read_text(encoding="utf-8")) for of in ("", "-bn"))
    other = {of: there for (of, here), (_of, there) in zip(english, bangla, strict=True) if here != there}
    assert other == {}


def outline(text: str) -> list[tuple[str, list[int]]]:
    """Each heading, and its level with the number of points, steps and rows of tables below it."""
    found: list[tuple[str, list[int]]] = []
    for line in text.splitlines():
        if heading := re.match(r"(#+) (.*)", line):
            found.append((heading[2], [len(heading[1]), 0, 0, 0]))
        elif found and not re.match(r"\d+\. \[", line):  # the contents
            for place, begins in enumerate((r"\s*[*-] ", r"\s*\d+\. ", r"\|"), 1):
                found[-1][1][place] += bool(re.match(begins, line))
    return found


@pytest.mark.parametrize("note", ["manual.md", "manual-bn.md"])
def test_the_contents_name_every_part(note: str) -> None:
    text = (ROOT / "docs" / note).read_text(encoding="utf-8")
    parts = [heading.lower() for heading in re.findall(r"^## (.*)$", text, re.MULTILINE)]
    anchors = [re.sub("[.,]", "", part).replace(" ", "-") for part in parts]
    assert re.findall(r"\]\(#(.*?)\)", text)[: len(parts)] == anchors


def test_both_manuals_tell_of_the_problem_report_where_something_goes_wrong() -> None:
    for note, part, report in (("manual.md", "14", "Problem report"), ("manual-bn.md", "১৪", "সমস্যার বিবরণ")):
        text = (ROOT / "docs" / note).read_text(encoding="utf-8")
        assert f"**{report}**" in text.partition(f"\n## {part}. ")[2].partition("\n## ")[0]


def test_every_trial_of_the_installers_is_told_of() -> None:
    told = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    trials = [path.name for path in (ROOT / "installer").glob("try_*.sh")]
    assert "try_twice.sh" in trials
    assert [name for name in trials if f"sh installer/{name}" not in told] == []
