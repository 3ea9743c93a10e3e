"""What rules look at: answers that are each sound by themselves, and what only the store knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from casedesk.errors import Problem
from casedesk.services.answers import Answers, several
from casedesk.services.triage import Thresholds, is_returnee
from casedesk.values import PartialDay

T = TypeVar("T")
LEFT, BACK = "migration_episode.departed_on", "migration_episode.returned_on"
BORN, AGE, AGE_ON = "person.date_of_birth", "person.age_stated", "person.age_stated_on"
FLAGS, NO_FLAGS = "safety_flag.flags", "safety_flag.none"
VIOLATIONS = "incident.violations"


@dataclass(frozen=True, slots=True)
class Known:
    """What only the store knows: other journeys of the person as (left, came back), how many other people
    have the phone, what currencies are worth in minor units of taka, and the settings of the triage."""

    episodes: Sequence[tuple[PartialDay | None, PartialDay | None]] = ()
    phone_owners: int = 0
    rates: Mapping[str, int] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True)
class Intake:
    """What the rules look at: answers that are each sound by themselves."""

    answers: Answers
    today: date
    known: Known

    def get(self, key: str, kind: type[T]) -> T | None:
        value = self.answers.get(key)
        if isinstance(value, datetime) and kind is date:  # a kind of date, but not to be compared with one
            return None
        return value if isinstance(value, kind) else None

    def day(self, key: str) -> PartialDay | None:
        return self.get(key, PartialDay)

    def words(self, key: str) -> str | None:
        return self.get(key, str)

    def several(self, key: str) -> list[str]:
        return several(self.answers, key)

    def returnee(self) -> bool:
        return is_returnee(self.answers)

    def met_on(self) -> date:
        return self.get("case.opened_on", date) or self.today


Found = Iterator[tuple[str, Problem]]
Rule = Callable[[Intake], Found]
NOTHING_KNOWN = Known()
