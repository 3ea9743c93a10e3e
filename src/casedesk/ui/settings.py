"""Settings: saved as they are changed; each line says what it does. Who may not change something does not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import VERSION, codelists, formats, i18n
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import N_, _, ngettext
from casedesk.models import ExchangeRate, fields_of
from casedesk.progress import Progress
from casedesk.services import office
from casedesk.services.office import KEEPING_ROLES, READING_ROLES
from casedesk.services.permissions import may
from casedesk.settings import LOCK_MINUTES, TEXT_SIZES, Settings
from casedesk.storage import keys
from casedesk.storage.checking import Findings
from casedesk.storage.tries import MustWait
from casedesk.ui.backups import BackupSection
from casedesk.ui.kit.blocks import Banner, fact, group, keys_hint, setting
from casedesk.ui.kit.buttons import Segmented, Switch, button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sidebar import NavItem, SectionNav
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.new_recovery import NewRecovery
from casedesk.ui.page import Here, Page
from casedesk.ui.passphrases import NewPassphrase, PassphraseField
from casedesk.ui.people import People
from casedesk.ui.problem_report import ReportSheet
from casedesk.ui.trail import Trail
from casedesk.values import Money

WIDTH = 712
THEME_WORDS = (("system", N_("As the system")), ("light", N_("Light")), ("dark", N_("Dark")))
LANGUAGE_NAMES = (("en", "English"), ("bn", "বাংলা"))
# code, icon, words, what one must be allowed to do
TABS = (
    ("look", "translate", N_("Language and look"), "own.preferences"),
    ("lock", "lock", N_("Lock and privacy"), "own.preferences"),
    ("passphrase", "key", N_("Your passphrase"), "own.passphrase"),
    ("recovery", "key", N_("Recovery key"), "office.recovery"),
    ("people", "users-three", N_("People"), "office.edit"),
    ("centre", "buildings", N_("This centre"), "office.view"),
    ("rates", "money", N_("Exchange rates"), "office.rates"),
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
        return combined and sum(user.active for user in office.colleagues(self.here.desk)) == 1

    # Language and look

    def _look(self) -> None:
        now = self._wishes.settings()
        language = Segmented(LANGUAGE_NAMES, i18n.language(), _("Language"))
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
        self.old = PassphraseField(_("Passphrase until now"), "old_passphrase")
        self.new = NewPassphrase(lambda: [self.here.desk.actor.name, self.here.desk.centre])
        self.old.entered.connect(self.new.setFocus)
        self.new.entered.connect(self._change)
        self.change = button(_("Change passphrase"), "primary", "key", clicked=self._change)
        hint = _("No need to change it by the calendar. Change it when somebody may know it.")
        inside = column(
            PlainLabel(hint, "body", tone="text2", wrap=True), self.old, self.new, row(self.change, None), gap=12
        )
        inside.setContentsMargins(16, 14, 16, 16)
        self._add(block("card", inside))

    def _change(self) -> None:
        if not self.old.text():
            self.old.say(_("Type the passphrase that holds until now."))
            self.old.setFocus()
        elif not self.new.problem():
            self.change.setEnabled(False)
            desk, old, new, cost = self.here.desk, self.old.text(), self.new.text(), self._wishes.cost

            def work() -> None:
                office.change_passphrase(desk, old, new, cost())

            self.here.jobs.write(self, work, self._changed, failed=self._not_changed)

    def _changed(self, _nothing: None) -> None:
        self.here.say(_("The passphrase is changed. The recovery key stays the same."))
        self.open_tab("passphrase")

    def _not_changed(self, error: Exception) -> None:
        self.change.setEnabled(True)
        if isinstance(error, keys.WrongPassphrase | MustWait):
            self.old.say(f"{error.message} {error.hint}")
            self.old.setFocus()
        elif isinstance(error, InvalidInput):
            self.new.problem()
        else:
            show_error(self, error)

    def _recovery(self) -> None:
        self.recovery = NewRecovery(self.here)
        self.recovery.done.connect(partial(self.open_tab, "recovery"))
        self._add(self.recovery)

    # People

    def _people(self) -> None:
        self._add(People(self.here, self._wishes.cost, partial(self.open_tab, "people")))

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
        declared = fields_of(ExchangeRate)
        wanted = [(f"exchange_rate.{name}", declared[name]) for name in ("currency", "taka", "source")]
        self.rate = Form(wanted, today=self.here.desk.today(), columns=2)
        self.keep_rate = button(_("Keep this rate"), "primary", clicked=self._keep_rate)
        hint = _("For estimates beside foreign amounts. What was written down in its own currency never changes.")
        inside = column(PlainLabel(hint, "body", tone="text2", wrap=True), self.rate, row(self.keep_rate, None), gap=12)
        inside.setContentsMargins(16, 14, 16, 16)
        self._add(block("card", inside))
        with self.here.desk.read() as session:
            known = {code: minor for code, minor in office.rates(session).items() if code != "bdt"}
        if known:
            self._add(group(_("Rates in use"), [_rate(code, minor) for code, minor in sorted(known.items())]))

    def _keep_rate(self) -> None:
        values = self.rate.values()
        currency, taka = values["exchange_rate.currency"], values["exchange_rate.taka"]
        problems: dict[str, list[Problem]] = {}
        if not currency:
            problems["exchange_rate.currency"] = [Problem(_("Choose the currency."))]
        if not isinstance(taka, Money) or taka.currency != "bdt" or taka.minor <= 0:
            problems["exchange_rate.taka"] = [Problem(_("Write what one unit is worth in taka."))]
        self.rate.show_problems(problems)
        if problems or not isinstance(taka, Money) or not self.rate.ready():
            return
        source = str(values["exchange_rate.source"] or "")
        work = partial(office.set_rate, self.here.desk, str(currency), taka, source)
        self.here.jobs.write(self, work, lambda _nothing: self._rate_kept())

    def _rate_kept(self) -> None:
        self.here.say(_("The rate is kept."))
        self.open_tab("rates")

    # Computers

    def _computers(self) -> None:
        from casedesk.ui.sync.computers import Computers  # with the libraries of sync, which are loaded when needed

        self._add(Computers(self.here, self._wishes.again))

    # Trail

    def _trail(self) -> None:
        text = _("Signing in, searches, users and copies. What was done with a case stands under “Who looked” there.")
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
        self.report_button = button(_("Show"), clicked=partial(ReportSheet.show_report, self, self.here))
        sentence = _("Versions, sizes, counts and places of errors, for whoever helps you. It names nobody.")
        self._add(group(_("If something goes wrong"), (setting(_("Problem report"), sentence, self.report_button),)))
        if not may(self.here.desk, "store.check"):
            return
        self.check_button = button(_("Check now"), clicked=self._check)
        sentence = _("Reads everything and compares the journal, its chain and the records. Work can go on meanwhile.")
        self._add(group(_("The vault"), (setting(_("Check the vault"), sentence, self.check_button),)))
        self._findings = QVBoxLayout()
        self._findings.setContentsMargins(0, 0, 0, 0)
        self._add(widget(self._findings))

    def _check(self) -> None:
        self.check_button.setEnabled(False)
        self.check_button.setText(_("Checking…"))
        clear(self._findings)
        progress = Progress()
        work = partial(office.check_store, self.here.desk, progress)
        self.here.jobs.run(self, work, self._checked, failed=self._not_checked, progress=progress)

    def _checked(self, found: Findings) -> None:
        if self.tab != "about":
            return
        self._check_again()
        counts = _("{operations} entries of the journal and {records} records were compared.").format(
            operations=formats.number(found.operations), records=formats.number(found.records)
        )
        if not found.wrong:
            self._findings.addWidget(Banner("ok", _("Everything agrees"), counts))
            return
        bold = ngettext("{count} thing does not agree", "{count} things do not agree", len(found.wrong))
        hint = _("Nothing was changed. Copy the store folder to another disk and tell your coordinator.")
        self._findings.addWidget(
            Banner("danger", bold.format(count=formats.number(len(found.wrong))), f"{counts} {hint}")
        )
        for line in found.wrong[:50]:
            self._findings.addWidget(PlainLabel(line, "caption", wrap=True, selectable=True))

    def _not_checked(self, error: Exception) -> None:
        if self.tab == "about":
            self._check_again()
        show_error(self, error)

    def _check_again(self) -> None:
        self.check_button.setText(_("Check now"))
        self.check_button.setEnabled(True)


def _computers_matter(here: Here) -> bool:
    """Off until set up: before, only who may set sync up hears of it."""
    return may(here.desk, "sync.roster") or office.exchanges(here.desk)


def _rate(code: str, minor: int) -> QWidget:
    currency = codelists.get("currency")[code]
    one = _("One {currency} is {taka}").format(currency=currency.label, taka=formats.money(Money(minor, "bdt")))
    return setting(one, currency.extra["iso_4217"], None)
