"""A user's own views of the case list: what it is narrowed to and its order, kept under a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from casedesk.fields import Ask, Field, Kind, Level
from casedesk.i18n import N_, _
from casedesk.services.preferences import prefer, preference
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import tip
from casedesk.ui.page import Here

VIEWS = "case_views"  # the name of the preference
NAME = "view.name"
LONGEST = 40


@dataclass(frozen=True, slots=True)
class OwnView:
    """A name, and what the list shows under it: a place of the page without what was searched and chosen."""

    name: str
    what: dict[str, Any]


class OwnViews(QWidget):
    """A button with a menu: open a view, save what is shown now, rename, remove. `now` tells what is shown."""

    chosen = Signal(object)

    def __init__(self, here: Here, now: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._here, self._now = here, now
        self.views = _stored(preference(here.desk, VIEWS))
        self.button = button(_("Saved views"), icon="bookmark-simple", clicked=self._open)
        self.setLayout(row(self.button))

    def fold(self, on: bool) -> None:
        """Leave the words away where there is little room."""
        self.button.setText("" if on else " " + _("Saved views"))
        tip(self.button, _("Saved views") if on else "")

    def current(self) -> OwnView | None:
        """The view of one's own that is shown now."""
        return next((view for view in self.views if view.what == self._now()), None)

    def menu(self) -> QMenu:
        """The views by name, and what can be done now."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        current = self.current()
        for view in self.views:
            action = menu.addAction(view.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(view is current)
            action.triggered.connect(partial(self._choose, view))
        menu.addSeparator()
        if current is None:
            menu.addAction(_("Save this view")).triggered.connect(partial(self._ask_name, None))
        else:
            rename = _("Rename “{name}”").format(name=current.name)
            menu.addAction(rename.replace("&", "&&")).triggered.connect(partial(self._ask_name, current))
            remove = _("Remove “{name}”").format(name=current.name)
            menu.addAction(remove.replace("&", "&&")).triggered.connect(partial(self._remove, current))
        return menu

    def _open(self) -> None:
        self.menu().popup(self.button.mapToGlobal(QPoint(0, self.button.height())))

    def _choose(self, view: OwnView, _checked: bool = False) -> None:
        self.chosen.emit(view.what)

    def _ask_name(self, view: OwnView | None, _checked: bool = False) -> None:
        taken = {each.name for each in self.views if each is not view}
        keep = partial(self._keep, view, self._now())
        NameSheet(self, self._here.desk.today(), view.name if view else "", taken, keep).open()

    def _keep(self, view: OwnView | None, what: dict[str, Any], name: str) -> None:
        kept = OwnView(name, what)
        others = [kept if each is view else each for each in self.views]
        words = _("View renamed") if view is not None else _("View saved")
        self._store(others if view is not None else [*self.views, kept], words)

    def _remove(self, view: OwnView, _checked: bool = False) -> None:
        undo = partial(self._put_back, self.views, view.name)
        self._store([each for each in self.views if each is not view], _("View removed"), undo)

    def _put_back(self, views: list[OwnView], what: str) -> None:
        self.views = views
        self._here.undoing(partial(prefer, self._here.desk, VIEWS, _written(views)), what)()

    def _store(self, views: list[OwnView], words: str, undo: Callable[[], object] | None = None) -> None:
        self.views = views
        work = partial(prefer, self._here.desk, VIEWS, _written(views))
        self._here.jobs.write(self, work, lambda _nothing: self._here.say(words, undo))


def _written(views: list[OwnView]) -> str:
    return json.dumps([asdict(view) for view in views], ensure_ascii=False)


class NameSheet(Sheet):
    """Asks what a view is called."""

    by_enter = True

    def __init__(self, host: QWidget, today: date, name: str, taken: set[str], done: Callable[[str], object]) -> None:
        super().__init__(host, _("Rename this view") if name else _("Save this view"), width=460)
        self._taken, self._done = taken, done
        field = Field(N_("Name of the view"), Kind.LINE, Level.INTERNAL, Ask.LATER, longest=LONGEST)
        self.form = Form([(NAME, field)], today=today)
        self.form.put({NAME: name})
        self.notice = Banner("danger", "")
        self.notice.hide()
        self.body.addWidget(self.notice)
        self.body.addWidget(self.form)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Cancel"), clicked=self.dismiss))
        self.save_button = button(_("Save"), "primary", keys="Ctrl+Enter", clicked=self.save)
        self.foot.addWidget(self.save_button)

    def save(self) -> None:
        """Keep the name, if it is one and no other view has it."""
        name = self.form.value(NAME)
        if not isinstance(name, str) or name in self._taken:
            words = _("Another view has this name.") if name in self._taken else _("Write a name.")
            self.notice.say(words)
            self.notice.show()
            self.form.go_to(NAME)
        elif self.form.ready():
            self.dismiss()
            self._done(name)

    def main_action(self) -> None:
        self.save()


def _stored(text: str) -> list[OwnView]:
    """The views as they were kept; what is not understood any more is left out."""
    try:
        return [OwnView(str(each["name"]), dict(each["what"])) for each in json.loads(text or "[]")]
    except (ValueError, KeyError, TypeError):
        return []
