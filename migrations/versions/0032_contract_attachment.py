"""Contracts are attached to an account; access is asked for.

Revision ID: 0032
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0053"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "access_requests",
        sa.Column("id", BIG, nullable=False),
        sa.Column("contract_id", BIG, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("person_name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("is_granted", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_access_requests_contract_id")
        ),
    )
    is_open = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_access_requests_open",
        "access_requests",
        ["contract_id", "email"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    with op.batch_alter_table("registrations") as table:
        table.add_column(sa.Column("attach_to_id", BIG))
        table.create_foreign_key(
            op.f("fk_registrations_attach_to_id"), "accounts", ["attach_to_id"], ["id"]
        )
        table.create_index(op.f("ix_registrations_attach_to_id"), ["attach_to_id"])
    with op.batch_alter_table("consents") as table:
        table.add_column(sa.Column("access_request_id", BIG))
        table.create_foreign_key(
            op.f("fk_consents_access_request_id"),
            "access_requests",
            ["access_request_id"],
            ["id"],
        )
        table.create_index(op.f("ix_consents_access_request_id"), ["access_request_id"])


def downgrade():
    # An older version would take what waits for a registration and open an account by it.
    op.execute(
        "UPDATE registrations SET state = 'superseded' WHERE attach_to_id IS NOT NULL"
        " AND state IN ('draft', 'link_sent', 'unproved')"
    )
    op.execute("DELETE FROM consents WHERE access_request_id IS NOT NULL")
    with op.batch_alter_table("consents") as table:
        table.drop_index(op.f("ix_consents_access_request_id"))
        table.drop_constraint(op.f("fk_consents_access_request_id"), type_="foreignkey")
        table.drop_column("access_request_id")
    with op.batch_alter_table("registrations") as table:
        table.drop_index(op.f("ix_registrations_attach_to_id"))
        table.drop_constraint(op.f("fk_registrations_attach_to_id"), type_="foreignkey")
        table.drop_column("attach_to_id")
    op.drop_table("access_requests")
