"""A program in which a person has one field more: one declaration, one migration, and nothing else.

Runs in a process of its own, since models are mapped once for each; prints as JSON where the field has arrived.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from casedesk.errors import InvalidInput
from casedesk.fields import Ask, Level
from casedesk.i18n import N_
from casedesk.models import Base, Person
from casedesk.models.columns import line

# The declaration, before anything asks what a person is made of.
Person.favourite_tea = line(N_("Favourite tea"), level=Level.IDENTIFYING, ask=Ask.INTAKE, longest=20)

# The migration.
STEP = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{new}", "{head}"


def upgrade() -> None:
    op.add_column("person", sa.Column("favourite_tea", sa.String(20), nullable=True))
"""


def main(folder: Path) -> dict[str, object]:
    from PySide6.QtWidgets import QApplication

    from casedesk.services import answers, cases, history, intake
    from casedesk.services.case_facts import case_facts
    from casedesk.services.sign_in import set_up
    from casedesk.services.words import in_words
    from casedesk.storage.checking import check
    from casedesk.storage.keys import FLOOR
    from casedesk.storage.migrate import HEAD, MIGRATIONS, migrate
    from casedesk.ui.kit import theme
    from casedesk.ui.kit.questions import Form
    from casedesk.ui.kit.written import LineEdit
    from tests.conftest import CENTRE, NOW
    from tests.support.journal import last
    from tests.support.people import a_returnee

    application = QApplication([])
    theme.apply(application, theme.Theme())
    desk, recovery = set_up(folder / "store", CENTRE, FLOOR, lambda: NOW, device="K3")
    recovery.wipe()
    steps = Path(shutil.copytree(MIGRATIONS, folder / "steps"))
    new = f"{int(HEAD) + 1:04d}"
    (steps / "versions" / f"{new}_tea.py").write_text(STEP.format(new=new, head=HEAD), encoding="utf-8")
    migrate(desk.store.vault.writer, to=new, scripts=steps)
    found: dict[str, object] = {}
    with desk.store.vault.reader.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    found["table"] = not any("person" in str(each) for each in differences)

    key = "person.favourite_tea"
    declared = answers.field_of(key)
    form = Form([(key, declared)], today=desk.today())
    editor = form.questions[key].editor
    assert isinstance(editor, LineEdit)
    found["label"] = editor.label
    form.put({key: "  milk   tea "})
    typed = form.values()
    kept = json.loads(json.dumps(answers.stored(typed)))
    found["json"] = answers.restored(kept)[key]

    case_id = intake.register_case(desk, a_returnee() | answers.restored(kept))
    told = last(desk)
    found["journal"] = told.leaves[key]
    try:
        cases.edit_case(desk, case_id, {key: ("milk tea", "x" * 21)})
    except InvalidInput as refused:
        found["check"] = refused.problems[key][0].text
    form.fill(case_facts(desk, case_id).answers)
    editor.set_value("lemon tea")
    cases.edit_case(desk, case_id, form.edits())
    (changed,) = history.history(desk, case_id, size=1)[0].changes
    found["history"] = [changed.label, changed.before, changed.after]
    found["print"] = in_words(declared, case_facts(desk, case_id).answers[key])
    found["whole"] = check(desk.store).wrong
    desk.store.vault.close()
    del form, application
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
