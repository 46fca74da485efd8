"""Imports: one claim for all ways of loading, refused runs on record, the moment of the figures.

Revision ID: 0009
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0006'
branch_labels = None
depends_on = None

RUNNING = sa.text("status = 'running'")


def upgrade():
    # A worker that is at a batch now has to claim it anew.
    op.execute("UPDATE import_jobs SET status = 'waiting' WHERE status = 'running'")
    with op.batch_alter_table('import_jobs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('channel', sa.String(length=7), nullable=False, server_default='api'))
        batch_op.add_column(sa.Column('batch_id', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('findings', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('claimed_by', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column('stored_as', existing_type=sa.String(length=36), nullable=True)
        batch_op.create_index(batch_op.f('ix_import_jobs_batch_id'), ['batch_id'], unique=False)
        batch_op.create_index('uq_import_jobs_running', ['status'], unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING)
    op.execute("UPDATE import_jobs SET channel = 'page' WHERE staff_id IS NOT NULL")
    with op.batch_alter_table('import_jobs', schema=None) as batch_op:
        batch_op.alter_column('channel', existing_type=sa.String(length=7), existing_nullable=False, server_default=None)

    with op.batch_alter_table('import_runs', schema=None) as batch_op:
        batch_op.alter_column('as_of', existing_type=sa.DateTime(timezone=True), nullable=True)
    _forget_moments_nobody_vouched_for()


def downgrade():
    op.execute('UPDATE import_runs SET as_of = finished_at WHERE as_of IS NULL')
    with op.batch_alter_table('import_runs', schema=None) as batch_op:
        batch_op.alter_column('as_of', existing_type=sa.DateTime(timezone=True), nullable=False)

    # Batches of commands were never stored; the older release has no place for them.
    op.execute('DELETE FROM import_jobs WHERE stored_as IS NULL')
    with op.batch_alter_table('import_jobs', schema=None) as batch_op:
        batch_op.drop_index('uq_import_jobs_running', sqlite_where=RUNNING, postgresql_where=RUNNING)
        batch_op.drop_index(batch_op.f('ix_import_jobs_batch_id'))
        batch_op.alter_column('stored_as', existing_type=sa.String(length=36), nullable=False)
        batch_op.drop_column('lease_until')
        batch_op.drop_column('claimed_by')
        batch_op.drop_column('findings')
        batch_op.drop_column('batch_id')
        batch_op.drop_column('channel')


def _forget_moments_nobody_vouched_for():
    """Only a verified batch with balances says of which moment the figures are, never back."""
    runs = sa.table(
        'import_runs', sa.column('id'), sa.column('as_of', sa.DateTime(timezone=True)),
        sa.column('is_verified', sa.Boolean()), sa.column('counts', sa.JSON()),
    )
    connection = op.get_bind()
    latest = None
    for run in connection.execute(sa.select(runs).order_by(runs.c.id)).all():
        vouches = run.is_verified and (run.counts or {}).get('balances.csv', {}).get('rows')
        if vouches and (latest is None or run.as_of >= latest):
            latest = run.as_of
        else:
            connection.execute(runs.update().where(runs.c.id == run.id).values(as_of=None))
