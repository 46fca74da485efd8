"""Preferences: defaults by role, what a person has chosen, days before, quiet hours."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.access import Role
from app.domain.events import EventKind, kinds_of
from app.domain.notifications import EventChannel, QuietHours, default_kinds, read_choices

ZONE = ZoneInfo("Asia/Yekaterinburg")
MONEY = {EventKind.INVOICE, EventKind.DOCUMENT, EventKind.DUE, EventKind.OVERDUE}


def test_emails_by_default_are_those_of_the_role_and_text_messages_none() -> None:
    by_mail = {role: default_kinds(role, EventChannel.MAIL) for role in Role}
    assert by_mail[Role.OWNER] > MONEY
    assert by_mail[Role.ACCOUNTANT] > MONEY
    assert not by_mail[Role.ENGINEER] & MONEY
    assert EventKind.WINDOW_CLOSES in by_mail[Role.ENGINEER]
    assert by_mail[Role.VIEWER] == frozenset()
    assert {default_kinds(role, EventChannel.SMS) for role in Role} == {frozenset()}
    for role in Role:
        assert by_mail[role] <= set(kinds_of(role))
        assert default_kinds(role, EventChannel.PORTAL) == set(kinds_of(role))


def test_what_was_chosen_is_read_back() -> None:
    chosen = read_choices(Role.OWNER, None)
    stored = chosen.as_choices(Role.OWNER) | {"mail": ["overdue"], "sms": ["due"]}
    stored["days"] |= {"due": 5}
    found = read_choices(Role.OWNER, stored, 9)
    assert found.kinds[EventChannel.MAIL] == {EventKind.OVERDUE}
    assert found.kinds[EventChannel.SMS] == {EventKind.DUE}
    assert (found.days_before[EventKind.DUE], found.digest_hour) == (5, 9)
    assert read_choices(Role.OWNER, found.as_choices(Role.OWNER), 9) == found


def test_another_role_loses_what_it_may_not_see_and_gets_its_defaults_for_the_rest() -> None:
    as_accountant = read_choices(Role.ACCOUNTANT, None).as_choices(Role.ACCOUNTANT)
    engineer = read_choices(Role.ENGINEER, as_accountant | {"mail": ["due", "works"]})
    assert engineer.kinds[EventChannel.MAIL] == {EventKind.WORKS}
    owner = read_choices(Role.OWNER, as_accountant | {"mail": ["due"]})
    assert owner.kinds[EventChannel.MAIL] == {EventKind.DUE, EventKind.ACCESS}


def test_a_kind_of_another_version_is_ignored() -> None:
    assert read_choices(Role.OWNER, {"offered": ["gone"], "mail": ["gone"], "days": {"gone": 1}})


@pytest.mark.parametrize(("days", "is_told"), [(3, True), (5, False), (None, True)])
def test_a_reminder_is_told_on_the_chosen_day(days: int | None, is_told: bool) -> None:
    owner = read_choices(Role.OWNER, None)
    assert owner.wants(EventChannel.MAIL, EventKind.DUE, days) is is_told


@pytest.mark.parametrize(
    ("quiet", "at", "sent_at"),
    [
        (QuietHours(21, 8), "21 20:59", "21 20:59"),
        (QuietHours(21, 8), "21 21:00", "22 08:00"),
        (QuietHours(21, 8), "21 23:59", "22 08:00"),
        (QuietHours(21, 8), "22 00:00", "22 08:00"),
        (QuietHours(21, 8), "22 07:59", "22 08:00"),
        (QuietHours(21, 8), "22 08:00", "22 08:00"),
        (QuietHours(13, 15), "21 14:10", "21 15:00"),
        (QuietHours(13, 15), "21 15:00", "21 15:00"),
        (QuietHours(9, 9), "21 09:30", "21 09:30"),
        (QuietHours(22, 0), "21 23:30", "22 00:00"),
        (QuietHours(0, 8), "21 00:30", "21 08:00"),
    ],
)
def test_quiet_hours_put_off_what_comes_in_them(quiet: QuietHours, at: str, sent_at: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)

    assert quiet.next_allowed(moment(at)) == moment(sent_at)
