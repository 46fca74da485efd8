"""Three years of a meter, as page and as table."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup

from app.domain.period import Month
from app.domain.reading_history import build_history, join_zones
from app.domain.readings import Scale, build_consumption
from app.models import Contract, Meter, Register, SupplyPoint
from tests.domain.test_readings import known
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.readings.steps import send, type_in

SCALE = Scale(5, 0, Decimal(1))


def test_gaps_stay_gaps_and_what_spans_one_is_in_no_month() -> None:
    readings = build_consumption(
        [known("2026-01", "10"), known("2026-02", "30"), known("2026-05", "90")], SCALE
    )
    history = build_history(readings, Month(2026, 6))
    assert [str(row.period) for row in history] == [
        "2026-06",
        "2026-05",
        "2026-04",
        "2026-03",
        "2026-02",
        "2026-01",
    ]
    assert [row.consumption_kwh for row in history] == [None, None, None, None, 20, None]
    assert history[1].readings[0].months == 3


def test_the_year_before_stands_beside_each_month() -> None:
    readings = build_consumption(
        [known(f"{2025 + n // 12}-{n % 12 + 1:02d}", str(10 * n)) for n in range(15)], SCALE
    )
    history = build_history(readings, Month(2026, 3))
    assert history[0].year_ago_kwh == history[0].consumption_kwh == 10
    assert history[-1].year_ago_kwh is None


def test_the_page_shows_rows_marks_sources_and_a_chart_with_words(
    page: PageClient, make: Factory, contract: Contract, meter: Meter
) -> None:
    make.reading(meter, "2026-01", "900.00", kind="initial", taken_on=date(2026, 1, 5))
    make.commit()
    send(page, type_in(page, meter, "1110", "5"))
    soup = page.get("readings.history", contract_id=1, meter_id=meter.id)
    rows = [" ".join(row.text.split()) for row in soup.select("table.history tbody tr")]
    assert len(rows) == 11
    assert "1110,50" in rows[0]
    assert "420" in rows[0]
    assert "личный кабинет" in rows[0]
    assert "прибор установлен" in rows[-1]
    chart = soup.select_one("svg[role=img]")
    assert "Расход по месяцам" in chart.title.text
    # January begins with the meter: the consumption of its first days counts.
    assert len(chart.select(".bar")) == 11 - len(chart.select("text.mid:-soup-contains('–')"))


def test_the_table_for_a_spreadsheet_has_a_row_for_every_reading(
    page: PageClient, meter: Meter
) -> None:
    url = page.url("readings.history_file", contract_id=1, meter_id=meter.id, extension="csv")
    text = page.client.get(url).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert [row["Показание"] for row in rows][:2] == ["1100,00", "1090,00"]
    assert rows[0]["Расход, кВт·ч"] == "400,000"
    assert page.client.get(url.replace("csv", "xlsx")).data[:2] == b"PK"


def history_page(page: PageClient, meter: Meter) -> BeautifulSoup:
    return page.get("readings.history", contract_id=1, meter_id=meter.id)


def bare_meter(make: Factory, contract: Contract, *values: str) -> Meter:
    """A meter with readings from July 2026 on, one a month."""
    found = make.meter(contract, "777")
    for number, value in enumerate(values):
        make.reading(found, f"2026-{7 + number:02d}", value, source="portal")
    make.commit()
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("100.00",), "Расхода пока нет: он считается между двумя показаниями, а здесь одно."),
        (("100.00", "100.00"), "Расхода за эти месяцы не было: показания не менялись."),
    ],
)
def test_a_meter_without_consumption_says_why_and_draws_no_empty_chart(
    page: PageClient, make: Factory, contract: Contract, values: tuple[str, ...], expected: str
) -> None:
    soup = history_page(page, bare_meter(make, contract, *values))
    assert expected in soup.text
    assert not soup.select("svg[role=img]")
    first = " ".join(soup.select("table.history tbody tr")[-1].text.split())
    assert "100,00" in first
    assert "не посчитать" in first
    assert "None" not in soup.text


def test_readings_with_gaps_between_them_say_that_months_cannot_be_told(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    found = make.meter(contract, "777")
    make.reading(found, "2026-02", "100.00", source="portal")
    make.reading(found, "2026-09", "170.00", source="portal")
    make.commit()
    soup = history_page(page, found)
    assert "между показаниями есть пропуски" in soup.text
    assert "расход за 7 мес." in soup.text
    assert not soup.select("svg[role=img]")


@pytest.mark.parametrize(
    ("is_automatic", "expected"),
    [(True, "снимаются автоматически"), (False, "Они появятся здесь, когда их передадут")],
)
def test_a_meter_without_readings_says_why(
    page: PageClient, make: Factory, contract: Contract, is_automatic: bool, expected: str
) -> None:
    found = make.meter(contract, "777")
    make.session.get_one(SupplyPoint, found.supply_point_id).is_automatic = is_automatic
    make.commit()
    assert expected in history_page(page, found).select_one("main").text


def test_a_zone_without_readings_is_named_beside_the_others(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    found = bare_meter(make, contract, "100.00", "150.00")
    make.session.add(Register(meter_id=found.id, zone="T2", direction="A+", digits=5, decimals=2))
    make.commit()
    soup = history_page(page, found)
    heads = [" ".join(head.text.split()) for head in soup.select("table.history thead th")]
    assert heads[1:5] == [
        "Сутки: показание",
        "Сутки: расход, кВт·ч",
        "Т2: показание",
        "Т2: расход, кВт·ч",
    ]
    cells = soup.select_one("table.history tbody tr").select("td")
    assert [cell.text for cell in cells[2:4]] == ["", ""]


def test_zones_stand_side_by_side_and_their_sum_beside_them(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    found = make.meter(contract, "777")
    zones = [
        make._add(Register(meter_id=found.id, zone=zone, direction="A+", digits=6, decimals=2))
        for zone in ("T1", "T2")
    ]
    for zone, step in zip(zones, (10, 4), strict=True):
        for month in range(7, 11):
            values = {"register_id": zone.id, "source": "act"}
            make.reading(found, f"2026-{month:02d}", f"{step * month}.00", **values)
    make.commit()
    soup = history_page(page, found)
    row = soup.select("table.history tbody tr")[1]
    assert row.th.text == "Октябрь"
    assert [cell.text for cell in row.select("td")] == [
        "100,00",
        "400",
        "40,00",
        "160",
        "560",
        "",
        "Принято, акт",
    ]


def test_histories_of_different_length_are_laid_month_by_month() -> None:
    long = build_consumption([known("2026-01", "10"), known("2026-02", "30")], SCALE)
    short = build_consumption([known("2026-02", "5"), known("2026-03", "9")], SCALE)
    last = Month(2026, 3)
    months = join_zones([build_history(rows, last) for rows in (long, short)])
    assert [(str(month.period), month.total_kwh) for month in months] == [
        ("2026-03", 4),
        ("2026-02", 20),
        ("2026-01", None),
    ]
    assert months[-1].zones[1] is None
