"""Documents whose lines come to other sums than they themselves: billing sends such, with a
warning at import. Every page and file goes by the document."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pypdf
import pytest

from app.domain.period import Month
from app.models import Contract
from app.web.filters import reading
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.test_money_agrees import signed, squeezed, visit

YEAR = "?first=2026-01-01&last=2026-12-31"


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract("00803-ЭС")
    make.account(contract)
    return contract


def rounded_by_line(make: Factory, contract: Contract) -> None:
    """The same total, but a kopeck has gone from the VAT to the sum without it."""
    charge = make.charge(
        contract,
        date(2026, 9, 30),
        "1220.00",
        net_amount=Decimal("1000.00"),
        vat_amount=Decimal("220.00"),
        doc_number="1/Э",
    )
    for net, vat in (("500.00", "109.99"), ("500.01", "110.00")):
        gross = Decimal(net) + Decimal(vat)
        make.line(charge, net, vat_amount=Decimal(vat), gross_amount=gross)


def short_of_lines(make: Factory, contract: Contract) -> None:
    charge = make.charge(
        contract,
        date(2026, 10, 31),
        "2440.00",
        net_amount=Decimal("2000.00"),
        vat_amount=Decimal("440.00"),
        doc_number="2/Э",
    )
    make.line(charge, "1500.00")


def test_sums_without_vat_are_the_same_on_the_page_and_in_every_file(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    rounded_by_line(make, contract)
    short_of_lines(make, contract)
    make.commit()
    home = page.sign_in("00803").location
    sums = ["3 000,00", "660,00", "3 660,00"]
    charges = visit(page, home, f"charges{YEAR}")
    assert [squeezed(cell) for cell in charges.select("table.charges tfoot td.r")][1:] == sums
    for lines in ("", "&lines=1"):
        foot = visit(page, home, f"charges/statement{YEAR}{lines}").select("tfoot tr:last-child")[0]
        assert [squeezed(foot.select_one(f"td.{name}")) for name in ("net", "vat", "gross")] == sums
        for path in ("charges/charges", "charges/statement"):
            answer = page.client.get(f"{home}{path}.csv{YEAR}{lines}").data.decode("utf-8-sig")
            *rows, total = csv.reader(io.StringIO(answer), delimiter=";")
            for place, wanted in zip((-3, -2, -1), sums, strict=True):
                assert signed(total[place]) == signed(wanted)
                assert sum(signed(row[place]) for row in rows[1:]) == signed(wanted)
        answer = page.client.get(f"{home}charges/statement.pdf{YEAR}{lines}").data
        text = " ".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(answer)).pages)
        text = " ".join(text.split())
        assert re.search(r"Итого за электроэнергию .*?3 000,00 660,00 3 660,00", text)
        assert "Всего начислено за период 3 660,00 ₽" in text


def test_a_statement_with_lines_has_a_row_with_what_they_do_not_come_to(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    short_of_lines(make, contract)
    make.commit()
    home = page.sign_in("00803").location
    rows = visit(page, home, f"charges/statement{YEAR}&lines=1").select("table.statement tbody tr")
    assert "Разница документа и его строк" in squeezed(rows[-1])
    assert [squeezed(cell) for cell in rows[-1].select("td")][-3:] == ["500,00", "110,00", "610,00"]


def test_a_document_says_where_its_lines_come_to_other_sums(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    short_of_lines(make, contract)
    make.commit()
    home = page.sign_in("00803").location
    link = visit(page, home, f"charges{YEAR}").select_one("table.charges td a")["href"]
    assert (
        "Строки не дают сумм документа, по данным поставщика в них: без НДС 1 500,00 ₽, "
        "НДС 330,00 ₽, с НДС 1 830,00 ₽."
    ) in squeezed(page.open(link))


def test_a_sum_with_vat_is_an_equation_only_where_it_is_true(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    make.charge(
        contract,
        date(2026, 11, 5),
        "122.01",
        net_amount=Decimal("100.00"),
        vat_amount=Decimal("22.00"),
    )
    make.commit()
    home = page.sign_in("00803").location
    soup = visit(page, home, f"charges{YEAR}")
    text = squeezed(page.open(soup.select_one("table.charges td a")["href"]).select_one("dl.kv"))
    assert "100,00 ₽, НДС 22,00 ₽, с НДС 122,01 ₽" in text
    assert "=" not in text


def test_the_vat_of_a_month_names_a_rate_that_billing_has_not_sent(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    rounded_by_line(make, contract)
    make.charge(
        contract,
        date(2026, 9, 30),
        "61.00",
        net_amount=Decimal("50.00"),
        vat_amount=Decimal("11.00"),
    )
    make.commit()
    home = page.sign_in("00803").location
    vat = visit(page, home, f"charges{YEAR}").select_one("table.charges tbody td.vat")
    assert squeezed(vat) == "22 %: 220,00ставка не указана: 11,00"


def test_a_fine_that_was_withdrawn_still_tells_what_its_reversal_belongs_to(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    make.charge(contract, date(2026, 9, 30), "122.00")
    fine = make.charge(
        contract,
        date(2026, 10, 31),
        "5.00",
        kind="late_interest",
        withdrawn_at=NOW,
        period=Month(2026, 9),
    )
    make.charge(
        contract,
        date(2026, 11, 5),
        "-5.00",
        kind="correction",
        period=Month(2026, 9),
        corrects_external_id=fine.external_id,
    )
    make.commit()
    home = page.sign_in("00803").location
    pay = visit(page, home, "pay")
    assert squeezed(pay.select_one("tfoot .total")) == "122,00"
    assert squeezed(pay.select_one(".balance")) == "Задолженность 117,00 ₽"
    assert "переплата по пеням 5,00 ₽" in squeezed(pay.select_one(".bridge"))
    charges = visit(page, home, f"charges{YEAR}")
    assert squeezed(charges.select("table.charges tbody td")[-1]) == "Не оплачено"
    assert squeezed(charges.select("table.interest tbody td")[-1]) == "в зачет"


def test_of_a_reading_that_fell_no_consumption_is_told(
    make: Factory, page: PageClient, contract: Contract
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-09", "1000.00")
    make.reading(meter, "2026-10", "900.00")
    charge = make.charge(contract, date(2026, 10, 31), "122.00")
    make.line(charge, "100.00", meter_id=meter.id, zone="T0")
    make.commit()
    home = page.sign_in("00803").location
    soup = visit(page, home, f"charges/{charge.id}")
    assert "1000,00 → 900,00 Последнее показание меньше начального, расход по ним не виден" in (
        squeezed(soup.select_one("table.lines tbody tr"))
    )
    assert "через ноль" not in soup.text


def test_readings_are_shown_as_the_equation_takes_them() -> None:
    assert reading(Decimal("1204.3325"), 3) == "1204,333"
    assert reading(Decimal("0.5"), 0) == "1"
