"""The sheets of setting sync up: beginning an organisation, inviting a computer, naming the relay."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QLineEdit, QWidget

from casedesk.case_numbers import is_centre
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.sync import invitations, organisation, visit
from casedesk.sync.batch import LARGEST_HEADER
from casedesk.sync.line import Address, der_of
from casedesk.ui.kit.blocks import labelled
from casedesk.ui.kit.buttons import Switch, button
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.places import choose_new, choose_old
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.ui.passphrases import NewPassphrase, Said
from casedesk.whole_file import whole_file


class Unreadable(CaseDeskError):
    """A file that was chosen cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _("The file “{name}” cannot be read.").format(name=path.name),
            hint=_("Nothing was changed. Look whether the stick is still there."),
        )


def some_of(path: Path) -> bytes:
    """The bytes of a small file."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_HEADER)
    except OSError:
        raise Unreadable(path) from None


def invite_to(desk: Desk, path: Path, centre: str, central: bool) -> None:
    """Write an invitation to a file."""
    with whole_file(path) as file:
        file.write(invitations.invite(desk, centre, central=central))


def name_relay(desk: Desk, url: str, certificate: Path | None) -> None:
    visit.name_relay(desk, url, der_of(some_of(certificate)) if certificate is not None else b"")


class _Asking(Sheet):
    """Asks something, and tells beside what was typed why it was refused."""

    def __init__(self, host: QWidget, title: str, note: str = "", *, width: int) -> None:
        super().__init__(host, title, note, width=width)
        self.said = Said()

    def _refused(self, error: Exception) -> None:
        self.busy(False)
        if isinstance(error, CaseDeskError):
            self.said.say(f"{error.message} {error.hint}")
        else:
            show_error(self, error)


class BeginSheet(_Asking):
    """Makes the organisation: its root key goes to a file, sealed by a passphrase of its own."""

    def __init__(self, host: QWidget, here: Here, done: Callable[[], object]) -> None:
        super().__init__(host, _("Begin an organisation"), width=680)
        self._here, self._done = here, done
        text = _(
            "The root key says which organisation this is. It is needed again only if the key that signs the list of "
            "computers is lost. It is written to one file, sealed by this passphrase. Keep both away from here."
        )
        self.body.addWidget(PlainLabel(text, "body", tone="text2", wrap=True))
        self.new = NewPassphrase(lambda: [here.desk.actor.name, here.desk.centre])
        self.body.addWidget(self.new)
        self.body.addWidget(self.said)
        self.go_on = button(_("Choose where to keep the root key…"), "primary", "key", clicked=self._choose)
        self.new.entered.connect(self._choose)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Cancel"), clicked=self.dismiss))
        self.foot.addWidget(self.go_on)

    def _choose(self) -> None:
        if not self.new.problem():
            chosen = choose_new(self, _("Save the root key"), "casedesk-root.age", _("Key files (*.age)"))
            chosen.fileSelected.connect(lambda file: self.begin(Path(file)))

    def begin(self, file: Path) -> None:
        """Make it, with the root key in this file."""
        self.busy(True)
        work = partial(organisation.begin_organisation, self._here.desk, file, self.new.text())
        self._here.jobs.write(self, work, self._begun, failed=self._refused)

    def _begun(self, _nothing: None) -> None:
        self.dismiss()
        self._done()


class InviteSheet(_Asking):
    """Asks for which centre, and writes the invitation."""

    def __init__(self, host: QWidget, here: Here) -> None:
        note = _("A small file for one new computer, over after 14 days. Hand it over yourself; its code is used once.")
        super().__init__(host, _("Invite a computer"), note, width=560)
        self._here = here
        self.centre = QLineEdit(here.desk.centre)
        self.centre.setMaxLength(3)
        self.centre.setAccessibleName(_("Three letters of its centre"))
        self.central = Switch(_("It belongs to the central office"))
        self.body.addWidget(labelled(self.centre))
        self.body.addLayout(row(PlainLabel(_("It belongs to the central office")), None, self.central))
        self.body.addWidget(self.said)
        self.write_button = button(_("Choose where to write it…"), "primary", clicked=self._choose)
        self.centre.returnPressed.connect(self._choose)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Cancel"), clicked=self.dismiss))
        self.foot.addWidget(self.write_button)

    def _choose(self) -> None:
        letters = self.centre.text().strip().upper()
        if not is_centre(letters):
            self.said.say(_("A centre has three letters, as DHK."))
            self.centre.setFocus()
            return
        chosen = choose_new(self, _("Save the invitation"), f"{letters}.invitation", _("Invitations (*.invitation)"))
        chosen.fileSelected.connect(lambda file: self.write(Path(file)))

    def write(self, file: Path) -> None:
        """Write the invitation to this file."""
        letters = self.centre.text().strip().upper()
        work = partial(invite_to, self._here.desk, file, letters, self.central.isChecked())
        self.busy(True)
        self._here.jobs.write(self, work, self._written, failed=self._refused)

    def _written(self, _nothing: None) -> None:
        self.dismiss()
        self._here.say(_("The invitation is written. Hand it over yourself."))


class RelaySheet(_Asking):
    """Asks where the relay is, and for the certificate that vouches for it."""

    def __init__(self, host: QWidget, here: Here, now: Address | None, done: Callable[[], object]) -> None:
        note = _("The technician of the relay tells both. Invitations made from now on name it, too.")
        super().__init__(host, _("Name the relay"), note, width=620)
        self._here, self._done = here, done
        self.certificate: Path | None = None
        self.url = QLineEdit(now.url if now is not None else "https://")
        self.url.setAccessibleName(_("Address"))
        self.file = PlainLabel(_("No file is chosen"), "caption", wrap=True)
        choose = button(_("Choose the certificate…"), size="s", clicked=self._choose)
        self.body.addWidget(labelled(self.url))
        self.body.addLayout(row(choose, self.file, gap=10))
        self.body.addWidget(self.said)
        self.save = button(_("Name it"), "primary", clicked=self.keep)
        self.url.returnPressed.connect(self.keep)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Cancel"), clicked=self.dismiss))
        self.foot.addWidget(self.save)

    def _choose(self) -> None:
        chosen = choose_old(self, _("Open the certificate"), _("All files (*)"))
        chosen.fileSelected.connect(lambda file: self.take(Path(file)))

    def take(self, file: Path) -> None:
        """Use this certificate."""
        self.certificate = file
        self.file.setText(file.name)

    def keep(self) -> None:
        """Keep the address. What nobody could trust is refused in words."""
        self.busy(True)
        work = partial(name_relay, self._here.desk, self.url.text().strip(), self.certificate)
        self._here.jobs.write(self, work, self._kept, failed=self._refused)

    def _kept(self, _nothing: None) -> None:
        self.dismiss()
        self._done()
