"""Record contracts that changed hands in a batch, and end the access of their former users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Row,
    Select,
    String,
    Table,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.actions.imports.audit import write_events
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.staging import STREAMED
from app.actions.imports.transfer_capture import CONTRACTS, CUSTOMERS, FACTS, TransferCapture
from app.actions.transfers.notifications import TransferNotifications
from app.domain.access import TERMINATED
from app.domain.money import plural
from app.domain.registration import State
from app.domain.transfers import Decision
from app.models import (
    AccountSession,
    ContactChange,
    Contract,
    ContractTransfer,
    Customer,
    Membership,
    Recovery,
    Registration,
    SmsCode,
)


def record_transfers(session: Session, context: MergeContext) -> None:
    """Write a ``ContractTransfer`` for every contract that changed hands; suspend its memberships.

    Contracts that nobody has access to need no clerk. All statements are set-based.
    """
    if not _write_transfers(context, context.transfers):
        return
    _suspend(context)
    _resolve_unattended(context)
    _end_sessions_and_codes(context)
    _report(session, context)


def record_terminations(context: MergeContext) -> None:
    """Set ``terminated_on`` of contracts that became terminated, clear it of those active again.

    Billing does not always give the last day of a contract.
    """
    is_terminated = Contract.status == TERMINATED
    for condition, value in (
        (is_terminated & Contract.terminated_on.is_(None), context.now.date()),
        (~is_terminated & Contract.terminated_on.is_not(None), None),
    ):
        context.connection.execute(update(Contract).where(condition).values(terminated_on=value))


def _write_transfers(context: MergeContext, capture: TransferCapture) -> int:
    """Insert the transfers of the batch; how many there are."""
    moves = _moves(capture)
    if moves is None:
        return 0
    moved = moves.subquery("moves")
    present = Customer.__table__.alias("present")
    before = Customer.__table__.alias("before")
    former = capture.tables.get("former_customers")
    joined = (
        select()
        .select_from(Contract.__table__)
        .join(moved, moved.c.contract_id == Contract.id)
        .join(present, present.c.id == Contract.customer_id)
        .join(before, before.c.id == moved.c.former_id)
    )
    if former is not None:
        joined = joined.outerjoin(former, former.c.customer_id == moved.c.former_id)
    values: dict[str, ColumnElement[Any]] = {
        "contract_id": moved.c.contract_id,
        "import_run_id": literal(context.run_id),
        "detected_at": literal(context.now, ContractTransfer.detected_at.type),
        "former_customer_id": moved.c.former_id,
        "new_customer_id": present.c.id,
        "line": moved.c.line,
        "file": moved.c.file,
    }
    for column, name in FACTS.items():
        values[f"former_{column}"] = _before_merge(name, former, before)
    for column in ("external_id", "name", "inn", "kpp"):
        values[f"new_{column}"] = present.c[FACTS[column]]
    statement = insert(ContractTransfer).from_select(
        list(values), joined.add_columns(*values.values()).order_by(moved.c.contract_id)
    )
    result = context.connection.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount


def _before_merge(name: str, former: Table | None, before: FromClause) -> ColumnElement[Any]:
    """A customer's column as it was: captured where the merge overwrote it, else as it is."""
    if former is None:
        return before.c[name]
    return case((former.c.customer_id.is_not(None), former.c[name]), else_=before.c[name])


def _moves(capture: TransferCapture) -> Select[Any] | CompoundSelect[Any] | None:
    """SELECT of (contract_id, former_id, line, file); None: no contract changed hands.

    A contract that moved counts once, with the customer it came from, though that customer's ИНН
    may have changed as well.
    """
    moved = capture.tables.get("moved_contracts")
    renumbered = capture.tables.get("renumbered_contracts")
    parts = []
    if moved is not None:
        parts.append(select(*moved.c, literal(f"{CONTRACTS}.csv", String).label("file")))
    if renumbered is not None:
        rows = select(*renumbered.c, literal(f"{CUSTOMERS}.csv", String).label("file"))
        if moved is not None:
            rows = rows.where(renumbered.c.contract_id.not_in(select(moved.c.contract_id)))
        parts.append(rows)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else parts[0].union_all(parts[1])


def _of_run(context: MergeContext) -> ColumnElement[bool]:
    return ContractTransfer.import_run_id == context.run_id


