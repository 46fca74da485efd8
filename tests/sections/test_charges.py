"""«Начисления»: documents by month, and each with its lines (user manual §7)."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from app.models import Charge, Contract
from tests.factories import Factory
from tests.pages import PageClient

YEAR = {"first": "2026-01-01", "last": "2026-12-31"}


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    make.commit()
    page.sign_in(contract.number)
    return contract


def document(
    make: Factory, contract: Contract, on: date, net: str, rate: str = "22", **values: object
) -> Charge:
    """A document of one line."""
    vat = (Decimal(net) * Decimal(rate) / 100).quantize(Decimal("0.01"))
    charge = make.charge(
        contract,
        on,
        str(Decimal(net) + vat),
        **({"net_amount": Decimal(net), "vat_amount": vat} | values),
    )
    make.line(charge, net, rate)
    return charge


def months(soup) -> list[list[str]]:
    return [
        [
            " ".join(cell.text.split()).removesuffix("почему изменился").strip()
            for cell in row.select("th, td")
        ]
        for row in soup.select("table.charges tbody tr")
    ]


def test_documents_stand_by_month_the_newest_first_with_totals(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    document(make, contract, date(2026, 9, 30), "1000.00", doc_number="9")
    document(make, contract, date(2026, 10, 31), "2000.00", doc_number="10")
    document(make, contract, date(2025, 12, 31), "5.00", doc_number="0")
    document(make, make.contract("00999-ЭС"), date(2026, 10, 31), "99999.00")
    make.payment(contract, date(2026, 10, 15), "1220.00")
    make.payment(contract, date(2026, 11, 15), "40.10")
    make.commit()
    soup = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert months(soup) == [
        [
            "Октябрь 2026",
            "УПД № 10 от 31.10.2026",
            "100",
            "2 000,00",
            "440,00",
            "2 440,00",
            "Частично осталось 2 406,00 ₽",
        ],
        [
            "Сентябрь 2026",
            "УПД № 9 от 30.09.2026",
            "100",
            "1 000,00",
            "220,00",
            "1 220,00",
            "Оплачено",
        ],
    ]
    total = [cell.text.strip() for cell in soup.select("table.charges tfoot td")]
    assert total[:4] == ["200", "3 000,00", "660,00", "3 660,00"]


def test_a_document_says_what_has_become_of_it_in_electronic_exchange(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    signed = document(make, contract, date(2026, 9, 30), "1.00", edo_status="signed")
    document(make, contract, date(2026, 10, 31), "1.00", edo_status="none")
    make.commit()
    printed, exchanged = months(page.get("charges.index", contract_id=1, **YEAR))
    assert "ЭДО" not in printed[1]
    assert exchanged[1].endswith("ЭДО: подписан")
    soup = page.get("charges.document", contract_id=1, charge_id=signed.id)
    assert "ЭДО: подписан" in soup.select_one("dl.kv").text


def test_a_payment_that_names_its_period_pays_that_one(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    document(make, contract, date(2026, 9, 30), "100.00")
    october = document(make, contract, date(2026, 10, 31), "100.00")
    make.payment(contract, date(2026, 11, 1), "122.00", period=october.period)
    make.commit()
    soup = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert [row[-1] for row in months(soup)] == ["Оплачено", "Не оплачено"]


def test_two_vat_rates_in_one_month_are_told_apart(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    charge = make.charge(
        contract,
        date(2026, 1, 31),
        "242.00",
        net_amount=Decimal("200.00"),
        vat_amount=Decimal("42.00"),
    )
    make.line(charge, "100.00", "22")
    make.line(charge, "100.00", "20")
    make.commit()
    soup = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert [text.strip() for text in soup.select_one("tbody td.vat").stripped_strings] == [
        "22 %: 22,00",
        "20 %: 20,00",
    ]
    soup = page.get("charges.document", contract_id=contract.id, charge_id=charge.id)
    assert "Ставка НДС 22 %" in soup.text
    assert "Ставка НДС 20 %" in soup.text


def test_late_interest_stands_apart_without_vat(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    document(make, contract, date(2026, 10, 31), "100.00")
    make.charge(contract, date(2026, 10, 31), "7.77", kind="late_interest", doc_number="П1")
    make.commit()
    soup = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert len(months(soup)) == 1
    assert soup.select_one("table.charges td.gross").text == "122,00"
    row = soup.select_one("table.interest tbody tr")
    assert "П1" in row.text
    assert "7,77" in row.text
    assert soup.select_one("table.interest td.vat") is None


def test_a_document_shows_how_each_sum_came_about(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-09", "1000.50")
    make.reading(meter, "2026-10", "1010.50")
    charge = make.charge(
        contract,
        date(2026, 10, 31),
        "1952.00",
        net_amount=Decimal("1600.00"),
        vat_amount=Decimal("352.00"),
    )
    make.line(
        charge,
        "1600.00",
        meter_id=meter.id,
        zone="T0",
        quantity=Decimal(400),
        price=Decimal("4.00000"),
        supply_point_id=meter.supply_point_id,
    )
    make.commit()
    soup = page.get("charges.document", contract_id=contract.id, charge_id=charge.id)
    row = " ".join(soup.select_one("table.lines tbody tr").text.split())
    assert "(1010,50 − 1000,50) × 40 = 400 кВт·ч; 400 × 4,00000 = 1 600,00 ₽" in row
    assert "не полностью" not in row
    assert "12345678" in row


def test_readings_that_do_not_explain_a_sum_are_said_not_to(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-09", "999990.00")
    make.reading(meter, "2026-10", "5.00")
    make.reading(meter, "2026-10", "900.00", status="rejected")
    charge = make.charge(contract, date(2026, 10, 31), "122.00")
    make.line(charge, "100.00", meter_id=meter.id, zone="T0", quantity=Decimal(700))
    make.commit()
    soup = page.get("charges.document", contract_id=contract.id, charge_id=charge.id)
    row = " ".join(soup.select_one("table.lines tbody tr").text.split())
    assert "через ноль" in row
    assert "Показания дают 600 кВт·ч. Начислено на 100 кВт·ч больше" in row
    assert " = " not in row


def test_a_correction_and_what_it_corrects_lead_to_each_other(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    wrong = document(make, contract, date(2026, 9, 30), "1000.00", doc_number="9")
    right = document(
        make,
        contract,
        date(2026, 10, 31),
        "-100.00",
        kind="correction",
        corrects_external_id=wrong.external_id,
        period=wrong.period,
        doc_number="К9",
    )
    make.commit()
    soup = page.get("charges.document", contract_id=contract.id, charge_id=right.id)
    soup = page.open(soup.select_one(".note a")["href"])
    assert soup.h1.text == "УПД № 9 от 30.09.2026"
    note = soup.select_one(".note")
    assert "−122,00 ₽" in note.text
    assert page.open(note.a["href"]).h1.text == "УКД № К9 от 31.10.2026"
    # Both belong to September: one month, two documents, one sum.
    (row,) = months(page.get("charges.index", contract_id=contract.id, **YEAR))
    assert (row[0], row[5]) == ("Сентябрь 2026", "1 098,00")


def test_a_foreign_or_withdrawn_document_is_a_404(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    foreign = make.charge(make.contract("00999-ЭС"), date(2026, 10, 31), "100.00")
    gone = make.charge(contract, date(2026, 10, 31), "100.00", withdrawn_at=make.import_run().as_of)
    make.commit()
    for charge_id in (foreign.id, gone.id, 10**9, 2**70):
        page.get("charges.document", 404, contract_id=contract.id, charge_id=charge_id)


def test_a_long_document_is_paged_and_keeps_its_totals(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    service = make.service()
    charge = make.charge(
        contract,
        date(2026, 10, 31),
        "134.20",
        net_amount=Decimal("110.00"),
        vat_amount=Decimal("24.20"),
    )
    for _ in range(110):
        make.line(charge, "1.00", service_id=service.id)
    make.commit()
    seen: set[str] = set()
    for number in (1, 2, 3):
        soup = page.get(
            "charges.document", contract_id=contract.id, charge_id=charge.id, page=number
        )
        assert soup.select_one("tfoot td.gross").text == "134,20"
        seen |= {row.th.text for row in soup.select("table.lines tbody tr")}
    assert len(seen) == 110


def test_files_agree_with_the_page_to_the_kopeck(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    charge = make.charge(
        contract,
        date(2026, 1, 31),
        "242.00",
        net_amount=Decimal("200.00"),
        vat_amount=Decimal("42.00"),
        doc_number="=1",
    )
    make.line(charge, "100.00", "22")
    make.line(charge, "100.00", "20")
    make.charge(contract, date(2026, 2, 28), "7.77", kind="late_interest")
    make.commit()
    url = page.url("charges.file", contract_id=contract.id, extension="csv", **YEAR)
    text = page.client.get(url).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["Ставка НДС"], row["НДС"], row["С НДС"]) for row in rows] == [
        ("22 %", "22,00", "122,00"),
        ("20 %", "20,00", "120,00"),
        ("без НДС", "0,00", "7,77"),
        ("", "42,00", "249,77"),
    ]
    assert [row["Объем, кВт·ч"] for row in rows] == ["200,000", "", "0", "200,000"]
    assert rows[-1]["Период расчета"] == "Итого"
    assert rows[0]["Документ №"] == "'=1"
    sheet = openpyxl.load_workbook(
        io.BytesIO(page.client.get(url.replace(".csv", ".xlsx")).data)
    ).active
    *gross, total = [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sum(Decimal(str(amount)) for amount in gross) == Decimal("249.77")
    assert Decimal(str(total)) == Decimal("249.77")


def test_a_period_without_charges_says_so(page: PageClient, contract: Contract) -> None:
    soup = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert "начислений нет" in soup.select_one(".empty").text
