"""A person who registers, step by step, as the pages lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bs4 import BeautifulSoup
from click.testing import Result
from flask import Flask
from werkzeug.test import TestResponse

from app.models import Contract
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient

INN = "7415000018"
NUMBER = "00123-ЭС"
ON_RECORD = "dogovor@example.org"
PHONE_ON_RECORD = "+7 912 000-00-01"
PASSWORD = "надежный пароль 7"
STRANGER = "new@example.org"
"""An address that billing does not know."""


@dataclass
class Person:
    """Fills in the forms; ``fields`` change what is typed."""

    page: PageClient
    fields: dict[str, str] = field(default_factory=dict)

    def enter(self, number: str = NUMBER, inn: str = INN, status: int = 303) -> TestResponse:
        """The first entry."""
        soup = self.page.get("registration.first_entry")
        return self.page.submit(soup, status, number=number, inn=inn)

    def form(self, number: str = NUMBER) -> BeautifulSoup:
        """The registration form after a right first entry."""
        return self.page.open(self.enter(number).location)

    def save(self, soup: BeautifulSoup, status: int = 303, **fields: str) -> TestResponse:
        """«Сохранить»."""
        return self.page.submit(soup, status, **(self.details() | fields))

    def press(
        self, soup: BeautifulSoup, text: str, status: int = 200, **fields: str
    ) -> BeautifulSoup:
        """Another button of the form, without JavaScript; the page that comes."""
        button = next(
            button for button in soup.select("button[formaction]") if button.text.strip() == text
        )
        self.page.submit(soup, status, button["formaction"], **(self.details() | fields))
        return self.page.check_last()

    def details(self) -> dict[str, str]:
        return {
            "password": PASSWORD,
            "password_again": PASSWORD,
            "email": ON_RECORD,
            "phone": "8 (912) 000-00-01",
            "channel": "mail",
            "consent": "y",
        } | self.fields


def charged_contract(make: Factory) -> Contract:
    """A contract with documents of the last months, and an older one."""
    make.supplier()
    contract = make.contract(NUMBER)
    make.charge(contract, date(2026, 10, 31), "12345.67")
    make.charge(contract, date(2026, 8, 20), "777.00")
    make.charge(contract, date(2026, 10, 31), "55.55", kind="late_interest")
    make.invoice(contract, date(2026, 11, 18), "3703.70")
    make.commit()
    return contract


def confirm(person: Person, outbox: Outbox) -> str:
    """Save, press the link; where it leads."""
    person.save(person.form())
    confirmed = person.page.submit(person.page.open(outbox.link(STRANGER)))
    return confirmed.location


def run(app: Flask, *command: str) -> Result:
    """A command of the staff."""
    return app.test_cli_runner().invoke(args=list(command))
