"""A client that opens pages by endpoint and checks every page it opens."""

from __future__ import annotations

import re
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from bs4.builder import HTML5TreeBuilder
from flask import Flask, url_for
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domain.second_factor import totp_secret
from app.extensions import db
from app.lib.totp import code_at
from app.models import StaffMember
from tests.factories import PASSWORD

FORM_TOKEN = re.compile('name="csrf_token"[^>]*value="([^"]+)"')
# Nearly every test signs somebody in.
_SIGN_IN_PAGES: dict[str, BeautifulSoup] = {}
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


class PageClient:
    """One browser: cookies are kept, redirects are followed only when asked."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.app = app
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address
        self.last: TestResponse

    def url(self, endpoint: str, **values: Any) -> str:
        with self.app.test_request_context():
            return url_for(endpoint, **values)

    def get(self, endpoint: str, status: int = 200, **values: Any) -> BeautifulSoup:
        """Open a page and check it: status, validity, headings, ids, labels, no inline code."""
        return self.open(self.url(endpoint, **values), status)

    def open(self, url: str, status: int = 200) -> BeautifulSoup:
        self.last = self.client.get(url)
        assert self.last.status_code == status, (url, self.last.status_code, self.last.text[:500])
        return check_page(self.last.text)

    def fragment(self, endpoint: str, status: int = 200, **values: Any) -> BeautifulSoup:
        """The part of a page that htmx asks for."""
        self.last = self.client.get(self.url(endpoint, **values), headers=PARTIAL)
        assert self.last.status_code == status, self.last.text[:500]
        assert "<html" not in self.last.text
        return BeautifulSoup(self.last.text.replace("\u00a0", " "), "html5lib")

    def submit(
        self, soup: BeautifulSoup, status: int = 303, action: str | None = None, **fields: str
    ) -> TestResponse:
        """Fill in the page's form that has these fields, and send it as a browser would.

        Args:
            action: where a button of its own sends the form.
        """
        form = next(
            form
            for form in soup.select("form[method=post]")
            if all(form.select_one(f"[name={name}]") for name in fields)
        )
        data = {
            control["name"]: control.get("value", "")
            for control in form.select("input[name]")
            if control.get("type") not in ("radio", "checkbox") or control.has_attr("checked")
        }
        target = action or form.get("action") or self.last.request.full_path.rstrip("?")
        self.last = self.client.post(target, data=data | fields)
        assert self.last.status_code == status, (self.last.status_code, self.last.text[:800])
        return self.last

    def check_last(self) -> BeautifulSoup:
        """The page of the last answer, checked."""
        return check_page(self.last.text)

    def sign_in_staff(self, login: str = "operator", password: str = PASSWORD) -> TestResponse:
        """Both factors; the same code may be used again, as no test waits for the next."""
        with self.app.app_context():
            session = db.session()
            member = session.scalars(select(StaffMember).filter_by(login=login)).one()
            member.totp_step = 0
            secret = totp_secret(self.app.config["SECRET_KEY"], member.totp_seed)
            session.commit()
        code = code_at(secret, self.app.extensions["clock"].now())
        self.submit(self._sign_in_page("staff.sign_in"), login=login, password=password)
        return self.submit(self._sign_in_page("staff.second_factor"), code=code)

    def sign_in(self, number: str, password: str = PASSWORD, status: int = 303) -> TestResponse:
        page = self._sign_in_page("auth.sign_in")
        return self.submit(page, status, login=number, password=password)

    def _sign_in_page(self, endpoint: str) -> BeautifulSoup:
        """Open and check it; only its form token differs from what was checked already."""
        self.last = self.client.get(self.url(endpoint))
        assert self.last.status_code == 200, self.last.text[:500]
        token = FORM_TOKEN.findall(self.last.text)[-1]
        html = self.last.text.replace(token, "")
        if html not in _SIGN_IN_PAGES:
            _SIGN_IN_PAGES[html] = check_page(self.last.text)
        soup = _SIGN_IN_PAGES[html]
        for control in soup.find_all("input", attrs={"name": "csrf_token"}):
            control["value"] = token
        return soup


class StrictBuilder(HTML5TreeBuilder):
    """Makes a soup of valid HTML and fails at the first mistake in it."""

    def feed(self, markup: Any) -> None:
        parser = html5lib.HTMLParser(tree=self.create_treebuilder, strict=True)
        self.underlying_builder.parser = parser
        parser.parse(markup).original_encoding = None
        self.underlying_builder.parser = None


def check_page(html: str) -> BeautifulSoup:
    """What must hold on every page, whatever it shows; no-break spaces come back as spaces."""
    html = html.replace("\u00a0", " ").replace("&nbsp;", " ")
    soup = BeautifulSoup(html, builder=StrictBuilder(store_line_numbers=False))
    assert soup.html["lang"] == "ru"
    tags = soup.find_all(True)
    headings = [tag for tag in tags if tag.name == "h1"]
    assert len(headings) == 1, [heading.text for heading in headings]
    title = soup.title.text.removeprefix("Ошибка · ")
    assert title.startswith(headings[0].text.strip()), title
    ids = [tag["id"] for tag in tags if tag.has_attr("id")]
    assert len(ids) == len(set(ids)), ids
    labelled = {tag.get("for") for tag in tags if tag.name == "label"} - {None}
    for tag in tags:
        check_tag(tag, ids, labelled)
    return soup


def check_tag(tag: Tag, ids: list[str], labelled: set[str]) -> None:
    """What must hold for one element of a page with these ids and labels."""
    assert tag.name != "style", tag
    assert tag.name != "script" or tag.get("src"), tag
    assert not [name for name in tag.attrs if name == "style" or name.startswith("on")], tag
    assert set(tag.get("aria-describedby", "").split()) <= set(ids), tag
    if tag.name in ("input", "select", "textarea") and tag.get("type") != "hidden":
        assert tag.get("id") in labelled or tag.find_parent("label"), tag
    elif tag.name == "table":
        assert tag.caption, "a table needs its caption"
    elif tag.name == "th":
        assert tag.get("scope"), tag
    elif tag.name == "form" and tag.get("method") == "post":
        assert tag.find(attrs={"name": "csrf_token"}), tag
