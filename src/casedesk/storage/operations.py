"""The bytes of the journal: operations, what is hashed of them, and how they are packed (SYNC 4, 5 and 11).

What is written here once stays readable for ever, by other desks too, so nothing may change without a new
version number in the bytes themselves. Numbers are little-endian; values are MessagePack.

An operation may be known whole, in part or only by its digest. A whole one has a key from which the keys of
its sections follow; a section is open (key and leaves), itemised (after an erasure: each leaf that is left
with a key of its own) or shut (only its root). All of these give the same digest.
"""

from __future__ import annotations

import enum
import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias
from unicodedata import is_normalized

import msgspec

Value: TypeAlias = bool | int | str | bytes | list[str] | None

KEY_SIZE = ID_SIZE = 16
HASH_SIZE = 32
LONGEST_VALUE = 64 * 1024
LEVELS = range(4)
_SHUT: Final = 0
_OPEN: Final = 1
_ITEMISED: Final = 2
_DIGEST_ONLY: Final = 0
_WHOLE: Final = 1
_BY_SECTION: Final = 2
_ERASED_COLUMN = -1
_SCALARS = frozenset({type(None), bool, int, str, bytes})

_u64 = struct.Struct("<Q").pack
_u32 = struct.Struct("<I").pack
_leaf_start = struct.Struct("<BBIB").pack
_section_start = struct.Struct("<BI").pack
_operation_start = struct.Struct("<BQqB").pack
_operation_rest = struct.Struct("<BHB").pack
_encode = msgspec.msgpack.Encoder().encode


class MalformedBody(Exception):
    """Bytes that `pack` cannot have written. Says where, never what they contain."""


class OperationKind(enum.IntEnum):
    """What an operation is for."""

    WORK = 0
    MARK = 1
    ERASURE = 2


