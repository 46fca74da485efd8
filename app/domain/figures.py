"""Figures of the work with customers: answers in time, how long they took, how they were rated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from app.domain.enquiries import UNANSWERED


@dataclass(frozen=True, slots=True)
class AnsweredEnquiry:
    """An enquiry as the figures need it.

    Attributes:
        answered_at: of the answer or the refusal; None: there is none.
    """

    topic_id: int
    topic: str
    status: str
    registered_at: datetime
    answered_at: datetime | None
    due_on: date
    rating: int | None


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """Enquiries of one topic.

    Attributes:
        in_time: answered by their deadline; late: answered after it, or overdue and unanswered.
        median_time: from registration to the answer; None: nothing is answered.
        rating: mean of the ratings, one decimal; None: nobody has rated.
    """

    topic: str
    total: int
    in_time: int
    late: int
    median_time: timedelta | None
    rating: Decimal | None
    rated: int

    @property
    def share_in_time(self) -> int | None:
        """Whole per cent of those whose answer was given or is overdue; None: there are none."""
        judged = self.in_time + self.late
        return round(self.in_time * 100 / judged) if judged else None


def build_topic_figures(
    enquiries: Iterable[AnsweredEnquiry], today: date, zone: tzinfo | None
) -> tuple[list[TopicFigures], TopicFigures]:
    """Figures by topic, the largest first, and of all topics together.

    Args:
        zone: the supplier's, in whose days deadlines are counted.
    """
    known = list(enquiries)
    topics: dict[int, list[AnsweredEnquiry]] = {}
    for enquiry in known:
        topics.setdefault(enquiry.topic_id, []).append(enquiry)
    rows = [_figures(of_topic[0].topic, of_topic, today, zone) for of_topic in topics.values()]
    rows.sort(key=lambda row: (-row.total, row.topic))
    return rows, _figures("Итого", known, today, zone)


def _figures(
    topic: str, enquiries: list[AnsweredEnquiry], today: date, zone: tzinfo | None
) -> TopicFigures:
    in_time = late = 0
    times, ratings = [], []
    for enquiry in enquiries:
        if enquiry.rating is not None:
            ratings.append(enquiry.rating)
        if enquiry.answered_at is not None:
            times.append((enquiry.answered_at - enquiry.registered_at).total_seconds())
            if enquiry.answered_at.astimezone(zone).date() <= enquiry.due_on:
                in_time += 1
            else:
                late += 1
        elif enquiry.status in UNANSWERED and enquiry.due_on < today:
            late += 1
    mean = Decimal(sum(ratings)) / len(ratings) if ratings else None
    return TopicFigures(
        topic,
        len(enquiries),
        in_time,
        late,
        timedelta(seconds=median(times)) if times else None,
        mean.quantize(Decimal("0.1"), ROUND_HALF_UP) if mean is not None else None,
        len(ratings),
    )
