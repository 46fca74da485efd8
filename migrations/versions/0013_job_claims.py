"""Claims of messages and prepared files: who works on one, and until when the claim holds.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

TABLES = ('messages', 'prepared_files')


def upgrade():
    for table in TABLES:
        op.add_column(table, sa.Column('claimed_by', sa.String(length=120), nullable=True))
        op.add_column(table, sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True))
    # Until now the time of the next try was the lease of a message that was being sent.
    op.execute("UPDATE messages SET lease_until = next_try_at WHERE status = 'sending'")


def downgrade():
    op.execute("UPDATE messages SET next_try_at = lease_until WHERE status = 'sending'")
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column('lease_until')
            batch.drop_column('claimed_by')
