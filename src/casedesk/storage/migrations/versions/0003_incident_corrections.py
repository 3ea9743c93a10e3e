"""An account of what happened is put right by a newer one that points to the first."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    op.add_column("incident", sa.Column("corrects_id", sa.Uuid(), nullable=True))
