"""Rate limits: at most so many attempts in a moving window, counted by subject and by address.

What counts is a row in the database (``actions.rate_limits``), so that a limit is the same for
every process and survives a restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class LimitedAction(StrEnum):
    """What is rate-limited; each action is counted by itself. The values are stored."""

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
    """An email that a stranger may have caused, by purpose and mailbox; suppressed ones fail."""
    STAFF_SIGN_IN = "staff_sign_in"
    STAFF_CODE = "staff_code"
    API = "api"


class Outcome(StrEnum):
    """Which attempts a limit counts, by how they ended."""

    ANY = "any"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most ``count`` attempts in the ``window`` before now.

    With ``per_subject`` and ``per_address`` it counts the attempts of one subject from one network
    address; with one of them, all of that subject or from that address; with neither, all.
    """

    count: int
    window: timedelta
    per_subject: bool = False
    """Count by the login, contract or phone number that is tried."""
    per_address: bool = False
    """Count by the network address that the attempt comes from."""
    outcome: Outcome = Outcome.ANY
    staff_alert: str = ""
    """Name of the alert for staff where reaching the limit is one."""


NEW_HASH_LIMITS = (
    RateLimit(15, timedelta(minutes=15), per_subject=True),
    RateLimit(30, timedelta(minutes=15), per_address=True),
)
"""New passwords that are hashed, for one registration or clerk and from one address: hashing costs
a twentieth of a second of a processor and 19 MiB each time."""
