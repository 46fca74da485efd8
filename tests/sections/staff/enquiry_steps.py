"""What a clerk does with an enquiry, as a browser would send it."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from app.models import AuditEvent, Enquiry, EnquiryEntry
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import fields_of, submit_form

URL = "/staff/enquiries/1"
THREAD = "/contracts/1/enquiries/1"


def form_of(soup: BeautifulSoup, step: str, url: str = URL) -> dict[str, Any]:
    """What the form of a step holds as the page stands."""
    form = soup.select_one(f"form[action='{url}/{step}']")
    assert form, step
    return fields_of(form)


def step(
    page: PageClient, name: str, status: int = 303, url: str = URL, **fields: Any
) -> BeautifulSoup:
    """Open the enquiry, take a step; the page it leads to."""
    return send(page, form_of(page.open(url), name, url), name, status, url, **fields)


def send(
    page: PageClient,
    data: dict[str, Any],
    name: str,
    status: int = 303,
    url: str = URL,
    **fields: Any,
) -> BeautifulSoup:
    """Send a form that was opened before; the page it leads to."""
    answer = submit_form(page, data, status, f"{url}/{name}", **fields)
    return page.open(answer.headers["Location"]) if status == 303 else page.check_last()


def thread(page: PageClient, url: str = THREAD) -> list[str]:
    """The thread as somebody sees it, message by message."""
    return [" ".join(tag.text.split()) for tag in page.open(url).select(".thread > li")]


def fresh(make: Factory) -> Enquiry:
    """The first enquiry as it is now."""
    make.session.expire_all()
    return make.session.scalars(select(Enquiry).order_by(Enquiry.id)).first()


def entries(make: Factory) -> list[EnquiryEntry]:
    make.session.expire_all()
    return list(make.session.scalars(select(EnquiryEntry).order_by(EnquiryEntry.id)))


def audit_events(make: Factory) -> list[AuditEvent]:
    make.session.expire_all()
    rows = select(AuditEvent).where(AuditEvent.subject == "enquiries").order_by(AuditEvent.id)
    return list(make.session.scalars(rows))


def status_of(customer: PageClient) -> str:
    return customer.open(THREAD).select_one(".status").text.strip()
