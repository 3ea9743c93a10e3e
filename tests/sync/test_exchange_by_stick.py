"""Two and three desks by their command lines, exchanging by a folder that stands for a stick."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from casedesk.desk import Desk
from casedesk.models import Case, CodedRow, Person
from casedesk.services.consents import RecordConsent, record_consent, withdraw
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.sync.batch import Kind, Refused, open_batch
from casedesk.sync.files import on_a_stick
from tests.conftest import NOW, PASSPHRASE
from tests.support.command_line import casedesk, process_of
from tests.support.people import a_returnee
from tests.sync.office import ROOT_WORDS, new_desk, standing_of


class Computers:
    """Some vaults and one stick; what is said opens the vault and closes it again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.speak = folder, casedesk
        self.stick = folder / "stick"
        self.stick.mkdir()

    def add(self, name: str, centre: str = "DHK") -> None:
        new_desk(self.folder / name, name, centre).store.vault.close()

    def say(self, name: str, *words: str | Path, typed: str = "", wrong: bool = False) -> str:
        store = ("--store", self.folder / name, "--user", "farzana")
        done = self.speak(*words, *store, typed=f"{PASSPHRASE}\n{typed}\n")
        assert (done.returncode != 0) == wrong, done.stdout + done.stderr
        return done.stdout + done.stderr

    def out(self, name: str) -> str:
        return self.say(name, "batch", "out", "--stick", self.stick)

    def take(self, name: str) -> str:
        return self.say(name, "batch", "in", "--stick", self.stick)

    def work(self, name: str, do: Callable[[Desk], object]) -> object:
        desk = sign_in(self.folder / name, "farzana", PASSPHRASE, lambda: NOW)
        try:
            return do(desk)
        finally:
            desk.store.vault.close()

    def join(self, first: str, new: str, centre: str, *more: str) -> None:
        invitation = self.folder / f"{new}.invitation"
        self.say(first, "roster", "invite", "--centre", centre, "--out", invitation, *more)
        asked = self.say(new, "join", "ask", "--from", invitation, "--stick", self.stick)
        words = asked.splitlines()[1].strip()
        assert len(words.split()) == 6
        assert "asks to join" in self.take(first)
        assert words in self.say(first, "join", "look")
        assert "No request" in self.say(first, "join", "let-in", "--words", "one two three four five six", wrong=True)
        assert "belongs" in self.say(first, "join", "let-in", "--words", words)
        if not more:
            self.say(first, "join", "admit", "--computer", f"{centre}/{new}")
        self.out(first)
        self.take(new)


@pytest.fixture
def computers(tmp_path: Path) -> Computers:
    made = Computers(tmp_path)
    made.add("K3")
    made.say("K3", "roster", "begin", "--out", tmp_path / "root.age", typed=ROOT_WORDS)
    return made


def names(desk: Desk) -> set[str]:
    with desk.read() as session:
        return {name or "" for name in session.scalars(select(Person.name_en))}


def test_two_laptops_of_a_centre_share_one_caseload(computers: Computers) -> None:
    computers.work("K3", lambda desk: register_case(desk, a_returnee(person__name_en="Sentinel One")))
    computers.add("K4")
    computers.join("K3", "K4", "DHK")
    computers.work(
        "K4",
        lambda desk: register_case(desk, a_returnee(person__name_en="Sentinel Two", person__phone_1="+8801711000999")),
    )
    assert "The stick can be removed." in computers.out("K4")
    computers.take("K3")
    computers.out("K3")
    computers.take("K4")
    both = {"Sentinel One", "Sentinel Two"}
    assert computers.work("K3", names) == computers.work("K4", names) == both
    computers.speak = process_of  # nothing in memory is shared either
    computers.out("K4")
    computers.take("K3")
    computers.speak = casedesk
    listed = computers.say("K3", "batch", "list")
    assert re.search(r"chain +for DHK: covered", listed), listed
    for name in ("K3", "K4"):
        assert "Everything agrees." in computers.say(name, "check")
    assert "Taken in: 0 files." in computers.take("K4"), "taking in again changes nothing"
    words = computers.say("K4", "join", "new-key", "--stick", computers.stick).splitlines()[1].strip()
    computers.take("K3")
    assert f"asks for a new key): {words}" in computers.say("K3", "join", "look")
    assert "its new key" in computers.say("K3", "join", "let-in", "--words", words)


