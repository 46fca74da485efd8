"""Accounts are found by the end of their telephone without looking through all of them.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

PHONE_END = sa.text("substr(phone, length(phone) - 5)")


def upgrade():
    op.create_index("ix_accounts_phone_end", "accounts", [PHONE_END])


def downgrade():
    op.drop_index("ix_accounts_phone_end", table_name="accounts")
