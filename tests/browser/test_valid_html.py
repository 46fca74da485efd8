"""Every page as the portal sends it: what the Nu checker says of it, and its spaces."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from config import ROOT
from tests.browser.every_page import SentPage, collect_pages
from tests.browser.live import Site
from tests.conftest import need

pytestmark = pytest.mark.long
CHECKER = ROOT / ".venv" / "vnu.jar"
FEWEST_PAGES = 200
SPACE_THAT_BREAKS = re.compile(r"№ |(?:^|[0-9]) (?:%|₽|кВт|МВт|[КМ]Б\b|руб\.|коп\.)")
WRITTEN_BY_OTHERS = "bdi, textarea, option, script, template"


@pytest.fixture(scope="module")
def pages(site: Site) -> list[SentPage]:
    """Pages of customers and of staff in all states, and forms that were sent with nothing."""
    found = collect_pages(site)
    assert len(found) > FEWEST_PAGES
    return found


def test_the_nu_checker_finds_nothing_on_any_page(pages: list[SentPage], tmp_path: Path) -> None:
    java = shutil.which("java")
    need(java is not None and CHECKER.exists(), "Java or .venv/vnu.jar (make .venv/vnu.jar)")
    for number, page in enumerate(pages):
        (tmp_path / f"{number}.html").write_text(page.html, encoding="utf-8")
    command = (str(java), "-jar", str(CHECKER), "--format", "json", "--exit-zero-always")
    answer = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True)
    faults = [
        f"{pages[int(Path(fault['url']).stem)].name}: {fault['message']} {fault.get('extract')}"
        for fault in json.loads(answer.stderr)["messages"]
    ]
    assert faults == []


def test_no_number_is_parted_from_its_sign_or_unit(pages: list[SentPage]) -> None:
    faults = set()
    for page in pages:
        soup = BeautifulSoup(page.html, "lxml")
        for others in soup.select(WRITTEN_BY_OTHERS):
            others.clear()
        for text in soup.find_all(string=SPACE_THAT_BREAKS):
            faults.add(f"{' '.join(text.split(' ')).strip()[:120]} ({page.name})")
    assert not faults, sorted(faults)
