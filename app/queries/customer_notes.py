"""Notes on customers and calls with them, which only staff read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Contract, CustomerNote, StaffMember


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note or a call with the contract that it was written at, and its writer's name."""

    id: int
    kind: str
    happened_at: datetime
    person: str | None
    phone: str | None
    text: str
    contract_number: str
    author: str


def count_notes(session: Session, customer_id: int) -> int:
    """How many notes and calls a customer has."""
    of_customer = select(func.count()).where(CustomerNote.customer_id == customer_id)
    return session.scalar(of_customer) or 0


def list_notes(
    session: Session, customer_id: int, offset: int = 0, limit: int = 25
) -> Sequence[NoteRow]:
    """Notes and calls of a customer at all its contracts, the newest first."""
    rows = session.execute(
        select(
            CustomerNote.id,
            CustomerNote.kind,
            CustomerNote.happened_at,
            CustomerNote.person,
            CustomerNote.phone,
            CustomerNote.text,
            Contract.number,
            StaffMember.name,
        )
        .join(Contract, Contract.id == CustomerNote.contract_id)
        .join(StaffMember, StaffMember.id == CustomerNote.staff_id)
        .where(CustomerNote.customer_id == customer_id)
        .order_by(CustomerNote.happened_at.desc(), CustomerNote.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [NoteRow(*row) for row in rows]
