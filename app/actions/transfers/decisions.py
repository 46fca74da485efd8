"""Decide whether a contract with a new customer in billing is still the same organisation's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from app.actions.accounts.notifications import build_message_facts, notify_account
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.actions.registration.decisions import refuse_for_transfer
from app.domain.errors import RegistrationClosedError, TransferError
from app.domain.registration import PENDING, Channel
from app.domain.transfers import Decision
from app.integrations.message_templates import render_email
from app.lib.database import count_changed
from app.lib.signed_links import Purpose
from app.models import (
    Account,
    Contract,
    ContractTransfer,
    Customer,
    Membership,
    PreparedFile,
    Registration,
)
from app.queries.registrations import get_contacts_on_record
from app.queries.transfers import find_case

REASON = "У договора сменился потребитель. Новый потребитель регистрируется заново."


def decide_transfer(
    session: Session, transfer_id: int, decision: Decision, clerk: str, staff_id: int, now: datetime
) -> None:
    """Decide all changes of one contract up to the one that was read, the latest.

    Args:
        transfer_id: the latest change that the clerk has read of.

    Raises:
        TransferError: ``decided`` by somebody meanwhile, or ``changed``: billing has sent another.
    """
    contract_id = session.get_one(ContractTransfer, transfer_id).contract_id
    # One decision at a time, and none while an import is changing the customer.
    session.execute(select(Contract.id).where(Contract.id == contract_id).with_for_update())
    ids = _claim(session, contract_id, transfer_id, decision, staff_id, now)
    if decision is Decision.SAME:
        _restore(session, contract_id, ids, now)
    else:
        _revoke(session, contract_id, ids, clerk, now)
    contract = session.get_one(Contract, contract_id)
    first, last = (
        session.get_one(ContractTransfer, ids[0]),
        session.get_one(ContractTransfer, ids[-1]),
    )
    record(
        session,
        f"transfer.{decision}",
        None,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        transfers=list(ids),
        customer=[first.former_external_id, last.new_external_id],
        inn=[first.former_inn, last.new_inn],
    )


def restore_same_inn(
    session: Session, transfer_ids: Sequence[int], clerk: str, staff_id: int, now: datetime
) -> int:
    """«Та же организация» for contracts whose ИНН has stayed, all of them or none; how many.

    Raises:
        TransferError: one of them has been decided or changed meanwhile, or has another ИНН.
    """
    for transfer_id in transfer_ids:
        transfer = session.get(ContractTransfer, transfer_id, populate_existing=True)
        case = find_case(session, transfer.contract_id) if transfer else None
        if case is None or not case.has_same_inn:
            raise TransferError("decided")
        decide_transfer(session, transfer_id, Decision.SAME, clerk, staff_id, now)
    return len(transfer_ids)


def _claim(
    session: Session,
    contract_id: int,
    transfer_id: int,
    decision: Decision,
    staff_id: int,
    now: datetime,
) -> list[int]:
    """The undecided changes of the contract, decided now; of two clerks the second gets none."""
    undecided = [ContractTransfer.contract_id == contract_id, ContractTransfer.decided_at.is_(None)]
    newer = aliased(ContractTransfer)
    is_latest = ~exists().where(
        newer.contract_id == contract_id, newer.decided_at.is_(None), newer.id > transfer_id
    )
    ids = list(
        session.scalars(select(ContractTransfer.id).where(*undecided).order_by(ContractTransfer.id))
    )
    if transfer_id not in ids:
        raise TransferError("changed" if ids else "decided")
    claimed = count_changed(
        session,
        update(ContractTransfer)
        .where(*undecided, is_latest)
        .values(decision=decision, decided_at=now, decided_by_id=staff_id),
    )
    if not claimed:
        raise TransferError("changed")
    session.expire_all()
    return ids


def _restore(session: Session, contract_id: int, ids: Sequence[int], now: datetime) -> None:
    """«Та же организация»: the memberships open the contract again, and registrations go on."""
    suspended = _suspended(ids)
    accounts = session.scalars(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(suspended, Account.disabled_at.is_(None))
    ).all()
    count_changed(session, update(Membership).where(suspended).values(suspended_by_id=None))
    first = session.get_one(ContractTransfer, ids[0])
    customer = session.scalars(
        select(Customer)
        .join(Contract, Contract.customer_id == Customer.id)
        .where(Contract.id == contract_id)
    ).one()
    count_changed(
        session,
        update(Registration)
        .where(
            Registration.contract_id == contract_id,
            Registration.customer_id == first.former_customer_id,
            Registration.customer_inn == first.former_inn,
        )
        .values(customer_id=customer.id, customer_inn=customer.inn),
    )
    contract = session.get_one(Contract, contract_id)
    for account in accounts:
        notify_account(session, account, contract, "transfer_restored", str(ids[-1]), now)


def _revoke(
    session: Session, contract_id: int, ids: Sequence[int], clerk: str, now: datetime
) -> None:
    """«Другой потребитель»: the memberships end, and what the former people left is shut away."""
    former = select(Membership.account_id).where(_suspended(ids))
    count_changed(
        session,
        update(PreparedFile)
        .where(
            PreparedFile.contract_id == contract_id,
            PreparedFile.account_id.in_(former),
            PreparedFile.expires_at > now,
        )
        .values(expires_at=now),
    )
    count_changed(session, update(Membership).where(_suspended(ids)).values(revoked_at=now))
    count_changed(
        session, update(Contract).where(Contract.id == contract_id).values(transferred_at=now)
    )
    pending = session.scalars(
        select(Registration)
        .options(joinedload(Registration.contract))
        .where(Registration.contract_id == contract_id, Registration.state.in_(PENDING))
    ).all()
    for registration in pending:
        try:
            refuse_for_transfer(session, registration, clerk, REASON, now)
        except RegistrationClosedError:  # stopped by somebody at this moment
            continue
    _invite(session, contract_id, ids[-1], now)


def _invite(session: Session, contract_id: int, transfer_id: int, now: datetime) -> None:
    """The present customer may register from now on."""
    contract = session.get_one(
        Contract, contract_id, options=[joinedload(Contract.customer)], populate_existing=True
    )
    content = render_email("transfer_open", **build_message_facts(session, contract))
    for email in sorted(get_contacts_on_record(session, contract).emails):
        queue_message(
            session,
            Outgoing(
                kind="transfer_open",
                channel=Channel.MAIL,
                recipient=email,
                content=content,
                key=str(transfer_id),
                link=(Purpose.SIGN_IN, 0, ""),
                contract_id=contract_id,
            ),
            now,
        )


def _suspended(ids: Sequence[int]) -> ColumnElement[bool]:
    return Membership.suspended_by_id.in_(ids) & Membership.revoked_at.is_(None)
