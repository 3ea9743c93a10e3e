"""What stands in a batch beside operations: orders, receipts, coded rows, the roster, a request to join (SYNC 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from casedesk.storage.erasing import Order
from casedesk.sync.batch import Refused, Why
from casedesk.sync.roster import Admitted, Member

Id: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Hash: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=40)]
Code: TypeAlias = Annotated[str, msgspec.Meta(max_length=60)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Seq: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
T = TypeVar("T", bound="Body")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that is a map; what is repeated in it stands in arrays."""


class WrittenOrder(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """To forget a field of a record, or all of it where `field` is empty: what was written before this place."""

    record: Id
    field: Code
    chain: Id
    seq: Number


class Orders(Body, frozen=True, forbid_unknown_fields=True):
    orders: tuple[WrittenOrder, ...]

    @staticmethod
    def of(orders: Iterable[Order]) -> Orders:
        return Orders(tuple(WrittenOrder(each.record.bytes, each.field, each.chain, each.seq) for each in orders))

    def read(self) -> set[Order]:
        return {Order(each.chain, each.seq, UUID(bytes=each.record), each.field) for each in self.orders}


class Holding(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the writer of a receipt holds of one chain, and what it lacks."""

    chain: Id
    held: Number
    head: Hash
    wanted: tuple[tuple[Number, Number], ...]  # from and to of what is missing
    fork: Seq | None  # the first number at which its author told two stories
    note: Name


class Receipt(Body, frozen=True, forbid_unknown_fields=True):
    """What is held, and what became of files: name and reason, an empty one if all is well."""

    chains: tuple[Holding, ...]
    files: tuple[tuple[Name, Name], ...]


class Coded(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A case without a name; without values it is taken back."""

    row: Id
    values: dict[Code, bool | int | Code | tuple[Code, ...]]


class Count(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A total of one month; nothing where it is too small to be told."""

    month: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}$")]
    what: Code
    code: Code
    count: Number | None


class CodedRows(Body, frozen=True, forbid_unknown_fields=True):
    """`chain` and `upto` say where their author stood, so that older ones are known whenever they come. If these are
    the `whole` of it, rows that are not among them are taken back."""

    chain: Id
    upto: Number
    whole: bool
    rows: tuple[Coded, ...]
    counts: tuple[Count, ...]


class RosterBody(Body, frozen=True, forbid_unknown_fields=True):
    """The newest signed roster, and the admissions, that the sender knows."""

    roster: bytes
    admissions: tuple[Admitted, ...]


class JoinRequest(Body, frozen=True, forbid_unknown_fields=True):
    """A new desk asks to be let in; `mac` is made with the code of its invitation."""

    member: Member
    mac: Hash


_encode = msgspec.msgpack.Encoder().encode


def write_body(body: Body) -> bytes:
    return _encode(body)


def read_body(raw: bytes, kind: type[T]) -> T:
    """The body, if it is written just as `write_body` would."""
    try:
        body: T = msgspec.msgpack.decode(raw, type=kind)
        same = _encode(body) == raw
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError):
        raise Refused(Why.DAMAGED) from None
    if not same:
        raise Refused(Why.DAMAGED)
    return body


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON keeps them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
