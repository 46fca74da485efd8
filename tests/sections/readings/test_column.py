"""A column pasted into the form, pages that lose nothing, and consumption while one types."""

from __future__ import annotations

import time

import pytest
from bs4 import BeautifulSoup

from app.models import Contract, Meter, Register
from tests.factories import Factory
from tests.pages import PARTIAL, PageClient, check_page
from tests.sections.readings.steps import hidden_fields, send, submitted


@pytest.fixture
def meters(make: Factory, contract: Contract) -> list[Meter]:
    """Three meters, the first of two zones: four registers."""
    found = [make.meter(contract, f"100{number}") for number in range(3)]
    make.session.add(
        Register(meter_id=found[0].id, zone="T1", direction="A+", digits=6, decimals=2)
    )
    make.session.add(
        Register(meter_id=found[0].id, zone="T2", direction="A+", digits=6, decimals=2)
    )
    make.session.flush()
    for meter in found[1:]:
        make.reading(meter, "2026-10", "100.00")
    make.commit()
    return found


def opened(page: PageClient) -> tuple[BeautifulSoup, list[str]]:
    soup = page.get("readings.all_meters", contract_id=1)
    return soup, [box["name"] for box in soup.select("[name^=whole-]")]


def send_form(
    page: PageClient, soup: BeautifulSoup, status: int = 200, **fields: str
) -> BeautifulSoup:
    """Send the form as a browser does: its boxes as they are, and what is given besides."""
    form = soup.select_one("main form[method=post]")
    data = {box["name"]: box.get("value", "") for box in form.select("input[name]")}
    page.last = page.client.post(form["action"], data=data | fields)
    assert page.last.status_code == status, page.last.text
    return check_page(page.last.text)


def values(soup: BeautifulSoup) -> list[tuple[str, str]]:
    wholes, fractions = soup.select("[name^=whole-]"), soup.select("[name^=fraction-]")
    return [(w["value"], f["value"]) for w, f in zip(wholes, fractions, strict=True)]


def test_a_column_fills_the_table_and_shows_consumption_at_once(
    page: PageClient, make: Factory, meters: list[Meter]
) -> None:
    soup, _ = opened(page)
    soup = send_form(page, soup, step="fill", column="5,25\r\n6\t5\r\n\r\n1 100,05\r\n")
    assert values(soup) == [("5", "25"), ("6", "5"), ("", ""), ("1100", "05")]
    assert soup.select_one("#entered").text == "3 из 4"
    outputs = [" ".join(found.text.split()) for found in soup.select("output")]
    assert outputs[3].startswith("40 002")
    assert not submitted(make)
    send(page, send_form(page, soup, step="check"))
    assert len(submitted(make)) == 3


def test_a_column_begins_at_the_box_that_it_was_pasted_into(
    page: PageClient, meters: list[Meter]
) -> None:
    soup, boxes = opened(page)
    soup = send_form(page, soup, step="fill", column="150\n160", at=boxes[2])
    assert values(soup) == [("", ""), ("", ""), ("150", ""), ("160", "")]


def test_mistakes_in_a_column_are_named_by_their_line(
    page: PageClient, meters: list[Meter]
) -> None:
    soup, _ = opened(page)
    soup = send_form(page, soup, 422, step="fill", column="1\nПоказание\n120\n130\n7\n8")
    errors = [item.text for item in soup.select("#error-summary li")]
    assert errors[0] == "В столбце больше значений, чем полей: со строки 5 не внесены"
    assert errors[1].startswith("Строка 2: «Показание» — не показание")
    assert values(soup)[1] == ("Показание", "")
    assert values(soup)[2:] == [("120", ""), ("130", "")]


def test_what_was_submitted_already_takes_no_line_of_a_column(
    page: PageClient, make: Factory, meters: list[Meter]
) -> None:
    soup, boxes = opened(page)
    page.submit(soup, 200, **{boxes[2]: "110"})
    send(page, page.check_last())
    _, boxes_left = opened(page)
    assert boxes_left == [*boxes[:2], boxes[3]]


def test_the_first_button_of_the_form_goes_on_so_that_enter_does(
    page: PageClient, meters: list[Meter]
) -> None:
    soup, boxes = opened(page)
    button = soup.select_one("main form[method=post]").select_one("button")
    assert (button.get("name"), button["tabindex"]) == (None, "-1")
    assert send_form(page, soup, **{boxes[2]: "110"}).h1.text == "Проверьте показания"


def test_consumption_comes_while_one_types_with_doubts_and_the_count(
    page: PageClient, make: Factory, meters: list[Meter]
) -> None:
    soup, boxes = opened(page)
    row = soup.select("tr.meter")[1]
    data = hidden_fields(soup) | {boxes[2]: "99"}
    answer = page.client.post(row["data-hx-post"], data=data, headers=PARTIAL)
    assert answer.status_code == 200
    part = BeautifulSoup(answer.text, "html5lib")
    assert "меньше предыдущего" in part.select_one("output").text
    assert part.select_one("#entered").text == "1 из 4"
    answer = page.client.post(row["data-hx-post"], data=data | {boxes[2]: "1x"}, headers=PARTIAL)
    assert "только цифры" in answer.text
    assert page.client.post(row["data-hx-post"], data=data).status_code == 404
    assert not submitted(make)


@pytest.fixture
def many(make: Factory, contract: Contract) -> Contract:
    """Four hundred supply points."""
    for number in range(400):
        meter = make.meter(contract, f"{number:08d}")
        make.session.add(
            Register(meter_id=meter.id, zone="T0", direction="A+", digits=6, decimals=2)
        )
    make.commit()
    return contract


def test_four_hundred_points_are_searched_paged_and_sent_without_losing_anything(
    page: PageClient, make: Factory, many: Contract
) -> None:
    soup, boxes = opened(page)
    assert len(boxes) == 50
    soup = send_form(page, soup, go="2", **{boxes[0]: "11"})
    assert "Приборы 51–100 из 400" in soup.text
    second = soup.select("[name^=whole-]:not([type=hidden])")[0]["name"]
    soup = send_form(page, soup, q="00000399", **{second: "22"})
    (last,) = [box["name"] for box in soup.select("[name^=whole-]:not([type=hidden])")]
    assert soup.select_one("#entered").text == "2 из 400"
    soup = send_form(page, soup, q="", **{last: "33"})
    assert "Приборы 1–50 из 400" in soup.text
    assert soup.select_one(f"[name={boxes[0]}]")["value"] == "11"
    send(page, send_form(page, soup, step="check"))
    assert [row.value for row in submitted(make)] == [11, 22, 33]


def test_a_column_of_four_hundred_is_sent_at_once_in_reasonable_time_and_size(
    page: PageClient, make: Factory, many: Contract
) -> None:
    started = time.process_time()
    soup, _ = opened(page)
    soup = send_form(page, soup, step="fill", column="\n".join(f"{n},5" for n in range(1, 401)))
    assert soup.select_one("#entered").text == "400 из 400"
    soup = send_form(page, soup, step="check")
    assert len(soup.select("table.check tbody tr")) == 400
    size = len(page.last.data)
    send(page, soup)
    assert len(submitted(make)) == 400
    assert size < 400_000
    assert time.process_time() - started < 30
    page.get("readings.index", contract_id=1, q="00000017")
    assert len(page.last.data) < 40_000
