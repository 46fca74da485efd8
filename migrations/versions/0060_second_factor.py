"""Second factor of customers: authenticators, recovery codes, roles that must have one.

Revision ID: 0060
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0040"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "second_factors",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("seed", sa.String(length=32), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factors")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_second_factors_account_id")
        ),
    )
    op.create_table(
        "account_recovery_codes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_recovery_codes")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_recovery_codes_account_id")
        ),
        sa.UniqueConstraint(
            "account_id", "code_hash", name=op.f("uq_account_recovery_codes_account_id_code_hash")
        ),
    )
    op.create_table(
        "second_factor_roles",
        sa.Column("contract_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "role", name=op.f("pk_second_factor_roles")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_second_factor_roles_contract_id")
        ),
    )


def downgrade():
    for table in ("second_factor_roles", "account_recovery_codes", "second_factors"):
        op.drop_table(table)
