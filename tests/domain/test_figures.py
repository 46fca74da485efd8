"""Figures for managers: shares, medians, ratings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.domain.figures import AnsweredEnquiry, build_topic_figures

ZONE = ZoneInfo("Asia/Yekaterinburg")
TODAY = date(2026, 11, 21)
BEGAN = datetime(2026, 11, 1, 7, tzinfo=UTC)


def enquiry(hours: float | None, *, status: str = "answered", **fields: object) -> AnsweredEnquiry:
    values = {"topic_id": 1, "topic": "Расчеты", "due_on": date(2026, 11, 11), "rating": None}
    return AnsweredEnquiry(
        status=status,
        registered_at=BEGAN,
        answered_at=None if hours is None else BEGAN + timedelta(hours=hours),
        **(values | fields),  # type: ignore[arg-type]
    )


def test_share_median_and_rating_of_a_topic() -> None:
    rows, total = build_topic_figures(
        [
            enquiry(2, rating=5),
            enquiry(10, rating=4),
            enquiry(30 * 24, rating=4),
            enquiry(None, status="in_work"),
            enquiry(None, status="in_work", due_on=TODAY),
            enquiry(None, status="closed"),
            enquiry(4, topic_id=2, topic="Иное"),
        ],
        TODAY,
        ZONE,
    )
    first, second = rows
    assert (first.topic, first.total, first.in_time, first.late) == ("Расчеты", 6, 2, 2)
    assert first.share_in_time == 50
    assert first.median_time == timedelta(hours=10)
    assert (first.rating, first.rated) == (Decimal("4.3"), 3)
    assert (second.share_in_time, second.rating) == (100, None)
    assert (total.total, total.in_time, total.median_time) == (7, 3, timedelta(hours=7))


def test_the_day_of_the_deadline_is_the_suppliers() -> None:
    # 23:30 of the 11th and 00:30 of the 12th in Yekaterinburg.
    late = [
        (datetime(2026, 11, 11, hour, 30, tzinfo=UTC) - BEGAN) / timedelta(hours=1)
        for hour in (18, 19)
    ]
    rows, _ = build_topic_figures([enquiry(hours) for hours in late], TODAY, ZONE)
    assert (rows[0].in_time, rows[0].late) == (1, 1)


def test_nothing_to_judge_has_no_share() -> None:
    rows, total = build_topic_figures([], TODAY, ZONE)
    assert (rows, total.share_in_time, total.median_time) == ([], None, None)
