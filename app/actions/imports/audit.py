"""Plan and write the audit trail of an import: an event for each record changed or withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, insert, literal, null, select

from app.actions.imports.merge_context import MergeContext
from app.actions.imports.merge_source import MergeSource
from app.actions.imports.planned_events import COLUMNS
from app.actions.imports.staging import STREAMED
from app.domain.audit_log import ActorKind
from app.domain.period import Month
from app.lib.temporary_tables import insert_selected
from app.models import AuditEvent, Base

Changes = dict[str, list[Any]]
PARENTS = {
    "charge_lines": "charge_id",
    "meters": "supply_point_id",
    "readings": "register_id",
    "registers": "meter_id",
}
"""Column that leads from a record towards its contract, where it does not name one itself."""


def plan_change_events(
    context: MergeContext, source: MergeSource, merged: Table, names: Sequence[str]
) -> None:
    """Plan an event with values before and after for each changed record.

    Args:
        merged: the records as they will be.
        names: columns to compare.
    """
    old = source.target
    hidden = [old.c.withdrawn_at] if "withdrawn_at" in old.c else []
    rows = select(
        *_key(source),
        contract_of(old).label("of_contract"),
        *(old.c[name].label(f"old_{name}") for name in names),
        *(merged.c[name] for name in names),
        *hidden,
    ).where(old.c.id == merged.c.id, ~merged.c.is_new)

    def changes(row: Any) -> Changes:
        pairs = {name: (row[f"old_{name}"], row[name]) for name in names}
        if hidden:
            pairs["withdrawn_at"] = (row["withdrawn_at"], None)
        return {n: [_plain(was), _plain(now)] for n, (was, now) in pairs.items() if was != now}

    _plan(context, source, "import.changed", rows, changes)


def plan_withdrawal_events(context: MergeContext, source: MergeSource, gone: Table) -> None:
    """Plan an event for each record about to be hidden; copy those about to be deleted."""
    old = source.target
    is_hidden = "withdrawn_at" in old.c
    names = [] if is_hidden else [c.name for c in old.c if c.name != "id"]
    rows = select(
        *_key(source), contract_of(old).label("of_contract"), *(old.c[name] for name in names)
    ).where(old.c.id.in_(select(gone.c.id)))

    def changes(row: Any) -> Changes:
        if is_hidden:
            return {"withdrawn_at": [None, _plain(context.now)]}
        return {name: [_plain(row[name]), None] for name in names if row[name] is not None}

    _plan(context, source, "import.withdrawn", rows, changes)


def write_events(context: MergeContext, events: Sequence[dict[str, Any]]) -> None:
    """Append rows to the audit log in the import's transaction."""
    common = _common(context)
    context.connection.execute(insert(AuditEvent), [values | common for values in events])


def write_planned_events(context: MergeContext) -> None:
    """Append what was planned to the audit log, in its order."""
    planned = context.events.table
    if planned is None:
        return
    common = _common(context)
    constants = (
        literal(value, AuditEvent.__table__.c[name].type) for name, value in common.items()
    )
    rows = select(*(planned.c[name] for name in COLUMNS), *constants).order_by(planned.c.id)
    log = Base.metadata.tables[AuditEvent.__tablename__]
    insert_selected(context.connection, log, [*COLUMNS, *common], rows)


def _common(context: MergeContext) -> dict[str, Any]:
    return {
        "happened_at": context.now,
        "actor_kind": ActorKind.IMPORT,
        "import_run_id": context.run_id,
    }


def contract_of(table: Table) -> ColumnElement[Any]:
    """Expression for the id of the contract that a row of ``table`` belongs to; NULL: to none."""
    if table.name == "contracts":
        return table.c.id
    if "contract_id" in table.c:
        return table.c.contract_id
    if table.name not in PARENTS:
        return null()
    column = table.c[PARENTS[table.name]]
    (key,) = column.foreign_keys
    parent = key.column.table
    return select(contract_of(parent)).where(parent.c.id == column).scalar_subquery()


def _key(source: MergeSource) -> list[Any]:
    return [source.target.c[name].label(f"key_{name}") for name in source.layout.key]


def _plan(
    context: MergeContext,
    source: MergeSource,
    action: str,
    rows: Select[Any],
    changes: Callable[[Any], Changes],
) -> None:
    found = context.connection.execute(rows, execution_options=STREAMED)
    for portion in found.mappings().partitions():
        events = [
            {
                "action": action,
                "contract_id": row["of_contract"],
                "subject": source.layout.table,
                "subject_key": " ".join(str(row[f"key_{n}"]) for n in source.layout.key),
                "changes": changes(row),
            }
            for row in portion
        ]
        context.events.add(context.connection, events)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date | Month) else value
