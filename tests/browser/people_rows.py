"""Rows of people and invitations that a state of a page needs, made on the running portal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.lib.signed_links import Purpose
from app.models import (
    Account,
    Contract,
    Invitation,
    InvitationContract,
    InvitationPoint,
    Membership,
    MembershipPoint,
    SupplyPoint,
)
from tests.browser.live import Site
from tests.browser.state_rows import HOSTILE_TEXT, debtor
from tests.conftest import NOW


def person(page: str, **values: Any) -> Callable[[Site], str]:
    """A page of somebody who was invited to the debtor's contract."""

    def path(site: Site) -> str:
        with site.session() as session:
            account = Account(
                email="irina.belova@example.org",
                email_confirmed_at=NOW,
                person_name="Ирина Белова",
                password_hash="",
                created_at=NOW,
                disabled_at=values.get("disabled_at"),
            )
            session.add(account)
            session.flush()
            membership = Membership(
                account_id=account.id,
                contract_id=_contract_id(session, site),
                role=values.get("role", "accountant"),
                created_at=NOW,
                access_until=values.get("access_until"),
                paused_at=values.get("paused_at"),
                is_limited=bool(values.get("is_limited")),
                note=HOSTILE_TEXT[:200] if values.get("is_hostile") else None,
            )
            session.add(membership)
            session.flush()
            if membership.is_limited:
                point_id = _point_id(session, membership.contract_id)
                session.add(MembershipPoint(membership_id=membership.id, supply_point_id=point_id))
            session.commit()
            return f"/people{page}".format(id=membership.id)

    return path


def blocked(page: str) -> Callable[[Site], str]:
    """As ``person``, whom the supplier has blocked."""
    return person(page, disabled_at=NOW, access_until=date(2026, 12, 31), is_hostile=True)


def invitation(**values: Any) -> Callable[[Site], str]:
    """The page of an invitation's link."""

    def path(site: Site) -> str:
        with site.session() as session:
            contract_id = _contract_id(session, site)
            owner_id = session.scalars(
                select(Membership.account_id).where(
                    Membership.contract_id == contract_id, Membership.role == "owner"
                )
            ).one()
            row = Invitation(
                nonce="nonce",
                email="irina.belova@example.org",
                person_name="Ирина Белова",
                role="accountant",
                access_until=date(2026, 12, 31),
                invited_by_id=owner_id,
                created_at=NOW,
                expires_at=NOW + timedelta(days=7),
                **values,
            )
            session.add(row)
            session.flush()
            session.add(InvitationContract(invitation_id=row.id, contract_id=contract_id))
            if row.is_limited:
                point_id = _point_id(session, contract_id)
                session.add(InvitationPoint(invitation_id=row.id, supply_point_id=point_id))
            session.commit()
            links = site.app.extensions["transports"].links
            return f"/invitations/{links.sign(Purpose.INVITATION, row.id, 'nonce')}"

    return path


def _contract_id(session: Session, site: Site) -> int:
    return session.scalars(select(Contract.id).filter_by(number=debtor(site))).one()


def _point_id(session: Session, contract_id: int) -> int:
    points = select(SupplyPoint.id).where(SupplyPoint.contract_id == contract_id)
    return session.scalars(points.order_by(SupplyPoint.id)).first() or 0
