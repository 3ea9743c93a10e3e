"""A case says when its intake began: how long it took until it was registered is a number of its own."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    op.add_column("case", sa.Column("begun_at", sa.DateTime(), nullable=True))
