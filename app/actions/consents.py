"""Consents are added and withdrawn, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.access import Browser
from app.integrations.consent_texts import PERSONAL_DATA, current_text
from app.models import Consent
from app.queries.registrations import find_consent


def give_consent(
    session: Session, registration_id: int, form: str, browser: Browser, now: datetime
) -> Consent:
    """Keep that a person agreed to the current text; once per version and registration."""
    text = current_text(PERSONAL_DATA)
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


def bind_consents(session: Session, registration_id: int, account_id: int) -> None:
    """The person of a registration has an account now: its consents are theirs."""
    session.execute(
        update(Consent)
        .where(Consent.registration_id == registration_id, Consent.account_id.is_(None))
        .values(account_id=account_id)
    )