class ClockFlag(enum.IntFlag):
    """Why the wall time of an operation may be doubted, or trusted."""

    BEHIND = 1
    AHEAD = 2
    CONFIRMED = 4


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """One field of one record, with its new value. There are so many that how fast one is made tells."""

    table: str
    record: bytes
    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class Kept:
    """A leaf whose neighbour was erased, with the key that was its own all along."""

    leaf: Leaf
    key: bytes


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of an erased leaf: proof that there was one."""

    commitment: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """A section that is readable in full."""

    level: int
    leaves: tuple[Leaf, ...]
    key: bytes


@dataclass(frozen=True, slots=True)
class Itemised:
    """A section of which leaves were erased."""

    level: int
    leaves: tuple[Kept | Erased, ...]


@dataclass(frozen=True, slots=True)
class Shut:
    """A section that is not shown."""

    level: int
    root: bytes


Section: TypeAlias = Open | Itemised | Shut


@dataclass(frozen=True, slots=True)
class Operation:
    """What one use case changed, as far as it is known here; sections stand in order of their levels.

    `key` is there if nothing was left out. If `only_digest` is there, nothing else is known.
    """

    wall: int
    flags: int
    actor: bytes
    kind: int
    schema: int
    sections: tuple[Section, ...]
    key: bytes | None = None
    only_digest: bytes | None = None


def digest_only(digest: bytes) -> Operation:
    """An operation of which nothing but the digest is known."""
    return Operation(0, 0, bytes(ID_SIZE), 0, 0, (), only_digest=digest)


def new_operation(
    leaves: Mapping[int, Iterable[Leaf]],
    *,
    wall: int,
    flags: int,
    actor: bytes,
    kind: int,
    schema: int,
    key: bytes | None = None,
) -> Operation:
    """A whole operation of the leaves of each level; a ValueError says what cannot be written.

    The key is random, since who can guess it can test guesses about what is hidden; only tests give one.
    """
    key = os.urandom(KEY_SIZE) if key is None else key
    if len(key) != KEY_SIZE or len(actor) != ID_SIZE:
        raise ValueError("key and actor of an operation have 16 bytes")
    if not _fits(wall, flags, kind, schema):
        raise ValueError("a number of an operation is out of range")
    if not leaves:
        raise ValueError("an operation has leaves")
    sections = [_new_section(level, leaves[level], key) for level in sorted(leaves)]
    return Operation(wall, flags, actor, kind, schema, tuple(sections), key)


def shown(operation: Operation) -> Iterator[tuple[int, Leaf]]:
    """Each leaf that can be read, with its level."""
    for section in operation.sections:
        yield from ((section.level, leaf) for leaf in leaves_of(section))


def leaves_of(section: Section) -> Sequence[Leaf]:
    """The leaves of a section that can be read."""
    match section:
        case Open(_, leaves):
            return leaves
        case Itemised(_, items):
            return [item.leaf for item in items if isinstance(item, Kept)]
    return ()


def erase(operation: Operation, level: int, index: int) -> Operation:
    """The operation without the value of one leaf and without every key that could bring it back."""
    if level not in {section.level for section in operation.sections}:
        raise ValueError("the operation has no section of this level")
    sections = [_without(section, index) if section.level == level else section for section in operation.sections]
    return replace(operation, sections=tuple(sections), key=None)


def _without(section: Section, index: int) -> Itemised:
    if isinstance(section, Shut) or index not in range(len(section.leaves)):
        raise ValueError("the section shows no leaf with this index")
    items = items_of(section)
    erased = Erased(item_commitment(section.level, index, items[index]))
    return Itemised(section.level, (*items[:index], erased, *items[index + 1 :]))


def items_of(section: Open | Itemised) -> tuple[Kept | Erased, ...]:
    """The leaves of a section, each with the key of its own that it has when not all are shown."""
    if isinstance(section, Itemised):
        return section.leaves
    return tuple([Kept(leaf, leaf_key(section.key, index)) for index, leaf in enumerate(section.leaves)])


def section_key(operation_key: bytes, level: int) -> bytes:
    return blake2b(bytes((level,)), digest_size=KEY_SIZE, key=operation_key, person=b"cdesk.skey.1").digest()


def leaf_key(section_key: bytes, index: int) -> bytes:
    return blake2b(_u32(index), digest_size=KEY_SIZE, key=section_key, person=b"cdesk.lkey.1").digest()


def leaf_bytes(level: int, index: int, leaf: Leaf) -> bytes:
    table, field = leaf.table.encode(), leaf.field.encode()
    start = _leaf_start(1, level, index, len(table))
    return b"".join((start, table, leaf.record, bytes((len(field),)), field, _encode(leaf.value)))


def commitment(key: bytes, level: int, index: int, leaf: Leaf) -> bytes:
    """A fingerprint of the leaf that says nothing to who has not its key."""
    data = leaf_bytes(level, index, leaf)
    return blake2b(data, digest_size=HASH_SIZE, key=key, person=b"cdesk.leaf.1").digest()


def section_root(section: Section) -> bytes:
    """The fingerprint of a section, the same in each of its forms."""
    match section:
        case Shut(_, root):
            return root
        case Open(level, leaves, key):
            found = [commitment(leaf_key(key, index), level, index, leaf) for index, leaf in enumerate(leaves)]
        case Itemised(level, items):
            found = [item_commitment(level, index, item) for index, item in enumerate(items)]
    data = b"".join((_section_start(level, len(found)), *found))
    return blake2b(data, digest_size=HASH_SIZE, person=b"cdesk.root.1").digest()


def item_commitment(level: int, index: int, item: Kept | Erased) -> bytes:
    """The fingerprint that stands for a leaf, whether it is there or not."""
    return item.commitment if isinstance(item, Erased) else commitment(item.key, level, index, item.leaf)


def digest(seq: int, operation: Operation) -> bytes:
    """The fingerprint of the operation as number `seq` of its chain, the same in each of its views."""
    if operation.only_digest is not None:
        return operation.only_digest
    sections = operation.sections
    parts = [
        _operation_start(1, seq, operation.wall, operation.flags),
        operation.actor,
        _operation_rest(operation.kind, operation.schema, len(sections)),
    ]
    for section in sections:
        parts += (bytes((section.level,)), section_root(section))
    return blake2b(b"".join(parts), digest_size=HASH_SIZE, person=b"cdesk.op.1").digest()


def link(previous: bytes, chain: bytes, seq: int, digest: bytes) -> bytes:
    """Binds an operation to all before it in its chain."""
    data = previous + chain + _u64(seq) + digest
    return blake2b(data, digest_size=HASH_SIZE, person=b"cdesk.chain.1").digest()


def start_link(organisation: bytes, chain: bytes, signing_key: bytes, parent: bytes = b"") -> bytes:
    """What the first operation of a chain is bound to."""
    data = organisation + chain + signing_key + parent
    return blake2b(data, digest_size=HASH_SIZE, person=b"cdesk.start.1").digest()


def parent_of(chain: bytes, seq: int, link: bytes) -> bytes:
    """How a chain names the place in another one that it continues."""
    return chain + _u64(seq) + link


def place_of_parent(parent: bytes) -> tuple[bytes, int]:
    """The chain that a parent names, and the number in it after which it is continued."""
    return parent[:ID_SIZE], int.from_bytes(parent[ID_SIZE : ID_SIZE + 8], "little")


# How it is packed: MessagePack in columns. The order of the declarations is the order of the bytes.


class _OperationColumns(msgspec.Struct, forbid_unknown_fields=True):
    form: list[Literal[0, 1, 2]]
    wall: list[int]
    flags: list[int]
    who: list[int]
    kind: list[int]
    schema: list[int]
    sec: list[int]


class _SectionColumns(msgspec.Struct, forbid_unknown_fields=True):
    s: list[int]
    form: list[Literal[0, 1, 2]]
    n: list[int]


class _LeafColumns(msgspec.Struct, forbid_unknown_fields=True):
    c: list[int]
    r: list[int]


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    v: Literal[1]
    op: _OperationColumns
    sec: _SectionColumns
    leaf: _LeafColumns
    k: bytes
    h: bytes
    val: list[list[Any]]
    rec: bytes
    col: list[tuple[str, str]]
    who: bytes


_decode = msgspec.msgpack.Decoder(_Body).decode


def pack(operations: Iterable[Operation]) -> bytes:
    """The operations, or views of them, in the form in which they are stored and sent."""
    writer = _Writer()
    for operation in operations:
        writer.add(operation)
    return _encode(writer.body())


def unpack(data: bytes) -> list[Operation]:
    """The operations of packed bytes. Refuses, as MalformedBody, all that `pack` would not write just so.

    So no two bodies say the same, and whatever is changed in one changes a digest or is refused here.
    """
    try:
        body = _decode(data)
        operations = _Reader(body).operations()
        same = pack(operations) == data
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedBody("not MessagePack in the expected columns") from error
    except (StopIteration, IndexError) as error:
        raise MalformedBody("a column is too short") from error
    except OverflowError as error:
        raise MalformedBody("a number is too large") from error
    if not same:
        raise MalformedBody("columns do not add up, or are not in their shortest form")
    return operations


class _Writer:
    """Collects operations into columns; what repeats is written once and numbered in order of first use."""

    def __init__(self) -> None:
        self._operations = _OperationColumns([], [], [], [], [], [], [])
        self._sections = _SectionColumns([], [], [])
        self._leaves = _LeafColumns([], [])
        self._keys: list[bytes] = []
        self._hashes: list[bytes] = []
        self._values: list[list[Value]] = []
        self._records: dict[bytes, int] = {}
        self._columns: dict[tuple[str, str], int] = {}
        self._actors: dict[bytes, int] = {}
        self._last_wall = 0

    def add(self, operation: Operation) -> None:
        columns = self._operations
        if operation.only_digest is not None:
            columns.form.append(_DIGEST_ONLY)
            self._hashes.append(operation.only_digest)
            return
        columns.wall.append(operation.wall - self._last_wall)
        self._last_wall = operation.wall
        columns.flags.append(operation.flags)
        columns.who.append(self._actors.setdefault(operation.actor, len(self._actors)))
        columns.kind.append(operation.kind)
        columns.schema.append(operation.schema)
        columns.sec.append(len(operation.sections))
        columns.form.append(_BY_SECTION if operation.key is None else _WHOLE)
        if operation.key is not None:
            self._keys.append(operation.key)
        for section in operation.sections:
            self._add_section(section, with_key=operation.key is None)

    def _add_section(self, section: Section, *, with_key: bool) -> None:
        columns = self._sections
        columns.s.append(section.level)
        match section:
            case Open(_, leaves, key):
                columns.form.append(_OPEN)
                columns.n.append(len(leaves))
                if with_key:
                    self._keys.append(key)
                self._add_leaves(leaves)
            case Itemised(_, items):
                columns.form.append(_ITEMISED)
                columns.n.append(len(items))
                self._add_items(items)
            case Shut(_, root):
                columns.form.append(_SHUT)
                self._hashes.append(root)

    def _add_items(self, items: Iterable[Kept | Erased]) -> None:
        for item in items:
            if isinstance(item, Kept):
                self._keys.append(item.key)
                self._add_leaves((item.leaf,))
            else:
                self._leaves.c.append(_ERASED_COLUMN)
                self._hashes.append(item.commitment)

    def _add_leaves(self, leaves: Iterable[Leaf]) -> None:
        columns, records, values = self._columns, self._records, self._values
        used_columns, used_records = self._leaves.c, self._leaves.r
        for leaf in leaves:
            column = columns.setdefault((leaf.table, leaf.field), len(values))
            if column == len(values):
                values.append([])
            used_columns.append(column)
            used_records.append(records.setdefault(leaf.record, len(records)))
            values[column].append(leaf.value)

    def body(self) -> _Body:
        return _Body(
            v=1,
            op=self._operations,
            sec=self._sections,
            leaf=self._leaves,
            k=b"".join(self._keys),
            h=b"".join(self._hashes),
            val=self._values,
            rec=b"".join(self._records),
            col=list(self._columns),
            who=b"".join(self._actors),
        )


class _Reader:
    """Takes operations out of columns. Too short a column ends in StopIteration or IndexError.

    What is left over, twice or not in order is not looked for here: packed again it would differ.
    """

    def __init__(self, body: _Body) -> None:
        _check_columns(body)
        self._body = body
        self._records = _pieces(body.rec, ID_SIZE)
        self._actors = _pieces(body.who, ID_SIZE)
        self._keys = iter(_pieces(body.k, KEY_SIZE))
        self._hashes = iter(_pieces(body.h, HASH_SIZE))
        self._levels, self._forms, self._counts = iter(body.sec.s), iter(body.sec.form), iter(body.sec.n)
        self._columns, self._record_numbers = iter(body.leaf.c), iter(body.leaf.r)
        self._values = [iter(column) for column in body.val]

    def operations(self) -> list[Operation]:
        columns, wall, found = self._body.op, 0, []
        facts = zip(columns.wall, columns.flags, columns.who, columns.kind, columns.schema, columns.sec, strict=False)
        for form in columns.form:
            if form == _DIGEST_ONLY:
                found.append(digest_only(next(self._hashes)))
                continue
            step, flags, who, kind, schema, count = next(facts)
            wall += step
            if not _fits(wall, flags, kind, schema):
                raise MalformedBody("a number of an operation is out of range")
            key = next(self._keys) if form == _WHOLE else None
            sections = tuple([self._section(key) for _ in range(count)])
            if not sections or any(first.level >= second.level for first, second in pairwise(sections)):
                raise MalformedBody("sections are missing or not in order")
            found.append(Operation(wall, flags, self._actors[who], kind, schema, sections, key))
        return found

    def _section(self, operation_key: bytes | None) -> Section:
        level, form = next(self._levels), next(self._forms)
        if level not in LEVELS:
            raise MalformedBody("no such level")
        if operation_key is not None and form != _OPEN:
            raise MalformedBody("under an operation's key stands a section that is not open")
        if form == _SHUT:
            return Shut(level, next(self._hashes))
        count = next(self._counts)
        if count < 1:
            raise MalformedBody("a section without leaves, to which no hash would bind its key")
        if form == _ITEMISED:
            return Itemised(level, tuple([self._item() for _ in range(count)]))
        key = next(self._keys) if operation_key is None else section_key(operation_key, level)
        return Open(level, tuple([self._leaf(next(self._columns)) for _ in range(count)]), key)

    def _item(self) -> Kept | Erased:
        column = next(self._columns)
        if column == _ERASED_COLUMN:
            return Erased(next(self._hashes))
        return Kept(self._leaf(column), next(self._keys))

    def _leaf(self, column: int) -> Leaf:
        table, field = self._body.col[column]
        return Leaf(table, self._records[next(self._record_numbers)], field, next(self._values[column]))


def _new_section(level: int, leaves: Iterable[Leaf], operation_key: bytes) -> Open:
    if level not in LEVELS:
        raise ValueError(f"there is no level {level}")
    by_place: dict[tuple[str, bytes, str], Leaf] = {}
    for leaf in leaves:
        _check_leaf(leaf)
        if by_place.setdefault((leaf.table, leaf.record, leaf.field), leaf) is not leaf:
            raise ValueError(f"{leaf.table}.{leaf.field} of one record is written twice")
    if not by_place:
        raise ValueError("a section has leaves")
    in_order = tuple([by_place[place] for place in sorted(by_place)])
    return Open(int(level), in_order, section_key(operation_key, level))


def _check_leaf(leaf: Leaf) -> None:
    fault = _fault(leaf)
    if fault is not None:
        raise ValueError(f"{leaf.table}.{leaf.field}: {fault}")


def _fault(leaf: Leaf) -> str | None:
    """What keeps the leaf from being written. Types are meant exactly: an enum would be read back as a plain value."""
    value = leaf.value
    if not _is_value(value):
        return f"a value cannot be a {type(value).__name__}, nor a list of anything but str"
    if not _is_normal(value):
        return "text is not in form NFC"
    try:
        size = len(_encode(value))
    except (OverflowError, UnicodeError):
        return "a number over 64 bits, or text with half of a surrogate pair"
    if size > LONGEST_VALUE:
        return "a value over 64 KiB is an attachment"
    if len(leaf.record) != ID_SIZE or not (_is_name(leaf.table) and _is_name(leaf.field)):
        return "a record id has 16 bytes, a name 1 to 255"
    return None


def _is_value(value: object) -> bool:
    return type(value) in _SCALARS or (isinstance(value, list) and all(type(word) is str for word in value))


def _is_normal(value: Value) -> bool:
    if isinstance(value, str):
        return is_normalized("NFC", value)
    return not isinstance(value, list) or all(is_normalized("NFC", word) for word in value)


def _is_short(value: Value) -> bool:
    """Whether a value keeps to the limit. A character takes four bytes at most, so most texts need no counting."""
    return (type(value) is str and len(value) < LONGEST_VALUE // 8) or len(_encode(value)) <= LONGEST_VALUE


@lru_cache(maxsize=4096)
def _is_name(text: str) -> bool:
    return 0 < len(text.encode()) <= 255


def _check_columns(body: _Body) -> None:
    """Values need not be NFC here: what an author with newer Unicode tables wrote must stay readable."""
    if not all(_is_name(name) for column in body.col for name in column):
        raise MalformedBody("a name is empty or too long")
    if not all(_is_value(value) and _is_short(value) for column in body.val for value in column):
        raise MalformedBody("a value is of a wrong type or too long")


def _fits(wall: int, flags: int, kind: int, schema: int) -> bool:
    return -(2**63) <= wall < 2**63 and 0 <= flags < 2**8 and 0 <= kind < 2**8 and 0 <= schema < 2**16


def _pieces(data: bytes, size: int) -> list[bytes]:
    if len(data) % size:
        raise MalformedBody("keys, hashes or ids are cut short")
    return [data[start : start + size] for start in range(0, len(data), size)]
