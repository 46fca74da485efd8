"""What the form of a new enquiry offers and is filled with; one SELECT each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, and_, bindparam, literal, null, select, union_all
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.custom_names import with_custom_name
from app.models import (
    Account,
    CustomPointName,
    Department,
    Enquiry,
    EnquiryTopic,
    PremisesKind,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_name_of_point, named_since
from app.queries.enquiries.customer import OF_CUSTOMER, customer_values, topics_in_force
from app.queries.scope import is_point_in_scope

MAX_ADDRESSES = 50
MAX_POINTS = 1000
"""Supply points of the largest contracts, with room to spare."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of premises or a department to choose."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """A topic to choose, with the department it goes to and the days to its answer."""

    id: int
    name: str
    external_id: str
    department_id: int | None
    answer_days: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """Directories that the form of an enquiry offers, in the order of its lists."""

    topics: tuple[TopicChoice, ...]
    premises_kinds: tuple[Choice, ...]
    departments: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PointChoice:
    """A supply point to choose, as the customer and billing call it, or its address."""

    id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class LastEnquiry:
    """What a person has typed into their last enquiry of a contract."""

    phone: str
    address: str
    premises_kind_id: int


@dataclass(frozen=True, slots=True)
class KnownDetails:
    """What the form of a new enquiry is filled with."""

    organisation: str
    phone: str
    email: str
    addresses: tuple[str, ...]
    points: tuple[PointChoice, ...]
    last: LastEnquiry | None

    def find_point(self, point_id: str) -> PointChoice | None:
        """The supply point of the contract with this id, as an address or a form has it."""
        return next((point for point in self.points if str(point.id) == point_id), None)


_TOPIC, _PREMISES_KIND, _DEPARTMENT = range(3)
# Topics come first: their columns tell PostgreSQL what the NULLs of the others are.
_CHOICES: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(
        literal(_TOPIC).label("directory"),
        literal(0).label("position"),
        literal("").label("sort_name"),
        EnquiryTopic.id,
        EnquiryTopic.name,
        EnquiryTopic.external_id,
        EnquiryTopic.department_id,
        EnquiryTopic.answer_days,
    ).where(EnquiryTopic.is_active, topics_in_force()),
    select(
        literal(_PREMISES_KIND),
        PremisesKind.position,
        literal(""),
        PremisesKind.id,
        PremisesKind.name,
        *[null()] * 3,
    ).where(PremisesKind.is_active),
    select(
        literal(_DEPARTMENT),
        literal(0),
        Department.name,
        Department.id,
        Department.name,
        *[null()] * 3,
    ).where(Department.is_active, Department.withdrawn_at.is_(None)),
)
_ORDERED_CHOICES = _CHOICES.order_by("directory", "position", "sort_name", "id")
_LAST_ID = (
    select(Enquiry.id)
    .where(*OF_CUSTOMER, Enquiry.account_id == bindparam("account_id"))
    .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
    .limit(1)
    .scalar_subquery()
)
_DETAILS = (
    select(
        Account.phone,
        Account.email,
        Enquiry.phone,
        Enquiry.address,
        Enquiry.premises_kind_id,
        SupplyPoint.id,
        SupplyPoint.name,
        SupplyPoint.address,
        CustomPointName.name,
    )
    .select_from(Account)
    .outerjoin(Enquiry, Enquiry.id == _LAST_ID)
    .outerjoin(
        SupplyPoint,
        and_(
            SupplyPoint.contract_id == bindparam("contract_id"),
            SupplyPoint.withdrawn_at.is_(None),
            is_point_in_scope(),
        ),
    )
    .outerjoin(CustomPointName, is_name_of_point())
    .where(Account.id == bindparam("account_id"))
    .order_by(SupplyPoint.id)
    .limit(MAX_POINTS)
)


def list_choices(session: Session) -> Choices:
    """Topics (виды обращений), kinds of premises and departments (отделения) to choose from."""
    rows = session.connection().execute(_ORDERED_CHOICES).all()

    def of(directory: int) -> list[Any]:
        return [row[3:] for row in rows if row[0] == directory]

    return Choices(
        tuple(TopicChoice(*values) for values in of(_TOPIC)),
        tuple(Choice(*values[:2]) for values in of(_PREMISES_KIND)),
        tuple(Choice(*values[:2]) for values in of(_DEPARTMENT)),
    )


def list_known_points(session: Session, contract: VisibleContract) -> KnownDetails:
    """What a clerk's form is filled with: name and supply points of billing, no person's contacts.

    An account need not exist.
    """
    rows = session.execute(
        select(SupplyPoint.id, SupplyPoint.name, SupplyPoint.address)
        .where(SupplyPoint.contract_id == contract.id, SupplyPoint.withdrawn_at.is_(None))
        .order_by(SupplyPoint.id)
        .limit(MAX_POINTS)
    )
    points = tuple(PointChoice(key, name or address, address) for key, name, address in rows)
    addresses = list(dict.fromkeys(point.address for point in points))[:MAX_ADDRESSES]
    return KnownDetails(contract.display_name, "", "", tuple(addresses), points, None)


def get_known_details(session: Session, contract: VisibleContract, viewer: Viewer) -> KnownDetails:
    """Name, contacts, supply points and the last enquiry, as billing and the account have them."""
    values = customer_values(contract) | named_since(contract)
    values |= {"account_id": viewer.account_id}
    rows = session.connection().execute(_DETAILS, values).all()
    phone, email, last_phone, last_address, premises_kind_id, *_ = rows[0]
    points = tuple(
        PointChoice(point_id, with_custom_name(custom_name, name or address), address)
        for point_id, name, address, custom_name in (row[5:] for row in rows)
        if point_id is not None
    )
    addresses = list(dict.fromkeys(point.address for point in points))[:MAX_ADDRESSES]
    return KnownDetails(
        contract.display_name,
        phone or "",
        email,
        tuple(addresses),
        points,
        LastEnquiry(last_phone, last_address, premises_kind_id) if last_phone else None,
    )
