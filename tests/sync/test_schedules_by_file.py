"""Four joined computers and their files, whatever happens to both: the same is known to all who may know it, and
nobody has a name that was not agreed to (SYNC 14, 15).

What `test_schedules` does with pieces of chains is done here with all that stands around them: seals, outbox, sticks,
inbox, receipts, orders, rows without names, the list of computers and the central office. `--seed 17` goes through one
history again; only its seals are new each time.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import InvalidInput
from casedesk.lifecycles import steps_from
from casedesk.models import BatchIn, Case, CaseNote, Chain, CodedRow, Membership, Person
from casedesk.services import lifecycle
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, holds, newest_lines
from casedesk.services.entitled import alarms
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.office import check_store
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.sign_in import sign_in
from casedesk.storage.installation import FILE
from casedesk.sync import computers, invitations, joining
from casedesk.sync.arrivals import Taken, take_inbox
from casedesk.sync.batch import Kind
from casedesk.sync.carrying import State
from casedesk.sync.coded import row_of
from casedesk.sync.files import INBOX, OUTBOX, Fate, inbox, on_a_stick, outbox
from casedesk.sync.membership import NotJoined
from casedesk.sync.outbox import FOR_A_STICK, audiences, make_files, uncovered
from casedesk.sync.relay.admission import box_of
from casedesk.sync.stick import take_stick, write_stick
from casedesk.sync.visit import mark, to_send
from casedesk.sync.withdrawing import record_consent, withdraw
from casedesk.values import PartialDay
from tests.conftest import NOW, PASSPHRASE
from tests.faults.test_taking_in import Died, DyingAt
from tests.support.exchange import clashes, records, words_in
from tests.support.people import a_returnee
from tests.sync.office import as_role, first_desk, hand_rosters, join, key_of, new_desk
from tests.sync.test_gone_wrong import of_cases
from tests.sync.test_late import lists, refused

STEPS = 40
CENTRES = {"K3": "DHK", "K4": "DHK", "K5": "DHK", "S1": "SYL", "Q1": "HQX"}
OFFICES = (("K3", "K4", "K5", "Q1"), ("K3", "K4", "S1", "Q1"))  # three laptops of one centre; two centres
LATE = 2  # this one of them joins on the way
BY_NAME, WITHOUT = "sync_central_identified", "sync_central_coded"
PRIORITIES = ("low", "medium", "high", "urgent")
BY_FILE = (Kind.ROSTER, Kind.SHOW, Kind.CODED)
A_SMALL_FILE = 2000
END = NOW + timedelta(days=3)


@dataclass
class Computer:
    """One of the four: its folder, who sits at it, and what its clock says."""

    name: str
    folder: Path
    wall: datetime = NOW
    belongs: bool = True
    copies: list[Path] = field(default_factory=list)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    @property
    def centre(self) -> str:
        return CENTRES[self.name]

    @property
    def is_central(self) -> bool:
        return self.name == "Q1"

    def start(self) -> None:
        desk = sign_in(self.folder, "farzana", PASSPHRASE, lambda: self.wall)
        self.desk = as_role(desk, "administrator", "supervisor", "coordinator", "caseworker")

    def stop(self) -> None:
        self.desk.store.vault.close()


class Relay:
    """A box for each computer. What was fetched is gone, and nothing is brought there twice without a reason."""

    def __init__(self) -> None:
        self.boxes: dict[str, list[bytes]] = {}

    def visit(self, at: Computer) -> bool:
        """Bring and fetch as `casedesk.sync.visit` does; whether anything moved."""
        make_all(at.desk)
        sent = self._send(at)
        fetched = self.boxes.pop(box_of(key_of(at.desk)), [])
        if fetched:
            give(at.desk, *fetched)
            make_all(at.desk)
        return self._send(at) or sent or bool(fetched)

    def _send(self, at: Computer) -> bool:
        names = to_send(at.desk)
        for name, _size, boxes in names:
            for box in boxes:
                self.boxes.setdefault(box, []).append(outbox(at.folder).read(name))
            mark(at.desk, name, State.SENT)
        return bool(names)


def is_member(desk: Desk) -> bool:
    with desk.read() as session:
        member = session.get(Membership, 1)
        return member is not None and member.joined_at is not None


def make_all(desk: Desk, largest: int = FOR_A_STICK) -> None:
    with contextlib.suppress(NotJoined):
        for audience in audiences(desk):
            make_files(desk, audience, largest)


class History:
    """One history of an organisation."""

    def __init__(self, all_four: Sequence[Computer], folder: Path, seed: int) -> None:
        self.computers, self.folder = all_four, folder
        self.random = Random(seed)  # noqa: S311 - a history that can be had again
        self.sticks = [self._new_stick() for _stick in range(2)]
        self.relay = Relay()
        self.post: list[bytes] = []  # files on their way one by one, in any order and as often as anybody likes
        self.names: dict[UUID, str] = {}
        self.notes: dict[str, set[str]] = {"DHK": set(), "SYL": set()}
        self.agreed: set[UUID] = set()
        self.refused_for_good: set[UUID] = set()

    def run(self) -> None:
        often: list[tuple[int, Callable[[Computer], None]]] = [
            (4, self.register), (5, self.edit), (4, self.agree), (3, self.take_back), (7, self.write), (8, self.read),
            (4, self.send), (5, self.receive), (5, self.visit), (1, self.lose), (1, self.delay), (1, self.damage),
            (1, self.spoil), (2, self.clock), (1, self.die_writing), (1, self.die_reading), (2, self.keep_copy),
            (1, self.restore), (1, self.clone), (3, self.let_in),
        ]  # fmt: skip
        weights, steps = zip(*often, strict=True)
        for _step in range(STEPS):
            (step,) = self.random.choices(steps, weights)
            step(self.random.choice(self.computers))
        self.let_in()

    # What people do

    def register(self, at: Computer) -> None:
        if at.is_central:
            return
        name = f"Sentinel{len(self.names):03}"
        today = at.desk.today()
        dates = {
            "migration_episode.departed_on": PartialDay(today - timedelta(days=700)),
            "migration_episode.returned_on": PartialDay(today - timedelta(days=40)),
            "case.next_contact_on": today + timedelta(days=8),
        }
        words = {"person.name_en": name, "person.village_or_street": f"{name} road"}
        answers = a_returnee(person__name_bn=None, person__phone_1=None) | words | dates
        self.names[register_case(at.desk, answers)] = name

    def edit(self, at: Computer) -> None:
        if (case_id := self._a_case(at)) is None:
            return
        match self.random.randrange(5):
            case 0 | 1:
                text = f"note {sum(map(len, self.notes.values()))}"
                add_note(at.desk, case_id, "general", text)
                self.notes[at.centre].add(text)
            case 2:
                before = case_facts(at.desk, case_id).answers["case.priority"]
                edit_case(at.desk, case_id, {"case.priority": (before, self.random.choice(PRIORITIES))})
            case 3:
                make_referral(at.desk, MakeReferral(case_id, "family_counselling", as_draft=True))
            case 4:
                self._take_a_step(at, case_id)

    def _take_a_step(self, at: Computer, case_id: UUID) -> None:
        with at.desk.write("test.step", about=case_id) as session:
            if steps := steps_from("case", lifecycle.status_of(session, case_id)):
                lifecycle.take(session, at.desk, session.get_one(Case, case_id), self.random.choice(steps).to)

    def agree(self, at: Computer) -> None:
        if (case_id := self._a_case(at)) is None or case_id in self.refused_for_good:
            return
        scope = self.random.choice((BY_NAME, BY_NAME, WITHOUT, "statistics"))
        with contextlib.suppress(InvalidInput):  # a child, by a clock that stands before she grew up
            record_consent(at.desk, case_id, RecordConsent({scope: "given"}, method="verbal"))
            self.agreed |= {case_id} if scope == BY_NAME else set()

    def take_back(self, at: Computer) -> None:
        """Half of those who take it back never agree again, so that what must hold of them needs no second opinion."""
        with at.desk.read() as session:
            given = newest_lines(session, list(self.names), [BY_NAME])
        if cases := sorted(case for case, by in given.items() if by[BY_NAME].answer == "given"):
            case_id = self.random.choice(cases)
            if at.is_central:
                return
            withdraw(at.desk, case_id, BY_NAME)
            if self.random.random() < 0.5:
                self.refused_for_good.add(case_id)

    def _a_case(self, at: Computer) -> UUID | None:
        if at.is_central:
            return None
        with at.desk.read() as session:
            cases = session.scalars(select(Case.id).order_by(Case.case_number, Case.id)).all()
        return self.random.choice(cases) if cases else None

    # What happens to files

    def make(self, at: Computer) -> None:
        make_all(at.desk, self.random.choice((A_SMALL_FILE, FOR_A_STICK)))

    def write(self, at: Computer) -> None:
        self.make(at)
        write_stick(at.desk, self.random.choice(self.sticks))

    def read(self, at: Computer) -> None:
        take_stick(at.desk, self.random.choice(self.sticks))

    def send(self, at: Computer) -> None:
        self.make(at)
        self.post += waiting(at.desk)

    def visit(self, at: Computer) -> None:
        self.relay.visit(at)

    def receive(self, at: Computer) -> None:
        """A few of them, some twice, in any order."""
        recent = self.post[-30:]
        give(at.desk, *self.random.choices(recent, k=min(len(recent), 6)))

    def lose(self, _at: Computer) -> None:
        if self.random.random() < 0.5:
            self.sticks[self.random.randrange(2)] = self._new_stick()
        else:
            self.random.shuffle(self.post)
            del self.post[len(self.post) // 2 :]

    def delay(self, _at: Computer) -> None:
        """What a stick had is found again later."""
        stick = on_a_stick(self.random.choice(self.sticks))
        self.post[:0] = [sealed for name in stick.names() if (sealed := stick.read(name))]

    def damage(self, _at: Computer) -> None:
        """Some files come cut, changed or joined, on a stick and otherwise."""
        stick = on_a_stick(self.random.choice(self.sticks))
        for name in stick.names():
            if self.random.random() < 0.5:
                (stick.path / name).write_bytes(self._damaged(stick.read(name)))
        self.post += [damaged for each in self.post[-5:] if (damaged := self._damaged(each))]

    def _damaged(self, sealed: bytes) -> bytes:
        place = self.random.randrange(len(sealed) + 1)
        return self.random.choice(
            (sealed[:place], sealed[:place] + self.random.randbytes(3) + sealed[place:], sealed + sealed)
        )

    def spoil(self, at: Computer) -> None:
        """A disk loses part of what came, before it was looked at."""
        if not self.post:
            return
        folder, sealed = inbox(at.desk.store.vault.folder), self.random.choice(self.post[-12:])
        (folder.path / folder.put(sealed)).write_bytes(self._damaged(sealed))
        take_inbox(at.desk)

    def _new_stick(self) -> Path:
        stick = self.folder / f"stick{self.random.getrandbits(32)}"
        stick.mkdir()
        return stick

    # What happens to computers

    def let_in(self, _at: object = None) -> None:
        """The late one joins. Of the list that names it the others hear by a file, before or after its own files."""
        first, late = self.computers[0], self.computers[LATE]
        if late.belongs:
            return
        walls, first.wall, late.wall = (first.wall, late.wall), NOW, NOW  # an invitation is for two weeks
        asked = joining.ask_to_join(late.desk, invitations.invite(first.desk, late.centre))
        give(first.desk, outbox(late.folder).read(asked.file))
        (request,) = joining.requests(first.desk, inbox(first.folder))
        joining.let_in(first.desk, request)
        if late.centre == first.centre:
            computers.admit_to_centre(first.desk, key_of(late.desk))
        late.belongs = True
        first.wall, late.wall = walls
        first.copies.clear()  # who signs the list is not put back to where it would sign another in its place

    def clock(self, at: Computer) -> None:
        begin = self.random.choice((datetime(1970, 1, 2, tzinfo=UTC), datetime(2009, 1, 4, tzinfo=UTC), NOW))
        at.wall = begin + timedelta(days=self.random.randrange(20_000))

    def die_writing(self, at: Computer) -> None:
        self._die(at, partial(self.write, at))

    def die_reading(self, at: Computer) -> None:
        for sealed in self.post[-12:]:
            inbox(at.desk.store.vault.folder).put(sealed)
        self._die(at, lambda: take_inbox(at.desk))

    def _die(self, at: Computer, work: Callable[[], object]) -> None:
        """The process ends in the middle of it, and a new one begins."""
        with DyingAt(at.desk.store.vault.writer, self.random.randrange(120)), contextlib.suppress(Died):
            work()
        at.stop()
        at.start()

    def keep_copy(self, at: Computer) -> None:
        """Its whole folder, or its vault alone; of one that is still to join it would be a stranger's."""
        if not is_member(at.desk):
            return
        to = self.folder / f"{at.name} {self.random.getrandbits(32)}"
        ignored = self.random.choice(((), (OUTBOX, INBOX)))
        shutil.copytree(at.folder, to, ignore=lambda _folder, _names: ignored)
        at.copies.append(to)

    def restore(self, at: Computer) -> None:
        """A backup takes its place, which shows: it goes on in a new chain."""
        self._put_back(at, shows=True)

    def clone(self, at: Computer) -> None:
        """An old copy of the disk takes its place without a word."""
        self._put_back(at, shows=False)

    def _put_back(self, at: Computer, *, shows: bool) -> None:
        colleagues = [each for each in self.computers if each.centre == at.centre]
        if not at.copies or (len(colleagues) == 1 and not at.is_central):
            return
        settle(colleagues, self.relay)  # what nobody else has would be lost with any disk
        at.stop()
        at.folder = at.copies.pop(self.random.randrange(len(at.copies)))
        if shows:
            (at.folder / FILE).unlink(missing_ok=True)
        at.start()


