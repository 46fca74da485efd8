"""Index of the search texts of contracts; filled by the next import, or at night.

Until then the search reads all texts, as it did before.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "contract_search_segments",
        sa.Column("id", key, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("contract_ids", sa.LargeBinary(), nullable=False),
        sa.Column("pieces", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_search_segments")),
    )
    op.create_table(
        "contract_search_grams",
        sa.Column("segment_id", key, nullable=False),
        sa.Column("gram", sa.String(length=64), nullable=False),
        sa.Column("contracts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"],
            ["contract_search_segments.id"],
            name=op.f("fk_contract_search_grams_segment_id"),
        ),
        sa.PrimaryKeyConstraint("segment_id", "gram", name=op.f("pk_contract_search_grams")),
        sqlite_with_rowid=False,
    )


def downgrade():
    op.drop_table("contract_search_grams")
    op.drop_table("contract_search_segments")
