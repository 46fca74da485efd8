"""Electronic documents (ЭДО): the state of a contract."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.enquiries import EnquiryStatus, TopicUse, is_topic_for
from app.models import Charge, Contract, Enquiry
from app.queries.contracts import VisibleContract

MAX_ENQUIRIES = 50
BY_EDO = ("sent", "signed", "rejected")


@dataclass(frozen=True, slots=True)
class EdoState:
    """``operator`` of the customer as billing has it; None: not connected.

    Attributes:
        is_in_use: documents of this contract have gone electronically.
        application: the newest application that is not refused, where nothing is connected yet.
    """

    operator: str | None
    is_in_use: bool
    application: Enquiry | None


def find_edo_state(session: Session, contract: VisibleContract) -> EdoState:
    """State of electronic documents by billing, else by what the customer has applied for."""
    operator = session.scalar(select(Contract.edo_operator).where(Contract.id == contract.id))
    sent = session.scalar(
        select(func.count())
        .select_from(Charge)
        .where(Charge.contract_id == contract.id, Charge.edo_status.in_(BY_EDO))
    )
    return EdoState(operator, bool(sent), None if operator else _application(session, contract))


def _application(session: Session, contract: VisibleContract) -> Enquiry | None:
    newest = session.scalars(
        select(Enquiry)
        .where(Enquiry.contract_id == contract.id, Enquiry.status != EnquiryStatus.REJECTED)
        .options(joinedload(Enquiry.topic))
        .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
        .limit(MAX_ENQUIRIES)
    )
    return next((enquiry for enquiry in newest if is_topic_for(enquiry.topic, TopicUse.EDO)), None)
