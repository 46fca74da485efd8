"""Access and invitations that are limited to supply points.

Revision ID: 0031
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0044"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    for table in ("memberships", "invitations"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column("is_limited", sa.Boolean(), server_default=sa.false(), nullable=False)
            )
    for name, owner in (("membership_points", "membership"), ("invitation_points", "invitation")):
        op.create_table(
            name,
            sa.Column(f"{owner}_id", BIG, nullable=False),
            sa.Column("supply_point_id", BIG, nullable=False),
            sa.PrimaryKeyConstraint(f"{owner}_id", "supply_point_id", name=op.f(f"pk_{name}")),
            sa.ForeignKeyConstraint(
                [f"{owner}_id"], [f"{owner}s.id"], name=op.f(f"fk_{name}_{owner}_id")
            ),
            sa.ForeignKeyConstraint(
                ["supply_point_id"], ["supply_points.id"], name=op.f(f"fk_{name}_supply_point_id")
            ),
        )
        op.create_index(op.f(f"ix_{name}_supply_point_id"), name, ["supply_point_id"])


def downgrade():
    # An older version does not know the limit: it must not open the whole contract.
    op.execute(
        "UPDATE memberships SET revoked_at = CURRENT_TIMESTAMP"
        " WHERE revoked_at IS NULL AND is_limited"
    )
    op.execute(
        "UPDATE invitations SET withdrawn_at = CURRENT_TIMESTAMP"
        " WHERE withdrawn_at IS NULL AND accepted_at IS NULL AND is_limited"
    )
    op.drop_table("invitation_points")
    op.drop_table("membership_points")
    for table in ("invitations", "memberships"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("is_limited")
