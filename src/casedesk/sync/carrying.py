"""How far a file of ours is on its way, and what follows from its kind, for all who make, carry and confirm files."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from casedesk.sync.batch import Kind


class State(StrEnum):
    """Where a file of ours is on its way."""

    BUILT = "built"
    CARRIED = "carried"  # a stick was given it, and nobody knows what becomes of a stick: the relay is still to have it
    PARTLY = "partly"
    SENT = "sent"
    COVERED = "covered"
    FORKED = "forked"  # it counts no longer: what stood in it is sent again


UNDERWAY: Final = (State.BUILT, State.CARRIED, State.PARTLY, State.SENT)
TO_SEND: Final = (State.BUILT, State.CARRIED, State.PARTLY)  # the relay does not have it yet
DONE: Final = (State.COVERED, State.FORKED)

BY_NUMBER: Final = (Kind.CHAIN, Kind.SNAPSHOT)  # what a desk lacks of these, the numbers in its receipts tell
BY_FILE: Final = (Kind.ORDERS, Kind.SHOW, Kind.CODED)  # only the name of the file tells who has it
MADE_AGAIN: Final = BY_NUMBER + BY_FILE  # by what receipts tell, if the file was lost; letters are written anew

# On a slow line: what others need to believe the rest, and to forget, goes before what makes them know more.
OUT: Final = (
    Kind.ROSTER,
    Kind.ORDERS,
    Kind.RECEIPT,
    Kind.JOIN,
    Kind.CHAIN,
    Kind.SHOW,
    Kind.SNAPSHOT,
    Kind.CODED,
)
# In the inbox: what is shown of operations comes after them, and a receipt after all it may speak of.
IN: Final = (
    Kind.ROSTER,
    Kind.ORDERS,
    Kind.CHAIN,
    Kind.SNAPSHOT,
    Kind.SHOW,
    Kind.CODED,
    Kind.RECEIPT,
    Kind.JOIN,
)
