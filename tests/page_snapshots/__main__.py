"""Command line: take snapshots of a checkout, compare two of them."""

from __future__ import annotations

import argparse
import difflib
import email
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
from urllib.parse import urljoin, urlsplit

import requests
from bs4 import BeautifulSoup

from config import ROOT
from tests import page_snapshots
from tests.page_snapshots.answers import as_text, neutral
from tests.page_snapshots.people import Person

MOMENT = "2026-11-21T12:00:00+05:00"
PASSWORD = "primerka-48"


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


def write_snapshots(folder: Path, checkout: Path) -> None:
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
    parser = argparse.ArgumentParser(description=page_snapshots.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    snapshot_parser = commands.add_parser("take")
    snapshot_parser.add_argument("folder", type=Path)
    snapshot_parser.add_argument("--checkout", type=Path, default=ROOT)
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    chosen = parser.parse_args()
    if chosen.command == "take":
        write_snapshots(chosen.folder, chosen.checkout)
    else:
        sys.exit(1 if compare(chosen.before, chosen.after) else 0)


if __name__ == "__main__":
    main()
