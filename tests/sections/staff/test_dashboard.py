"""«Сегодня»: every number is that of the list it leads to."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.period import Month
from app.models import (
    Account,
    Contract,
    ImportRun,
    Message,
    ReadingReceipt,
    Register,
    Registration,
    StaffMember,
    SubmittedReading,
)
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

TODAY = NOW.date()


@pytest.fixture
def busy(make: Factory, session: Session, contract: Contract) -> Contract:
    """Something of everything that can wait."""
    account = session.scalars(select(Account)).one()
    clerk = session.scalars(select(StaffMember).filter_by(login="operator")).one()
    days = (-40, -1, 0, 2, 3, 4, 20)
    for number, day in enumerate(days):
        make.enquiry(
            contract,
            account,
            answer_due_on=TODAY + timedelta(days=day),
            assignee_id=clerk.id if number % 3 == 0 else None,
        )
    make.enquiry(contract, account, status="answered", answer_due_on=date(2026, 1, 1))
    meter = make.meter(contract)
    register = Register(meter_id=meter.id, zone="T0", direction="A+", digits=6, decimals=0)
    session.add(register)
    session.flush()
    receipt = ReadingReceipt(
        idempotency_key=str(uuid.uuid4()), contract_id=contract.id, submitted_at=NOW, address=""
    )
    session.add(receipt)
    session.flush()
    for month, is_late in ((8, False), (9, True)):
        session.add(
            SubmittedReading(
                submission_id=str(uuid.uuid4()),
                receipt_id=receipt.id,
                register_id=register.id,
                period=Month(2026, month),
                taken_on=TODAY,
                value=Decimal(1),
                rolled_over=False,
                is_late=is_late,
                doubts=[],
                source="portal",
                status="sent",
            )
        )
    free = make.contract("00321-ЭС")
    session.add(
        Registration(
            contract_id=free.id,
            state="unproved",
            created_at=NOW,
            saved_at=NOW,
            email="a@example.org",
            confirmed_at=NOW - timedelta(hours=7),
            channel="mail",
            address="",
            user_agent="",
        )
    )
    for status, days_ago in (("failed", 1), ("failed", 7), ("failed", 30), ("sent", 1)):
        session.add(
            Message(
                dedupe_key=str(uuid.uuid4()),
                kind="reading_receipt",
                channel="mail",
                text="",
                recipient="a@example.org",
                status=status,
                is_interactive=False,
                tries=5,
                created_at=NOW - timedelta(days=days_ago),
            )
        )
    make.commit()
    return contract


def counts(soup) -> dict[str, tuple[int, str]]:
    """Number and address of each task, by its words."""
    return {task.a.text: (int(task.b.text), task.a["href"]) for task in soup.select(".tasks li")}


EXPECTED = {
    "Обращения просрочены": 2,
    "Обращения: ответить сегодня": 1,
    "Сообщения не ушли за неделю": 1,
    "Мои обращения": 3,
    "Обращения никто не взял": 4,
    "Обращения: ответить за 3 дня, считая сегодня": 3,
    "Регистрации ждут решения": 1,
    "Показания на проверку": 2,
}


def test_what_waits_is_counted(clerk: PageClient, busy) -> None:
    soup = clerk.get("staff.dashboard")
    assert {phrase: count for phrase, (count, _) in counts(soup).items()} == EXPECTED
    assert list(counts(soup)) == list(EXPECTED), "what presses comes first"
    assert [task.a.text for task in soup.select(".tasks .due")] == list(EXPECTED)[:3]
    nothing = (
        "Нет: договоров, сменивших потребителя, недоставленных смс за неделю, "
        "показаний без ответа биллинга."
    )
    assert nothing in " ".join(soup.text.split())
    assert "после срока: 1" in soup.text
    assert "7 ч" in soup.text


@pytest.mark.parametrize("phrase", EXPECTED)
def test_a_number_is_that_of_its_list(clerk: PageClient, busy, phrase: str) -> None:
    count, address = counts(clerk.get("staff.dashboard"))[phrase]
    status = clerk.open(address).select_one("#status").text
    numbers = [int(number) for number in re.findall(r"\d+", status)]
    assert numbers[-1] == count


def test_what_does_not_wait_leads_to_its_empty_list(clerk: PageClient) -> None:
    links = clerk.get("staff.dashboard").select("#results .quiet a")
    assert len(links) == 11
    for link in links:
        assert not clerk.open(link["href"]).select("tbody tr"), link.text


def test_failed_messages_lead_to_their_list(clerk: PageClient, busy) -> None:
    _, address = counts(clerk.get("staff.dashboard"))["Сообщения не ушли за неделю"]
    assert len(clerk.open(address).select("tbody tr")) == 1


def test_a_week_of_failures_begins_at_midnight_in_the_number_and_in_the_list(
    clerk: PageClient, session: Session
) -> None:
    midnight = datetime(2026, 11, 15, tzinfo=NOW.tzinfo)
    for seconds in (-1, 0):
        session.add(
            Message(
                dedupe_key=str(uuid.uuid4()),
                kind="reading_receipt",
                channel="mail",
                text="",
                recipient="a@example.org",
                status="failed",
                is_interactive=False,
                tries=5,
                created_at=midnight + timedelta(seconds=seconds),
            )
        )
    session.commit()
    count, address = counts(clerk.get("staff.dashboard"))["Сообщения не ушли за неделю"]
    assert "first=2026-11-15" in address
    soup = clerk.open(address)
    assert (count, len(soup.select("tbody tr"))) == (1, 1)
    assert soup.select_one("#first")["value"] == "2026-11-15"


def test_an_empty_day_says_so_without_alarm(clerk: PageClient) -> None:
    soup = clerk.get("staff.dashboard")
    assert not soup.select(".tasks")
    assert "Ничего не ждет" in soup.text


def test_old_billing_data_are_pointed_out(
    clerk: PageClient, session: Session, advance_clock
) -> None:
    run = session.scalars(select(ImportRun)).one()
    assert run.as_of < NOW
    advance_clock()
    assert "Данные свежие" in clerk.get("staff.dashboard").text
    advance_clock(hours=10)
    clerk.client.get(clerk.url("staff.extend_session"))


def test_data_older_than_a_day_and_a_half_are_old(
    page: PageClient, contract: Contract, advance_clock
) -> None:
    advance_clock(hours=48)
    page.sign_in_staff()
    assert "Данные устарели" in page.get("staff.dashboard").text


def test_an_acknowledgement_does_not_make_old_figures_fresh(
    page: PageClient, make: Factory, contract: Contract, advance_clock
) -> None:
    moment = advance_clock(hours=48)
    make.import_run(as_of=None, started_at=moment, finished_at=moment, source="readings_ack.csv")
    make.commit()
    page.sign_in_staff()
    text = page.get("staff.dashboard").text
    assert "Данные устарели" in text
    assert "Данные на 21.11.2026" in text
    assert "readings_ack.csv" in text


def test_a_base_without_balances_says_that_nobody_vouches_for_its_figures(
    page: PageClient, make: Factory, contract: Contract, session: Session
) -> None:
    session.execute(update(ImportRun).values(as_of=None))
    session.commit()
    page.sign_in_staff()
    soup = page.get("staff.dashboard")
    assert "Дата данных не указана" in soup.text
    assert "balances.csv" in soup.text
    assert "Данные свежие" not in soup.text


def test_who_may_not_load_sees_no_way_to_it(clerk: PageClient, admin: PageClient) -> None:
    way = clerk.url("staff.billing")
    assert not clerk.get("staff.dashboard").select(f"a[href='{way}']")
    assert admin.get("staff.dashboard").select(f"a[href='{way}']")
