"""People who crawl a served portal and write down what they get."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import requests
from bs4 import BeautifulSoup

from tests.page_snapshots.answers import as_text, neutral

PAGES_PER_PERSON = 45
SHAPES_PER_ADDRESS = 3
"""Addresses that differ in numbers only, visited of each kind."""
NEVER = ("/sign-out", "/static/", "/staff/sign-out")


class Person:
    """One browser; what it was given is kept under its name."""

    def __init__(self, name: str, base: str, folder: Path) -> None:
        self.base, self.folder = base, folder / name
        self.folder.mkdir(parents=True)
        self.browser = requests.Session()

    def send(self, path: str, **fields: str) -> requests.Response:
        """Fill in the form on a page and send it."""
        page = BeautifulSoup(self.browser.get(self.base + path).content, "html5lib")
        form = next(
            form
            for form in page.select("form[method=post]")
            if not fields or all(form.select_one(f"[name='{name}']") for name in fields)
        )
        data = {
            field["name"]: field.get("value") or ""
            for field in form.select("input[name], textarea[name]")
            if field.get("type") not in ("checkbox", "radio", "file", "submit")
        }
        target = urljoin(self.base + path, form.get("action") or "")
        answer = self.browser.post(target, data=data | fields)
        if answer.status_code >= 500:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer

    def crawl(self, start: str) -> int:
        """Visit what is linked from a page, breadth first; how many addresses were written."""
        waiting, seen, shapes, count = [start], {start}, {}, 0
        while waiting and count < PAGES_PER_PERSON:
            path = waiting.pop(0)
            shape = re.sub(r"\d+", "N", path)
            if shapes.get(shape, 0) >= SHAPES_PER_ADDRESS:
                continue
            shapes[shape] = shapes.get(shape, 0) + 1
            answer = self.browser.get(self.base + path, allow_redirects=False)
            self.write(path, answer)
            count += 1
            if "html" not in answer.headers.get("Content-Type", ""):
                continue
            for link in BeautifulSoup(answer.content, "html5lib").select("a[href], [data-hx-get]"):
                link_url = link.get("href") or link["data-hx-get"]
                target = urlsplit(urljoin(self.base + path, link_url))
                address = target.path + (f"?{target.query}" if target.query else "")
                is_ours = f"{target.scheme}://{target.netloc}" == self.base
                if is_ours and address not in seen and not target.path.startswith(NEVER):
                    seen.add(address)
                    waiting.append(address)
        return count

    def write(self, path: str, answer: requests.Response) -> None:
        name = re.sub(r"[^\w.=&-]+", "_", unquote(neutral(path)))[:150]
        head = f"{answer.status_code} {answer.headers.get('Content-Type', '')}\n"
        if place := answer.headers.get("Location"):
            head += f"→ {neutral(place)}\n"
        if shown := answer.headers.get("Content-Disposition"):
            head += f"{shown}\n"
        text = as_text(answer.content, answer.headers.get("Content-Type", ""))
        (self.folder / name).write_text(head + text + "\n", encoding="utf-8")
