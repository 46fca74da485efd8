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
    INVITATION = "invitation"
    ACCESS_REQUEST = "access_request"
    """Access asked for of the owner of a contract, whether or not there is one."""
    CONFIRM = "confirm"
    """The password asked for behind a confirmation link in another browser."""
    NEW_HASH = "new_hash"
    """A new password that will be hashed."""
    EMAIL = "email"
    """An email that a stranger may have caused, by purpose and mailbox; suppressed ones fail."""
    ACCOUNT_CODE = "account_code"
    """A code of a customer's second factor."""
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


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts, sizes and lives that no operator can judge: constants of the portal, not settings.

    They are one object, given to ``create_app``, so that a test can shrink one of them.
    """

    sign_in_pair_failures: int = 10
    """Failed sign-ins for one login from one address in 15 minutes."""
    sign_in_address_failures: int = 25
    """Failed sign-ins from one address in 15 minutes."""
    sign_in_login_checks: int = 100
    """Password checks of one login in an hour, whatever the addresses."""
    first_entry_per_address: int = 20
    """First entries from one address in 15 minutes."""
    first_entry_per_contract: int = 30
    """First entries for one contract in an hour."""
    registrations_per_contract: int = 10
    """Confirmation emails for one contract from one address in 24 hours."""
    proof_tries: int = 3
    """Totals tried in one registration; per contract, address and day three times as many."""
    recoveries_per_login: int = 3
    """Messages for one forgotten password in an hour."""
    recoveries_per_address: int = 20
    """Forgotten passwords from one address in an hour."""
    contact_changes_per_hour: int = 5
    """New email addresses and telephone numbers of one account."""
    link_minutes: int = 60
    """Life of a link that confirms a registration or sets a new password."""
    sms_code_minutes: int = 10
    """Life of a code by text message."""
    sms_resend_seconds: int = 60
    """Pause before another code to the same number."""
    sms_code_tries: int = 5
    """Wrong entries that one code survives."""
    sms_tries_per_day: int = 15
    """Codes entered for one number, whatever the registrations."""
    sms_per_number: int = 3
    """Codes to one number in 10 minutes."""
    sms_per_number_day: int = 5
    """Codes to one number in 24 hours."""
    sms_per_address: int = 10
    """Codes asked for by one network address in an hour."""
    invitations_per_day: int = 40
    """Invitations that one account sends."""
    access_requests_per_day: int = 5
    """Requests for access to one contract from one address; per address twice as many."""
    enquiries_per_day: int = 20
    """Enquiries of one account."""
    attachments_per_message: int = 10
    """Files of one message."""
    attachments_per_day: int = 20
    """Files of one account in a day."""
    attachments_account_mb: int = 100
    """All files of one account together, MiB."""
    pdf_per_minute: int = 10
    """PDF documents for one account."""
    statement_max_rows: int = 2000
    """Longest statement made at once, as a page or for a spreadsheet."""
    pdf_max_rows: int = 2000
    """Longest PDF made at once (a second for every 3,000 rows); the worker makes longer ones."""
    file_max_rows: int = 10_000
    """Longest statement that the worker makes; a longer period has to be narrowed."""


LIMITS = Limits()
