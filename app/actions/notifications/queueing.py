"""Queue messages about events for the people who want them.

What is to be sent is read and written out first, without a lock. An event is then claimed by the
statement that says it was told, in the short transaction that queues its messages: killed, nothing
of it is there, and the next run begins with the same events; of two workers one finds it claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.messages import Outgoing, queue_many
from app.domain.events import EventKind, kinds_of
from app.domain.notifications import EventChannel
from app.domain.registration import Channel
from app.integrations.event_texts import describe_event
from app.integrations.message_templates import MessageContent, render_email, render_sms
from app.lib.database import insert_many_or_ignore
from app.lib.signed_links import Purpose
from app.models import ContractEvent, DigestItem
from app.queries.contracts import SupplierCard, find_supplier
from app.queries.events.readers import (
    ContractName,
    EventReader,
    count_sms,
    list_readers,
    name_contracts,
)

PORTION = 1000
"""Events whose messages are queued in one transaction, some tenths of a second."""
USEFUL_FOR = timedelta(days=3)
"""After which a message that could not be sent says nothing new any more."""
BUTTONS = {
    EventKind.INVOICE: "Открыть счет",
    EventKind.DOCUMENT: "Открыть документ",
    EventKind.CORRECTION: "Открыть документ",
    EventKind.PAYMENT: "Открыть оплаты",
    EventKind.DUE: "Оплатить",
    EventKind.OVERDUE: "Оплатить",
    EventKind.WINDOW_OPENS: "Передать показания",
    EventKind.WINDOW_CLOSES: "Передать показания",
    EventKind.READINGS_MISSED: "Передать показания",
    EventKind.READING_ACCEPTED: "Открыть квитанцию",
    EventKind.READING_REFUSED: "Открыть квитанцию",
    EventKind.ANSWER: "Открыть обращение",
    EventKind.VERIFICATION: "Открыть прибор",
    EventKind.WORKS: "Открыть договор",
    EventKind.ACCESS: "Сотрудники и доступ",
}


@dataclass(frozen=True, slots=True)
class NotificationRules:
    """How one installation tells people of events.

    Attributes:
        event_url: address of what an event of a contract is about.
        settings_url: address of the preferences of a contract.
        sms_cap: text messages of a contract in a month.
        sms_prefixes: beginnings of numbers that get any.
        is_on: whether messages are sent at all; else there is the list only.
    """

    event_url: Callable[[int, EventKind, int | None], str]
    settings_url: Callable[..., str]
    sms_cap: int
    sms_prefixes: tuple[str, ...]
    is_on: bool = True


class UntoldEvent(NamedTuple):
    """An event that nobody has been told of."""

    id: int
    contract_id: int
    kind: str
    happened_on: date
    subject_id: int | None
    days_before: int | None
    facts: dict[str, Any]
    told_account_id: int | None


@dataclass(frozen=True, slots=True)
class PreparedMessages:
    """What some events lead to; nothing of it is stored yet.

    Attributes:
        messages: with the id of their event.
    """

    event_ids: list[int]
    messages: list[tuple[int, Outgoing]]
    digest_items: list[dict[str, int]]


def prepare_next(
    session: Session, rules: NotificationRules, now: datetime
) -> PreparedMessages | None:
    """Write the messages about some events that nobody was told of; None: there are none.

    Args:
        now: in the supplier's zone.
    """
    columns = (getattr(ContractEvent, name) for name in UntoldEvent._fields)
    untold = (
        select(*columns)
        .where(ContractEvent.told_at.is_(None))
        .order_by(ContractEvent.id)
        .limit(PORTION)
    )
    events = [UntoldEvent(*row) for row in session.execute(untold)]
    if not events:
        return None
    prepared = PreparedMessages([event.id for event in events], [], [])
    if rules.is_on:
        batch = _Batch.of(session, events, rules, now)
        prepared.messages.extend(batch.messages(events))
        prepared.digest_items.extend(batch.digest_items(events))
    return prepared


def queue_prepared(session: Session, prepared: PreparedMessages, now: datetime) -> int:
    """Note the events as told and queue their messages; how many events.

    What another worker has told meanwhile is left to it. The session must not have read yet.
    """
    claimed = set(
        session.scalars(
            update(ContractEvent)
            .where(ContractEvent.id.in_(prepared.event_ids), ContractEvent.told_at.is_(None))
            .values(told_at=now)
            .returning(ContractEvent.id)
            .execution_options(synchronize_session=False)
        )
    )
    queue_many(session, [m for event_id, m in prepared.messages if event_id in claimed], now)
    items = [item for item in prepared.digest_items if item["event_id"] in claimed]
    insert_many_or_ignore(session, DigestItem, items)
    return len(claimed)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the messages about some events need to know, read at once."""

    readers: dict[int, list[EventReader]]
    names: dict[int, ContractName]
    sms_sent: dict[int, int]
    supplier: SupplierCard | None
    rules: NotificationRules
    now: datetime

    @classmethod
    def of(
        cls,
        session: Session,
        events: Sequence[UntoldEvent],
        rules: NotificationRules,
        now: datetime,
    ) -> _Batch:
        ids = {event.contract_id for event in events}
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls(
            list_readers(session, ids, now.date()),
            name_contracts(session, ids),
            count_sms(session, ids, month),
            find_supplier(session),
            rules,
            now,
        )

    def messages(self, events: Sequence[UntoldEvent]) -> Iterator[tuple[int, Outgoing]]:
        """Emails and text messages about events, for who wants them at once."""
        for event in events:
            email = sms = None
            for reader in self._readers(event):
                if self._wants_email(reader, event) and reader.preferences.digest_hour is None:
                    email = email or self._email(event)
                    recipient = reader.email or ""
                    yield event.id, self._outgoing(event, reader, Channel.MAIL, recipient, email)
                if self._may_text(reader, event):
                    sms = sms or self._sms(event)
                    sent = self.sms_sent.get(event.contract_id, 0)
                    self.sms_sent[event.contract_id] = sent + 1
                    recipient = reader.phone or ""
                    yield event.id, self._outgoing(event, reader, Channel.SMS, recipient, sms)

    def digest_items(self, events: Sequence[UntoldEvent]) -> Iterator[dict[str, int]]:
        """Events that wait for the digest of who wants one."""
        for event in events:
            for reader in self._readers(event):
                if self._wants_email(reader, event) and reader.preferences.digest_hour is not None:
                    yield {"membership_id": reader.membership_id, "event_id": event.id}

    def _readers(self, event: UntoldEvent) -> Iterator[EventReader]:
        """Who learns of an event and has not been told of it in another way."""
        for reader in self.readers.get(event.contract_id, ()):
            is_new = reader.account_id != event.told_account_id
            if is_new and reader.since <= event.happened_on and event.kind in kinds_of(reader.role):
                yield reader

    def _wants_email(self, reader: EventReader, event: UntoldEvent) -> bool:
        kind = EventKind(event.kind)
        wants = reader.preferences.wants(EventChannel.MAIL, kind, event.days_before)
        return wants and reader.email is not None

    def _may_text(self, reader: EventReader, event: UntoldEvent) -> bool:
        kind = EventKind(event.kind)
        return (
            reader.phone is not None
            and reader.phone.startswith(self.rules.sms_prefixes)
            and reader.preferences.wants(EventChannel.SMS, kind, event.days_before)
            and self.sms_sent.get(event.contract_id, 0) < self.rules.sms_cap
        )

    def _facts(self, event: UntoldEvent) -> dict[str, object]:
        kind, name, supplier = EventKind(event.kind), self.names[event.contract_id], self.supplier
        return {
            "sentence": describe_event(kind, event.facts),
            "number": name.number,
            "customer": name.customer,
            "page_url": self.rules.event_url(event.contract_id, kind, event.subject_id),
            "settings_url": self.rules.settings_url(contract_id=event.contract_id),
            "button": BUTTONS[kind],
            "supplier": (supplier.short_name or supplier.name) if supplier else "Поставщик",
            "supplier_phone": (supplier.phone if supplier else None) or "",
        }

    def _email(self, event: UntoldEvent) -> MessageContent:
        return render_email("event", **self._facts(event))

    def _sms(self, event: UntoldEvent) -> MessageContent:
        return render_sms("event", **self._facts(event))

    def _outgoing(
        self,
        event: UntoldEvent,
        reader: EventReader,
        channel: Channel,
        recipient: str,
        content: MessageContent,
    ) -> Outgoing:
        send_at = reader.preferences.quiet.next_allowed(self.now)
        return Outgoing(
            kind=f"event_{event.kind}",
            channel=channel,
            recipient=recipient,
            content=content,
            # Somebody with two accounts is told once.
            key=str(event.id),
            link=(Purpose.UNSUBSCRIBE, reader.membership_id, ""),
            account_id=reader.account_id,
            contract_id=event.contract_id,
            expires_at=send_at + USEFUL_FOR,
            send_at=send_at,
        )
