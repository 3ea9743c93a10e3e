"""The first start: what one wants to do here, and setting up a centre."""

from casedesk.ui.first_run.page import FirstRun
from casedesk.ui.first_run.welcome import Welcome

__all__ = ["FirstRun", "Welcome"]
