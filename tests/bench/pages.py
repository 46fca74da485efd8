"""Benchmark a signed-in «Взаиморасчеты» page against a bare Flask page: CPU and bytes."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import brotli
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app
from app.actions.accounts.sessions import create_account
from app.extensions import db
from config import ROOT
from tests.bench.imports import load
from tests.conftest import NOW, make_config
from tests.factories import PASSWORD
from tests.other_supplier import write_package
from tests.pages import PARTIAL, PageClient

REQUESTS = 300
FEW = 40
PERIOD = "?first=2023-11&last=2026-10"
ASSETS = ("site.css", "app.js", "vendor/htmx-4.0.1.min.js")


def report(folder: Path, many: int) -> None:
    """Page times for few and many contracts; weights."""
    few = folder / "few"
    few.mkdir()
    write_package(folder / "few-package", contracts=FEW, months=36)
    app = create_app(make_config(few, fixed_now=NOW))
    with app.app_context():
        upgrade()
    load(app, folder / "few-package")
    bare = bare_client()
    for name, count, portal in (("few", FEW, few), ("many", many, folder / "portal")):
        client, url = signed_in(portal)
        samples = [(cpu(bare, ["/"] * REQUESTS), cpu(client, [url] * REQUESTS)) for _ in range(3)]
        plain, page = min(samples)
        print(
            f"page of 36 months, {name} contracts ({count}): {page:.2f} ms CPU; "
            f"bare Flask page {plain:.2f} ms; ratio {page / plain:.1f}"
        )
        # No two of these are the same period, so none is remembered.
        fresh = [f"{url}-{day:02}&page={n}" for day in range(2, 30) for n in range(11)]
        print(f"  a period shown for the first time: {cpu(client, fresh):.2f} ms CPU")
        if name == "few":
            weigh(client, url)


def signed_in(portal: Path) -> tuple[FlaskClient, str]:
    """A browser signed in to the contract with the most operations, and its page of 36 months."""
    app = create_app(make_config(portal, fixed_now=NOW))
    with app.app_context():
        number = db.session.execute(
            text(
                "select number from contracts join charges on charges.contract_id = contracts.id "
                "group by number order by count(*) desc, number limit 1"
            )
        ).scalar_one()
        create_account(db.session(), number, "bench@example.org", PASSWORD, NOW)
        db.session.commit()
    page = PageClient(app)
    home = page.sign_in(number).location
    return page.client, f"{home}settlements{PERIOD}"


def bare_client() -> FlaskClient:
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: "ok")
    return app.test_client()


def cpu(client: FlaskClient, urls: list[str]) -> float:
    """Milliseconds of CPU per request, application and database together."""
    for url in urls[:20]:
        assert client.get(url).status_code == 200
    started = time.process_time()
    for url in urls:
        client.get(url)
    return (time.process_time() - started) / len(urls) * 1000


def weigh(client: FlaskClient, url: str) -> None:
    packers: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        ("gzip", lambda raw: gzip.compress(raw, 6)),
        ("brotli", lambda raw: brotli.compress(raw, quality=5)),
    )
    for name, pack in packers:
        sizes = [len(pack((ROOT / "static" / asset).read_bytes())) for asset in ASSETS]
        page, part = (len(pack(client.get(url, headers=head).data)) for head in ({}, PARTIAL))
        print(
            f"{name}: CSS + JS {sum(sizes)} bytes {sizes} (at most 21 504), "
            f"page {page}, htmx update {part}"
        )
