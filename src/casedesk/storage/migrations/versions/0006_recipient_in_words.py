"""What leaves about many people goes to somebody who need not be a partner of the directory."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    op.add_column("disclosure", sa.Column("recipient_name", sa.String(length=200), nullable=True))