def test_the_central_office_sees_what_each_consent_allows_and_nothing_else(computers: Computers) -> None:
    def people(desk: Desk) -> None:
        for word, consents in (
            ("Sentinelnamed", {"sync_central_identified": "given"}),
            ("Sentinelcoded", {"sync_central_coded": "given"}),
            ("Sentinelcounted", {"statistics": "given"}),
            ("Sentinelnone", {"sync_central_identified": "refused"}),
        ):
            case_id = register_case(
                desk, a_returnee(person__name_en=word, person__phone_1=None, person__village_or_street=word)
            )
            record_consent(desk, case_id, RecordConsent(consents, method="verbal"))

    computers.add("Q1", "HQX")
    computers.join("K3", "Q1", "HQX", "--central")
    computers.work("K3", people)
    shown = computers.say("K3", "batch", "preview", "--for", "central")
    assert "held back" in shown
    assert "Restricted details never leave the centre." in shown
    computers.out("K3")

    def plain(desk: Desk) -> bytes:
        reader = standing_of(desk).reader
        stick = on_a_stick(computers.stick)
        found = b""
        for name in stick.names():
            sealed = stick.read(name)
            assert b"Sentinel" not in sealed
            with contextlib.suppress(Refused):  # what is not for central
                batch = open_batch(sealed, reader)
                found += batch.body if batch.header.kind is not Kind.ROSTER else b""
        return found

    body = computers.work("Q1", plain)
    assert isinstance(body, bytes)
    assert b"Sentinelnamed" in body
    for hidden in (b"Sentinelcoded", b"Sentinelcounted", b"Sentinelnone"):
        assert hidden not in body
    computers.take("Q1")

    def held(desk: Desk) -> tuple[int, int, set[str]]:
        with desk.read() as session:
            cases = session.scalar(select(func.count()).select_from(Case)) or 0
            coded = session.scalar(select(func.count()).select_from(CodedRow)) or 0
        return cases, coded, names(desk)

    assert computers.work("Q1", held) == (1, 1, {"Sentinelnamed"})
    assert "Everything agrees." in computers.say("Q1", "check")

    def take_back(desk: Desk) -> None:
        with desk.read() as session:
            case_id = session.scalars(
                select(Case.id).join(Person, Person.id == Case.person_id).where(Person.name_en == "Sentinelnamed")
            ).one()
        withdraw(desk, case_id, "sync_central_identified")

    computers.work("K3", take_back)
    computers.out("K3")
    computers.take("Q1")
    assert "Sentinelnamed" not in computers.work("Q1", names), "the order is obeyed"  # type: ignore[operator]  # a set
    assert b"Sentinelnamed" not in (computers.folder / "Q1" / "vault.db").read_bytes()


def test_bad_words_get_clear_sentences(computers: Computers, tmp_path: Path) -> None:
    computers.add("K9")
    for words, told in (
        (("batch", "out", "--stick", computers.stick), "does not belong to an organisation"),
        (("batch", "out", "--stick", tmp_path / "nowhere"), "There is no folder"),
        (("batch", "in", "--stick", tmp_path / "nowhere"), "There is no folder"),
        (("join", "ask"), "Say --from."),
        (("join", "new-key"), "does not belong to an organisation"),
        (("join", "ask", "--from", tmp_path / "nowhere"), "cannot be read"),
        (("join", "ask", "--from", tmp_path / "K9" / "vault.db"), "no invitation"),
        (("roster", "list"), "does not belong to an organisation"),
        (("roster", "invite", "--centre", "DHAKA", "--out", tmp_path / "x"), "three letters"),
        (("roster", "end", "--computer", "DHK/K3"), "does not belong to an organisation"),
    ):
        said = computers.say("K9", *words, wrong=True)
        assert told in said
        assert len(said.splitlines()) <= 3
    shutil.rmtree(computers.stick)
    computers.stick.mkdir()
    (computers.stick / "CASEDESK").mkdir()
    (computers.stick / "CASEDESK" / ("0" * 32 + ".cdb")).write_bytes(b"rubbish")
    assert "Taken in: 0 files." in computers.take("K3")
