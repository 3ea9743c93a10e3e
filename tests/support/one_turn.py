"""One turn of a desk in a process of its own, by whichever program stands first on the path: the folder of its vault,
that of the stick, and what it does: take, give, or a field of the one person here and what it says from now on.

Prints as JSON what the person's record says then, what is parked, and what the check finds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sqlalchemy import func, select

from casedesk.desk import Actor, Desk
from casedesk.models import Parked, Person, fields_of
from casedesk.services.sign_in import sign_in
from casedesk.storage.checking import check
from casedesk.storage.migrate import HEAD
from casedesk.storage.recorder import to_leaf
from casedesk.sync.outbox import make_files
from casedesk.sync.stick import take_stick, write_stick
from tests.conftest import NOW, PASSPHRASE


def main(folder: Path, stick: Path, *words: str) -> dict[str, object]:
    signed_in = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    actor = Actor(signed_in.actor.id, "", frozenset({"coordinator"}))
    desk = Desk(signed_in.store, actor, signed_in.centre, signed_in.device, clock=signed_in.clock)
    for word in words:
        match word.partition("="):
            case ("take", *_rest):
                take_stick(desk, stick)
            case ("give", *_rest):
                make_files(desk, "DHK")
                write_stick(desk, stick)
            case (field, _equals, value):
                with desk.write("test.edit") as session:
                    setattr(session.scalars(select(Person)).one(), field, value)
    with desk.read() as session:
        person = session.scalars(select(Person)).one_or_none()
        said = {name: to_leaf(getattr(person, name)) for name in fields_of(Person)} if person is not None else {}
        parked = session.scalar(select(func.count()).select_from(Parked))
    found = {"program": HEAD, "parked": parked, "wrong": check(desk.store).wrong}
    desk.store.vault.close()
    return found | {"person": {name: value for name, value in said.items() if value is not None}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]), default=str))
