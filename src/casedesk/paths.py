"""Where the program's own files are."""

from __future__ import annotations

from pathlib import Path

import platformdirs

# Beside the folder that holds the package: so it is in the source and in every bundle.
RESOURCES = Path(__file__).parents[2] / "resources"

# Beside the vault of a practice centre: nobody in it lives, so it may be built anew.
PRACTICE = "practice.txt"


def default_store() -> Path:
    """The folder that holds this computer's vault when none is named."""
    return Path(platformdirs.user_data_dir("CaseDesk", appauthor=False)) / "store"
