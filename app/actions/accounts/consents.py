"""Consents are added and withdrawn, never changed."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import close_account
from app.actions.audit_log import record
from app.domain.access import Browser
from app.domain.enquiries import Author
from app.integrations.bundled_texts import PERSONAL_DATA, TITLES
from app.lib.database import count_changed
from app.models import Account, Consent, EnquiryEntry
from app.queries.registrations import find_consent
from app.queries.texts import current_text


def give_consent(
    session: Session, registration_id: int, form: str, browser: Browser, now: datetime
) -> Consent:
    """Keep that a person agreed to the current text; once per version and registration."""
    text = current_text(session, PERSONAL_DATA)
    given = find_consent(session, registration_id)
    if given is not None and given.text_sha256 == text.sha256:
        return given
    consent = Consent(
        purpose=text.purpose,
        version=text.version,
        text_sha256=text.sha256,
        form=form,
        given_at=now,
        address=browser.address[:45],
        user_agent=browser.user_agent[:200],
        registration_id=registration_id,
    )
    session.add(consent)
    session.flush()
    return consent


def give_for_enquiry(
    session: Session,
    purpose: str,
    account_id: int,
    enquiry_id: int,
    browser: Browser,
    now: datetime,
) -> None:
    """Keep that a box under an enquiry was ticked, with the text that stood beside it."""
    text = current_text(session, purpose)
    session.add(
        Consent(
            purpose=text.purpose,
            version=text.version,
            text_sha256=text.sha256,
            form="enquiry",
            given_at=now,
            address=browser.address[:45],
            user_agent=browser.user_agent[:200],
            account_id=account_id,
            enquiry_id=enquiry_id,
        )
    )
    session.flush()


def withdraw_consent(session: Session, consent: Consent, now: datetime) -> None:
    """«Отозвать»: the row stays, with the moment from which it no longer holds. Without consent to
    the processing of personal data there is no account."""
    withdrawn = count_changed(
        session,
        update(Consent)
        .where(Consent.id == consent.id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now),
    )
    if not withdrawn:
        return
    record(
        session,
        "consent.withdrawn",
        consent.account_id,
        "consents",
        str(consent.id),
        now,
        purpose=consent.purpose,
        version=consent.version,
    )
    if consent.enquiry_id is not None:
        # Whoever answers has to know.
        entry = EnquiryEntry(
            idempotency_key=str(uuid.uuid4()),
            enquiry_id=consent.enquiry_id,
            written_at=now,
            author=Author.SYSTEM,
            text=f"Отозвано: {TITLES[consent.purpose].lower()}.",
            is_internal=False,
        )
        session.add(entry)
        session.flush()
    if consent.purpose == PERSONAL_DATA and consent.account_id is not None:
        close_account(session, session.get_one(Account, consent.account_id), now)


def bind_consents(session: Session, registration_id: int, account_id: int) -> None:
    """The person of a registration has an account now: its consents are theirs."""
    session.execute(
        update(Consent)
        .where(Consent.registration_id == registration_id, Consent.account_id.is_(None))
        .values(account_id=account_id)
    )
