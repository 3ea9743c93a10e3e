"""Which cases a file showed more of, so that it can be made again; where the author of a row without a name stood."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012", "0011"


def upgrade() -> None:
    op.add_column("batch_out", sa.Column("shown", sa.JSON(), nullable=True))
    op.add_column("coded_row", sa.Column("chain", sa.LargeBinary(length=16), nullable=True))
