"""An operation as one audience may see it (SYNC 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from casedesk.storage.operations import (
    Erased,
    Itemised,
    Leaf,
    Operation,
    Section,
    Shut,
    digest,
    digest_only,
    item_commitment,
    items_of,
    leaves_of,
    section_root,
)


def view_of_leaves(seq: int, operation: Operation, shows: Callable[[int, Leaf], bool]) -> Operation:
    """The operation with the leaves that `shows` lets through; its digest alone if that is none.

    A section of which only some leaves are shown becomes itemised: each leaf that is shown has a key of its own, and
    the others leave nothing but what proves that they are there.
    """
    if operation.only_digest is not None:
        return operation
    sections = tuple([_partly(section, shows) for section in operation.sections])
    if sections == operation.sections:
        return operation
    if all(isinstance(section, Shut) for section in sections):
        return digest_only(digest(seq, operation))
    return replace(operation, sections=sections, key=None)


def _partly(section: Section, shows: Callable[[int, Leaf], bool]) -> Section:
    leaves, level = leaves_of(section), section.level
    if isinstance(section, Shut) or all(shows(level, leaf) for leaf in leaves):
        return section
    if not any(shows(level, leaf) for leaf in leaves):
        return Shut(level, section_root(section))
    left = tuple(
        item if isinstance(item, Erased) or shows(level, item.leaf) else Erased(item_commitment(level, index, item))
        for index, item in enumerate(items_of(section))
    )
    return Itemised(level, left)
