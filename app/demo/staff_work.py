"""Load work for the staff of a demonstration.

Enquiries, a reading that raises doubts, and a registration with an unknown address.
"""

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
from app.queries.enquiries.choices import get_known_details, list_choices
from app.queries.readings.meters import list_meters

BROWSER = Browser("127.0.0.1", "")
ENQUIRIES = (
    (34, TopicUse.SETTLEMENTS, "Поясните начисление за прошлый месяц: оно больше обычного."),
    (27, TopicUse.METERS, "Когда приедет инспектор для замены прибора учета?"),
    (2, TopicUse.DETAILS, "У организации изменился юридический адрес, что нужно прислать?"),
)
ACCESS_MONTHS = 120
"""After the end of a contract: a demo installation shows terminated contracts, too."""
STRANGER = "buhgalter@example.org"


def load_staff_work(
    session: Session, rules: EnquiryRules, windows: WindowRules, now: datetime
) -> None:
    """Write enquiries, readings and a registration as customers would; run once.

    Args:
        now: in the supplier's zone.
    """
    memberships = session.execute(
        select(Membership.account_id, Membership.contract_id).order_by(Membership.id)
    ).all()
    window = access_window(now.date(), ACCESS_MONTHS)
    for (days, use, text), (account_id, contract_id) in zip(ENQUIRIES, memberships, strict=False):
        viewer = Viewer(account_id)
        contract = get_visible(session, viewer, contract_id, Permission.SEND_ENQUIRIES, window)
        _ask(session, contract, viewer, use, text, rules, now - timedelta(days=days))
    for account_id, contract_id in memberships:
        viewer = Viewer(account_id)
        contract = get_visible(session, viewer, contract_id, Permission.SEE_READINGS, window)
        if contract.may(Permission.SUBMIT_READINGS) and _send_doubtful(
            session, contract, viewer, windows, now
        ):
            break
    _register_stranger(session, now)
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
    choices = list_choices(session)
    topic = find_topic(choices.topics, use) or choices.topics[0]
    known = get_known_details(session, contract, viewer)
    command = NewEnquiry(
        idempotency_key=str(uuid.uuid4()),
        topic=topic,
        department_id=topic.department_id or contract.department_id,
        premises_kind_id=choices.premises_kinds[0].id,
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
    """Submit readings of an open meter, many times the typical month; whether there is one."""
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


def _register_stranger(session: Session, now: datetime) -> None:
    """A registration with an address that billing does not know, which a clerk has to decide."""
    contracts_with_access = select(Membership.contract_id).where(Membership.revoked_at.is_(None))
    free = session.scalars(
        select(Contract)
        .options(joinedload(Contract.customer))
        .where(Contract.id.not_in(contracts_with_access), Contract.status == "active")
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
