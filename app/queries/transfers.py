"""Reads of contracts that changed hands, for staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import NotFoundError
from app.domain.registration import State
from app.models import Account, Contract, ContractTransfer, Customer, Membership, Registration


@dataclass(frozen=True, slots=True)
class TransferCase:
    """What a clerk decides about one contract: all its changes since the last decision.

    Attributes:
        transfers: oldest first; people of the first one's former customer wait.
        customer: who has the contract now.
    """

    contract: Contract
    customer: Customer
    transfers: tuple[ContractTransfer, ...]

    @property
    def first(self) -> ContractTransfer:
        return self.transfers[0]

    @property
    def last(self) -> ContractTransfer:
        return self.transfers[-1]

    @property
    def has_same_inn(self) -> bool:
        """Whether the ИНН is what it was: billing has only re-keyed its customers."""
        return self.first.former_inn == self.customer.inn

    @property
    def is_back(self) -> bool:
        """Whether the contract went away and came back to the same customer."""
        return (
            len(self.transfers) > 1
            and self.first.former_customer_id == self.customer.id
            and (self.has_same_inn)
        )


_UNDECIDED = ContractTransfer.decided_at.is_(None)
_FIRST_INN = (
    select(ContractTransfer.former_inn)
    .where(ContractTransfer.contract_id == Contract.id, _UNDECIDED)
    .order_by(ContractTransfer.id)
    .limit(1)
    .scalar_subquery()
)


def count_undecided(session: Session, *, same_inn: bool = False) -> int:
    """Contracts that wait for a decision."""
    ids = _contract_ids(same_inn=same_inn).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def list_undecided(
    session: Session, offset: int = 0, limit: int = 50, *, same_inn: bool = False
) -> list[TransferCase]:
    """Contracts that wait for a decision, the longest first.

    Args:
        same_inn: only those whose customer has the ИНН that the former one had.
    """
    ids = session.scalars(_contract_ids(same_inn=same_inn).offset(offset).limit(limit)).all()
    cases = _cases(session, ids)
    return [cases[contract_id] for contract_id in ids]


def find_case(session: Session, contract_id: int) -> TransferCase | None:
    """What is to be decided about a contract, if anything."""
    return _cases(session, [contract_id]).get(contract_id)


def get_transfer(session: Session, transfer_id: int) -> ContractTransfer:
    """A change with its contract, for staff.

    Raises:
        NotFoundError: no such change.
    """
    found = session.scalars(
        select(ContractTransfer)
        .where(ContractTransfer.id == transfer_id)
        .options(
            joinedload(ContractTransfer.contract).joinedload(Contract.customer),
            joinedload(ContractTransfer.decided_by),
        )
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFoundError
    return found


def list_transfers_of(session: Session, contract_id: int) -> Sequence[ContractTransfer]:
    """All changes of a contract, the newest first."""
    return session.scalars(
        select(ContractTransfer)
        .where(ContractTransfer.contract_id == contract_id)
        .options(joinedload(ContractTransfer.decided_by))
        .order_by(ContractTransfer.id.desc())
        .execution_options(populate_existing=True)
    ).all()


def list_waiting_people(session: Session, case: TransferCase) -> Sequence[tuple[Account, str]]:
    """Accounts whose access waits for the decision, with their roles."""
    ids = [transfer.id for transfer in case.transfers]
    rows = session.execute(
        select(Account, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.suspended_by_id.in_(ids), Membership.revoked_at.is_(None))
        .order_by(Membership.id)
    )
    return [(account, role) for account, role in rows]


def count_waiting_registrations(session: Session, case: TransferCase) -> int:
    """Registrations of the contract that wait as well."""
    pending = select(func.count(Registration.id)).where(
        Registration.contract_id == case.contract.id,
        Registration.state.in_((State.LINK_SENT, State.UNPROVED)),
    )
    return session.scalar(pending) or 0


def _contract_ids(*, same_inn: bool) -> Select[int]:
    statement = (
        select(ContractTransfer.contract_id)
        .join(Contract, Contract.id == ContractTransfer.contract_id)
        .where(_UNDECIDED)
        .group_by(ContractTransfer.contract_id)
        .order_by(func.min(ContractTransfer.id))
    )
    if same_inn:
        statement = statement.where(
            ContractTransfer.contract_id.in_(
                select(Contract.id)
                .join(Customer, Customer.id == Contract.customer_id)
                .where(Customer.inn == _FIRST_INN)
            )
        )
    return statement


def _cases(session: Session, contract_ids: Sequence[int]) -> dict[int, TransferCase]:
    rows = session.scalars(
        select(ContractTransfer)
        .where(ContractTransfer.contract_id.in_(contract_ids), _UNDECIDED)
        .options(joinedload(ContractTransfer.contract).joinedload(Contract.customer))
        .order_by(ContractTransfer.id)
        .execution_options(populate_existing=True)
    ).all()
    by_contract: dict[int, list[ContractTransfer]] = {}
    for transfer in rows:
        by_contract.setdefault(transfer.contract_id, []).append(transfer)
    return {
        contract_id: TransferCase(
            transfers[0].contract, transfers[0].contract.customer, tuple(transfers)
        )
        for contract_id, transfers in by_contract.items()
    }