def waiting(desk: Desk) -> list[bytes]:
    folder = outbox(desk.store.vault.folder)
    with desk.read() as session:
        return [sealed for row in uncovered(session) if (sealed := folder.read(row.name))]


def give(desk: Desk, *sealed: bytes) -> list[Taken]:
    for each in sealed:
        inbox(desk.store.vault.folder).put(each)
    return take_inbox(desk)


def settle(some: Sequence[Computer], relay: Relay) -> None:
    """Everybody visits the relay, until nothing moves."""
    for each in some:
        take_inbox(each.desk)
    for _round in range(30):
        moved = [relay.visit(each) for each in some]
        if not any(moved):
            return
    raise AssertionError("it does not come to rest")


# What must hold


def same_at_colleagues(history: History, written: Collection[tuple[str, bytes]]) -> None:
    """`written` has what was written before the last files were made: only that was in them."""

    def of(desk: Desk) -> dict[tuple[str, bytes], dict[str, object]]:
        return {key: said for key, said in of_cases(desk).items() if key[0] != "disclosure" or key in written}

    for centre, notes in history.notes.items():
        desks = [each.desk for each in history.computers if each.centre == centre]
        for desk in desks:
            assert of(desk) == of(desks[0])
            assert clashes(desk) == clashes(desks[0])
            assert lists(desk) == lists(desks[0])
            judged_by_both = chains_of_others(desk) & chains_of_others(desks[0])
            differing = refused_of_cases(desk) ^ refused_of_cases(desks[0])
            assert {each for each in differing if each[0] in judged_by_both} == set()
            with desk.read() as session:
                assert set(session.scalars(select(CaseNote.text))) == notes, "nothing that was saved is lost"


