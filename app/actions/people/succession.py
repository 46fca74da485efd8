"""Hand the place of a contract's owner on, so that somebody is left who decides."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.actions.events.access import record_access_event
from app.domain.access import Role
from app.models import Account, Contract, Membership
from app.queries.memberships import is_current


def lock_people(session: Session, contract_id: int) -> None:
    """Lock the people of a contract until the commit; to be called before they are read.

    Two who decide at once come one after the other: on SQLite only a write makes others wait, on
    PostgreSQL it locks the rows.
    """
    session.execute(
        update(Membership)
        .where(Membership.contract_id == contract_id)
        .values(contract_id=contract_id)
        .execution_options(synchronize_session=False)
    )


def promote_successor(
    session: Session, contract_id: int, actor_id: int, today: date, now: datetime
) -> bool:
    """Give the free place of the owner to the director with the oldest access, if there is one.

    Whoever has no last day comes first. Nobody whom the supplier has blocked becomes owner: they
    could not decide anything. The contract number is a login of the new owner from now on, with
    their own password.
    """
    session.flush()
    successor = session.scalars(
        select(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.contract_id == contract_id,
            Membership.role == Role.DIRECTOR,
            is_current(today),
            Account.disabled_at.is_(None),
        )
        .order_by(Membership.access_until.is_not(None), Membership.created_at, Membership.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()
    if successor is None:
        return False
    successor.role, successor.access_until = Role.OWNER, None
    session.flush()
    number = session.get_one(Contract, contract_id).number
    record(
        session,
        "access.succeeded",
        actor_id,
        "contracts",
        number,
        now,
        contract_id=contract_id,
        account=successor.account_id,
    )
    record_access_event(session, successor, "succeeded", now, actor_id)
    return True
