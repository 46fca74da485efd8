"""Fill an empty installation with demonstration data, through the same importer as real data."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions.accounts import create_account
from app.actions.billing_import import ImportOptions, apply_import
from app.demo import DemoSummary, write_demo_package
from app.domain.errors import NotDemoError
from app.integrations.billing_files import Package
from app.models import Contract, Customer, ImportRun, Membership

DEMO_PASSWORD = "demo-2026"  # noqa: S105 - printed on purpose, and refused in production


def has_data(session: Session) -> bool:
    """Whether anything has been loaded yet."""
    return bool(session.scalar(select(func.count()).select_from(Contract)))


def load_demo(session: Session, now: datetime) -> DemoSummary:
    """Generate, import and open accounts for demonstration data.

    Args:
        now: in the supplier's zone; the data end there.

    Raises:
        NotDemoError: the database holds anything at all.
    """
    if has_data(session) or session.scalar(select(ImportRun.id).limit(1)) is not None:
        raise NotDemoError
    with tempfile.TemporaryDirectory() as folder:
        summary = write_demo_package(Path(folder), now)
        with Package(Path(folder)) as package:
            apply_import(
                session, package, ImportOptions(is_demo=True), now, lambda name, done: None
            )
    for sign_in in summary.sign_ins:
        create_account(
            session, sign_in.contract_no, sign_in.email or "demo@example.org", DEMO_PASSWORD, now
        )
    return summary


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
