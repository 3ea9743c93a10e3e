"""Badges: an icon and a word in a pill, painted the same by widgets and by table delegates."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from casedesk import codelists
from casedesk.i18n import _
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.texts import visible
from casedesk.ui.kit.theme import Theme, current

CATEGORY_TONES = {"returned_success": "cat_s", "returned_unsuccessful": "cat_u", "returned_victim": "cat_a"}
PRIORITY_TONES = {"urgent": "danger", "high": "warn", "medium": "quiet", "low": "quiet"}
# What a status looks like, by the words of any list that has them; the rest follows from `terminal`.
STATUS_ICONS = {
    "draft": "draft",
    "registered": "new",
    "planned": "new",
    "not_started": "new",
    "requested": "new",
    "ready": "to_send",
    "sent": "referral",
    "assessment": "assessment",
    "under_investigation": "assessment",
    "active": "active",
    "in_progress": "active",
    "in_service": "active",
    "monitoring": "review",
    "on_hold": "on_hold",
    "closed": "closed",
    "waitlisted": "waiting",
    "transferred_out": "referral",
    "merged": "conflict",
    "given": "yes",
    "refused": "no",
    "withdrawn": "no",
    "expired": "waiting",
    "declined": "no",
    "admitted": "shelter",
}


@dataclass(frozen=True, slots=True)
class BadgeSpec:
    """What a badge shows. `tone` is outline, quiet, count, danger_count, or a colour family: cat_a, danger, ok, …"""

    text: str
    icon: str = ""
    tone: str = "outline"
    name: str = ""

    @property
    def spoken(self) -> str:
        return self.name or self.text


def category_badge(code: str | None, *, full: bool = False) -> BadgeSpec:
    """The badge of a return category; `full` has the full wording."""
    row = codelists.get("return_category").find(code)
    if row is None:
        return BadgeSpec(_("Not decided yet"), "ask", "outline", _("Category: not decided yet"))
    tone = CATEGORY_TONES.get(row.code, "outline")
    text = row.full if full else row.badge
    return BadgeSpec(text, tone if tone != "outline" else "", tone, _("Category: {word}").format(word=row.label))


def priority_badge(code: str | None) -> BadgeSpec:
    row = codelists.get("priority").find(code)
    if row is None:
        return BadgeSpec(_("No priority yet"), "medium", "quiet")
    tone = PRIORITY_TONES.get(row.code, "quiet")
    return BadgeSpec(row.badge, row.code, tone, _("Priority: {word}").format(word=row.label))


def status_badge(list_name: str, code: str | None) -> BadgeSpec:
    """The badge of a status, neutral, from any list of codes."""
    row = codelists.get(list_name).find(code)
    if row is None:
        return BadgeSpec(code or _("Not known"), "new", "outline")
    ended = row.extra.get("terminal") == "yes"
    icon = STATUS_ICONS.get(row.code, "closed" if ended else "active")
    return BadgeSpec(row.badge, icon, "outline", _("Status: {word}").format(word=row.label))


def badge_size(spec: BadgeSpec, theme: Theme | None = None) -> QSize:
    theme = theme or current()
    metrics = QFontMetricsF(theme.font("badge"))
    height = max(theme.scaled(24 if theme.language == "bn" else 22), round(metrics.height()) + 2)
    icon = theme.scaled(14) + 4 if spec.icon else 0
    side = 7 if spec.icon else 10
    width = round(metrics.horizontalAdvance(visible(spec.text)) + icon + side + 10 + 0.5)
    return QSize(max(width, height) if not spec.icon else width, height)


def paint_badge(painter: QPainter, rect: QRectF, spec: BadgeSpec) -> QRectF:
    """Paint the badge at the left of `rect`, in the middle of its height, and return its place. Long words end in …"""
    theme = current()
    size = badge_size(spec, theme)
    width = min(float(size.width()), rect.width())
    pill = QRectF(rect.x(), rect.center().y() - size.height() / 2, width, size.height())
    letters, ground, edge = _colours(spec.tone)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour(edge), 1) if edge else QPen(Qt.PenStyle.NoPen))
    painter.setBrush(theme.colour(ground) if ground else Qt.BrushStyle.NoBrush)
    inner = pill.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(inner, inner.height() / 2, inner.height() / 2)
    left = pill.x() + (7 if spec.icon else 10)
    if spec.icon:
        side = theme.scaled(14)
        paint_icon(painter, QRectF(left, pill.center().y() - side / 2, side, side), spec.icon, letters)
        left += side + 4
    font = theme.font("badge")
    metrics = QFontMetricsF(font)
    room = pill.right() - 9 - left
    text = metrics.elidedText(visible(spec.text), Qt.TextElideMode.ElideRight, room + 1)
    painter.setFont(font)
    painter.setPen(theme.colour(letters))
    painter.drawText(QPointF(_start(left, room, metrics.horizontalAdvance(text), spec), _baseline(pill, metrics)), text)
    painter.restore()
    return pill


def _start(left: float, room: float, width: float, spec: BadgeSpec) -> float:
    return left if spec.icon else left + max(0.0, (room - 1 - width) / 2)


def _baseline(pill: QRectF, metrics: QFontMetricsF) -> float:
    """Where the letters stand: capitals, or the head line of Bangla, in the middle of the pill."""
    return pill.center().y() + metrics.capHeight() / 2


def _colours(tone: str) -> tuple[str, str, str]:
    match tone:
        case "outline":
            return "text2", "surface", "line2"
        case "quiet":
            return "muted", "sunken", "line2"
        case "bare":
            return "text2", "", ""
        case "count":
            return "nav_text2", "nav_line", ""
        case "danger_count":
            return "danger", "danger_soft", ""
        case _:
            return tone, f"{tone}_soft", f"{tone}_line"


class Badge(QWidget):
    """A badge that stands in a page."""

    def __init__(self, spec: BadgeSpec) -> None:
        super().__init__()
        self._spec = spec
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.show_spec(spec)

    def show_spec(self, spec: BadgeSpec) -> None:
        self._spec = spec
        self.setAccessibleName(spec.spoken)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return badge_size(self._spec)

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), 60), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_badge(painter, QRectF(self.rect()), self._spec)
        painter.end()


def count_badge(count: int, *, danger: bool = False, text: str = "") -> BadgeSpec:
    """A bare number, as in the sidebar. `text` is the number as people read it."""
    return BadgeSpec(text or str(count), "", "danger_count" if danger else "count")
