"""Rate limits of the emails that strangers may cause to one mailbox; more are suppressed silently.

Counted by purpose, so that a flood of one kind never uses up another: a link for a new password is
still sent while somebody registers with the same address again and again. One network address may
use up only a part of each limit. Notifications of one's own changes, answers and decisions of staff
are not limited: no stranger causes them.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.domain.rate_limits import Outcome, RateLimit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_YANDEX = frozenset(
    {"ya.ru", "yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "narod.ru"}
)


class EmailPurpose(StrEnum):
    """Purposes that emails are counted by; several kinds may share one. The values are hashed."""

    REGISTRATION = "registration"
    NOTIFICATION = "notice"
    RECOVERY = "recovery"
    CONTACT = "contact"
    ENQUIRY = "enquiry"
    INVITATION = "invitation"


PURPOSES = {
    "registration_link": EmailPurpose.REGISTRATION,
    "registration_notice": EmailPurpose.NOTIFICATION,
    "registration_taken": EmailPurpose.NOTIFICATION,
    "recovery_link": EmailPurpose.RECOVERY,
    "contact_link": EmailPurpose.CONTACT,
    "enquiry_receipt": EmailPurpose.ENQUIRY,
    "invitation": EmailPurpose.INVITATION,
    "access_requested": EmailPurpose.NOTIFICATION,
    "access_refused": EmailPurpose.INVITATION,
}
"""Purposes of the kinds of email that somebody else than the reader of the mailbox may cause."""


def _build_limits(per_address: int, an_hour: int, a_day: int) -> tuple[RateLimit, ...]:
    sent = Outcome.SUCCEEDED
    return (
        RateLimit(per_address, HOUR, per_subject=True, per_address=True, outcome=sent),
        RateLimit(an_hour, HOUR, per_subject=True, outcome=sent),
        RateLimit(a_day, DAY, per_subject=True, outcome=sent),
    )


LIMITS = {
    EmailPurpose.REGISTRATION: _build_limits(5, 8, 20),
    EmailPurpose.NOTIFICATION: _build_limits(4, 6, 15),
    EmailPurpose.RECOVERY: _build_limits(5, 8, 20),
    EmailPurpose.CONTACT: _build_limits(4, 6, 12),
    EmailPurpose.ENQUIRY: _build_limits(10, 15, 40),
    EmailPurpose.INVITATION: _build_limits(10, 15, 40),
}


def mailbox_key(address: str) -> str:
    """Normalise an email address to one key for all spellings that reach one mailbox.

    Case and «+tag» are dropped; Gmail ignores dots, Yandex has one mailbox under several domains
    and treats a dot like a hyphen.
    """
    name, _, domain = address.strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    if domain in _GMAIL:
        return f"{name.replace('.', '')}@gmail.com"
    if domain in _YANDEX:
        return f"{name.replace('.', '-')}@yandex.ru"
    return f"{name}@{domain}"
