"""Ready answers, notes and calls of customers, enquiries of contracts without an account.

Revision ID: 0050
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0042"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "answer_templates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("topic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["enquiry_topics.id"],
            name=op.f("fk_answer_templates_topic_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_templates")),
    )
    op.create_table(
        "customer_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("idempotency_key", sa.String(length=36), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("contract_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        *[
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_customer_notes_{column}"),
            )
            for column, table in (
                ("customer_id", "customers"),
                ("contract_id", "contracts"),
                ("staff_id", "staff"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_notes")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_customer_notes_idempotency_key")),
    )
    op.create_index(
        op.f("ix_customer_notes_customer_id_happened_at"),
        "customer_notes",
        ["customer_id", "happened_at"],
    )
    with op.batch_alter_table("enquiries") as table:
        table.alter_column("account_id", existing_type=KEY, nullable=True)


def downgrade():
    with op.batch_alter_table("enquiries") as table:
        table.alter_column("account_id", existing_type=KEY, nullable=False)
    op.drop_table("customer_notes")
    op.drop_table("answer_templates")
