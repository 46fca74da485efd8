"""The address of a person's calendar.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade():
    # Without a copy of the table, which on SQLite would lose its index over an expression.
    op.add_column("accounts", sa.Column("calendar_nonce", sa.String(length=22)))


def downgrade():
    op.drop_column("accounts", "calendar_nonce")
