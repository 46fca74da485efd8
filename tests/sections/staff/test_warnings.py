"""Warnings that the supply is to be restricted: the list, the message, the proof."""

from __future__ import annotations

import hashlib
import io
from datetime import date

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.models import Contract
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.enquiries.steps import fields_of, submit_form
from tests.sections.staff.mailing_steps import debtor, press, recipients, table

NEW = "/staff/mailings/new"
FILE = "contract_no;debt;restrict_on\n00201-ЭС;1500,50;15.12.2026\n00202;2000;2026-12-20\n"


@pytest.fixture
def debtors(make: Factory, contract: Contract) -> None:
    debtor(make, "00201-ЭС", "1.00", date(2026, 9, 20))
    debtor(make, "00202-ЭС", "1.00", date(2026, 9, 20), email_confirmed_at=None)
    make.commit()


def warn(manager: PageClient, status: int = 303, **fields: object):
    form = manager.open(f"{NEW}?audience=restriction").select_one("form[enctype]")
    submit_form(manager, fields_of(form) | fields, status, NEW)
    return manager.open(manager.last.location) if status == 303 else manager.check_last()


def text_of(pdf: bytes) -> str:
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split()
    )


def test_a_warning_says_debt_and_day_and_its_proof_says_everything_that_happened(
    manager: PageClient, debtors: None, session: Session, outbox: Outbox, app
) -> None:
    soup = warn(manager, file=table(FILE, "notices.csv", "cp1251"))
    assert "Писать" not in soup.select_one("aside").text
    press(manager, "start")
    [message] = outbox.emails()
    said = part(message, "plain").replace("\u00a0", " ")
    assert "задолженность составляет 1 500,50 ₽" in said
    assert "с 15.12.2026" in said
    row = recipients(session)[0]
    assert row.text_sha256 == hashlib.sha256((row.sent_text or "").encode()).hexdigest()

    reader = PageClient(app)
    reader.sign_in("00201", PASSWORD)
    inbox = f"/contracts/{row.contract_id}/inbox/{row.id}"
    reader.submit(reader.open(inbox), action=f"{inbox}/open")
    answer = manager.client.get(f"/staff/mailings/1/recipients/{row.id}/proof.pdf")
    assert answer.mimetype == "application/pdf"
    found = text_of(answer.data)
    for phrase in (
        "№ 00201-ЭС",
        "Ограничение с 15.12.2026",
        "00201@example.org",
        "Передано почте или оператору 21.11.2026",
        "Впервые открыто в Личном кабинете 21.11.2026",
        "Отказ провайдера не было",
    ):
        assert phrase in found, phrase
    assert row.text_sha256 in found.replace(" ", "")
    assert recipients(session)[0].opened_at == NOW


def test_who_was_not_written_to_has_no_proof(
    manager: PageClient, debtors: None, session: Session
) -> None:
    warn(manager, numbers="00202;2000;20.12.2026")
    row = recipients(session)[0]
    assert row.state == "no_contact"
    url = f"/staff/mailings/1/recipients/{row.id}/proof.pdf"
    assert manager.client.get(url).status_code == 404


def test_every_mistake_of_a_file_is_named_with_line_and_column(
    manager: PageClient, debtors: None, session: Session
) -> None:
    rows = (
        "00201;x;15.12.2026",
        "00201;10;завтра",
        "00201;10;21.11.2026",
        "00999;10;15.12.2026",
        "00202;10;15.12.2026",
        "00202;10;15.12.2026",
    )
    soup = warn(manager, 422, file=table("\n".join(rows), "notices.csv"))
    faults = [tag.text for tag in soup.select("#list-faults li")]
    assert faults == [
        "notices.csv, строка 1, столбец 2: «x» — нужна сумма долга, например 1500,50",
        "notices.csv, строка 2, столбец 3: «завтра» — нужна дата ограничения, например 15.12.2026",
        "notices.csv, строка 3, столбец 3: «21.11.2026» — эта дата уже наступила",
        "notices.csv, строка 4, столбец 1: «00999» — такого договора нет",
        "notices.csv, строка 6, столбец 1: «00202» — этот договор в списке уже есть",
    ]
    assert recipients(session) == []
