"""States of a registration, and what proves the right to a contract.

    draft ──save──▶ link_sent ──link──▶ ┐
      └──code by SMS, save────────────▶ ┴─▶ active, or unproved ──document or clerk──▶ active

A newer registration of the contract supersedes it, whoever the billing data name may stop it, a
clerk may refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.contacts import read_billing_contacts, same_email
from app.domain.period import Month


class Channel(StrEnum):
    """How a person confirms a contact: by a link in an email or by a code in a text message."""

    MAIL = "mail"
    SMS = "sms"


class State(StrEnum):
    """State of a registration; the values are stored."""

    DRAFT = "draft"
    LINK_SENT = "link_sent"
    UNPROVED = "unproved"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    REFUSED = "refused"


PENDING = (State.DRAFT, State.LINK_SENT, State.UNPROVED)


class Proof(StrEnum):
    """What proved the right to the contract; the values are stored."""

    NOT_ASKED = "not_asked"
    CONTACT = "contact"
    DOCUMENT = "document"
    CLERK = "clerk"
    OWNER = "owner"
    """The account owns another contract of the same ИНН, and that was proved."""


@dataclass(frozen=True, slots=True)
class ContactsOnRecord:
    """Addresses and numbers of a customer in the billing data, in stored form."""

    emails: frozenset[str]
    phones: frozenset[str]

    @classmethod
    def of(cls, email: str | None, phone: str | None) -> ContactsOnRecord:
        """Parse the two fields of the billing data."""
        contacts = read_billing_contacts(email, phone)
        return cls(frozenset(contacts.emails), frozenset(contacts.phones))

    def without(self, others: ContactsOnRecord) -> ContactsOnRecord:
        """The contacts that ``others`` does not have as well."""
        emails = (
            email
            for email in self.emails
            if not any(same_email(email, other) for other in others.emails)
        )
        return ContactsOnRecord(frozenset(emails), self.phones - others.phones)

    def has(self, channel: Channel, contact: str) -> bool:
        """Whether a contact is on record.

        Only the one that was confirmed may count: anybody can type the address of a company.
        """
        if channel is Channel.SMS:
            return contact in self.phones
        return any(same_email(contact, known) for known in self.emails)


PROOF_MONTHS = 3


def earliest_proof_day(today: date) -> date:
    """First day of the documents that prove the right to a contract: three months back."""
    month = Month(today.year, today.month).plus(-PROOF_MONTHS)
    return date(month.year, month.number, min(today.day, month.last.day))


def is_document_total(amount: Decimal, totals: Iterable[Decimal]) -> bool:
    """Whether an amount in roubles is the exact total of a document.

    Zero proves nothing: anybody would guess it.
    """
    return amount > 0 and amount in set(totals)
