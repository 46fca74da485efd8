"""«Сотрудники и доступ»: invitations, who accepts them, and with which sign-in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.models import Account, AuditEvent, Consent, Contract, Invitation, Membership
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.people.steps import (
    EMAIL,
    NEW,
    NUMBER,
    OTHER,
    accept,
    home,
    invite,
    membership_of,
    person,
)


def test_an_invited_accountant_signs_in_with_the_address_and_sees_money_only(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    accountant = person(app, owner, outbox, contract)
    accountant.open(home(contract))
    accountant.get("settlements.index", contract_id=contract.id)
    assert accountant.client.get(f"/contracts/{contract.id}/people").status_code == 403
    consent = session.scalars(select(Consent)).one()
    assert (consent.form, consent.account_id) == ("invitation", membership_of(session).account_id)
    listed = owner.get("people.index", contract_id=contract.id).main.text
    assert "Ирина Белова" in listed
    assert "бухгалтер" in listed
    message = outbox.emails("director@example.org")[-1]
    assert message["Subject"] == "Приглашение принято: Ирина Белова"
    actions = session.scalars(
        select(AuditEvent.action).where(AuditEvent.action.like("access.%")).order_by(AuditEvent.id)
    )
    assert actions.all() == ["access.invited", "access.accepted"]


def test_an_engineer_sees_no_money(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    engineer = person(app, owner, outbox, contract, role="engineer")
    engineer.get("readings.index", contract_id=contract.id)
    for path in ("settlements", "charges", "payments", "pay", "invoices"):
        assert engineer.client.get(f"/contracts/{contract.id}/{path}").status_code == 403, path


def test_opening_the_link_changes_nothing_and_its_button_works_once(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    invite(owner, contract)
    link = outbox.link(EMAIL)
    for _ in range(3):
        PageClient(app).open(link)
    assert session.scalar(select(func.count(Account.id))) == 1
    accept(app, outbox)
    used = PageClient(app).open(link, 410)
    assert used.h1.text == "Приглашение уже принято"
    assert session.scalar(select(func.count(Membership.id))) == 2


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"consent": ""}, "Без согласия"),
        ({"password": "12345678", "password_again": "12345678"}, "слишком известен"),
        ({"password": "Белова2026", "password_again": "Белова2026"}, "знают другие"),
        ({"password_again": "другой пароль"}, "пароли не совпадают"),
    ],
)
def test_without_consent_or_a_good_password_nothing_is_opened(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    outbox: Outbox,
    session: Session,
    fields: dict[str, str],
    text: str,
) -> None:
    invite(owner, contract)
    typed = {"password": NEW, "password_again": NEW, "consent": "y"} | fields
    page = PageClient(app)
    soup = page.open(outbox.link(EMAIL))
    page.submit(soup, 422, **{name: value for name, value in typed.items() if value})
    assert text in page.check_last().main.text
    assert session.scalar(select(func.count(Account.id))) == 1
    assert session.scalar(select(Invitation.accepted_at)) is None


def test_a_withdrawn_or_replaced_invitation_opens_nothing(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    invite(owner, contract)
    first = outbox.link(EMAIL)
    invite(owner, contract, role="viewer")
    PageClient(app).open(first, 410)
    second = outbox.link(EMAIL)
    soup = owner.get("people.index", contract_id=contract.id)
    form = soup.select_one("form[action$='/withdraw']")
    owner.submit(soup, 303, form["action"])
    PageClient(app).open(second, 410)


def test_an_invitation_ends_after_a_week(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    invite(owner, contract)
    session.execute(update(Invitation).values(expires_at=NOW))
    session.commit()
    assert PageClient(app).open(outbox.link(EMAIL), 410).h1.text == "Срок приглашения истек"


def test_an_invitation_is_dead_when_the_inviter_has_lost_the_contract(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    invite(owner, contract)
    session.execute(update(Membership).values(revoked_at=NOW))
    session.commit()
    page = PageClient(app).open(outbox.link(EMAIL), 410)
    assert page.h1.text == "Приглашение больше не действует"


def test_somebody_with_access_is_not_invited_twice(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    person(app, owner, outbox, contract)
    for email in (EMAIL.upper(), "director@example.org"):
        invite(owner, contract, 422, email=email)
        assert "уже есть доступ" in owner.check_last().main.text


def test_a_bookkeeper_of_two_firms_has_one_sign_in(
    app: Flask, owner: PageClient, contract: Contract, make: Factory, outbox: Outbox
) -> None:
    second = make.contract(OTHER, customer_id=make.customer(short_name="ООО «Вторая»").id)
    make.account(second, email="second@example.org")
    make.commit()
    person(app, owner, outbox, contract)
    other = PageClient(app)
    other.sign_in(OTHER)
    invite(other, second)
    page = PageClient(app)
    soup = page.open(outbox.link(EMAIL))
    page.submit(soup, 422, password="чужой пароль 1")
    assert "пароль не подходит" in page.check_last().main.text
    page.submit(page.open(outbox.link(EMAIL)), 303, password=NEW)
    keeper = PageClient(app)
    keeper.sign_in(EMAIL, NEW)
    choice = keeper.get("service.contract_choice").main.text
    assert NUMBER in choice
    assert OTHER in choice
    other.open(f"/contracts/{contract.id}/people/new", 404)


def test_an_owner_who_is_signed_in_accepts_with_a_button(
    app: Flask, owner: PageClient, contract: Contract, make: Factory, outbox: Outbox
) -> None:
    second = make.contract(OTHER, customer_id=make.customer().id)
    make.account(second, email=EMAIL)
    make.commit()
    invite(owner, contract)
    page = PageClient(app)
    page.sign_in(OTHER)
    page.submit(page.open(outbox.link(EMAIL)), 303, outbox.link(EMAIL))
    assert NUMBER in page.get("service.contract_choice").main.text
    with_email = PageClient(app)
    with_email.sign_in(EMAIL)
    with_email.open(home(contract))


def test_a_person_signed_in_with_another_address_does_not_take_the_invitation(
    app: Flask, owner: PageClient, contract: Contract, make: Factory, outbox: Outbox
) -> None:
    second = make.contract(OTHER, customer_id=make.customer().id)
    make.account(second, email="somebody@example.org")
    make.commit()
    invite(owner, contract)
    page = PageClient(app)
    page.sign_in(OTHER)
    soup = page.open(outbox.link(EMAIL))
    assert soup.select_one("input[name=password]")
    page.submit(soup, 422, outbox.link(EMAIL))
    assert NUMBER not in page.get("service.contract_choice").main.text


def test_a_forgotten_password_is_recovered_by_the_address(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    person(app, owner, outbox, contract)
    page = PageClient(app)
    page.submit(page.get("recovery.index"), 303, login=EMAIL.upper(), channel="mail")
    fresh = "совсем новый 27"
    soup = page.open(outbox.link(EMAIL))
    page.submit(soup, 303, password=fresh, password_again=fresh)
    PageClient(app).sign_in(EMAIL, fresh)


def test_a_past_day_and_a_wrong_address_are_named_beside_their_fields(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    invite(owner, contract, 422, access_until=(NOW.date() - timedelta(days=2)).isoformat())
    assert "уже прошел" in owner.check_last().main.text
    invite(owner, contract, 422, email="не адрес")
    soup = owner.check_last()
    assert "не похоже на адрес" in soup.main.text
    assert soup.select_one("input[name=person_name]")["value"] == "Ирина Белова"
    assert session.scalar(select(func.count(Invitation.id))) == 0


def test_a_withdrawn_invitation_says_so_and_one_that_was_sent_again_leads_to_the_newer(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    invite(owner, contract)
    first = outbox.link(EMAIL)
    invite(owner, contract, email=EMAIL.upper())
    newer = outbox.link(EMAIL.upper().replace("EXAMPLE.ORG", "example.org"))
    assert newer != first
    assert PageClient(app).open(first, 410).h1.text == "Приглашение отправлено снова"
    soup = owner.get("people.index", contract_id=contract.id)
    (form,) = soup.select("form[action$='/withdraw']")
    owner.submit(soup, 303, form["action"])
    for link in (first, newer):
        assert PageClient(app).open(link, 410).h1.text == "Приглашение отозвано"


def test_an_invitation_of_a_blocked_inviter_opens_nothing(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    invite(owner, contract)
    session.execute(update(Account).values(disabled_at=NOW))
    session.commit()
    page = PageClient(app).open(outbox.link(EMAIL), 410)
    assert page.h1.text == "Приглашение больше не действует"


def test_whoever_has_lost_every_contract_is_invited_anew_with_a_new_password(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    person(app, owner, outbox, contract)
    former = membership_of(session)
    url = f"/contracts/{contract.id}/people/{former.id}/end"
    owner.submit(owner.open(url), 303, url)
    invite(owner, contract)
    fresh = "совсем новый 27"
    accept(app, outbox, password=fresh, password_again=fresh)
    page = PageClient(app)
    page.sign_in(EMAIL, fresh)
    page.open(home(contract))
    PageClient(app).sign_in(EMAIL, NEW, 422)
    assert membership_of(session).account_id != former.account_id


def test_a_suspended_person_is_not_replaced_by_an_invitation_from_another_firm(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    make: Factory,
    outbox: Outbox,
    session: Session,
) -> None:
    person(app, owner, outbox, contract)
    membership_of(session).paused_at = NOW
    session.commit()
    second = make.contract(OTHER, customer_id=make.customer().id)
    make.account(second, email="second@example.org")
    make.commit()
    other = PageClient(app)
    other.sign_in(OTHER)
    invite(other, second)
    soup = PageClient(app).open(outbox.link(EMAIL))
    assert "уже входят" in soup.main.text
    assert not soup.select("input[name=password_again]")


@pytest.mark.parametrize(
    "name",
    [
        "evil.ru",
        "Зайдите на http://evil.ru",
        "<b>Иван</b>",
        "[[Войти]]",
        "а" * 81,
        "Иван 2",
        "t.me",
    ],
)
def test_a_name_that_is_none_is_refused_because_it_begins_an_email(
    owner: PageClient, contract: Contract, session: Session, outbox: Outbox, name: str
) -> None:
    invite(owner, contract, 422, person_name=name)
    soup = owner.check_last()
    assert soup.select_one("#person_name-error")
    assert soup.select_one("input[name=person_name]")["value"] == name
    assert session.scalar(select(func.count(Invitation.id))) == 0
    assert not outbox.emails(EMAIL)


def test_an_invitation_is_dead_once_its_inviter_has_less_time_than_it_gives(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    director = person(app, owner, outbox, contract, role="director", access_until="2026-12-31")
    invite(director, contract, email="friend@example.org", access_until="2026-12-31")
    link = outbox.link("friend@example.org")
    PageClient(app).open(link)
    membership_of(session).access_until = date(2026, 11, 30)
    session.commit()
    assert PageClient(app).open(link, 410).h1.text == "Приглашение больше не действует"
