"""Enquiries: what becomes of one, when it is answered, and what some topics ask besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar


class EnquiryStatus(StrEnum):
    """What has become of an enquiry."""

    REGISTERED = "registered"
    IN_WORK = "in_work"
    NEEDS_DETAILS = "needs_details"
    ANSWERED = "answered"
    CLOSED = "closed"
    REJECTED = "rejected"


OPEN = (
    EnquiryStatus.REGISTERED,
    EnquiryStatus.IN_WORK,
    EnquiryStatus.NEEDS_DETAILS,
    EnquiryStatus.ANSWERED,
)
"""The customer may add to it."""
WAITING = (EnquiryStatus.REGISTERED, EnquiryStatus.IN_WORK)
"""The supplier's turn."""
UNANSWERED = (*WAITING, EnquiryStatus.NEEDS_DETAILS)
"""The term of the answer runs."""

MAX_DRAFT_TEXT = 20_000
MAX_DRAFT_FIELD = 1_000


def bound_draft(typed: Mapping[str, str]) -> dict[str, str]:
    """Cut what a draft stores to its limits: a draft needs no valid form, so nothing else does."""
    limits = {"text": MAX_DRAFT_TEXT}
    return {name: text[: limits.get(name, MAX_DRAFT_FIELD)] for name, text in typed.items()}


class QueueState(StrEnum):
    """Whose turn it is, as the desk sorts its enquiries."""

    WAITING = "waiting"
    CUSTOMER = "customer"
    ANSWERED = "answered"
    CLOSED = "closed"
    ALL = "all"

    @property
    def statuses(self) -> tuple[EnquiryStatus, ...]:
        """The statuses it takes together."""
        return _STATES[self]


_STATES = {
    QueueState.WAITING: WAITING,
    QueueState.CUSTOMER: (EnquiryStatus.NEEDS_DETAILS,),
    QueueState.ANSWERED: (EnquiryStatus.ANSWERED,),
    QueueState.CLOSED: (EnquiryStatus.CLOSED, EnquiryStatus.REJECTED),
    QueueState.ALL: tuple(EnquiryStatus),
}


class Term(StrEnum):
    """How soon an answer is due; all but ``ANY`` speak of enquiries whose term runs."""

    ANY = "any"
    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"


SOON_DAYS = 3


class Author(StrEnum):
    """Whose words an entry of a thread are."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


class Reply(StrEnum):
    """What a clerk does with an enquiry."""

    TAKE = "take"
    ANSWER = "answer"
    ASK = "ask"
    REJECT = "reject"
    CLOSE = "close"

    @property
    def leads_to(self) -> EnquiryStatus:
        """The status after it."""
        return _LEADS_TO[self]

    @property
    def needs_words(self) -> bool:
        """Whether the customer has to read something."""
        return self in (Reply.ANSWER, Reply.ASK, Reply.REJECT)


_LEADS_TO = {
    Reply.TAKE: EnquiryStatus.IN_WORK,
    Reply.ANSWER: EnquiryStatus.ANSWERED,
    Reply.ASK: EnquiryStatus.NEEDS_DETAILS,
    Reply.REJECT: EnquiryStatus.REJECTED,
    Reply.CLOSE: EnquiryStatus.CLOSED,
}


class TopicUse(StrEnum):
    """Topics the portal itself leads to, or whose form has fields of its own."""

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


def is_for(topic: _Topic, use: TopicUse) -> bool:
    """Whether a topic of the supplier's directory is the one for a use: by its id, or by its
    name."""
    if topic.external_id.removeprefix(BUILT_IN) == use:
        return True
    name = topic.name.casefold().replace("ё", "е")
    return any(root in name for root in _ROOTS[use])


def find_topic(topics: Iterable[T], use: TopicUse) -> T | None:
    """The topic for a use, an exact id before a name."""
    known = list(topics)
    exact = (each for each in known if each.external_id.removeprefix(BUILT_IN) == use)
    by_name = (each for each in known if is_for(each, use))
    return next(exact, None) or next(by_name, None)


def offered_topics(topics: Iterable[T], is_terminated: bool) -> list[T]:
    """Topics to choose from; once a contract has ended only those about the contract itself.

    They are known by the word «договор» in their name, so that whoever edits the directory decides.
    Where none has it all are offered: people must have some way to ask.
    """
    known = list(topics)
    about_contract = [topic for topic in known if "договор" in topic.name.casefold()]
    return about_contract if is_terminated and about_contract else known


BUILT_IN = "portal:"
"""Begins the ids of topics that stand in for a directory which billing has not sent; no id of a
billing system can."""


def answer_due_on(registered_on: date, days: int) -> date:
    """The last day for the answer, counted in calendar days from the day after registration."""
    return registered_on + timedelta(days=days)


def days_overdue(status: str, due_on: date, today: date) -> int:
    """By how many days the answer is late; 0 while it is not, or where no term runs."""
    return max(0, (today - due_on).days) if status in UNANSWERED else 0


def registration_number(enquiry_id: int, registered_on: date) -> str:
    """«2026-000017»: unique, and says the year."""
    return f"{registered_on.year}-{enquiry_id:06d}"


def after_addition(status: str) -> EnquiryStatus:
    """The status once the customer has added something: it is the supplier's turn again."""
    if status == EnquiryStatus.REGISTERED:
        return EnquiryStatus.REGISTERED
    return EnquiryStatus.IN_WORK
