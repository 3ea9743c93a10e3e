"""What stands around every page: the sidebar, the top bar, and notices under it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import codelists, i18n
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.services.office import office
from casedesk.services.permissions import may
from casedesk.ui.kit.layouts import row, widget
from casedesk.ui.kit.sidebar import NavItem, Sidebar
from casedesk.ui.kit.toast import Toast
from casedesk.ui.kit.topbar import TopBar
from casedesk.ui.places import Place


class Shell(QWidget):
    """Holds one page at a time; made anew after a change of language or look."""

    def __init__(self, desk: Desk, shown: Sequence[Place]) -> None:
        super().__init__()
        self.sidebar = _sidebar(desk, shown)
        self.top = TopBar(i18n.language())
        if desk.practice:
            words = _("Practice centre: every person here is invented")
            self.top.say_state(words, "flask", short=_("Practice centre"), tone="warn")
        if desk.store.damaged:
            self.tell_damaged()
        self._notices = 0
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._body.addWidget(self.top)
        self.setLayout(row(self.sidebar, widget(self._body), gap=0))
        self.toast = Toast(self, left=212)

    def tell_damaged(self) -> None:
        """The place that says that all work is saved says now that it is not."""
        words = _("The vault is damaged: nothing more is saved")
        self.top.say_state(words, "problem", short=_("Not saved"), tone="danger")

    def notice(self, banner: QWidget, *, last: bool = False) -> None:
        """Show a banner under the top bar and those before it; one that is last stays under later ones, too."""
        self._body.insertWidget(1 + self._notices, widget(row(banner, margins=(20, 10, 20, 8))))
        if not last:
            self._notices += 1

    def hold(self, page: QWidget) -> None:
        """Show this page."""
        self._body.addWidget(page, 1)
        page.show()  # at once: what is not shown cannot take the focus

    def let_go(self, page: QWidget) -> None:
        """Take the page away, for good."""
        self._body.removeWidget(page)
        page.hide()
        page.deleteLater()


def _sidebar(desk: Desk, shown: Sequence[Place]) -> Sidebar:
    items = {place.code: NavItem(place.code, place.icon, _(place.title), place.keys) for place in shown}
    roles = codelists.get("user_role")
    settings = items.pop("settings", NavItem("settings", "settings", _("Settings"), "Ctrl+,"))
    made = Sidebar(
        list(items.values()),
        centre=office(desk).name,
        user=desk.actor.name,
        role=", ".join(roles.label(role) for role in sorted(desk.actor.roles, key=lambda r: roles[r].sort)[:1]),
        new_case=_("New case"),
        settings=settings,
    )
    made.new_button.setVisible(may(desk, "case.register"))
    return made
