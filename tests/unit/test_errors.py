"""What a person is told when something fails holds no data, and neither do the log, the report and the terminal."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import casedesk
from casedesk import logs
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, InvalidInput, Problem
from casedesk.logs import OurMistake
from casedesk.services.problem_report import problem_report
from casedesk.services.statistics import periods
from casedesk.services.statistics.periods import NotBegun
from casedesk.storage.vault import WrongPlace
from tests.unit.test_permissions import service_functions

MARKER = "Qudratunnesa Zvornik"
log = logging.getLogger("casedesk.failing")

# These repeat a word that whoever reads them typed or chose: a file, a folder, a code, a sentence of ours about a file.
REPEATS = {
    "NotRemoved",
    "FileIsThere",
    "FileNotWritten",
    "FolderTaken",
    "NotDone",
    "NameTaken",
    "NoInvitation",
    "NoPeriod",
    "NoReport",
    "NoStick",
    "NoSuch",
    "NotAFileOfPeople",
    "NotInPlace",
    "NotUnderstood",
    "OtherCentre",
    "Refused",
    "SaidBeside",
    "StillNeeded",
    "Unreadable",
    "VaultMissing",
    "_Unusable",
}


def modules(package: Any) -> Iterator[Any]:
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not each.name.endswith("__main__"):
            yield importlib.import_module(each.name)


def every_error(kind: type[CaseDeskError] = CaseDeskError) -> Iterator[type[CaseDeskError]]:
    for each in kind.__subclasses__():
        yield each
        yield from every_error(each)


def marked(wanted: Any) -> Any:
    """Something of this type with the marker in it, where it can hold one."""
    if isinstance(wanted, str):  # as annotations are written
        wanted = {"str": str, "int": int, "UUID": UUID, "Path": Path}.get(wanted.split(" |")[0], wanted)
    origin = typing.get_origin(wanted) or wanted
    if origin in (Mapping, dict) or str(origin).startswith(("Mapping", "dict")):
        return {MARKER: (MARKER, MARKER), "person.name_en": (MARKER, MARKER)}
    return {str: MARKER, int: 7, bool: True, UUID: uuid4(), Path: Path("/nowhere") / MARKER}.get(wanted, MARKER)


def given(function: Callable[..., Any], skip: int) -> dict[str, Any]:
    wanted = [*inspect.signature(function).parameters.values()][skip:]
    named = [each for each in wanted if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    return {each.name: marked(each.annotation) for each in named if each.default is each.empty}


def test_every_error_says_in_whole_sentences_what_happened_and_holds_no_data() -> None:
    list(modules(casedesk))
    found = {each.__name__: each for each in every_error()}
    assert len(found) > 70
    made = {
        "NotBegun": NotBegun(periods.month(2026, 6)),
        "InvalidInput": InvalidInput({MARKER: [Problem("Write the date.")]}),
        "OurMistake": OurMistake(ValueError(MARKER)),
        "WrongPlace": WrongPlace("cloud"),
    }
    for name, kind in found.items():
        if name in REPEATS:
            continue
        error = made.get(name) or kind(**given(kind.__init__, 1))
        told = f"{error.message} {error.hint}"
        assert error.message.endswith("."), name
        assert "!" not in told, name
        assert "Error" not in told, name
        assert "/nowhere" not in told, name
        assert MARKER not in told, name


def test_a_service_that_fails_with_names_in_its_hands_writes_them_nowhere(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    failed, went_well, told = list[str](), list[str](), list[str]()
    folder = desk.store.vault.folder
    with logs.kept(folder):
        for name, function in service_functions().items():
            if not hasattr(function, "action"):
                continue
            try:
                made = function(desk, **given(inspect.unwrap(function), 1))
                if inspect.isgenerator(made):
                    list(made)
                went_well.append(name)
            except Exception as error:
                failed.append(name)
                log.error("%s failed with %s", name, MARKER, exc_info=error)
                if isinstance(error, CaseDeskError) and type(error).__name__ not in REPEATS:
                    told += [error.message, error.hint]
        report = problem_report(desk, {})
    assert len(failed) > 60, went_well
    written = "".join(path.read_text(encoding="utf-8") for path in folder.glob(f"{logs.FILE}*"))
    assert written.count("\n") >= len(failed)
    assert told
    for text in (written, report, *told, *capfd.readouterr()):
        assert MARKER not in text
        assert MARKER.split()[0] not in text
