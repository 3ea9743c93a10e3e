"""The primitives, the slots, passphrases, the recovery key and the waiting after wrong tries."""

from __future__ import annotations

import time
from dataclasses import replace
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt, crypto_aead_xchacha20poly1305_ietf_encrypt

from casedesk.paths import RESOURCES
from casedesk.storage import keys, passphrases, recovery_key
from casedesk.storage.keys import CEILING, FLOOR, Cost, KeysFile
from casedesk.storage.tries import TRIES, MustWait, Tries
from tests.support.rights import others_may

STORE = bytes(range(16))
DATA_KEY = bytearray(range(32))
SECRET = b"four quiet words here"


@pytest.fixture(scope="module")
def slot() -> keys.Slot:
    return keys.new_slot(STORE, DATA_KEY, SECRET, FLOOR, name_tag=keys.name_tag(STORE, "shirin"))


def test_argon2id_gives_the_bytes_of_the_libsodium_vector() -> None:
    password = bytes.fromhex(
        "a347ae92bce9f80f6f595a4480fc9c2fe7e7d7148d371e9487d75f5c23008ffae065577a928febd9b1973a5a95073acdbeb6a030cfc0d7"
        "9caa2dc5cd011cef02c08da232d76d52dfbca38ca8dcbd665b17d1665f7cf5fe59772ec909733b24de97d6f58d220b20c60d7c07ec1fd9"
        "3c52c31020300c6c1facd77937a597c7a6"
    )
    salt = bytes.fromhex("5541fbc995d5c197ba290346d2c559de")
    assert keys.derive(password, salt, Cost(7256678 // 1024, 5), size=155).hex() == (
        "18acec5d6507739f203d1f5d9f1d862f7c2cdac4f19d2bdff64487e60d969e3ced615337b9eec6ac4461c6ca07f0939741e57c24d0005c"
        "7ea171a0ee1e7348249d135b38f222e4dad7b9a033ed83f5ca27277393e316582033c74affe2566a2bea47f91f0fd9fe49ece7e1f79f3a"
        "d6e9b23e0277c8ecc4b313225748dd2a80f5679534a0700e246a79a49b3f74eb89ec6205fe1eeb941c73b1fcf1"
    )


def test_xchacha20_poly1305_gives_the_bytes_of_the_draft() -> None:
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    data = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    expected = bytes.fromhex(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c2"
        "16cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c6"
        "8b13b52ec0875924c1c7987947deafd8780acf49"
    )
    assert crypto_aead_xchacha20poly1305_ietf_encrypt(text, data, nonce, key) == expected
    assert crypto_aead_xchacha20poly1305_ietf_decrypt(expected, data, nonce, key) == text


def test_blake2b_gives_the_bytes_of_rfc_7693() -> None:
    assert blake2b(b"abc").hexdigest() == (
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
    )


def test_each_purpose_has_its_own_key() -> None:
    database = keys.subkey(DATA_KEY, b"cdesk.db.1")
    assert database == blake2b(digest_size=32, key=bytes(DATA_KEY), person=b"cdesk.db.1").digest()
    assert database != keys.subkey(DATA_KEY, b"cdesk.backup.1")
    keys.wipe(database)
    assert database == bytes(32)


def test_a_slot_opens_with_its_passphrase_alone(slot: keys.Slot) -> None:
    assert keys.open_slot(STORE, slot, SECRET) == DATA_KEY
    assert keys.open_slot(STORE, slot, SECRET + b" ") is None


def test_a_slot_cannot_be_moved_relabelled_or_weakened(slot: keys.Slot) -> None:
    assert keys.open_slot(bytes(16), slot, SECRET) is None
    for changed in (
        replace(slot, id=bytes(8)),
        replace(slot, kind=keys.Kind.RECOVERY),
        replace(slot, cost=Cost(FLOOR.mem_kib + 1, FLOOR.passes)),
        replace(slot, cost=Cost(FLOOR.mem_kib, FLOOR.passes + 1)),
        replace(slot, salt=bytes(16)),
        replace(slot, nonce=bytes(24)),
    ):
        assert keys.open_slot(STORE, changed, SECRET) is None


def test_keys_are_not_shown(slot: keys.Slot) -> None:
    opened = keys.Opened(KeysFile(STORE, (slot,)), slot, DATA_KEY, keys.Finding.WHOLE)
    assert "data_key" not in repr(opened)
    assert "secret" not in repr(recovery_key.new_recovery_key())


def test_a_sign_in_name_is_one_name_however_it_is_typed() -> None:
    tag = keys.name_tag(STORE, "Rāhimā Khatun")
    assert keys.name_tag(STORE, " rāhimā  KHATUN") == tag
    assert keys.name_tag(STORE, "Ra\u0304hima\u0304 Khatun") == tag
    assert keys.name_tag(bytes(16), "Rāhimā Khatun") != tag


def test_a_passphrase_is_the_same_on_every_keyboard() -> None:
    assert keys.passphrase_bytes("\u09cb") == keys.passphrase_bytes("\u09c7\u09be")
    assert keys.passphrase_bytes("A") != keys.passphrase_bytes("a")


def test_the_cost_is_the_most_that_the_laptop_does_in_time() -> None:
    def slow(cost: Cost) -> float:
        return cost.mem_kib / 1024 * 0.005

    gib = 2**30
    assert keys.measured_cost(slow, lambda: 8 * gib) == Cost(192 * 1024, 3)
    assert keys.measured_cost(lambda _cost: 9.0, lambda: 8 * gib) == FLOOR
    assert keys.measured_cost(lambda _cost: 0.1, lambda: 8 * gib) == Cost(512 * 1024, 3)
    assert keys.measured_cost(lambda _cost: 0.1, lambda: gib) == Cost(256 * 1024, 3)
    assert keys.measured_cost(lambda _cost: 0.1, lambda: gib // 8) == FLOOR


def test_keys_come_back_from_the_disk_as_they_were(tmp_path: Path, slot: keys.Slot) -> None:
    written = keys.sealed(KeysFile(STORE, (slot,)), DATA_KEY)
    keys.write_keys(tmp_path, written)
    assert keys.read_keys(tmp_path / keys.KEYS) == keys.read_keys(tmp_path / keys.COPY) == written
    assert sorted(path.name for path in tmp_path.iterdir()) == [keys.KEYS, keys.COPY]
    assert not others_may(tmp_path / keys.KEYS)
    assert b"shirin" not in (tmp_path / keys.KEYS).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b'"mem_kib": 65536', b'"mem_kib": 65535', keys.KeysWeakened),
        (b'"passes": 3', b'"passes": 1', keys.KeysWeakened),
        (b'"mem_kib": 65536', b'"mem_kib": %d' % (CEILING.mem_kib + 1), keys.KeysAbsurd),
        (b'"passes": 3', b'"passes": 4294967296', keys.KeysAbsurd),
        (b'"lanes": 1', b'"lanes": 4', keys.KeysDamaged),
        (b'"mem_kib": 65536', b'"mem_kib": 65536.0', keys.KeysDamaged),
        (b'"kind": "user"', b'"kind": "owner"', keys.KeysDamaged),
        (b'"version": 1', b'"version": 2', keys.KeysNewer),
        (b'"version": 1', b'"version":  1', keys.KeysDamaged),
        (b'"store": "0', b'"store": "0000', keys.KeysDamaged),
        (b'"slots": [', b'"slots": ' + b"[" * 60_000, keys.KeysDamaged),
        (b"{", b"[", keys.KeysDamaged),
    ],
)
def test_a_changed_file_is_refused_at_once(
    tmp_path: Path, slot: keys.Slot, old: bytes, new: bytes, error: type[Exception]
) -> None:
    keys.write_keys(tmp_path, keys.sealed(KeysFile(STORE, (slot,)), DATA_KEY))
    data = (tmp_path / keys.KEYS).read_bytes()
    assert old in data
    for name in (keys.KEYS, keys.COPY):
        (tmp_path / name).write_bytes(data.replace(old, new, 1))
    begun = time.perf_counter()
    with pytest.raises(error):
        keys.open_keys(tmp_path, SECRET, lambda file: file.of_user("shirin"))
    assert time.perf_counter() - begun < 0.5


