"""The HTML of every page and of every form that is refused, as the portal sends it.

Unlike a browser's DOM it still has the mistakes that a browser mends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.browser.live import STAFF, Site
from tests.browser.staff_states import STAFF_STATES
from tests.browser.states import STATES

MOST_OF_A_RULE = 2
DEPTH = 3
NO_PAGE = re.compile(r"\.(xlsx|csv|pdf|xml|zip|txt|svg|json|p7s)\b|/files/|/sign-out|/static/")
TYPED = "input:not([type=hidden], [type=checkbox], [type=radio], [type=submit]), textarea"


@dataclass(frozen=True)
class SentPage:
    """A page as it was sent; ``name`` says whose, of which address and with which status."""

    name: str
    html: str


def collect_pages(site: Site) -> list[SentPage]:
    """All pages, each once."""
    collector, clients = _Collector(site), dict[str | None, FlaskClient]()
    for state in (*STATES, *STAFF_STATES):
        number, url = state.address_on(site)
        if number not in clients:
            clients[number] = client = site.app.test_client()
            if number:
                client.set_cookie("kabinet", site.cookie(number), domain="127.0.0.1")
        collector.open(clients[number], str(number), url, is_wanted=True)
    return [SentPage(name, html) for name, html in collector.pages.items()]


@dataclass
class _Collector:
    """Opens pages and follows their links; of each route a few pages are enough."""

    site: Site
    pages: dict[str, str] = field(default_factory=dict)
    _counts: dict[tuple[str | bool, str, str], int] = field(default_factory=dict)

    def open(
        self, client: FlaskClient, who: str, url: str, *, is_wanted: bool = False, depth: int = 0
    ) -> None:
        """Open a page, what it links to, and its forms with nothing typed."""
        if not is_wanted and not self._is_new(who, "GET", url):
            return
        answer = client.get(url)
        if not self._add(f"{who} {url}", answer):
            return
        soup = BeautifulSoup(answer.text, "lxml")
        for form in soup.select("form[method=post]"):
            self._send_empty(client, who, url, form)
        for link in soup.select("a[href]") if depth < DEPTH else ():
            target = urljoin(url, str(link["href"])).split("#")[0]
            if urlsplit(target).netloc == urlsplit(self.site.url).netloc:
                self.open(client, who, target, depth=depth + 1)

    def _send_empty(self, client: FlaskClient, who: str, url: str, form: Tag) -> None:
        """Send a form with nothing typed, if there is something to type in it."""
        target = urljoin(url, str(form.get("action") or url))
        if not form.select(TYPED) or not self._is_new(who, "POST", target):
            return
        data = {
            str(control["name"]): str(control.get("value", ""))
            for control in form.select("input[type=hidden][name]")
        }
        self._add(f"{who} POST {target}", client.post(target, data=data))

    def _is_new(self, who: str, method: str, url: str) -> bool:
        """Whether this kind of visitor has seen few pages of that rule."""
        if NO_PAGE.search(url):
            return False
        rule = self._rule(method, url)
        # Customers are all alike: what differs between them is named in ``STATES``.
        kind = who if who == "None" else who.startswith(STAFF)
        key = (kind, method, rule)
        self._counts[key] = self._counts.get(key, 0) + 1
        return bool(rule) and self._counts[key] <= MOST_OF_A_RULE

    def _rule(self, method: str, url: str) -> str:
        """The rule that answers; empty: none does."""
        parts = urlsplit(url)
        adapter = self.site.app.url_map.bind(parts.netloc)
        try:
            rule, _ = adapter.match(parts.path, method, return_rule=True)
        except HTTPException:
            return ""
        return str(rule)

    def _add(self, name: str, answer: TestResponse) -> bool:
        """Note an answer, if it is a page."""
        is_page = answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303)
        if is_page:
            self.pages[f"{name} {answer.status_code}"] = answer.text
        answer.close()
        return is_page
