"""Notes on a customer and the log of calls, which only staff read."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from app.models import AuditEvent, Contract, CustomerNote
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient


def notes(make: Factory) -> list[CustomerNote]:
    make.session.expire_all()
    return list(make.session.scalars(select(CustomerNote).order_by(CustomerNote.id)))


def write(clerk: PageClient, status: int = 303, contract_id: int = 1, **fields: str):
    soup = clerk.get("staff.customer_notes", contract_id=contract_id)
    clerk.submit(soup, status, **({"text": "Обещали оплатить"} | fields))
    return clerk.open(clerk.last.location) if status == 303 else clerk.check_last()


def test_a_call_is_written_down_with_who_and_when_and_stands_on_the_card(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    soup = write(
        clerk,
        kind="call_in",
        happened_at="2026-11-20T15:30",
        person="Анна",
        phone="8 912 345-67-89",
    )
    [item] = soup.select(".thread > li")
    text = " ".join(item.text.split())
    assert text.startswith("Позвонил потребитель, 20.11.2026, 15:30 · Анна · +7 912 345-67-89")
    assert "записал Сотрудник operator" in text
    [note] = notes(make)
    assert note.happened_at == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    card = clerk.get("staff.customer", contract_id=1)
    assert "Обещали оплатить" in card.select_one(".thread").text
    recorded = make.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "customer_note.added")
    ).one()
    assert "Обещали" not in str(recorded.changes)


def test_a_note_without_a_time_is_of_now_and_a_form_sent_twice_is_one_note(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    soup = clerk.get("staff.customer_notes", contract_id=1)
    for _ in range(2):
        clerk.submit(soup, text="Только по e-mail", happened_at="", kind="note")
    [note] = notes(make)
    assert note.happened_at == NOW


def test_nothing_is_stored_of_a_call_that_is_still_to_come_and_the_text_stays(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    soup = write(clerk, 422, happened_at="22.11.2026 10:00", text="Позвонить", kind="note")
    assert "еще не наступило" in soup.select_one("#happened_at-error").text
    assert "Позвонить" in soup.select_one("#text").text
    soup = write(clerk, 422, happened_at="завтра", phone="12", text=" ", kind="x")
    errors = " ".join(tag.text for tag in soup.select("p.error"))
    for part in ("нужны дата и время", "не похоже на номер", "о чем речь", "выберите"):
        assert part in errors
    assert soup.select_one("#happened_at")["type"] == "text"
    assert notes(make) == []


def test_notes_follow_the_customer_to_its_other_contracts_and_stay_with_it(
    clerk: PageClient, contract: Contract, make: Factory
) -> None:
    other = make.contract("00777-ЭС", customer_id=contract.customer_id)
    make.commit()
    write(clerk)
    there = clerk.get("staff.customer_notes", contract_id=other.id)
    assert "договор № 00123-ЭС" in " ".join(there.select_one(".thread").text.split())
    stranger = make.customer(full_name="ООО «Другое»", short_name=None, inn="7415000025")
    contract.customer_id = stranger.id
    make.commit()
    assert not clerk.get("staff.customer_notes", contract_id=1).select(".thread")


def test_the_customer_never_reads_them(
    clerk: PageClient, customer: PageClient, contract: Contract
) -> None:
    write(clerk)
    for endpoint in ("home.index", "profile.index", "enquiries.index"):
        assert "Обещали" not in customer.get(endpoint, contract_id=1).text
    assert customer.client.get("/staff/customers/1/notes").status_code == 404
