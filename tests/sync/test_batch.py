"""One sealed and signed file: what it shows outside, and that nothing but the whole of it is taken in."""

from __future__ import annotations

import random
import subprocess
from dataclasses import replace
from pathlib import Path

import msgspec
import pyrage
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from casedesk.storage.operations import pack
from casedesk.sync import batch
from casedesk.sync.batch import (
    CENTRAL,
    EVERYONE,
    Author,
    Kind,
    Passed,
    Reader,
    Refused,
    Stretch,
    Why,
    file_name,
    open_batch,
    padded_size,
    read_batch,
    seal,
    write_batch,
)
from tests.support.tools import tool
from tests.sync import examples

ORGANISATION = b"o" * 16
AUTHOR = Author(ORGANISATION, SigningKey(b"a" * 32))
IDENTITY = pyrage.x25519.Identity.generate()
READER = b"c" * 32
OFFICE = Reader(ORGANISATION, READER, (str(IDENTITY),), frozenset({CENTRAL}), {AUTHOR.desk})
BODY = pack(examples.chains()[0].operations)
STRETCH = Stretch(b"i" * 16, b"", 1, 3, b"p" * 32, b"h" * 32)


def a_batch(kind: Kind = Kind.CHAIN, body: bytes = BODY, audience: str = CENTRAL, to: tuple[bytes, ...] = ()) -> bytes:
    match kind:
        case Kind.CHAIN:
            return write_batch(AUTHOR, kind, body, audience=audience, made=1, to=to, stretch=STRETCH)
        case Kind.SNAPSHOT:
            passed = Passed(b"w" * 32, b"s" * 64)
            return write_batch(
                AUTHOR, kind, body, audience=audience, made=1, to=to or (READER,), stretch=STRETCH, passed=passed
            )
        case Kind.SHOW:
            return write_batch(AUTHOR, kind, body, audience=audience, made=1, to=to, chain=b"i" * 16, ops=(1, 7))
    return write_batch(AUTHOR, kind, body, audience=audience, made=1, to=to)


def sealed(plain: bytes) -> bytes:
    return seal(plain, [str(IDENTITY.to_public())])


def why(plain: bytes, reader: Reader = OFFICE) -> Why:
    with pytest.raises(Refused) as refused:
        read_batch(plain, reader)
    return refused.value.why


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_read_as_it_was_written(kind: Kind) -> None:
    read = open_batch(sealed(a_batch(kind)), OFFICE)
    assert (read.header.kind, read.header.audience, read.body) == (kind, CENTRAL, BODY)
    assert read.header.desk == AUTHOR.desk


def test_a_chain_says_which_stretch_it_is() -> None:
    header = open_batch(sealed(a_batch()), OFFICE).header
    assert (header.chain, header.first, header.last, header.prev, header.head) == (
        STRETCH.chain,
        1,
        3,
        STRETCH.prev,
        STRETCH.head,
    )


def test_the_outside_tells_nothing() -> None:
    one, two = sealed(a_batch(Kind.CHAIN)), sealed(a_batch(Kind.CHAIN))
    assert one.startswith(b"age-encryption.org/v1\n")
    assert one != two
    assert file_name(one) != file_name(two)
    assert len(file_name(one)) == len("0" * 32 + ".cdb")
    for secret in (ORGANISATION, AUTHOR.desk, STRETCH.chain, b"central", b"CDB1"):
        assert secret not in one


@given(st.integers(1, 2**40))
def test_padding_is_small_and_leaves_few_lengths(size: int) -> None:
    padded = padded_size(size)
    assert size <= padded <= size * 1.12 + 1
    assert padded_size(padded) == padded


def test_every_byte_of_a_sealed_file_counts() -> None:
    whole = sealed(a_batch(Kind.RECEIPT, b"short"))
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        for spoiled in (bytes(changed), whole[:place]):
            with pytest.raises(Refused):
                open_batch(spoiled, OFFICE)


@pytest.mark.parametrize("kind", Kind)
def test_every_byte_under_the_seal_counts(kind: Kind) -> None:
    whole = a_batch(kind)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        for spoiled in (bytes(changed), whole[:place]):
            with pytest.raises(Refused):
                read_batch(spoiled, OFFICE)


