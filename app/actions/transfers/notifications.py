"""Emails about contracts that changed hands, to those on record of both sides.

One email to an address and a batch, however many contracts it is about. Neither side reads anything
of the other's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import build_message_facts
from app.actions.messages import WAITING
from app.domain.contacts import read_billing_contacts
from app.domain.registration import Channel
from app.domain.transfers import Decision
from app.integrations.message_templates import render_email
from app.lib.database import insert_many_or_ignore
from app.models import Account, Contract, ContractTransfer, Membership, Message

FORMER, NEW = "transfer_former", "transfer_new"
LISTED = 20
ROWS_AT_ONCE = 500


@dataclass(slots=True)
class Addressee:
    """A recipient and the contracts named in the email; only the first of many are."""

    contract_ids: set[int] = field(default_factory=set)
    numbers: list[str] = field(default_factory=list)
    account_id: int | None = None

    @property
    def count(self) -> int:
        return len(self.contract_ids)

    def add(self, contract_id: int, number: str) -> None:
        if contract_id not in self.contract_ids and len(self.numbers) < LISTED:
            self.numbers.append(number)
        self.contract_ids.add(contract_id)


class TransferNotifications:
    """Collect the recipients of one import's transfer emails, and queue the emails.

    The messages are left to the worker's sweep: a batch may bring thousands.
    """

    def __init__(self, session: Session, run_id: int, now: datetime) -> None:
        self._session = session
        self._run_id = run_id
        self._now = now
        self._facts = build_message_facts(session, None)
        self._addressees: dict[str, dict[str, Addressee]] = {FORMER: {}, NEW: {}}

    def add(self, transfer: Any) -> None:
        """Those whom billing has on record, before and now.

        A customer that only got another key, and of whom nobody is registered, has nothing to read.

        Args:
            transfer: the columns of a ``ContractTransfer``, ``number`` of its contract, and
                ``new_email`` and ``new_phone``, which billing has for its customer now; either
                field may hold addresses.
        """
        if transfer.decision == Decision.NOBODY and transfer.former_inn == transfer.new_inn:
            return
        for kind, fields in (
            (FORMER, (transfer.former_email, transfer.former_phone)),
            (NEW, (transfer.new_email, transfer.new_phone)),
        ):
            for email in read_billing_contacts(*fields).emails:
                self._add(kind, email, transfer.contract_id, transfer.number)

    def send(self) -> None:
        """Queue an email for each; who is of both sides reads only what the former side does."""
        self._add_members()
        former = {email.casefold() for email in self._addressees[FORMER]}
        rows = [
            self._message(kind, email, addressee)
            for kind, by_email in self._addressees.items()
            for email, addressee in by_email.items()
            if kind == FORMER or email.casefold() not in former
        ]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            insert_many_or_ignore(self._session, Message, rows[start : start + ROWS_AT_ONCE])

    def _add_members(self) -> None:
        """People who had access until this import, at the address they have confirmed."""
        rows = self._session.execute(
            select(Account.id, Account.email, Contract.id, Contract.number)
            .join(Membership, Membership.account_id == Account.id)
            .join(Contract, Contract.id == Membership.contract_id)
            .join(ContractTransfer, ContractTransfer.id == Membership.suspended_by_id)
            .where(
                ContractTransfer.import_run_id == self._run_id,
                Account.email_confirmed_at.is_not(None),
                Account.disabled_at.is_(None),
            )
        )
        for account_id, email, contract_id, number in rows:
            self._add(FORMER, email, contract_id, number).account_id = account_id

    def _add(self, kind: str, email: str, contract_id: int, number: str) -> Addressee:
        addressee = self._addressees[kind].setdefault(email, Addressee())
        addressee.add(contract_id, number)
        return addressee

    def _message(self, kind: str, email: str, addressee: Addressee) -> dict[str, Any]:
        text = render_email(
            kind,
            **self._facts,
            numbers=_numbers(addressee),
            is_one=addressee.count == 1,
        )
        return {
            "dedupe_key": f"{kind}:{self._run_id}:{email}"[:120],
            "kind": kind,
            "channel": Channel.MAIL,
            "recipient": email,
            "subject": text.subject,
            "text": text.text,
            "html": text.html,
            "status": WAITING,
            "is_interactive": False,
            "tries": 0,
            "created_at": self._now,
            "next_try_at": self._now,
            "account_id": addressee.account_id,
            "contract_id": min(addressee.contract_ids) if addressee.count == 1 else None,
        }


def _numbers(addressee: Addressee) -> str:
    named = ", ".join(f"№ {number}" for number in addressee.numbers)
    left = addressee.count - len(addressee.numbers)
    return f"{named} и еще {left}" if left else named
