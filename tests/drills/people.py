"""People of a drill: they fill in forms over HTTP and send them again until they are answered."""

from __future__ import annotations

import hashlib
import io
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import cast
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.proxy.clients import Answer, ask
from tests.sections.enquiries.steps import PDF, fields_of, filled

FORM = "application/x-www-form-urlencoded"
UNANSWERED = (502, 503, 504)
PATIENCE = 120.0
"""Seconds for which somebody sends the same form again."""


@dataclass
class Browser:
    """One person's browser: cookies, and every answer's status.

    Args:
        port: of the front.
    """

    port: int
    tls: bool = True
    cookies: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    seconds: list[tuple[str, float]] = field(default_factory=list)
    failed: int = 0
    """Requests without an answer, or with one of the proxy's."""

    def request(
        self, path: str, body: bytes | None = None, kind: str = FORM, **headers: str
    ) -> Answer:
        """One request, repeated while nobody answers it, as a person does."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._try(path, body, kind, headers)
            if answer is not None and answer.status not in UNANSWERED:
                return answer
            self.failed += 1
            if time.monotonic() > end:
                raise AssertionError(f"{path}: not answered")
            time.sleep(0.3)

    def _try(
        self, path: str, body: bytes | None, kind: str, headers: Mapping[str, str]
    ) -> Answer | None:
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        if body is not None:
            sent["Content_Type"] = kind
        began = time.monotonic()
        try:
            method = "GET" if body is None else "POST"
            answer = ask(self.port, path, method, body, tls=self.tls, timeout=90, **sent)
        except (OSError, HTTPException):
            return None
        self.seconds.append((path, time.monotonic() - began))
        self.statuses.append(answer.status)
        for cookie in answer.headers.get("set-cookie", []):
            name, _, text = cookie.partition(";")[0].partition("=")
            self.cookies[name] = text
        return answer

    def get(self, path: str) -> BeautifulSoup:
        answer = self.request(path)
        assert answer.status == 200, (path, answer.status)
        return BeautifulSoup(answer.text, "html5lib")

    def sign_in(self, number: str, password: str) -> None:
        fields = form_of(self.get("/sign-in").select_one("main form[method=post]"))
        answer = self.request("/sign-in", encode(fields | {"login": number, "password": password}))
        assert answer.status == 303, answer.status


@dataclass
class Acknowledged:
    """What the portal has said yes to, by what tells one thing from another."""

    receipts: set[str] = field(default_factory=set)
    enquiries: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By key: address of the enquiry, and SHA-256 of the file that was sent with it."""
    files: set[str] = field(default_factory=set)
    """Addresses of files that the worker prepares."""
    imports: set[int] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Why an enquiry was not taken; a day's limit is a reason."""
    pages: int = 0


@dataclass
class Customer:
    """A customer with a contract, who does in turn all that one can do."""

    contract_id: int
    browser: Browser
    meters: dict[int, int]
    """The last value of each meter's first register, in whole units."""
    done: Acknowledged

    @property
    def base(self) -> str:
        return f"/contracts/{self.contract_id}"

    def send_reading(self, round_no: int) -> None:
        """Submit one more kilowatt-hour of a meter, confirming whatever is doubted."""
        meter_id = list(self.meters)[round_no % len(self.meters)]
        path = f"{self.base}/readings/meters/{meter_id}"
        page = self.browser.request(path)
        form = BeautifulSoup(page.text, "html5lib").select_one("main form[method=post]")
        if page.status != 200 or form is None:
            return
        fields = form_of(form) | {"step": "send", "key": str(uuid.uuid4())}
        value = str(self.meters[meter_id] + round_no + 1)
        fields |= {name: value for name in fields if name.startswith("whole-")}
        answer = self.browser.request(path, encode(fields))
        if answer.status == 422:
            soup = BeautifulSoup(answer.text, "html5lib")
            confirm = [str(box["value"]) for box in soup.select("input[name=confirm]")]
            answer = self.browser.request(path, encode(fields, confirm=confirm))
        if answer.status == 303:
            self.done.receipts.add(fields["key"])

    def send_enquiry(self, round_no: int) -> None:
        """Send an enquiry with a file of its own."""
        soup = self.browser.get(f"{self.base}/enquiries/new")
        fields = filled(soup) | {"do": "send", "email": f"person{self.contract_id}@example.org"}
        content = PDF + f"\n% {self.contract_id} {round_no} {uuid.uuid4()}\n%%EOF".encode()
        boundary, body = multipart(fields, "счет.pdf", content)
        kind = f"multipart/form-data; boundary={boundary}"
        answer = self.browser.request(f"{self.base}/enquiries/new", body, kind)
        if answer.status == 303:
            place = answer.headers["location"][0].partition("?")[0].partition("#")[0]
            self.done.enquiries[fields["key"]] = place, hashlib.sha256(content).hexdigest()
            return
        errors = BeautifulSoup(answer.text, "html5lib").select("#error-summary, h1, .note")
        self.done.refused.add(f"{answer.status} " + " ".join(error.text for error in errors))

    def read_statement(self, months: tuple[str, str]) -> None:
        """Open the statement of a period as PDF."""
        first, last = months
        path = f"{self.base}/settlements/statement.pdf?first={first}&last={last}"
        self.done.pages += self.browser.request(path).status == 200

    def order_file(self, months: tuple[str, str]) -> None:
        """Have the worker prepare a statement."""
        page = self.browser.get(f"{self.base}/enquiries/new")
        token = form_of(page.select_one("form[enctype]"))["csrf_token"]
        fields = {"csrf_token": token, "document": "settlements"}
        fields |= {"extension": "pdf", "first": months[0], "last": months[1]}
        answer = self.browser.request(f"{self.base}/files", encode(fields))
        if answer.status in (302, 303):
            self.done.files.add(answer.headers["location"][0].partition("?")[0])


def send_batch(browser: Browser, token: str, name: str, content: bytes) -> int | None:
    """What the billing system does: a batch by the API; the number of its job."""
    answer = browser.request(
        f"/api/import?name={name}", content, "application/zip", Authorization=f"Bearer {token}"
    )
    return int(json.loads(answer.body)["job"]) if answer.status == 202 else None


def form_of(form: Tag | None) -> dict[str, str]:
    """What a browser would send of a form as it stands."""
    assert form is not None, "there is no form"
    return fields_of(cast(BeautifulSoup, form))


def encode(fields: Mapping[str, str], **lists: list[str]) -> bytes:
    """A form as a browser sends it."""
    return urlencode({**fields, **lists}, doseq=True).encode()


def multipart(fields: Mapping[str, str], name: str, content: bytes) -> tuple[str, bytes]:
    """A form with one file."""
    file = FileStorage(io.BytesIO(content), name, "files", "application/pdf")
    return encode_multipart({**fields, "files": file})
