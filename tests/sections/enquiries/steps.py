"""The form of an enquiry, filled in and sent as a browser would."""

from __future__ import annotations

import io
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.models import Enquiry
from tests.factories import Factory
from tests.pages import PageClient

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
NEW = "/contracts/1/enquiries/new"
FILLED = {
    "organisation": "ООО «Ромашка»",
    "phone": "8 (912) 345-67-89",
    "email": "buh@example.org",
    "address": "г. Миасс, пр. Автозаводцев, д. 2",
    "text": "Откуда взялась сумма?",
    "consent_data": "y",
    "consent_answer": "y",
}


def fields_of(form: BeautifulSoup) -> dict[str, Any]:
    """What a browser would send of a form as it stands."""
    data: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            data[field["name"]] = chosen["value"]
        elif field.name == "textarea":
            data[field["name"]] = field.text.removeprefix("\n")
        elif field.get("type") in ("radio", "checkbox"):
            if field.has_attr("checked"):
                data[field["name"]] = field.get("value", "on")
        elif field.get("type") != "file":
            data[field["name"]] = field.get("value", "")
    return data


def value_of(soup: BeautifulSoup, name: str, expected: str) -> str:
    """The value of the option that reads so."""
    option = next(tag for tag in soup.select(f"[name={name}] option") if expected in tag.text)
    return str(option["value"])


def filled(soup: BeautifulSoup, topic: str = "Иное", **fields: Any) -> dict[str, Any]:
    data = fields_of(soup.select_one("form.enquiry")) | FILLED
    data["premises_kind"] = value_of(soup, "premises_kind", "МКД")
    data["topic"] = value_of(soup, "topic", topic)
    return data | fields


def files(*named: tuple[str, bytes]) -> list[FileStorage]:
    return [FileStorage(io.BytesIO(content), name) for name, content in named]


def body_of(data: dict[str, Any]) -> dict[str, Any]:
    """A multipart body, made in memory: the client's own way leaves a file open for large ones."""
    boundary, body = encode_multipart(data)
    return {"data": body, "content_type": f'multipart/form-data; boundary="{boundary}"'}


def submit_form(
    page: PageClient, data: dict[str, Any], status: int = 303, url: str = NEW, **fields: Any
) -> TestResponse:
    page.last = page.client.post(url, **body_of(data | fields))
    assert page.last.status_code == status, (page.last.status_code, page.last.text[:600])
    return page.last


def send(page: PageClient, **fields: Any) -> BeautifulSoup:
    """A whole enquiry, sent; the page it leads to."""
    answer = submit_form(page, filled(page.open(NEW), **fields))
    return page.open(answer.headers["Location"])


def enquiries(make: Factory) -> list[Enquiry]:
    make.session.expire_all()
    return list(make.session.scalars(select(Enquiry).order_by(Enquiry.id)))
