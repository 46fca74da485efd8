"""Bodies of requests: what is too large is refused on every route before anything parses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import RawIOBase
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse, create_environ, run_wsgi_app
from werkzeug.wrappers import Response

from app.domain.access import Role
from app.domain.staff import StaffRole
from app.models import Account, AccountSession, Attachment, EnquiryDraft, Membership
from app.web.request_bodies import DISCARD, FIELD_BYTES
from tests.factories import Factory
from tests.pages import PageClient, check_page
from tests.sections.enquiries.steps import PDF, body_of, files, filled

NUMBER = "00123-ЭС"
NEW = "/contracts/1/enquiries/new"
FORM = "application/x-www-form-urlencoded"
MB = 1_000_000
TOKEN = "t" * 32


class Endless(RawIOBase):
    """A body of any length that costs no memory, and tells how much of it was read."""

    def __init__(self, length: int, begin: bytes = b"text=") -> None:
        self.left, self.begin, self.consumed = length, begin, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self.left)
        block = (self.begin + b"x" * size)[:size]
        self.begin = self.begin[size:]
        buffer[:size] = block
        self.left -= size
        self.consumed += size
        return size


def send(
    client: FlaskClient,
    path: str,
    body: Endless,
    kind: str = FORM,
    *,
    method: str = "POST",
    chunked: bool = False,
    length: int | None = None,
    **headers: str,
) -> Response:
    """What a server that reads bodies as they come would answer; the test client reads them all."""
    environ = create_environ(path, method=method, headers=headers)
    environ |= {"CONTENT_TYPE": kind, "wsgi.input": body, "wsgi.input_terminated": True}
    if chunked:
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        environ["CONTENT_LENGTH"] = str(length or body.left)
    client._add_cookies_to_wsgi(environ)
    found, status, answer_headers = run_wsgi_app(client.application, environ, buffered=True)
    return Response(b"".join(found), status, answer_headers)


@pytest.fixture
def account(make: Factory) -> Account:
    make.supplier()
    make.import_run()
    account = make.account(make.contract(NUMBER))
    make.commit()
    return account


@pytest.fixture
def page(page: PageClient, account: Account) -> PageClient:
    page.sign_in(NUMBER)
    return page


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every route with its methods, its arguments filled in."""
    return [
        (re.sub(r"<(int|float):[^>]+>", "1", re.sub(r"<[a-z_]+>", "x", rule.rule)), method)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods & {"GET", "POST"})
    ]


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize("who", ["nobody", "customer", "manager"])
def test_more_than_a_megabyte_that_is_no_form_with_files_is_413_on_every_route(
    app: Flask, make: Factory, account: Account, who: str, chunked: bool
) -> None:
    make.staff(StaffRole.MANAGER)
    make.commit()
    page = PageClient(app)
    if who == "customer":
        page.sign_in(NUMBER)
    if who == "manager":
        page.sign_in_staff("manager")
    paths = [*routes(app), ("/nowhere", "POST"), ("/static/site.css", "GET")]
    assert len(paths) > 100
    for path, method in paths:
        body = Endless(1_200_000)
        answer = send(page.client, path, body, method=method, chunked=chunked)
        assert answer.status_code == 413, (path, method)
        assert body.left == 0, "the client is still sending when the answer comes"
        assert answer.headers["Content-Security-Policy"], path
        if answer.mimetype == "text/html":
            assert check_page(answer.get_data(as_text=True)).h1.text == "Слишком большой запрос"
        else:
            assert path.startswith("/api/")


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_of_what_has_no_end_only_so_much_is_read(page: PageClient, chunked: bool) -> None:
    body = Endless(300 * MB)
    assert send(page.client, NEW, body, chunked=chunked).status_code == 413
    assert body.consumed <= (DISCARD + MB + 1 if chunked else 0)


def upload(page: PageClient, megabytes: int = 3, url: str = NEW, **fields: Any) -> TestResponse:
    data = fields or {"text": "Слова"}
    body = body_of(data | {"files": files(("a.pdf", PDF + b"0" * megabytes * MB))})
    answer: TestResponse = page.client.post(url, **body)
    return answer


def test_the_owner_may_send_files_and_a_stranger_to_the_contract_may_not(
    page: PageClient, make: Factory
) -> None:
    data = filled(page.open(NEW))
    assert upload(page, **data, do="save").status_code == 303
    make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.commit()
    other = PageClient(page.app)
    other.sign_in("00777")
    assert upload(other, **data, do="save").status_code == 413
    assert len(make.session.scalars(select(Attachment)).all()) == 1


@pytest.mark.parametrize("how", ["signed out", "idle", "ended", "may only read"])
def test_whoever_may_not_send_files_any_more_may_not_send_much(
    page: PageClient, make: Factory, advance_clock: Callable[..., object], how: str
) -> None:
    data = filled(page.open(NEW))
    cookie = page.client.get_cookie("kabinet").value
    if how == "signed out":
        page.submit(page.open(NEW), action="/sign-out")
        page.client.set_cookie("kabinet", cookie)
    elif how == "idle":
        advance_clock(minutes=45)
    elif how == "ended":
        make.session.execute(AccountSession.__table__.delete())
    else:
        make.session.execute(update(Membership).values(role=Role.VIEWER))
    make.commit()
    assert upload(page, **data, do="save").status_code == 413
    assert make.session.scalars(select(EnquiryDraft)).all() == []
    assert make.session.scalars(select(Attachment)).all() == []


def test_a_clerk_may_send_files_to_the_queue_only(
    page: PageClient, make: Factory, account: Account
) -> None:
    make.staff(StaffRole.OPERATOR)
    make.commit()
    clerk = PageClient(page.app)
    clerk.sign_in_staff("operator")
    assert upload(clerk).status_code == 413, "a customer's form"
    assert upload(clerk, url="/staff/billing").status_code == 413, "a manager's form"
    assert upload(clerk, url="/staff/enquiries/1/messages").status_code == 400, "no token"


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 202), ("wrong", 413), ("", 413)])
def test_a_program_needs_its_token_to_send_much(
    make_app: Callable[..., Flask], token: str, status: int
) -> None:
    client = make_app(import_token=TOKEN, jobs="queue").test_client()
    body = Endless(3 * MB)
    answer = send(client, "/api/import", body, FORM, Authorization=f"Bearer {token}")
    assert answer.status_code == status


def test_text_of_a_form_with_files_is_bounded_in_every_field_and_in_their_number(
    page: PageClient,
) -> None:
    data = filled(page.open(NEW))
    assert upload(page, **data, extra="x" * (FIELD_BYTES + 1)).status_code == 413
    many = {f"x{number}": "1" for number in range(60)}
    assert upload(page, **data, **many).status_code == 413


def test_a_form_cut_short_is_not_processed_as_a_whole_one(page: PageClient, make: Factory) -> None:
    data = filled(page.open(NEW))
    body = f"csrf_token={data['csrf_token']}&do=save&text=half".encode()
    sent = Endless(len(body), body)
    assert send(page.client, NEW, sent, length=len(body) + 10).status_code == 400
    assert make.session.scalars(select(EnquiryDraft)).all() == []


def test_an_upload_that_is_refused_unparsed_is_read_to_its_end(page: PageClient) -> None:
    body = Endless(3 * MB, b"--b\r\n")
    kind = "multipart/form-data; boundary=b"
    answer = send(page.client, NEW, body, kind, **{"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, body.left) == (403, 0)
