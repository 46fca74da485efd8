"""Rate limits count keyed hashes; nothing guessable is left hashed without a key.

Counters begin anew at the upgrade: bare hashes of contract numbers and telephones are deleted, not
converted, for what was hashed is not known. ``recoveries.login_hash`` was never read.

Revision ID: 0008
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade():
    op.execute('DELETE FROM attempts')
    # The middle of the key was a bare hash of an address and a telephone; its end is the
    # recipient, by which messages are searched.
    op.execute(
        "UPDATE messages SET dedupe_key = substr("
        "'registration_notice:before0008.' || id || ':' || recipient, 1, 120) "
        "WHERE kind = 'registration_notice'"
    )
    with op.batch_alter_table('recoveries', schema=None) as batch_op:
        batch_op.drop_column('login_hash')


def downgrade():
    op.execute('DELETE FROM attempts')
    with op.batch_alter_table('recoveries', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('login_hash', sa.String(length=64), nullable=False, server_default='')
        )
    with op.batch_alter_table('recoveries', schema=None) as batch_op:
        batch_op.alter_column('login_hash', server_default=None)