def test_two_slots_with_one_id_are_refused(tmp_path: Path, slot: keys.Slot) -> None:
    other = replace(slot, name_tag=bytes(8))
    keys.write_keys(tmp_path, keys.sealed(KeysFile(STORE, (slot, other)), DATA_KEY))
    with pytest.raises(keys.KeysDamaged):
        keys.read_keys(tmp_path / keys.KEYS)


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_waiting_begins_with_the_third_failure_and_grows_to_a_minute(tmp_path: Path) -> None:
    clock = Clock()
    waits = []
    for _try in range(9):
        tries = Tries(tmp_path, clock)  # a fresh one each time, as after a restart of the program
        tries.begin()
        waits.append(tries.waiting())
        clock.now += waits[-1]
    assert waits == [0, 0, 2, 4, 8, 16, 32, 60, 60]


def test_nobody_tries_while_the_wait_lasts(tmp_path: Path) -> None:
    clock = Clock()
    tries = Tries(tmp_path, clock)
    for _try in range(3):
        tries.begin()
    clock.now += 1.5
    with pytest.raises(MustWait) as refused:
        tries.begin()
    assert refused.value.seconds == 1
    clock.now += 0.5
    tries.begin()
    assert tries.waiting() == 4


def test_the_wait_begins_anew_when_the_computer_restarts(tmp_path: Path) -> None:
    clock = Clock()
    tries = Tries(tmp_path, clock)
    for _try in range(3):
        tries.begin()
    clock.now = 5.0
    assert tries.waiting() == 2
    clock.now = 7.0
    assert tries.waiting() == 0


