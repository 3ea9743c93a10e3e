"""Steps of a life cycle that could not follow where they stood are counted, so that somebody looks."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    op.add_column("state", sa.Column("skipped", sa.Integer(), nullable=False, server_default="0"))
