"""The answers of one conversation while it goes on, and what follows from each of them. Knows no widgets."""

from __future__ import annotations

from collections.abc import Mapping

from casedesk import formats
from casedesk.desk import Desk
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.services import intake_views, sections
from casedesk.services.answers import Answers, several
from casedesk.services.intake_views import Settings
from casedesk.ui.intake.asking import FLAGS, NO_FLAGS, counted, in_order, is_answered, part_of
from casedesk.ui.intake.keeping import Marks
from casedesk.ui.intake.rail import PartState

Found = dict[str, tuple[Problem, ...]]
CONFIRMED = "case.confirmed_warnings"
PROPOSED = ("case.priority", "case.next_contact_on")
NAMES = ("person.name_bn", "person.name_en", "person.nickname")
WITHOUT_PHONE = ["client_will_call"]


class Conversation:
    """Holds the answers; `say` takes one, and returns the keys of all that changed with it."""

    def __init__(self, desk: Desk, settings: Settings, answers: Answers, marks: Marks) -> None:
        self._desk = desk
        self.settings = settings
        self.answers = dict(answers)
        self.not_now = list(marks.not_now)
        self.not_same = list(marks.not_same)
        self.typed = dict(marks.typed)
        self.tried = False  # to register it: from then on what is missing needs another look, too
        self._kept = dict(marks.kept)
        self._proposed = intake_views.proposals(self.answers, settings, desk.today())

    @property
    def name(self) -> str:
        return next((str(self.answers[key]) for key in NAMES if key in self.answers), "")

    def say(self, key: str, value: object) -> set[str]:
        """Take an answer, None for none, and what follows from it."""
        changed = {key}
        self._set(key, value)
        if key in self.not_now and value is not None:
            self.not_now.remove(key)
        rule = self._kept.pop(key, None)
        if rule is not None:
            self._set(CONFIRMED, [each for each in several(self.answers, CONFIRMED) if each != rule] or None)
        if key == FLAGS and value and NO_FLAGS in self.answers:
            self._set(NO_FLAGS, None)
            changed.add(NO_FLAGS)
        if key == NO_FLAGS and value and FLAGS in self.answers:
            self._set(FLAGS, None)
            changed.add(FLAGS)
        return changed | self._propose(key)

    def _propose(self, key: str) -> set[str]:
        """Follow the flags with what is proposed, except where a person chose something else."""
        changed = set()
        for each in PROPOSED:
            now = intake_views.proposals(self.answers, self.settings, self._desk.today())[each]
            untouched = each != key and self.answers.get(each) in (None, self._proposed.get(each))
            if untouched and self._proposes() and self.answers.get(each) != now:
                self._set(each, now)
                changed.add(each)
            self._proposed[each] = now
        return changed

    def _proposes(self) -> bool:
        """Nothing is proposed before safety was asked."""
        return FLAGS in self.answers or NO_FLAGS in self.answers

    def _set(self, key: str, value: object) -> None:
        if value is None:
            self.answers.pop(key, None)
        else:
            self.answers[key] = value

    def put_off(self, key: str, on: bool) -> None:
        if on and key not in self.not_now:
            self.not_now.append(key)
        elif not on and key in self.not_now:
            self.not_now.remove(key)

    def keep(self, key: str, rule: str) -> None:
        """The person looked at a warning and keeps the answer."""
        self._kept[key] = rule
        self._set(CONFIRMED, sorted({*several(self.answers, CONFIRMED), rule}))

    def marks(self, part: str, kind: str) -> Marks:
        return Marks(part, kind, tuple(self.not_now), tuple(self.not_same), dict(self.typed), dict(self._kept))

    def problems(self, *, registering: bool = False) -> Found:
        """What needs another look, in the order of the parts."""
        found = intake_views.look_again(self._desk, self.answers, registering=registering or self.tried)
        for key, words in self.typed.items():
            text = _("“{words}” is not understood yet.").format(words=formats.quoted(words))
            found[key] = (Problem(text), *(each for each in found.get(key, ()) if each.rule))
        return {key: found[key] for key in in_order(found)}

    def states(self, problems: Mapping[str, tuple[Problem, ...]]) -> dict[str, PartState]:
        """How far each part is."""
        today = self._desk.today()
        states = {}
        for section in sections.PARTS:
            keys = counted(section, self.answers, today)
            answered = sum(is_answered(key, self.answers) for key in keys)
            wrong = sum(len(found) for key, found in problems.items() if part_of(key) == section.name)
            states[section.name] = PartState(answered, len(keys), wrong)
        return states

    def complete(self) -> dict[str, object]:
        """The answers as they are registered, with what the program fills in."""
        answers = dict(self.answers)
        if "person.phone_1" not in answers:
            answers.setdefault("person.safe_contact_rule", WITHOUT_PHONE)
        if self._proposes():
            for key, value in intake_views.proposals(answers, self.settings, self._desk.today()).items():
                answers.setdefault(key, value)
        return answers
