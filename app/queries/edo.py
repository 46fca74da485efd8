"""Electronic documents (ЭДО): the state of a contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from app.domain.enquiries import EnquiryStatus, TopicUse, is_topic_for
from app.lib.prepared_select import PreparedSelect
from app.models import Charge, Contract, Enquiry, EnquiryTopic
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import OF_CUSTOMER, customer_values

MAX_ENQUIRIES = 50
BY_EDO = ("sent", "signed", "rejected")


class EdoApplication(NamedTuple):
    """The enquiry by which a customer has applied for electronic documents."""

    id: int
    number: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class EdoState:
    """``operator`` of the customer as billing has it; None: not connected.

    Attributes:
        is_in_use: documents of this contract have gone electronically.
        application: the newest application that is not refused, where nothing is connected yet.
    """

    operator: str | None
    is_in_use: bool
    application: EdoApplication | None


class _Topic(NamedTuple):
    """What tells the use of a topic."""

    external_id: str
    name: str


_IS_SENT = or_(*(Charge.edo_status == status for status in BY_EDO))
_STATE = PreparedSelect(
    select(
        Contract.edo_operator, exists().where(Charge.contract_id == Contract.id, _IS_SENT)
    ).where(Contract.id == bindparam("contract_id"))
)
_ENQUIRIES = PreparedSelect(
    select(
        Enquiry.id,
        Enquiry.number,
        Enquiry.registered_at,
        EnquiryTopic.external_id,
        EnquiryTopic.name,
    )
    .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
    .where(*OF_CUSTOMER, Enquiry.status != EnquiryStatus.REJECTED)
    .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
    .limit(MAX_ENQUIRIES)
)


def find_edo_state(session: Session, contract: VisibleContract) -> EdoState:
    """State of electronic documents by billing, else by what the customer has applied for."""
    operator, is_in_use = _STATE.all(session, contract_id=contract.id)[0]
    return EdoState(operator, is_in_use, None if operator else _application(session, contract))


def _application(session: Session, contract: VisibleContract) -> EdoApplication | None:
    newest = _ENQUIRIES.all(session, **customer_values(contract))
    applications = (row for row in newest if is_topic_for(_Topic(*row[3:]), TopicUse.EDO))
    return next((EdoApplication(*row[:3]) for row in applications), None)
