"""Three years of a meter, as page and as table."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from app.domain.history import build_bars, build_history
from app.domain.period import Month
from app.domain.readings import Scale, chain
from app.models import Contract, Meter
from tests.domain.test_readings import known
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.readings.steps import send, type_in

SCALE = Scale(5, 0, Decimal(1))


def test_gaps_stay_gaps_and_what_spans_one_is_in_no_month() -> None:
    row = chain([known("2026-01", "10"), known("2026-02", "30"), known("2026-05", "90")], SCALE)
    history = build_history(row, Month(2026, 6))
    assert [str(each.period) for each in history] == [
        "2026-06", "2026-05", "2026-04", "2026-03", "2026-02", "2026-01",
    ]  # fmt: skip
    assert [each.used for each in history] == [None, None, None, None, 20, None]
    assert history[1].readings[0].months == 3
    assert [bar.height for bar in build_bars(history)] == [None, 100, None, None, None, None]


def test_the_year_before_stands_beside_each_month() -> None:
    row = chain(
        [known(f"{2025 + n // 12}-{n % 12 + 1:02d}", str(10 * n)) for n in range(15)], SCALE
    )
    history = build_history(row, Month(2026, 3))
    assert history[0].year_ago == history[0].used == 10
    assert history[-1].year_ago is None


def test_the_page_shows_rows_marks_sources_and_a_chart_with_words(
    page: PageClient, make: Factory, contract: Contract, meter: Meter
) -> None:
    make.reading(meter, "2026-01", "900.00", kind="initial", taken_on=date(2026, 1, 5))
    make.commit()
    send(page, type_in(page, meter, "1110", "5"))
    soup = page.get("readings.history", contract_id=1, meter_id=meter.id)
    rows = [" ".join(row.text.split()) for row in soup.select("table.history tbody tr")]
    assert len(rows) == 12
    assert "1110,50" in rows[0]
    assert "420" in rows[0]
    assert "личный кабинет" in rows[0]
    assert "прибор установлен" in rows[-1]
    chart = soup.select_one("svg[role=img]")
    assert "Расход по месяцам" in chart.title.text
    assert len(chart.select(".bar")) == 11


def test_the_table_for_a_spreadsheet_has_a_row_for_every_reading(
    page: PageClient, meter: Meter
) -> None:
    url = page.url("readings.history_file", contract_id=1, meter_id=meter.id, extension="csv")
    text = page.client.get(url).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert [row["Показание"] for row in rows][:2] == ["1100,00", "1090,00"]
    assert rows[0]["Расход, кВт·ч"] == "400,000"
    assert page.client.get(url.replace("csv", "xlsx")).data[:2] == b"PK"
