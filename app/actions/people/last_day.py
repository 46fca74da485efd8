"""Check the last day of an access that somebody gives."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.domain.errors import PeopleError
from app.queries.contracts import VisibleContract
from app.queries.people import find_last_day


def check_last_day(
    session: Session, contract: VisibleContract, access_until: date | None, today: date
) -> None:
    """Refuse a last day that is over, or after the last day of whoever gives the access.

    Otherwise somebody with access for a week would stay by way of a second address.

    Args:
        access_until: None: without a last day.

    Raises:
        PeopleError: ``past`` or ``longer``.
    """
    if access_until is not None and access_until < today:
        raise PeopleError("past")
    longest = find_last_day(session, contract, today)
    if longest is not None and (access_until is None or access_until > longest):
        raise PeopleError("longer")
