"""All tables; importing this module fills ``Base.metadata``."""

from app.models.access_requests import AccessRequest
from app.models.accounts import Account, AccountSession, Membership, MembershipPoint, RateLimitHit
from app.models.audit import AuditEvent, ImportJob, ImportRun
from app.models.base import Base
from app.models.charges import Charge, ChargeLine, Invoice, MonthlyBalance
from app.models.contacts import BankDetails, ContactChange, ContactUpdate
from app.models.contract_labels import ContractLabel
from app.models.contract_search import (
    ContractSearch,
    ContractSearchGram,
    ContractSearchSegment,
)
from app.models.contracts import (
    Contract,
    Customer,
    Department,
    EnquiryTopic,
    Service,
    Supplier,
    SupplyPoint,
)
from app.models.custom_names import CustomMeterName, CustomPointName
from app.models.enquiries import (
    Attachment,
    Enquiry,
    EnquiryDraft,
    EnquiryEntry,
    PremisesKind,
)
from app.models.events import ContractEvent, DigestItem, EventDay, NotificationSettings
from app.models.invitations import Invitation, InvitationContract, InvitationPoint
from app.models.mailings import Mailing, MailingRecipient
from app.models.messages import Message
from app.models.metering import Meter, Reading, Register
from app.models.open_items import OpenItemSnapshot
from app.models.operations import Backup, DeliveryOutage, HealthAlert, WorkerHeartbeat
from app.models.payments import Payment
from app.models.prepared_files import PreparedFile
from app.models.registrations import Consent, Recovery, Registration, SmsCode
from app.models.second_factors import AccountRecoveryCode, SecondFactor, SecondFactorRole
from app.models.sms_reports import SmsReport
from app.models.staff import (
    Announcement,
    AnnouncementContract,
    RecoveryCode,
    StaffMember,
    StaffSession,
    TextVersion,
)
from app.models.staff_work import AnswerTemplate, CustomerNote
from app.models.submitted_readings import ReadingReceipt, SubmittedReading
from app.models.transfers import ContractTransfer

__all__ = [
    "AccessRequest",
    "Account",
    "AccountRecoveryCode",
    "AccountSession",
    "Announcement",
    "AnnouncementContract",
    "AnswerTemplate",
    "Attachment",
    "AuditEvent",
    "Backup",
    "BankDetails",
    "Base",
    "Charge",
    "ChargeLine",
    "Consent",
    "ContactChange",
    "ContactUpdate",
    "Contract",
    "ContractEvent",
    "ContractLabel",
    "ContractSearch",
    "ContractSearchGram",
    "ContractSearchSegment",
    "ContractTransfer",
    "CustomMeterName",
    "CustomPointName",
    "Customer",
    "CustomerNote",
    "DeliveryOutage",
    "Department",
    "DigestItem",
    "Enquiry",
    "EnquiryDraft",
    "EnquiryEntry",
    "EnquiryTopic",
    "EventDay",
    "HealthAlert",
    "ImportJob",
    "ImportRun",
    "Invitation",
    "InvitationContract",
    "InvitationPoint",
    "Invoice",
    "Mailing",
    "MailingRecipient",
    "Membership",
    "MembershipPoint",
    "Message",
    "Meter",
    "MonthlyBalance",
    "NotificationSettings",
    "OpenItemSnapshot",
    "Payment",
    "PremisesKind",
    "PreparedFile",
    "RateLimitHit",
    "Reading",
    "ReadingReceipt",
    "Recovery",
    "RecoveryCode",
    "Register",
    "Registration",
    "SecondFactor",
    "SecondFactorRole",
    "Service",
    "SmsCode",
    "SmsReport",
    "StaffMember",
    "StaffSession",
    "SubmittedReading",
    "Supplier",
    "SupplyPoint",
    "TextVersion",
    "WorkerHeartbeat",
]
