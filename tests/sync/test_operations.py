from __future__ import annotations

import enum
from dataclasses import replace
from unicodedata import normalize

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casedesk.storage.operations import (
    Erased,
    Itemised,
    Leaf,
    MalformedBody,
    Open,
    Operation,
    Shut,
    Value,
    commitment,
    digest,
    digest_only,
    erase,
    leaf_bytes,
    leaf_key,
    link,
    new_operation,
    pack,
    parent_of,
    section_key,
    section_root,
    shown,
    start_link,
    unpack,
)
from tests.sync import examples
from tests.sync.examples import VECTORS, Chain, view

ID = bytes(range(16))
every_chain = pytest.mark.parametrize("chain", examples.chains(), ids=lambda chain: chain.name)


def an_operation(*leaves: Leaf, level: int = 1, key: bytes = bytes(16)) -> Operation:
    return new_operation({level: leaves}, wall=0, flags=0, actor=ID, kind=0, schema=1, key=key)


def two_levels() -> Operation:
    leaves = {level: [Leaf("case", ID, "title", "a")] for level in (1, 2)}
    return new_operation(leaves, wall=0, flags=0, actor=ID, kind=0, schema=1)


def some_views(data: st.DataObject, whole: list[Operation]) -> list[Operation]:
    """Each operation whole, with a leaf erased, or as some audience sees it."""
    found = []
    for seq, operation in enumerate(whole, 1):
        places = [(part.level, index) for part in operation.sections for index in range(len(leaves_of(part)))]
        for level, index in data.draw(st.lists(st.sampled_from(places), max_size=2)):
            operation = erase(operation, level, index)
        found.append(view(seq, operation, data.draw(examples.levels)) if data.draw(st.booleans()) else operation)
    return found


def leaves_of(section: Open | Itemised | Shut) -> tuple[object, ...]:
    return () if isinstance(section, Shut) else section.leaves


def digests(operations: list[Operation]) -> list[bytes]:
    return [digest(seq, operation) for seq, operation in enumerate(operations, 1)]


def test_keys_leaves_and_roots_are_those_of_the_vectors() -> None:
    [first, *_] = examples.chains()
    operation = first.operations[0]
    section = operation.sections[1]
    assert isinstance(section, Open)
    assert operation.key is not None
    assert section_key(operation.key, 1).hex() == VECTORS["section_key_op1_level1"]
    assert leaf_key(section.key, 0).hex() == VECTORS["leaf_key_op1_level1_leaf0"]
    assert leaf_bytes(1, 0, section.leaves[0]).hex() == VECTORS["leaf_bytes_op1_level1_leaf0"]
    found = commitment(leaf_key(section.key, 0), 1, 0, section.leaves[0])
    assert found.hex() == VECTORS["commitment_op1_level1_leaf0"]
    assert {str(part.level): section_root(part).hex() for part in operation.sections} == VECTORS["roots_op1"]


@every_chain
def test_digests_are_those_of_the_vectors(chain: Chain) -> None:
    assert digests(chain.operations) == digests(chain.views) == chain.digests


@every_chain
def test_links_are_those_of_the_vectors(chain: Chain) -> None:
    assert start_link(chain.organisation, chain.chain, chain.signing_key, chain.parent) == chain.start
    last, found = chain.start, []
    for seq, operation in enumerate(chain.operations, 1):
        last = link(last, chain.chain, seq, digest(seq, operation))
        found.append(last)
    assert found == chain.links


@every_chain
def test_packed_bytes_are_those_of_the_vectors(chain: Chain) -> None:
    assert pack(chain.views) == chain.body_of_views
    assert unpack(chain.body_of_views) == chain.views


@every_chain
def test_whole_operations_are_packed_as_in_the_vectors(chain: Chain) -> None:
    body = pack(chain.operations) if chain.body is None else chain.body
    assert pack(chain.operations) == body
    assert unpack(body) == chain.operations


