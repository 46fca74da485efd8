"""«Версия для слабовидящих»: kept in a cookie, on every page, without JavaScript."""

from __future__ import annotations

import pytest

from tests.factories import Factory
from tests.pages import PageClient, check_page


def choose(page: PageClient, **fields: str) -> str:
    soup = page.get("appearance.index")
    return str(page.submit(soup, **fields).location)


def appearance_of(page: PageClient, path: str = "/manual") -> dict[str, str]:
    html = check_page(page.client.get(path).text).html
    return {name: value for name, value in html.attrs.items() if name.startswith("data-")}


def test_default_appearance_needs_no_cookie(page: PageClient) -> None:
    assert appearance_of(page) == {}
    assert page.client.get_cookie("appearance") is None


@pytest.mark.parametrize(
    "choice",
    [
        {"text": "200"},
        {"scheme": "black"},
        {"spacing": "wide"},
        {"text": "150", "scheme": "beige", "spacing": "wide"},
    ],
)
def test_choice_holds_on_every_page(page: PageClient, choice: dict[str, str]) -> None:
    choose(page, **choice)
    expected = {f"data-{name}": value for name, value in choice.items()}
    for path in ("/manual", "/sign-in", "/appearance", "/nowhere", "/sign-out"):
        assert appearance_of(page, path) == expected, path
    chosen = page.get("appearance.index").select("input[checked]")
    assert {field["value"] for field in chosen} >= set(choice.values())


def test_choice_survives_signing_in_and_out(page: PageClient, make: Factory) -> None:
    make.account(make.contract())
    make.commit()
    choose(page, scheme="blue")
    page.sign_in("00123-ЭС")
    soup = page.get("service.contract_choice")
    assert soup.html["data-scheme"] == "blue"
    token = soup.select_one("[name=csrf_token]")["value"]
    assert page.client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert appearance_of(page) == {"data-scheme": "blue"}


def test_default_version_is_one_button_away(page: PageClient) -> None:
    choose(page, text="200", scheme="black")
    choose(page, text="200", usual="1")
    assert appearance_of(page) == {}


def test_cookie_is_closed_to_scripts_and_lasts_a_year(page: PageClient) -> None:
    choose(page, text="150")
    cookie = page.client.get_cookie("appearance")
    assert cookie is not None
    assert (cookie.value, cookie.http_only, cookie.same_site) == ("150.auto.normal", True, "Lax")
    assert cookie.max_age == 365 * 24 * 3600


MADE_UP = ["", "x", "200", "1000.red.huge", '"><script>.red.x', "....", "200.black.wide.x", "\xff"]


def test_made_up_cookie_is_the_default_appearance(page: PageClient) -> None:
    for value in MADE_UP:
        page.client.set_cookie("appearance", value)
        assert appearance_of(page) == {}, value


def test_made_up_choice_is_the_default_appearance(page: PageClient) -> None:
    choose(page, text="9000", scheme='"><script>', spacing="")
    assert appearance_of(page) == {}


def test_person_returns_to_the_page_that_was_left(page: PageClient) -> None:
    soup = page.open("/manual")
    link = soup.select_one("footer a[href^='/appearance']")["href"]
    assert page.submit(page.open(link), text="150").location == "/manual"


def test_returning_never_leaves_this_host(page: PageClient) -> None:
    for target in ("//evil.example", "/\\evil.example", "https://evil", "//[", "/%09/evil", ""):
        soup = page.get("appearance.index", next=target)
        assert soup.select_one("[name=next]")["value"] == "/", target
        assert page.submit(soup, next=target).location == "/", target


def test_choice_needs_the_token_of_the_page(page: PageClient) -> None:
    answer = page.client.post("/appearance", data={"text": "200"})
    assert answer.status_code == 400
    assert page.client.get_cookie("appearance") is None


def test_fragment_of_the_page_is_the_form_alone(page: PageClient) -> None:
    assert page.fragment("appearance.index").select_one("form[action='/appearance']")
