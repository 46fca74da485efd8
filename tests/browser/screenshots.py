"""Pictures for «Руководство», taken of the portal itself: ``make screenshots``."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask_migrate import upgrade
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app import create_app
from app.extensions import db
from config import ROOT
from tests.browser import state_rows
from tests.browser.conftest import ARGUMENTS
from tests.browser.live import Site, serve
from tests.browser.state import registration
from tests.conftest import make_config

FOLDER = ROOT / "static" / "manual"
WIDTH, COLOURS = 900, 48
Open = Callable[[Page, Site], None]


def at(path: str | Callable[[Site], str]) -> Open:
    """A page of the debtor's contract."""

    def open_page(page: Page, site: Site) -> None:
        where = path if isinstance(path, str) else path(site)
        where = where.replace("{meter}", str(site.meter()))
        page.goto(site.contract(state_rows.debtor(site), where))

    return open_page


def public(path: str | Callable[[Site], str]) -> Open:
    """A page for nobody in particular."""

    def open_page(page: Page, site: Site) -> None:
        page.goto(site.url + (path if isinstance(path, str) else path(site)))

    return open_page


def start(page: Page, site: Site) -> None:
    """«Оформить обращение» opened."""
    at("/")(page, site)
    page.locator("details.start summary").click()


# Name of the picture, how to get there, and its height.
SHOTS: tuple[tuple[str, bool, Open, int], ...] = (
    ("sign-in", False, public("/sign-in"), 540),
    ("first-entry", False, public("/first-entry"), 540),
    ("registration", False, public(registration("draft")), 1000),
    ("recovery", False, public("/recovery"), 560),
    ("home", True, at("/"), 640),
    ("start", True, start, 330),
    ("enquiry", True, at("/enquiries/new"), 1150),
    ("settlements", True, at("/settlements?first=2026-06&last=2026-11"), 640),
    ("statement", True, at("/settlements/statement?first=2026-08-01&last=2026-11-30"), 640),
    ("charges", True, at("/charges?first=2026-08&last=2026-11"), 640),
    ("charge-statement", True, at("/charges/statement?first=2026-08-01&last=2026-11-30"), 560),
    ("payments", True, at("/payments"), 520),
    ("readings", True, at("/readings"), 640),
    ("reading", True, at("/readings/meters/{meter}"), 600),
    ("requisites", True, at("/profile"), 820),
)


def main() -> None:
    """Take all pictures anew."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        migrated = _migrate(folder / "migrated")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS.split())
        (folder / "site").mkdir()
        with serve(folder / "site", migrated, with_data=True) as site:
            for shot in SHOTS:
                _shoot(browser, site, *shot)
        browser.close()


def _shoot(browser: Browser, site: Site, name: str, is_inside: bool, go: Open, height: int) -> None:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": height}, locale="ru-RU", color_scheme="light"
    )
    if is_inside:
        cookie = site.cookie(state_rows.debtor(site))
        context.add_cookies([{"name": "kabinet", "value": cookie, "url": site.url}])
    page = context.new_page()
    go(page, site)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024 + 1} KB")
    context.close()


def _migrate(folder: Path) -> Path:
    folder.mkdir()
    app = create_app(make_config(folder))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    return folder / "kabinet.sqlite3"


if __name__ == "__main__":
    main()
