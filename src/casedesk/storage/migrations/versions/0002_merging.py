"""Desks exchange: marks, clashes, parked leaves, erasures; a body may be replaced by another view of itself."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.add_column("chain", sa.Column("marked", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("chain", sa.Column("fork_at", sa.BigInteger(), nullable=True))
    op.add_column("gate", sa.Column("rewriting", sa.Boolean(), server_default="0", nullable=False))
    for table in ("operation", "change"):
        op.execute(f"DROP TRIGGER guard_{table}_rewrite")
        op.execute(
            f'CREATE TRIGGER guard_{table}_rewrite BEFORE UPDATE ON "{table}" WHEN (SELECT rewriting FROM gate) = 0'
            " BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END"
        )
    op.create_table(
        "mark",
        sa.Column("chain_ix", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("peer", sa.LargeBinary(16), nullable=False),
        sa.Column("at_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_ix", "peer", "at_seq", name=op.f("pk_mark")),
    )
    op.create_table(
        "clash",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("table", sa.String(40), nullable=False),
        sa.Column("record", sa.Uuid(), nullable=False),
        sa.Column("register", sa.String(60), nullable=False),
        sa.Column("operations", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clash")),
    )
    op.create_index("ix_clash_record", "clash", ["record", "register"])
    op.create_index("ix_clash_open", "clash", ["settled_by", "table"])
    op.create_table(
        "parked",
        sa.Column("operation_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table", sa.String(255), nullable=False),
        sa.Column("record", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("operation_seq", "table", "record", "field", name=op.f("pk_parked")),
    )
    op.create_table(
        "erased",
        sa.Column("record", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(255), nullable=False),
        sa.Column("chain", sa.LargeBinary(16), nullable=False),
        sa.Column("chain_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("record", "field", "chain", "chain_seq", name=op.f("pk_erased")),
    )
    op.create_table(
        "unentitled",
        sa.Column("operation_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table", sa.String(40), nullable=False),
        sa.Column("record", sa.Uuid(), nullable=False),
        sa.Column("register", sa.String(60), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("operation_seq", "table", "record", "register", name=op.f("pk_unentitled")),
    )
