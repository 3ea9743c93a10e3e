"""The directory: partners with their services, recruiters and agencies. Facts and counts only."""

from casedesk.ui.directory.page import DirectoryPage

__all__ = ["DirectoryPage"]
