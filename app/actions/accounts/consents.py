"""Give and withdraw consents; rows are added and marked as withdrawn, never edited."""

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
from app.models import Account, Consent, Enquiry, EnquiryEntry
from app.queries.registrations import find_consent
from app.queries.texts import Text, current_text


def give_consent(
    session: Session, registration_id: int, form: str, browser: Browser, now: datetime
) -> Consent:
    """Record consent to the current text on personal data; once per version and registration."""
    text = current_text(session, PERSONAL_DATA)
    given = find_consent(session, registration_id)
    if given is not None and given.text_sha256 == text.sha256:
        return given
    return _add_consent(session, text, form, browser, now, registration_id=registration_id)


def give_for_enquiry(
    session: Session,
    purpose: str,
    account_id: int,
    enquiry_id: int,
    browser: Browser,
    now: datetime,
) -> None:
    """Record the consent whose box was ticked under an enquiry, with the text shown beside it."""
    text = current_text(session, purpose)
    _add_consent(
        session, text, "enquiry", browser, now, account_id=account_id, enquiry_id=enquiry_id
    )


def give_for_account(session: Session, account_id: int, browser: Browser, now: datetime) -> None:
    """Record the consent to the processing of personal data of somebody who was invited."""
    text = current_text(session, PERSONAL_DATA)
    _add_consent(session, text, "invitation", browser, now, account_id=account_id)


def give_for_request(
    session: Session, access_request_id: int, browser: Browser, now: datetime
) -> None:
    """Record the consent of somebody who asks the owner of a contract for access."""
    text = current_text(session, PERSONAL_DATA)
    _add_consent(session, text, "access_request", browser, now, access_request_id=access_request_id)


def withdraw_consent(session: Session, consent: Consent, now: datetime) -> None:
    """Withdraw a consent («Отозвать»): the row gets the moment from which it no longer holds.

    Whoever answers the enquiry it belongs to is informed by an entry. Without consent to the
    processing of personal data there is no account: it is closed.
    """
    is_withdrawn = count_changed(
        session,
        update(Consent)
        .where(Consent.id == consent.id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now),
    )
    if not is_withdrawn:
        return
    record(
        session,
        "consent.withdrawn",
        consent.account_id,
        "consents",
        str(consent.id),
        now,
        contract_id=_find_contract_id(session, consent),
        purpose=consent.purpose,
        version=consent.version,
    )
    if consent.enquiry_id is not None:
        _add_withdrawal_entry(session, consent.enquiry_id, consent.purpose, now)
    if consent.purpose == PERSONAL_DATA and consent.account_id is not None:
        close_account(session, session.get_one(Account, consent.account_id), now)


def _find_contract_id(session: Session, consent: Consent) -> int | None:
    """The contract of the enquiry that a consent was given with; None: it is about an account."""
    if consent.enquiry_id is None:
        return None
    return session.get_one(Enquiry, consent.enquiry_id).contract_id


def bind_consents(session: Session, registration_id: int, account_id: int) -> None:
    """Attach the consents of a registration to the account that came of it."""
    session.execute(
        update(Consent)
        .where(Consent.registration_id == registration_id, Consent.account_id.is_(None))
        .values(account_id=account_id)
    )


def _add_consent(
    session: Session,
    text: Text,
    form: str,
    browser: Browser,
    now: datetime,
    *,
    registration_id: int | None = None,
    account_id: int | None = None,
    enquiry_id: int | None = None,
    access_request_id: int | None = None,
) -> Consent:
    consent = Consent(
        purpose=text.purpose,
        version=text.version,
        text_sha256=text.sha256,
        form=form,
        given_at=now,
        address=browser.address[:45],
        user_agent=browser.user_agent[:200],
        registration_id=registration_id,
        account_id=account_id,
        enquiry_id=enquiry_id,
        access_request_id=access_request_id,
    )
    session.add(consent)
    session.flush()
    return consent


def _add_withdrawal_entry(session: Session, enquiry_id: int, purpose: str, now: datetime) -> None:
    session.add(
        EnquiryEntry(
            idempotency_key=str(uuid.uuid4()),
            enquiry_id=enquiry_id,
            written_at=now,
            author=Author.SYSTEM,
            text=f"Отозвано: {TITLES[purpose].lower()}.",
            is_internal=False,
        )
    )
    session.flush()
