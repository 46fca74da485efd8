"""Customers and their contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.demo.cast import Role
from app.demo.chance import stream
from app.demo.directory import CENTRAL, HOUSES, RIVERSIDE
from app.demo.identifiers import (
    company_inn,
    corr_account,
    kpp,
    ogrn,
    ogrnip,
    personal_inn,
    settlement_account,
)
from app.demo.names import MANAGERS, company_name, person_name, street_address, trader_name
from app.demo.rows import ContractRow, CustomerKind, CustomerRow
from app.demo.timeline import Month, Timeline

FIRST_NUMBER = 101
FIRST_PERSON = 3
TERMINATED_AGO = 6  # months before the last complete one
EDO_OPERATOR = "Демо-ЭДО"
_BANKS = (
    ("АО «Демо-Банк», г. Примерск", "040052701"),
    ("ПАО Банк «Образец», г. Примерск", "040052733"),
    ("АКБ «Учебный» (АО), г. Примерск", "040052768"),
)
_ACCOUNT_OF_KIND = {"ul": "40702", "ip": "40802"}


@dataclass(frozen=True, slots=True)
class Deal:
    """A contract with its customer and the role it plays.

    Attributes:
        months: billed months, oldest first; fewer than the history if the contract has ended.
    """

    role: Role
    customer: CustomerRow
    contract: ContractRow
    months: tuple[Month, ...]

    @property
    def no(self) -> str:
        return self.contract.contract_no

    @property
    def key(self) -> str:
        """Digits of the number: the part that identifiers of other rows are built of."""
        return self.no[:5]

    @property
    def last(self) -> Month:
        return self.months[-1]


def sign_contracts(roles: list[Role], timeline: Timeline, seed: int) -> list[Deal]:
    """One deal per role; a role of the same customer shares the customer of the one before."""
    deals: list[Deal] = []
    for index, role in enumerate(roles):
        if role.same_customer and deals:
            customer = deals[-1].customer
        else:
            customer = _customer(role.kind, index, timeline.first)
        deals.append(_deal(role, customer, index, timeline, seed))
    return deals


def _customer(kind: CustomerKind, index: int, first: Month) -> CustomerRow:
    name_of = {"ul": company_name, "ip": trader_name, "fl": person_name}[kind]
    # Companies stand first in the cast, the first person after them opens the list of people.
    name = name_of(index if kind == "ul" else index - FIRST_PERSON)
    year = first.year - 3 - index % 14
    address = f"990001, {street_address(index)}"
    bank_name = bic = account = corr = None
    if kind in _ACCOUNT_OF_KIND:
        bank_name, bic = _BANKS[index % len(_BANKS)]
        account = settlement_account(_ACCOUNT_OF_KIND[kind], bic, index + 10)
        corr = corr_account(bic)
    number = FIRST_NUMBER + index
    return CustomerRow(
        customer_id=f"C-{number:05d}",
        kind=kind,
        full_name=name.full,
        short_name=name.short,
        inn=company_inn(index + 10) if kind == "ul" else personal_inn(index + 10),
        kpp=kpp() if kind == "ul" else None,
        ogrn={"ul": ogrn(index + 10, year), "ip": ogrnip(index + 10, year)}.get(kind),
        legal_address=address,
        postal_address=address if index % 5 else f"990001, г. Примерск, а/я {number}",
        # Billing data are never complete: some have no e-mail, some no telephone.
        email=None if index % 13 == 12 else f"dogovor-{number:05d}@example.com",
        phone=None if index % 17 == 16 else _phone(number),
        bank_name=bank_name,
        bic=bic,
        account=account,
        corr_account=corr,
    )


def _phone(number: int) -> str:
    """A number of the fictitious range +7 900 000-xx-xx."""
    high, low = divmod(number % 10_000, 100)
    return f"+7 900 000-{high:02d}-{low:02d}"


def _deal(role: Role, customer: CustomerRow, index: int, timeline: Timeline, seed: int) -> Deal:
    no = f"{FIRST_NUMBER + index:05d}-ЭС"
    chance = stream(seed, "contract", no)
    signed_on = date(
        timeline.first.year - chance.randint(2, 12), chance.randint(1, 12), chance.randint(1, 28)
    )
    months = timeline.months
    if role.status == "terminated":
        months = months[:-TERMINATED_AGO]
    contract = ContractRow(
        contract_no=no,
        contract_id=f"K-{FIRST_NUMBER + index:05d}",
        customer_id=customer.customer_id,
        department_id=_department(role, index),
        signed_on=signed_on,
        valid_from=Month.of(signed_on).shift(1).first_day,
        valid_to=months[-1].last_day if role.status == "terminated" else None,
        status=role.status,
        subject="Договор энергоснабжения",
        price_category=role.price_category,
        has_advance=role.has_advance,
        edo_operator=EDO_OPERATOR if role.kind == "ul" and index % 3 != 2 else None,
        manager=MANAGERS[index % len(MANAGERS)],
        updated_at=timeline.now.replace(microsecond=0)
        - timedelta(days=chance.randint(1, 200), minutes=chance.randint(0, 500)),
    )
    return Deal(role, customer, contract, months)


def _department(role: Role, index: int) -> str:
    if any(point.regime == "mkd" for point in role.points):
        return HOUSES
    return CENTRAL if index % 3 else RIVERSIDE
