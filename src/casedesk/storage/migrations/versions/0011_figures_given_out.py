"""A report that was given out says by a fingerprint which figures it told, so that changes since are noticed."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    op.add_column("disclosure", sa.Column("figures", sa.String(length=64), nullable=True))
