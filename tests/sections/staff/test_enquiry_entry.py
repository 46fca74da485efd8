"""An enquiry on paper or by telephone, entered by a clerk for a customer."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import delete, select

from app.models import Attachment, AuditEvent, Contract, Enquiry, EnquiryEntry, Membership
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.enquiries.steps import PDF, fields_of, files, submit_form, value_of
from tests.sections.staff.enquiry_steps import step

NEW = "/staff/customers/1/enquiries/new"


def filled(clerk: PageClient, **fields: Any) -> dict[str, Any]:
    soup = clerk.open(NEW)
    data = fields_of(soup.select_one("form.enquiry")) | {
        "channel": "phone",
        "received_on": "2026-11-20",
        "text": "Не согласны с показаниями",
        "address": "г. Миасс, пр. Автозаводцев, д. 2",
        "premises_kind": value_of(soup, "premises_kind", "МКД"),
        "topic": value_of(soup, "topic", "Иное"),
    }
    return data | fields


def enquiries(make: Factory) -> list[Enquiry]:
    make.session.expire_all()
    return list(make.session.scalars(select(Enquiry).order_by(Enquiry.id)))


def test_a_call_becomes_an_enquiry_with_a_number_that_the_customer_sees(
    clerk: PageClient, customer: PageClient, contract: Contract, make: Factory, outbox: Outbox
) -> None:
    submit_form(clerk, filled(clerk, phone="8 912 345-67-89"), url=NEW)
    page = clerk.open(clerk.last.location)
    [row] = enquiries(make)
    assert page.h1.text == f"Обращение № {row.number}"
    assert (row.channel, row.phone, row.email) == ("phone", "+79123456789", "")
    # Thirty days from the day it came, not from the day it was typed.
    assert row.answer_due_on == date(2026, 12, 20)
    assert "внес Сотрудник operator" in page.select_one(".thread").text
    shown = customer.open(f"/contracts/1/enquiries/{row.id}")
    assert "по телефону 20.11.2026" in shown.text
    assert "Не согласны с показаниями" in shown.select_one(".thread").text
    assert outbox.emails() == []
    actions = select(AuditEvent.action).where(AuditEvent.subject == "enquiries")
    assert make.session.scalars(actions).all() == ["enquiry.entered"]


def test_a_receipt_and_the_answer_go_to_the_address_that_was_named(
    clerk: PageClient, contract: Contract, outbox: Outbox
) -> None:
    submit_form(clerk, filled(clerk, email="zakaz@example.org"), url=NEW)
    assert [message["To"] for message in outbox.emails()] == ["zakaz@example.org"]
    step(clerk, "messages", step="answer", text="Проверили, все верно.")
    assert len(outbox.emails("zakaz@example.org")) == 2


def test_a_contract_that_nobody_has_registered_gets_an_answer_on_paper(
    clerk: PageClient, contract: Contract, make: Factory, outbox: Outbox
) -> None:
    make.session.execute(delete(Membership))
    make.commit()
    soup = clerk.open(NEW)
    assert soup.select_one("[name=answer_way][checked]")["value"] == "paper"
    submit_form(clerk, filled(clerk, answer_way="portal"), 422, NEW)
    assert "нет учетной записи" in clerk.check_last().select_one("#answer_way-error").text
    submit_form(clerk, filled(clerk, channel="written", incoming_number="Вх-15/26"), url=NEW)
    page = clerk.open(clerk.last.location)
    assert "Вх-15/26" in page.text
    assert enquiries(make)[0].account_id is None
    for name, fields in (("take", {}), ("messages", {"step": "answer", "text": "Письмо ушло"})):
        page = step(clerk, name, **fields)
    assert "Письмо ушло" in page.select_one(".thread").text
    assert outbox.emails() == []


def test_a_scan_is_stored_with_it_and_needs_no_text(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    data = filled(clerk, channel="written", text="", files=files(("письмо.pdf", PDF)))
    submit_form(clerk, data, url=NEW)
    [attachment] = make.session.scalars(select(Attachment))
    [entry] = make.session.scalars(select(EnquiryEntry))
    assert (attachment.entry_id, attachment.name) == (entry.id, "письмо.pdf")


def test_mistakes_are_named_and_nothing_is_registered(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    fields = {"channel": "", "received_on": "2026-11-22", "text": "", "email": "кто?", "phone": "1"}
    submit_form(clerk, filled(clerk, **fields), 422, NEW)
    soup = clerk.check_last()
    found = " ".join(tag.text for tag in soup.select("p.error"))
    for part in ("еще не наступил", "не похоже на адрес", "не похоже на номер", "выберите"):
        assert part in found
    assert soup.select_one("#email")["value"] == "кто?"
    assert enquiries(make) == []


def test_a_form_sent_twice_is_one_enquiry(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    data = filled(clerk)
    for _ in range(2):
        submit_form(clerk, data, url=NEW)
    assert len(enquiries(make)) == 1
