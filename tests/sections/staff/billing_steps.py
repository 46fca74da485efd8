"""What tests of «Загрузка» share: packages as bytes, and the steps of a clerk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from app.actions.imports.jobs import NewBatch, Task, start_job
from app.domain.imports import Channel, JobGoal
from app.extensions import db
from app.jobs import imports
from app.models import ImportJob
from tests.pages import PageClient

SAMPLE = Path(__file__).parents[3] / "docs" / "billing-exchange-sample"
MEBIBYTE = 1024 * 1024


def zipped(folder: Path) -> bytes:
    """A folder as the archive that billing would send."""
    return archive({path.name: path.read_bytes() for path in sorted(folder.iterdir())})


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """An archive of these files."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return output.getvalue()


def multipart(fields: Mapping[str, str], content: bytes, name: str) -> tuple[bytes, str]:
    """A form with a file as a browser encodes it, and its content type."""
    parts = [
        f'--limit\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    kind = "Content-Type: application/octet-stream\r\n\r\n"
    body = b"".join((*parts, (head + kind).encode(), content, b"\r\n--limit--\r\n"))
    return body, "multipart/form-data; boundary=limit"


def upload(
    page: PageClient, content: bytes, name: str = "batch.zip", status: int = 303, **fields: str
) -> TestResponse:
    """Send the form with a file."""
    token = page.get("staff.billing").select_one("[name=csrf_token]")["value"]
    body, kind = multipart({"csrf_token": token} | fields, content, name)
    page.last = page.client.post(page.url("staff.billing_upload"), data=body, content_type=kind)
    assert page.last.status_code == status, page.last.text[:800]
    return page.last


def sent(page: PageClient, content: bytes, name: str = "batch.zip", **fields: str) -> BeautifulSoup:
    """Send a file and open the page of its job; without a worker it has been checked by then."""
    return page.open(upload(page, content, name, **fields).headers["Location"])


def press(page: PageClient, soup: BeautifulSoup, phrase: str) -> BeautifulSoup:
    """Press a button of a page and open the page that follows."""
    form = soup.select_one(f"button:-soup-contains('{phrase}')").find_parent("form")
    data = {field["name"]: field.get("value", "") for field in form.select("input")}
    page.last = page.client.post(form["action"], data=data)
    assert page.last.status_code == 303, page.last.text[:500]
    return page.open(page.last.headers["Location"])


def status_of(soup: BeautifulSoup) -> str:
    """The words of the status line."""
    return " ".join(soup.select_one("#status").text.split())


def without_worker(app: Flask) -> None:
    """Batches wait until ``work`` is called."""
    app.extensions["enqueue_imports"] = lambda: None


def work(app: Flask) -> None:
    """What the worker does."""
    with app.app_context():
        imports.run_waiting()


@contextmanager
def busy(app: Flask) -> Iterator[Task]:
    """Another process is at an import."""
    with app.app_context():
        batch = NewBatch("nightly.zip", None, 1, {}, JobGoal.LOAD, Channel.COMMAND)
        task = start_job(db.session(), batch, "another-host:1:x", app.extensions["clock"].now())
        assert task is not None
        db.session.commit()
        job_id = task.job_id
    yield task
    with app.app_context():
        db.session.delete(db.session.get_one(ImportJob, job_id))
        db.session.commit()


def stored(app: Flask) -> list[Path]:
    """What lies in the folder of batches."""
    folder = app.extensions["config"].instance_dir / "imports"
    return sorted(folder.iterdir()) if folder.is_dir() else []
