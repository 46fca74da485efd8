"""People of a contract: invitations, access with a term or suspended, sign-in by email.

Revision ID: 0030
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment(name, *, nullable=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("login_email", sa.String(length=254)))
        table.create_unique_constraint(op.f("uq_accounts_login_email"), ["login_email"])
    with op.batch_alter_table("memberships") as table:
        table.add_column(moment("paused_at", nullable=True))
        table.add_column(sa.Column("access_until", sa.Date()))
        table.add_column(sa.Column("note", sa.String(length=200)))
        table.add_column(sa.Column("invited_by_id", BIG))
        table.create_foreign_key(
            op.f("fk_memberships_invited_by_id"), "accounts", ["invited_by_id"], ["id"]
        )
    op.create_table(
        "invitations",
        sa.Column("id", BIG, nullable=False),
        sa.Column("nonce", sa.String(length=22), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("access_until", sa.Date()),
        sa.Column("note", sa.String(length=200)),
        sa.Column("invited_by_id", BIG, nullable=False),
        moment("created_at"),
        moment("expires_at"),
        moment("accepted_at", nullable=True),
        moment("withdrawn_at", nullable=True),
        sa.Column("account_id", BIG),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["accounts.id"], name=op.f("fk_invitations_invited_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_invitations_account_id")
        ),
    )
    for column in ("email", "invited_by_id", "account_id"):
        op.create_index(op.f(f"ix_invitations_{column}"), "invitations", [column])
    op.create_table(
        "invitation_contracts",
        sa.Column("invitation_id", BIG, nullable=False),
        sa.Column("contract_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint(
            "invitation_id", "contract_id", name=op.f("pk_invitation_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_invitation_contracts_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_invitation_contracts_contract_id")
        ),
    )
    op.create_index(
        op.f("ix_invitation_contracts_contract_id"), "invitation_contracts", ["contract_id"]
    )


def downgrade():
    op.drop_table("invitation_contracts")
    op.drop_table("invitations")
    # An older version knows neither a last day nor a suspended access: it must not grant either.
    op.execute(
        "UPDATE memberships SET revoked_at = CURRENT_TIMESTAMP WHERE revoked_at IS NULL"
        " AND (paused_at IS NOT NULL OR access_until IS NOT NULL)"
    )
    with op.batch_alter_table("memberships") as table:
        table.drop_constraint(op.f("fk_memberships_invited_by_id"), type_="foreignkey")
        for column in ("invited_by_id", "note", "access_until", "paused_at"):
            table.drop_column(column)
    # Whoever signed in with an address only has no sign-in any more.
    op.execute(
        "UPDATE memberships SET revoked_at = CURRENT_TIMESTAMP WHERE role = 'director'"
        " AND revoked_at IS NULL"
    )
    with op.batch_alter_table("accounts") as table:
        table.drop_constraint(op.f("uq_accounts_login_email"), type_="unique")
        table.drop_column("login_email")
