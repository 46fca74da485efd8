"""Files of enquiries: sizes, quotas, scanning, and downloads that open nothing."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.enquiries.attachments import AttachmentStorage
from app.integrations.antivirus import Scanner
from app.integrations.errors import StoreError
from app.integrations.file_store import FolderFileStore
from app.jobs.retention import delete_expired
from app.models import Account, Attachment, Contract, EnquiryDraft
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import (
    NEW,
    PDF,
    body_of,
    enquiries,
    fields_of,
    files,
    filled,
    send,
    submit_form,
)
from tests.stores import clamd

MB = 1024 * 1024


def attached(make: Factory) -> list[Attachment]:
    make.session.expire_all()
    return list(make.session.scalars(select(Attachment).order_by(Attachment.id)))


def test_a_file_lies_under_a_random_name_that_only_we_may_read(
    page: PageClient, make: Factory, tmp_path: Path
) -> None:
    send(page, files=files(("../Договор № 5\u202e.pdf", PDF)))
    (row,) = attached(make)
    assert row.name == "Договор № 5.pdf"
    stored = tmp_path / "files" / row.storage_key
    assert re.fullmatch("[0-9a-f-]{36}", row.storage_key)
    assert stored.read_bytes() == PDF
    assert stat.S_IMODE(os.stat(stored).st_mode) == 0o640
    assert not list((tmp_path / "files").glob("*.part"))


def test_a_file_is_given_back_as_a_download_to_its_own_contract_only(
    app: Flask, page: PageClient, make: Factory
) -> None:
    send(page, files=files(("Договор № 5.pdf", PDF)))
    url = "/contracts/1/enquiries/1/files/1"
    answer = page.client.get(url)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    headers = answer.headers
    assert headers["Content-Disposition"].startswith('attachment; filename="file.pdf"; ')
    assert "filename*=UTF-8''%D0%94%D0%BE%D0%B3" in headers["Content-Disposition"]
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.commit()
    other = PageClient(app)
    assert other.client.get(url).status_code == 302
    other.sign_in("00777")
    assert other.client.get(url).status_code == 404
    assert other.client.get("/contracts/2/enquiries/1/files/1").status_code == 404
    for path in ("1/files/99", f"1/files/{2**70}", f"{2**70}/files/1"):
        assert page.client.get(f"/contracts/1/enquiries/{path}").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "status", "expected"),
    [
        ("a.exe", b"MZ", 422, "такие файлы не принимаются"),
        ("a.pdf", b"MZ", 422, "не похоже на файл"),
        ("a.pdf", b"", 422, "файл пустой"),
        ("a.pdf", PDF + b"0" * 2 * MB, 413, "больше 1 МБ"),
        ("<img src=x>.svg", b"<svg/>", 422, "такие файлы не принимаются"),
    ],
)
def test_a_refused_file_loses_neither_words_nor_the_other_files(
    make_app: Callable[..., Flask],
    make: Factory,
    account: Account,
    name: str,
    content: bytes,
    status: int,
    expected: str,
) -> None:
    page = PageClient(make_app(attachment_max_mb=1))
    page.sign_in("00123")
    data = filled(page.open(NEW), text="Мой вопрос")
    submit_form(page, data, status, files=files((name, content), ("b.pdf", PDF)))
    soup = page.check_last()
    link = soup.select_one("#error-summary a")
    assert expected in link.text
    assert soup.select_one(link["href"])["aria-invalid"] == "true"
    assert "b.pdf" in soup.select_one("ul.files").text
    assert fields_of(soup.select_one("form.enquiry"))["text"] == "Мой вопрос"
    assert enquiries(make) == []
    assert [row.name for row in attached(make)] == ["b.pdf"]


def test_a_body_beyond_all_limits_is_refused_and_so_are_long_texts_and_many_parts(
    make_app: Callable[..., Flask], make: Factory, account: Account
) -> None:
    page = PageClient(make_app(attachment_max_mb=1, attachments_per_message=2))
    page.sign_in("00123")
    data = filled(page.open(NEW))
    submit_form(page, data, 413, files=files(("a.pdf", PDF + b"0" * 4 * MB)))
    submit_form(page, data | {"text": "я" * 600_000}, 413)
    submit_form(page, data | {f"x{number}": "1" for number in range(1001)}, 413)
    stranger = PageClient(page.app)
    token = stranger.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
    body = body_of({"csrf_token": token, "files": files(("a.pdf", PDF + b"0" * 2 * MB))})
    answer = stranger.client.post(NEW, **body)
    assert answer.status_code == 413, "only who is signed in may send much"


def test_a_file_can_be_removed_while_another_is_chosen(
    page: PageClient, make: Factory, tmp_path: Path
) -> None:
    data = filled(page.open(NEW), text="Слова")
    submit_form(page, data, do="attach", files=files(("a.pdf", PDF)))
    submit_form(page, data, do=f"remove-{attached(make)[0].id}", files=files(("b.pdf", PDF + b"2")))
    assert [row.name for row in attached(make)] == ["b.pdf"]
    assert len(list((tmp_path / "files").iterdir())) == 1
    assert fields_of(page.open(NEW).select_one("form.enquiry"))["text"] == "Слова"


def test_the_same_file_chosen_twice_is_one(page: PageClient, make: Factory) -> None:
    data = filled(page.open(NEW))
    submit_form(page, data, do="attach", files=files(("a.pdf", PDF), ("a.pdf", PDF)))
    submit_form(page, data, do="attach", files=files(("a.pdf", PDF)))
    assert len(attached(make)) == 1


def test_so_many_files_for_a_message_a_day_and_an_account(
    make_app: Callable[..., Flask], make: Factory, account: Account
) -> None:
    page = PageClient(
        make_app(attachments_per_message=3, attachments_per_day=5, attachments_account_mb=1)
    )
    page.sign_in("00123")
    named = [(f"{number}.pdf", PDF + bytes([number])) for number in range(10)]
    data = filled(page.open(NEW))
    submit_form(page, data, 422, files=files(*named[:4]))
    assert "не больше 3 файлов" in page.check_last().text
    page.submit(page.open(NEW), action="/contracts/1/enquiries/draft/discard")
    submit_form(page, filled(page.open(NEW)), 429, files=files(*named[4:7]))
    assert "приложено уже 5 файлов" in page.check_last().text
    assert len(attached(make)) == 2, "what was removed counts for the day, too"


def test_all_files_of_an_account_together_have_their_limit(
    make_app: Callable[..., Flask], make: Factory, account: Account, tmp_path: Path
) -> None:
    page = PageClient(make_app(attachments_account_mb=1))
    page.sign_in("00123")
    data = filled(page.open(NEW))
    big = [(f"{number}.pdf", PDF + bytes([number]) * 600_000) for number in range(2)]
    submit_form(page, data, 422, files=files(*big))
    assert "все ваши файлы вместе больше 1 МБ" in page.check_last().text
    assert len(attached(make)) == 1
    assert len(list((tmp_path / "files").iterdir())) == 1


def test_a_full_disk_refuses_files_and_nothing_else(
    make_app: Callable[..., Flask], make: Factory, account: Account
) -> None:
    page = PageClient(make_app(disk_free_mb=10**9))
    page.sign_in("00123")
    data = filled(page.open(NEW))
    submit_form(page, data, 503, files=files(("a.pdf", PDF)))
    assert "мало места" in page.check_last().text
    send(page)
    assert len(enquiries(make)) == 1


def test_a_store_that_fails_costs_the_file_and_no_word(
    app: Flask, page: PageClient, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise StoreError("down")

    monkeypatch.setattr(FolderFileStore, "save", fail)
    submit_form(page, filled(page.open(NEW), text="Слова"), 503, files=files(("a.pdf", PDF)))
    soup = page.check_last()
    assert "нельзя сохранить" in soup.text
    assert fields_of(soup.select_one("form.enquiry"))["text"] == "Слова"


@pytest.mark.parametrize(
    ("answer", "status", "expected"),
    [
        ("stream: OK", 303, ""),
        ("stream: Eicar-Test-Signature FOUND", 422, "нашел в файле угрозу"),
        ("INSTREAM size limit exceeded. ERROR", 503, "нельзя проверить"),
        (None, 503, "нельзя проверить"),
    ],
)
def test_every_file_is_scanned_and_none_is_accepted_without_the_scanner(
    app: Flask, page: PageClient, make: Factory, answer: str | None, status: int, expected: str
) -> None:
    store = app.extensions["attachment_storage"].store
    with clamd(answer) as (address, seen):
        app.extensions["attachment_storage"] = AttachmentStorage(store, Scanner(address, timeout=2))
        submit_form(page, filled(page.open(NEW)), status, do="attach", files=files(("a.pdf", PDF)))
    if expected:
        assert expected in page.check_last().text
    assert len(attached(make)) == (1 if status == 303 else 0)
    if answer:
        assert seen == [PDF]


def test_the_nightly_round_forgets_old_drafts_and_files_nobody_speaks_of(
    app: Flask,
    page: PageClient,
    make: Factory,
    tmp_path: Path,
    advance_clock: Callable[..., object],
) -> None:
    send(page, files=files(("a.pdf", PDF)))
    submit_form(page, filled(page.open(NEW)), do="attach", files=files(("b.pdf", PDF + b"b")))
    lost = tmp_path / "files" / "11111111-1111-4111-8111-111111111111"
    lost.write_bytes(b"x")
    old = (NOW - timedelta(days=3)).timestamp()
    os.utime(lost, (old, old))
    with app.app_context():
        delete_expired()
    assert len(list((tmp_path / "files").iterdir())) == 2
    advance_clock(days=31)
    with app.app_context():
        delete_expired()
    assert [row.name for row in attached(make)] == ["a.pdf"]
    assert len(list((tmp_path / "files").iterdir())) == 1
    assert make.session.scalars(select(EnquiryDraft)).all() == []


def test_nothing_of_the_files_is_under_the_web_root(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    send(page, files=files(("a.pdf", PDF)))
    name = attached(make)[0].storage_key
    for path in (f"/static/{name}", f"/static/../files/{name}", f"/files/{name}"):
        assert page.client.get(path).status_code == 404
