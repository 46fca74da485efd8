"""Names: tables and columns are called what the field calls them; no row changes.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import inspect


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

COLUMNS = (
    # table, old, new
    ('attachments', 'stored_as', 'storage_key'),
    ('contact_changes', 'asked_at', 'requested_at'),
    ('contract_search', 'words', 'search_text'),
    ('contracts', 'handed_over_at', 'transferred_at'),
    ('enquiries', 'about', 'source_label'),
    ('enquiries', 'about_path', 'source_path'),
    ('enquiries', 'key', 'idempotency_key'),
    ('enquiries', 'rating_words', 'rating_comment'),
    ('enquiry_entries', 'key', 'idempotency_key'),
    ('import_jobs', 'stored_as', 'storage_key'),
    ('prepared_files', 'stored_as', 'storage_key'),
    ('reading_receipts', 'key', 'idempotency_key'),
    ('submitted_readings', 'consumption', 'consumption_kwh'),
)


def upgrade():
    _move_rate_limit_hits('attempts', 'attempted_at', 'rate_limit_hits', 'hit_at')
    _move_contact_updates('contact_news', 'contact_updates')
    for table, old, new in COLUMNS:
        _rename_column(table, old, new)


def downgrade():
    for table, old, new in COLUMNS:
        _rename_column(table, new, old)
    _move_contact_updates('contact_updates', 'contact_news')
    _move_rate_limit_hits('rate_limit_hits', 'hit_at', 'attempts', 'attempted_at')


# Tables are made anew and filled, so that keys and constraints have names of the convention, too.


def _move_rate_limit_hits(old, old_time, new, new_time):
    op.create_table(
        new,
        sa.Column('id', _key(), nullable=False),
        sa.Column('action', sa.String(length=16), nullable=False),
        sa.Column('subject_hash', sa.String(length=64), nullable=False),
        sa.Column('address', sa.String(length=45), nullable=False),
        sa.Column(new_time, sa.DateTime(timezone=True), nullable=False),
        sa.Column('succeeded', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{new}')),
    )
    rest = 'action, subject_hash, address, succeeded'
    _fill(old, f'id, {old_time}, {rest}', new, f'id, {new_time}, {rest}')
    op.create_index(
        op.f(f'ix_{new}_action_subject_hash_{new_time}'), new, ['action', 'subject_hash', new_time]
    )
    op.create_index(f'ix_{new}_address', new, ['action', 'address', new_time])
    op.create_index(f'ix_{new}_action', new, ['action', new_time])


def _move_contact_updates(old, new):
    op.create_table(
        new,
        sa.Column('id', _key(), nullable=False),
        sa.Column('contract_id', _key(), nullable=False),
        sa.Column('account_id', _key(), nullable=False),
        sa.Column('field', sa.String(length=20), nullable=False),
        sa.Column('old', sa.String(length=254), nullable=False),
        sa.Column('new', sa.String(length=254), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('exported_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f(f'fk_{new}_account_id')),
        sa.ForeignKeyConstraint(
            ['contract_id'], ['contracts.id'], name=op.f(f'fk_{new}_contract_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{new}')),
    )
    columns = 'id, contract_id, account_id, field, old, new, changed_at, exported_at'
    _fill(old, columns, new, columns)
    op.create_index(op.f(f'ix_{new}_exported_at_id'), new, ['exported_at', 'id'])
    op.create_index(op.f(f'ix_{new}_contract_id'), new, ['contract_id'])


def _key():
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _fill(old, old_columns, new, new_columns):
    """Carry the rows over, and the counter of ids after them; the old table goes."""
    op.execute(f'INSERT INTO {new} ({new_columns}) SELECT {old_columns} FROM {old}')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{new}', 'id'),"
            f' (SELECT coalesce(max(id), 0) + 1 FROM {new}), false)'
        )
    op.drop_table(old)


def _rename_column(table, old, new):
    """Rename a column, and the index and the unique constraint that are named after it."""
    op.execute(f'ALTER TABLE {table} RENAME COLUMN {old} TO {new}')
    found = inspect(op.get_bind())
    is_postgresql = op.get_bind().dialect.name == 'postgresql'
    for index in found.get_indexes(table):
        if not index['name'].startswith('ix_') or not index['name'].endswith(f'_{old}'):
            continue
        name = index['name'].removesuffix(old) + new
        op.drop_index(index['name'], table_name=table)
        op.create_index(name, table, index['column_names'])
    for unique in found.get_unique_constraints(table):
        if unique['name'] != f'uq_{table}_{old}':
            continue
        name = f'uq_{table}_{new}'
        if is_postgresql:
            op.execute(f'ALTER TABLE {table} RENAME CONSTRAINT {unique["name"]} TO {name}')
            continue
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(unique['name'], type_='unique')
            batch.create_unique_constraint(name, [new])
