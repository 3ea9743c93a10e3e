"""What is told of small numbers: the example of the mockup, and the limits of each hidden count."""

from __future__ import annotations

from casedesk.services.statistics.lists import fold, shortened
from casedesk.services.statistics.suppress import INSIDE, PUBLISHING, Sum, Told, protect
from casedesk.services.statistics.tables import ALL, grid

COLUMNS = ("women", "men")
MOCKUP = {"successful": (6, 12), "unsuccessful": (8, 20), "abused": (17, 4)}
FOUND = {(row, column): count for row, counts in MOCKUP.items() for column, count in zip(COLUMNS, counts, strict=True)}


def test_a_small_count_hides_its_neighbours_as_ranges_and_no_total() -> None:
    told = grid(FOUND, tuple(MOCKUP), COLUMNS, INSIDE).told
    assert told["abused", "men"] == Told(1, 4, small=True)
    assert told["abused", "women"] == Told(17, 20)
    assert told["unsuccessful", "women"] == Told(5, 8)
    assert told["unsuccessful", "men"] == Told(20, 23)
    assert told["successful", "women"] == Told(6, 6)
    assert [told[row, ALL].low for row in (*MOCKUP, ALL)] == [18, 28, 21, 67]
    assert all(told[row, ALL].exact for row in (*MOCKUP, ALL))


def test_published_figures_hide_up_to_ten() -> None:
    told = grid(FOUND, tuple(MOCKUP), COLUMNS, PUBLISHING).told
    assert told["successful", "women"] == told["unsuccessful", "women"] == Told(1, 10, small=True)
    assert told[ALL, ALL] == Told(67, 67)


def test_what_remains_of_a_whole_is_a_small_number_too() -> None:
    told = protect({"in time": 47}, [], wholes=[{"in time": 50}])
    assert told["in time"] == Told(46, 49, small=True)
    assert protect({"in time": 50}, [], wholes=[{"in time": 50}])["in time"].exact


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    counts = {"a": 5, "b": 0, "all": 5}
    told = protect(counts, [Sum("all", ("a", "b"))])
    assert all(told[key] == Told(count, count) for key, count in counts.items())


def test_a_total_is_told_rather_than_its_parts() -> None:
    told = grid({(ALL, "women"): 1, (ALL, "men"): 5}, (), COLUMNS, INSIDE).told
    assert told == {(ALL, ALL): Told(6, 6)}


def test_small_groups_are_told_together_with_one_more_if_they_are_too_few() -> None:
    assert fold({"sa": 24, "my": 13, "om": 3, "qa": 2}, INSIDE).together == ("om", "qa")
    assert fold({"sa": 24, "my": 13, "om": 3}, INSIDE).together == ("my", "om")
    assert fold({"sa": 24, "my": 13}, INSIDE).together == ()


def test_a_map_tells_every_district_with_enough_people_and_a_table_the_largest() -> None:
    counts: dict[str | None, int] = {f"d{n:02}": 60 - n for n in range(50)}
    found = fold(counts | {"x": 2, "y": 3}, INSIDE)
    assert len(found.alone) == 50
    by_itself, together = shortened(found)
    assert by_itself == found.alone[:11]
    assert together == (*found.alone[11:], "y", "x")
    assert shortened(fold(dict(list(counts.items())[:12]), INSIDE)) == (tuple(counts)[:12], ())