def test_success_forgets_the_failures_and_the_file_names_nobody(tmp_path: Path) -> None:
    tries = Tries(tmp_path, Clock())
    tries.begin()
    assert (tmp_path / TRIES).read_bytes() == b"1 1000000\n"
    tries.succeeded()
    assert not (tmp_path / TRIES).exists()


def test_a_scribbled_tries_file_does_not_help(tmp_path: Path) -> None:
    (tmp_path / TRIES).write_bytes(b"\xff" * 100)
    tries = Tries(tmp_path, Clock())
    tries.begin()
    assert tries.waiting() == 2


@pytest.mark.parametrize(
    ("passphrase", "word"),
    [
        ("", "at least"),
        ("fourteen chars", "at least"),
        ("নীল নদী", "at least"),
        ("x" * 257, "at most"),
        ("a" * 20, "repeats"),
        ("lamp lamp lamp lamp", "repeats"),
        ("blue river blue river", "repeats"),
        ("!!!!????....,,,,", "repeats"),
        ("Correct Horse Battery Staple", "Many people"),
        ("correcthorsebatterystaple!", "Many people"),
        ("আমার সোনার বাংলা", "Many people"),
        ("123456789012345", "Many people"),
        ("১২৩৪৫৬৭৮৯০১২৩৪৫", "Many people"),
        ("P@ssw0rd12345678", "Many people"),
        ("2026 sunshine dragon", "Many people"),
        ("princessbutterfly", "Many people"),
        ("1234qwertyuiop5678", "Many people"),
        ("rahima khatun 1990", "Many people"),
        ("dhakabangladesh123", "Many people"),
        ("রহিমা বেগম ১৯৯০১২৩", "Many people"),
        ("ভালোবাসি তোমাকে ১২৩", "Many people"),
        ("Welfare Desk Mirpur 26", "a name"),
        ("shirin shirin mirpur", "a name"),
        ("CaseDesk shirin 2026", "a name"),
        ("শিরিন আক্তার ১৯৯০", "a name"),
    ],
)
def test_a_weak_passphrase_is_refused_with_a_reason(passphrase: str, word: str) -> None:
    names = ["Welfare Desk Mirpur", "Mirpur", "shirin", "শিরিন আক্তার"]
    assert word in (passphrases.passphrase_problem(passphrase, names=names) or "")


@pytest.mark.parametrize(
    "passphrase",
    [
        "copper lake seven trains",
        "নীল নদীর পাড়ে তিন গাছ",
        "xK4!mTq9zR2#vLp7w",
        "shirin rides copper trains",
        "dragon sunshine butter train",
        "রহিমা নদীর পাড়ে থাকে",
    ],
)
def test_a_good_passphrase_is_taken(passphrase: str) -> None:
    assert passphrases.passphrase_problem(passphrase, names=["Mirpur", "shirin"]) is None
    assert passphrases.passphrase_strength(passphrase, names=[]) in ("Good", "Strong", "Very strong")


def test_a_generated_passphrase_is_five_words_and_passes_the_rules() -> None:
    made = [passphrases.generated_passphrase() for _time in range(50)]
    assert {len(passphrase.split()) for passphrase in made} == {5}
    assert len(set(made)) == 50
    assert sum(passphrases.passphrase_problem(passphrase, names=[]) is not None for passphrase in made) == 0


