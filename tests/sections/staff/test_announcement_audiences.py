"""An announcement for some contracts: who sees it, and how its contracts are chosen."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Announcement, AnnouncementContract, Contract, Department, SupplyPoint
from tests.factories import Factory
from tests.pages import PageClient

TEXT = "25 ноября не будет света"


@pytest.fixture
def other(make: Factory, contract: Contract) -> Contract:
    """Another contract with an owner, of another department and address."""
    department = Department(external_id="002", name="Заречное отделение", is_active=True)
    make.session.add(department)
    make.session.flush()
    found = make.contract("00777-ЭС", department_id=department.id)
    make.account(found, email="other@example.org")
    make.meter(contract)
    point_id = make.meter(found, "2").supply_point_id
    make.session.get_one(SupplyPoint, point_id).address = "г. Миасс, ул. ЗЕЛЁНАЯ, д. 5"
    make.commit()
    return found


def announce(manager: PageClient, status: int = 303, **fields: str):
    soup = manager.get("staff.directory_announcement_new")
    manager.submit(soup, status, text=TEXT, kind="works", **fields)
    return manager.check_last() if status != 303 else None


def shown(app, number: str, contract_id: int, endpoint: str = "home.index") -> str:
    page = PageClient(app)
    page.sign_in(number)
    found = page.get(endpoint, contract_id=contract_id).select_one("#contract-announcement")
    return found.text.strip() if found else ""


@pytest.mark.parametrize(
    "fields",
    [
        {"audience": "department", "department": "1"},
        {"audience": "address", "place": "зелёная, д. 5"},
        {"audience": "contracts", "numbers": "00777"},
    ],
    ids=lambda fields: fields["audience"],
)
def test_only_the_contracts_that_were_meant_see_it(
    manager: PageClient, other: Contract, app, fields: dict[str, str]
) -> None:
    announce(manager, **fields)
    assert shown(app, "00777", other.id) == f"Плановые работы. {TEXT}"
    assert shown(app, "00777", other.id, "profile.index") == f"Плановые работы. {TEXT}"
    assert shown(app, "00123", 1) == ""
    visitor = PageClient(app)
    assert TEXT not in visitor.get("auth.sign_in").text
    assert "У договоров: 1" in manager.get("staff.directory_announcements").text


def test_a_list_of_supply_points_means_their_contracts(
    manager: PageClient, other: Contract, app, session: Session
) -> None:
    code = session.scalars(
        select(SupplyPoint.external_id).where(SupplyPoint.contract_id == other.id)
    ).one()
    announce(manager, audience="points", numbers=f"{code}\n{code}\n")
    assert shown(app, "00777", other.id) == f"Плановые работы. {TEXT}"
    assert len(session.scalars(select(AnnouncementContract)).all()) == 1


def test_somebody_elses_contract_tells_nothing(manager: PageClient, other: Contract, app) -> None:
    announce(manager, audience="contracts", numbers="00777")
    page = PageClient(app)
    page.sign_in("00123")
    assert TEXT not in page.open(f"/contracts/{other.id}/", 404).text


def test_mistakes_are_named_with_line_and_column_and_nothing_is_announced(
    manager: PageClient, other: Contract, session: Session
) -> None:
    soup = announce(manager, 422, audience="contracts", numbers="00777\n00999\n")
    found = soup.select_one("#numbers-error").text
    assert "список, строка 2, столбец 1: «00999» — такого договора нет" in found
    assert "00999" in soup.select_one("#numbers").text
    soup = announce(manager, 422, audience="points", numbers="нет-такой")
    assert "точки поставки с таким кодом нет" in soup.select_one("#numbers-error").text
    soup = announce(manager, 422, audience="address", place="Луна")
    assert "точек поставки нет" in soup.select_one("#place-error").text
    soup = announce(manager, 422, audience="department")
    assert "выберите из списка" in soup.select_one("#department-error").text
    assert session.scalars(select(Announcement)).all() == []


def test_a_change_chooses_the_contracts_anew(
    manager: PageClient, other: Contract, app, session: Session
) -> None:
    announce(manager, audience="contracts", numbers="00777")
    soup = manager.get("staff.directory_announcement", announcement_id=1)
    assert "00777" in soup.select_one("#numbers").text
    manager.submit(soup, text=TEXT, kind="info", audience="contracts", numbers="00123")
    assert shown(app, "00777", other.id) == ""
    assert shown(app, "00123", 1) == TEXT
    soup = manager.get("staff.directory_announcement", announcement_id=1)
    manager.submit(soup, text=TEXT, kind="info", audience="all")
    session.expire_all()
    assert session.scalars(select(AnnouncementContract)).all() == []
