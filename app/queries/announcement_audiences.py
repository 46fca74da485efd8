"""Find the contracts that an announcement is for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.mailings import ListFault
from app.lib.any_case import contains_in_any_case
from app.models import Contract, SupplyPoint

AT_ONCE = 500


def of_department(department_id: int) -> Select[int]:
    """Contracts of a department that billing still sends."""
    return select(Contract.id).where(
        Contract.department_id == department_id, Contract.withdrawn_at.is_(None)
    )


def of_address(text: str) -> Select[int]:
    """Contracts with a supply point whose address has this text, in any case."""
    return (
        select(SupplyPoint.contract_id)
        .join(Contract, Contract.id == SupplyPoint.contract_id)
        .where(
            Contract.withdrawn_at.is_(None),
            SupplyPoint.withdrawn_at.is_(None),
            contains_in_any_case(SupplyPoint.address, text),
        )
        .distinct()
    )


def is_any(session: Session, contracts: Select[int]) -> bool:
    """Whether a SELECT finds a contract."""
    return session.scalar(contracts.limit(1)) is not None


def find_of_points(session: Session, lines: Sequence[str]) -> tuple[list[int], list[ListFault]]:
    """Contracts of supply points by their codes of billing, and the lines that name none."""
    codes = [line.partition(";")[0].strip() for line in lines]
    wanted = sorted({code for code in codes if code})
    known: dict[str, int] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.execute(
            select(SupplyPoint.external_id, SupplyPoint.contract_id).where(
                SupplyPoint.external_id.in_(wanted[start : start + AT_ONCE]),
                SupplyPoint.withdrawn_at.is_(None),
            )
        )
        known |= {row[0]: row[1] for row in rows}
    faults = [
        ListFault("no_point", line, 1, code)
        for line, code in enumerate(codes, 1)
        if code and code not in known
    ]
    return sorted(set(known.values())), faults
