"""A consent given with an enquiry ends when the enquiry is deleted.

Revision ID: 0040
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("consents", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("consents", "ended_at")
