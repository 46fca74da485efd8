"""How often something may be tried: counts in windows, told apart by subject and by address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Tried(StrEnum):
    """What is tried; each kind is counted by itself."""

    SIGN_IN = "sign_in"
    FIRST_ENTRY = "first_entry"
    REGISTRATION = "registration"
    PROOF = "proof"
    PROOF_CONTRACT = "proof_contract"
    SMS_REQUEST = "sms_request"
    SMS_TO_NOBODY = "sms_to_nobody"
    """A code asked for where none is sent: counted, so that the answer takes as long."""
    SMS_CODE = "sms_code"
    RECOVERY = "recovery"
    RECOVERY_CODE = "recovery_code"
    PDF = "pdf"
    UPLOAD = "upload"
    CONTACT = "contact"
    CONFIRM = "confirm"
    """The password asked for behind a confirmation link in another browser."""
    NEW_HASH = "new_hash"
    """A new password that will be hashed."""
    EMAIL = "email"
    """An email that a stranger may have caused, by purpose and mailbox; refused ones fail."""
    STAFF_SIGN_IN = "staff_sign_in"
    STAFF_CODE = "staff_code"
    API = "api"


class Outcome(StrEnum):
    """Which tries a limit counts."""

    ANY = "any"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` tries in ``window``."""

    count: int
    window: timedelta
    per_subject: bool = False
    """Count by the login, contract or telephone that is tried …"""
    per_address: bool = False
    """… by the network address that tries, by both together, or, with neither, all of them."""
    outcome: Outcome = Outcome.ANY
    name: str = ""
    """Set where reaching it is an alarm for staff."""


NEW_HASH_LIMITS = (
    Limit(15, timedelta(minutes=15), per_subject=True),
    Limit(30, timedelta(minutes=15), per_address=True),
)
"""New passwords that are hashed, for one registration or clerk and from one address: hashing costs
a twentieth of a second of a processor and 19 MiB each time."""
