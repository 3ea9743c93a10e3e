"""A desk knows where its relay is."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    op.add_column("membership", sa.Column("relay", sa.String(length=200), nullable=True))
    op.add_column("membership", sa.Column("issuer", sa.LargeBinary(), nullable=True))