@every_chain
def test_leaves_given_in_any_order_make_the_operations_of_the_vectors(chain: Chain) -> None:
    for known in chain.operations:
        given_leaves = {part.level: reversed(part.leaves) for part in known.sections if isinstance(part, Open)}
        made = new_operation(
            dict(reversed(given_leaves.items())),
            wall=known.wall,
            flags=known.flags,
            actor=known.actor,
            kind=known.kind,
            schema=known.schema,
            key=known.key,
        )
        assert made == known


def test_a_parent_is_named_as_in_the_vectors() -> None:
    [chain] = [chain for chain in examples.chains() if chain.parent]
    assert parent_of(b"\x0a" * 16, 77, b"\x0b" * 32) == chain.parent


@given(st.lists(examples.operations, max_size=5), st.data())
def test_what_is_packed_is_unpacked(whole: list[Operation], data: st.DataObject) -> None:
    operations = some_views(data, whole)
    assert unpack(pack(operations)) == operations


@given(st.lists(examples.operations, max_size=5), st.data())
def test_every_view_and_every_erased_form_keeps_the_digest(whole: list[Operation], data: st.DataObject) -> None:
    assert digests(unpack(pack(some_views(data, whole)))) == digests(whole)


@given(st.lists(examples.operations, min_size=1, max_size=3), st.data())
def test_a_changed_byte_is_refused_or_changes_a_digest(whole: list[Operation], data: st.DataObject) -> None:
    body = bytearray(pack(some_views(data, whole)))
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack(bytes(body))
    except MalformedBody:
        return
    assert digests(found) != digests(whole)


def test_every_other_byte_in_every_place_is_refused_or_changes_a_digest() -> None:
    [chain] = [chain for chain in examples.chains() if chain.name == "erased beside shut"]
    for place in range(len(chain.body_of_views)):
        for change in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            body = bytearray(chain.body_of_views)
            body[place] ^= change
            try:
                found = unpack(bytes(body))
            except MalformedBody:
                continue
            assert digests(found) != chain.digests


@given(st.lists(examples.operations, min_size=1, max_size=3), st.data())
def test_a_body_that_is_cut_or_goes_on_is_refused(whole: list[Operation], data: st.DataObject) -> None:
    body = pack(whole)
    with pytest.raises(MalformedBody):
        unpack(body[: data.draw(st.integers(0, len(body) - 1))])
    with pytest.raises(MalformedBody):
        unpack(body + data.draw(st.binary(min_size=1, max_size=3)))


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(MalformedBody):
        unpack(noise)


@given(examples.operations)
def test_an_erased_leaf_leaves_no_value_and_no_key_behind(operation: Operation) -> None:
    secret = Leaf("case", ID, "summary", "told in confidence")
    known = {part.level: part.leaves for part in operation.sections if isinstance(part, Open)}
    whole = replace_leaves(operation, {**known, 3: (*known.get(3, ()), secret)})
    section = whole.sections[-1]
    assert isinstance(section, Open)
    assert whole.key is not None
    index = section.leaves.index(secret)

    erased = erase(whole, 3, index)

    kept = [leaf for level, leaf in shown(whole) if (level, leaf) != (3, secret)]
    assert [leaf for _, leaf in shown(erased)] == kept
    for forbidden in (b"told in confidence", whole.key, section.key, leaf_key(section.key, index)):
        assert forbidden not in pack([erased])
    assert erase(erased, 3, index) == erased


def replace_leaves(operation: Operation, leaves: dict[int, tuple[Leaf, ...]]) -> Operation:
    return new_operation(
        leaves,
        wall=operation.wall,
        flags=operation.flags,
        actor=operation.actor,
        kind=operation.kind,
        schema=operation.schema,
        key=b"the operation's ",
    )


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        {"a": "b"},
        [["a"]],
        [1],
        [None],
        ("a",),
        bytearray(b"a"),
        Colour.RED,
        2**64,
        -(2**63) - 1,
        normalize("NFD", "é"),
        [normalize("NFD", "é")],
        "\ud800",
        "x" * 65536,
        b"x" * 65536,
        ["x" * 1000] * 66,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_cannot_be_kept_is_refused_with_its_place(value: Value) -> None:
    with pytest.raises(ValueError, match=r"^case\.title: ") as refused:
        an_operation(Leaf("case", ID, "title", value))
    assert "xx" not in str(refused.value)


