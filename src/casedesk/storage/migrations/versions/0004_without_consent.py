"""A referral in danger to life goes out without consent, for a written reason."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    op.add_column("referral", sa.Column("consent_exception", sa.String(60), nullable=True))
    op.add_column("referral", sa.Column("exception_reason", sa.Text(), nullable=True))
    op.add_column("disclosure", sa.Column("consent_exception", sa.String(60), nullable=True))
