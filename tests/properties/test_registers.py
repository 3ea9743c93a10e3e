"""The causal rule: what is current equals its definition, for every history and whatever has arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random

import pytest

from casedesk.fields import Field, Unsettled
from casedesk.models import Case, ConsentLine, Person, SafetyFlag, fields_of, recorded_models, registers_of
from casedesk.storage.operations import Value
from casedesk.storage.registers import Place, current, in_causal_order, shown_value

Marks = dict[int, list[tuple[int, int, int]]]  # chain → (its place, peer, up to where)


def place(chain: int, seq: int, wall: int = 0) -> Place:
    return Place(chain, bytes([chain]) * 16, seq, chain * 1000 + seq, wall)


def told_by(marks: Marks) -> Callable[[Place, Place], bool]:
    """What SYNC 8 says, word for word."""

    def knows(x: Place, w: Place) -> bool:
        if x.chain_ix == w.chain_ix:
            return w.seq < x.seq
        return any(at < x.seq and peer == w.chain_ix and held >= w.seq for at, peer, held in marks[x.chain_ix])

    return knows


def history(random: Random, through_a_hub: bool) -> tuple[Marks, dict[int, list[Place]]]:
    """Desks that write registers and take in the beginning of each other's chains."""
    desks = random.randint(2, 5)
    ends = dict.fromkeys(range(desks), 0)
    hub = dict.fromkeys(range(desks), 0)
    held: dict[int, dict[int, int]] = {desk: defaultdict(int) for desk in range(desks)}
    marks: Marks = defaultdict(list)
    writes: dict[int, list[Place]] = defaultdict(list)
    registers = random.randint(1, 4)
    for _step in range(random.randint(5, 90)):
        desk = random.randrange(desks)
        if random.random() < 0.55:
            ends[desk] += 1
            writes[random.randrange(registers)].append(place(desk, ends[desk], random.randrange(100)))
            hub[desk] = random.randint(hub[desk], ends[desk])
            continue
        peer = random.randrange(desks)
        up_to = random.randint(0, (hub if through_a_hub else ends)[peer])
        if peer != desk and up_to > held[desk][peer]:
            held[desk][peer] = up_to
            ends[desk] += 1
            marks[desk].append((ends[desk], peer, up_to))
    return marks, writes


@pytest.mark.parametrize("through_a_hub", [True, False])
def test_current_are_the_writes_that_no_other_knows(rounds: int, through_a_hub: bool) -> None:
    clashes = 0
    for seed in range(rounds * 50):
        random = Random(seed)  # noqa: S311 - a history that can be had again
        marks, writes = history(random, through_a_hub)
        knows = told_by(marks)
        for all_of_it in writes.values():
            some = [write for write in all_of_it if random.random() < 0.8]
            for arrived in (all_of_it, some):
                random.shuffle(arrived)
                defined = {w for w in arrived if not any(x != w and knows(x, w) for x in arrived)}
                found = current(arrived, knows)
                assert set(found) == defined, f"seed {seed}"
                clashes += len(found) > 1
    assert clashes > rounds


def test_a_causal_order_never_puts_what_knows_before_what_is_known(rounds: int) -> None:
    for seed in range(rounds * 5):
        random = Random(seed)  # noqa: S311 - a history that can be had again
        marks, writes = history(random, through_a_hub=False)
        knows = told_by(marks)
        for events in writes.values():
            ordered = in_causal_order(events, lambda event: event, knows)
            assert sorted(ordered, key=lambda e: e.operation) == sorted(events, key=lambda e: e.operation)
            assert not any(knows(ordered[i], later) for i in range(len(ordered)) for later in ordered[i + 1 :])
            random.shuffle(events)
            assert in_causal_order(events, lambda event: event, knows) == ordered, f"seed {seed}"


def chosen(fields: dict[str, Field], *values: dict[str, Value]) -> dict[str, Value]:
    contenders = [(place(number, 1, 100 - number), said) for number, said in enumerate(values)]
    forth, back = shown_value(fields, contenders)[1], shown_value(fields, contenders[::-1])[1]
    assert forth == back
    return dict(forth)


def of_register(model: type, register: str) -> dict[str, Field]:
    return {name: fields_of(model)[name] for name in registers_of(model)[register]}


def test_while_unsettled_the_most_cautious_code_is_shown() -> None:
    priority = of_register(Case, "priority")
    assert chosen(priority, {"priority": "low"}, {"priority": "urgent"}, {"priority": "high"})["priority"] == "urgent"
    contact = of_register(Person, "contact")
    safe: list[dict[str, Value]] = [
        {"safe_contact_rule": ["any_time"], "phone_1": "+8801711000001"},
        {"safe_contact_rule": ["daytime_only", "no_messages"], "phone_1": "+8801711000002"},
        {"safe_contact_rule": ["evening_only"], "phone_1": "+8801711000003"},
    ]
    assert chosen(contact, *safe) == safe[1]
    flag = of_register(SafetyFlag, "flag")
    assert chosen(flag, {"flag": "no_food"}, {"flag": "suicide_risk"}) == {"flag": "suicide_risk"}


def test_while_unsettled_a_case_stays_confidential_and_a_consent_refused_and_a_record_is_not_removed() -> None:
    assert chosen(
        of_register(Case, "confidential_case"), {"confidential_case": False}, {"confidential_case": True}
    ) == {"confidential_case": True}
    answer = of_register(ConsentLine, "answer")
    assert chosen(answer, {"answer": "given"}, {"answer": "withdrawn"}) == {"answer": "withdrawn"}
    assert chosen(answer, {"answer": "refused"}, {"answer": "given"}) == {"answer": "refused"}
    assert chosen(of_register(Case, "removed_at"), {"removed_at": 17}, {"removed_at": None}) == {"removed_at": None}


def test_everything_else_shows_what_was_written_last_by_its_authors_clock() -> None:
    team = of_register(Case, "team")
    assert chosen(team, {"team": "blue"}, {"team": "green"}) == {"team": "blue"}


def test_no_register_has_the_name_of_a_field_outside_it_and_cautious_ones_can_be_compared() -> None:
    for model in recorded_models().values():
        fields = fields_of(model)
        for register, names in registers_of(model).items():
            assert register not in fields or register in names
        for declared in fields.values():
            if declared.unsettled is Unsettled.CAUTIOUS and declared.code_list is not None:
                from casedesk import codelists

                assert all(row.extra["caution"].isdigit() for row in codelists.get(declared.code_list))