def test_the_longest_value_is_kept() -> None:
    operation = an_operation(Leaf("case", ID, "story", "x" * (64 * 1024 - 5)))
    assert unpack(pack([operation])) == [operation]


@pytest.mark.parametrize(
    "leaf",
    [
        Leaf("case", b"short", "title", None),
        Leaf("", ID, "title", None),
        Leaf("case", ID, "", None),
        Leaf("case", ID, "ক" * 86, None),
    ],
)
def test_a_leaf_with_an_impossible_place_is_refused(leaf: Leaf) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        an_operation(leaf)


def test_a_field_written_twice_in_one_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        an_operation(Leaf("case", ID, "title", "a"), Leaf("case", ID, "title", "b"))


def test_an_unknown_level_or_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="level 4"):
        an_operation(level=4)
    with pytest.raises(ValueError, match="16 bytes"):
        an_operation(key=b"short")


@pytest.mark.parametrize(
    ("wall", "flags", "kind", "schema"), [(2**63, 0, 0, 1), (0, 256, 0, 1), (0, 0, -1, 1), (0, 0, 0, 2**16)]
)
def test_a_number_that_does_not_fit_is_refused(wall: int, flags: int, kind: int, schema: int) -> None:
    leaves = {0: [Leaf("case", ID, "title", "a")]}
    with pytest.raises(ValueError, match="out of range"):
        new_operation(leaves, wall=wall, flags=flags, actor=ID, kind=kind, schema=schema)


def test_what_changes_nothing_is_no_operation() -> None:
    with pytest.raises(ValueError, match="has leaves"):
        an_operation()
    with pytest.raises(ValueError, match="has leaves"):
        new_operation({}, wall=0, flags=0, actor=ID, kind=0, schema=1)


def test_keys_are_random_unless_given() -> None:
    leaves = {0: [Leaf("case", ID, "title", "a")]}
    made = [new_operation(leaves, wall=0, flags=0, actor=ID, kind=0, schema=1) for _ in range(2)]
    assert made[0].key != made[1].key


@pytest.mark.parametrize(("level", "index"), [(0, 0), (1, 1), (1, -1)])
def test_only_a_leaf_that_is_there_can_be_erased(level: int, index: int) -> None:
    with pytest.raises(ValueError, match=r"the operation has|the section shows"):
        erase(an_operation(Leaf("case", ID, "title", "a")), level, index)


def test_what_is_not_shown_cannot_be_erased() -> None:
    whole = two_levels()
    with pytest.raises(ValueError, match="shows no leaf"):
        erase(view(1, whole, {2}), 1, 0)
    with pytest.raises(ValueError, match="no section"):
        erase(view(1, whole, None), 1, 0)


def damaged(**changes: object) -> bytes:
    """A good body with other columns in it; `op_wall` is the column wall of op."""
    operation = an_operation(Leaf("case", ID, "title", "a"), Leaf("case", ID, "when", 5))
    body = msgspec.msgpack.decode(pack([operation]))
    for name, value in changes.items():
        group, _, column = name.partition("_")
        if column:
            body[group][column] = value
        else:
            body[group] = value
    return msgspec.msgpack.encode(body)


def test_the_body_that_is_damaged_below_is_good() -> None:
    assert len(unpack(damaged())) == 1