def _suspend(context: MergeContext) -> None:
    """Suspend live memberships; one suspended by an earlier transfer waits for that decision."""
    transfer_id = (
        select(func.max(ContractTransfer.id))
        .where(ContractTransfer.contract_id == Membership.contract_id, _of_run(context))
        .scalar_subquery()
    )
    context.connection.execute(
        update(Membership)
        .where(
            # One that its owner has suspended as well: it must not come back to another customer.
            Membership.revoked_at.is_(None),
            Membership.suspended_by_id.is_(None),
            Membership.contract_id.in_(
                select(ContractTransfer.contract_id).where(_of_run(context))
            ),
        )
        .values(suspended_by_id=transfer_id)
    )


def _resolve_unattended(context: MergeContext) -> None:
    """Decide transfers of contracts that nobody has access to, nor is registering for."""
    contract_id = ContractTransfer.contract_id
    attended = exists().where(
        Membership.contract_id == contract_id, Membership.revoked_at.is_(None)
    ) | exists().where(
        Registration.contract_id == contract_id,
        Registration.state.in_((State.LINK_SENT, State.UNPROVED)),
    )
    context.connection.execute(
        update(ContractTransfer)
        .where(_of_run(context), ~attended)
        .values(decision=Decision.NOBODY, decided_at=context.now)
    )
    handed_over = select(contract_id).where(
        _of_run(context),
        ContractTransfer.decided_at.is_not(None),
        ContractTransfer.former_inn != ContractTransfer.new_inn,
    )
    context.connection.execute(
        update(Contract).where(Contract.id.in_(handed_over)).values(transferred_at=context.now)
    )


def _end_sessions_and_codes(context: MergeContext) -> None:
    """End sessions, links and codes of accounts that have lost their last contract."""
    left = Membership.__table__.alias("left_over")
    gone = (
        select(Membership.account_id)
        .join(ContractTransfer, ContractTransfer.id == Membership.suspended_by_id)
        .where(
            _of_run(context),
            ~exists().where(
                left.c.account_id == Membership.account_id,
                left.c.revoked_at.is_(None),
                left.c.suspended_by_id.is_(None),
            ),
        )
    )
    for table in (AccountSession, Recovery, ContactChange):
        context.connection.execute(
            update(table)
            .where(table.account_id.in_(gone), table.ended_at.is_(None))
            .values(ended_at=context.now)
        )
    context.connection.execute(
        update(SmsCode)
        .where(
            SmsCode.ended_at.is_(None),
            SmsCode.recovery_id.in_(select(Recovery.id).where(Recovery.account_id.in_(gone)))
            | SmsCode.contact_change_id.in_(
                select(ContactChange.id).where(ContactChange.account_id.in_(gone))
            ),
        )
        .values(ended_at=context.now)
    )


def _report(session: Session, context: MergeContext) -> None:
    """Write warnings, audit events and emails, in portions."""
    notifications = TransferNotifications(session, context.run_id, context.now)
    count = waiting = 0
    for rows in _rows(context):
        write_events(context, [_event(row) for row in rows])
        for row in rows:
            transfer: Any = row
            change = "другой customer_id" if _is_moved(row) else "другой ИНН"
            context.report.warn(
                transfer.file,
                f"договор {transfer.number} сменил потребителя: {change}",
                transfer.line,
                "customer_id" if _is_moved(row) else "inn",
            )
            notifications.add(row)
            count += 1
            waiting += transfer.decided_at is None
    notifications.send()
    phrase = plural(count, ("договор сменил", "договора сменили", "договоров сменили"))
    context.report.warn_first(
        f"{CONTRACTS}.csv",
        f"{count} {phrase} потребителя. Доступ прежних людей закрыт; ждут решения сотрудника: "
        f"{waiting}",
    )


def _is_moved(row: Row[Any]) -> bool:
    return bool(row.file == f"{CONTRACTS}.csv")


def _rows(context: MergeContext) -> Iterator[Any]:
    found = context.connection.execute(
        select(
            *ContractTransfer.__table__.c,
            Contract.number,
            Customer.email_from_billing.label("new_email"),
            Customer.phone_from_billing.label("new_phone"),
        )
        .join(Contract, Contract.id == ContractTransfer.contract_id)
        .join(Customer, Customer.id == ContractTransfer.new_customer_id)
        .where(_of_run(context))
        .order_by(ContractTransfer.file, ContractTransfer.line, ContractTransfer.id),
        execution_options=STREAMED,
    )
    yield from found.partitions()


def _event(row: Any) -> dict[str, Any]:
    changes = {
        "customer": [row.former_external_id, row.new_external_id],
        "inn": [row.former_inn, row.new_inn],
    }
    return {
        "action": "contract.transferred",
        "contract_id": row.contract_id,
        "subject": "contracts",
        "subject_key": row.number,
        "changes": {name: pair for name, pair in changes.items() if pair[0] != pair[1]},
    }
