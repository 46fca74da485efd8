"""The real package with an old company's person at work, and a batch that hands it over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import create_account
from app.domain.staff import StaffRole
from app.models import Account, Contract
from tests.actions.import_steps import SAMPLE, run_command
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.registering import Person

OWNED, PENDING = "00001-ЭС", "00002-ЭС"
OLD_INN, NEW_INN = "9600000023", "9600000087"
OLD, NEW = "old@example.org", "nova@example.org"
HEAD = "customer_id;kind;full_name;short_name;inn;kpp;email;phone"
NOVA = f"000000999;ul;Общество «Нова»;ООО «Нова»;{NEW_INN};960001001;{NEW};"
CONTRACTS = (
    "contract_no;customer_id;signed_on;valid_from;valid_to;status;price_category;has_advance"
)


def delta(folder: Path, customer: str = NOVA, key: str = "000000999", *numbers: str) -> Path:
    """A batch that gives contracts another customer."""
    folder.mkdir()
    (folder / "customers.csv").write_text(f"{HEAD}\n{customer}\n", encoding="utf-8")
    rows = [f"{number};{key};2020-02-01;2020-02-01;;active;3;1" for number in numbers or (OWNED,)]
    (folder / "contracts.csv").write_text("\n".join([CONTRACTS, *rows, ""]), encoding="utf-8")
    return folder


@dataclass
class Scene:
    """The real package is loaded, and the old company's person is at work."""

    app: Flask
    session: Session
    make: Factory
    old: PageClient
    contract: Contract
    account: Account
    folder: Path

    def enqueue(self, *numbers: str, customer: str = NOVA, key: str = "000000999") -> str:
        """Load the batch; what the command says."""
        name = uuid4().hex
        result = run_command(self.app, delta(self.folder / name, customer, key, *numbers))
        assert result.exit_code == 0, result.output
        self.session.expire_all()
        return result.output

    def clerk(self, role: StaffRole = StaffRole.OPERATOR) -> PageClient:
        client = PageClient(self.app)
        client.sign_in_staff(str(role))
        return client

    def decide(self, decision: str, status: int = 303) -> None:
        clerk = self.clerk()
        soup = clerk.get("staff.transfer", contract_id=self.contract.id)
        clerk.submit(soup, status, decision=decision)
        self.session.expire_all()

    def new_company(self) -> PageClient:
        """Registers as anybody, at the address on record."""
        person = Person(PageClient(self.app), {"email": NEW})
        person.save(person.page.open(person.enter(OWNED, NEW_INN).location))
        links = Outbox(self.folder / "outbox")
        person.page.submit(person.page.open(links.link(NEW)))
        return person.page


@pytest.fixture
def scene(app: Flask, session: Session, make: Factory, tmp_path: Path) -> Scene:
    result = run_command(app, SAMPLE)
    assert result.exit_code == 0, result.output
    for role in StaffRole:
        make.staff(role)
    account = create_account(session, OWNED, OLD, PASSWORD, NOW)
    session.commit()
    old = PageClient(app)
    old.sign_in(OWNED)
    contract = session.scalars(select(Contract).filter_by(number=OWNED)).one()
    return Scene(app, session, make, old, contract, account, tmp_path)
