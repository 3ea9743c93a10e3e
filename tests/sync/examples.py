"""Operations to test with: those of vectors.json, written by another program, and any others."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from hypothesis import strategies as st

from casedesk.storage.operations import (
    Erased,
    Itemised,
    Kept,
    Leaf,
    Open,
    Operation,
    Section,
    Shut,
    digest_only,
    new_operation,
    section_key,
)
from casedesk.sync.views import view_of_leaves

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Chain:
    """A chain of the vectors: whole operations, views of them, and the bytes and hashes that belong to them."""

    name: str
    organisation: bytes
    chain: bytes
    signing_key: bytes
    parent: bytes
    operations: list[Operation]
    views: list[Operation]
    start: bytes
    digests: list[bytes]
    links: list[bytes]
    body: bytes | None
    body_of_views: bytes


def chains() -> list[Chain]:
    return [_chain(VECTORS), *(_chain(more) for more in VECTORS["more"])]


def _chain(data: dict[str, Any]) -> Chain:
    return Chain(
        name=data.get("name", "the first vectors"),
        organisation=bytes.fromhex(data["organisation"]),
        chain=bytes.fromhex(data["chain"]),
        signing_key=bytes.fromhex(data["desk_signing_key"]),
        parent=bytes.fromhex(data.get("parent", "")),
        operations=[_operation(item) for item in data["operations"]],
        views=[_operation(item) for item in data["views"]],
        start=bytes.fromhex(data["start"]),
        digests=[bytes.fromhex(item) for item in data["digests"]],
        links=[bytes.fromhex(item) for item in data["links"]],
        body=bytes.fromhex(data["body"]) if "body" in data else None,
        body_of_views=bytes.fromhex(data["body_of_views"]),
    )


def _operation(data: dict[str, Any]) -> Operation:
    if "digest" in data:
        return digest_only(bytes.fromhex(data["digest"]))
    key = bytes.fromhex(data["key"]) if "key" in data else None
    sections = tuple(_section(int(level), item, key) for level, item in sorted(data["sections"].items()))
    who = bytes.fromhex(data["who"])
    return Operation(data["wall"], data["flags"], who, data["kind"], data["schema"], sections, key)


def _section(level: int, data: dict[str, Any], operation_key: bytes | None) -> Section:
    match data["form"]:
        case 0:
            return Shut(level, bytes.fromhex(data["root"]))
        case 1:
            key = bytes.fromhex(data["key"]) if operation_key is None else section_key(operation_key, level)
            return Open(level, tuple(_leaf(item) for item in data["leaves"]), key)
        case _:
            return Itemised(level, tuple(_item(item) for item in data["leaves"]))


def _item(data: dict[str, Any]) -> Kept | Erased:
    if "commit" in data:
        return Erased(bytes.fromhex(data["commit"]))
    return Kept(_leaf(data), bytes.fromhex(data["key"]))


def _leaf(data: dict[str, Any]) -> Leaf:
    value = data["value"]
    if isinstance(value, dict):
        value = bytes.fromhex(value["bytes"])
    return Leaf(data["table"], bytes.fromhex(data["record"]), data["field"], value)


texts = st.text(st.characters(codec="utf-8"), max_size=40).map(lambda text: normalize("NFC", text))
values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | texts
    | st.binary(max_size=40)
    | st.lists(texts, max_size=4)
)
ids = st.integers(0, 5).map(lambda number: bytes([number]) * 16)
leaves = st.builds(Leaf, st.sampled_from(["case", "person", "op"]), ids, st.sampled_from("abcdefg"), values)
sections = st.lists(leaves, min_size=1, max_size=5, unique_by=lambda leaf: (leaf.table, leaf.record, leaf.field))
operations = st.builds(
    new_operation,
    st.dictionaries(st.integers(0, 3), sections, min_size=1, max_size=4),
    wall=st.integers(-(2**62), 2**62),
    flags=st.integers(0, 7),
    actor=ids,
    kind=st.integers(0, 2),
    schema=st.integers(0, 2**16 - 1),
    key=st.binary(min_size=16, max_size=16),
)
levels = st.none() | st.sets(st.integers(0, 3))


def view(seq: int, operation: Operation, shown: Collection[int] | None) -> Operation:
    """The operation with the sections of these levels; nothing but its digest for None."""
    return view_of_leaves(seq, operation, lambda level, _leaf: shown is not None and level in shown)