def test_mutated_batches_are_refused(rounds: int) -> None:
    """2,000 with --rounds 200."""
    chance = random.Random(5)  # noqa: S311 - to repeat the same changes
    whole = a_batch()
    for turn in range(rounds * 10):
        spoiled = bytearray(whole)
        for _change in range(chance.randint(1, 6)):
            start = chance.randrange(len(spoiled) + 1)
            end = min(len(spoiled), start + chance.randint(0, 12))
            spoiled[start:end] = chance.randbytes(chance.randint(0, 12))
        if bytes(spoiled) == whole:
            continue
        with pytest.raises(Refused):
            read_batch(bytes(spoiled), OFFICE)
        if turn % 10 == 0:
            with pytest.raises(Refused):
                open_batch(sealed(bytes(spoiled)), OFFICE)


@pytest.mark.parametrize("junk", [b"", b"\0" * 5000, b"age-encryption.org/v1\n", b"PK\x03\x04" + b"x" * 300])
def test_what_is_no_batch_is_refused(junk: bytes) -> None:
    with pytest.raises(Refused):
        open_batch(junk, OFFICE)
    with pytest.raises(Refused):
        open_batch(sealed(junk), OFFICE)


def test_two_files_joined_are_refused() -> None:
    whole = sealed(a_batch())
    for spoiled in (whole + whole, whole + b"\0", b"\0" + whole):
        with pytest.raises(Refused):
            open_batch(spoiled, OFFICE)
    assert why(a_batch() + a_batch()) is Why.DAMAGED


def resigned(plain: bytes, author: Author = AUTHOR, /, **changed: object) -> bytes:
    """The batch with another header, signed again: what a member could do to its own."""
    length = int.from_bytes(plain[4:8], "little")
    header = msgspec.structs.asdict(msgspec.msgpack.decode(plain[8 : 8 + length], type=batch.Header)) | changed
    packed = plain[8 + length :][: msgspec.msgpack.decode(plain[8 : 8 + length])["size"]]
    written = msgspec.msgpack.encode(batch.Header(**header))
    signed = b"CDB1" + len(written).to_bytes(4, "little") + written + packed
    whole = signed + author.signing.sign(batch._fingerprint(signed)).signature
    return whole.ljust(padded_size(len(whole)), b"\0")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert why(resigned(a_batch(), raw=batch.LARGEST_RAW + 1)) is Why.TOO_LARGE
    bomb = a_batch(Kind.RECEIPT, bytes(batch.LARGEST_RAW + 1))
    assert len(bomb) < 10_000
    assert why(bomb) is Why.TOO_LARGE
    for lie in (100, batch.LARGEST_RAW):
        assert why(resigned(bomb, raw=lie)) is Why.DAMAGED, "the frame says another length than the header"


def test_a_frame_that_does_not_say_its_length_is_refused() -> None:
    unsaid = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1000))
    plain = resigned(_with_body(unsaid), size=len(unsaid), raw=1000)
    assert why(plain) is Why.DAMAGED


def test_more_after_the_frame_is_refused() -> None:
    two = zstandard.ZstdCompressor().compress(b"x" * 100) + b"more"
    assert why(resigned(_with_body(two), size=len(two), raw=100)) is Why.DAMAGED


def _with_body(packed: bytes) -> bytes:
    """A batch whose body is just these bytes."""
    header = msgspec.structs.replace(open_batch(sealed(a_batch(Kind.RECEIPT)), OFFICE).header, size=len(packed))
    written = msgspec.msgpack.encode(header)
    return b"CDB1" + len(written).to_bytes(4, "little") + written + packed


