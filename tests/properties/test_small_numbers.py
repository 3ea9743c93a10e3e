"""Nobody can be worked out of what is told: a solver tries, on random centres, and fails.

The numbers of a random centre go through the very functions that make the tables: three months and their quarter by
sex and category, a share by sex, a long list with its totals, and the way of referrals.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from casedesk.services.statistics.lists import Folded, fold, funnel
from casedesk.services.statistics.suppress import INSIDE, PUBLISHING, Told
from casedesk.services.statistics.tables import ALL, Grid, Place, grid
from tests.support.solver import Puzzle, Undecided

ROWS, COLUMNS = ("successful", "unsuccessful", "abused", "unknown"), ("female", "male", "others")
STEPS = ("sent", "acknowledged", "accepted", "in_service", "helped")
MONTHS = 3
Month = list[tuple[str, str]]


def random_months(dice: random.Random) -> list[Month]:
    """The people of three months, by category and sex; small centres and large ones, even and lopsided ones."""
    size = dice.choice((3, 8, 15, 30, 60, 120))
    rows = [dice.random() ** 2 + 0.02 for _row in ROWS]
    columns = [dice.random() + 0.1, dice.random() + 0.1, dice.choice((0.0, 0.02, 0.1))]
    return [
        list(zip(dice.choices(ROWS, rows, k=n), dice.choices(COLUMNS, columns, k=n), strict=True))
        for n in (dice.randrange(size + 1) for _month in range(MONTHS))
    ]


def a_puzzle() -> tuple[Puzzle, dict[object, int]]:
    return Puzzle(), {}


def tell(puzzle: Puzzle, name: object, told: Told | None) -> None:
    if told is not None:
        puzzle.know(name, told.low, told.high)
    else:
        puzzle.know(name, 0, 10**7)


def least_known(told: Told | None, least: int) -> tuple[int, int]:
    """What the mark says beside the range: a small one is small, another is not."""
    if told is None or told.exact:
        return 0, 10**7
    return (1, least - 1) if told.small and told.low <= 1 else (0, 10**7)


def add_grid(puzzle: Puzzle, truth: dict[object, int], made: Grid, when: object, least: int) -> list[object]:
    """All that a reader sees of a grid; returns the names of its small counts that are hidden."""
    rows = sorted({row for row, _column in made.counts if row != ALL})
    columns = sorted({column for _row, column in made.counts if column != ALL})
    for row in (*rows, ALL):
        if columns:
            puzzle.add((when, row, ALL), [(when, row, column) for column in columns])
    for column in (*columns, ALL):
        if rows:
            puzzle.add((when, ALL, column), [(when, row, column) for row in rows])
    small: list[object] = []
    for (row, column), count in made.counts.items():
        told = made.told.get((row, column))
        truth[when, row, column] = count
        tell(puzzle, (when, row, column), told)
        puzzle.know((when, row, column), *least_known(told, least))
        if 0 < count < least and told is not None:
            small.append((when, row, column))
    return small


def recovered(puzzle: Puzzle, small: Sequence[object], truth: Mapping[object, int]) -> list[object]:
    """The hidden counts that somebody can know for certain."""
    found = []
    for name in small:
        try:
            if not puzzle.can_differ(name, truth):
                found.append(name)
        except Undecided:
            continue  # whoever could not solve it knows nothing
    return found


def grids_of(months: Sequence[Month], least: int) -> tuple[list[Grid], Grid]:
    counts: list[Counter[Place]] = [Counter(month) for month in months]
    single = [grid(count, ROWS, COLUMNS, least) for count in counts]
    whole: Counter[Place] = sum(counts, Counter())
    return single, grid(whole, ROWS, COLUMNS, least, finer=single)


@pytest.mark.parametrize("least", [INSIDE, PUBLISHING])
def test_nobody_is_recovered_from_tables_totals_and_neighbouring_periods(rounds: int, least: int) -> None:
    undone = []
    for seed in range(5 * rounds):
        single, whole = grids_of(random_months(random.Random(seed)), least)  # noqa: S311 - the same centres each time
        puzzle, truth = a_puzzle()
        small = [name for n, made in enumerate(single) for name in add_grid(puzzle, truth, made, n, least)]
        small += add_grid(puzzle, truth, whole, "quarter", least)
        for row, column in whole.counts:
            if all((row, column) in made.counts for made in single):
                puzzle.add(("quarter", row, column), [(n, row, column) for n in range(MONTHS)])
        undone += [(seed, name) for name in recovered(puzzle, small, truth)]
    assert undone == []


def test_nobody_is_recovered_from_a_share(rounds: int) -> None:
    for seed in range(5 * rounds):
        dice = random.Random(seed)  # noqa: S311
        whole = {column: dice.randrange(0, 25) for column in COLUMNS}
        hits = {column: dice.randrange(0, count + 1) for column, count in whole.items()}
        counts = {("+", c): n for c, n in hits.items()} | {("-", c): whole[c] - n for c, n in hits.items()}
        made = grid(counts, ("+", "-"), COLUMNS, INSIDE, shared=True)
        puzzle, truth = a_puzzle()
        small = add_grid(puzzle, truth, made, "now", INSIDE)
        assert recovered(puzzle, small, truth) == [], seed


def test_nobody_is_recovered_from_a_list_and_its_parts_of_time(rounds: int) -> None:
    """A reader knows each group told by itself, the others together, and the totals, of three months and a quarter."""
    for seed in range(5 * rounds):
        dice = random.Random(seed)  # noqa: S311
        groups = [f"g{n}" for n in range(dice.randrange(2, 20))]
        months: list[dict[str | None, int]] = [
            {g: n for g in groups if (n := dice.choice((0, 0, 1, 3, 6, 14)))} for _month in range(MONTHS)
        ]
        single = [fold(month, INSIDE) for month in months]
        total: Counter[str | None] = sum((Counter(month) for month in months), Counter())
        puzzle, truth = a_puzzle()
        small: list[object] = []
        for when, made in [*enumerate(single), ("quarter", fold(total, INSIDE, finer=single))]:
            small += add_list(puzzle, truth, made, when, groups)
        for group in groups:
            puzzle.add(("quarter", group), [(n, group) for n in range(MONTHS)])
        assert recovered(puzzle, small, truth) == [], seed


def a_month(dice: random.Random, groups: Sequence[str]) -> dict[str | None, int]:
    return {group: count for group in groups if (count := dice.choice((0, 0, 1, 3, 6, 14)))}


def add_list(
    puzzle: Puzzle, truth: dict[object, int], made: Folded, when: object, groups: Sequence[str]
) -> list[object]:
    puzzle.add((when, ALL), [(when, group) for group in groups])
    tell(puzzle, (when, ALL), made.total)
    truth[when, ALL] = sum(made.counts.values())
    for group in groups:
        truth[when, group] = made.counts.get(group, 0)
        tell(puzzle, (when, group), made.told(group))
    return [(when, group) for group in groups if 0 < truth[when, group] < INSIDE]


def test_nobody_is_recovered_from_the_steps_of_referrals(rounds: int) -> None:
    for seed in range(5 * rounds):
        dice = random.Random(seed)  # noqa: S311
        found = {step: dice.choice((0, 1, 2, 5, 9, 20)) for step in STEPS}
        told = funnel(found, STEPS, INSIDE)
        puzzle, truth = a_puzzle()
        for place, step in enumerate(STEPS):
            truth[step] = sum(found[each] for each in STEPS[place:])
            tell(puzzle, step, told.get(step))
            if place + 1 < len(STEPS):
                truth[step, "ended"] = found[step]
                puzzle.add(step, [STEPS[place + 1], (step, "ended")])
        small: list[object] = [step for step in STEPS if 0 < truth[step] < INSIDE]
        small += [name for name, count in truth.items() if isinstance(name, tuple) and 0 < count < INSIDE]
        assert recovered(puzzle, small, truth) == [], seed


def test_the_solver_solves_what_can_be_solved() -> None:
    puzzle = Puzzle()
    puzzle.add("all", ["a", "b", "c"])
    for name, count in (("all", 12), ("a", 5), ("b", 6)):
        puzzle.know(name, count, count)
    puzzle.know("c", 1, 4)
    truth: dict[object, int] = {"all": 12, "a": 5, "b": 6, "c": 1}
    assert recovered(puzzle, ["c"], truth) == ["c"]
    puzzle = Puzzle({"b": (5, 8)}, puzzle.sums)
    puzzle.know("all", 12, 12)
    puzzle.know("a", 5, 5)
    puzzle.know("c", 1, 4)
    assert recovered(puzzle, ["c"], truth) == []
