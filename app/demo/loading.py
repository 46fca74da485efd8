"""Fill an empty installation with demonstration data, through the same importer as real data."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import create_account
from app.actions.imports import ImportOptions, apply_import
from app.actions.staff.members import NewStaff, create_staff
from app.demo.entries import DEMO_PASSWORD, DEMO_STAFF, has_data
from app.demo.package import write_demo_package
from app.demo.summary import DemoSummary
from app.domain.errors import NotDemoError
from app.integrations.billing_files import Package
from app.models import ImportRun


def load_demo(session: Session, now: datetime) -> DemoSummary:
    """Generate, import and open accounts for demonstration data.

    Args:
        now: in the supplier's zone; the data end there.

    Raises:
        NotDemoError: the database holds anything at all.
    """
    if has_data(session) or session.scalar(select(ImportRun.id).limit(1)) is not None:
        raise NotDemoError
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "demo")
        folder.mkdir()
        summary = write_demo_package(folder, now)
        with Package(folder) as package:
            apply_import(
                session, package, ImportOptions(is_demo=True), now, lambda name, done: None
            )
    for sign_in in summary.sign_ins:
        create_account(
            session, sign_in.contract_no, sign_in.email or "demo@example.org", DEMO_PASSWORD, now
        )
    for login, name, role in DEMO_STAFF:
        command = NewStaff(login, name, role)
        member = create_staff(session, command, DEMO_PASSWORD, now, is_final=True)
        member.totp_confirmed_at = now
    return summary
