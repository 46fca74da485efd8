"""Contracts that changed hands: suspended memberships, the end of terminated contracts.

Revision ID: 0007
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
IS_OPEN = sa.text("decided_at IS NULL")


def upgrade():
    op.create_table(
        "contract_transfers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contract_id", KEY, nullable=False),
        sa.Column("import_run_id", KEY, nullable=False),
        sa.Column("detected_at", MOMENT, nullable=False),
        sa.Column("file", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("former_customer_id", KEY, nullable=False),
        sa.Column("former_external_id", sa.String(length=64), nullable=False),
        sa.Column("former_name", sa.String(), nullable=False),
        sa.Column("former_inn", sa.String(length=12), nullable=False),
        sa.Column("former_kpp", sa.String(length=9), nullable=True),
        sa.Column("former_email", sa.String(), nullable=True),
        sa.Column("former_phone", sa.String(), nullable=True),
        sa.Column("new_customer_id", KEY, nullable=False),
        sa.Column("new_external_id", sa.String(length=64), nullable=False),
        sa.Column("new_name", sa.String(), nullable=False),
        sa.Column("new_inn", sa.String(length=12), nullable=False),
        sa.Column("new_kpp", sa.String(length=9), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_contract_transfers_{column}")
            )
            for column, table in (
                ("contract_id", "contracts"),
                ("import_run_id", "import_runs"),
                ("former_customer_id", "customers"),
                ("new_customer_id", "customers"),
                ("decided_by_id", "staff"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_transfers")),
    )
    with op.batch_alter_table("contract_transfers") as table:
        table.create_index(op.f("ix_contract_transfers_contract_id_id"), ["contract_id", "id"])
        table.create_index(op.f("ix_contract_transfers_import_run_id"), ["import_run_id"])
        table.create_index(
            "ix_contract_transfers_open",
            ["contract_id"],
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        )
    with op.batch_alter_table("contracts") as table:
        table.add_column(sa.Column("terminated_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("handed_over_at", MOMENT, nullable=True))
    with op.batch_alter_table("memberships") as table:
        table.add_column(sa.Column("suspended_by_id", KEY, nullable=True))
        table.create_foreign_key(
            op.f("fk_memberships_suspended_by_id"), "contract_transfers", ["suspended_by_id"], ["id"]
        )
        table.create_index(op.f("ix_memberships_suspended_by_id"), ["suspended_by_id"])
        table.create_index(op.f("ix_memberships_contract_id"), ["contract_id"])
    with op.batch_alter_table("registrations") as table:
        table.add_column(sa.Column("customer_id", KEY, nullable=True))
        table.add_column(sa.Column("customer_inn", sa.String(length=12), nullable=True))
        table.create_foreign_key(
            op.f("fk_registrations_customer_id"), "customers", ["customer_id"], ["id"]
        )
    op.execute(
        "UPDATE registrations SET"
        " customer_id = (SELECT customer_id FROM contracts WHERE id = contract_id),"
        " customer_inn = (SELECT inn FROM customers JOIN contracts"
        " ON contracts.customer_id = customers.id WHERE contracts.id = contract_id)"
    )


def downgrade():
    # What was suspended stays closed: the older release knows only of revoked memberships.
    op.execute(
        "UPDATE memberships SET revoked_at = ("
        "SELECT detected_at FROM contract_transfers WHERE id = suspended_by_id)"
        " WHERE suspended_by_id IS NOT NULL AND revoked_at IS NULL"
    )
    with op.batch_alter_table("registrations") as table:
        table.drop_constraint(op.f("fk_registrations_customer_id"), type_="foreignkey")
        table.drop_column("customer_inn")
        table.drop_column("customer_id")
    with op.batch_alter_table("memberships") as table:
        table.drop_index(op.f("ix_memberships_contract_id"))
        table.drop_index(op.f("ix_memberships_suspended_by_id"))
        table.drop_constraint(op.f("fk_memberships_suspended_by_id"), type_="foreignkey")
        table.drop_column("suspended_by_id")
    with op.batch_alter_table("contracts") as table:
        table.drop_column("handed_over_at")
        table.drop_column("terminated_on")
    op.drop_table("contract_transfers")
