"""Own names and groups of contracts.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "contract_labels",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("contract_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=80)),
        sa.Column("group_name", sa.String(length=80)),
        sa.PrimaryKeyConstraint("account_id", "contract_id", name=op.f("pk_contract_labels")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_contract_labels_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_labels_contract_id")
        ),
    )


def downgrade():
    op.drop_table("contract_labels")
