"""An operation as one audience may see it (SYNC 6)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from casedesk.storage.operations import Operation, Shut, digest, digest_only, section_root


def view(seq: int, operation: Operation, levels: Collection[int] | None) -> Operation:
    """The operation with the sections of these levels and the roots of all others; its digest alone for None.

    The key of the whole operation goes along only if every section does, since it opens them all.
    """
    if operation.only_digest is not None:
        return operation
    if levels is None:
        return digest_only(digest(seq, operation))
    if all(section.level in levels for section in operation.sections):
        return operation
    sections = [
        section if section.level in levels else Shut(section.level, section_root(section))
        for section in operation.sections
    ]
    return replace(operation, sections=tuple(sections), key=None)