def chains_of_others(desk: Desk) -> set[bytes]:
    """Nobody judges what they wrote themselves."""
    with desk.read() as session:
        return set(session.scalars(select(Chain.id).where(Chain.desk != key_of(desk))))


def refused_of_cases(desk: Desk) -> set[tuple[bytes, int, str, bytes, str]]:
    """What waits without effect, without what each computer set up for itself."""
    return {each for each in refused(desk) if each[2] not in ("centre", "user", "device")}


def central_has_what_was_agreed(history: History) -> None:
    (central,) = [each for each in history.computers if each.is_central]
    named, coded, theirs = set[UUID](), set[bytes](), dict[tuple[str, bytes], dict[str, object]]()
    for centre in history.notes:
        for each in [each for each in history.computers if each.centre == centre][:1]:
            theirs |= records(each.desk)
            with each.desk.read() as session:
                lines = newest_lines(session, list(history.names), [BY_NAME, WITHOUT])
            for case, by in lines.items():
                if holds(by.get(BY_NAME), END.date()):
                    named.add(case)
                elif holds(by.get(WITHOUT), END.date()):
                    coded.add(row_of(case))
    assert not named - history.agreed
    assert not named & history.refused_for_good
    with central.desk.read() as session:
        people = set(session.scalars(select(Person.name_en).where(Person.name_en.is_not(None))))
        rows = {row.row for row in session.scalars(select(CodedRow)) if row.values}
    assert people == {history.names[case] for case in named}
    assert rows == coded
    for key, said in of_cases(central.desk).items():
        assert said.items() <= theirs.get(key, {}).items(), key
    hidden = {name.encode() for case, name in history.names.items() if case not in named}
    assert words_in(central.desk, hidden) == set()


