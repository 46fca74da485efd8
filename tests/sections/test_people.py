"""«Сотрудники и доступ»: invitations, roles, terms, and who is left to decide."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.jobs.access import end_expired_access
from app.models import Account, AuditEvent, Consent, Contract, Invitation, Membership
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient

NUMBER, OTHER = "00123-ЭС", "00124-ЭС"
EMAIL = "buh.firma@example.org"
NEW = "свой пароль 26"


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract, email="director@example.org")
    make.commit()
    return contract


@pytest.fixture
def owner(app: Flask, contract: Contract) -> PageClient:
    page = PageClient(app)
    page.sign_in(NUMBER)
    return page


def invite(owner: PageClient, contract: Contract, status: int = 303, **fields: object) -> None:
    soup = owner.get("people.invite", contract_id=contract.id)
    values = {"person_name": "Ирина Белова", "email": EMAIL, "role": "accountant"} | fields
    owner.submit(soup, status, **values)


def accept(
    app: Flask, outbox: Outbox, status: int = 303, email: str = EMAIL, **fields: str
) -> PageClient:
    page = PageClient(app)
    soup = page.open(outbox.link(email))
    typed = {"password": NEW, "password_again": NEW, "consent": "y"} | fields
    page.submit(soup, status, **typed)
    return page


def person(
    app: Flask, owner: PageClient, outbox: Outbox, contract: Contract, **fields: object
) -> PageClient:
    """Somebody who was invited and has signed in with the address."""
    invite(owner, contract, **fields)
    email = str(fields.get("email", EMAIL))
    accept(app, outbox, email=email)
    page = PageClient(app)
    page.sign_in(email, NEW)
    return page


def membership_of(session: Session, email: str = EMAIL) -> Membership:
    session.expire_all()
    return session.scalars(
        select(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(Account.email == email)
        .order_by(Membership.id.desc())
    ).first()


def home(contract: Contract) -> str:
    return f"/contracts/{contract.id}/"


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


def test_the_term_closes_the_next_page_and_then_the_sign_in(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    outbox: Outbox,
    session: Session,
) -> None:
    last = date(2026, 11, 30)
    accountant = person(app, owner, outbox, contract, access_until=last.isoformat())
    accountant.open(home(contract))
    session.execute(
        update(Membership)
        .where(Membership.access_until == last)
        .values(access_until=date(2026, 11, 20))
    )
    session.commit()
    assert accountant.client.get(home(contract)).status_code == 302
    PageClient(app).sign_in(EMAIL, NEW, 422)
    with app.app_context():
        end_expired_access()
    assert membership_of(session).revoked_at is not None


def test_a_suspended_person_is_out_at_once_and_in_again_when_resumed(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    accountant = person(app, owner, outbox, contract)
    membership = membership_of(session)
    soup = owner.get("people.person", contract_id=contract.id, membership_id=membership.id)
    owner.submit(soup, 303, f"/contracts/{contract.id}/people/{membership.id}/pause")
    assert accountant.client.get(home(contract)).status_code == 302
    PageClient(app).sign_in(EMAIL, NEW, 422)
    assert "Приостановлен" in owner.get("people.index", contract_id=contract.id).main.text
    owner.submit(soup, 303, f"/contracts/{contract.id}/people/{membership.id}/resume")
    PageClient(app).sign_in(EMAIL, NEW)


def test_a_role_changed_applies_to_the_next_request(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    accountant = person(app, owner, outbox, contract)
    membership = membership_of(session)
    soup = owner.get("people.person", contract_id=contract.id, membership_id=membership.id)
    owner.submit(soup, 303, role="engineer", note="до отпуска")
    assert accountant.client.get(f"/contracts/{contract.id}/settlements").status_code == 403
    assert outbox.emails(EMAIL)[-1]["Subject"] == f"Ваш доступ изменен: договор № {NUMBER}"


def test_the_last_owner_cannot_leave_and_a_director_takes_the_place(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    mine = membership_of(session, "director@example.org")
    url = f"/contracts/{contract.id}/people/{mine.id}/end"
    owner.submit(owner.open(url), 422, url)
    assert "решать за договор будет некому" in owner.check_last().main.text
    director = person(app, owner, outbox, contract, role="director")
    owner.submit(owner.open(url), 303, url)
    assert owner.client.get(home(contract)).status_code == 302
    assert membership_of(session).role == Role.OWNER
    director.get("people.index", contract_id=contract.id)
    PageClient(app).sign_in(NUMBER, NEW)
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)


def test_of_two_who_end_each_other_one_is_left(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    director = person(app, owner, outbox, contract, role="director")
    mine = membership_of(session, "director@example.org")
    theirs = membership_of(session)
    ends = f"/contracts/{contract.id}/people/%d/end"
    first, second = owner.open(ends % theirs.id), director.open(ends % mine.id)
    owner.submit(first, 303, ends % theirs.id)
    assert director.client.post(ends % mine.id).status_code in (302, 400)
    director.submit(second, 302, ends % mine.id)
    session.expire_all()
    left = session.scalars(select(Membership).where(Membership.revoked_at.is_(None))).all()
    assert [membership.role for membership in left] == [Role.OWNER]


def test_another_firm_sees_and_changes_nobody(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    make: Factory,
    outbox: Outbox,
    session: Session,
) -> None:
    person(app, owner, outbox, contract)
    membership = membership_of(session)
    second = make.contract(OTHER, customer_id=make.customer().id)
    make.account(second, email="second@example.org")
    make.commit()
    other = PageClient(app)
    other.sign_in(OTHER)
    other.open(f"/contracts/{second.id}/people/{membership.id}", 404)
    soup = other.get("people.index", contract_id=second.id)
    token = other.get("people.invite", contract_id=second.id)
    other.submit(token, 404, f"/contracts/{second.id}/people/{membership.id}/pause")
    assert "Ирина" not in soup.text
    other.submit(
        token,
        422,
        f"/contracts/{second.id}/people/new",
        contracts=str(contract.id),
        person_name="А",
        email="a@example.org",
    )
    assert session.scalar(select(func.count(Invitation.id))) == 1


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
