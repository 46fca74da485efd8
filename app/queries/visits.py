"""Read what every page of a signed-in customer begins with: session, contract, site context.

One statement: each costs more than what it reads, and on PostgreSQL a round trip besides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.access import AccessWindow
from app.lib.prepared_select import PreparedSelect
from app.models import Account, AccountSession, Contract, Customer, Membership, Supplier
from app.queries.accounts import hash_token
from app.queries.contracts import (
    CONTRACT_ANNOUNCEMENT,
    CONTRACT_COLUMNS,
    SITE_COLUMNS,
    SiteContext,
    VisibleContract,
    contract_from,
    site_context_from,
)
from app.queries.events.customer import UNREAD_COUNT
from app.queries.memberships import is_current, is_readable
from app.queries.second_factors import has_what_is_required


@dataclass(frozen=True, slots=True)
class Visit:
    """A live session, and what its page shows around the content.

    Attributes:
        contract_count: how many contracts the account may open.
        contract: the one that was asked for; None: none was, or the account may not open it.
        unread_events: of that contract, ``MAX_UNREAD`` at most.
    """

    session_id: int
    account_id: int
    last_seen_at: datetime
    created_at: datetime
    contract_count: int
    contract: VisibleContract | None
    site: SiteContext
    unread_events: int


_IS_CURRENT = is_current(bindparam("today", type_=Contract.valid_to.type))
_MAY_READ = and_(_IS_CURRENT, is_readable(bindparam("oldest_end", type_=Contract.valid_to.type)))
_COUNT = (
    select(func.count())
    .select_from(Membership)
    .join(Contract, Contract.id == Membership.contract_id)
    .where(Membership.account_id == AccountSession.account_id, _MAY_READ)
    .correlate(AccountSession)
    .scalar_subquery()
)
_SUPPLIER_ID = (
    select(func.min(Supplier.id)).where(Supplier.withdrawn_at.is_(None)).scalar_subquery()
)
_VISIT = PreparedSelect(
    select(
        AccountSession.id,
        AccountSession.account_id,
        AccountSession.last_seen_at,
        AccountSession.created_at,
        _COUNT,
        UNREAD_COUNT,
        CONTRACT_ANNOUNCEMENT,
        *SITE_COLUMNS,
        *CONTRACT_COLUMNS,
    )
    .select_from(AccountSession)
    .join(Account, Account.id == AccountSession.account_id)
    .outerjoin(Supplier, Supplier.id == _SUPPLIER_ID)
    .outerjoin(
        Membership,
        and_(
            Membership.account_id == AccountSession.account_id,
            Membership.contract_id == bindparam("contract_id", type_=Contract.id.type),
            _IS_CURRENT,
        ),
    )
    .outerjoin(Contract, and_(Contract.id == Membership.contract_id, _MAY_READ))
    .outerjoin(Customer, Customer.id == Contract.customer_id)
    .where(
        AccountSession.token_hash == bindparam("token_hash"),
        AccountSession.ended_at.is_(None),
        AccountSession.last_seen_at > bindparam("seen_after"),
        AccountSession.created_at > bindparam("created_after"),
        Account.disabled_at.is_(None),
        has_what_is_required(AccountSession.account_id),
    )
    .limit(1)
)
_SITE = slice(7, 7 + len(SITE_COLUMNS))
_CONTRACT = slice(_SITE.stop, None)


def find_visit(
    session: Session,
    token: str,
    contract_id: int | None,
    *,
    now: datetime,
    idle: timedelta,
    longest: timedelta,
    window: AccessWindow,
) -> Visit | None:
    """Find the open session of a token, with the contract of its page and the site context.

    A session whose account has lost its last contract has ended, and one without the second factor
    that a role of the account must have since.

    Args:
        contract_id: of the page's address, where it has one.
        idle: longest time unused.
        longest: longest time in any case.
        window: contracts that ended before open nothing any more.
    """
    row = _VISIT.first(
        session,
        token_hash=hash_token(token),
        contract_id=contract_id,
        seen_after=now - idle,
        created_after=now - longest,
        oldest_end=window.oldest_end,
        today=window.today,
        now=now,
    )
    if row is None:
        return None
    session_id, account_id, last_seen_at, created_at, contract_count, *more = row[: _SITE.start]
    unread, announced = more
    if not contract_count:
        return None
    columns, site = row[_CONTRACT], site_context_from(row[_SITE])
    # Of a contract that the account may not open nothing is announced either.
    if announced and columns[0] is not None:
        site = replace(site, contract_announcement=announced)
    return Visit(
        session_id,
        account_id,
        last_seen_at,
        created_at,
        contract_count,
        None if columns[0] is None else contract_from(columns, account_id, window.today),
        site,
        unread,
    )
