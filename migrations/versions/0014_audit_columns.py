"""Audit events say which kind of actor they are of and which contract they are about.

Both are filled for the events that are there; pages they name are called as the portal calls them.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
# Endpoints that events of data access name, and what they are called from now on.
PAGES = {
    "staff.billing_reconciliation": "staff.balance_checks",
    "staff.billing_reconciliation_file": "staff.balance_checks_file",
    "staff.journal": "staff.audit_log",
    "staff.team": "staff.members",
    "staff.team_member": "staff.member",
    "staff.today": "staff.dashboard",
}
KIND = """
    CASE
        WHEN import_run_id IS NOT NULL THEN 'import'
        WHEN staff_id IS NOT NULL THEN 'staff'
        WHEN address = 'cli' THEN 'command_line'
        WHEN account_id IS NOT NULL THEN 'customer'
        WHEN action LIKE 'import.%' THEN 'billing'
        WHEN action LIKE 'registration.%' AND address IS NOT NULL THEN 'visitor'
        ELSE 'system'
    END
"""
METERS = "supply_points p JOIN meters m ON m.supply_point_id = p.id"
REGISTERS = f"{METERS} JOIN registers g ON g.meter_id = m.id"
# Events of a table: where their contract is found, {number} being the key as a number, {first} the
# first number of a key of several parts.
CONTRACTS = {
    "contracts": "SELECT id FROM contracts WHERE number = subject_key",
    "enquiries": "SELECT contract_id FROM enquiries WHERE number = subject_key",
    "messages": "SELECT contract_id FROM messages WHERE id = {number}",
    "consents": "SELECT e.contract_id FROM enquiries e JOIN consents c ON c.enquiry_id = e.id"
    " WHERE c.id = {number}",
    "supply_points": "SELECT contract_id FROM supply_points WHERE external_id = subject_key",
    "charges": "SELECT contract_id FROM charges WHERE external_id = subject_key",
    "invoices": "SELECT contract_id FROM invoices WHERE external_id = subject_key",
    "payments": "SELECT contract_id FROM payments WHERE external_id = subject_key",
    "meters": f"SELECT p.contract_id FROM {METERS} WHERE m.external_id = subject_key",
    "readings": f"SELECT p.contract_id FROM {REGISTERS}"
    " JOIN readings r ON r.register_id = g.id WHERE r.external_id = subject_key",
    "monthly_balances": "SELECT id FROM contracts WHERE id = {first}",
    "charge_lines": "SELECT contract_id FROM charges WHERE id = {first}",
    "registers": f"SELECT p.contract_id FROM {METERS} WHERE m.id = {{first}}",
}
EXPRESSIONS = {
    "sqlite": {
        "number": "CAST(subject_key AS INTEGER)",
        "first": "CAST(substr(subject_key, 1, instr(subject_key, ' ')) AS INTEGER)",
    },
    "postgresql": {
        "number": "CAST(subject_key AS BIGINT)",
        "first": "CAST(split_part(subject_key, ' ', 1) AS BIGINT)",
    },
}
INDEXES = {
    # name: columns, leaves the records of imports out
    "ix_audit_events_account_id_id": (["account_id", "id"], False),
    "ix_audit_events_happened_at": (["happened_at"], False),
    "ix_audit_events_people": (["id"], True),
    "ix_audit_events_staff_id_id": (["staff_id", "id"], False),
    "ix_audit_events_subject_subject_key": (["subject", "subject_key"], False),
}
NEW_INDEXES = {
    "ix_audit_events_account_id_id": (["account_id", "id"], False),
    "ix_audit_events_action_id": (["action", "id"], True),
    "ix_audit_events_actor_kind_id": (["actor_kind", "id"], True),
    "ix_audit_events_contract_id_id": (["contract_id", "id"], False),
    "ix_audit_events_happened_at": (["happened_at"], False),
    "ix_audit_events_people": (["id"], True),
    "ix_audit_events_staff_id_id": (["staff_id", "id"], False),
    "ix_audit_events_subject_key_subject": (["subject_key", "subject"], False),
}
events = sa.table(
    "audit_events",
    sa.column("id", sa.BigInteger),
    sa.column("action", sa.String),
    sa.column("subject", sa.String),
    sa.column("subject_key", sa.String),
    sa.column("changes", sa.JSON),
)


def upgrade():
    _drop_indexes(INDEXES)
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("audit_events", sa.Column("actor_kind", sa.String(12), nullable=True))
    op.add_column("audit_events", sa.Column("contract_id", key, nullable=True))
    words = EXPRESSIONS[op.get_bind().dialect.name]
    found = "\n".join(
        f"WHEN '{table}' THEN ({query.format(**words)})" for table, query in CONTRACTS.items()
    )
    op.execute(
        f"UPDATE audit_events SET actor_kind = {KIND}, contract_id = CASE subject {found} END"
    )
    _rename_pages(PAGES)
    with op.batch_alter_table("audit_events") as batch_op:
        batch_op.alter_column("actor_kind", existing_type=sa.String(12), nullable=False)
        batch_op.create_foreign_key(
            "fk_audit_events_contract_id", "contracts", ["contract_id"], ["id"]
        )
    _create_indexes(NEW_INDEXES)


def downgrade():
    _drop_indexes(NEW_INDEXES)
    _rename_pages({new: old for old, new in PAGES.items()})
    with op.batch_alter_table("audit_events") as batch_op:
        batch_op.drop_constraint("fk_audit_events_contract_id", type_="foreignkey")
        batch_op.drop_column("contract_id")
        batch_op.drop_column("actor_kind")
    _create_indexes(INDEXES)


def _drop_indexes(indexes):
    for name in indexes:
        op.drop_index(name, table_name="audit_events")


def _create_indexes(indexes):
    for name, (columns, is_partial) in indexes.items():
        where = sa.text("import_run_id IS NULL") if is_partial else None
        op.create_index(name, "audit_events", columns, sqlite_where=where, postgresql_where=where)


def _rename_pages(names):
    """Call the pages of data access by other names, where they stand as a value and as a key."""
    connection = op.get_bind()
    last = 0
    while True:
        rows = connection.execute(
            sa.select(events)
            .where(events.c.action == "staff.looked", events.c.id > last)
            .order_by(events.c.id)
            .limit(ROWS_AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            page = names.get(row.changes.get("page"))
            if page is None:
                continue
            key = page if row.subject == "lists" else row.subject_key
            connection.execute(
                sa.update(events)
                .where(events.c.id == row.id)
                .values(changes=row.changes | {"page": page}, subject_key=key)
            )
