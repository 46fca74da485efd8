"""Open items of a contract as the last import left them.

The rows are made by the worker, by `flask open-items-refresh`, and by the next import; until then
pages compute what they show.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "open_item_snapshots",
        sa.Column("contract_id", KEY, nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("balance_amount", sa.BigInteger(), nullable=False),
        sa.Column("energy_credit_amount", sa.BigInteger(), nullable=False),
        sa.Column("interest_credit_amount", sa.BigInteger(), nullable=False),
        sa.Column("prepaid_amount", sa.BigInteger(), nullable=False),
        sa.Column("last_charge_on", sa.Date(), nullable=True),
        sa.Column("last_charge_number", sa.String(), nullable=True),
        sa.Column("last_charge_period", sa.String(length=7), nullable=True),
        sa.Column("last_charge_amount", sa.BigInteger(), nullable=True),
        sa.Column("last_payment_on", sa.Date(), nullable=True),
        sa.Column("last_payment_number", sa.String(), nullable=True),
        sa.Column("last_payment_amount", sa.BigInteger(), nullable=True),
        sa.Column("interest_corrections", sa.Text(), nullable=False),
        sa.Column("unpaid", sa.Text(), nullable=False),
        sa.Column("balances", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name="fk_open_item_snapshots_contract_id"
        ),
        sa.PrimaryKeyConstraint("contract_id", name="pk_open_item_snapshots"),
    )
    op.create_index(
        "ix_open_item_snapshots_valid_to_valid_from_format_contract_id",
        "open_item_snapshots",
        ["valid_to", "valid_from", "format", "contract_id"],
    )


def downgrade():
    op.drop_table("open_item_snapshots")
