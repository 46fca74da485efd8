"""Find what an import has brought that people are told of: invoices, documents, payments.

The rows that the plan has added are read once more, as they are in their tables now. Files that
fill an empty table bring history, not news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.actions.events.recording import record_accepted_readings, record_events
from app.actions.imports.file_plan import FilePlan
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.staging import STREAMED
from app.domain.access import Permission
from app.domain.events import NEWS_FOR, EventKind, NewEvent
from app.domain.turnover import EntryKind
from app.models import Charge, ContractEvent, Invoice, Payment, SubmittedReading
from app.queries.events.visibility import has_reader


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows of a table that events are made of.

    Attributes:
        on: the business date of a row.
        columns: what ``describe`` gets.
        kinds: of the events that a row may become.
        with_changed: a row that was changed counts, too: a payment may find its contract late.
    """

    model: Any
    on: InstrumentedAttribute[date]
    columns: tuple[Any, ...]
    kinds: tuple[EventKind, ...]
    describe: Callable[..., tuple[EventKind, dict[str, Any]]]
    with_changed: bool = False


def _describe_invoice(
    number: str, due_on: date, amount: Any, issued_on: date
) -> tuple[EventKind, dict[str, Any]]:
    facts = {"number": number, "due_on": due_on.isoformat(), "issued_on": issued_on.isoformat()}
    return EventKind.INVOICE, facts | {"amount": str(amount)}


def _describe_document(
    number: str, kind: str, period: Any, amount: Any, dated_on: date
) -> tuple[EventKind, dict[str, Any]]:
    facts = {"number": number, "kind": kind, "period": str(period), "amount": str(amount)}
    event_kind = EventKind.CORRECTION if kind == EntryKind.CORRECTION else EventKind.DOCUMENT
    return event_kind, facts | {"dated_on": dated_on.isoformat()}


def _describe_payment(
    number: str | None, kind: str, amount: Any, posted_on: date
) -> tuple[EventKind, dict[str, Any]]:
    facts = {"number": number or "", "kind": kind, "amount": str(abs(amount))}
    return EventKind.PAYMENT, facts | {"posted_on": posted_on.isoformat()}


_SOURCES = (
    _Source(
        Invoice,
        Invoice.issued_on,
        (Invoice.number, Invoice.due_on, Invoice.total_amount),
        (EventKind.INVOICE,),
        _describe_invoice,
    ),
    _Source(
        Charge,
        Charge.doc_date,
        (Charge.doc_number, Charge.kind, Charge.period, Charge.gross_amount),
        (EventKind.DOCUMENT, EventKind.CORRECTION),
        _describe_document,
    ),
    _Source(
        Payment,
        Payment.posted_on,
        (Payment.doc_number, Payment.kind, Payment.amount),
        (EventKind.PAYMENT,),
        _describe_payment,
        with_changed=True,
    ),
)


def record_import_events(session: Session, context: MergeContext) -> None:
    """Store the events of a merged batch, and delete those of what it has withdrawn."""
    for source in _SOURCES:
        plan = context.plans.get(source.model.__tablename__)
        if plan is None or plan.is_fill:
            continue
        if plan.withdrawn:
            _delete_withdrawn(session, source, plan)
        if plan.added or (plan.changed and source.with_changed):
            for events in _list_new(context, source, plan):
                record_events(session, events, context.now)
    record_accepted_readings(
        session,
        context.now,
        SubmittedReading.acknowledged_at == context.now,
        SubmittedReading.decided_at == context.now,
    )


def _list_new(context: MergeContext, source: _Source, plan: FilePlan) -> Iterator[list[NewEvent]]:
    statement = _select_new(context, source, plan)
    found = context.connection.execute(statement, execution_options=STREAMED)
    for rows in found.partitions():
        events = []
        for row_id, contract_id, *values, on in rows:
            kind, facts = source.describe(*values, on)
            events.append(NewEvent(kind, contract_id, str(row_id), on, row_id, facts=facts))
        yield events


def _select_new(context: MergeContext, source: _Source, plan: FilePlan) -> Select[*tuple[Any, ...]]:
    model, today = source.model, context.now.date()
    merged = select(plan.merged.c.id)
    if not source.with_changed:
        merged = merged.where(plan.merged.c.is_new)
    return (
        select(model.id, model.contract_id, *source.columns, source.on)
        .where(
            model.id.in_(merged),
            model.withdrawn_at.is_(None),
            source.on >= today - NEWS_FOR,
            has_reader(Permission.SEE_MONEY, model.contract_id, source.on, today),
        )
        .order_by(model.contract_id, model.id)
    )


def _delete_withdrawn(session: Session, source: _Source, plan: FilePlan) -> None:
    """Nobody is to be led to what is not there any more."""
    model = source.model
    gone = select(plan.gone.c.id)
    contracts = select(model.contract_id).where(model.id.in_(gone), model.contract_id.is_not(None))
    session.execute(
        delete(ContractEvent)
        .where(
            ContractEvent.contract_id.in_(contracts),
            ContractEvent.kind.in_(source.kinds),
            ContractEvent.subject_id.in_(gone),
        )
        .execution_options(synchronize_session=False)
    )
