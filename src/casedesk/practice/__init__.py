"""A practice centre: invented people with plausible journeys, for looking round and for learning.

Everything in it goes through the services, each event on its own day. Nobody in it lives, and it says so everywhere.
Imports services; knows no Qt.
"""

from pathlib import Path
from typing import Final

from casedesk import paths

SIGN_IN_NAME: Final = "farzana"
PASSPHRASE: Final = "four mango trees by the river"  # noqa: S105 - printed, for invented people only


def is_practice(folder: Path) -> bool:
    """Whether a practice centre was built in this folder."""
    return (folder / paths.PRACTICE).exists()
