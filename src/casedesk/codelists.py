"""Code lists: what a field may be, and how each value behaves, as data (DOMAIN 18).

Files are `resources/codelists/NAME.csv` with columns code, en, bn, sort and any further ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from casedesk.i18n import language
from casedesk.paths import RESOURCES

FOLDER = RESOURCES / "codelists"


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a list. `extra` holds the columns beyond code, en, bn and sort."""

    code: str
    en: str
    bn: str
    sort: int
    extra: Mapping[str, str]

    @property
    def label(self) -> str:
        return self.bn if language() == "bn" else self.en

    @property
    def badge(self) -> str:
        """The short form, where the list has one."""
        return self.extra.get(f"badge_{language()}") or self.label

    @property
    def full(self) -> str:
        """The words for papers and wide places, where the list has them: shorter than the label, and no badge."""
        return self.extra.get(f"full_{language()}") or self.label

    def yes(self, column: str) -> bool:
        return self.extra[column] == "yes"

    def several(self, column: str) -> list[str]:
        return [part for part in self.extra[column].split(";") if part]


@dataclass(frozen=True, slots=True)
class CodeList:
    name: str
    rows: Mapping[str, Code]

    def __iter__(self) -> Iterator[Code]:
        return iter(self.rows.values())

    def __getitem__(self, code: str) -> Code:
        return self.rows[code]

    def find(self, code: str | None) -> Code | None:
        return self.rows.get(code) if code else None

    def label(self, code: str | None) -> str:
        """The words for a code; the code itself if a newer program wrote it."""
        row = self.find(code)
        return row.label if row else code or ""

    def where(self, column: str, value: str = "yes") -> list[str]:
        """The codes whose `column` has this value."""
        return [row.code for row in self if row.extra[column] == value]


@cache
def get(name: str) -> CodeList:
    """The list of this name, in the order people read it."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            Code(row.pop("code"), row.pop("en"), row.pop("bn"), int(row.pop("sort")), row)
            for row in csv.DictReader(file)
        ]
    rows.sort(key=lambda row: row.sort)
    return CodeList(name, {row.code: row for row in rows})
