"""A desk can belong to an organisation: its keys, the roster, files out and in, and what others sent without names."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealing", sa.JSON(), nullable=False),
        sa.Column("roster_seed", sa.LargeBinary(length=32), nullable=True),
        sa.Column("invitation", sa.LargeBinary(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_table(
        "roster",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("came_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_roster")),
    )
    op.create_table(
        "admission",
        sa.Column("desk", sa.LargeBinary(length=32), nullable=False),
        sa.Column("admitted_by", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("came_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "admitted_by", name=op.f("pk_admission")),
    )
    op.create_table(
        "invited",
        sa.Column("code", sa.LargeBinary(length=16), nullable=False),
        sa.Column("centre", sa.String(length=3), nullable=False),
        sa.Column("central", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_invited")),
    )
    op.create_table(
        "batch_out",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("sealed_to", sa.JSON(), nullable=False),
        sa.Column("covered_by", sa.JSON(), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=16), nullable=True),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_out")),
        sa.UniqueConstraint("name", name=op.f("uq_batch_out_name")),
    )
    op.create_index("ix_batch_out_state", "batch_out", ["state"])
    op.create_table(
        "batch_in",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("desk", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("came_at", sa.DateTime(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_batch_in")),
    )
    op.create_table(
        "covered",
        sa.Column("desk", sa.LargeBinary(length=32), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=16), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "chain", name=op.f("pk_covered")),
    )
    op.create_table(
        "let_out",
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("view", sa.String(length=12), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "case_id", name=op.f("pk_let_out")),
    )
    op.create_table(
        "coded_row",
        sa.Column("row", sa.LargeBinary(length=16), nullable=False),
        sa.Column("desk", sa.LargeBinary(length=32), nullable=False),
        sa.Column("centre", sa.String(length=3), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("came_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("row", "desk", name=op.f("pk_coded_row")),
    )
    op.create_table(
        "count_row",
        sa.Column("desk", sa.LargeBinary(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("came_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "month", "what", "code", name=op.f("pk_count_row")),
    )
