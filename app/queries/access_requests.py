"""Read requests for access, for the owner of a contract."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.models import AccessRequest
from app.queries.contracts import VisibleContract


def list_open_requests(session: Session, contract: VisibleContract) -> Sequence[AccessRequest]:
    """List the requests for access that wait for the owner, the oldest first."""
    return session.scalars(_open(contract).order_by(AccessRequest.id)).all()


def get_open_request(session: Session, contract: VisibleContract, request_id: int) -> AccessRequest:
    """A request for access that waits for the owner.

    Raises:
        NotFoundError: none, of another contract, or decided.
    """
    found = session.scalars(_open(contract).where(AccessRequest.id == request_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def find_open_contract(session: Session, request_id: int) -> int | None:
    """The id of the contract of a request that nobody has decided yet."""
    return session.scalar(
        select(AccessRequest.contract_id).where(
            AccessRequest.id == request_id, AccessRequest.decided_at.is_(None)
        )
    )


def _open(contract: VisibleContract) -> Select[AccessRequest]:
    """Those of before the present customer are nobody's."""
    return select(AccessRequest).where(
        AccessRequest.contract_id == contract.id,
        AccessRequest.decided_at.is_(None),
        AccessRequest.created_at >= contract.shown_since,
    )
