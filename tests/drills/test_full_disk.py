"""A disk that is really full: a small one of its own, filled to the last byte."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app import create_app
from app.extensions import db
from app.models import Enquiry, SubmittedReading
from tests.conftest import make_config, need
from tests.drills.people import form_of
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import FILLED, body_of

pytestmark = pytest.mark.long
SIZE = "size=24m"
QUESTION = "Откуда взялась сумма в счете за октябрь?"


@dataclass(frozen=True)
class SmallDisk:
    """A file system in memory with an installation on it."""

    place: Path

    def fill(self) -> None:
        """Write until not one byte more is taken, in small pieces at the end."""
        for size in (1_000_000, 4_096, 1):
            with suppress(OSError), (self.place / "filler").open("ab", buffering=0) as file:
                while file.write(b"x" * size) == size:
                    pass
        assert shutil.disk_usage(self.place).free == 0

    def make_room(self) -> None:
        (self.place / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path, empty_database: Path) -> Iterator[SmallDisk]:
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", SIZE, "tmpfs", str(place)]
    done = subprocess.run(command, check=False, capture_output=True)
    need(done.returncode == 0, "the right to mount a file system")
    shutil.copy(empty_database, place / "kabinet.sqlite3")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def portal(disk: SmallDisk) -> Iterator[Flask]:
    app = create_app(make_config(disk.place, disk_free_mb=1))
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        make = Factory(db.session())
        make.supplier()
        make.import_run()
        contract = make.contract()
        make.meter(contract)
        make.account(contract)
        make.commit()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def count(app: Flask, kind: type[Enquiry] | type[SubmittedReading]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_full_disk_refuses_writes_with_words_and_is_over_when_there_is_room(
    portal: Flask, disk: SmallDisk
) -> None:
    page = PageClient(portal)
    with portal.app_context():
        number = db.session.execute(text("SELECT number FROM contracts")).scalar_one()
    page.sign_in(number)
    soup = page.open("/contracts/1/enquiries/new")
    form = form_of(soup.select_one("form[enctype]"))
    form |= {
        str(select["name"]): str(select.select("option[value]:not([value=''])")[0]["value"])
        for select in soup.select("form[enctype] select")
    }
    form |= FILLED | {"text": QUESTION, "do": "send"}
    disk.fill()
    for path in ("", "settlements", "charges", "pay", "readings", "invoices", "enquiries"):
        page.open(f"/contracts/1/{path}")
    refused = page.client.post("/contracts/1/enquiries/new", **body_of(form))
    assert refused.status_code in (503, 507), refused.text[:500]
    assert QUESTION in refused.text
    assert count(portal, Enquiry) == 0
    with portal.app_context():
        assert db.session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    disk.make_room()
    sent = page.client.post("/contracts/1/enquiries/new", **body_of(form))
    assert sent.status_code == 303, sent.text[:500]
    assert count(portal, Enquiry) == 1
    with portal.app_context():
        assert db.session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
