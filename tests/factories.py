"""Factory of rows with sensible defaults; a test passes only the values it is about."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import create_account
from app.actions.staff.members import NewStaff, create_staff
from app.domain.access import Role
from app.domain.period import Month
from app.domain.staff import StaffRole
from app.models import (
    Account,
    Charge,
    ChargeLine,
    Contract,
    Customer,
    Enquiry,
    EnquiryEntry,
    EnquiryTopic,
    ImportRun,
    Invoice,
    Membership,
    Meter,
    MonthlyBalance,
    Payment,
    PremisesKind,
    Reading,
    Register,
    Service,
    StaffMember,
    Supplier,
    SupplyPoint,
)

PASSWORD = "верный пароль 1"
CREATED = datetime(2026, 11, 1, tzinfo=UTC)
AS_OF = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


class Factory:
    """Adds rows to a session and flushes them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = itertools.count(1)

    def commit(self) -> None:
        self.session.commit()

    def _add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def _key(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"

    def supplier(self, **values: Any) -> Supplier:
        defaults = {
            "external_id": self._key("S"),
            "name": "Акционерное общество «Пример-Энерго»",
            "short_name": "АО «Пример-Энерго»",
            "inn": "7415000007",
            "bank_name": "Банк",
            "bic": "047501001",
            "account": "40702810000000000001",
            "corr_account": "30101810000000000001",
            "phone": "8 (3513) 00-00-00",
        }
        return self._add(Supplier(**(defaults | values)))

    def import_run(self, **values: Any) -> ImportRun:
        defaults = {
            "fingerprint": self._key("f"),
            "mode": "full",
            "source": "тест",
            "is_verified": True,
            "is_demo": False,
            "as_of": AS_OF,
            "started_at": AS_OF,
            "finished_at": AS_OF,
            "counts": {},
            "warnings": [],
        }
        return self._add(ImportRun(**(defaults | values)))

    def customer(self, **values: Any) -> Customer:
        defaults = {
            "external_id": self._key("K"),
            "kind": "ul",
            "full_name": "Общество с ограниченной ответственностью «Ромашка»",
            "short_name": "ООО «Ромашка»",
            "inn": "7415000018",
            "kpp": "741501001",
            "legal_address": "г. Миасс, ул. Романенко, д. 1",
            "email_from_billing": "dogovor@example.org",
            "phone_from_billing": "+7 912 000-00-01",
        }
        return self._add(Customer(**(defaults | values)))

    def contract(self, number: str = "00123-ЭС", **values: Any) -> Contract:
        if "customer_id" not in values:
            values["customer_id"] = self.customer().id
        defaults = {
            "number": number,
            "number_key": number,
            "signed_on": date(2020, 2, 1),
            "valid_from": date(2020, 2, 1),
            "status": "active",
            "price_category": 1,
            "has_advance": False,
        }
        return self._add(Contract(**(defaults | values)))

    def account(self, contract: Contract, **values: Any) -> Account:
        """The owner of a contract; the password is PASSWORD unless another is given."""
        return create_account(
            self.session,
            contract.number,
            values.get("email", "buh@example.org"),
            values.get("password", PASSWORD),
            CREATED,
        )

    def membership(self, account: Account, contract: Contract, role: Role) -> Membership:
        return self._add(
            Membership(
                account_id=account.id, contract_id=contract.id, role=role, created_at=CREATED
            )
        )

    def charge(self, contract: Contract, on: date, gross: str, **values: Any) -> Charge:
        key = self._key("CH")
        defaults = {
            "external_id": key,
            "contract_id": contract.id,
            "kind": "upd",
            "doc_number": key,
            "doc_date": on,
            "period": Month.of(on),
            "net_amount": Decimal(gross),
            "vat_amount": Decimal("0.00"),
            "gross_amount": Decimal(gross),
        }
        return self._add(Charge(**(defaults | values)))

    def service(self, unit: str | None = "кВт·ч") -> Service:
        return self._add(Service(code=self._key("SV"), name="Электрическая энергия", unit=unit))

    def line(self, charge: Charge, net: str, rate: str | None = "22", **values: Any) -> ChargeLine:
        """A line of a document; VAT at ``rate`` per cent is added to ``net``."""
        vat = (Decimal(net) * Decimal(rate or 0) / 100).quantize(Decimal("0.01"))
        if "service_id" not in values:
            values["service_id"] = self.service().id
        defaults = {
            "charge_id": charge.id,
            "line_number": next(self._numbers),
            "quantity": Decimal(100),
            "price": Decimal(net) / 100,
            "net_amount": Decimal(net),
            "vat_rate": Decimal(rate) if rate else None,
            "vat_amount": vat,
            "gross_amount": Decimal(net) + vat,
            "method": "meter",
        }
        return self._add(ChargeLine(**(defaults | values)))

    def reading(self, meter: Meter, period: str, value: str, **values: Any) -> Reading:
        """A reading of the meter's only register, at the end of a month."""
        register = self.session.scalars(
            select(Register).where(Register.meter_id == meter.id)
        ).first() or self._add(
            Register(meter_id=meter.id, zone="T0", direction="A+", digits=6, decimals=2)
        )
        month = Month.parse(period)
        defaults = {
            "external_id": self._key("R"),
            "register_id": register.id,
            "taken_on": month.last,
            "period": month,
            "value": Decimal(value),
            "kind": "regular",
            "status": "accepted",
        }
        return self._add(Reading(**(defaults | values)))

    def payment(self, contract: Contract | None, on: date, amount: str, **values: Any) -> Payment:
        key = self._key("P")
        defaults = {
            "external_id": key,
            "contract_id": contract.id if contract else None,
            "kind": "payment",
            "paid_on": on,
            "posted_on": on,
            "amount": Decimal(amount),
            "doc_number": key,
        }
        return self._add(Payment(**(defaults | values)))

    def balance(self, contract: Contract, month: str, opening: str, closing: str) -> MonthlyBalance:
        zero = Decimal("0.00")
        return self._add(
            MonthlyBalance(
                contract_id=contract.id,
                period=Month.parse(month),
                opening_amount=Decimal(opening),
                charged_amount=zero,
                corrected_amount=zero,
                late_interest_amount=zero,
                paid_amount=zero,
                closing_amount=Decimal(closing),
            )
        )

    def invoice(self, contract: Contract, due_on: date, total: str, **values: Any) -> Invoice:
        key = self._key("I")
        defaults = {
            "external_id": key,
            "contract_id": contract.id,
            "kind": "final",
            "number": key,
            "issued_on": due_on.replace(day=1),
            "due_on": due_on,
            "period": Month.of(due_on),
            "total_amount": Decimal(total),
        }
        return self._add(Invoice(**(defaults | values)))

    def enquiry(self, contract: Contract, account: Account, **values: Any) -> Enquiry:
        """An enquiry of a topic that the portal brings along, with its first message."""
        topic = self.session.scalars(select(EnquiryTopic).order_by(EnquiryTopic.id)).first()
        kind = self.session.scalars(select(PremisesKind).order_by(PremisesKind.id)).first()
        assert topic is not None
        assert kind is not None
        defaults = {
            "idempotency_key": str(uuid.uuid4()),
            "number": self._key("2026"),
            "contract_id": contract.id,
            "account_id": account.id,
            "topic_id": topic.id,
            "premises_kind_id": kind.id,
            "organisation": "ООО «Ромашка»",
            "phone": "+79123456789",
            "email": "buh@example.org",
            "address": "г. Миасс, пр. Автозаводцев, д. 2",
            "details": {},
            "channel": "portal",
            "status": "registered",
            "registered_at": AS_OF,
            "answer_due_on": date(2026, 12, 21),
        }
        found: Enquiry = self._add(Enquiry(**(defaults | values)))
        self.entry(found, "Откуда взялась сумма?", status="registered")
        return found

    def entry(self, enquiry: Enquiry, text: str, **values: Any) -> EnquiryEntry:
        """A message of the customer."""
        defaults = {
            "idempotency_key": str(uuid.uuid4()),
            "enquiry_id": enquiry.id,
            "written_at": AS_OF,
            "author": "customer",
            "text": text,
            "is_internal": False,
        }
        return self._add(EnquiryEntry(**(defaults | values)))

    def staff(self, role: StaffRole = StaffRole.OPERATOR, **values: Any) -> StaffMember:
        """A member with both factors set up; ``PageClient.sign_in_staff`` knows them."""
        command = NewStaff(
            values.get("login", str(role)),
            values.get("name", f"Сотрудник {role}"),
            role,
            values.get("department_id"),
        )
        member = create_staff(self.session, command, PASSWORD, CREATED, is_final=True)
        member.totp_confirmed_at = CREATED
        self.session.flush()
        return member

    def meter(self, contract: Contract, serial_number: str = "12345678") -> Meter:
        point = self._add(
            SupplyPoint(
                external_id=self._key("TP"),
                contract_id=contract.id,
                name="Офис",
                address="г. Миасс, пр. Автозаводцев, д. 2",
                is_automatic=False,
                reading_regime="month_end",
            )
        )
        return self._add(
            Meter(
                external_id=self._key("M"),
                supply_point_id=point.id,
                serial_number=serial_number,
                multiplier=Decimal(40),
            )
        )
