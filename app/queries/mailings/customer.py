"""What the supplier has sent to the viewer by mailings, at one contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.models import MailingRecipient, Message
from app.queries.contracts import VisibleContract

_R = MailingRecipient
_HIDDEN = ("stopped", "waiting", "sending")


@dataclass(frozen=True, slots=True)
class SupplierMessage:
    """A message of a mailing; the text of an old one may have been deleted."""

    id: int
    subject: str
    written_at: datetime
    opened_at: datetime | None
    text: str


def count_messages(session: Session, contract: VisibleContract) -> int:
    """How many messages the viewer has got at a contract."""
    return session.scalar(_of(contract, func.count())) or 0


def list_messages(
    session: Session, contract: VisibleContract, offset: int = 0, limit: int = 25
) -> list[SupplierMessage]:
    """Messages to the viewer at a contract, the newest first, without what they say."""
    columns = (_R.id, Message.subject, Message.created_at, _R.opened_at)
    rows = session.execute(
        _of(contract, *columns).order_by(_R.id.desc()).offset(offset).limit(limit)
    )
    return [_message(key, subject, at, opened, "") for key, subject, at, opened in rows]


def get_message(session: Session, contract: VisibleContract, message_id: int) -> SupplierMessage:
    """One message to the viewer.

    Raises:
        NotFoundError: absent, or to somebody else.
    """
    columns = (_R.id, Message.subject, Message.created_at, _R.opened_at, Message.text)
    row = session.execute(_of(contract, *columns).where(_R.id == message_id)).one_or_none()
    if row is None:
        raise NotFoundError
    return _message(*row)


def _message(
    key: int, subject: str | None, written_at: datetime, opened_at: datetime | None, text: str
) -> SupplierMessage:
    return SupplierMessage(key, subject or "Смс поставщика", written_at, opened_at, text)


def _of(contract: VisibleContract, *columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(_R)
        .join(Message, Message.id == _R.message_id)
        .where(
            _R.contract_id == contract.id,
            _R.account_id == contract.account_id,
            Message.status.not_in(_HIDDEN),
        )
    )
