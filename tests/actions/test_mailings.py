"""A mailing is sent step by step: killed, stopped or sent by two, nobody gets it twice."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.actions import claims
from app.actions.claims import ClaimLostError
from app.actions.mailings import drafts, sending
from app.actions.mailings.texts import MailingText
from app.actions.retention import list_expired, purge_batch
from app.domain.claims import LEASE
from app.domain.errors import MailingError
from app.domain.mailings import Audience, ChosenContract
from app.domain.retention import Retention
from app.models import (
    Account,
    CustomerNote,
    Mailing,
    MailingRecipient,
    Message,
    SmsReport,
)
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def either_session(request: pytest.FixtureRequest) -> Session:
    """A session on each of the two databases."""
    name = "session" if request.param == "sqlite" else "postgres_session"
    found: Session = request.getfixturevalue(name)
    return found


TODAY = NOW.date()
URL = "http://localhost"
COUNT = 60


def draft(session: Session, count: int = COUNT, **fields: str) -> Mailing:
    make = Factory(session)
    make.supplier()
    staff = make.staff()
    chosen = []
    for number in range(count):
        contract = make.contract(f"{number:05d}-ЭС")
        account = Account(
            email=f"a{number}@example.org",
            password_hash="",
            created_at=NOW,
            email_confirmed_at=NOW,
        )
        session.add(account)
        session.flush()
        make.membership(account, contract, "owner")
        chosen.append(ChosenContract(contract.id, Decimal(100), date(2026, 10, 1)))
    text = MailingText("Долг {договор}", "Долг {просрочено}", fields.get("sms", ""))
    command = drafts.NewMailing("k" * 36, Audience.DEBTORS, text, chosen)
    mailing_id = drafts.draft_mailing(session, command, staff.id, TODAY, NOW)
    session.commit()
    return session.get_one(Mailing, mailing_id)


def claim(session: Session, now=NOW) -> claims.Claim:
    found = claims.claim_next(session, sending.JOBS, claims.new_claimant(), now)
    session.commit()
    assert found is not None
    return found


def step(session: Session, held: claims.Claim, now=NOW) -> int:
    count = sending.queue_step(session, held, URL, TODAY, now)
    session.commit()
    return count


def written(session: Session) -> list[str]:
    session.expire_all()
    rows = select(Message.recipient).where(Message.kind == "mailing").order_by(Message.id)
    return list(session.scalars(rows))


def test_each_step_is_bounded_and_all_are_written_once(either_session: Session) -> None:
    session = either_session
    mailing = draft(session)
    drafts.start_mailing(session, mailing, NOW)
    held = claim(session)
    assert [step(session, held) for _ in range(4)] == [25, 25, 10, 0]
    sending.finish_mailing(session, held, NOW)
    session.commit()
    assert len(set(written(session))) == len(written(session)) == COUNT
    session.refresh(mailing)
    assert mailing.status == "done"


def test_a_worker_that_dies_between_or_within_steps_repeats_nothing(
    either_session: Session,
) -> None:
    session = either_session
    mailing = draft(session)
    drafts.start_mailing(session, mailing, NOW)
    held = claim(session)
    step(session, held)
    sending.queue_step(session, held, URL, TODAY, NOW)
    session.rollback()
    after_lease = NOW + LEASE + timedelta(seconds=1)
    sending.requeue_expired(session, after_lease)
    session.commit()
    again = claim(session, after_lease)
    while step(session, again, after_lease):
        pass
    assert sorted(written(session)) == sorted(f"a{number}@example.org" for number in range(COUNT))
    with pytest.raises(ClaimLostError):
        sending.queue_step(session, held, URL, TODAY, after_lease)


def test_a_stopped_mailing_writes_no_more_and_what_waits_does_not_leave(
    either_session: Session,
) -> None:
    session = either_session
    mailing = draft(session)
    drafts.start_mailing(session, mailing, NOW)
    held = claim(session)
    step(session, held)
    sending.stop_mailing(session, mailing, NOW)
    session.commit()
    with pytest.raises(ClaimLostError):
        sending.queue_step(session, held, URL, TODAY, NOW)
    session.rollback()
    statuses = session.scalars(select(Message.status).where(Message.kind == "mailing")).all()
    assert set(statuses) == {"stopped"}
    assert len(statuses) == 25
    states = session.scalars(select(MailingRecipient.state)).all()
    assert states.count("stopped") == COUNT - 25
    with pytest.raises(MailingError, match="over"):
        sending.stop_mailing(session, mailing, NOW)


def test_of_two_who_start_it_the_second_is_told(either_session: Session) -> None:
    mailing = draft(either_session, 1)
    drafts.start_mailing(either_session, mailing, NOW)
    either_session.commit()
    with pytest.raises(MailingError, match="started"):
        drafts.start_mailing(either_session, mailing, NOW)


def test_who_has_lost_the_contract_or_the_contact_since_gets_nothing(session: Session) -> None:
    mailing = draft(session, 3)
    accounts = session.scalars(select(Account).order_by(Account.id)).all()
    accounts[0].email_confirmed_at = None
    accounts[1].disabled_at = NOW
    drafts.start_mailing(session, mailing, NOW)
    session.commit()
    step(session, claim(session))
    assert written(session) == ["a2@example.org"]


def test_a_telephone_gets_a_text_message_where_there_is_one_to_send(session: Session) -> None:
    mailing = draft(session, 2, sms="Долг {просрочено}")
    for account in session.scalars(select(Account)):
        account.email_confirmed_at = None
        account.phone = f"+7912000000{account.id}"
        account.phone_confirmed_at = NOW
    drafts.start_mailing(session, mailing, NOW)
    session.commit()
    step(session, claim(session))
    rows = session.execute(select(Message.channel, Message.text)).all()
    assert [tuple(row) for row in rows] == [("sms", "Долг 100,00 ₽")] * 2


def test_old_recipients_notes_and_reports_go_with_the_messages_and_young_ones_stay(
    session: Session,
) -> None:
    make = Factory(session)
    mailing = draft(session, 2)
    drafts.start_mailing(session, mailing, NOW)
    session.commit()
    step(session, claim(session))
    contract = make.contract("99999-ЭС")
    for provider_id, age in (("old", 400), ("young", 1)):
        at = NOW - timedelta(days=age)
        session.add(SmsReport(provider_id=provider_id, status="delivered", reported_at=at))
        session.add(
            CustomerNote(
                idempotency_key=provider_id,
                customer_id=contract.customer_id,
                contract_id=contract.id,
                kind="note",
                happened_at=at,
                text=provider_id,
                staff_id=mailing.staff_id,
                written_at=at,
            )
        )
    # A message that goes before its mailing leaves the recipient.
    session.execute(delete(Message).where(Message.recipient == "a0@example.org"))
    session.commit()
    messages = session.scalars(select(MailingRecipient.message_id).order_by(MailingRecipient.id))
    assert [bool(message_id) for message_id in messages] == [False, True]

    year = timedelta(days=365)
    rules = Retention(*[year for _ in fields(Retention)])
    for now in (NOW, NOW + timedelta(days=366)):
        for expired in list_expired(session, rules, now):
            if expired.name in ("mailing_recipients", "customer_notes", "sms_reports"):
                purge_batch(session, expired, 0)
        session.commit()
        if now == NOW:
            assert session.scalars(select(SmsReport.provider_id)).all() == ["young"]
            assert session.scalars(select(CustomerNote.text)).all() == ["young"]
            assert len(session.scalars(select(MailingRecipient.id)).all()) == 2
    assert session.scalars(select(MailingRecipient.id)).all() == []
    assert session.scalars(select(CustomerNote.id)).all() == []