def nothing_is_left(history: History) -> None:
    """A receipt that was thrown away while a clock ran ahead leaves a file that is told of by its name alone lying; who
    does not cover it has it."""
    applied: dict[str, set[str]] = {}
    for each in history.computers:
        with each.desk.read() as session:
            applied[key_of(each.desk).hex()] = set(
                session.scalars(select(BatchIn.name).where(BatchIn.state == Fate.APPLIED))
            )
    for each in history.computers:
        assert check_store(each.desk).wrong == []
        assert alarms(each.desk) == []
        assert inbox(each.folder).names() == []
        with each.desk.read() as session:
            left = [row for row in uncovered(session) if row.kind != Kind.RECEIPT]
            assert [row.kind for row in left if row.kind not in BY_FILE] == []
            assert all(row.name in applied[key] for row in left for key in {*row.sealed_to} - {*row.covered_by})


@pytest.fixture(scope="session")
def joined_offices(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Path]:
    """Where computers that belong together lie, to be copied; made when they are first asked for."""

    @cache
    def made(names: tuple[str, ...]) -> Path:
        folder = tmp_path_factory.mktemp("joined")
        first, *others = [
            first_desk(folder / name) if name == "K3" else new_desk(folder / name, name, CENTRES[name])
            for name in names
        ]
        early = [each for each, name in zip(others, names[1:], strict=True) if name != names[LATE]]
        for each in early:
            join(first, each, centre=each.centre, central=each.centre == "HQX")
        hand_rosters(first, early)
        for each in (first, *others):
            each.store.vault.close()
        return folder

    return made


