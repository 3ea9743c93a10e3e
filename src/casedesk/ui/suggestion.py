"""What the guided questions suggest, in words: result, how soon, why, and what is not answered. A person decides."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QWidget

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.services import triage
from casedesk.services.answers import Answers, several
from casedesk.ui.kit.badges import Badge, category_badge, priority_badge
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.texts import PlainLabel, section_title

FLAGS = "safety_flag.flags"


def suggestion_parts(answers: Answers, result: triage.Result, *, begun: bool) -> list[QWidget]:
    """The parts to put under each other; quiet until what happened was asked."""
    tone = "text" if begun else "muted"
    parts = [_result(result, tone, begun=begun)]
    if begun or several(answers, FLAGS):
        priority = triage.proposed_priority(answers, result.category)
        when = PlainLabel(_how_soon(priority), "caption", wrap=True)
        parts.append(widget(row(Badge(priority_badge(priority)), when, gap=8)))
    rules = codelists.get("triage_rule")
    reasons = list(zip(result.rules, triage.reasons(result), strict=True))
    why = [words for code, words in reasons if rules[code].extra["suggests"] and code != "x1_no_suggestion"]
    if why:
        lines = [_bullet(words, tone) for words in why]
        parts.append(block("sunken", column(section_title(_("Why")), *lines, gap=4, margins=(10, 8, 10, 10))))
    if begun:
        parts += [_warning(words) for code, words in reasons if not rules[code].extra["suggests"]]
        if result.unanswered:
            count = len(result.unanswered)
            text = ngettext("{count} question has no answer.", "{count} questions have no answer.", count)
            parts.append(PlainLabel(text.format(count=formats.number(count)), "caption", wrap=True))
    return parts


def _result(result: triage.Result, tone: str, *, begun: bool) -> QWidget:
    if result.category is not None:
        return widget(row(Badge(category_badge(result.category)), None))
    words = codelists.get("triage_outcome").label(result.outcome) if begun else _("No suggestion yet")
    return PlainLabel(words, "body", tone=tone, wrap=True)


def _how_soon(priority: str) -> str:
    """When somebody has to act, in words."""
    row_of = codelists.get("priority").find(priority)
    days = int(row_of.extra["response_hours"]) // 24 if row_of is not None else 0
    if days <= 1:
        return _("someone to act today")
    return ngettext("within {count} day", "within {count} days", days).format(count=formats.number(days))


def _bullet(words: str, tone: str) -> QWidget:
    return _line(Icon("dot", "muted", 8), 6, PlainLabel(words, "body", tone=tone, wrap=True))


def _warning(words: str) -> QWidget:
    return _line(Icon("warn", "warn", 14), 3, PlainLabel(words, "caption", tone="warn", wrap=True))


def _line(icon: Icon, lower: int, words: PlainLabel) -> QWidget:
    line = row(column(icon, None, margins=(0, lower, 0, 0)), words, gap=8)
    line.setStretch(1, 1)
    made = widget(line)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)  # where there is room to spare the lines stay together
    return made
