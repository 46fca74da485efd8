"""Mailings that states of pages need, made on the running portal."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from app.models import Mailing, MailingRecipient, Membership, Message, StaffMember
from tests.browser import state_rows
from tests.browser.live import HOSTILE, HOSTILE_NUMBER, Site
from tests.conftest import NOW

TEXT = "По договору {договор} просрочено {просрочено}.\n\nОплатите, пожалуйста."


def mailing(site: Site, status: str = "done") -> int:
    """A mailing to an ordinary customer and a hostile one; the id of the mailing."""
    with site.session() as session:
        row = Mailing(
            idempotency_key=str(uuid.uuid4()),
            status=status,
            tries=1,
            audience="debtors",
            criteria={"amount": "1000", "days": 30, "department": HOSTILE[4]},
            subject=HOSTILE[0] + HOSTILE[3],
            text=TEXT,
            sms_text="Долг {просрочено}",
            staff_id=session.scalars(select(StaffMember.id)).first(),
            created_at=NOW,
        )
        session.add(row)
        session.flush()
        for number in (state_rows.debtor(site), HOSTILE_NUMBER):
            _recipient(session, site.ids[number], row)
        session.commit()
        return row.id


def draft(site: Site) -> int:
    """One that nobody has started."""
    return mailing(site, "draft")


def opened(site: Site) -> str:
    """The page of a message that the debtor has opened."""
    return _page(site, is_opened=True)


def unopened(site: Site) -> str:
    """The page of a message that the debtor has not opened."""
    return _page(site, is_opened=False)


def _page(site: Site, *, is_opened: bool) -> str:
    mailing_id = mailing(site)
    contract_id = site.ids[state_rows.debtor(site)]
    with site.session() as session:
        of_contract = MailingRecipient.contract_id == contract_id
        rows = select(MailingRecipient).where(
            of_contract, MailingRecipient.mailing_id == mailing_id
        )
        row = session.scalars(rows).one()
        row.opened_at = NOW if is_opened else None
        session.commit()
        return f"/inbox/{row.id}"


def _recipient(session, contract_id: int, row: Mailing) -> None:
    account_id = session.scalars(
        select(Membership.account_id).where(
            Membership.contract_id == contract_id, Membership.role == "owner"
        )
    ).first()
    message = Message(
        dedupe_key=f"mailing:{row.id}:{contract_id}",
        kind="mailing",
        channel="mail",
        recipient="buh@example.org",
        subject=HOSTILE[0],
        text="\n\n".join(HOSTILE),
        status="sent",
        is_interactive=False,
        tries=1,
        created_at=NOW,
        sent_at=NOW,
        last_error=HOSTILE[2],
        contract_id=contract_id,
    )
    is_draft = row.status == "draft"
    if not is_draft:
        session.add(message)
        session.flush()
    session.add(
        MailingRecipient(
            mailing_id=row.id,
            contract_id=contract_id,
            account_id=account_id,
            overdue_amount=Decimal("123456789.12"),
            overdue_since=date(2026, 9, 20),
            state="chosen" if is_draft else "queued",
            message_id=None if is_draft else message.id,
        )
    )
