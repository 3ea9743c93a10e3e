"""In Settings: setting sync up, joining by invitation, who belongs to the organisation, and where the relay is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from casedesk.desk import Desk
from casedesk.i18n import N_, _
from casedesk.progress import Progress
from casedesk.services.office import exchanges
from casedesk.services.permissions import may
from casedesk.sync import computers, joining, stick, visit
from casedesk.sync.arrivals import Taken
from casedesk.sync.computers import MemberRow
from casedesk.sync.files import inbox
from casedesk.sync.joining import Asked, Request
from casedesk.sync.line import Address
from casedesk.ui.kit.badges import Badge, BadgeSpec
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.layouts import Flow, clear, column, row, widget
from casedesk.ui.kit.messages import ask, tell
from casedesk.ui.kit.places import choose_folder, choose_old
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.ui.passphrases import Said
from casedesk.ui.sync.sheets import BeginSheet, InviteSheet, RelaySheet, some_of
from casedesk.ui.sync.words import taken_words

SAME, DIFFERS = "same", "differs"
SAME_LANGUAGE = N_("Each language has words of its own: for this, set both screens to the same one, at the top.")


@dataclass(frozen=True, slots=True)
class Belonging:
    """Who belongs to the organisation and who asks to, as far as the user may see it."""

    members: Sequence[MemberRow]
    requests: Sequence[Request]
    relay: Address | None
    mark: str


def read_belonging(desk: Desk) -> Belonging:
    asks = joining.requests(desk, inbox(desk.store.vault.folder)) if may(desk, "sync.roster") else ()
    return Belonging(computers.members(desk), asks, visit.relay_of(desk), computers.mark(desk))


def ask_from(desk: Desk, path: Path) -> Asked:
    return joining.ask_to_join(desk, some_of(path))


def ask_over_the_line(desk: Desk, progress: Progress) -> bool:
    """Look whether the request was answered already, and else leave it at the relay."""
    if visit.hear_answer(desk, progress, by_itself=True):
        return True
    visit.ask_by_relay(desk, progress)
    return False


class Computers(QWidget):
    """`again` has the window made anew, once this computer belongs to an organisation."""

    def __init__(self, here: Here, again: Callable[[], object]) -> None:
        super().__init__()
        self.here, self._again = here, again
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(12)
        self.look()

    def look(self) -> None:
        """Show where this computer stands."""
        clear(self._inside)
        desk = self.here.desk
        if exchanges(desk):
            self.here.jobs.run(self, partial(read_belonging, desk), self._show_members)
            return
        asked = joining.asked(desk) if may(desk, "sync.join") else None
        if asked is not None:
            self._show_asked(asked)
        else:
            self._show_set_up()

    def _changed(self, said: str) -> None:
        self.here.say(said)
        self.look()

    # Before this computer belongs to an organisation

    def _show_set_up(self) -> None:
        text = _(
            "Off until you set it up. Computers of one centre can then share their cases, and the central office can "
            "receive what each person agreed to. Everything works without it."
        )
        self._inside.addWidget(PlainLabel(text, "body", tone="text2", wrap=True))
        card, rows = row_card(_("Set up sync"))
        begin = button(_("Begin…"), size="s", clicked=self.begin)
        join = button(_("Choose the file…"), size="s", clicked=self._choose_invitation)
        first = _("For the first computer. It makes the root key, which you keep on a stick, not here.")
        other = _("Your administrator sends a small file. It is for this computer alone and is over after 14 days.")
        rows.add(_line(_("Begin an organisation"), first, begin))
        rows.add(_line(_("Join with an invitation"), other, join))
        self._inside.addWidget(card)

    def begin(self) -> None:
        """Ask for the passphrase of the root key and where to keep it."""
        BeginSheet(self, self.here, self._belongs).open()

    def _belongs(self) -> None:
        self.here.say(_("This computer belongs to an organisation now."))
        self._again()

    def _choose_invitation(self) -> None:
        chosen = choose_old(self, _("Open the invitation"), _("All files (*)"))
        chosen.fileSelected.connect(lambda file: self.join(Path(file)))

    def join(self, invitation: Path) -> None:
        """Ask to join with this invitation."""
        work = partial(ask_from, self.here.desk, invitation)
        self.here.jobs.write(self, work, lambda _asked: self.look())

    def _show_asked(self, asked: Asked) -> None:
        card = Card(_("This computer asks to join"), icon="key")
        text = _(
            "Read these six words to your administrator, by telephone to a voice you know or face to face. "
            "Both screens must show the same. If one word differs, stop: somebody stands between you."
        )
        card.body.addWidget(PlainLabel(text, "body", tone="text2", wrap=True))
        card.body.addWidget(_words(asked.words))
        card.body.addWidget(PlainLabel(_(SAME_LANGUAGE), "caption", wrap=True))
        write = button(_("Write the request to a stick"), "primary", "usb", clicked=partial(self._ask_where, asked))
        read = button(_("Read the answer from a stick"), icon="import", clicked=self._ask_where_from)
        line = button(_("Ask over the line"), icon="to_send", clicked=self._ask_by_line)
        line.setVisible(visit.relay_of(self.here.desk) is not None)
        card.body.addWidget(widget(Flow(write, read, line)))
        self._inside.addWidget(card)

    def _ask_where(self, asked: Asked) -> None:
        chosen = choose_folder(self, _("Where is the stick?"))
        chosen.fileSelected.connect(lambda folder: self.write_request(asked, Path(folder)))

    def write_request(self, asked: Asked, folder: Path) -> None:
        """Put the request on a stick."""
        work = partial(joining.request_to_stick, self.here.desk, asked, folder)
        done = _("The stick can be removed. Bring it to your administrator.")
        self.here.jobs.write(self, work, lambda _nothing: self.here.say(done))

    def _ask_where_from(self) -> None:
        choose_folder(self, _("Where is the stick?")).fileSelected.connect(lambda folder: self.read(Path(folder)))

    def read(self, folder: Path) -> None:
        """Take in the answer, or requests of others, from a stick."""
        work = partial(stick.take_stick, self.here.desk, folder, by_itself=True)
        self.here.jobs.run_long(self, _("Reading from the stick"), work, self._taken, pauses=True)

    def _taken(self, taken: list[Taken]) -> None:
        if exchanges(self.here.desk):
            self._belongs()
        else:
            tell(self, *taken_words(taken))

    def _ask_by_line(self) -> None:
        work = partial(ask_over_the_line, self.here.desk)
        self.here.jobs.run_long(self, _("Asking over the line"), work, self._heard)

    def _heard(self, joined: bool) -> None:
        if joined:
            self._belongs()
        else:
            text = _("The request lies there. Read the six words out, and ask again when you were let in.")
            tell(self, _("No answer yet"), text)

    # Who belongs to it

    def _show_members(self, found: Belonging) -> None:
        clear(self._inside)
        for each in found.requests:
            self._inside.addWidget(RequestCard(each, partial(self.let_in, each)))
        card, rows = row_card(_("Computers of the organisation"))
        if may(self.here.desk, "sync.roster"):
            variant = "default" if found.requests else "primary"
            card.head.addWidget(button(_("Invite a computer"), variant, "add", size="s", clicked=self._invite))
        for member in found.members:
            rows.add(self._member(member))
        self._inside.addWidget(card)
        if may(self.here.desk, "sync.roster"):
            self._inside.addWidget(self._relay(found))

    def let_in(self, each: Request) -> None:
        """Put the computer on the list."""
        done = _("{computer} is on the list. Send the answer with the page Sync.").format(computer=_name(each))
        work = partial(joining.let_in, self.here.desk, each)
        self.here.jobs.write(self, work, lambda _nothing: self._changed(done))

    def _member(self, each: MemberRow) -> QLayout:
        desk = self.here.desk
        mine = each.centre == desk.centre and not each.central
        outside = each.active and mine and not each.is_this and not each.admitted
        badges = [
            BadgeSpec(_("This computer"), "", "info") if each.is_this else None,
            BadgeSpec(_("Central office"), "", "outline") if each.central else None,
            BadgeSpec(_("Ended"), "", "quiet") if not each.active else None,
            BadgeSpec(_("May not read cases yet"), "", "warn") if outside else None,
            BadgeSpec(_("Has not erased all yet"), "", "warn") if not each.obeyed else None,
        ]
        parts: list[QWidget] = [Badge(spec) for spec in badges if spec is not None]
        if outside and may(desk, "sync.admit"):
            admit = button(_("Let it read our cases"), size="s", clicked=partial(self._ask_admit, each))
            admit.setAccessibleName(_("Let {computer} read our cases").format(computer=_name(each)))
            parts.append(admit)
        if each.active and not each.is_this and may(desk, "sync.roster"):
            end = button(_("End"), "danger", size="s", clicked=partial(self._ask_end, each))
            end.setAccessibleName(_("End {computer}").format(computer=_name(each)))
            parts.append(end)
        return row(PlainLabel(_name(each), "label"), None, *parts, gap=8, margins=(16, 7, 14, 7))

    def _ask_admit(self, each: MemberRow) -> None:
        ask(
            self,
            _("Let {computer} read our cases?").format(computer=_name(each)),
            _("From the next file on, it receives the cases of this centre. Do this only for a computer you know."),
            yes=_("Let it read"),
            done=partial(self.admit, each),
        )

    def admit(self, each: MemberRow) -> None:
        """The centre's own word."""
        done = _("{computer} may read the cases of this centre.").format(computer=_name(each))
        work = partial(computers.admit_to_centre, self.here.desk, each.desk)
        self.here.jobs.write(self, work, lambda _nothing: self._changed(done))

    def _ask_end(self, each: MemberRow) -> None:
        ask(
            self,
            _("End {computer}?").format(computer=_name(each)),
            _(
                "For a computer that was lost or is no longer used. Nothing is sealed for it any more, and what it "
                "sends later is set aside. What is on it stays behind its passphrases; nobody can wipe it from afar. "
                "This cannot be taken back: to use it again, it is set up and invited anew."
            ),
            yes=_("End this computer"),
            done=partial(self.end, each),
            danger=True,
        )

    def end(self, each: MemberRow) -> None:
        """Nobody seals to it any more."""
        done = _("{computer} is ended. Others hear of it with the next file.").format(computer=_name(each))
        work = partial(computers.end_computer, self.here.desk, each.desk)
        self.here.jobs.write(self, work, lambda _nothing: self._changed(done))

    def _invite(self) -> None:
        InviteSheet(self, self.here).open()

    def _relay(self, found: Belonging) -> Card:
        card, rows = row_card(_("The line"))
        where = found.relay.url if found.relay is not None else _("None: files travel by stick.")
        change = button(_("Name the relay"), size="s", clicked=partial(self._name_relay, found.relay))
        rows.add(_line(_("Relay"), where, change))
        mark = PlainLabel(found.mark, "caption", wrap=True, selectable=True)
        words = column(PlainLabel(_("Mark of the organisation, for the relay’s technician"), "label"), mark, gap=0)
        words.setContentsMargins(16, 8, 16, 8)
        rows.add(words)
        return card

    def _name_relay(self, now: Address | None) -> None:
        RelaySheet(self, self.here, now, self.look).open()


