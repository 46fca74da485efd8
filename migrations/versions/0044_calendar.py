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
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("calendar_nonce", sa.String(length=22)))


def downgrade():
    with op.batch_alter_table("accounts") as table:
        table.drop_column("calendar_nonce")
