"""Announcements have a kind, and may be for some contracts only.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    with op.batch_alter_table("announcements") as table:
        table.add_column(
            sa.Column("kind", sa.String(length=8), nullable=False, server_default="info")
        )
        table.add_column(
            sa.Column("audience", sa.String(length=10), nullable=False, server_default="all")
        )
        table.add_column(
            sa.Column("audience_text", sa.Text(), nullable=False, server_default="")
        )
    with op.batch_alter_table("announcements") as table:
        for column in ("kind", "audience", "audience_text"):
            table.alter_column(column, server_default=None)
    op.create_table(
        "announcement_contracts",
        sa.Column("announcement_id", KEY, nullable=False),
        sa.Column("contract_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_contracts_announcement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_announcement_contracts_contract_id")
        ),
        sa.PrimaryKeyConstraint(
            "contract_id", "announcement_id", name=op.f("pk_announcement_contracts")
        ),
    )
    op.create_index(
        op.f("ix_announcement_contracts_announcement_id"),
        "announcement_contracts",
        ["announcement_id"],
    )


def downgrade():
    op.drop_table("announcement_contracts")
    with op.batch_alter_table("announcements") as table:
        for column in ("audience_text", "audience", "kind"):
            table.drop_column(column)
