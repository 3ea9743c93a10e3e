"""The test command installs every program that a test works with, and CI skips none of these tests."""

from __future__ import annotations

import re

import pytest

from casedesk.paths import RESOURCES
from tests.support import tools

ROOT = RESOURCES.parent


def test_every_program_that_a_test_asks_for_is_on_the_list_of_the_test_command() -> None:
    asked = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r'(?<![.\w])(?:optional_)?tool\("([\w-]+)"\)', path.read_text(encoding="utf-8"))
    }
    command = (ROOT / "installer/test.sh").read_text(encoding="utf-8")
    assert asked >= {"nginx", "openssl", "age", "strace"}
    assert [name for name in asked if f" {name}:" not in command.replace('"', " ")] == []


@pytest.mark.parametrize(("may_lack", "becomes"), [(True, pytest.skip.Exception), (False, pytest.fail.Exception)])
def test_what_is_missing_is_skipped_or_where_nothing_may_be_fails(
    monkeypatch: pytest.MonkeyPatch, may_lack: bool, becomes: type[BaseException]
) -> None:
    monkeypatch.setattr(tools, "MAY_LACK", may_lack)
    with pytest.raises(becomes, match="no-such-program is not installed here"):
        tools.tool("no-such-program")


def test_ci_says_that_it_is_ci() -> None:
    assert "\nexport CI=" in (ROOT / ".ci/run").read_text(encoding="utf-8")
