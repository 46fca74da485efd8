"""Pages that set a password name whose it is, for password managers."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from app.models import Account
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.test_recovery import EMAIL, NUMBER, UNKNOWN, account, ask

__all__ = ["account"]


def user_name(soup: BeautifulSoup) -> str:
    """The field that a password manager reads; it has a label and cannot be changed."""
    [field] = soup.select("main input[autocomplete=username]")
    assert field.has_attr("readonly")
    assert soup.select_one(f'label[for="{field["id"]}"]')
    assert soup.select("main input[autocomplete=new-password]")
    return str(field["value"])


def test_the_page_behind_the_link_names_the_contract(
    page: PageClient, account: Account, outbox: Outbox
) -> None:
    ask(page)
    link = outbox.link(EMAIL)
    assert user_name(page.open(link)) == NUMBER
    page.submit(page.open(link), 422, password="1", password_again="1")
    assert user_name(page.check_last()) == NUMBER


@pytest.mark.parametrize("login", [NUMBER, UNKNOWN])
def test_the_page_of_the_code_names_what_was_typed_known_or_not(
    page: PageClient, account: Account, login: str
) -> None:
    location = ask(page, f"договор № {login.lower()}", "sms").location
    assert user_name(page.open(location)) == login


def test_a_made_up_name_in_the_address_is_only_text(page: PageClient, account: Account) -> None:
    location = ask(page, NUMBER, "sms").location.partition("?")[0]
    assert not page.open(location).select("main input[autocomplete=username]")
    soup = page.open(f"{location}?login=%22%3E%3Cb%3E{'x' * 500}")
    assert user_name(soup) == ('"><b>' + "x" * 500)[:254]


def test_changing_ones_own_password_names_the_contract(page: PageClient, account: Account) -> None:
    page.sign_in(NUMBER)
    assert user_name(page.get("profile.password", contract_id=1)) == NUMBER


def test_a_clerks_own_password_page_names_the_login(page: PageClient, make) -> None:
    make.staff(login="operator")
    make.commit()
    page.sign_in_staff("operator")
    assert user_name(page.get("staff.password")) == "operator"