def test_the_lists_are_what_they_should_be() -> None:
    words = (RESOURCES / "words_en.txt").read_text(encoding="utf-8").split()
    assert len(words) == len(set(words)) >= 1024
    assert all(word.isascii() and word.islower() and 3 <= len(word) <= 8 for word in words)
    ours = (RESOURCES / "common_passphrases.txt").read_text(encoding="utf-8").splitlines()
    theirs = (RESOURCES / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    common = [line for line in (*ours, *theirs) if not line.startswith("#")]
    assert len(common) == len(set(common)) >= 10_000
    assert sum(line.startswith(("# MIT License", "# Copyright")) for line in theirs) == 2


def test_the_lists_of_common_passphrases_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert passphrases.passphrase_problem("correct horse battery staple", names=[]) is not None
    monkeypatch.setattr(passphrases, "RESOURCES", Path("gone"))
    assert passphrases.passphrase_problem("correct horse battery staple", names=[]) is not None


def test_a_recovery_key_reads_back_from_its_text() -> None:
    key = recovery_key.new_recovery_key()
    assert [len(group) for group in key.groups] == [5] * 7
    assert recovery_key.read_recovery_key(key.text) == key
    key.wipe()
    assert key.secret == bytes(16)


@given(st.binary(min_size=16, max_size=16))
def test_a_recovery_key_may_be_typed_carelessly(secret: bytes) -> None:
    key = recovery_key.RecoveryKey(bytearray(secret))
    bangla = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
    misread = str.maketrans("01", "oL")
    for typed in (
        key.text.lower(),
        key.text.replace("-", ""),
        key.text.replace("-", " – "),
        f"\n {key.text}\t",
        key.text.translate(bangla),
        key.text.translate(misread),
    ):
        assert recovery_key.read_recovery_key(typed) == key


@given(st.binary(min_size=16, max_size=16), st.integers(0, 34), st.sampled_from(recovery_key._ALPHABET), st.booleans())
def test_a_wrong_letter_is_located(secret: bytes, place: int, letter: str, dashes: bool) -> None:
    text = recovery_key.RecoveryKey(bytearray(secret)).text.replace("-", "")
    wrong = text[:place] + letter + text[place + 1 :]
    typed = "-".join(wrong[start : start + 5] for start in range(0, 35, 5)) if dashes else wrong
    if wrong == text:
        assert recovery_key.read_recovery_key(typed).secret == secret
        return
    with pytest.raises(recovery_key.RecoveryGroupWrong) as refused:
        recovery_key.read_recovery_key(typed)
    assert refused.value.group == place // 5 + 1


def test_swapped_letters_and_groups_are_located() -> None:
    key = recovery_key.RecoveryKey(bytearray(range(7, 23)))
    for group, text in enumerate(key.groups):
        for place in range(4):
            if text[place] == text[place + 1]:
                continue
            wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            with pytest.raises(recovery_key.RecoveryGroupWrong) as refused:
                recovery_key.read_recovery_key("-".join((*key.groups[:group], wrong, *key.groups[group + 1 :])))
            assert refused.value.group == group + 1
    for one, other in combinations(range(7), 2):
        groups = list(key.groups)
        groups[one], groups[other] = groups[other], groups[one]
        with pytest.raises(recovery_key.RecoveryGroupWrong) as refused:
            recovery_key.read_recovery_key("-".join(groups))
        assert refused.value.group == one + 1


def test_a_missing_letter_is_located_and_a_missing_group_is_said() -> None:
    key = recovery_key.new_recovery_key()
    groups = list(key.groups)
    with pytest.raises(recovery_key.RecoveryGroupWrong) as refused:
        recovery_key.read_recovery_key("-".join((*groups[:2], groups[2][:4], *groups[3:])))
    assert refused.value.group == 3
    for typed in ("", "-".join(groups[:6]), key.text[:-2].replace("-", "")[:32], f"{key.text}-{groups[0]}"):
        with pytest.raises((recovery_key.RecoveryKeyLength, recovery_key.RecoveryGroupWrong)):
            recovery_key.read_recovery_key(typed)
    with pytest.raises(recovery_key.RecoveryKeyLength):
        recovery_key.read_recovery_key("-".join(groups[:6]))


def test_a_group_typed_back_is_recognised() -> None:
    key = recovery_key.new_recovery_key()
    assert key.group_is(3, f" {key.groups[2].lower()} ")
    assert not key.group_is(4, key.groups[2])
