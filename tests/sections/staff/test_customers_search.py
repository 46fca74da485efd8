"""Search over contracts: by numbers, names, addresses, meters, emails and telephones."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.actions.search_index import rebuild_search
from app.jobs.retention import delete_expired
from app.models import Account, Contract, ContractSearch, Customer, Membership, Meter
from tests.conftest import NOW
from tests.factories import Factory


def numbers(soup) -> list[str]:
    return [cell.text.removeprefix("№ ") for cell in soup.select("tbody th")]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("123", ["00123-ЭС"]),
        ("7415000018", ["00123-ЭС"]),
        ("ромаш автозавод", ["00123-ЭС"]),
        ("РОМАШКА", ["00123-ЭС"]),
        ("88001234", ["00123-ЭС"]),
        ("березка", ["00777-ЭС", "07771-ЭС"]),
        ("777", ["00777-ЭС", "07771-ЭС"]),
        ("ромашка березка", []),
        ("100%", []),
        ("_", []),
    ],
)
def test_a_contract_is_found_by_any_of_its_words(clerk, found, typed, expected) -> None:
    soup = clerk.open(clerk.url("staff.customers", q=typed))
    assert numbers(soup) == expected
    part = clerk.fragment("staff.customers", q=typed)
    assert numbers(part) == expected


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("00123-ЭС", "00123-ЭС"),
        ("00123эс", "00123-ЭС"),
        (" 00123-ec ", "00123-ЭС"),
        ("№ 00123-ЭС", "00123-ЭС"),
        ("00777", "00777-ЭС"),
    ],
)
def test_a_whole_contract_number_opens_the_card(clerk, found, typed, number) -> None:
    answer = clerk.client.get("/staff/customers", query_string={"q": typed})
    assert answer.status_code == 302
    assert f"№ {number}" in clerk.open(answer.headers["Location"]).h1.text


def test_while_somebody_types_a_whole_number_only_heads_the_list(clerk, found) -> None:
    assert numbers(clerk.fragment("staff.customers", q="00123-ЭС")) == ["00123-ЭС"]


def test_digits_that_mean_a_meter_as_well_show_the_list(clerk, make: Factory, found) -> None:
    make.meter(make.session.scalars(select(Contract).filter_by(number="00777-ЭС")).one(), "00123")
    rebuild_search(make.session)
    make.commit()
    soup = clerk.open(clerk.url("staff.customers", q="00123"))
    assert numbers(soup) == ["00123-ЭС", "00777-ЭС"]


@pytest.fixture
def contacts(make: Factory, found: Contract) -> None:
    """Contacts on record of one contract, and of the account of another."""
    other = make.session.scalars(select(Contract).filter_by(number="00777-ЭС")).one()
    customer = make.session.get_one(Customer, other.customer_id)
    customer.email_from_billing = "Buh@Berezka.ru; dir@xn--80akhbyknj4f.xn--p1ai"
    customer.phone_from_billing = "8 (3513) 28-92-97 доб. 105, Иванова 8-912-345-67-89"
    rebuild_search(make.session)
    account = make.session.get_one(Account, 1)
    account.email, account.phone = "Glavbuh@Example.org", "+79990001122"
    make.commit()


@pytest.mark.parametrize("is_fragment", [True, False])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("buh@berezka.ru", ["00777-ЭС", "07771-ЭС"]),
        ("berezka.ru", ["00777-ЭС", "07771-ЭС"]),
        ("BEREZKA", ["00777-ЭС", "07771-ЭС"]),
        ("8 912 345 67 89", ["00777-ЭС", "07771-ЭС"]),
        ("+7 (912) 345-67-89", ["00777-ЭС", "07771-ЭС"]),
        ("345-67-89", ["00777-ЭС", "07771-ЭС"]),
        ("3513 289297", ["00777-ЭС", "07771-ЭС"]),
        ("glavbuh@example.org", ["00123-ЭС"]),
        ("GLAVBUH@EXAMPLE.ORG ромашка", ["00123-ЭС"]),
        ("89990001122", ["00123-ЭС"]),
        ("000-11-22", ["00123-ЭС"]),
        ("glavbuh@example.org березка", []),
        ("8 900 000 00 00", []),
    ],
)
def test_a_contract_is_found_by_email_and_telephone(
    clerk, contacts, typed, expected, is_fragment
) -> None:
    opened = clerk.fragment if is_fragment else clerk.get
    assert numbers(opened("staff.customers", q=typed)) == expected


def test_contacts_of_people_whose_access_has_ended_find_nothing(
    clerk, make: Factory, contacts
) -> None:
    make.session.scalars(select(Membership)).one().revoked_at = NOW
    make.commit()
    assert numbers(clerk.get("staff.customers", q="glavbuh@example.org")) == []


def test_an_index_of_an_earlier_version_is_renewed_at_night(app, clerk, contacts, session) -> None:
    session.execute(update(ContractSearch).values(search_text="старое"))
    session.commit()
    with app.app_context():
        delete_expired()
    assert numbers(clerk.get("staff.customers", q="buh@berezka.ru")) == ["00777-ЭС", "07771-ЭС"]


def test_nothing_typed_finds_nothing_and_says_how_to_search(clerk, found) -> None:
    soup = clerk.get("staff.customers")
    assert numbers(soup) == []
    assert "часть слова" in soup.select_one("#status").text


@pytest.mark.parametrize("typed", ["' OR 1=1--", "\x00", "я" * 10_000, "%" * 50, "<b>"])
def test_hostile_text_finds_nothing_and_breaks_nothing(clerk, found, typed) -> None:
    soup = clerk.open(clerk.url("staff.customers", q=typed))
    assert numbers(soup) == []


def test_a_page_beyond_the_last_is_the_first(clerk, found) -> None:
    assert numbers(clerk.open(clerk.url("staff.customers", q="777", page=9))) == [
        "00777-ЭС",
        "07771-ЭС",
    ]


def test_the_index_follows_what_changes_and_writes_nothing_twice(found, session) -> None:
    assert rebuild_search(session) == 0
    meter = session.scalars(select(Meter)).one()
    meter.serial_number = "99009900"
    session.flush()
    assert rebuild_search(session) == 1
    assert rebuild_search(session) == 0
