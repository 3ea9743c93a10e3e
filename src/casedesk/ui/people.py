"""In Settings: who can sign in, who came with another computer, who works where, and what an administrator decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, InvalidInput, Problem
from casedesk.i18n import _
from casedesk.services import office
from casedesk.services.permissions import may
from casedesk.services.users import UserRow, add_user, colleagues, end_user, let_work, set_roles
from casedesk.storage import keys
from casedesk.ui.form_sheet import declared
from casedesk.ui.kit.blocks import group, setting
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import row, widget
from casedesk.ui.kit.messages import ask, show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.ui.passphrases import NewPassphrase

if TYPE_CHECKING:  # the libraries of sync are loaded when needed
    from casedesk.sync.people import Workplace

Cost = Callable[[], keys.Cost]
Work = Callable[[Mapping[str, object], str], object]


@dataclass(frozen=True, slots=True)
class Where:
    """Where people work, where computers exchange: the computers of the centre, and what is said of each user."""

    computers: Mapping[UUID, Sequence[str]]
    places: Sequence[Workplace]

    @property
    def keeps_list(self) -> bool:
        """Whether the list of computers is signed here."""
        return any(each.keeps_list for each in self.places)

    def may_begin_here(self, user: UUID) -> bool:
        """Whether an administrator may give them a first passphrase at this computer."""
        return any(each.is_this and (each.keeps_list or user in each.people) for each in self.places)

    @property
    def others(self) -> list[Workplace]:
        """The other computers of the centre."""
        return [each for each in self.places if not each.is_this]


def read_where(desk: Desk) -> Where:
    if not office.exchanges(desk) or not may(desk, "sync.look"):
        return Where({}, ())
    from casedesk.sync.people import computers_of, places

    return Where(computers_of(desk), places(desk))


class People(QWidget):
    """The users in groups, each with what may be done. `again` shows the whole tab anew."""

    def __init__(self, here: Here, cost: Cost, again: Callable[[], object]) -> None:
        super().__init__()
        self._here, self._cost, self._again = here, cost, again
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        users, where = colleagues(here.desk), read_where(here.desk)
        waiting = [self._waiting(user, where) for user in users if user.waits]
        self.add_button = button(
            _("Add a user"), "default" if waiting else "primary", "add", size="s", clicked=self._add_user
        )
        working = [self._working(user, where) for user in users if user.active and user.signs_in_here]
        elsewhere = [self._elsewhere(user, where) for user in users if user.active and not user.signs_in_here]
        ended = [setting(user.name, _told(user, ()), None) for user in users if not user.active and not user.waits]
        for title, lines, action in (
            (_("Came with another computer"), waiting, None),
            (_("Who can sign in"), working, self.add_button),
            (_("At other computers"), elsewhere, None),
            (_("Who worked here"), ended, None),
        ):
            if lines:
                inside.addWidget(group(title, lines, action))

    # Lines

    def _waiting(self, user: UserRow, where: Where) -> QWidget:
        """Somebody whose laptop joined: until an administrator says so, nobody can give them a case."""
        told = _(
            "Works at {computers} already. Until you let {name} work here, nobody can hand over a case to {name} or "
            "name {name} on one."
        )
        let = button(_("Let work here"), "primary", size="s", clicked=partial(self.give_roles, user))
        let.setAccessibleName(_("Let {name} work here").format(name=user.name))
        computers = ", ".join(where.computers.get(user.id, ())) or _("another computer")
        words = told.format(computers=computers, name=user.name)
        return setting(user.name, words, widget(row(let, self._end_button(user))))

    def _working(self, user: UserRow, where: Where) -> QWidget:
        told = _told(user, where.computers.get(user.id, ()))
        if user.id == self._here.desk.actor.id:
            buttons = self._computers_button(user, where)
        else:
            buttons = [*self._computers_button(user, where), self._roles_button(user), self._end_button(user)]
        return setting(user.name, told, widget(row(*buttons)) if buttons else None)

    def _elsewhere(self, user: UserRow, where: Where) -> QWidget:
        """A colleague who has no passphrase at this computer."""
        told = _told(user, where.computers.get(user.id, ()), signs_in=False)
        buttons = [*self._computers_button(user, where), self._roles_button(user), self._end_button(user)]
        if where.may_begin_here(user.id):
            let = button(_("Let sign in here"), "soft", size="s", clicked=partial(self._sign_in, user))
            let.setAccessibleName(_("Let {name} sign in here").format(name=user.name))
            buttons.insert(0, let)
        else:
            hint = _(
                "Before you can give {name} a passphrase here, the list of computers says that {name} works here: "
                "at the computer where it is signed, under People."
            )
            told = f"{told}\n{hint.format(name=user.name)}"
        return setting(user.name, told, widget(row(*buttons)))

    def _roles_button(self, user: UserRow) -> QPushButton:
        change = button(_("Roles"), size="s", clicked=partial(self.give_roles, user))
        change.setAccessibleName(_("Roles of {name}").format(name=user.name))
        return change

    def _computers_button(self, user: UserRow, where: Where) -> list[QPushButton]:
        """Where the list is signed, if there is another computer."""
        if not where.keeps_list or not where.others:
            return []
        show = button(_("Computers"), size="s", clicked=partial(self._computers, user, where))
        show.setAccessibleName(_("Computers of {name}").format(name=user.name))
        return [show]

    def _end_button(self, user: UserRow) -> QPushButton:
        end = button(_("End access"), "danger", size="s", clicked=partial(self.ask_end, user))
        end.setAccessibleName(_("End the access of {name}").format(name=user.name))
        return end

    # What may be done

    def _add_user(self) -> None:
        UserSheet(
            self,
            self._here,
            (_("Add a user"), _("Add")),
            ("name", "sign_in_name", "roles"),
            self._added,
            self._again,
            passphrase=True,
        ).open()

    def _added(self, values: Mapping[str, object], passphrase: str) -> object:
        name, sign_in_name = str(values["user.name"]), str(values["user.sign_in_name"])
        add = partial(
            add_user,
            self._here.desk,
            name=name,
            sign_in_name=sign_in_name,
            roles=_roles_in(values),
            passphrase=passphrase,
            cost=self._cost(),
        )
        return _and_list(self._here.desk, add)

    def give_roles(self, user: UserRow) -> None:
        words = _("Roles of {name}").format(name=user.name), _("Keep roles")
        if user.waits:
            words = _("Let {name} work here").format(name=user.name), _("Let work here")
        filled = {"user.roles": list(user.roles)}
        UserSheet(self, self._here, words, ("roles",), partial(self._given, user), self._again, filled=filled).open()

    def _given(self, user: UserRow, values: Mapping[str, object], _passphrase: str) -> object:
        change = let_work if user.waits else partial(set_roles, seen=user.roles)
        return _and_list(self._here.desk, partial(change, self._here.desk, user.id, _roles_in(values)))

    def _sign_in(self, user: UserRow) -> None:
        words = _("Let {name} sign in here").format(name=user.name), _("Let sign in here")
        filled = {"user.sign_in_name": user.sign_in_name}
        fields, work = ("sign_in_name",), partial(self._signing_in, user)
        UserSheet(
            self, self._here, words, fields, work, self._again, filled=filled, passphrase=True, names=[user.name]
        ).open()

    def _signing_in(self, user: UserRow, values: Mapping[str, object], passphrase: str) -> None:
        from casedesk.sync.people import let_sign_in

        let_sign_in(self._here.desk, user.id, str(values["user.sign_in_name"]), passphrase, self._cost())

    def _computers(self, user: UserRow, where: Where) -> None:
        PlacesSheet(self, self._here, user, where, self._again).open()

    def ask_end(self, user: UserRow) -> None:
        ask(
            self,
            _("End the access of {name}?").format(name=user.name),
            _(
                "{name} can no longer sign in, here or at any computer of this centre that has heard of it. "
                "What {name} wrote stays."
            ).format(name=user.name),
            yes=_("End access"),
            done=partial(self._end, user.id),
            danger=True,
        )

    def _end(self, user: UUID) -> None:
        work = partial(_and_list, self._here.desk, partial(end_user, self._here.desk, user))
        self._here.jobs.write(self, work, lambda _nothing: self._again())


class UserSheet(Sheet):
    """Asks some answers about a user, where it is wanted also for a first passphrase, and does what was asked for."""

    def __init__(
        self,
        host: QWidget,
        here: Here,
        words: tuple[str, str],
        fields: Sequence[str],
        work: Work,
        done: Callable[[], object],
        *,
        filled: Mapping[str, object] | None = None,
        passphrase: bool = False,
        names: Sequence[str] = (),
    ) -> None:
        note = _("Who manages users or data does not also read cases.") if "roles" in fields else ""
        title, act = words
        super().__init__(host, title, note, width=680)
        self._here, self._work, self._done, self._names = here, work, done, names
        self.form = Form(declared("user", *fields), today=here.desk.today(), columns=2)
        self.form.fill(dict(filled or {}))
        self.body.addWidget(self.form)
        self.new = NewPassphrase(self._not_made_of)
        self.new.setVisible(passphrase)
        if passphrase:
            hint = _(
                "A first passphrase, to be told by word of mouth. "
                "Your colleague changes it at once under “Your passphrase”."
            )
            self.body.addWidget(PlainLabel(hint, "body", tone="text2", wrap=True))
        self.body.addWidget(self.new)
        self._passphrase = passphrase
        self.save = button(act, "primary", keys="Ctrl+Enter", clicked=self._save)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Cancel"), clicked=self.dismiss))
        self.foot.addWidget(self.save)

    def main_action(self) -> None:
        self._save()

    def _not_made_of(self) -> Sequence[str]:
        values = self.form.values()
        typed = [str(values.get(key) or "") for key in ("user.name", "user.sign_in_name")]
        return [*typed, *self._names, self._here.desk.centre]

    def _save(self) -> None:
        values = self.form.values()
        problems = _missing(values)
        self.form.show_problems(problems)
        if problems:
            self.form.go_to(next(iter(problems)))
            return
        if self._passphrase and self.new.problem():
            return
        self.busy(True)
        work = partial(self._work, values, self.new.text())
        self._here.jobs.write(self, work, self._saved, failed=self._refused)

    def _saved(self, _answer: object) -> None:
        self.dismiss()
        self._done()

    def _refused(self, error: Exception) -> None:
        self.busy(False)
        first = next(iter(self.form.values()))
        if isinstance(error, InvalidInput):
            self.form.show_problems(error.problems)
            self.new.problem()
        elif isinstance(error, keys.SignInNameTaken):
            self.form.show_problems({"user.sign_in_name": [Problem(error.message)]})
            self.form.go_to("user.sign_in_name")
        elif isinstance(error, CaseDeskError):
            self.form.show_problems({first: [Problem(f"{error.message} {error.hint}")]})
        else:
            show_error(self, error)


class PlacesSheet(Sheet):
    """Lets somebody work at one more computer of the centre, or at one no more, where the list of computers is
    signed."""

    def __init__(self, host: QWidget, here: Here, user: UserRow, where: Where, done: Callable[[], object]) -> None:
        note = _(
            "Once the next file has come there, an administrator gives {name} a first passphrase at that computer."
        )
        title = _("Where {name} works").format(name=user.name)
        may_begin = any(user.id not in each.people for each in where.others)
        super().__init__(host, title, note.format(name=user.name) if may_begin else "", width=560)
        self._here, self._user, self._done = here, user, done
        for place in where.places:
            works = user.id in place.people or (place.is_this and user.signs_in_here)
            change = None if place.is_this else self._take_away(place) if works else self._let_work(place)
            self.body.addWidget(setting(place.name, _("Works there") if works else "", change))
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Close"), clicked=self.dismiss))

    def _let_work(self, place: Workplace) -> QPushButton:
        let = button(_("Let work there"), size="s", clicked=partial(self._let, place))
        let.setAccessibleName(_("Let {name} work at {computer}").format(name=self._user.name, computer=place.name))
        return let

    def _take_away(self, place: Workplace) -> QPushButton:
        take = button(_("Take away"), "danger", size="s", clicked=partial(self._ask_take, place))
        take.setAccessibleName(_("Take {computer} away from {name}").format(name=self._user.name, computer=place.name))
        return take

    def _ask_take(self, place: Workplace) -> None:
        ask(
            self,
            _("Take {computer} away from {name}?").format(name=self._user.name, computer=place.name),
            _(
                "Once the list has come there, {name}’s passphrase opens {computer} no more, unless it is the only "
                "one that does, and no confidential case goes there for {name}. What is on it stays, and what {name} "
                "wrote there counts."
            ).format(name=self._user.name, computer=place.name),
            yes=_("Take it away"),
            done=partial(self._take, place),
            danger=True,
        )

    def _take(self, place: Workplace) -> None:
        from casedesk.sync.people import works_no_more_at

        self.busy(True)
        work = partial(works_no_more_at, self._here.desk, self._user.id, place.key)
        words = _("{name} is no longer on the list for {computer}. Send it with the page Sync.")
        self._here.jobs.write(self, work, partial(self._listed, words, place), failed=self._refused)

    def _let(self, place: Workplace) -> None:
        from casedesk.sync.people import also_works_at

        self.busy(True)
        work = partial(also_works_at, self._here.desk, self._user.id, place.key)
        words = _("{name} is on the list for {computer}. Send it with the page Sync.")
        self._here.jobs.write(self, work, partial(self._listed, words, place), failed=self._refused)

    def _listed(self, words: str, place: Workplace, _nothing: object) -> None:
        self.dismiss()
        self._here.say(words.format(name=self._user.name, computer=place.name))
        self._done()

    def _refused(self, error: Exception) -> None:
        self.busy(False)
        show_error(self, error)


def _told(user: UserRow, computers: Sequence[str], *, signs_in: bool = True) -> str:
    """How somebody signs in, what they do, and where."""
    roles = codelists.get("user_role")
    parts = [_("Signs in as {name}.").format(name=user.sign_in_name)] if user.sign_in_name and signs_in else []
    parts.append(", ".join(roles.label(code) for code in sorted(user.roles, key=lambda code: roles[code].sort)))
    return " · ".join(part for part in (" ".join(parts), ", ".join(computers)) if part)


def _roles_in(values: Mapping[str, object]) -> list[str]:
    chosen = values["user.roles"]
    return [str(role) for role in chosen] if isinstance(chosen, list) else []


def _missing(values: Mapping[str, object]) -> dict[str, list[Problem]]:
    words = {
        "user.name": _("Write the name as colleagues know it."),
        "user.sign_in_name": _("Choose a short name to type at the lock screen."),
        "user.roles": _("Choose at least one role."),
    }
    return {key: [Problem(words[key])] for key, value in values.items() if not value}


def _and_list(desk: Desk, change: Callable[[], object]) -> object:
    """Change the users, and where computers exchange the list of who works at which."""
    answer = change()
    if office.exchanges(desk):
        from casedesk.sync.people import follow_users

        follow_users(desk)
    return answer
