"""Events of contracts, and how far each person has read them.

Revision ID: 0042
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0061"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment(name):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def reference(table, parent):
    column = f"{parent}_id"
    return sa.ForeignKeyConstraint(
        [column], [f"{parent}s.id"], name=op.f(f"fk_{table}_{column}")
    )


def upgrade():
    op.create_table(
        "contract_events",
        sa.Column("id", BIG, nullable=False),
        sa.Column("dedupe_key", sa.String(length=120), nullable=False),
        sa.Column("contract_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        moment("created_at"),
        sa.Column("subject_id", sa.BigInteger()),
        sa.Column("days_before", sa.Integer()),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_events")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_contract_events_dedupe_key")),
        reference("contract_events", "contract"),
    )
    op.create_index(
        op.f("ix_contract_events_contract_id_id"), "contract_events", ["contract_id", "id"]
    )
    op.create_index(op.f("ix_contract_events_created_at"), "contract_events", ["created_at"])
    op.create_table(
        "notification_settings",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("contract_id", BIG, nullable=False),
        sa.Column("seen_event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_settings")),
        sa.UniqueConstraint(
            "account_id", "contract_id", name=op.f("uq_notification_settings_account_id_contract_id")
        ),
        reference("notification_settings", "account"),
        reference("notification_settings", "contract"),
    )
    op.create_index(
        op.f("ix_notification_settings_contract_id"), "notification_settings", ["contract_id"]
    )
    op.create_table(
        "event_days",
        sa.Column("id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        moment("finished_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_days")),
        sa.UniqueConstraint("day", name=op.f("uq_event_days_day")),
    )


def downgrade():
    op.drop_table("event_days")
    op.drop_table("notification_settings")
    op.drop_table("contract_events")