@pytest.mark.parametrize(
    "body",
    [
        damaged(v=2),
        damaged(extra=1),
        damaged(op_form=[3]),
        damaged(op_form=[1, 1]),
        damaged(op_form=[0]),
        damaged(op_wall=[2**63]),
        damaged(op_wall=[1.0]),
        damaged(op_wall=[0, 0]),
        damaged(op_flags=[256]),
        damaged(op_flags=[-1]),
        damaged(op_who=[1]),
        damaged(op_who=[-1]),
        damaged(op_kind=[True]),
        damaged(op_schema=[65536]),
        damaged(op_sec=[0]),
        damaged(op_sec=[2]),
        damaged(op_sec=[-1]),
        damaged(op_sec=[2**40]),
        damaged(sec_s=[4]),
        damaged(sec_form=[2]),
        damaged(sec_n=[0], leaf_c=[], leaf_r=[], val=[], rec=b"", col=[]),
        damaged(op_sec=[0], sec_s=[], sec_form=[], sec_n=[], leaf_c=[], leaf_r=[], val=[], rec=b"", col=[]),
        damaged(sec_n=[1]),
        damaged(sec_n=[3]),
        damaged(op_sec=[2], sec_s=[1, 1], sec_form=[1, 1], sec_n=[1, 1]),
        damaged(op_sec=[2], sec_s=[2, 1], sec_form=[1, 1], sec_n=[1, 1]),
        damaged(leaf_c=[0, 0]),
        damaged(leaf_c=[0, -1]),
        damaged(leaf_c=[0, -2]),
        damaged(leaf_c=[1, 0]),
        damaged(leaf_c=[0, 2]),
        damaged(leaf_r=[0, 1]),
        damaged(leaf_r=[0, -1]),
        damaged(leaf_r=[0]),
        damaged(rec=ID[:15]),
        damaged(rec=ID + ID),
        damaged(who=b""),
        damaged(k=b""),
        damaged(k=bytes(15)),
        damaged(k=bytes(32)),
        damaged(k="text"),
        damaged(h=bytes(32)),
        damaged(val=[["a"]]),
        damaged(val=[["a"], [5, 6]]),
        damaged(val=[["a"], [5.0]]),
        damaged(val=[["a"], [{}]]),
        damaged(val=[["a"], [[1]]]),
        damaged(val=[["a"], [["a", ["b"]]]]),
        damaged(val=[["a"], ["x" * 65536]]),
        damaged(val=[["a"], [msgspec.msgpack.Ext(1, b"a")]]),
        damaged(val=[["a"], [5], []]),
        damaged(col=[["case", "title"]]),
        damaged(col=[["case", "title"], ["case", "title"]]),
        damaged(col=[["case", "title"], ["case"]]),
        damaged(col=[["case", "title"], ["case", ""]]),
        damaged(col=[["case", "title"], ["case", "x" * 256]]),
        damaged().replace(b"\xa1v\x01", b"\xa1v\xcc\x01"),
        damaged().replace(b"\xa1a", b"\xa1\xff"),
        damaged(val=[["a"], [5]]).replace(b"\x91\x05", b"\x91" * 100_000),
    ],
)
def test_columns_that_do_not_add_up_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        unpack(body)


def test_text_of_an_author_with_other_unicode_tables_stays_readable() -> None:
    decomposed = normalize("NFD", "é")
    [operation] = unpack(damaged(val=[[decomposed], [5]]))
    assert [leaf.value for _, leaf in shown(operation)] == [decomposed, 5]


def test_only_open_sections_stand_under_an_operation_key() -> None:
    whole = two_levels()
    for form in (erase(whole, 1, 0), view(1, whole, {2})):
        with pytest.raises(MalformedBody):
            unpack(pack([replace(form, key=whole.key)]))


def test_what_is_shown_of_an_operation_says_its_level() -> None:
    first, second = Leaf("case", ID, "title", "a"), Leaf("case", ID, "when", 5)
    whole = an_operation(first, second, level=2)
    assert list(shown(whole)) == [(2, first), (2, second)]
    assert list(shown(erase(whole, 2, 0))) == [(2, second)]
    assert list(shown(digest_only(bytes(32)))) == []
    section = erase(whole, 2, 0).sections[0]
    assert isinstance(section, Itemised)
    assert isinstance(section.leaves[0], Erased)
