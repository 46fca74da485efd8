"""«Рассылки»: who gets a message, what it says, how it is sent, stopped and opened."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.models import Contract
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.staff.mailing_steps import (
    debtor,
    fill,
    mailing,
    press,
    recipients,
    sent,
    store_debts,
    table,
)

LONG_AGO = date(2026, 9, 20)


@pytest.fixture
def debtors(make: Factory, contract: Contract, session: Session) -> None:
    """Two who owe much, one who owes little, one who owes since yesterday, one unconfirmed."""
    debtor(make, "00201-ЭС", "1500.00", LONG_AGO)
    debtor(make, "00202-ЭС", "2500.50", LONG_AGO)
    debtor(make, "00203-ЭС", "10.00", LONG_AGO)
    debtor(make, "00204-ЭС", "9000.00", date(2026, 11, 20))
    debtor(make, "00205-ЭС", "9000.00", LONG_AGO, email_confirmed_at=None)
    make.commit()
    store_debts(session)


def test_debtors_over_a_sum_and_an_age_are_chosen_and_nothing_is_sent_before_the_button(
    manager: PageClient, debtors: None, session: Session, outbox: Outbox
) -> None:
    soup = fill(manager, amount="1000", days="30")
    numbers = [row.th.text.strip() for row in soup.select("tbody tr")]
    assert numbers == ["№ 00201-ЭС", "№ 00202-ЭС", "№ 00205-ЭС"]
    assert "Просрочка по договору 00201-ЭС" in soup.select_one(".card").text
    assert "просрочено 1 500,00 ₽, с 20.09.2026" in soup.select_one(".card").text
    assert [row.state for row in recipients(session)] == ["chosen", "chosen", "no_contact"]
    assert "Отправить: 2 письма" in soup.text
    assert outbox.emails() == []

    soup = press(manager, "start")
    assert "Отправлена" in soup.select_one("#status").text
    emails = outbox.emails()
    assert [message["To"] for message in emails] == ["00201@example.org", "00202@example.org"]
    assert "просрочено 2 500,50 ₽" in part(emails[1], "plain").replace("\u00a0", " ")
    assert f"/inbox/{recipients(session)[1].id}" in part(emails[1], "plain")
    figures = dict(zip(*[iter([tag.text for tag in soup.select("aside dl > *")])] * 2, strict=True))
    assert figures["Отправлено"] == "2"
    assert figures["Без контакта"] == "1"


def test_a_test_message_goes_to_the_clerk_alone(
    manager: PageClient, debtors: None, outbox: Outbox, session: Session
) -> None:
    fill(manager)
    press(manager, "test", 422, address="кому?")
    press(manager, "test", address="boss@example.org")
    [message] = outbox.emails()
    assert message["To"] == "boss@example.org"
    assert "1 500,00" in part(message, "plain").replace("\u00a0", " ")
    assert mailing(session).status == "draft"


def test_more_contracts_than_the_cap_make_no_mailing_and_what_was_typed_stays(
    manager: PageClient, debtors: None, session: Session
) -> None:
    soup = fill(manager, 422, cap="1", subject="Долг")
    assert "под условия подходит 4" in soup.select_one("#cap-error").text
    assert soup.select_one("#subject")["value"] == "Долг"
    assert recipients(session) == []


def test_a_list_is_refused_with_the_file_line_and_column_of_what_it_gets_wrong(
    manager: PageClient, debtors: None, session: Session
) -> None:
    text = "Договор;Имя\n00201-ЭС;а\n;00999-ЭС\nвсего;;\n"
    plain = {"audience": "list", "subject": "Работы", "text": "Договор {договор}"}
    soup = fill(manager, 422, **plain, file=table(text, encoding="cp1251"))
    assert [tag.text for tag in soup.select("#list-faults li")] == [
        "список.csv, строка 3, столбец 2: «00999-ЭС» — такого договора нет",
        "список.csv, строка 4, столбец 1: «всего» — это не похоже на номер договора",
    ]
    assert recipients(session) == []
    soup = fill(manager, **plain, file=table("00202\n00201-ЭС\n"))
    assert [row.th.text.strip() for row in soup.select("tbody tr")] == ["№ 00202-ЭС", "№ 00201-ЭС"]


def test_words_that_only_debtors_have_are_refused_for_others(
    manager: PageClient, debtors: None
) -> None:
    soup = fill(manager, 422, audience="list", numbers="00201")
    assert "подстановки {просрочено} здесь нет" in soup.select_one("#text-error").text


def test_who_has_given_readings_is_not_asked_for_them(
    manager: PageClient, make: Factory, debtors: None, session: Session, contract: Contract
) -> None:
    given, missing = make.contract("00301-ЭС"), make.contract("00302-ЭС")
    make.reading(make.meter(given, "1"), "2026-10", "100")
    make.reading(make.meter(missing, "2"), "2026-09", "100")
    make.commit()
    text = {"subject": "Показания", "text": "Передайте показания"}
    soup = fill(manager, audience="no_readings", month="2026-10", **text)
    assert [row.th.text.strip() for row in soup.select("tbody tr")] == ["№ 00302-ЭС"]
    assert "Писать некому" in soup.text


def test_a_draft_is_changed_and_discarded_and_a_started_one_is_not(
    manager: PageClient, debtors: None, session: Session
) -> None:
    fill(manager)
    soup = manager.open("/staff/mailings/1/text")
    manager.submit(soup, subject="Новая тема", text="Долг {просрочено}")
    assert "Новая тема" in manager.open("/staff/mailings/1").select_one(".card").text
    stale = manager.open("/staff/mailings/1")
    press(manager, "start")
    manager.submit(stale, 409, "/staff/mailings/1/discard")
    assert "уже начата" in manager.check_last().select_one("#error-summary").text
    assert len(sent(session)) == 3
    assert "изменить нельзя" in manager.open("/staff/mailings/1/text").text


def test_the_recipient_opens_it_in_the_portal_and_the_report_says_when(
    manager: PageClient, debtors: None, session: Session, app
) -> None:
    fill(manager)
    press(manager, "start")
    reader = PageClient(app)
    reader.sign_in("00201", PASSWORD)
    [row] = [row for row in recipients(session) if row.message_id][:1]
    inbox = f"/contracts/{row.contract_id}/inbox"
    assert "Новое" in reader.open(inbox).select_one("#results").text
    soup = reader.open(f"{inbox}/{row.id}")
    assert "1 500,00" not in soup.text
    assert recipients(session)[0].opened_at is None
    reader.submit(soup, action=f"{inbox}/{row.id}/open")
    assert "1 500,00 ₽" in reader.open(f"{inbox}/{row.id}").text
    assert recipients(session)[0].opened_at == NOW
    assert "Открыто в кабинете" in manager.open("/staff/mailings/1").text
    report = manager.client.get("/staff/mailings/1/recipients.csv").data.decode("utf-8-sig")
    assert "00201@example.org;21.11.2026 12:00;21.11.2026 12:00;" in report
    # Somebody else's message is not there, nor for another contract's people.
    other = PageClient(app)
    other.sign_in("00202", PASSWORD)
    contract_id = recipients(session)[1].contract_id
    assert other.client.get(f"/contracts/{contract_id}/inbox/{row.id}").status_code == 404


def test_staff_who_view_as_the_customer_open_nothing(
    manager: PageClient, debtors: None, session: Session
) -> None:
    fill(manager)
    press(manager, "start")
    row = recipients(session)[0]
    soup = manager.open(f"/contracts/{row.contract_id}/inbox/{row.id}")
    assert not soup.select("form[action$='/open']")
    assert recipients(session)[0].opened_at is None


def test_an_operator_has_no_mailings(clerk: PageClient, contract: Contract) -> None:
    assert clerk.client.get("/staff/mailings").status_code == 403
    assert "Рассылки" not in clerk.get("staff.dashboard").text
