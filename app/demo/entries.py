"""How to get into a demo installation: who has an account, who could register, which clerks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.money import ZERO
from app.domain.registration import earliest_proof_day
from app.domain.staff import StaffRole
from app.models import Charge, Contract, Customer, ImportRun, Membership, StaffMember

DEMO_STAFF = (
    ("operator", "Петрова Ольга Сергеевна", StaffRole.OPERATOR),
    ("manager", "Кузнецов Игорь Львович", StaffRole.MANAGER),
    ("admin", "Админова Анна Ивановна", StaffRole.ADMIN),
)
DEMO_PASSWORD = "primerka-48"  # noqa: S105 - printed on purpose, and refused in production


def has_data(session: Session) -> bool:
    """Whether anything has been loaded yet."""
    return bool(session.scalar(select(func.count()).select_from(Contract)))


def list_demo_staff(session: Session) -> list[tuple[str, str]]:
    """(login, name) of the clerks of a demo installation; else empty."""
    if session.scalar(select(ImportRun.id).where(ImportRun.is_demo)) is None:
        return []
    logins = [login for login, _, _ in DEMO_STAFF]
    rows = session.execute(
        select(StaffMember.login, StaffMember.name)
        .where(StaffMember.login.in_(logins), StaffMember.disabled_at.is_(None))
        .order_by(StaffMember.id)
    )
    return [(login, name) for login, name in rows]


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """Somebody of the demonstration who has not registered yet, and what proves who they are."""

    number: str
    inn: str
    email: str
    phone: str
    document_total: Decimal


def find_demo_entry(session: Session, today: date) -> DemoEntry | None:
    """Whom to register in a demo installation; None where there is nobody, or it is no demo."""
    if session.scalar(select(ImportRun.id).where(ImportRun.is_demo)) is None:
        return None
    owned = select(Membership.contract_id).where(Membership.revoked_at.is_(None))
    row = session.execute(
        select(
            Contract.number,
            Customer.inn,
            Customer.email_from_billing,
            Customer.phone_from_billing,
            Charge.gross_amount,
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .join(Charge, Charge.contract_id == Contract.id)
        .where(
            Contract.status == "active",
            Contract.id.not_in(owned),
            Customer.email_from_billing.is_not(None),
            Customer.phone_from_billing.is_not(None),
            Charge.kind == "upd",
            Charge.gross_amount > ZERO,
            Charge.doc_date >= earliest_proof_day(today),
        )
        .order_by(Contract.number, Charge.doc_date.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    number, inn, email, phone, total = row
    return DemoEntry(number, inn, email or "", phone or "", total)


def list_demo_sign_ins(session: Session) -> list[tuple[str, str]]:
    """(contract number, customer) of the accounts of a demo installation; else empty."""
    if session.scalar(select(ImportRun.id).where(ImportRun.is_demo)) is None:
        return []
    rows = session.execute(
        select(Contract.number, Customer.short_name, Customer.full_name)
        .join(Membership, Membership.contract_id == Contract.id)
        .join(Customer, Customer.id == Contract.customer_id)
        .order_by(Membership.id)
    )
    return [(number, short or full) for number, short, full in rows]