def test_limits() -> None:
    with pytest.raises(Refused) as refused:
        open_batch(bytes(batch.LARGEST_SEALED + 1), OFFICE)
    assert refused.value.why is Why.TOO_LARGE
    assert why(b"CDB1" + (batch.LARGEST_HEADER + 1).to_bytes(4, "little") + bytes(100)) is Why.TOO_LARGE
    assert why(resigned(a_batch(), n=batch.MOST_OPERATIONS + 1)) is Why.TOO_LARGE


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (Kind.CHAIN, {"first": 0}),
        (Kind.CHAIN, {"n": 0}),
        (Kind.CHAIN, {"n": -1}),
        (Kind.CHAIN, {"first": 2**63 - 1}),
        (Kind.CHAIN, {"chain": None}),
        (Kind.CHAIN, {"prev": None}),
        (Kind.CHAIN, {"parent": b"x"}),
        (Kind.CHAIN, {"ops": (1,)}),
        (Kind.CHAIN, {"proof": None}),
        (Kind.CHAIN, {"author": b"w" * 32}),
        (Kind.SNAPSHOT, {"author": None}),
        (Kind.SNAPSHOT, {"proof": None}),
        (Kind.SNAPSHOT, {"to": ()}),
        (Kind.SHOW, {"proof": b"s" * 64}),
        (Kind.SHOW, {"ops": ()}),
        (Kind.SHOW, {"ops": (2, 1)}),
        (Kind.SHOW, {"ops": (1, 1)}),
        (Kind.SHOW, {"ops": (0, 1)}),
        (Kind.RECEIPT, {"chain": b"i" * 16}),
        (Kind.RECEIPT, {"size": 0}),
        (Kind.RECEIPT, {"raw": -1}),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(kind: Kind, changed: dict[str, object]) -> None:
    assert why(resigned(a_batch(kind), AUTHOR, **changed)) is Why.DAMAGED


def test_a_newer_format_is_told_apart_from_damage() -> None:
    assert why(resigned(a_batch(), v=2)) is Why.NEWER
    assert why(b"CDB2" + a_batch()[4:]) is Why.NEWER


@pytest.mark.parametrize("kind", Kind)
def test_who_is_not_meant_refuses(kind: Kind) -> None:
    """Also what a member seals again to pass it on: for whom it is stands under the signature."""
    other = replace(OFFICE, audiences=frozenset({"DHK"}))
    assert why(a_batch(kind), other) is Why.OTHER_AUDIENCE
    assert why(a_batch(kind, to=(b"x" * 32,)), OFFICE) is Why.OTHER_AUDIENCE
    assert read_batch(a_batch(kind, to=(b"x" * 32, OFFICE.desk)), OFFICE).body == BODY
    assert read_batch(a_batch(kind, audience=EVERYONE, to=(OFFICE.desk,)), other).body == BODY


@pytest.mark.parametrize("kind", Kind)
def test_what_is_for_everybody_names_each_under_the_signature(kind: Kind) -> None:
    nobody = resigned(a_batch(kind, to=(OFFICE.desk,)), AUTHOR, audience=EVERYONE, to=())
    assert why(nobody) is Why.DAMAGED


def test_who_has_no_key_cannot_open() -> None:
    stranger = replace(OFFICE, identities=(str(pyrage.x25519.Identity.generate()),))
    with pytest.raises(Refused) as refused:
        open_batch(sealed(a_batch()), stranger)
    assert refused.value.why is Why.NOT_OURS
    old_key = replace(OFFICE, identities=(str(pyrage.x25519.Identity.generate()), str(IDENTITY)))
    assert open_batch(sealed(a_batch()), old_key).body == BODY


def test_unknown_desks_and_other_organisations_are_refused() -> None:
    assert why(a_batch(), replace(OFFICE, authors=())) is Why.UNKNOWN_DESK
    assert why(a_batch(), replace(OFFICE, organisation=b"x" * 16)) is Why.OTHER_ORGANISATION
    forged = resigned(a_batch(), Author(ORGANISATION, SigningKey(b"z" * 32)))
    assert why(forged) is Why.SIGNATURE, "in another's name"


def test_a_newcomer_and_a_new_list_prove_themselves() -> None:
    nobody = replace(OFFICE, authors=())
    for kind in (Kind.JOIN, Kind.ROSTER):
        assert read_batch(a_batch(kind), nobody).body == BODY


def test_refusals_are_sentences() -> None:
    for each in Why:
        assert Refused(each).message.endswith(".")
        assert Refused(each).hint


def test_the_stock_age_tool_opens_a_batch_with_the_offices_key(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(f"{IDENTITY}\n", encoding="ascii")
    (tmp_path / "file.cdb").write_bytes(sealed(a_batch()))
    done = subprocess.run(
        [tool("age"), "--decrypt", "--identity", tmp_path / "key.txt", tmp_path / "file.cdb"],
        capture_output=True,
        check=True,
    )
    assert read_batch(done.stdout, OFFICE).body == BODY
