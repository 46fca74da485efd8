"""Choose the contracts of a mailing out of all of them, by a few statements for the whole table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.domain.access import TERMINATED, Role
from app.domain.mailings import ChosenContract, ListedNumber, ListFault, sum_overdue
from app.domain.period import Month
from app.domain.snapshot_texts import FORMAT, read_unpaid
from app.models import (
    Account,
    Contract,
    Membership,
    Meter,
    OpenItemSnapshot,
    Reading,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.memberships import is_current
from app.queries.readings.known_readings import is_billed_reading, is_live
from app.queries.readings.meters import DIRECTION

AT_ONCE = 500


def choose_debtors(
    session: Session, amount: Decimal, days: int, department_id: int | None, today: date
) -> list[ChosenContract]:
    """Contracts that have owed at least an amount for at least some days, by number.

    What a contract owes is what its stored row says, as its customer reads it; contracts whose row
    is still to be made are not found (``count_contracts_without``). Terminated ones owe as well.
    """
    snapshot = OpenItemSnapshot
    statement = (
        select(Contract.id, snapshot.unpaid)
        .join(snapshot, snapshot.contract_id == Contract.id)
        .where(
            Contract.withdrawn_at.is_(None),
            snapshot.format == FORMAT,
            snapshot.valid_from <= today,
            snapshot.valid_to >= today,
            snapshot.unpaid != "[]",
            *_of_department(department_id),
        )
        .order_by(Contract.number)
    )
    found = []
    for contract_id, unpaid in session.execute(statement):
        overdue, since = sum_overdue(read_unpaid(unpaid), today, days)
        if overdue >= amount and overdue > 0:
            found.append(ChosenContract(contract_id, overdue, since))
    return found


def choose_without_readings(
    session: Session, month: Month, department_id: int | None, today: date
) -> list[ChosenContract]:
    """Contracts of which some register has no reading of a month, by number.

    Asked for are registers of meters in place at points that customers read themselves.
    """
    is_submitted = exists().where(
        SubmittedReading.register_id == Register.id, SubmittedReading.period == month, is_live()
    )
    is_billed = exists().where(
        Reading.register_id == Register.id, Reading.period == month, is_billed_reading()
    )
    is_open = and_(
        SupplyPoint.withdrawn_at.is_(None),
        SupplyPoint.is_automatic.is_(False),
        or_(SupplyPoint.valid_to.is_(None), SupplyPoint.valid_to >= month.first),
        Meter.withdrawn_at.is_(None),
        or_(Meter.removed_on.is_(None), Meter.removed_on > today),
        Register.withdrawn_at.is_(None),
        Register.direction == DIRECTION,
    )
    missing = (
        select(SupplyPoint.contract_id)
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .join(Register, Register.meter_id == Meter.id)
        .where(is_open, ~is_submitted, ~is_billed)
    )
    contracts = (
        select(Contract.id)
        .where(
            Contract.withdrawn_at.is_(None),
            Contract.status != TERMINATED,
            Contract.id.in_(missing),
            *_of_department(department_id),
        )
        .order_by(Contract.number)
    )
    return [ChosenContract(contract_id) for contract_id in session.scalars(contracts)]


def choose_listed(
    session: Session, numbers: Sequence[ListedNumber]
) -> tuple[list[ChosenContract], list[ListFault]]:
    """Contracts that a list names, in its order, and the places that name none or several."""
    known: dict[str, list[int]] = {}
    for start in range(0, len(numbers), AT_ONCE):
        keys = [number.number_key for number in numbers[start : start + AT_ONCE]]
        rows = session.execute(
            select(Contract.number_key, Contract.id).where(
                Contract.number_key.in_(keys), Contract.withdrawn_at.is_(None)
            )
        )
        for key, contract_id in rows:
            known.setdefault(key, []).append(contract_id)
    chosen, faults = [], []
    for number in numbers:
        ids = known.get(number.number_key, [])
        if len(ids) == 1:
            amount, day = number.overdue_amount, number.restrict_on
            chosen.append(ChosenContract(ids[0], amount, restrict_on=day))
        else:
            code = "many" if ids else "unknown"
            faults.append(ListFault(code, number.line, number.column, number.typed))
    return chosen, faults


def list_owners(session: Session, contract_ids: Sequence[int], today: date) -> dict[int, Account]:
    """Owners of contracts who have confirmed an address or a number, by contract."""
    found: dict[int, Account] = {}
    for start in range(0, len(contract_ids), AT_ONCE):
        rows = session.execute(
            select(Membership.contract_id, Account)
            .join(Account, Account.id == Membership.account_id)
            .where(
                Membership.contract_id.in_(contract_ids[start : start + AT_ONCE]),
                Membership.role == Role.OWNER,
                is_current(today),
                Account.disabled_at.is_(None),
                or_(
                    Account.email_confirmed_at.is_not(None),
                    Account.phone_confirmed_at.is_not(None),
                ),
            )
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def _of_department(department_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if department_id is None else (Contract.department_id == department_id,)
