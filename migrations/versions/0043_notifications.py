"""Preferences of events, what is gathered for a digest, and which events were told.

Revision ID: 0043
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0033"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_SMS = sa.text("channel = 'sms'")
IS_UNTOLD = sa.text("told_at IS NULL")


def upgrade():
    with op.batch_alter_table("contract_events") as table:
        table.add_column(sa.Column("told_account_id", BIG))
        table.add_column(sa.Column("told_at", sa.DateTime(timezone=True)))
        table.create_foreign_key(
            op.f("fk_contract_events_told_account_id"), "accounts", ["told_account_id"], ["id"]
        )
    # Nobody gets a message about what is in the list already.
    op.execute("UPDATE contract_events SET told_at = created_at")
    op.create_index(
        "ix_contract_events_untold",
        "contract_events",
        ["id"],
        sqlite_where=IS_UNTOLD,
        postgresql_where=IS_UNTOLD,
    )
    with op.batch_alter_table("notification_settings") as table:
        table.add_column(sa.Column("choices", sa.JSON()))
        table.add_column(
            sa.Column("hidden_kinds", sa.String(length=300), nullable=False, server_default="")
        )
        table.add_column(sa.Column("digest_hour", sa.Integer()))
        table.add_column(sa.Column("quiet_from", sa.Integer()))
        table.add_column(sa.Column("quiet_until", sa.Integer()))
        table.add_column(sa.Column("digested_on", sa.Date()))
    with op.batch_alter_table("notification_settings") as table:
        table.alter_column("hidden_kinds", server_default=None)
    op.create_table(
        "digest_items",
        sa.Column("id", BIG, nullable=False),
        sa.Column("membership_id", BIG, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_items")),
        sa.UniqueConstraint(
            "membership_id", "event_id", name=op.f("uq_digest_items_membership_id_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_digest_items_membership_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["contract_events.id"],
            name=op.f("fk_digest_items_event_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_digest_items_event_id"), "digest_items", ["event_id"])
    op.create_index(
        "ix_messages_sms",
        "messages",
        ["contract_id", "created_at"],
        sqlite_where=IS_SMS,
        postgresql_where=IS_SMS,
    )


def downgrade():
    op.drop_index("ix_messages_sms", table_name="messages")
    op.drop_table("digest_items")
    with op.batch_alter_table("notification_settings") as table:
        for column in (
            "digested_on",
            "quiet_until",
            "quiet_from",
            "digest_hour",
            "hidden_kinds",
            "choices",
        ):
            table.drop_column(column)
    op.drop_index("ix_contract_events_untold", table_name="contract_events")
    with op.batch_alter_table("contract_events") as table:
        table.drop_constraint(op.f("fk_contract_events_told_account_id"), type_="foreignkey")
        table.drop_column("told_at")
        table.drop_column("told_account_id")
