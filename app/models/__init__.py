"""All tables; importing this module fills ``Base.metadata``."""

from app.models.accounts import Account, AccountSession, Membership, SignInAttempt
from app.models.audit import AuditEvent, ImportRun
from app.models.base import Base
from app.models.charges import Charge, ChargeLine, Invoice, MonthlyBalance
from app.models.contracts import (
    Contract,
    Customer,
    Department,
    EnquiryTopic,
    Service,
    Supplier,
    SupplyPoint,
)
from app.models.metering import Meter, Reading, Register
from app.models.payments import Payment

__all__ = [
    "Account",
    "AccountSession",
    "AuditEvent",
    "Base",
    "Charge",
    "ChargeLine",
    "Contract",
    "Customer",
    "Department",
    "EnquiryTopic",
    "ImportRun",
    "Invoice",
    "Membership",
    "Meter",
    "MonthlyBalance",
    "Payment",
    "Reading",
    "Register",
    "Service",
    "SignInAttempt",
    "Supplier",
    "SupplyPoint",
]
