"""List contracts whose customer has no readable contact in the billing data.

Nobody can be notified there of a registration, a new password or a debt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.contacts import has_only_plain_contacts, read_billing_contacts
from app.models import Contract, Customer

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ContactGap:
    """A contract without a readable contact, and what billing has in the two fields."""

    contract_id: int
    number: str
    customer_name: str
    email: str
    phone: str


def list_contact_gaps(session: Session) -> list[ContactGap]:
    """List active contracts without a readable contact, by number."""
    return list(_gaps(session))


def _gaps(session: Session) -> Iterator[ContactGap]:
    rows = session.execute(
        select(
            Contract.id,
            Contract.number,
            func.coalesce(Customer.short_name, Customer.full_name),
            Customer.email_from_billing,
            Customer.phone_from_billing,
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.withdrawn_at.is_(None), Contract.status == "active")
        .order_by(Contract.number)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for contract_id, number, name, email, phone in rows:
        if (email or phone) and has_only_plain_contacts(email, phone):
            continue
        if read_billing_contacts(email, phone).is_empty:
            yield ContactGap(contract_id, number, name, email or "", phone or "")
