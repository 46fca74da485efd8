"""Compare pages, files and emails of two versions of the portal, to prove a refactoring harmless.

Serves a checkout with the demonstration data at a fixed moment, crawls it as a visitor, as
customers and as staff, has it send emails and text messages, and writes a file for each address.
White space between elements, hidden tokens, random ids and times of the run are left out.

    python -m tests.page_snapshots take FOLDER [--checkout PATH]
    python -m tests.page_snapshots compare BEFORE AFTER
"""

from __future__ import annotations

import argparse
import difflib
import email
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import requests
from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PageElement, PreformattedString
from openpyxl import load_workbook

from config import ROOT

MOMENT = "2026-11-21T12:00:00+05:00"
PASSWORD = "primerka-48"
PAGES_PER_PERSON = 45
SHAPES_PER_ADDRESS = 3
"""Addresses that differ in numbers only, visited of each kind."""
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "button",
        "code",
        "em",
        "i",
        "input",
        "label",
        "output",
        "select",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "svg",
        "time",
        "u",
    ]
)
RANDOM = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[WI][\w-]{20,}\.[\w-]{5,}(?:\.[\w-]{10,})?"), "TOKEN"),
    (re.compile(r"([?&]v=)[\w.-]+"), r"\1V"),
    (re.compile(r"\b\d{6}\b(?=[^\d]*$|\s*—)"), "CODE"),
    (re.compile(r"127\.0\.0\.1:\d+|localhost:\d+"), "HOST"),
)
NEVER = ("/sign-out", "/static/", "/staff/sign-out")


# ---- one answer as text ------------------------------------------------------------------------


def as_text(content: bytes, media_type: str) -> str:
    """What a person gets of an answer, in lines that can be compared."""
    if "html" in media_type:
        return neutral("\n".join(page_lines(BeautifulSoup(content, "html5lib"))))
    if "pdf" in media_type:
        told = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
        )
        return neutral(told.stdout.decode())
    if "sheet" in media_type:
        book = load_workbook(io.BytesIO(content))
        return neutral(
            "\n".join(
                f"{sheet.title} {cell.coordinate} {cell.number_format} {cell.value!r}"
                for sheet in book
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None
            )
        )
    return neutral(content.decode("utf-8", "replace"))


def neutral(text: str) -> str:
    """The text without what differs between two runs of one version."""
    for pattern, word in RANDOM:
        text = pattern.sub(word, text)
    return text


def page_lines(soup: BeautifulSoup) -> Iterator[str]:
    """Elements with their attributes in order of name, and texts, a line each.

    White space counts within a line of text only, as on the screen.
    """
    space = False
    line = ""
    for kind, value in tokens(soup):
        if kind == "text":
            if value.strip():
                line += (" " if (space or value[0].isspace()) and line else "") + " ".join(
                    value.split()
                )
                space = value[-1].isspace()
            else:
                space = bool(line)
            continue
        if kind == "inline":
            line += (" " if space and line else "") + value
            space = False
            continue
        if line.strip():
            yield line.strip()
        line, space = "", False
        yield value
    if line.strip():
        yield line.strip()


def tokens(node: PageElement) -> Iterator[tuple[str, str]]:
    """(kind, text) of everything inside a node; kinds: text, inline, block."""
    if isinstance(node, PreformattedString):
        return
    if isinstance(node, NavigableString):
        yield "text", str(node)
        return
    if not isinstance(node, Tag):
        return
    kind = "inline" if node.name in INLINE else "block"
    if node.name != "[document]":
        yield kind, f"<{node.name}{attributes(node)}>"
    for child in node.children:
        yield from tokens(child)
    if node.name != "[document]":
        yield kind, f"</{node.name}>"


def attributes(tag: Tag) -> str:
    found = dict(tag.attrs)
    if tag.name == "input" and found.get("name") in {"csrf_token", "key", "token", "seen"}:
        found["value"] = "…"
    return "".join(
        f' {name}="{" ".join(value) if isinstance(value, list) else " ".join(value.split())}"'
        for name, value in sorted(found.items())
    )


# ---- a person who looks around -----------------------------------------------------------------


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
            for link in BeautifulSoup(answer.content, "html5lib").select("a[href], [hx-get]"):
                target = urlsplit(urljoin(self.base + path, link.get("href") or link["hx-get"]))
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


# ---- a served checkout -------------------------------------------------------------------------


