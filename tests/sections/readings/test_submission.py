"""«Показания»: entry in two steps, statuses, receipts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from app.domain.access import Role
from app.models import Contract, Meter, ReadingReceipt, Register, SupplyPoint
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.readings.steps import form, send, submitted, type_in

pytestmark = pytest.mark.usefixtures("contract")


def test_a_plausible_reading_is_shown_in_full_then_accepted_at_once(
    page: PageClient, make: Factory, meter: Meter, outbox: Outbox
) -> None:
    soup = type_in(page, meter, "1110", "5")
    assert soup.h1.text == "Проверьте показания"
    assert soup.select_one(".new").text == "1110,50"
    assert soup.select_one(".used").text == "420"
    assert not submitted(make)
    soup = page.open(send(page, soup))
    text = soup.select_one("#results").text
    assert "Показания переданы" in text
    assert "Принято" in text
    (row,) = submitted(make)
    assert (row.value, row.consumption_kwh, row.status) == (Decimal("1110.50"), 420, "accepted")
    assert (str(row.period), row.taken_on) == ("2026-11", date(2026, 11, 21))
    assert (row.previous_value, row.previous_on) == (Decimal("1100.00"), date(2026, 10, 31))
    (email,) = outbox.emails("buh@example.org")
    expected = part(email, "plain")
    assert "Прибор № 12345678, сутки: 1110,50, расход 420 кВт·ч — принято" in expected
    assert f"квитанция № {row.receipt_id}" in email["Subject"]


def test_the_list_shows_the_new_reading_at_once_and_what_is_missing(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = page.get("readings.index", contract_id=1)
    lead = " ".join(soup.select_one("p.lead").text.split())
    assert lead == "За ноябрь 2026 осталось передать 1 из 1 прибора: до конца 1 декабря."
    (row,) = soup.select("table.meters tr.meter")
    assert "1100,00" in row.text
    assert "Не передано" in row.text
    assert "Передать показания" in row.text
    send(page, type_in(page, meter, "1110", "5"))
    soup = page.get("readings.index", contract_id=1)
    assert "Все показания за ноябрь 2026 переданы" in soup.text
    (row,) = soup.select("table.meters tr.meter")
    for expected in ("1110,50", "420", "Принято", "Квитанция", "Исправить"):
        assert expected in row.text


@pytest.mark.parametrize(
    ("whole", "fraction", "expected"),
    [
        ("", "", "введите целую часть"),
        ("-1", "", "только цифры"),
        ("1e5", "", "только цифры"),
        ("١٢٣", "", "только цифры"),
        ("1234567", "", "у прибора 6 цифр до запятой"),
        ("1110", "505", "у прибора 2 цифры после запятой"),
        ("1110,5", "5", "дробная часть введена дважды"),
    ],
)
def test_what_is_no_reading_is_said_beside_it_and_kept(
    page: PageClient, make: Factory, meter: Meter, whole: str, fraction: str, expected: str
) -> None:
    soup = type_in(page, meter, whole, fraction, 422)
    assert expected in soup.select_one(".error").text
    assert soup.select_one("[name^=whole-]")["value"] == whole
    assert soup.select_one("[name^=fraction-]")["value"] == fraction
    assert (
        soup.select_one("[aria-invalid=true]")["id"] in soup.select_one("#error-summary a")["href"]
    )
    assert not submitted(make)


def test_a_whole_number_in_the_first_box_is_split(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    send(page, type_in(page, meter, "1 110,05"))
    assert submitted(make)[0].value == Decimal("1110.05")


@pytest.mark.parametrize(
    ("whole", "question", "used"),
    [
        ("1000", "переход через ноль этого не объясняет", ""),
        ("1100", "Расхода нет", "0"),
        ("1140", "намного больше обычного", "1 600"),
    ],
)
def test_a_doubt_has_to_be_confirmed_and_then_a_clerk_decides(
    page: PageClient, make: Factory, meter: Meter, whole: str, question: str, used: str
) -> None:
    soup = type_in(page, meter, whole)
    assert question in soup.text
    assert soup.select_one(".used").text == used
    send(page, soup, 422)
    again = page.check_last()
    assert "Отметьте, если все верно" in again.text
    assert not submitted(make)
    soup = page.open(send(page, again, 303, again.select_one("[name=confirm]")["value"]))
    assert "Передано" in soup.text
    assert "проверит сотрудник" in soup.text
    assert submitted(make)[0].status == "sent"


def test_a_meter_that_passed_zero_is_asked_about_and_reckoned_around(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract, "777")
    point = make.session.get_one(SupplyPoint, meter.supply_point_id)
    point.max_power_kw = Decimal("15.000")
    make.reading(meter, "2026-10", "999995.00")
    make.commit()
    soup = type_in(page, meter, "5", "25")
    assert "Прибор перешел через ноль" in soup.text
    assert soup.select_one(".used").text == "410"
    send(page, soup, 303, soup.select_one("[name=confirm]")["value"])
    (row,) = submitted(make)
    assert (row.rolled_over, row.consumption_kwh) == (True, 410)
    assert row.status == "sent"


def test_more_than_the_power_can_draw_is_asked_about(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    make.session.get_one(SupplyPoint, meter.supply_point_id).max_power_kw = Decimal("0.500")
    make.commit()
    assert "при максимальной мощности" in type_in(page, meter, "1110").text


def test_a_control_reading_within_the_month_is_no_start_and_yet_a_floor(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    make.reading(meter, "2026-11", "1105.00", kind="control", taken_on=date(2026, 11, 10))
    make.commit()
    assert "Показание меньше предыдущего" in type_in(page, meter, "1103").text
    send(page, type_in(page, meter, "1110"))
    row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    assert "1100,00" in row.text
    assert row.select_one(".use").text == "400"
    assert submitted(make)[0].consumption_kwh == 400


def test_a_meter_that_was_silent_for_years_is_still_compared(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract, "молчал")
    make.reading(meter, "2025-03", "5000.00")
    make.commit()
    assert "Показание меньше предыдущего" in type_in(page, meter, "100").text


def test_a_meter_is_not_asked_about_the_time_before_it_was_there(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    meter.installed_on = date(2026, 12, 5)
    make.commit()
    assert "Установлен позже этого периода" in page.get("readings.index", contract_id=1).text


def test_billings_own_reading_of_the_month_closes_the_form_but_a_computed_one_does_not(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    computed = make.reading(meter, "2026-11", "1112.00", source="calc")
    make.commit()
    row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    assert "расчетное значение" in row.text
    assert "Передать показания" in row.text
    computed.source = "inspector"
    make.commit()
    row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    assert "Принято" in row.text
    assert not row.select("a:not([href$=history])")
    page.get("readings.meter", 409, contract_id=1, meter_id=meter.id)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"is_automatic": True}, "Снимаются автоматически: 1 прибор"),
        ({"removed_on": date(2026, 11, 10)}, "Прибор снят 10.11.2026"),
    ],
)
def test_a_meter_without_a_button_says_why(
    page: PageClient, make: Factory, meter: Meter, change: dict[str, object], expected: str
) -> None:
    for name, value in change.items():
        owner = (
            meter
            if hasattr(meter, name)
            else make.session.get_one(SupplyPoint, meter.supply_point_id)
        )
        setattr(owner, name, value)
    make.commit()
    soup = page.get("readings.index", contract_id=1)
    assert not soup.select("table.meters")
    fold = soup.select_one("main details")
    assert expected in fold.text
    assert not fold.select("a:not([href$=history])")
    page.get("readings.meter", 409, contract_id=1, meter_id=meter.id)


def test_an_expired_verification_is_explained_and_does_not_stop_anybody(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    meter.next_verification_on = date(2026, 1, 1)
    make.commit()
    row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    assert "поверку организует сетевая организация" in row.text
    assert "Передать показания" in row.text
    meter.removed_on = date(2026, 12, 1)
    make.commit()
    row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    assert "поверку организует сетевая организация" in row.text


def test_all_zones_of_a_meter_come_in_one_form_and_none_may_be_left_out(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract, "зоны")
    for zone in ("T1", "T2"):
        make.session.add(
            Register(meter_id=meter.id, zone=zone, direction="A+", digits=5, decimals=0)
        )
    make.commit()
    soup = form(page, meter)
    names = [box["name"] for box in soup.select("[name^=whole-]")]
    assert len(names) == 2
    page.submit(soup, 422, **{names[0]: "100"})
    assert "зона Т2: введите целую часть" in page.check_last().select_one(".error").text
    page.submit(form(page, meter), 200, **{names[0]: "100", names[1]: "50"})
    send(page, page.check_last())
    assert [row.value for row in submitted(make)] == [100, 50]
    assert len({row.receipt_id for row in submitted(make)}) == 1


def test_several_meters_on_one_page_and_those_left_empty_are_skipped(
    page: PageClient, make: Factory, contract: Contract, meter: Meter
) -> None:
    other = make.meter(contract, "второй")
    make.reading(other, "2026-10", "5.00")
    make.commit()
    soup = page.get("readings.all_meters", contract_id=1)
    names = [box["name"] for box in soup.select("[name^=whole-]")]
    assert len(names) == 2
    page.submit(soup, 200, **{names[0]: "1110"})
    soup = page.check_last()
    assert len(soup.select("table.check tbody tr")) == 1
    send(page, soup)
    assert len(submitted(make)) == 1
    page.submit(page.get("readings.all_meters", contract_id=1), 422, **{names[1]: ""})


def test_back_to_the_first_step_keeps_what_was_typed(page: PageClient, meter: Meter) -> None:
    soup = type_in(page, meter, "1110", "5")
    reading_form = soup.select_one("main form")
    data = {
        field["name"]: field.get("value", "") for field in reading_form.select("input[type=hidden]")
    }
    page.last = page.client.post(page.last.request.path, data=data | {"step": "edit"})
    soup = page.check_last()
    assert soup.select_one("[name^=whole-]")["value"] == "1110"
    assert soup.select_one("[name^=fraction-]")["value"] == "5"


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.VIEWER])
def test_who_may_not_submit_sees_and_has_no_buttons(
    page: PageClient, make: Factory, contract: Contract, meter: Meter, role: Role
) -> None:
    colleague = make.account(make.contract("00888-ЭС"), email="colleague@example.org")
    make.membership(colleague, contract, role)
    make.commit()
    other = PageClient(page.app)
    other.sign_in("00888")
    soup = other.get("readings.index", contract_id=contract.id)
    assert not soup.select("table.meters a:not([href$=history], [href*=points])")
    other.get("readings.meter", 403, contract_id=contract.id, meter_id=meter.id)


def test_a_foreign_meter_or_receipt_is_a_404(page: PageClient, make: Factory, meter: Meter) -> None:
    foreign = make.meter(make.contract("00999-ЭС"), "чужой")
    make.reading(foreign, "2026-10", "5.00")
    make.session.add(
        ReadingReceipt(
            idempotency_key=str(uuid.uuid4()),
            contract_id=foreign.supply_point_id,
            submitted_at=datetime.now(UTC),
            address="",
        )
    )
    make.commit()
    for meter_id in (foreign.id, 10**9, 2**70):
        page.get("readings.meter", 404, contract_id=1, meter_id=meter_id)
    for receipt_id in (1, 10**9, 2**70):
        page.get("readings.receipt", 404, contract_id=1, receipt_id=receipt_id)


def test_a_session_that_ended_says_that_the_reading_was_lost(
    app: Flask, page: PageClient, meter: Meter, advance_clock: Callable[..., object]
) -> None:
    soup = type_in(page, meter, "1110", "5")
    reading_form = soup.select_one("main form")
    data = {
        field["name"]: field.get("value", "") for field in reading_form.select("input[type=hidden]")
    }
    advance_clock(hours=2)
    answer = page.client.post(page.last.request.path, data=data | {"step": "send"})
    assert answer.status_code == 302
    soup = page.open(answer.headers["Location"])
    assert "введенное не сохранено" in soup.text
    assert soup.select_one("[name=next]")["value"].endswith(f"/readings/meters/{meter.id}")


def test_home_tells_until_when_and_what_is_missing(page: PageClient, meter: Meter) -> None:
    card = page.get("home.index", contract_id=1).select_one(".windows")
    assert card.h2.text == "Показания за ноябрь 2026"
    assert "Осталось передать: 1 прибор, до конца 01.12.2026" in " ".join(card.text.split())
    send(page, type_in(page, meter, "1110", "5"))
    assert "Все переданы" in page.get("home.index", contract_id=1).select_one(".windows").text