@pytest.fixture
def history(
    joined_offices: Callable[[tuple[str, ...]], Path], seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[History]:
    names = OFFICES[seed % 2]
    folder = Path(shutil.copytree(joined_offices(names), tmp_path / "office"))
    ids = Random(f"ids {seed}")  # noqa: S311 - not the numbers of the history, or two records get one id
    monkeypatch.setattr("secrets.token_bytes", ids.randbytes)
    monkeypatch.setattr("casedesk.models.base.uuid4", lambda: UUID(int=ids.getrandbits(128)))
    all_four = [Computer(name, folder / name, belongs=name != names[LATE]) for name in names]
    yield History(all_four, tmp_path, seed)
    for each in all_four:
        each.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        only, rounds = (metafunc.config.getoption(name) for name in ("--seed", "--rounds"))
        metafunc.parametrize("seed", range(max(1, rounds // 2)) if only is None else [only])


def test_what_was_agreed_is_known_and_nothing_else_whatever_happens_to_files_and_computers(history: History) -> None:
    history.run()
    for each in history.computers:
        each.wall = END
    settle(history.computers, history.relay)
    written = {key for each in history.computers for key in records(each.desk)}
    for each in history.computers:  # what sync itself wrote down goes along with what is worth a file
        history.register(each)
    settle(history.computers, history.relay)
    same_at_colleagues(history, written)
    central_has_what_was_agreed(history)
    nothing_is_left(history)
