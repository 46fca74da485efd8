"""Enquiries of staff on PostgreSQL: several clerks at once, and the same figures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.staff import StaffRole
from app.models import Account, Contract, Enquiry, EnquiryEntry, Message
from tests.factories import AS_OF, Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import PDF, body_of, files
from tests.sections.staff.enquiry_steps import form_of, send
from tests.sections.test_registration_postgres import at_once

pytest_plugins = ["tests.postgres"]
ROLES = [str(role) for role in StaffRole]


@pytest.fixture
def make(postgres_session: Session) -> Factory:
    return Factory(postgres_session)


@pytest.fixture
def contract(make: Factory, postgres_app: Flask) -> Contract:
    contract = make.contract()
    for role in StaffRole:
        make.staff(role)
    make.commit()
    return contract


@pytest.fixture
def enquiry(make: Factory, contract: Contract) -> Enquiry:
    enquiry = make.enquiry(contract, make.account(contract), number="2026-000001")
    make.commit()
    return enquiry


@pytest.fixture
def clerks(postgres_app: Flask, contract: Contract) -> list[PageClient]:
    pages = [PageClient(postgres_app) for _ in ROLES]
    for page, role in zip(pages, ROLES, strict=True):
        page.sign_in_staff(role)
    return pages


def together(clerks: list[PageClient], url: str, name: str, **fields: str) -> list[int]:
    """All of them open the page, then all send the form at once."""
    bodies = [form_of(page.open(url), name, url) | fields for page in clerks]

    def submit_form(number: int) -> int:
        body = body_of(bodies[number])
        return clerks[number].client.post(f"{url}/{name}", **body).status_code

    with ThreadPoolExecutor(len(clerks)) as pool:
        return sorted(pool.map(submit_form, range(len(clerks))))


def test_of_clerks_who_answer_or_take_at_once_one_is_first(
    clerks: list[PageClient], make: Factory, enquiry: Enquiry
) -> None:
    url = f"/staff/enquiries/{enquiry.id}"
    assert together(clerks, url, "take") == [303, 409, 409]
    assert together(clerks, url, "messages", text="Ответ") == [303, 409, 409]
    assert together(clerks, url, "close") == [303, 409, 409]
    make.session.expire_all()
    statuses = [entry.status for entry in make.session.scalars(select(EnquiryEntry))]
    assert statuses == ["registered", "in_work", "answered", "closed"]
    kinds = make.session.scalars(select(Message.kind).order_by(Message.id)).all()
    assert kinds == ["enquiry_reply", "enquiry_closed"]
    assert together(clerks, url, "reopen") == [303, 303, 303]
    make.session.expire_all()
    assert make.session.scalars(select(Enquiry.status)).one() == "answered"
    assert len(make.session.scalars(select(EnquiryEntry)).all()) == 5


def test_one_answer_sent_many_times_at_once_is_one_with_its_file(
    postgres_app: Flask, clerks: list[PageClient], make: Factory, enquiry: Enquiry
) -> None:
    page, url = clerks[0], f"/staff/enquiries/{enquiry.id}"
    data = form_of(page.open(url), "messages", url) | {"text": "Ответ"}
    assert set(at_once(postgres_app, page, f"{url}/messages", data)) == {303}
    send(
        page, form_of(page.open(url), "notes", url), "notes", 303, url, files=files(("a.pdf", PDF))
    )
    assert len(make.session.scalars(select(EnquiryEntry)).all()) == 3
    link = page.open(url).select_one(".note-in a")["href"]
    assert page.client.get(link).data == PDF


def test_queue_and_counts_are_the_same_as_on_sqlite(
    clerks: list[PageClient], make: Factory, contract: Contract, enquiry: Enquiry
) -> None:
    late, account = date(2026, 11, 10), make.session.get_one(Account, enquiry.account_id)
    for number, values in enumerate(
        (
            {"status": "in_work", "answer_due_on": late},
            {"answered_at": datetime(2026, 11, 10, 18, 59, tzinfo=UTC)},
            {"answered_at": datetime(2026, 11, 10, 19, 0, tzinfo=UTC)},
            {"status": "closed", "closed_at": AS_OF},
        )
    ):
        defaults = {"status": "answered", "answer_due_on": late, "number": f"2026-{number:06d}x"}
        make.enquiry(contract, account, **(defaults | values))
    make.commit()
    page = clerks[0]
    soup = page.get("staff.enquiries_summary")
    assert [int(cell.text) for cell in soup.select("tbody td")] == [1, 1, 1, 1, 1, 5]
    soup = page.get("staff.enquiries", state="all")
    shown = [cell.text for cell in soup.select("table tbody th a")]
    assert shown == [
        f"№ 2026-{end}" for end in ("000000x", "000001", "000003x", "000002x", "000001x")
    ]
    for query in ({"term": "overdue"}, {"q": "000000X", "state": "all"}, {"who": "me"}):
        page.get("staff.enquiries", **query)
    page.get("staff.enquiry", 404, enquiry_id=2**70)
