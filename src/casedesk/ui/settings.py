"""Settings: saved as they are changed; each line says what it does. Who may not change something does not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import VERSION, codelists, formats, i18n
from casedesk.i18n import N_, _, ngettext
from casedesk.services import office
from casedesk.services.permissions import may
from casedesk.services.problem_report import problem_report
from casedesk.services.users import KEEPING_ROLES, READING_ROLES, colleagues
from casedesk.settings import LOCK_MINUTES, TEXT_SIZES, Settings
from casedesk.storage import keys
from casedesk.ui.backups import BackupSection
from casedesk.ui.kit.blocks import Banner, fact, group, keys_hint, setting
from casedesk.ui.kit.buttons import Segmented, Switch, button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.sidebar import NavItem, SectionNav
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.new_recovery import NewRecovery
from casedesk.ui.own_passphrase import OwnPassphrase
from casedesk.ui.page import Here, Page
from casedesk.ui.people import People
from casedesk.ui.problem_report import ReportSheet
from casedesk.ui.rates import Rates
from casedesk.ui.trail import Trail
from casedesk.ui.vault_check import VaultCheck

WIDTH = 712
THEME_WORDS = (("system", N_("As the system")), ("light", N_("Light")), ("dark", N_("Dark")))
# code, icon, words, what one must be allowed to do
TABS = (
    ("look", "translate", N_("Language and look"), "own.preferences"),
    ("lock", "lock", N_("Lock and privacy"), "own.preferences"),
    ("passphrase", "key", N_("Your passphrase"), "own.passphrase"),
    ("recovery", "key", N_("Recovery key"), "office.recovery"),
    ("people", "users-three", N_("People"), "office.edit"),
    ("centre", "buildings", N_("This centre"), "office.view"),
    ("rates", "money", N_("Rates and limits"), "office.rates"),
    ("computers", "sync", N_("Computers"), "sync.look"),
    ("trail", "who_looked", N_("Audit trail"), "audit.view"),
    ("backup", "usb", N_("Backup"), "backup.make"),
    ("keys", "keyboard", N_("Keyboard"), "own.preferences"),
    ("about", "about", N_("About"), "own.preferences"),
)
SAVED_AT_ONCE = frozenset({"look", "lock"})
KEYS = (
    ("Ctrl+K", N_("Search and commands")),
    ("Ctrl+N", N_("New case")),
    ("Ctrl+1", N_("Today")),
    ("Ctrl+2", N_("Cases")),
    ("Ctrl+3", N_("Referrals")),
    ("Ctrl+6", N_("Directory")),
    ("Ctrl+7", N_("Reports")),
    ("Ctrl+8", N_("Sync, where it is set up")),
    ("Ctrl+,", N_("Settings")),
    ("F9", N_("Hide the screen; a second time it locks")),
    ("Ctrl+L", N_("Lock")),
    ("Alt+←", N_("Back")),
    ("Esc", N_("Close the top layer; what was typed stays")),
    ("Ctrl+Z", N_("Undo: what was typed, or what the message at the bottom offers")),
    ("Ctrl+P", N_("Print preview of what is open")),
    ("Ctrl+Enter", N_("The main action of the page")),
    ("Ctrl+Shift+L", N_("English or Bangla")),
    ("Ctrl+=", N_("Larger text; Ctrl+- smaller, Ctrl+0 as usual")),
    ("F6", N_("Next area: sidebar, page, search")),
    ("F1", N_("This list")),
    ("/", N_("Search in this list")),
    ("A F R E", N_("On a case: note, follow-up, refer, edit; 1 to 9 and [ ] for its sections")),
    ("F N R P", N_("In the list of cases: filter, new, refer, print; 1 to 9 for its views")),
    ("← → F T", N_("On a report: period, filter, table of a chart; Ctrl+E saves a file")),
    ("Alt+↓", N_("Next part of an intake; Alt+↑ the one before")),
    ("Alt+N", N_("Not now, for the question one is at")),
    ("F8", N_("Next problem in a form; Shift+F8 the one before")),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the page may ask of the program round it."""

    settings: Callable[[], Settings]
    language: Callable[[str], object]
    theme: Callable[[str], object]
    text_size: Callable[[int], object]
    lock_minutes: Callable[[int], object]
    single_keys: Callable[[bool], object]
    hide: Callable[[], object]
    cost: Callable[[], keys.Cost] = keys.measured_cost
    restored: Callable[[], object] = lambda: None
    again: Callable[[], object] = lambda: None  # the window made anew, when what is in it changed


