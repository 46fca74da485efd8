"""The two steps of entry."""

from __future__ import annotations

from bs4 import BeautifulSoup
from sqlalchemy import select

from app.models import Meter, SubmittedReading
from tests.factories import Factory
from tests.pages import PageClient


def form(page: PageClient, meter: Meter) -> BeautifulSoup:
    return page.get("readings.meter", contract_id=1, meter_id=meter.id)


def type_in(
    page: PageClient, meter: Meter, whole: str, fraction: str = "", status: int = 200
) -> BeautifulSoup:
    soup = form(page, meter)
    box = soup.select_one("[name^=whole-]")["name"]
    other = soup.select_one("[name^=fraction-]")["name"]
    page.submit(soup, status, **{box: whole, other: fraction})
    return page.check_last()


def hidden_fields(soup: BeautifulSoup) -> dict[str, str]:
    """Hidden fields of the form of readings."""
    form = soup.select_one("main form[method=post]")
    return {field["name"]: field.get("value", "") for field in form.select("input[type=hidden]")}


def send(page: PageClient, soup: BeautifulSoup, status: int = 303, *confirm: str) -> str:
    """Press «Передать показания» on the second step."""
    data = hidden_fields(soup) | {"step": "send"}
    path = page.last.request.full_path.rstrip("?")
    answer = page.client.post(path, data=data | ({"confirm": list(confirm)} if confirm else {}))
    page.last = answer
    assert answer.status_code == status, answer.text
    return answer.headers.get("Location", "")


def submitted(make: Factory) -> list[SubmittedReading]:
    make.session.expire_all()
    return list(make.session.scalars(select(SubmittedReading).order_by(SubmittedReading.id)))
