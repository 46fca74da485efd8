"""An import that gives a contract another customer: who is shut out, what is kept, who is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import open_session
from app.domain.access import Browser, Role
from app.domain.transfers import Decision
from app.models import (
    Account,
    AccountSession,
    AuditEvent,
    Contract,
    ContractTransfer,
    Customer,
    Membership,
    Message,
)
from tests.actions.import_steps import import_package, list_events, portal, write_batch
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
__all__ = ["portal"]

CUSTOMERS = "customer_id;kind;full_name;short_name;inn;kpp;email;phone"
CONTRACTS = (
    "contract_no;customer_id;signed_on;valid_from;valid_to;status;price_category;has_advance"
)
A = "A;ul;Общество «Альфа»;ООО «Альфа»;7415000018;741501001;alfa@example.org;"
A_RENUMBERED = "A;ul;Общество «Бета»;ООО «Бета»;9600000023;960001002;beta@example.org;"
B = "B;ul;Общество «Бета»;ООО «Бета»;9600000023;960001002;beta@example.org;"
C = "C;ul;Общество «Гамма»;ООО «Гамма»;5257000012;525701001;gamma@example.org;"


def contract_row(number: str, customer: str, status: str = "active", valid_to: str = "") -> str:
    return f"{number};{customer};2020-02-01;2020-02-01;{valid_to};{status};1;0"


@pytest.fixture
def make(portal: Session) -> Factory:
    """Customer A with the contracts 1 and 2, and an account for each of them."""
    make = Factory(portal)
    make.supplier()
    customer = make.customer(
        external_id="A",
        full_name="Общество «Альфа»",
        short_name="ООО «Альфа»",
        email_from_billing="alfa@example.org",
        phone_from_billing=None,
        legal_address=None,
    )
    for number, email in (("1-ЭС", "one@example.org"), ("2-ЭС", "two@example.org")):
        make.account(make.contract(number, customer_id=customer.id), email=email)
    make.commit()
    return make


def transfers(session: Session) -> list[ContractTransfer]:
    session.expire_all()
    return list(session.scalars(select(ContractTransfer).order_by(ContractTransfer.id)))


def facts(session: Session) -> list[tuple[str, str, str, str, str, str]]:
    """Contract, and both parties by key and ИНН."""
    numbers = {contract.id: contract.number for contract in session.scalars(select(Contract))}
    return sorted(
        (
            numbers[row.contract_id],
            row.former_external_id,
            row.former_inn,
            row.former_name,
            row.new_external_id,
            row.new_inn,
        )
        for row in transfers(session)
    )


def suspended(session: Session) -> set[str]:
    """E-mails of accounts whose access waits."""
    session.expire_all()
    return set(
        session.scalars(
            select(Account.email)
            .join(Membership, Membership.account_id == Account.id)
            .where(Membership.suspended_by_id.is_not(None), Membership.revoked_at.is_(None))
        )
    )


ALFA = ("A", "7415000018", "Общество «Альфа»")


def test_another_customer_is_a_transfer_of_that_contract_only(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    delta = write_batch(
        tmp_path / "d", customers=[CUSTOMERS, B], contracts=[CONTRACTS, contract_row("1-ЭС", "B")]
    )
    report = import_package(portal, delta).report
    assert facts(portal) == [("1-ЭС", *ALFA, "B", "9600000023")]
    assert suspended(portal) == {"one@example.org"}
    places = [str(fault) for fault in report.warnings]
    assert places[0].startswith("contracts.csv — 1 договор сменил потребителя.")
    assert any(text.startswith("contracts.csv:2:customer_id — договор 1-ЭС") for text in places)
    (event,) = list_events(portal, "contract.transferred")
    assert event.changes == {"customer": ["A", "B"], "inn": ["7415000018", "9600000023"]}


def test_another_inn_under_the_same_key_is_a_transfer_of_every_contract(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    report = import_package(
        portal, write_batch(tmp_path / "d", customers=[CUSTOMERS, A_RENUMBERED])
    ).report
    assert facts(portal) == [
        ("1-ЭС", *ALFA, "A", "9600000023"),
        ("2-ЭС", *ALFA, "A", "9600000023"),
    ]
    assert suspended(portal) == {"one@example.org", "two@example.org"}
    assert any("customers.csv:2:inn — договор 2-ЭС" in str(fault) for fault in report.warnings)


def test_both_at_once_give_one_transfer_each_with_the_right_parties(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    """Contract 1 leaves A for B while A becomes another company itself, and B has a new ИНН."""
    make.customer(external_id="B", full_name="Старая Бета", inn="5257000012")
    make.commit()
    delta = write_batch(
        tmp_path / "d",
        customers=[CUSTOMERS, "A;ul;Новая Альфа;;5257000012;525701001;new@example.org;", B],
        contracts=[CONTRACTS, contract_row("1-ЭС", "B"), contract_row("3-ЭС", "A")],
    )
    import_package(portal, delta)
    assert facts(portal) == [
        ("1-ЭС", *ALFA, "B", "9600000023"),
        ("2-ЭС", *ALFA, "A", "5257000012"),
    ]
    assert {row.former_email for row in transfers(portal)} == {"alfa@example.org"}


@pytest.mark.parametrize(
    "row",
    [
        "A;ul;Общество «Альфа плюс»;ООО «Альфа»;7415000018;741501001;alfa@example.org;",
        "A;ul;Общество «Альфа»;ООО «Альфа»;7415000018;741502002;alfa@example.org;",
        "A;ul;Общество «Альфа»;ООО «Альфа»;7415000018;741501001;other@example.org;+7 912 000-00-09",
    ],
)
def test_another_name_kpp_or_contact_is_no_transfer(
    portal: Session, make: Factory, tmp_path: Path, row: str
) -> None:
    import_package(portal, write_batch(tmp_path / "d", customers=[CUSTOMERS, row]))
    assert transfers(portal) == []
    assert suspended(portal) == set()


def test_a_dry_run_says_the_same_and_leaves_nothing(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    delta = write_batch(
        tmp_path / "d", customers=[CUSTOMERS, B], contracts=[CONTRACTS, contract_row("1-ЭС", "B")]
    )
    dry = import_package(portal, delta, dry_run=True).report
    assert transfers(portal) == []
    assert suspended(portal) == set()
    assert portal.scalars(select(Message)).all() == []
    assert dry.warnings == import_package(portal, delta).report.warnings


def test_a_contract_that_comes_back_from_deletion_with_another_customer_is_a_transfer(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    row = contract_row("1-ЭС", "A") + ";1"
    import_package(portal, write_batch(tmp_path / "1", contracts=[f"{CONTRACTS};deleted", row]))
    back = write_batch(
        tmp_path / "2", customers=[CUSTOMERS, B], contracts=[CONTRACTS, contract_row("1-ЭС", "B")]
    )
    import_package(portal, back)
    assert facts(portal) == [("1-ЭС", *ALFA, "B", "9600000023")]
    assert suspended(portal) == {"one@example.org"}


def test_a_second_change_before_the_decision_leaves_the_first_people_waiting(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    for name, customer, key in (("1", B, "B"), ("2", C, "C"), ("3", A, "A")):
        import_package(
            portal,
            write_batch(
                tmp_path / name,
                customers=[CUSTOMERS, customer],
                contracts=[CONTRACTS, contract_row("1-ЭС", key)],
            ),
        )
    rows = transfers(portal)
    assert [(row.former_external_id, row.new_external_id) for row in rows] == [
        ("A", "B"),
        ("B", "C"),
        ("C", "A"),
    ]
    assert all(row.decided_at is None for row in rows)
    (waiting,) = portal.scalars(select(Membership).filter(Membership.suspended_by_id.is_not(None)))
    assert waiting.suspended_by_id == rows[0].id
    assert waiting.revoked_at is None


def test_where_nobody_has_access_nothing_waits_for_a_clerk(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    customer = portal.scalars(select(Customer).filter_by(external_id="A")).one()
    make.contract("9-ЭС", customer_id=customer.id)
    make.commit()
    delta = write_batch(
        tmp_path / "d", customers=[CUSTOMERS, B], contracts=[CONTRACTS, contract_row("9-ЭС", "B")]
    )
    import_package(portal, delta)
    (row,) = transfers(portal)
    assert (row.decision, row.decided_at) == (Decision.NOBODY, NOW)
    assert portal.get_one(Contract, row.contract_id).transferred_at == NOW


def test_sessions_end_unless_the_account_has_another_contract(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    one, two = portal.scalars(select(Account).order_by(Account.id)).all()
    other = make.contract("8-ЭС")
    make.membership(two, other, Role.ACCOUNTANT)
    for account in (one, two):
        open_session(portal, account.id, other.id, Browser("127.0.0.1", "test"), NOW)
    make.commit()
    import_package(portal, write_batch(tmp_path / "d", customers=[CUSTOMERS, A_RENUMBERED]))
    portal.expire_all()
    ended = {row.account_id: row.ended_at for row in portal.scalars(select(AccountSession))}
    assert ended == {one.id: NOW, two.id: None}


def test_each_side_gets_one_email_that_says_nothing_of_the_other(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    delta = write_batch(
        tmp_path / "d",
        customers=[CUSTOMERS, B],
        contracts=[CONTRACTS, contract_row("1-ЭС", "B"), contract_row("2-ЭС", "B")],
    )
    import_package(portal, delta)
    messages = portal.scalars(select(Message).order_by(Message.recipient)).all()
    assert [(row.recipient, row.kind) for row in messages] == [
        ("alfa@example.org", "transfer_former"),
        ("beta@example.org", "transfer_new"),
        ("one@example.org", "transfer_former"),
        ("two@example.org", "transfer_former"),
    ]
    assert len({row.dedupe_key for row in messages}) == 4
    for row in messages:
        phrase = f"{row.subject} {row.text} {row.html}"
        secrets = (
            ("Альфа", "7415000018", "alfa@")
            if row.kind.endswith("new")
            else (
                "Бета",
                "9600000023",
                "beta@",
            )
        )
        assert not any(secret in phrase for secret in secrets)
    texts = {row.recipient: row.text for row in messages}
    assert "№ 1-ЭС, № 2-ЭС" in texts["alfa@example.org"]
    assert "№ 2-ЭС" not in texts["one@example.org"]


def test_customers_that_got_another_key_are_told_only_where_somebody_lost_access(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    customer = portal.scalars(select(Customer).filter_by(external_id="A")).one()
    make.contract("9-ЭС", customer_id=customer.id)
    make.commit()
    rekeyed = "N1;ul;Общество «Альфа»;ООО «Альфа»;7415000018;741501001;alfa@example.org;"
    delta = write_batch(
        tmp_path / "d",
        customers=[CUSTOMERS, rekeyed],
        contracts=[CONTRACTS, contract_row("1-ЭС", "N1"), contract_row("9-ЭС", "N1")],
    )
    import_package(portal, delta)
    texts = {row.recipient: row for row in portal.scalars(select(Message))}
    assert set(texts) == {"alfa@example.org", "one@example.org"}
    assert texts["alfa@example.org"].kind == "transfer_former"
    assert "9-ЭС" not in texts["alfa@example.org"].text
    # The past of the same organisation stays visible to it.
    contract = portal.scalars(select(Contract).filter_by(number="9-ЭС")).one()
    assert contract.transferred_at is None


def test_a_batch_without_transfers_writes_nothing_about_them(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    same = write_batch(
        tmp_path / "d", customers=[CUSTOMERS, A], contracts=[CONTRACTS, contract_row("3-ЭС", "A")]
    )
    import_package(portal, same)
    assert transfers(portal) == []
    assert portal.scalars(select(Message)).all() == []
    assert portal.scalars(select(AuditEvent).filter_by(action="contract.transferred")).all() == []


def test_the_day_of_a_termination_without_a_date_is_remembered_until_it_is_active_again(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    seen: list[date | None] = []
    for name, status in (("1", "terminated"), ("2", "active")):
        row = contract_row("1-ЭС", "A", status)
        import_package(portal, write_batch(tmp_path / name, contracts=[CONTRACTS, row]))
        portal.expire_all()
        seen.append(portal.scalars(select(Contract).filter_by(number="1-ЭС")).one().terminated_on)
    assert seen == [NOW.date(), None]
    assert transfers(portal) == []


def test_addresses_among_the_telephones_are_written_to_as_well(
    portal: Session, make: Factory, tmp_path: Path
) -> None:
    customer = portal.scalars(select(Customer).filter_by(external_id="A")).one()
    customer.email_from_billing = None
    customer.phone_from_billing = "8 912 345-67-89, old@example.org"
    portal.commit()
    delta = write_batch(
        tmp_path / "d",
        customers=[CUSTOMERS, f"{B.rsplit(';', 2)[0]};нет;тел. 57-00-00, new@example.org"],
        contracts=[CONTRACTS, contract_row("1-ЭС", "B")],
    )
    import_package(portal, delta)
    told = {(row.recipient, row.kind) for row in portal.scalars(select(Message))}
    assert {("old@example.org", "transfer_former"), ("new@example.org", "transfer_new")} <= told
