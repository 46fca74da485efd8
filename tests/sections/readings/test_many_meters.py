"""Hundreds of meters under one contract are listed and entered page by page."""

from __future__ import annotations

from app.models import Contract, Register
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.readings.steps import send, submitted


def test_a_hundred_and_twenty_meters_of_three_zones_come_in_pages(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    for number in range(120):
        meter = make.meter(contract, f"{number:08d}")
        for zone in ("T1", "T2", "T3"):
            make.session.add(
                Register(meter_id=meter.id, zone=zone, direction="A+", digits=6, decimals=2)
            )
    make.commit()
    soup = page.get("readings.index", contract_id=1, page=3)
    assert len(soup.select("table.meters tr.meter")) == 20
    assert len(soup.select("table.meters tr.zone")) == 20 * 2
    assert "120 из 120" in soup.text
    page.last = page.client.get(page.url("readings.all_meters", contract_id=1, page=2))
    soup = page.check_last()
    assert "Приборы 51–100 из 120" in soup.text
    boxes = [field["name"] for field in soup.select("input[name^=whole-]")]
    assert len(boxes) == 150
    page.submit(soup, 200, **dict.fromkeys(boxes, "1234"))
    send(page, page.check_last())
    assert len(submitted(make)) == 150
    assert "70 из 120" in page.get("readings.index", contract_id=1).text
