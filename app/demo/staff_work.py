"""Work for the clerks of a demonstration: enquiries, a reading that raises doubts, a stranger who
asks for a contract."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.actions.enquiries.customer import EnquiryRules, NewEnquiry, send_enquiry
from app.actions.readings.submission import ReadingRules, Submitter, submit_readings
from app.domain.access import Browser, Permission, Viewer, access_window
from app.domain.enquiries import TopicUse, find_topic
from app.domain.meters import MeterReadings, ReadingEntry, RegisterReadings, check_meter
from app.domain.reading_windows import WindowRules
from app.domain.registration import Channel, State
from app.lib.passwords import hash_password
from app.models import Contract, Membership, Registration
from app.queries.contracts import VisibleContract, get_visible
from app.queries.enquiries.customer import get_known_details, list_premises_kinds, list_topics
from app.queries.readings.meters import list_meters

BROWSER = Browser("127.0.0.1", "")
ENQUIRIES = (
    (34, TopicUse.SETTLEMENTS, "Поясните начисление за прошлый месяц: оно больше обычного."),
    (27, TopicUse.METERS, "Когда приедет инспектор для замены прибора учета?"),
    (2, TopicUse.DETAILS, "У организации изменился юридический адрес, что нужно прислать?"),
)
YEARS = 120
"""In months: a demo installation shows terminated contracts, too."""
STRANGER = "buhgalter@example.org"


def load_demo_desk(
    session: Session, rules: EnquiryRules, windows: WindowRules, now: datetime
) -> None:
    """Write it down as customers would have; a demo installation holds nothing of it before.

    Args:
        now: in the supplier's zone.
    """
    owned = session.execute(
        select(Membership.account_id, Membership.contract_id).order_by(Membership.id)
    ).all()
    window = access_window(now.date(), YEARS)
    for (days, use, text), (account_id, contract_id) in zip(ENQUIRIES, owned, strict=False):
        viewer = Viewer(account_id)
        contract = get_visible(session, viewer, contract_id, Permission.SEND_ENQUIRIES, window)
        _ask(session, contract, viewer, use, text, rules, now - timedelta(days=days))
    for account_id, contract_id in owned:
        viewer = Viewer(account_id)
        contract = get_visible(session, viewer, contract_id, Permission.SEE_READINGS, window)
        if contract.may(Permission.SUBMIT_READINGS) and _send_doubtful(
            session, contract, viewer, windows, now
        ):
            break
    _knock(session, now)
    session.flush()


def _ask(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    use: TopicUse,
    text: str,
    rules: EnquiryRules,
    now: datetime,
) -> None:
    topics = list_topics(session)
    topic = find_topic(topics, use) or topics[0]
    known = get_known_details(session, contract, viewer)
    command = NewEnquiry(
        idempotency_key=str(uuid.uuid4()),
        topic=topic,
        department_id=topic.department_id or contract.department_id,
        premises_kind_id=list_premises_kinds(session)[0].id,
        organisation=known.organisation,
        phone=known.phone or "+79000000000",
        email=known.email,
        address=known.addresses[0] if known.addresses else contract.legal_address or "",
        text=text,
        consents=(),
    )
    send_enquiry(session, contract, viewer, command, BROWSER, rules, now)


def _send_doubtful(
    session: Session, contract: VisibleContract, viewer: Viewer, windows: WindowRules, now: datetime
) -> bool:
    """A reading of a meter that takes one today, many times the usual; whether there is such."""
    today = now.date()
    for meter in list_meters(session, contract, today, windows):
        if meter.closed_reason(today) or any(
            register.previous is None for register in meter.registers
        ):
            continue
        entries = _unusual(meter, now)
        submitter = Submitter(BROWSER.address, viewer.account_id)
        submit_readings(
            session, contract, submitter, entries, str(uuid.uuid4()), ReadingRules(True), now
        )
        return True
    return False


def _unusual(meter: MeterReadings, now: datetime) -> list[ReadingEntry]:
    values = [(register, _nine_times(register)) for register in meter.registers]
    return check_meter(meter, values, now.date(), 3)


def _nine_times(register: RegisterReadings) -> Decimal:
    """A reading that comes to nine typical months."""
    previous = register.previous.value if register.previous else Decimal(0)
    kwh = Decimal(9) * (register.typical_month_kwh or Decimal(1000))
    return previous + (kwh / register.scale.multiplier).quantize(Decimal(1))


def _knock(session: Session, now: datetime) -> None:
    """Somebody with an address that billing does not know waits for a clerk."""
    owned = select(Membership.contract_id).where(Membership.revoked_at.is_(None))
    free = session.scalars(
        select(Contract)
        .options(joinedload(Contract.customer))
        .where(Contract.id.not_in(owned), Contract.status == "active")
        .order_by(Contract.number.desc())
        .limit(1)
    ).first()
    if free is None:
        return
    came = now - timedelta(hours=3)
    session.add(
        Registration(
            contract_id=free.id,
            customer_id=free.customer_id,
            customer_inn=free.customer.inn,
            state=State.UNPROVED,
            created_at=came,
            saved_at=came,
            confirmed_at=came,
            channel=Channel.MAIL,
            email=STRANGER,
            phone="+79000000001",
            nonce=secrets.token_urlsafe(16),
            password_hash=hash_password(secrets.token_urlsafe(12)),
            address=BROWSER.address,
            user_agent="",
        )
    )