class SettingsPage(Page):
    """Sections at the left, one of them open."""

    nav = "settings"

    def __init__(self, here: Here, *, wishes: Wishes, tab: str = "look") -> None:
        super().__init__(here)
        self._wishes = wishes
        shown = [
            each for each in TABS if may(here.desk, each[3]) and (each[0] != "computers" or _computers_matter(here))
        ]
        self.sections = SectionNav([NavItem(code, icon, _(words)) for code, icon, words, _needs in shown])
        self.sections.chosen.connect(self.open_tab)
        self._content = QVBoxLayout()
        self._content.setSpacing(12)
        inner = widget(self._content)
        inner.setMaximumWidth(current().scaled(WIDTH))
        middle = row(inner, gap=0, margins=(24, 16, 24, 24))
        middle.setStretch(0, 1)
        middle.addStretch(0)
        whole = row(self.sections, scrolled(widget(middle)), gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.tab = ""
        codes = [each[0] for each in shown]
        self.open_tab(tab if tab in codes else codes[0])

    def place(self) -> dict[str, str]:
        return {"tab": self.tab}

    def open_tab(self, tab: str) -> None:
        """Show one section."""
        self.tab = tab
        self.sections.select(tab)
        clear(self._content)
        words = next(words for code, _icon, words, _needs in TABS if code == tab)
        self._add(PlainLabel(_(words), "page"))
        if tab in SAVED_AT_ONCE:
            self._add(PlainLabel(_("Saved as you change them"), "body", tone="muted"))
        if self._alone():
            self._add(
                Banner(
                    "info",
                    _("One user does everything here"),
                    _("Until a second user is added, one person combines all roles. The journal says who did what."),
                )
            )
        builders: dict[str, Callable[[], None]] = {
            "look": self._look,
            "lock": self._lock,
            "passphrase": self._passphrase,
            "recovery": self._recovery,
            "people": self._people,
            "centre": self._centre,
            "rates": self._rates,
            "computers": self._computers,
            "trail": self._trail,
            "backup": self._backup,
            "keys": self._keyboard,
            "about": self._about,
        }
        builders[tab]()
        self._content.addStretch(1)

    def _add(self, part: QWidget) -> None:
        self._content.addWidget(part)

    def _alone(self) -> bool:
        """Whether one user combines what is kept apart where there are two."""
        roles = self.here.desk.actor.roles
        combined = bool(roles & READING_ROLES) and bool(roles & KEEPING_ROLES)
        return combined and sum(user.active for user in colleagues(self.here.desk)) == 1

    # Language and look

    def _look(self) -> None:
        now = self._wishes.settings()
        language = Segmented(i18n.OWN_NAMES, i18n.language(), _("Language"))
        language.chosen.connect(self._wishes.language)
        theme = Segmented([(code, _(word)) for code, word in THEME_WORDS], now.theme, _("Light or dark"))
        theme.chosen.connect(self._wishes.theme)
        sizes = [(str(size), _("{percent}%").format(percent=formats.number(size))) for size in TEXT_SIZES]
        size = Combo(sizes, str(now.text_size), name=_("Text size"))
        size.activated.connect(lambda _at: self._wishes.text_size(int(size.value())))
        self._add(
            group(
                "",
                (
                    setting(_("Language"), _("Of the screen. A paper has a language of its own."), language),
                    setting(_("Light or dark"), _("Dark is easier on the eyes at night."), theme),
                    setting(_("Text size"), _("Everything grows with it. Ctrl++ and Ctrl+- do the same."), size),
                ),
            )
        )

    # Lock and privacy

    def _lock(self) -> None:
        options = []
        for minutes in LOCK_MINUTES:
            words = ngettext("{count} minute", "{count} minutes", minutes)
            options.append((str(minutes), words.format(count=formats.number(minutes))))
        minutes_box = Combo(options, str(self._wishes.settings().lock_minutes), name=_("Lock when not used"))
        minutes_box.activated.connect(lambda _at: self._wishes.lock_minutes(int(minutes_box.value())))
        try_it = button(_("Try it"), "soft", size="s", clicked=self._wishes.hide)
        caps = widget(row(keys_hint("F9"), PlainLabel(_("or")), keys_hint("Shift ×3"), gap=8))
        self._add(
            group(
                _("Lock"),
                (
                    setting(
                        _("Lock when not used"), _("Also when the computer slept. What was typed is kept."), minutes_box
                    ),
                    setting(
                        _("Lock now"), _("Asks for the passphrase and returns to the same place."), keys_hint("Ctrl+L")
                    ),
                ),
            )
        )
        self._add(
            group(
                _("Hide quickly"),
                (
                    setting(_("Hide key"), _("Covers the window with a plain calendar, clears the clipboard."), caps),
                    setting(
                        _("Come back with your passphrase"),
                        _("Type it anywhere, then Enter; no box is shown. After a minute, or with F9 again, it locks."),
                        None,
                    ),
                ),
                try_it,
            )
        )

    # Your passphrase

    def _passphrase(self) -> None:
        self._add(OwnPassphrase(self.here, self._wishes.cost))

    def _recovery(self) -> None:
        self.recovery = NewRecovery(self.here)
        self.recovery.done.connect(partial(self.open_tab, "recovery"))
        self._add(self.recovery)

    # People

    def _people(self) -> None:
        self._users = People(self.here, self._wishes.cost, self._people_again)
        self._add(self._users)

    def _people_again(self) -> None:
        """After a change. The button that led to it is gone, so the focus goes to one that stands there again."""
        self.open_tab("people")
        self._users.add_button.setFocus()

    # Centre and rates

    def _centre(self) -> None:
        facts = office.office(self.here.desk)
        district = codelists.get("bd_district").label(facts.district)
        shown = (
            fact(_("Name in English"), facts.name_en),
            fact(_("Name in Bangla"), facts.name_bn),
            fact(_("Three letters"), facts.code),
            fact(_("This computer"), facts.device),
            fact(_("District"), district),
            fact(_("Phone"), facts.phone),
            fact(_("Address"), facts.address),
        )
        self._add(block("card", column(*shown, gap=12, margins=(16, 14, 16, 16))))

    def _rates(self) -> None:
        self._add(Rates(self.here))

    # Computers

    def _computers(self) -> None:
        from casedesk.ui.sync.computers import Computers  # with the libraries of sync, which are loaded when needed

        self._add(Computers(self.here, self._wishes.again))

    # Trail

    def _trail(self) -> None:
        text = _(
            "Signing in, searches, users, reports, exchange and copies. What was done with a case stands under “Who "
            "looked” there."
        )
        self._add(PlainLabel(text, "body", tone="text2", wrap=True))
        self._add(Trail(self.here))

    # Backup

    def _backup(self) -> None:
        self._add(BackupSection(self.here, self._wishes.restored))

    # Keyboard, about

    def _keyboard(self) -> None:
        sentence = _("Letters, digits and signs without Ctrl, as A for a note. Each has a button, too.")
        on = Switch(_("Single keys"), on=self._wishes.settings().single_keys)
        on.toggled.connect(self._wishes.single_keys)
        self._add(group("", [setting(_("Single keys"), sentence, on)]))
        self._add(group("", [setting(_(words), "", keys_hint(each)) for each, words in KEYS]))

    def _about(self) -> None:
        text = _("CaseDesk {version}. Works without internet; nothing is sent by itself.")
        self._add(PlainLabel(text.format(version=VERSION), "body", wrap=True))
        gather = partial(problem_report, self.here.desk)
        show = partial(ReportSheet.show_report, self, self.here.jobs, gather, self.here.say)
        self.report_button = button(_("Show"), clicked=show)
        sentence = _("Versions, sizes, counts and places of errors, for whoever helps you. It names nobody.")
        self._add(group(_("If something goes wrong"), (setting(_("Problem report"), sentence, self.report_button),)))
        if may(self.here.desk, "store.check"):
            self._add(VaultCheck(self.here))


def _computers_matter(here: Here) -> bool:
    """Off until set up: before, only who may set sync up hears of it."""
    return may(here.desk, "sync.roster") or office.exchanges(here.desk)
