"""A mailing as a manager makes it, and the contracts it goes to."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.actions.open_items import store_missing_snapshots
from app.models import Account, Contract, Mailing, MailingRecipient, Message
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import fields_of, submit_form

NEW = "/staff/mailings/new"
TEXT = "По договору {договор} просрочено {просрочено}, с {срок оплаты}."


def debtor(make: Factory, number: str, amount: str, due_on: date, **contact: Any) -> Contract:
    """A contract with an invoice that nobody has paid; its owner has confirmed an address."""
    contract = make.contract(number)
    make.invoice(contract, due_on, amount)
    account = make.account(contract, email=f"{number[:5]}@example.org")
    for name, value in ({"email_confirmed_at": NOW} | contact).items():
        setattr(account, name, value)
    return contract


def store_debts(session: Session) -> None:
    """What the worker does after an import."""
    for _ in store_missing_snapshots(session, NOW.date(), None):
        session.commit()


def fill(page: PageClient, status: int = 303, **fields: Any) -> BeautifulSoup:
    """Send the form of a new mailing; the page it leads to."""
    form = page.open(NEW).select_one("form[enctype]")
    typed = {"subject": "Просрочка по договору {договор}", "text": TEXT, "amount": "1000"}
    submit_form(page, fields_of(form) | typed | fields, status, NEW)
    return page.open(page.last.location) if status == 303 else page.check_last()


def table(text: str, name: str = "список.csv", encoding: str = "utf-8") -> FileStorage:
    return FileStorage(io.BytesIO(text.encode(encoding)), name)


def press(page: PageClient, step: str, status: int = 303, **fields: str) -> BeautifulSoup:
    """Press a button of the first mailing; the page it leads to."""
    soup = page.open("/staff/mailings/1")
    form = soup.select_one(f"form[action='/staff/mailings/1/{step}']")
    assert form, step
    submit_form(page, fields_of(form) | fields, status, f"/staff/mailings/1/{step}")
    return page.open(page.last.location) if status == 303 else page.check_last()


def recipients(session: Session) -> list[MailingRecipient]:
    session.expire_all()
    return list(session.scalars(select(MailingRecipient).order_by(MailingRecipient.id)))


def sent(session: Session) -> list[Message]:
    session.expire_all()
    rows = select(Message).where(Message.kind == "mailing").order_by(Message.id)
    return list(session.scalars(rows))


def mailing(session: Session) -> Mailing:
    session.expire_all()
    return session.scalars(select(Mailing)).one()


def account_of(session: Session, email: str) -> Account:
    return session.scalars(select(Account).where(Account.email == email)).one()
