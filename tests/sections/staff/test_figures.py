"""«Показатели»: what a manager reads of a period."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

from app.domain.period import Month
from app.models import Contract, ReadingReceipt, Registration, SubmittedReading
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient


def cells(soup, caption: str) -> list[list[str]]:
    table = next(tag for tag in soup.select("table") if caption in tag.caption.text)
    return [
        [" ".join(cell.text.split()) for cell in row.select("th, td")]
        for row in table.select("tbody tr")
    ]


def fill(make: Factory, contract: Contract) -> None:
    account = make.account(make.contract("00500-ЭС"), email="a@example.org")
    began = NOW - timedelta(days=5)
    for days, rating in ((1, 5), (3, 4)):
        make.enquiry(
            contract,
            account,
            status="answered",
            registered_at=began,
            answered_at=began + timedelta(days=days),
            answer_due_on=(began + timedelta(days=2)).date(),
            rating=rating,
        )
    for state in ("active", "active", "refused"):
        make.session.add(
            Registration(
                contract_id=contract.id,
                state=state,
                created_at=NOW,
                saved_at=NOW,
                address="",
                user_agent="",
            )
        )
    receipt = ReadingReceipt(
        idempotency_key=str(uuid.uuid4()), contract_id=contract.id, submitted_at=NOW, address=""
    )
    make.session.add(receipt)
    make.session.flush()
    billed = make.reading(make.meter(contract), "2026-10", "1", source="inspector")
    make.session.add(
        SubmittedReading(
            submission_id=str(uuid.uuid4()),
            receipt_id=receipt.id,
            register_id=billed.register_id,
            period=Month(2026, 11),
            taken_on=date(2026, 11, 21),
            value=Decimal(10),
            rolled_over=False,
            is_late=False,
            doubts=[],
            source="staff",
            status="accepted",
        )
    )
    make.commit()


def test_a_manager_reads_shares_times_ratings_and_channels(
    manager: PageClient, contract: Contract, make: Factory
) -> None:
    fill(make, contract)
    soup = manager.get("staff.figures", first="2026-10-01", last="2026-11-30")
    [row] = cells(soup, "Обращения по видам")
    assert row[1:] == ["2", "1", "1", "50", "2 дн.", "4,5 (2)"]
    assert cells(soup, "Регистрации") == [["кабинет открыт", "2"], ["отказано", "1"]]
    assert cells(soup, "Переданные показания") == [["по телефону, внес сотрудник", "1"]]
    assert cells(soup, "Показания в биллинге") == [["инспектор", "1"]]
    answer = manager.client.get(
        "/staff/figures/enquiries.csv?first=2026-10-01&last=2026-11-30"
    ).data.decode("utf-8-sig")
    assert "2;1;1;50;48,00;4,5;2" in answer.splitlines()[1]
    for kind in ("enquiries", "registrations", "submitted", "billed"):
        file = manager.client.get(f"/staff/figures/{kind}.xlsx?first=2026-10-01&last=2026-11-30")
        assert file.data[:2] == b"PK"


def test_an_empty_or_wrong_period_says_so(manager: PageClient, contract: Contract) -> None:
    assert "обращений не было" in manager.get("staff.figures").text
    manager.get("staff.figures", 422, first="2026-12-01", last="2026-11-01")
    assert manager.client.get("/staff/figures/billed.csv?first=cat").status_code == 422


def test_an_operator_has_no_figures(clerk: PageClient, contract: Contract) -> None:
    assert clerk.client.get("/staff/figures").status_code == 403
