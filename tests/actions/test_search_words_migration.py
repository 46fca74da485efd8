"""The migration that folds search words anew and widens telephones, there and back."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.actions.search_index import rebuild_search
from app.extensions import db
from app.models import Contract, ContractSearch
from app.queries.contract_search import find_contracts
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]

REVISION = "0010"
NAME = "ООО «Ра\u00adдуга\u200b‑О'Кей»"


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest) -> Flask:
    return request.getfixturevalue(request.param)


def test_existing_contracts_are_found_by_the_new_folding_after_an_upgrade(portal: Flask) -> None:
    with portal.app_context():
        session: Session = db.session()
        make = Factory(session)
        customer = make.customer(full_name=NAME, short_name=NAME)
        contract = make.contract("00123-ЭС", customer_id=customer.id)
        enquiry = make.enquiry(contract, make.account(contract), phone="+73513570000;ext=105")
        session.flush()
        rebuild_search(session)
        session.commit()
        number, key = contract.number, enquiry.id
        db.session.remove()

        downgrade(revision=f"{REVISION}-1")
        with db.engine.begin() as connection:
            phone = connection.scalar(
                text("SELECT phone FROM enquiries WHERE id = :id"), {"id": key}
            )
            assert phone == "+73513570000"
            # As the portal before wrote them.
            connection.execute(text("UPDATE contract_search SET words = '00123‑эс'"))
        upgrade()

        session = db.session()
        for typed in ("радуга", "Радуга-О’Кей", "00123-ЭС"):
            assert [contract.number for contract in find_contracts(session, typed).contracts] == [
                number
            ]
        assert session.scalar(select(func.count(ContractSearch.contract_id))) == 1
        assert session.scalars(select(Contract.number)).all() == [number]
