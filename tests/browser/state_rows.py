"""Database rows that a state of a page needs, made on the running portal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.domain.events import EventKind, NewEvent
from app.lib.signed_links import Purpose
from app.models import (
    AccessRequest,
    Account,
    Consent,
    ContactChange,
    Contract,
    Customer,
    Membership,
    Registration,
    SecondFactor,
)
from tests.browser.live import HOSTILE, HOSTILE_NUMBER, Site
from tests.conftest import NOW
from tests.factories import Factory
from tests.integrations.test_event_texts import SENTENCES

CODED = "00903-ЭС"
"""Whose owner signs in with a second factor."""
HOSTILE_TEXT = " ".join(HOSTILE)
HOSTILE_FACTS = {
    "organisation": HOSTILE_TEXT[:300],
    "address": HOSTILE_TEXT[:500],
    "source_label": HOSTILE_TEXT[:300],
    "details": {"violation_at": HOSTILE_TEXT[:200], "answer_way": "paper"},
}
FACTS = {
    "organisation": "ООО «Вектор-Демо»",
    "address": "г. Примерск, ул. Образцовая, д. 2",
    "source_label": "Взаиморасчеты за октябрь 2026",
}
ANSWER = (
    "Сумма за октябрь верна: в нее вошел перерасчет за сентябрь по контрольному показанию.\n\n"
    "Расчет по каждому прибору приложим к акту сверки."
)


def debtor(site: Site) -> str:
    assert site.demo is not None
    return site.demo.debtor


def customer_of(session: Session, contract_id: int) -> dict[str, object]:
    """Whose contract it is, as a registration stores it."""
    contract = session.get_one(Contract, contract_id)
    customer = session.get_one(Customer, contract.customer_id)
    return {"customer_id": customer.id, "customer_inn": customer.inn}


def _owner(make: Factory, contract_id: int) -> Account:
    owned = (
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.contract_id == contract_id)
    )
    return make.session.scalars(owned.order_by(Membership.id)).first() or _missing()


def _missing() -> Account:
    raise AssertionError("the contract has no owner")


def enquiry(status: str, *, hostile: bool = False) -> Callable[[Site], str]:
    """A thread in a status; of a hostile person, or of an ordinary one."""

    def path(site: Site) -> str:
        number = HOSTILE_NUMBER if hostile else debtor(site)
        with site.session() as session:
            make = Factory(session)
            contract = session.scalars(select(Contract).filter_by(number=number)).one()
            answered = NOW if status in ("answered", "closed") else None
            facts = HOSTILE_FACTS if hostile else FACTS
            row = make.enquiry(
                contract,
                _owner(make, contract.id),
                status=status,
                answered_at=answered,
                number=None,
                **facts,
            )
            row.number = f"2026-{row.id:06d}"
            author = HOSTILE_TEXT[:200] if hostile else "Петрова М. И., отдел расчетов"
            make.entry(
                row,
                HOSTILE_TEXT if hostile else ANSWER,
                author="staff",
                author_name=author,
                status=status,
            )
            make.commit()
            return f"/enquiries/{row.id}"

    return path


def events(site: Site) -> str:
    """A list with an event of every kind, some of them new, one with hostile names."""
    with site.session() as session:
        contract_id = site.ids[debtor(site)]
        for place, (kind, facts, _) in enumerate(SENTENCES):
            event = NewEvent(kind, contract_id, f"state:{place}", NOW.date(), 1, facts=facts)
            record_events(session, [event], NOW)
        facts = {"text": HOSTILE_TEXT[:500]}
        works = NewEvent(EventKind.WORKS, contract_id, "state:hostile", NOW.date(), facts=facts)
        record_events(session, [works], NOW)
        session.commit()
    return "/events"


def unsubscribing(site: Site) -> str:
    """The page of the link that ends emails about events."""
    with site.session() as session:
        contract_id = site.ids[debtor(site)]
        owned = select(Membership.id).where(Membership.contract_id == contract_id)
        membership_id = session.scalars(owned.order_by(Membership.id)).first() or 0
    token = site.app.extensions["transports"].links.sign(Purpose.UNSUBSCRIBE, membership_id)
    return f"/notifications/unsubscribe/{token}"


def events_of(group: str) -> Callable[[Site], str]:
    """The same, narrowed to a group."""

    def path(site: Site) -> str:
        return f"{events(site)}?show={group}"

    return path


def phone_code(site: Site) -> str:
    """The page that waits for the code of a new number."""
    _change(site, "phone", "+79123456789")
    return "/profile/phone"


def coded_sign_in(site: Site) -> str:
    """The sign-in page of a portal where the owner of ``CODED`` has a second factor."""
    with site.session() as session:
        if not session.scalars(select(Contract).filter_by(number=CODED)).first():
            customer = session.scalars(select(Customer.id)).first()
            make = Factory(session)
            contract = make.contract(CODED, customer_id=customer, external_id=CODED)
            account = make.account(contract, email="kod@example.org")
            session.add(SecondFactor(account_id=account.id, confirmed_at=NOW))
            session.commit()
    return "/sign-in"


def email_link(site: Site) -> str:
    """The page of the link to a new address."""
    change_id = _change(site, "email", "new@example.org")
    token = site.app.extensions["transports"].links.sign(Purpose.EMAIL, change_id, "nonce")
    return f"/contacts/confirm/{token}"


def consent(purpose: str) -> Callable[[Site], str]:
    """«Отозвать» of a consent."""

    def path(site: Site) -> str:
        with site.session() as session:
            make = Factory(session)
            row = Consent(
                purpose=purpose,
                version="2026-11-22",
                text_sha256="0" * 64,
                form="registration",
                given_at=NOW,
                address="127.0.0.1",
                user_agent="Firefox Windows",
                account_id=_owner(make, site.ids[debtor(site)]).id,
            )
            session.add(row)
            session.commit()
            return f"/profile/consents/{row.id}/withdraw"

    return path


def access_request(site: Site) -> str:
    """Somebody asks for access, and the owner is to decide."""
    with site.session() as session:
        requests = session.scalars(select(AccessRequest)).all()
        waiting = [row for row in requests if row.decided_at is None]
        row = (
            waiting[0]
            if waiting
            else AccessRequest(
                contract_id=site.ids[debtor(site)],
                email=f"buh{len(requests)}{NOW.timestamp():.0f}@example.org",
                person_name="Константинопольская-Заблоцкая Александра Владиславовна",
                created_at=NOW,
                address="192.0.2.1",
            )
        )
        session.add(row)
        session.commit()
        return f"/people/requests/{row.id}"


def people_with_request(site: Site) -> str:
    """The list of people while somebody asks for access."""
    access_request(site)
    return "/people"


def pay_together(site: Site) -> str:
    """What a debtor has to pay, chosen in the list of contracts."""
    return f"//contracts/pay?contract={site.ids[debtor(site)]}"


def statements_together(site: Site) -> str:
    """The order of an archive of statements."""
    return f"//contracts/statements?contract={site.ids[debtor(site)]}"


def attachment(site: Site) -> str:
    """A contract of somebody else whose right is to be proved."""
    with site.session() as session:
        account = _owner(Factory(session), site.ids[debtor(site)])
        contract = (
            session.scalars(
                select(Contract).where(Contract.id != site.ids[debtor(site)]).order_by(Contract.id)
            ).first()
            or _missing_contract()
        )
        row = Registration(
            contract_id=contract.id,
            **customer_of(session, contract.id),
            state="unproved",
            created_at=NOW,
            saved_at=NOW,
            confirmed_at=NOW,
            address="192.0.2.1",
            user_agent="Firefox",
            channel="mail",
            email=account.email,
            attach_to_id=account.id,
        )
        session.add(row)
        session.commit()
        return f"//contracts/attach/{row.id}"


def _missing_contract() -> Contract:
    raise AssertionError("there is no other contract")


def _change(site: Site, field: str, value: str) -> int:
    with site.session() as session:
        account = _owner(Factory(session), site.ids[debtor(site)])
        row = ContactChange(
            account_id=account.id,
            field=field,
            value=value,
            nonce="nonce",
            requested_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )
        session.add(row)
        session.commit()
        return row.id
