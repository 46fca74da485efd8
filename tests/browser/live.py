"""A portal on a loopback port, with people to sign in as; it writes down what was asked of it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.demo.entries import DEMO_PASSWORD
from app.demo.loading import load_demo
from app.demo.summary import DemoSummary
from app.domain.access import Role
from app.domain.rate_limits import Limits
from app.extensions import db
from app.models import Account, Charge, Contract, Invoice, Membership, Meter, SupplyPoint
from tests.conftest import NOW, make_config
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient
from tests.providers import POLL_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "{{7*7}}",
    "<div hx-get=/sign-out hx-trigger=load>",
    "\u202eгро.акшамор",
    "Щ" * 250,
)
STAFF = "staff:"
"""Begins the «contract number» of a member of the staff; the login follows."""
EMPTY, HOSTILE_NUMBER, UNREGISTERED = "00900-ЭС", "00666-ЭС", "00901-ЭС"


class _Quiet(WSGIRequestHandler):
    # Chromium fetches page, style sheet and scripts over connections that it keeps.
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Say nothing: the test says what went wrong."""


@dataclass
class Site:
    """A running portal.

    Attributes:
        passwords: who can sign in, by contract number.
        ids: contracts by number.
        hits: path of every request that reached the server.
    """

    app: Flask
    url: str
    passwords: dict[str, str]
    ids: dict[str, int]
    hits: list[str] = field(default_factory=list)
    demo: DemoSummary | None = None
    _cookies: dict[str, str] = field(default_factory=dict)

    def newest(self, table: type[Charge] | type[Invoice]) -> int:
        """Id of the debtor's newest document with lines, or newest invoice; 0 without demo data."""
        if self.demo is None:
            return 0
        contract_id = self.ids[self.demo.debtor]
        if table is Charge:
            ids = select(Charge.id).where(Charge.contract_id == contract_id, Charge.kind == "upd")
            ids = ids.order_by(Charge.doc_date.desc())
        else:
            ids = select(Invoice.id).where(Invoice.contract_id == contract_id)
            ids = ids.order_by(Invoice.due_on.desc())
        with self.session() as session:
            return session.scalars(ids).first() or 0

    def meter(self) -> int:
        """Id of a meter of the debtor whose readings are typed; 0 without demo data."""
        if self.demo is None:
            return 0
        ids = (
            select(Meter.id)
            .join(SupplyPoint)
            .where(
                SupplyPoint.contract_id == self.ids[self.demo.debtor],
                SupplyPoint.is_automatic.is_(False),
                Meter.removed_on.is_(None),
            )
            .order_by(Meter.id)
        )
        with self.session() as session:
            return session.scalars(ids).first() or 0

    def contract(self, number: str, path: str = "/") -> str:
        """Address of a page of a contract."""
        return f"{self.url}/contracts/{self.ids[number]}{path}"

    def settlements(self, number: str, first: str = "2025-12-01", last: str = "2026-11-30") -> str:
        return self.contract(number, f"/settlements?first={first}&last={last}")

    def cookie(self, number: str) -> str:
        """The session cookie of an account; it signs in once and stays signed in."""
        if number not in self._cookies:
            self._cookies[number] = self.fresh_cookie(number)
        return self._cookies[number]

    def session_cookie(self, number: str) -> Any:
        """The same in the shape that Playwright accepts."""
        return {"name": "kabinet", "value": self.cookie(number), "url": self.url}

    def fresh_cookie(self, number: str) -> str:
        """The cookie of one more session of an account."""
        client = PageClient(self.app)
        if number.startswith(STAFF):
            client.sign_in_staff(number.removeprefix(STAFF), DEMO_PASSWORD)
        else:
            client.sign_in(number, self.passwords[number])
        cookie = client.client.get_cookie("kabinet")
        assert cookie is not None
        return cookie.value

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.app.app_context():
            engine = db.engine
        with Session(engine) as session:
            yield session


@contextmanager
def serve(folder: Path, migrated: Path, *, with_data: bool) -> Iterator[Site]:
    """Run a portal in threads of this process; it ends with the ``with`` block."""
    shutil.copy(migrated, folder / "kabinet.sqlite3")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    # All tests come from one address.
    limits = Limits(first_entry_per_address=10**6, sms_per_address=10**6)
    app = create_app(make_config(folder, base_url=url), limits)
    site = Site(app, url, {}, {})
    with site.session() as session:
        _fill(site, Factory(session), with_data)
        session.commit()

    def counted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        site.hits.append(environ["PATH_INFO"])
        # Werkzeug's server forgets to close an answer when the browser drops the connection right
        # after it; what the portal does then (send an email) would not happen.
        with closing(app(environ, start_response)) as answer:
            yield from answer

    server = make_server(
        "127.0.0.1", 0, counted, threaded=True, request_handler=_Quiet, fd=listener.fileno()
    )
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        listener.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _fill(site: Site, make: Factory, with_data: bool) -> None:
    """Demonstration data and the contracts it has no reason to hold."""
    if with_data:
        site.demo = load_demo(make.session, NOW)
        _second_contract(make, site.demo)
        _hostile_contract(make)
        site.passwords |= {person.contract_no: DEMO_PASSWORD for person in site.demo.sign_ins}
        site.passwords[HOSTILE_NUMBER] = PASSWORD
    make.contract(UNREGISTERED)
    make.account(make.contract(EMPTY))
    site.passwords[EMPTY] = PASSWORD
    site.ids = {contract.number: contract.id for contract in make.session.scalars(select(Contract))}


def _second_contract(make: Factory, demo: DemoSummary) -> None:
    """One account sees another contract too, so that there is something to choose."""
    owner = select(Account).join(Membership, Membership.account_id == Account.id).join(Contract)
    account = make.session.scalars(owner.where(Contract.number == demo.overpaid)).one()
    other = make.session.scalars(select(Contract).filter_by(number=demo.corrections)).one()
    make.membership(account, other, Role.ACCOUNTANT)


def _hostile_contract(make: Factory) -> None:
    """A company and a supply point whose names try everything."""
    name = " ".join(HOSTILE)
    customer = make.customer(full_name=name, short_name=name, legal_address=HOSTILE[-1])
    contract = make.contract(HOSTILE_NUMBER, customer_id=customer.id)
    make.account(contract)
    make.meter(contract, serial_number="9" * 64)
    point = make.session.scalars(select(SupplyPoint).filter_by(contract_id=contract.id)).one()
    point.name, point.address = name, HOSTILE[-1]
    make.charge(contract, date(2026, 11, 5), "120.00", doc_number=HOSTILE[0] + HOSTILE[3])
    make.payment(contract, date(2026, 11, 6), "20.00", doc_number="N" * 60, purpose=name)
    make.invoice(contract, date(2026, 11, 25), "100.00")
