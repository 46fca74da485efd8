"""Write down notes on a customer and calls with one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.customer_notes import NoteKind
from app.lib.database import insert_or_ignore
from app.models import Contract, CustomerNote


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note or a call as its form holds it; ``phone`` is E.164."""

    idempotency_key: str
    kind: NoteKind
    happened_at: datetime
    text: str
    person: str = ""
    phone: str = ""


def write_customer_note(
    session: Session, contract: Contract, staff_id: int, note: NewNote, now: datetime
) -> bool:
    """Store a note once for its form; whether it is new. The audit log has no text of it."""
    note_id = insert_or_ignore(
        session,
        CustomerNote,
        idempotency_key=note.idempotency_key,
        customer_id=contract.customer_id,
        contract_id=contract.id,
        kind=note.kind,
        happened_at=note.happened_at,
        person=note.person or None,
        phone=note.phone or None,
        text=note.text,
        staff_id=staff_id,
        written_at=now,
    )
    if note_id:
        record(
            session,
            "customer_note.added",
            None,
            "customer_notes",
            contract.number,
            now,
            contract_id=contract.id,
            kind=str(note.kind),
        )
    return bool(note_id)
