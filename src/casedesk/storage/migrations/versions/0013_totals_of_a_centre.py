"""A total that another centre sent says which centre."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    op.add_column("count_row", sa.Column("centre", sa.String(length=3), nullable=True))
