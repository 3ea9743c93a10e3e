"""Referring a person: the right partner, the least information, with consent; and what becomes of it."""

from casedesk.ui.refer.sheet import ReferSheet

__all__ = ["ReferSheet"]
