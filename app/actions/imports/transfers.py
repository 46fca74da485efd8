"""Record contracts that changed hands in a batch, and close them to their former people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    String,
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
from app.actions.imports.transfer_capture import CONTRACTS, CUSTOMERS, TransferCapture
from app.actions.transfers.notifications import TransferNotices
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
from app.queries.memberships import is_live

ROWS_AT_ONCE = 1000


def record_transfers(session: Session, context: MergeContext) -> None:
    """Write a ``ContractTransfer`` for every contract that changed hands, and shut out its people.

    Contracts that nobody has access to need no clerk. All statements work on whole sets.
    """
    if not _write_transfers(context, context.transfers):
        return
    _suspend(context)
    _resolve_unattended(context)
    _end_what_is_open(context)
    _report(session, context)


def record_terminations(context: MergeContext) -> None:
    """Remember since when contracts are terminated, for those to which billing gives no last day;
    a contract that is active again starts anew."""
    is_terminated = Contract.status == TERMINATED
    for condition, value in (
        (is_terminated & Contract.terminated_on.is_(None), context.now.date()),
        (~is_terminated & Contract.terminated_on.is_not(None), None),
    ):
        context.connection.execute(update(Contract).where(condition).values(terminated_on=value))


def _write_transfers(context: MergeContext, watch: TransferCapture) -> int:
    moves = _moves(watch)
    if moves is None:
        return 0
    found = moves.subquery("moves")
    present = Customer.__table__.alias("present")
    before = Customer.__table__.alias("before")
    former = watch.tables.get("former_customers")
    source = (
        select()
        .select_from(Contract.__table__)
        .join(found, found.c.contract_id == Contract.id)
        .join(present, present.c.id == Contract.customer_id)
        .join(before, before.c.id == found.c.former_id)
    )
    if former is not None:
        source = source.outerjoin(former, former.c.customer_id == found.c.former_id)

    def old(name: str) -> ColumnElement[Any]:
        if former is None:
            return before.c[name]
        return case((former.c.customer_id.is_not(None), former.c[name]), else_=before.c[name])

    values: dict[str, ColumnElement[Any]] = {
        "contract_id": found.c.contract_id,
        "import_run_id": literal(context.run_id),
        "detected_at": literal(context.now, ContractTransfer.detected_at.type),
        "former_customer_id": found.c.former_id,
        "former_external_id": old("external_id"),
        "former_name": old("full_name"),
        "former_inn": old("inn"),
        "former_kpp": old("kpp"),
        "former_email": old("email_from_billing"),
        "former_phone": old("phone_from_billing"),
        "new_customer_id": present.c.id,
        "new_external_id": present.c.external_id,
        "new_name": present.c.full_name,
        "new_inn": present.c.inn,
        "new_kpp": present.c.kpp,
        "line": found.c.line,
        "file": found.c.file,
    }
    statement = insert(ContractTransfer).from_select(
        list(values), source.add_columns(*values.values()).order_by(found.c.contract_id)
    )
    result = context.connection.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount


def _moves(watch: TransferCapture) -> Select[Any] | CompoundSelect[Any] | None:
    """(contract_id, former_id, line, file); a contract that moved counts once, with the customer it
    came from, though that one's ИНН may have changed as well."""
    moved = watch.tables.get("moved_contracts")
    renumbered = watch.tables.get("renumbered_contracts")
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
    """Memberships that opened the contracts until now; those that wait for a clerk since an earlier
    change keep waiting for the same decision."""
    transfer_id = (
        select(func.max(ContractTransfer.id))
        .where(ContractTransfer.contract_id == Membership.contract_id, _of_run(context))
        .scalar_subquery()
    )
    context.connection.execute(
        update(Membership)
        .where(
            is_live(),
            Membership.contract_id.in_(
                select(ContractTransfer.contract_id).where(_of_run(context))
            ),
        )
        .values(suspended_by_id=transfer_id)
    )


def _resolve_unattended(context: MergeContext) -> None:
    """Where nobody has access and nobody is on the way to it there is nothing to decide."""
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


def _end_what_is_open(context: MergeContext) -> None:
    """Accounts that have lost their last contract: their sessions, links and codes are over."""
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
    """Warnings, lines of the audit log, and emails; read in portions."""
    notices = TransferNotices(session, context.run_id, context.now)
    count = waiting = 0
    for rows in _rows(context):
        write_events(context, [_event(context, row) for row in rows])
        for row in rows:
            transfer: Any = row
            what = "другой customer_id" if _is_moved(row) else "другой ИНН"
            context.report.warn(
                transfer.file,
                f"договор {transfer.number} сменил потребителя: {what}",
                transfer.line,
                "customer_id" if _is_moved(row) else "inn",
            )
            notices.add(row)
            count += 1
            waiting += transfer.decided_at is None
    notices.send()
    words = plural(count, ("договор сменил", "договора сменили", "договоров сменили"))
    context.report.warn_first(
        f"{CONTRACTS}.csv",
        f"{count} {words} потребителя. Доступ прежних людей закрыт; ждут решения сотрудника: "
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
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    yield from found.partitions()


def _event(context: MergeContext, row: Any) -> dict[str, Any]:
    changes = {
        "customer": [row.former_external_id, row.new_external_id],
        "inn": [row.former_inn, row.new_inn],
    }
    return {
        "happened_at": context.now,
        "action": "contract.transferred",
        "import_run_id": context.run_id,
        "subject": "contracts",
        "subject_key": row.number,
        "changes": {name: pair for name, pair in changes.items() if pair[0] != pair[1]},
    }
