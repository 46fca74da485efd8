"""«Настройки уведомлений», and the link that ends emails."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.domain.access import Role
from app.domain.events import EventKind, NewEvent
from app.extensions import db
from app.jobs.notifications import notify
from app.lib.signed_links import Purpose
from app.models import Account, AuditEvent, Contract, Membership, NotificationSettings
from app.queries.events.readers import get_preferences
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient

NUMBER = "00123-ЭС"
TODAY = date(2026, 11, 21)
INVOICE = {"number": "15", "issued_on": "2026-11-21", "due_on": "2026-12-01", "amount": "5.00"}
CHOSEN = {"digest": "", "quiet_from": "21", "quiet_until": "8"}
"""What the lists of the form say, where nobody has chosen."""
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.commit()
    return contract


@pytest.fixture
def owner(page: PageClient, contract: Contract) -> PageClient:
    page.sign_in(NUMBER)
    return page


def tell(app: Flask, session: Session, contract: Contract, key: str = "1") -> None:
    """Store an event and send what there is to be sent."""
    event = NewEvent(EventKind.INVOICE, contract.id, key, TODAY, facts=INVOICE, subject_id=1)
    record_events(session, [event], NOW)
    session.commit()
    with app.app_context():
        notify()
        db.session.remove()


def mail_of(
    session: Session, contract: Contract, role: Role = Role.OWNER, account_id: int = 1
) -> set[EventKind]:
    """What somebody is told of by email; the owner, if nobody is named."""
    session.rollback()
    found = get_preferences(session, account_id, contract.id, role)
    return set(next(kinds for channel, kinds in found.kinds.items() if channel == "mail"))


def unsubscribe_path(outbox: Outbox) -> str:
    header: str = outbox.emails()[-1]["List-Unsubscribe"]
    return header.strip("<>").removeprefix("http://localhost")


def test_the_defaults_of_the_role_are_ticked(owner: PageClient, contract: Contract) -> None:
    soup = owner.get("notifications.index", contract_id=contract.id)
    assert soup.select_one("#mail_invoice").has_attr("checked")
    assert not soup.select_one("#mail_payment").has_attr("checked")
    assert not soup.select("[id^=sms_][checked]")
    assert len(soup.select("[id^=portal_][checked]")) == len(EventKind)
    assert soup.select_one("#days_due")["value"] == "3"


def test_what_is_saved_is_shown_and_recorded(
    owner: PageClient, session: Session, contract: Contract
) -> None:
    soup = owner.get("notifications.index", contract_id=contract.id)
    owner.submit(soup, days_due="5", digest="9", quiet_from="22", quiet_until="7")
    soup = owner.get("notifications.index", contract_id=contract.id)
    assert soup.select_one("#days_due")["value"] == "5"
    assert soup.select_one("#digest option[selected]")["value"] == "9"
    for name, hour in (("quiet_from", "22"), ("quiet_until", "7")):
        assert soup.select_one(f"#{name} option[selected]")["value"] == hour
    actions = session.scalars(select(AuditEvent.action)).all()
    assert "notifications.changed" in actions


def test_what_is_not_ticked_is_not_told_and_can_be_hidden_from_the_list(
    app: Flask, owner: PageClient, session: Session, contract: Contract, outbox: Outbox
) -> None:
    soup = owner.get("notifications.index", contract_id=contract.id)
    for control in soup.select("#mail_invoice, #portal_invoice"):
        del control["checked"]
    owner.submit(soup, **CHOSEN)
    tell(app, session, contract)
    assert outbox.emails() == []
    soup = owner.get("events.index", contract_id=contract.id)
    assert soup.select("#events tbody tr") == []
    assert "новых" not in soup.select_one("header").text


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("days_due", ""),
        ("days_due", "0"),
        ("days_due", "15"),
        ("days_due", "три"),
        ("days_due", "٣"),
        ("days_verification", "91"),
        ("digest", "25"),
        ("digest", "5"),
        ("quiet_from", "24"),
        ("quiet_until", "-1"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_stored(
    owner: PageClient, session: Session, contract: Contract, name: str, typed: str
) -> None:
    soup = owner.get("notifications.index", contract_id=contract.id)
    owner.submit(soup, 422, **(CHOSEN | {name: typed}))
    soup = owner.check_last()
    assert soup.select_one(f"#{name}-error")
    assert soup.select_one(f"#error-summary a[href='#{name}']")
    if name.startswith("days"):
        assert soup.select_one(f"#{name}")["value"] == typed
    # The boxes are as they were sent.
    assert soup.select_one("#mail_invoice").has_attr("checked")
    assert session.scalars(select(NotificationSettings)).all() == []


def test_an_engineer_is_offered_nothing_of_money_and_cannot_send_it(
    app: Flask, make: Factory, session: Session, contract: Contract
) -> None:
    theirs = make.contract("00777-ЭС", customer_id=contract.customer_id)
    engineer = make.account(theirs, email="engineer@example.org")
    make.membership(engineer, contract, Role.ENGINEER)
    make.commit()
    page = PageClient(app)
    page.sign_in("00777-ЭС")
    soup = page.get("notifications.index", contract_id=contract.id)
    assert not soup.select("#mail_invoice, #days_due")
    page.client.post(
        page.url("notifications.save", contract_id=contract.id),
        data={
            "csrf_token": soup.select_one("main [name=csrf_token]")["value"],
            "mail_invoice": "y",
            "mail_works": "y",
            "days_window_closes": "2",
            "days_verification": "30",
        }
        | CHOSEN,
    )
    assert mail_of(session, contract, Role.ENGINEER, engineer.id) == {EventKind.WORKS}
    assert EventKind.INVOICE in mail_of(session, contract, Role.OWNER, engineer.id)


def test_an_email_states_the_fact_and_how_to_end_such_emails(
    app: Flask, session: Session, contract: Contract, outbox: Outbox
) -> None:
    tell(app, session, contract)
    (message,) = outbox.emails("buh@example.org")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = unsubscribe_path(outbox)
    assert path.startswith("/notifications/unsubscribe/")
    for subtype in ("plain", "html"):
        text = part(message, subtype)
        assert f"http://localhost{path}" in text
        assert f"http://localhost/contracts/{contract.id}/invoices/1" in text
        assert "5,00" in text


def test_opening_the_link_changes_nothing_and_its_button_ends_the_emails(
    app: Flask, page: PageClient, session: Session, contract: Contract, outbox: Outbox
) -> None:
    tell(app, session, contract)
    path = unsubscribe_path(outbox)
    soup = page.open(path)
    assert mail_of(session, contract)
    page.client.post(path)
    assert mail_of(session, contract)
    soup = page.open(path)
    token = soup.select_one("[name=csrf_token]")["value"]
    for _ in range(2):
        answer = page.client.post(path, data={"csrf_token": token})
        assert answer.status_code == 200
        assert "больше не приходят" in answer.text
    assert mail_of(session, contract) == set()
    tell(app, session, contract, "2")
    assert len(outbox.emails()) == 1


def test_a_mail_program_ends_the_emails_with_one_click_and_without_cookies(
    app: Flask, session: Session, contract: Contract, outbox: Outbox
) -> None:
    tell(app, session, contract)
    answer = app.test_client().post(unsubscribe_path(outbox), data=ONE_CLICK)
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert mail_of(session, contract) == set()
    assert "notifications.unsubscribed" in session.scalars(select(AuditEvent.action)).all()


def test_a_link_that_is_not_ours_or_of_an_ended_access_changes_nothing(
    app: Flask, page: PageClient, session: Session, contract: Contract, outbox: Outbox
) -> None:
    tell(app, session, contract)
    path = unsubscribe_path(outbox)
    altered = path.replace("unsubscribe/", "unsubscribe/x")
    links = app.extensions["transports"].links
    foreign = "/notifications/unsubscribe/" + links.sign(Purpose.EMAIL, 1, "")
    for wrong in (altered, foreign):
        assert page.client.post(wrong, data=ONE_CLICK).status_code == 404
        page.open(wrong, 404)
    session.execute(update(Membership).values(revoked_at=NOW))
    session.commit()
    assert page.client.post(path, data=ONE_CLICK).status_code == 410
    assert session.scalars(select(NotificationSettings)).all() == []


def test_the_link_of_a_digest_ends_the_emails_of_all_contracts(
    app: Flask, session: Session, make: Factory, contract: Contract, outbox: Outbox
) -> None:
    other = make.contract("00124-ЭС", customer_id=contract.customer_id)
    account = session.scalars(select(Account)).one()
    make.membership(account, other, Role.ACCOUNTANT)
    make.commit()
    links = app.extensions["transports"].links
    path = "/notifications/unsubscribe/" + links.sign(Purpose.UNSUBSCRIBE, 1, "all")
    assert app.test_client().post(path, data=ONE_CLICK).status_code == 200
    assert mail_of(session, contract) == mail_of(session, other, Role.ACCOUNTANT) == set()


def test_staff_who_view_as_the_customer_change_no_preferences(
    app: Flask, make: Factory, contract: Contract
) -> None:
    make.staff()
    make.commit()
    page = PageClient(app)
    page.sign_in_staff()
    page.get("notifications.index", 403, contract_id=contract.id)


def test_the_page_says_how_many_text_messages_of_the_month_are_left(
    owner: PageClient, contract: Contract
) -> None:
    soup = owner.get("notifications.index", contract_id=contract.id)
    assert "SMS по договору в этом месяце: 0 из 30." in soup.text
    assert "подтвержденный телефон, а его пока нет" in soup.text
