"""Write what was planned into the portal's tables, and fill those that are empty."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import delete, null, select, update
from sqlalchemy.exc import IntegrityError

from app.actions.imports.audit import write_planned_events
from app.actions.imports.file_plan import FilePlan, is_edited
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.merge_source import MergeSource
from app.actions.imports.references import check_references, count_references, report_duplicates
from app.actions.imports.staging import StagedFile
from app.lib.bare_tables import restore_table
from app.lib.database import update_statistics
from app.lib.temporary_tables import insert_selected


def merge_plans(context: MergeContext) -> None:
    """Write the plans of all files, in the order in which files refer to each other."""
    for plan in context.plans.values():
        if plan.is_fill:
            _fill(context, plan.staged)
        else:
            _merge(context, plan)
    write_planned_events(context)


def _merge(context: MergeContext, plan: FilePlan) -> None:
    target, merged = plan.target, plan.merged
    names = [c.name for c in merged.c if c.name not in ("id", "line", "is_new", "withdrawn_at")]
    if plan.changed:
        assigned: dict[str, Any] = {name: merged.c[name] for name in names}
        assigned |= {name: null() for name in ("withdrawn_at", "edited_at") if name in target.c}
        # What staff have edited since it was planned is theirs.
        change = update(target).where(
            target.c.id == merged.c.id, ~merged.c.is_new, ~is_edited(target)
        )
        context.connection.execute(change.values(assigned))
    if plan.added:
        new = select(*(merged.c[name] for name in ("id", *names))).where(merged.c.is_new)
        insert_selected(context.connection, target, ["id", *names], new)
    if plan.withdrawn:
        is_gone = target.c.id.in_(select(plan.gone.c.id))
        if "withdrawn_at" in target.c:
            hide = update(target).values(withdrawn_at=context.now)
            context.connection.execute(hide.where(is_gone, ~is_edited(target)))
        else:
            context.connection.execute(delete(target).where(is_gone))


def _fill(context: MergeContext, staged: StagedFile) -> None:
    """Fill an empty table: no comparison is needed, and what was inserted tells of faults."""
    connection, source = context.connection, MergeSource(staged)
    counts = context.report.of(staged.layout.filename)
    check = partial(check_references, connection, source, context.parents, context.report)
    update_statistics(connection, source.stage, *source.layout.key_columns)
    try:
        with connection.begin_nested():
            names = list(source.values())
            counts.added = insert_selected(connection, source.target, names, source.rows())
            restore_table(connection, source.target)
    except IntegrityError:
        counts.added = 0
        check()
        if not report_duplicates(connection, source, context.report):
            raise
        return
    counts.unchanged = staged.row_count - counts.added
    if not _has_all_references(context, source, counts.added):
        check()
    update_statistics(connection, source.target)
    context.touched.add_all(connection, source.target)


def _has_all_references(context: MergeContext, source: MergeSource, added: int) -> bool:
    """Whether every reference of the file led to a record, in a table that was empty before."""
    if added != source.staged.row_count:
        return False
    links = source.optional_links()
    count = partial(count_references, context.connection)
    return count(source.stage, [link.columns[0] for link in links]) == count(
        source.target, [link.into for link in links]
    )
