"""Invite somebody, accept an invitation, and find what has become of it."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Contract, Membership
from tests.outbox import Outbox
from tests.pages import PageClient

NUMBER, OTHER = "00123-ЭС", "00124-ЭС"
EMAIL = "buh.firma@example.org"
NEW = "свой пароль 26"


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
