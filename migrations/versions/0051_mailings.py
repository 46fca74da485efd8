"""Mailings to a chosen list of contracts.

Revision ID: 0051
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "mailings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("idempotency_key", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=120), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sms_text", sa.String(length=300), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_mailings_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailings")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_mailings_idempotency_key")),
    )
    op.create_index(op.f("ix_mailings_status_id"), "mailings", ["status", "id"])
    op.create_table(
        "mailing_recipients",
        sa.Column("id", KEY, nullable=False),
        sa.Column("mailing_id", KEY, nullable=False),
        sa.Column("contract_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("overdue_amount", sa.BigInteger(), nullable=True),
        sa.Column("overdue_since", sa.Date(), nullable=True),
        sa.Column("restrict_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message_id", KEY, nullable=True),
        sa.Column("sent_text", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.String(length=64), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=True),
        *[
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_mailing_recipients_{column}"),
                ondelete="SET NULL" if table == "messages" else None,
            )
            for column, table in (
                ("mailing_id", "mailings"),
                ("contract_id", "contracts"),
                ("account_id", "accounts"),
                ("message_id", "messages"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_recipients")),
        sa.UniqueConstraint(
            "mailing_id", "contract_id", name=op.f("uq_mailing_recipients_mailing_id_contract_id")
        ),
    )
    for columns in (["mailing_id", "state", "id"], ["account_id", "contract_id"], ["message_id"]):
        name = op.f("ix_mailing_recipients_" + "_".join(columns))
        op.create_index(name, "mailing_recipients", columns)


def downgrade():
    op.drop_table("mailing_recipients")
    op.drop_table("mailings")
