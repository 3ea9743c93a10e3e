"""Who belongs to the organisation: what is believed of a roster, and who reads whose files."""

from __future__ import annotations

import msgspec
import pyrage
import pytest
from nacl.signing import SigningKey

from casedesk.sync.batch import CENTRAL, EVERYONE
from casedesk.sync.roster import (
    Member,
    NotThisRoster,
    Roster,
    admission_holds,
    admit,
    certify,
    is_believed,
    read_roster,
    recipients,
    refuse_going_back,
    sign_roster,
    trusted,
)

ORGANISATION = b"o" * 16
ROOT, KEY = SigningKey(b"r" * 32), SigningKey(b"k" * 32)
SIGNING = {name: SigningKey(name.encode() * 16) for name in ("K3", "K4", "K5", "Q1", "M1")}
SEAL, OTHER_SEAL = (str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))


def member(name: str, centre: str = "DHK", **more: object) -> Member:
    return Member(bytes(SIGNING[name].verify_key), SEAL, name, centre, **more)  # type: ignore[arg-type]  # what a test says


def roster(*members: Member, number: int = 1, root: SigningKey = ROOT, key: SigningKey = KEY) -> Roster:
    public = bytes(key.verify_key)
    return Roster(
        v=1,
        org=ORGANISATION,
        number=number,
        root=bytes(root.verify_key),
        key=public,
        certificate=certify(root, ORGANISATION, public),
        members=members,
    )


def read(signed: bytes) -> Roster:
    return read_roster(signed, ORGANISATION, bytes(ROOT.verify_key))


def test_a_signed_roster_is_read_as_it_was_written() -> None:
    made = roster(member("K3"), member("Q1", "HQX", central=True))
    assert read(sign_roster(made, KEY)) == made


def test_every_byte_of_a_roster_counts() -> None:
    signed = sign_roster(roster(member("K3")), KEY)
    for place in range(len(signed)):
        changed = bytearray(signed)
        changed[place] ^= 1
        for spoiled in (bytes(changed), signed[:place]):
            with pytest.raises(NotThisRoster):
                read(spoiled)
    with pytest.raises(NotThisRoster):
        read(signed + b"\0")


def test_only_a_key_that_the_root_signed_signs_a_roster() -> None:
    stranger = SigningKey(b"s" * 32)
    made = roster(member("K3"))
    for forged in (
        sign_roster(made, stranger),
        sign_roster(roster(member("K3"), root=stranger), KEY),
        sign_roster(msgspec.structs.replace(made, key=bytes(stranger.verify_key)), stranger),
        sign_roster(msgspec.structs.replace(made, org=b"x" * 16), KEY),
    ):
        with pytest.raises(NotThisRoster):
            read(forged)


@pytest.mark.parametrize(
    "members",
    [
        (),
        (member("K3"), member("K3")),
        (member("K3"), msgspec.structs.replace(member("K4"), name="K3")),
        (msgspec.structs.replace(member("K3"), seal="age1nonsense"),),
    ],
)
def test_a_roster_that_makes_no_sense_is_refused(members: tuple[Member, ...]) -> None:
    with pytest.raises(NotThisRoster):
        read(sign_roster(roster(*members), KEY))


def test_a_roster_never_goes_back() -> None:
    old = roster(member("K3"), member("K4", ended=((b"c" * 16, 7),)), number=5)
    more = (*old.members, member("K5"))
    refuse_going_back(old, roster(*more, number=6))
    refuse_going_back(old, roster(member("K3", ended=()), old.members[1], number=6))
    for new in (
        roster(*more, number=5),
        roster(*more, number=4),
        roster(member("K3"), number=6),
        roster(member("K3"), member("K4"), number=6),
        roster(member("K3"), member("K4", ended=((b"c" * 16, 9),)), number=6),
        roster(member("K3", "HQX"), old.members[1], number=6),
        roster(member("K3", central=True), old.members[1], number=6),
    ):
        with pytest.raises(NotThisRoster):
            refuse_going_back(old, new)


def test_one_signature_alone_opens_no_cases_to_a_new_desk() -> None:
    made = roster(member("K3"), member("K4"), member("K5"), member("Q1", "HQX", central=True))
    k3, k4 = made.members[:2]
    none = trusted(made, [], k3.desk)
    assert recipients(made, none, "DHK", k3.desk) == []
    assert [each.name for each in recipients(made, none, CENTRAL, k3.desk)] == ["Q1"]
    assert [each.name for each in recipients(made, none, EVERYONE, k3.desk)] == ["K4", "K5", "Q1"]
    let_in = [admit(SIGNING["K3"], ORGANISATION, k4)]
    assert [each.name for each in recipients(made, trusted(made, let_in, k3.desk), "DHK", k3.desk)] == ["K4"]
    assert [each.name for each in recipients(made, trusted(made, let_in, k4.desk), "DHK", k4.desk)] == ["K3"]
    further = [*let_in, admit(SIGNING["K4"], ORGANISATION, made.members[2])]
    assert len(trusted(made, further, k3.desk)) == 3


def test_an_admission_that_does_not_hold_opens_nothing() -> None:
    made = roster(member("K3"), member("K4"), member("M1", "KHL"))
    k3, k4, m1 = made.members
    good = admit(SIGNING["K3"], ORGANISATION, k4)
    assert admission_holds(made, good)
    for bad in (
        admit(SIGNING["M1"], ORGANISATION, k4),
        admit(SIGNING["K3"], ORGANISATION, m1),
        admit(SIGNING["K3"], b"x" * 16, k4),
        msgspec.structs.replace(good, by=m1.desk),
        admit(SIGNING["K3"], ORGANISATION, msgspec.structs.replace(k4, seal=OTHER_SEAL)),
    ):
        assert not admission_holds(made, bad)
    other_key = msgspec.structs.replace(k4, seal=OTHER_SEAL)
    assert not admission_holds(roster(k3, other_key), good), "another sealing key under the same admission"


def test_nobody_seals_to_an_ended_desk_and_it_is_believed_no_further() -> None:
    made = roster(member("K3"), member("K4", ended=((b"c" * 16, 7),)))
    admissions = [admit(SIGNING["K3"], ORGANISATION, made.members[1])]
    k3, k4 = made.members
    assert recipients(made, trusted(made, admissions, k3.desk), "DHK", k3.desk) == []
    assert recipients(made, trusted(made, admissions, k3.desk), EVERYONE, k3.desk) == []
    assert [is_believed(k4, b"c" * 16, seq) for seq in (1, 7, 8)] == [True, True, False]
    assert not is_believed(k4, b"d" * 16, 1)
    assert is_believed(k3, b"d" * 16, 10**9)
