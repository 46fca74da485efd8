"""Readings accepted and rejected by staff, together and against each other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.jobs.delivery import sweep
from app.models import Account, AuditEvent, Contract, Meter, SubmittedReading
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.enquiries.steps import fields_of, submit_form
from tests.sections.staff.reading_rows import (
    boxes,
    decide,
    meter_of,
    package_rows,
    press,
    rows,
    statuses,
    submit,
)

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)


@pytest.fixture
def meters(make: Factory, contract: Contract) -> list[Meter]:
    """Three meters of a contract whose owner gets emails."""
    owner = make.session.get_one(Account, 1)
    owner.email_confirmed_at = datetime(2026, 11, 1, tzinfo=UTC)
    found = [meter_of(make, contract, serial) for serial in ("11", "22", "33")]
    make.commit()
    return found


def done(page: PageClient) -> str:
    """What the page says after a decision."""
    return page.open(page.last.headers["Location"]).select_one("#done").text


def lines(make: Factory, action: str) -> list[AuditEvent]:
    return list(make.session.scalars(select(AuditEvent).filter_by(action=action)))


def test_what_is_ticked_is_accepted_and_the_rest_waits(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    for meter in meters:
        submit(make, meter, "1200")
    make.commit()
    soup = clerk.get("staff.readings")
    decide(clerk, soup, "accept", *boxes(soup)[:2])
    assert done(clerk) == "Принято: 2. Отклонено: 0."
    assert statuses(make) == ["sent", "accepted", "accepted"]
    assert rows(clerk.get("staff.readings")) == ["11 1200,00"]
    row = make.session.get_one(SubmittedReading, 2)
    assert (row.decided_by_id, row.decided_at) == (1, NOW)
    (first, _) = lines(make, "readings.accepted")
    assert (first.staff_id, first.account_id, first.subject_key) == (1, 1, "00123-ЭС")
    assert first.changes["status"] == ["sent", "accepted"]


def test_doubtful_readings_are_named_on_a_second_step_and_only_the_ticked_are_accepted(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1110")
    submit(make, meters[1], "9200", doubts=["unusual", "power"])
    submit(make, meters[2], "1100", doubts=["zero"])
    make.commit()
    soup = clerk.get("staff.readings")
    decide(clerk, soup, "accept", *boxes(soup), status=200)
    assert statuses(make) == ["sent", "sent", "sent"]
    soup = clerk.check_last()
    assert soup.h1.text == "Принять показания с сомнением?"
    named = [" ".join(row.text.split()) for row in soup.select("tbody tr")]
    assert len(named) == 2
    for label in ("33", "1100,00", "Расхода нет"):
        assert label in named[0]
    for label in ("22", "9200,00", "Намного больше обычного", "Больше максимальной мощности"):
        assert label in named[1]
    assert not soup.select("input[type=checkbox][checked]")
    form = fields_of(soup.select_one("form:has([name=do])"))
    assert form["reading"] == "1-sent"
    submit_form(clerk, form, 303, "/staff/readings", doubtful="2-sent", do="accept")
    assert done(clerk) == "Принято: 2. Отклонено: 0."
    assert statuses(make) == ["accepted", "accepted", "sent"]


def test_one_doubtful_reading_needs_the_second_step_too_and_going_back_changes_nothing(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1100", doubts=["zero"])
    make.commit()
    soup = clerk.get("staff.readings", warned="doubt")
    decide(clerk, soup, "accept", *boxes(soup), status=200)
    back = clerk.check_last().select_one("form:has([name=do]) a.btn")["href"]
    assert rows(clerk.open(back)) == ["11 1100,00"]
    assert statuses(make) == ["sent"]


def test_doubtful_readings_are_refused_without_a_second_step(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1100", doubts=["zero"])
    make.commit()
    soup = clerk.get("staff.readings")
    decide(clerk, soup, "refuse", *boxes(soup), reason="Расхода нет")
    assert statuses(make) == ["rejected"]


def test_a_refusal_reaches_the_customer_by_email_and_at_once_on_the_page(
    app: Flask,
    clerk: PageClient,
    customer: PageClient,
    make: Factory,
    meters: list[Meter],
    outbox: Outbox,
) -> None:
    row = submit(make, meters[0], "1200", account_id=1)
    make.commit()
    soup = clerk.get("staff.readings")
    decide(clerk, soup, "refuse", *boxes(soup), reason="Пришлите фото <b>прибора</b>")
    assert done(clerk) == "Принято: 0. Отклонено: 1."
    with app.app_context():
        sweep()
    (email,) = outbox.emails("buh@example.org")
    assert "Причина: Пришлите фото <b>прибора</b>" in part(email, "plain")
    soup = customer.get("readings.index", contract_id=1)
    text = soup.select_one("table.meters tr.meter").text
    for label in ("Отклонено", "Пришлите фото <b>прибора</b>", "Передать показания"):
        assert label in text
    assert (
        "Отклонено"
        in customer.get("readings.receipt", contract_id=1, receipt_id=row.receipt_id).text
    )
    (line,) = lines(make, "readings.rejected")
    assert line.changes["reason"] == "Пришлите фото <b>прибора</b>"
    assert "Пришлите фото" in clerk.get("staff.readings", state="rejected").text


def test_an_accepted_reading_may_still_be_refused_until_billing_has_counted_it(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1200", status="accepted")
    submit(make, meters[1], "1200", status="accepted", exported_at=NOW)
    counted = submit(make, meters[2], "1200", status="accepted")
    make.commit()
    soup = clerk.get("staff.readings", state="accepted")
    counted.acknowledged_at = NOW
    make.commit()
    decide(clerk, soup, "refuse", *boxes(soup), reason="Ошибка")
    assert done(clerk) == (
        "Принято: 0. Отклонено: 2. Уже решены другими: 1. "
        "Из отклоненных уже выгружены для биллинга: 1. "
        "Отказ уйдет в биллинг со следующей выгрузкой."
    )
    assert statuses(make) == ["rejected", "rejected", "accepted"]


def test_what_billing_has_counted_is_not_accepted_again(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    row = submit(make, meters[0], "1200")
    make.commit()
    soup = clerk.get("staff.readings")
    row.acknowledged_at = NOW
    make.commit()
    decide(clerk, soup, "accept", *boxes(soup))
    assert done(clerk) == "Принято: 0. Отклонено: 0. Уже решены другими: 1."
    assert statuses(make) == ["sent"]
    assert not lines(make, "readings.accepted")


@pytest.mark.parametrize(
    ("first", "second"), [("accept", "refuse"), ("refuse", "accept"), ("accept", "accept")]
)
def test_what_another_clerk_has_decided_meanwhile_is_left_alone(
    app: Flask,
    clerk: PageClient,
    admin: PageClient,
    make: Factory,
    meters: list[Meter],
    first: str,
    second: str,
    outbox: Outbox,
) -> None:
    for meter in meters[:2]:
        submit(make, meter, "1200", account_id=1)
    make.commit()
    soup = clerk.get("staff.readings")
    reasons = {"accept": "", "refuse": "Ошибка"}
    other = admin.get("staff.readings")
    decide(admin, other, first, boxes(other)[1], reason=reasons[first])
    decide(clerk, soup, second, *boxes(soup), reason=reasons[second])
    assert "Уже решены другими: 1." in done(clerk)
    ends = {"accept": "accepted", "refuse": "rejected"}
    assert statuses(make) == [ends[first], ends[second]]
    deciders = make.session.scalars(
        select(SubmittedReading.decided_by_id).order_by(SubmittedReading.id)
    )
    assert list(deciders) == [3, 1]
    with app.app_context():
        sweep()
    assert len(outbox.emails()) == [first, second].count("refuse")


def test_a_customer_who_replaces_a_reading_is_before_the_clerk(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    row = submit(make, meters[0], "1200")
    make.commit()
    soup = clerk.get("staff.readings")
    row.status = "replaced"
    make.commit()
    decide(clerk, soup, "accept", *boxes(soup))
    assert "Уже решены другими: 1." in done(clerk)
    assert statuses(make) == ["replaced"]


@pytest.mark.parametrize(
    ("do", "reason", "message"),
    [
        ("refuse", "", "Поле «Причина отказа»: напишите, почему"),
        ("refuse", "  ", "Поле «Причина отказа»: напишите, почему"),
        ("refuse", "ы" * 301, "Поле «Причина отказа»: не больше 300 знаков"),
        ("accept", "Ошибка", "а нажата кнопка «Принять»"),
    ],
)
def test_a_wrong_reason_changes_nothing_and_keeps_the_ticks(
    clerk: PageClient, make: Factory, meters: list[Meter], do: str, reason: str, message: str
) -> None:
    for meter in meters:
        submit(make, meter, "1200")
    make.commit()
    soup = clerk.get("staff.readings", month="2026-11")
    ticked = boxes(soup)[1:]
    decide(clerk, soup, do, *ticked, reason=reason, status=422)
    soup = clerk.check_last()
    assert soup.title.text.startswith("Ошибка · ")
    assert message in soup.select_one("#error-summary a[href='#reason']").text
    assert soup.select_one("#reason")["aria-invalid"] == "true"
    assert soup.select_one("#reason")["value"] == reason.strip()
    assert [box["value"] for box in soup.select("input[name=reading][checked]")] == ticked
    assert soup.select_one("[name=month] option[selected]")["value"] == "2026-11"
    assert statuses(make) == ["sent"] * 3


@pytest.mark.parametrize("values", [[], ["x"], ["1"], [f"{2**70}-sent"], ["1-sent' OR 1"]])
def test_nothing_ticked_is_said(
    clerk: PageClient, make: Factory, meters: list[Meter], values: list[str]
) -> None:
    submit(make, meters[0], "1200")
    make.commit()
    decide(clerk, clerk.get("staff.readings"), "accept", *values, status=422)
    assert "Ничего не отмечено" in clerk.check_last().select_one("#error-summary").text
    assert statuses(make) == ["sent"]


def test_readings_that_never_were_are_only_counted(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1200")
    make.commit()
    decide(clerk, clerk.get("staff.readings"), "accept", "1-sent", "999-sent")
    assert done(clerk) == "Принято: 1. Отклонено: 0. Уже решены другими: 1."


def test_after_a_decision_the_list_is_the_one_that_was_open(
    clerk: PageClient, make: Factory, meters: list[Meter]
) -> None:
    submit(make, meters[0], "1200", is_late=True)
    make.commit()
    soup = clerk.get("staff.readings", warned="late", department="all", q="11", month="2026-11")
    answer = decide(clerk, soup, "accept", *boxes(soup))
    for pair in ("warned=late", "department=all", "q=11", "month=2026-11", "state=sent"):
        assert pair in answer.headers["Location"]


def test_a_refused_reading_that_billing_has_got_is_named_beside_the_next_one(
    clerk: PageClient, make: Factory, meters: list[Meter], tmp_path: Path
) -> None:
    refused = submit(make, meters[0], "1105", status="accepted", exported_at=NOW)
    make.commit()
    soup = clerk.get("staff.readings", state="accepted")
    decide(clerk, soup, "refuse", *boxes(soup), reason="Ошибка")
    submit(make, meters[0], "1110", status="accepted")
    make.commit()
    press(clerk)
    old, row = package_rows(tmp_path)
    assert (row["value"], row["comment"]) == ("1110.00", f"вместо {refused.submission_id}")
    assert (old["submission_id"], old["status"]) == (refused.submission_id, "rejected")
    assert old["comment"] == f"заменено на {row['submission_id']}; причина: Ошибка"