@contextmanager
def served(checkout: Path, place: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The portal of a checkout with demonstration data; its address and its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environ = os.environ | {
        "SECRET_KEY": "snapshot-" + "x" * 40,
        "INSTANCE_DIR": str(place),
        "FLASK_APP": "wsgi.py",
        "FIXED_NOW": MOMENT,
        "BASE_URL": base,
        "PORT": str(port),
        "JOBS": "inline",
        "WEB_WORKERS": "1",
        "SUPPLIER_TIMEZONE": "Asia/Yekaterinburg",
    }
    python = checkout / ".venv" / "bin"
    subprocess.run(
        [python / "flask", "prepare"], cwd=checkout, env=environ, check=True, capture_output=True
    )
    server = subprocess.Popen(
        [python / "gunicorn", "wsgi:app", "--log-level", "error"],
        cwd=checkout,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                requests.get(base + "/health", timeout=1)
                break
            except requests.RequestException:
                time.sleep(0.2)
        yield base, environ
    finally:
        server.terminate()
        server.wait()


def flask(checkout: Path, environ: dict[str, str], *command: str) -> str:
    told = subprocess.run(
        [checkout / ".venv" / "bin" / "flask", *command],
        cwd=checkout,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout


def take(folder: Path, checkout: Path) -> None:
    """Write what everybody is given by the portal of a checkout."""
    shutil.rmtree(folder, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory() as place,
        served(checkout, Path(place)) as (base, environ),
    ):
        told = flask(checkout, environ, "prepare")
        numbers = re.findall(r"договор (\d{5}-ЭС)", told.partition("Первый вход")[0])
        count = Person("visitor", base, folder).crawl("/sign-in")
        for login in ("operator", "admin"):
            person = Person(login, base, folder)
            person.send("/staff/sign-in", login=login, password=PASSWORD)
            code = flask(checkout, environ, "staff-code", login).strip()
            person.send("/staff/sign-in/code", code=code)
            count += person.crawl("/staff/")
        for number in numbers[:3]:
            person = Person(f"customer-{number[:5]}", base, folder)
            answer = person.send("/sign-in", login=number, password=PASSWORD)
            count += person.crawl(urlsplit(answer.url).path)
        cause_messages(base, folder, numbers)
        count += write_messages(Path(place) / "outbox", folder / "messages")
    print(f"{count} addresses and messages in {folder}")


def cause_messages(base: str, folder: Path, numbers: list[str]) -> None:
    """Do what the portal answers by email or text message."""
    stranger = Person("recovery", base, folder)
    answer = stranger.send("/recovery", login=numbers[0])
    stranger.write("/recovery/sent", answer)
    person = Person("writer", base, folder)
    answer = person.send("/sign-in", login=numbers[0], password=PASSWORD)
    home = urlsplit(answer.url).path
    person.write(f"{home}readings-submitted", submit_readings(person, home))
    person.write(
        f"{home}contacts-changed",
        person.send(f"{home}profile/contacts", email="novyi@example.org", current=PASSWORD),
    )
    person.write(
        f"{home}password-changed",
        person.send(
            f"{home}profile/password",
            current=PASSWORD,
            password="другой-пароль-9",
            password_again="другой-пароль-9",
        ),
    )


def submit_readings(person: Person, home: str) -> requests.Response:
    """Hand in one reading for every box, too high by little, and confirm what is asked."""
    path = f"{home}readings/all"
    answer = person.browser.get(person.base + path)
    for _ in range(2):
        page = BeautifulSoup(answer.content, "html5lib")
        form = page.select_one("main form[method=post]")
        if form is None:
            break
        data = {
            field["name"]: field.get("value") or ("1" if field.get("type") == "checkbox" else "")
            for field in form.select("input[name], button[name]")
        }
        for field in form.select("input[inputmode=numeric]"):
            data[field["name"]] = data[field["name"]] or "99000"
        target = urljoin(answer.url, form.get("action") or "")
        answer = person.browser.post(target, data=data)
    return answer


def write_messages(outbox: Path, folder: Path) -> int:
    """Write what was sent, numbered in order; how many messages."""
    folder.mkdir(parents=True)
    files = sorted(outbox.rglob("*.eml")) + sorted(outbox.rglob("*.txt"))
    for number, file in enumerate(files):
        if file.suffix == ".txt":
            text = neutral(file.read_text(encoding="utf-8"))
        else:
            message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            parts = [
                as_text(part.get_payload(decode=True), part.get_content_type())
                for part in message.walk()
                if not part.is_multipart()
            ]
            text = "\n".join([f"{message['To']} {message['Subject']}", *parts])
        (folder / f"{number:02d}{file.suffix}").write_text(text, encoding="utf-8")
    return len(files)


def compare(before: Path, after: Path) -> int:
    """Print what differs; how many addresses do."""
    old = {str(file.relative_to(before)): file for file in before.rglob("*") if file.is_file()}
    new = {str(file.relative_to(after)): file for file in after.rglob("*") if file.is_file()}
    differing = 0
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            print(f"only {'after' if name in new else 'before'}: {name}")
            differing += 1
            continue
        lines = [file.read_text(encoding="utf-8").splitlines() for file in (old[name], new[name])]
        if lines[0] != lines[1]:
            differing += 1
            print(f"== {name}")
            print(*list(difflib.unified_diff(*lines, lineterm="", n=0))[2:22], sep="\n")
    print(f"{len(old)} before, {len(new)} after, {differing} differ")
    return differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    taking = commands.add_parser("take")
    taking.add_argument("folder", type=Path)
    taking.add_argument("--checkout", type=Path, default=ROOT)
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    chosen = parser.parse_args()
    if chosen.command == "take":
        take(chosen.folder, chosen.checkout)
    else:
        sys.exit(1 if compare(chosen.before, chosen.after) else 0)


if __name__ == "__main__":
    main()
