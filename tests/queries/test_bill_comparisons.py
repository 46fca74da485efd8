"""Two months of charges read from both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.domain.access import Permission
from app.domain.bill_change_facts import ComparedMonths, FactKind
from app.domain.bill_comparison import PartKind
from app.domain.period import Month
from app.models import AuditEvent, Charge, Contract, Service, SupplyPoint
from app.queries.bill_comparisons import (
    BillChange,
    find_comparison,
    first_own_month,
    list_billed_months,
    read_bill_change,
)
from app.queries.contracts import VisibleContract, get_as_customer
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)
MONTHS = ComparedMonths(SEPTEMBER, OCTOBER)


@pytest.fixture(params=["session", "postgres_session"])
def make(request: pytest.FixtureRequest) -> Factory:
    session: Session = request.getfixturevalue(request.param)
    return Factory(session)


@pytest.fixture
def contract(make: Factory) -> Contract:
    return make.contract()


def visible(make: Factory, contract: Contract) -> VisibleContract:
    return get_as_customer(make.session, contract.id, Permission.SEE_MONEY, NOW.date())


def change(make: Factory, contract: Contract, months: ComparedMonths = MONTHS) -> BillChange:
    make.session.flush()
    return read_bill_change(make.session, visible(make, contract), months)


def amounts(found: BillChange) -> dict[PartKind, str]:
    return {part.kind: str(part.amount) for part in found.comparison.parts}


def energy(make: Factory) -> Service:
    return make.session.query(Service).filter_by(code="EE").one_or_none() or make._add(
        Service(code="EE", name="Электрическая энергия", unit="кВт·ч")
    )


def bill(
    make: Factory, contract: Contract, month: Month, kwh: str, price: str, **values: object
) -> Charge:
    """A document of one line without VAT."""
    net = Decimal(kwh) * Decimal(price)
    charge = make.charge(contract, month.last, f"{net:.2f}")
    defaults = {
        "service_id": energy(make).id,
        "quantity": Decimal(kwh),
        "price": Decimal(price),
    }
    make.line(charge, f"{net:.2f}", None, **(defaults | values))
    return charge


def test_months_are_compared_by_billing_period_whatever_their_documents_are_dated(
    make: Factory, contract: Contract
) -> None:
    bill(make, contract, SEPTEMBER, "100", "5")
    october = bill(make, contract, OCTOBER, "120", "6")
    october.doc_date = date(2026, 11, 5)
    found = change(make, contract)
    assert amounts(found) == {PartKind.VOLUME: "110.00", PartKind.PRICE: "110.00"}
    assert found.comparison.totals == (Decimal("500.00"), Decimal("720.00"))
    assert [document.id for document in found.documents] == [october.id]


def test_what_is_withdrawn_or_of_another_contract_does_not_count(
    make: Factory, contract: Contract
) -> None:
    bill(make, contract, SEPTEMBER, "100", "5")
    bill(make, contract, OCTOBER, "100", "5")
    bill(make, contract, OCTOBER, "100", "5").withdrawn_at = NOW
    bill(make, make.contract("00999-ЭС"), OCTOBER, "100", "5")
    assert change(make, contract).comparison.parts == ()


def test_corrections_count_in_the_month_that_they_correct(
    make: Factory, contract: Contract
) -> None:
    bill(make, contract, SEPTEMBER, "100", "5")
    october = bill(make, contract, OCTOBER, "100", "5")
    old = bill(make, contract, Month(2025, 12), "100", "5")
    for corrected, period in ((october, OCTOBER), (old, old.period)):
        make.charge(
            contract,
            date(2026, 10, 20),
            "-50.00",
            kind="correction",
            period=period,
            corrects_external_id=corrected.external_id,
        )
    found = change(make, contract)
    assert amounts(found) == {PartKind.CORRECTIONS: "-50.00"}
    facts = {fact.kind: fact for fact in found.facts}
    counted = facts[FactKind.CORRECTION_OF_MONTH].document
    assert counted is not None
    assert counted.corrected_number == october.doc_number
    assert facts[FactKind.CORRECTION_ELSEWHERE].month == Month(2025, 12)


def test_late_interest_and_what_corrects_it_are_one_part(make: Factory, contract: Contract) -> None:
    bill(make, contract, SEPTEMBER, "100", "5")
    bill(make, contract, OCTOBER, "100", "5")
    interest = make.charge(contract, OCTOBER.last, "30.00", kind="late_interest")
    make.charge(
        contract,
        OCTOBER.last,
        "-10.00",
        kind="correction",
        corrects_external_id=interest.external_id,
    )
    found = change(make, contract)
    assert amounts(found) == {PartKind.INTEREST: "20.00"}
    assert found.comparison.energy_difference == 0


def test_facts_tell_of_meters_points_methods_and_the_price_category(
    make: Factory, contract: Contract
) -> None:
    old = make.meter(contract, "111")
    old.removed_on = date(2026, 10, 5)
    new = make.meter(contract, "222")
    lone = new.supply_point_id
    new.supply_point_id, new.installed_on = old.supply_point_id, date(2026, 10, 6)
    point = make.session.get(SupplyPoint, lone)
    assert point is not None
    point.name, point.valid_from = "Склад", date(2026, 10, 1)
    bill(make, contract, SEPTEMBER, "100", "5", supply_point_id=old.supply_point_id)
    bill(
        make, contract, OCTOBER, "100", "5", supply_point_id=old.supply_point_id, method="estimated"
    )
    make._add(
        AuditEvent(
            happened_at=datetime(2026, 10, 7, tzinfo=UTC),
            action="import.changed",
            actor_kind="import",
            contract_id=contract.id,
            subject="contracts",
            subject_key=contract.number,
            changes={"price_category": [1, 3], "manager": ["А", "Б"]},
        )
    )
    facts = change(make, contract).facts
    assert [(fact.kind, fact.old, fact.new) for fact in facts] == [
        (FactKind.POINT_BEGAN, None, None),
        (FactKind.METER_REPLACED, "111", "222"),
        (FactKind.CHANGED, "1", "3"),
        (FactKind.ESTIMATED, None, None),
    ]
    # Looked at from the other side the same things have happened.
    back = change(make, contract, ComparedMonths(OCTOBER, SEPTEMBER)).facts
    assert [fact.kind for fact in back] == [
        FactKind.POINT_BEGAN,
        FactKind.METER_REPLACED,
        FactKind.CHANGED,
        FactKind.METERED,
    ]


def test_a_former_customers_months_are_not_read(make: Factory, contract: Contract) -> None:
    for month in (Month(2026, 8), SEPTEMBER, OCTOBER):
        bill(make, contract, month, "100", "5")
    contract.transferred_at = datetime(2026, 9, 14, tzinfo=UTC)
    make.session.flush()
    seen = visible(make, contract)
    assert first_own_month(seen) == SEPTEMBER
    assert list_billed_months(make.session, seen) == [OCTOBER, SEPTEMBER]
    former = ComparedMonths(Month(2026, 8), OCTOBER)
    assert change(make, contract, former).comparison.totals.before == 0
    assert find_comparison(make.session, seen, former) is None
    assert find_comparison(make.session, seen, MONTHS) is not None


def test_a_month_that_ended_before_the_hand_over_anywhere_in_the_country_is_not_ones_own(
    make: Factory, contract: Contract
) -> None:
    contract.transferred_at = datetime(2026, 9, 30, 19, 30, tzinfo=UTC)
    make.session.flush()
    assert first_own_month(visible(make, contract)) == OCTOBER
