"""The same enquiry from many sides at once, and hostile text, on PostgreSQL."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Attachment, Contract, Enquiry, EnquiryDraft, EnquiryEntry
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import PDF, fields_of, files, filled, submit_form
from tests.sections.test_registration_postgres import at_once

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def make(postgres_session: Session) -> Factory:
    return Factory(postgres_session)


@pytest.fixture
def contract(make: Factory, postgres_app: Flask) -> Contract:
    contract = make.contract()
    make.account(contract)
    make.commit()
    return contract


@pytest.fixture
def page(postgres_app: Flask, contract: Contract) -> PageClient:
    page = PageClient(postgres_app)
    page.sign_in(contract.number)
    return page


@pytest.fixture
def url(contract: Contract) -> str:
    return f"/contracts/{contract.id}/enquiries"


def test_twenty_posts_at_once_are_one_enquiry_with_its_file(
    postgres_app: Flask, page: PageClient, make: Factory, url: str
) -> None:
    data = filled(page.open(f"{url}/new"))
    submit_form(page, data, url=f"{url}/new", do="attach", files=files(("a.pdf", PDF)))
    assert set(at_once(postgres_app, page, f"{url}/new", data, 20)) == {303}
    (enquiry,) = make.session.scalars(select(Enquiry)).all()
    assert make.session.scalars(select(EnquiryDraft)).all() == []
    (row,) = make.session.scalars(select(Attachment)).all()
    entry = make.session.get_one(EnquiryEntry, row.entry_id)
    assert entry.enquiry_id == enquiry.id
    url = f"{url}/{enquiry.id}"
    data = fields_of(page.open(url).select_one("form.enquiry")) | {"text": "Еще"}
    assert set(at_once(postgres_app, page, f"{url}/messages", data, 20)) == {303}
    assert len(make.session.scalars(select(EnquiryEntry)).all()) == 2
    assert make.session.scalars(select(EnquiryDraft)).all() == []


def test_words_and_keys_that_a_database_cannot_hold_break_nothing(
    page: PageClient, make: Factory, url: str
) -> None:
    data = filled(page.open(f"{url}/new"), text="а\x00б", organisation="ООО\x00", key="\x00" * 40)
    submit_form(page, data, url=f"{url}/new")
    (enquiry,) = make.session.scalars(select(Enquiry)).all()
    assert enquiry.organisation == "ООО"
    for key in ("\x00bad", "k" * 300):
        data = fields_of(page.open(f"{url}/{enquiry.id}").select_one("form.enquiry"))
        submit_form(page, data | {"text": "Еще", "key": key}, url=f"{url}/{enquiry.id}/messages")
    assert len(make.session.scalars(select(EnquiryEntry)).all()) == 3
    for name, size in (("organisation", 5000), ("address", 5000), ("phone", 5000)):
        data = filled(page.open(f"{url}/new")) | {name: "9" * size}
        submit_form(page, data, 422, url=f"{url}/new")
