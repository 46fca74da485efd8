"""Send what was gathered for a person as one email a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.actions.messages import Outgoing, queue_many
from app.actions.notifications.queueing import USEFUL_FOR, NotificationRules
from app.domain.events import EventKind
from app.domain.formats import counted
from app.domain.registration import Channel
from app.integrations.event_texts import describe_event
from app.integrations.message_templates import render_email
from app.lib.signed_links import Purpose
from app.models import ContractEvent, DigestItem, Membership, NotificationSettings
from app.queries.contracts import find_supplier
from app.queries.events.readers import (
    ContractName,
    EventReader,
    list_due_digests,
    list_gathered,
    list_readers,
    name_contracts,
)

PORTION = 100
"""People whose digests are queued in one transaction."""
MAX_LINES = 100
"""Of one email; more are counted."""
ALL_CONTRACTS = "all"
"""Nonce of a link that ends the emails of all contracts of a person."""
Gathered = Sequence[tuple[int, ContractEvent]]


def send_digests(
    session: Session,
    rules: NotificationRules,
    list_url: Callable[..., str],
    now: datetime,
    after: int,
) -> int:
    """Queue the digests of some people for whom the hour has come; the last of them, or 0.

    Args:
        list_url: address of the events of a contract.
        now: in the supplier's zone.
        after: the last account of the portion before.
    """
    today = now.date()
    account_ids = list_due_digests(session, today, now.hour, after, PORTION)
    if not account_ids:
        return 0
    session.rollback()  # what was read must not hinder SQLite from writing
    memberships = select(Membership.id).where(Membership.account_id.in_(account_ids))
    # The first statement writes, so that of two processes one waits and finds nothing.
    session.execute(
        update(NotificationSettings)
        .where(NotificationSettings.account_id.in_(account_ids))
        .values(digested_on=today)
        .execution_options(synchronize_session=False)
    )
    gathered = list_gathered(session, account_ids)
    session.execute(delete(DigestItem).where(DigestItem.membership_id.in_(memberships)))
    if rules.is_on:
        contract_ids = {event.contract_id for items in gathered.values() for _, event in items}
        readers = {
            reader.membership_id: reader
            for found in list_readers(session, contract_ids, today).values()
            for reader in found
        }
        digest = _Digest(session, readers, name_contracts(session, contract_ids), rules, list_url)
        messages = (digest.build(items, now) for items in gathered.values())
        queue_many(session, [message for message in messages if message], now)
    return account_ids[-1]


class _Digest:
    """Builds the emails of one portion."""

    def __init__(
        self,
        session: Session,
        readers: dict[int, EventReader],
        names: dict[int, ContractName],
        rules: NotificationRules,
        list_url: Callable[..., str],
    ) -> None:
        self._readers = readers
        self._names = names
        self._rules = rules
        self._list_url = list_url
        supplier = find_supplier(session)
        self._supplier = {
            "supplier": (supplier.short_name or supplier.name) if supplier else "Поставщик",
            "supplier_phone": (supplier.phone if supplier else None) or "",
        }

    def build(self, items: Gathered, now: datetime) -> Outgoing | None:
        """The email of one person; None: they may not read any of it now."""
        wanted = [
            (reader, event)
            for membership_id, event in items
            if (reader := self._readers.get(membership_id)) and reader.email
        ]
        if not wanted:
            return None
        first = wanted[0][0]
        contract_id = first.contract_id
        content = render_email(
            "event_digest",
            **self._supplier,
            title=f"{counted(len(wanted), 'событие', 'события', 'событий')} за день",
            lines=self._lines([event for _, event in wanted]),
            page_url=self._list_url(contract_id=contract_id),
            settings_url=self._rules.settings_url(contract_id=contract_id),
        )
        return Outgoing(
            kind="event_digest",
            channel=Channel.MAIL,
            recipient=first.email or "",
            content=content,
            key=f"{first.account_id}:{max(event.id for _, event in wanted)}",
            link=(Purpose.UNSUBSCRIBE, first.membership_id, ALL_CONTRACTS),
            account_id=first.account_id,
            contract_id=contract_id,
            expires_at=now + USEFUL_FOR,
        )

    def _lines(self, events: Sequence[ContractEvent]) -> list[str]:
        lines = [
            f"Договор № {self._names[event.contract_id].number}: "
            f"{describe_event(EventKind(event.kind), event.facts)}. "
            f"{self._rules.event_url(event.contract_id, EventKind(event.kind), event.subject_id)}"
            for event in events[:MAX_LINES]
        ]
        if len(events) > MAX_LINES:
            lines.append(f"И еще {len(events) - MAX_LINES}, все они в разделе «События».")
        return lines
