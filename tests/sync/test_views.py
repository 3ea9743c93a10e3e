from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casedesk.storage.operations import (
    Leaf,
    Open,
    Operation,
    Shut,
    digest,
    erase,
    leaf_key,
    new_operation,
    pack,
    shown,
)
from tests.sync import examples
from tests.sync.examples import view

RECORD = bytes(range(16))
WORDS = ["said to all", "said inside", "said who it is", "said in confidence"]


def an_operation() -> Operation:
    """One leaf at each level, each of another record."""
    leaves = {level: [Leaf("case", bytes([level]) * 16, f"field{level}", words)] for level, words in enumerate(WORDS)}
    return new_operation(leaves, wall=1, flags=0, actor=RECORD, kind=0, schema=1)


@given(st.integers(1, 2**64 - 1), examples.operations, examples.levels)
def test_every_view_has_the_digest_of_the_whole(seq: int, whole: Operation, levels: set[int] | None) -> None:
    assert digest(seq, view(seq, whole, levels)) == digest(seq, whole)


@given(examples.operations, st.sets(st.integers(0, 3)))
def test_a_view_shows_the_leaves_of_its_levels_and_no_others(whole: Operation, levels: set[int]) -> None:
    expected = [(level, leaf) for level, leaf in shown(whole) if level in levels]
    assert list(shown(view(1, whole, levels))) == expected


@given(examples.operations, st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_a_view_of_a_view_shows_what_both_do(whole: Operation, first: set[int], second: set[int]) -> None:
    twice = view(1, view(1, whole, first), second)
    assert list(shown(twice)) == list(shown(view(1, whole, first & second)))
    assert digest(1, twice) == digest(1, whole)


@given(st.sets(st.integers(0, 3), max_size=3))
def test_nothing_of_a_level_that_is_not_shown_is_in_the_bytes(levels: set[int]) -> None:
    whole = an_operation()
    assert whole.key is not None
    body = pack([view(1, whole, levels)])
    assert whole.key not in body
    for section in whole.sections:
        assert isinstance(section, Open)
        [leaf] = section.leaves
        traces = [str(leaf.value).encode(), leaf.record, leaf.field.encode(), section.key, leaf_key(section.key, 0)]
        shown_here = section.level in levels
        assert [trace in body for trace in traces] == [shown_here] * 4 + [False]


def test_the_digest_alone_says_nothing_else() -> None:
    whole = an_operation()
    body = pack([view(7, whole, None)])
    assert digest(7, whole) in body
    for secret in (whole.key, whole.actor, *(leaf.record for _, leaf in shown(whole))):
        assert secret is not None
        assert secret not in body


def test_an_audience_of_all_levels_gets_the_operation_as_it_is() -> None:
    whole = an_operation()
    assert view(1, whole, range(4)) is whole


def test_the_operation_key_stays_behind_as_soon_as_one_section_does() -> None:
    part = view(1, an_operation(), {0, 1, 2})
    assert part.key is None
    assert [type(section) for section in part.sections] == [Open, Open, Open, Shut]


def test_a_digest_cannot_be_opened_again() -> None:
    hidden = view(1, an_operation(), None)
    assert view(1, hidden, range(4)) == hidden
    assert view(1, hidden, None) == hidden


def test_an_erased_leaf_stays_erased_in_every_view() -> None:
    whole = an_operation()
    erased = erase(whole, 3, 0)
    for levels in (None, (), {3}, range(4)):
        part = view(1, erased, levels)
        assert "said in confidence" not in [leaf.value for _, leaf in shown(part)]
        assert digest(1, part) == digest(1, whole)
