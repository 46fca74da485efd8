"""The job worker gives signs of life; outages of delivery and results of health checks are stored.

Revision ID: 0020
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None


def key():
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def moment(name, *, nullable=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    op.create_table(
        "worker_heartbeats",
        key(),
        sa.Column("machine", sa.String(length=60), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        moment("started_at"),
        moment("seen_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_heartbeats")),
        sa.UniqueConstraint("machine", "pid", name=op.f("uq_worker_heartbeats_machine_pid")),
    )
    op.create_table(
        "delivery_outages",
        key(),
        sa.Column("channel", sa.String(length=4), nullable=False),
        moment("since"),
        moment("failed_at"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_outages")),
        sa.UniqueConstraint("channel", name=op.f("uq_delivery_outages_channel")),
    )
    op.create_table(
        "health_alerts",
        key(),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("machine", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("advice", sa.String(), nullable=False),
        moment("checked_at"),
        moment("alerted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_alerts")),
        sa.UniqueConstraint("key", "machine", name=op.f("uq_health_alerts_key_machine")),
    )


def downgrade():
    op.drop_table("health_alerts")
    op.drop_table("delivery_outages")
    op.drop_table("worker_heartbeats")
