"""What the signed roster says of desks and of those who work there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trust:
    """What the roster says of desks, by their keys.

    The word of `founders` on rights counts without more. `people` are those in whose names each desk may write; none
    where there is no roster. Desks of other centres than `here` write about what their own centre began.
    """

    founders: frozenset[bytes]
    here: str = ""
    centres: Mapping[bytes, str] = field(default_factory=dict)
    people: Mapping[bytes, frozenset[bytes]] | None = None

    def is_elsewhere(self, desk: bytes) -> bool:
        return self.centre_of(desk) != self.here

    def centre_of(self, desk: bytes) -> str:
        return self.centres.get(desk, self.here)

    def works_at(self, desk: bytes, actor: bytes) -> bool:
        return self.people is None or actor in self.people.get(desk, ())

    def works_elsewhere(self, desk: bytes, actor: bytes) -> bool:
        return any(actor in there for each, there in (self.people or {}).items() if each != desk)
