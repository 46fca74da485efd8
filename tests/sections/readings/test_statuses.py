"""What becomes of a reading: sent twice, replaced, withdrawn, acknowledged."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask

from app.models import Meter
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.readings.steps import send, submitted, type_in
from tests.sections.test_registration_postgres import at_once

pytestmark = pytest.mark.usefixtures("contract")


def test_the_same_form_sent_again_leads_to_the_same_receipt(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = type_in(page, meter, "1110", "5")
    first = send(page, soup)
    page.last = page.client.get(page.url("readings.meter", contract_id=1, meter_id=meter.id))
    again = send(page, soup)
    assert again.split("?")[0] == first.split("?")[0]
    assert "Второй раз мы их не записали" in page.open(again).text
    assert len(submitted(make)) == 1


def test_the_same_value_from_another_form_is_no_second_reading(
    page: PageClient, make: Factory, meter: Meter, outbox: Outbox
) -> None:
    first = send(page, type_in(page, meter, "1110", "5"))
    again = send(page, type_in(page, meter, "1110", "50"))
    assert again.split("?")[0] == first.split("?")[0]
    assert len(submitted(make)) == 1
    assert len(outbox.emails()) == 1


def test_another_value_replaces_the_first_and_history_keeps_both(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    where = send(page, type_in(page, meter, "1111"))
    assert [row.status for row in submitted(make)] == ["replaced", "accepted"]
    assert "1111,00" in page.open(where).text
    first = page.get("readings.receipt", contract_id=1, receipt_id=submitted(make)[0].receipt_id)
    assert "Заменено" in first.text


def test_a_reading_can_be_withdrawn_and_sent_anew(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = page.open(send(page, type_in(page, meter, "1110", "5")))
    page.submit(soup, action=soup.select_one("main form")["action"])
    soup = page.open(page.last.headers["Location"])
    assert "Отозвано" in soup.text
    assert not soup.select("main form")
    assert "Не передано" in page.get("readings.index", contract_id=1).text
    send(page, type_in(page, meter, "1110", "5"))
    assert [row.status for row in submitted(make)] == ["withdrawn", "accepted"]


def test_what_billing_has_acknowledged_can_be_neither_withdrawn_nor_replaced(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = page.open(send(page, type_in(page, meter, "1110", "5")))
    (row,) = submitted(make)
    row.acknowledged_at = datetime(2026, 11, 21, tzinfo=UTC)
    make.commit()
    page.submit(soup, 422, action=soup.select_one("main form")["action"])
    assert "уже учтено поставщиком" in page.check_last().text
    soup = page.get("readings.meter", 409, contract_id=1, meter_id=meter.id)
    assert "Показание уже учтено поставщиком" in soup.select_one("#error-summary").text
    assert [row.status for row in submitted(make)] == ["accepted"]


def test_a_form_that_comes_again_with_another_value_is_another_submission(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = type_in(page, meter, "1110", "5")
    send(page, soup)
    page.last = page.client.get(page.url("readings.meter", contract_id=1, meter_id=meter.id))
    soup.select_one("input[name^=whole-]")["value"] = "1115"
    send(page, soup)
    assert [row.status for row in submitted(make)] == ["replaced", "accepted"]
    assert submitted(make)[1].value == Decimal("1115.50")


def test_a_form_that_comes_again_after_a_withdrawal_submits_anew(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    form_soup = type_in(page, meter, "1110", "5")
    soup = page.open(send(page, form_soup))
    page.submit(soup, action=soup.select_one("main form")["action"])
    page.last = page.client.get(page.url("readings.meter", contract_id=1, meter_id=meter.id))
    send(page, form_soup)
    assert [row.status for row in submitted(make)] == ["withdrawn", "accepted"]


def test_what_was_handed_over_to_billing_is_replaced_and_not_withdrawn(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = page.open(send(page, type_in(page, meter, "1110", "5")))
    submitted(make)[0].exported_at = datetime(2026, 11, 21, tzinfo=UTC)
    make.commit()
    page.submit(soup, 422, action=soup.select_one("main form")["action"])
    assert "Передайте верное, оно заменит это" in page.check_last().text
    send(page, type_in(page, meter, "1111"))
    assert [row.status for row in submitted(make)] == ["replaced", "accepted"]


def test_without_automatic_acceptance_everything_waits_for_a_clerk(
    make_app: Callable[..., Flask], make: Factory, meter: Meter
) -> None:
    page = PageClient(make_app(readings_auto_accept="off"))
    page.sign_in("00123")
    send(page, type_in(page, meter, "1110", "5"))
    assert submitted(make)[0].status == "sent"


def test_twenty_posts_at_once_are_one_reading(
    app: Flask, page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = type_in(page, meter, "1110", "5")
    reading_form = soup.select_one("main form")
    data = {
        field["name"]: field.get("value", "") for field in reading_form.select("input[type=hidden]")
    }
    statuses = at_once(app, page, page.last.request.path, data | {"step": "send"}, 20)
    assert set(statuses) == {303}
    assert len(submitted(make)) == 1
    # Another form for each of them: other keys, the same value.
    data |= {"step": "send"}
    for number in range(5):
        answer = page.client.post(
            page.last.request.path, data=data | {"key": str(uuid.UUID(int=number, version=4))}
        )
        assert answer.status_code == 303
    assert len(submitted(make)) == 1
