"""Enquiries: statuses, answer deadlines, topics and their additional fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar


class EnquiryStatus(StrEnum):
    """Status of an enquiry."""

    REGISTERED = "registered"
    IN_WORK = "in_work"
    NEEDS_DETAILS = "needs_details"
    ANSWERED = "answered"
    CLOSED = "closed"
    REJECTED = "rejected"


class EnquiryChannel(StrEnum):
    """How an enquiry came."""

    PORTAL = "portal"
    PHONE = "phone"
    WRITTEN = "written"
    """On paper."""


OPEN = (
    EnquiryStatus.REGISTERED,
    EnquiryStatus.IN_WORK,
    EnquiryStatus.NEEDS_DETAILS,
    EnquiryStatus.ANSWERED,
)
"""Statuses in which the customer may add to it."""
WAITING = (EnquiryStatus.REGISTERED, EnquiryStatus.IN_WORK)
"""Statuses in which the supplier has to act."""
UNANSWERED = (*WAITING, EnquiryStatus.NEEDS_DETAILS)
"""Statuses in which the answer deadline counts."""

MAX_DRAFT_TEXT = 20_000
MAX_DRAFT_FIELD = 1_000


def truncate_draft(typed: Mapping[str, str]) -> dict[str, str]:
    """Truncate what a draft stores to its limits.

    A draft needs no valid form, so nothing else limits it.

    Args:
        typed: text by the name of a field.
    """
    limits = {"text": MAX_DRAFT_TEXT}
    return {name: text[: limits.get(name, MAX_DRAFT_FIELD)] for name, text in typed.items()}


class QueueState(StrEnum):
    """Who has to act on an enquiry; a filter of the queue."""

    WAITING = "waiting"
    CUSTOMER = "customer"
    ANSWERED = "answered"
    CLOSED = "closed"
    ALL = "all"

    @property
    def statuses(self) -> tuple[EnquiryStatus, ...]:
        """The statuses that it means."""
        return _STATES[self]


_STATES = {
    QueueState.WAITING: WAITING,
    QueueState.CUSTOMER: (EnquiryStatus.NEEDS_DETAILS,),
    QueueState.ANSWERED: (EnquiryStatus.ANSWERED,),
    QueueState.CLOSED: (EnquiryStatus.CLOSED, EnquiryStatus.REJECTED),
    QueueState.ALL: tuple(EnquiryStatus),
}


class DeadlineFilter(StrEnum):
    """How soon an answer is due; all but ``ANY`` mean unanswered enquiries only."""

    ANY = "any"
    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"


SOON_DAYS = 3


class Author(StrEnum):
    """Who has written an entry of a thread."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


class Reply(StrEnum):
    """A step that staff take with an enquiry."""

    CLAIM = "take"
    ANSWER = "answer"
    ASK = "ask"
    REJECT = "reject"
    CLOSE = "close"

    @property
    def leads_to(self) -> EnquiryStatus:
        """The status after it."""
        return _LEADS_TO[self]

    @property
    def needs_text(self) -> bool:
        """Whether a text to the customer is required."""
        return self in (Reply.ANSWER, Reply.ASK, Reply.REJECT)


_LEADS_TO = {
    Reply.CLAIM: EnquiryStatus.IN_WORK,
    Reply.ANSWER: EnquiryStatus.ANSWERED,
    Reply.ASK: EnquiryStatus.NEEDS_DETAILS,
    Reply.REJECT: EnquiryStatus.REJECTED,
    Reply.CLOSE: EnquiryStatus.CLOSED,
}


class TopicUse(StrEnum):
    """Topics that the portal links to, or whose form has additional fields."""

    SETTLEMENTS = "settlements"
    READINGS = "readings"
    METERS = "meters"
    DETAILS = "details"
    EDO = "edo"
    QUALITY = "quality"


_ROOTS = {
    TopicUse.SETTLEMENTS: ("расчеты", "начислен"),
    TopicUse.READINGS: ("показани",),
    TopicUse.METERS: ("прибор",),
    TopicUse.DETAILS: ("реквизит",),
    TopicUse.EDO: ("эдо", "электронный документооборот"),
    TopicUse.QUALITY: ("качеств",),
}


class _Topic(Protocol):
    @property
    def external_id(self) -> str: ...

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Topic)


def is_topic_for(topic: _Topic, use: TopicUse) -> bool:
    """Whether a topic of the supplier's directory serves a use: by its id, or by its name."""
    if topic.external_id.removeprefix(BUILT_IN) == use:
        return True
    name = topic.name.casefold().replace("ё", "е")
    return any(root in name for root in _ROOTS[use])


def find_topic(topics: Iterable[T], use: TopicUse) -> T | None:
    """Find the topic for a use, by its exact id before its name; None: there is none."""
    known = list(topics)
    exact = (topic for topic in known if topic.external_id.removeprefix(BUILT_IN) == use)
    by_name = (topic for topic in known if is_topic_for(topic, use))
    return next(exact, None) or next(by_name, None)


def filter_topics(topics: Iterable[T], is_terminated: bool) -> list[T]:
    """List the topics to choose from; after the end of a contract only those about it.

    They are recognised by the word «договор» in their name, so that whoever edits the directory
    decides. Where none has it all are listed: people must have some way to ask.
    """
    known = list(topics)
    contract_topics = [topic for topic in known if "договор" in topic.name.casefold()]
    return contract_topics if is_terminated and contract_topics else known


BUILT_IN = "portal:"
"""Prefix of the ids of built-in topics, which serve until billing sends a directory; no id of a
billing system begins so."""


def answer_due_on(registered_on: date, days: int) -> date:
    """Compute the answer deadline: calendar days, counted from the day after registration.

    Args:
        registered_on: in the supplier's zone.
        days: of the topic, or the general number of days.
    """
    return registered_on + timedelta(days=days)


def days_overdue(status: str, due_on: date, today: date) -> int:
    """Count the days by which an answer is late; 0 while it is not, or is no longer needed."""
    return max(0, (today - due_on).days) if status in UNANSWERED else 0


def registration_number(enquiry_id: int, registered_on: date) -> str:
    """Format the registration number: «2026-000017», unique, with the year."""
    return f"{registered_on.year}-{enquiry_id:06d}"


def status_after_addition(status: str) -> EnquiryStatus:
    """Status after the customer has added something: the supplier has to act again."""
    if status == EnquiryStatus.REGISTERED:
        return EnquiryStatus.REGISTERED
    return EnquiryStatus.IN_WORK
