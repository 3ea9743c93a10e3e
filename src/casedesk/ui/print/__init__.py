"""Print preview: a paper as it will be, how much it tells, and the way to the printer or a file."""

from casedesk.ui.print.page import PrintPage

__all__ = ["PrintPage"]
