"""Customers name their supply points and meters, and put the points in an order of their own.

Revision ID: 0024
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    _create("custom_point_names", "supply_point_id", "supply_points", has_position=True)
    _create("custom_meter_names", "meter_id", "meters", has_position=False)


def downgrade():
    op.drop_table("custom_meter_names")
    op.drop_table("custom_point_names")


def _create(table, key, parent, *, has_position):
    position = [sa.Column("position", sa.Integer(), nullable=True)] if has_position else []
    op.create_table(
        table,
        sa.Column(key, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=has_position),
        *position,
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint([key], [f"{parent}.id"], name=op.f(f"fk_{table}_{key}")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f(f"fk_{table}_contract_id")
        ),
        sa.PrimaryKeyConstraint(key, "contract_id", name=op.f(f"pk_{table}")),
    )
