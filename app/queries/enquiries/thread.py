"""One enquiry with its thread, and one attachment, under conditions of who reads them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.domain.errors import NotFoundError
from app.models import Attachment, Enquiry, EnquiryEntry


def get_thread(
    session: Session,
    enquiry_id: int,
    *conditions: ColumnElement[bool],
    options: tuple[ORMOption, ...] = (),
    with_internal: bool = False,
) -> Enquiry:
    """An enquiry with its entries and their attachments, read anew.

    Args:
        conditions: who may read it.
        options: what else is loaded with it.
        with_internal: entries that only staff may read are included.

    Raises:
        NotFoundError: absent, or a condition fails.
    """
    entries = (
        Enquiry.entries
        if with_internal
        else Enquiry.entries.and_(EnquiryEntry.is_internal.is_(False))
    )
    found = session.scalars(
        select(Enquiry)
        .where(Enquiry.id == enquiry_id, *conditions)
        .options(
            joinedload(Enquiry.topic),
            joinedload(Enquiry.department),
            joinedload(Enquiry.premises_kind),
            joinedload(Enquiry.supply_point),
            selectinload(entries).selectinload(EnquiryEntry.attachments),
            *options,
        )
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFoundError
    return found


def get_thread_attachment(
    session: Session, enquiry_id: int, attachment_id: int, *conditions: ColumnElement[bool]
) -> Attachment:
    """A file in the thread of an enquiry.

    Args:
        conditions: who may read it.

    Raises:
        NotFoundError: absent, of another enquiry, or a condition fails.
    """
    found = session.scalars(
        select(Attachment)
        .join(EnquiryEntry, EnquiryEntry.id == Attachment.entry_id)
        .join(Enquiry, Enquiry.id == EnquiryEntry.enquiry_id)
        .where(Attachment.id == attachment_id, Enquiry.id == enquiry_id, *conditions)
    ).first()
    if found is None:
        raise NotFoundError
    return found