class RequestCard(Card):
    """Somebody asks to join. Nothing is chosen before a person says whether the words that were read out agree."""

    def __init__(self, each: Request, let_in: Callable[[], object]) -> None:
        asks = _("{computer} asks for a new key") if each.renews else _("{computer} asks to join")
        super().__init__(asks.format(computer=_name(each)), icon="key")
        text = _(
            "Let the other side read its six words out, by telephone to a voice you know or face to face, and compare "
            "each with these. Do not read them out yourself."
        )
        options = ((SAME, _("All six are the same")), (DIFFERS, _("At least one differs")))
        self.answer = Segmented(options, "", _("What you heard"))
        self.answer.chosen.connect(self._answered)
        self.said = Said()
        self.let_in = button(_("Let it in"), clicked=let_in)
        self.let_in.setEnabled(False)
        self.body.addWidget(PlainLabel(text, "body", tone="text2", wrap=True))
        self.body.addWidget(_words(each.words))
        self.body.addWidget(PlainLabel(_(SAME_LANGUAGE), "caption", wrap=True))
        self.body.addWidget(widget(Flow(self.answer, self.let_in)))
        self.body.addWidget(self.said)

    def _answered(self, code: str) -> None:
        self.let_in.setEnabled(code == SAME)
        warning = _(
            "Do not let it in: somebody may stand between you, or it is the request of another computer. "
            "Tell your coordinator, and begin again with a new invitation."
        )
        self.said.say(warning if code == DIFFERS else "")


def _name(each: MemberRow | Request) -> str:
    return f"{each.centre}/{each.name}"


def _words(words: str) -> QWidget:
    """The six words, large enough to be read out across a table."""
    return PlainLabel(words, "number", wrap=True, selectable=True)


def _line(title: str, sentence: str, control: QWidget) -> QLayout:
    words = column(PlainLabel(title, "label", wrap=True), PlainLabel(sentence, "caption", wrap=True), gap=0)
    inside = row(words, control, gap=16, margins=(16, 8, 14, 8))
    inside.setStretch(0, 1)
    return inside
