"""An enquiry may name the supply point that it is about.

Revision ID: 0025
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("enquiries") as table:
        table.add_column(sa.Column(
                "supply_point_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            ))
        table.create_foreign_key(
            op.f("fk_enquiries_supply_point_id_supply_points"),
            "supply_points",
            ["supply_point_id"],
            ["id"],
        )


def downgrade():
    with op.batch_alter_table("enquiries") as table:
        table.drop_constraint(
            op.f("fk_enquiries_supply_point_id_supply_points"), type_="foreignkey"
        )
        table.drop_column("supply_point_id")
