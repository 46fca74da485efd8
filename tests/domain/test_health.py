"""Health checks: from facts to «in order, warning, fault» with what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import health, health_services
from app.domain.health import HealthCheck, HealthState, Outage, find_worst, say_age
from app.domain.health_machines import MachineFacts, check_machines
from app.domain.health_services import SettingsFacts, SiteFacts

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
OK, WARNING, FAULT = HealthState.OK, HealthState.WARNING, HealthState.FAULT
URL = "https://lk.example.ru"
PRODUCTION = SettingsFacts(
    is_production=True,
    is_debug=False,
    has_fixed_time=False,
    is_https=True,
    is_key_generated=False,
    has_alert_emails=True,
    mail_server="mail.example.ru",
    sms_sender="http",
)
SITE = SiteFacts(
    status=200, certificate_until=NOW + timedelta(days=60), is_ours=True, scheme="https"
)


TOGETHER = MachineFacts(
    machines=2,
    is_sqlite=False,
    has_queue=True,
    has_redis=True,
    files_place="s3://bucket/kabinet",
    is_files_place_local=False,
    is_key_generated=False,
    has_mail_server=True,
    has_sms_provider=True,
    trusted_proxies=1,
)


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


@pytest.mark.parametrize(
    ("seen_at", "is_needed", "state"),
    [
        (ago(seconds=30), True, OK),
        (ago(minutes=3), True, OK),
        (ago(minutes=3, seconds=1), True, FAULT),
        (None, True, FAULT),
        (None, False, OK),
    ],
)
def test_a_worker_silent_for_three_minutes_is_a_fault(
    seen_at: datetime | None, is_needed: bool, state: HealthState
) -> None:
    assert health.check_worker(seen_at, NOW, is_needed=is_needed).state is state


@pytest.mark.parametrize(
    ("waiting", "state", "told"),
    [
        ({"messages": None, "files": None, "imports": None}, OK, "ничего не задерживается"),
        ({"messages": ago(minutes=4)}, OK, "ничего не задерживается"),
        ({"messages": ago(minutes=5)}, WARNING, "сообщение ждет 5 мин"),
        ({"messages": ago(minutes=15)}, FAULT, "сообщение ждет 15 мин"),
        ({"files": ago(minutes=10)}, WARNING, "документ ждет 10 мин"),
        ({"files": ago(minutes=60), "imports": ago(hours=2)}, FAULT, "пакет биллинга ждет 2 ч"),
        ({"imports": ago(hours=6)}, FAULT, "пакет биллинга ждет 6 ч"),
    ],
)
def test_the_oldest_waiting_job_of_each_kind_counts(
    waiting: dict[str, datetime | None], state: HealthState, told: str
) -> None:
    check = health.check_queue(waiting, NOW)
    assert check.state is state
    assert told in check.text


@pytest.mark.parametrize(
    ("outage", "state"),
    [
        (None, OK),
        (Outage(ago(hours=9), 1, "SMTP 421"), WARNING),
        (Outage(ago(minutes=14), 7, "SMTP 421"), WARNING),
        (Outage(ago(minutes=15), 2, "SMTP 421"), FAULT),
    ],
)
def test_a_channel_that_fails_for_a_quarter_of_an_hour_is_a_fault(
    outage: Outage | None, state: HealthState
) -> None:
    for channel in ("mail", "sms"):
        check = health.check_delivery(channel, outage, NOW)
        assert (check.key, check.state) == (f"delivery_{channel}", state)


@pytest.mark.parametrize(
    ("finished_at", "state"),
    [
        (ago(hours=26), OK),
        (ago(hours=26, seconds=1), WARNING),
        (ago(hours=50), WARNING),
        (ago(hours=50, seconds=1), FAULT),
        (None, WARNING),
    ],
)
def test_an_old_backup_is_told(finished_at: datetime | None, state: HealthState) -> None:
    assert health.check_backup(finished_at, NOW).state is state


@pytest.mark.parametrize(
    ("as_of", "state"), [(ago(hours=36), OK), (ago(hours=37), FAULT), (None, WARNING)]
)
def test_old_billing_data_are_a_fault(as_of: datetime | None, state: HealthState) -> None:
    assert health.check_billing_data(as_of, NOW, timedelta(hours=36)).state is state


@pytest.mark.parametrize(("found", "state"), [("0021", OK), ("0020", FAULT), (None, FAULT)])
def test_a_schema_that_is_not_the_newest_is_a_fault(found: str | None, state: HealthState) -> None:
    assert health.check_schema(found, "0021").state is state


@pytest.mark.parametrize(
    ("changes", "key", "state"),
    [
        ({}, "mode", OK),
        ({"is_debug": True}, "mode", FAULT),
        ({"has_fixed_time": True}, "mode", FAULT),
        ({"is_production": False}, "mode", WARNING),
        ({"is_key_generated": True}, "secret_key", WARNING),
        ({"is_key_generated": True, "is_production": False}, "secret_key", OK),
        ({"is_https": False}, "https", FAULT),
        ({"is_https": False, "is_production": False}, "https", WARNING),
        ({"has_alert_emails": False}, "alerts", WARNING),
    ],
)
def test_settings_that_endanger_the_public_are_told(
    changes: dict[str, bool], key: str, state: HealthState
) -> None:
    facts = replace(PRODUCTION, **changes)  # type: ignore[arg-type]
    states = {check.key: check.state for check in health_services.check_settings(facts)}
    assert states[key] is state


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        (SITE, {"site": OK, "forwarded": OK}),
        (SiteFacts(fault="timed out"), {"site": FAULT}),
        (SiteFacts(status=502), {"site": FAULT}),
        (SiteFacts(status=200), {"site": FAULT}),
        (replace(SITE, scheme="http"), {"site": OK, "forwarded": FAULT}),
        (replace(SITE, address_was_forged=True), {"site": OK, "forwarded": FAULT}),
    ],
)
def test_the_way_through_the_proxy_is_judged(
    facts: SiteFacts, states: dict[str, HealthState]
) -> None:
    checks = health_services.check_site(facts, URL)
    assert {check.key: check.state for check in checks} == states


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (SiteFacts(), None),
        (replace(SITE, certificate_until=NOW + timedelta(days=21)), OK),
        (replace(SITE, certificate_until=NOW + timedelta(days=20, hours=23)), WARNING),
        (replace(SITE, certificate_until=NOW + timedelta(days=7)), WARNING),
        (replace(SITE, certificate_until=NOW + timedelta(days=6, hours=23)), FAULT),
        (SiteFacts(fault="x", certificate_fault="certificate has expired"), FAULT),
    ],
)
def test_a_certificate_near_its_end_is_told(facts: SiteFacts, state: HealthState | None) -> None:
    check = health_services.check_certificate(facts, NOW)
    assert (check.state if check else None) is state


@pytest.mark.parametrize(
    ("changes", "fault", "state"),
    [
        ({}, None, OK),
        ({}, "SMTP 535", FAULT),
        ({"mail_server": ""}, None, FAULT),
        ({"mail_server": "", "is_production": False}, None, OK),
    ],
)
def test_mail_that_cannot_leave_is_a_fault(
    changes: dict[str, object], fault: str | None, state: HealthState
) -> None:
    facts = replace(PRODUCTION, **changes)  # type: ignore[arg-type]
    assert health_services.check_mail(facts, fault).state is state


@pytest.mark.parametrize(
    ("offset", "state"),
    [
        (None, OK),
        (timedelta(seconds=-29), OK),
        (timedelta(seconds=-31), WARNING),
        (timedelta(hours=3), WARNING),
    ],
)
def test_a_clock_that_differs_from_the_databases_is_told(
    offset: timedelta | None, state: HealthState
) -> None:
    assert health_services.check_clock(NOW, "UTC", offset).state is state


@pytest.mark.parametrize(
    ("sizes", "state"),
    [((1000, 5000), OK), ((5000, 999), WARNING), ((500, 5000), WARNING), ((5000, 499), FAULT)],
)
def test_the_fuller_of_two_disks_counts(sizes: tuple[int, int], state: HealthState) -> None:
    free = {path: size * 1024 * 1024 for path, size in zip(("/a", "/b"), sizes, strict=True)}
    check = health_services.check_disk(free, 500)
    assert check.state is state
    assert f"{min(sizes)} МБ" in check.text


def test_whatever_is_not_in_order_says_what_to_do() -> None:
    broken = replace(
        PRODUCTION, is_https=False, is_debug=True, is_key_generated=True, has_alert_emails=False
    )
    checks = [
        *health_services.check_settings(broken),
        *health_services.check_site(replace(SITE, scheme="http"), URL),
        *health_services.check_site(SiteFacts(fault="x"), URL),
        health_services.check_mail(broken, "x"),
        health_services.check_sms(replace(broken, sms_sender="file")),
        health_services.check_disk({"/": 0}, 1),
        health_services.check_database("", "x"),
        health_services.check_store("x", "/"),
        health_services.check_sent("sms_test", "+7", "x"),
        health_services.failed_check("disk", "x"),
        health.check_schema(None, "1"),
        health.check_worker(None, NOW, is_needed=True),
        health.check_queue({"files": ago(days=1)}, NOW),
        health.check_delivery("sms", Outage(ago(days=1), 5, "x"), NOW),
        health.check_backup(None, NOW),
        health.check_billing_data(None, NOW, timedelta(1)),
    ]
    assert [check.text for check in checks if check.state is not OK and not check.advice] == []
    assert find_worst(checks) is FAULT


def test_the_gravest_state_decides() -> None:
    checks = [HealthCheck("a", OK, ""), HealthCheck("b", WARNING, ""), HealthCheck("c", OK, "")]
    assert find_worst(checks) is WARNING
    assert find_worst([]) is OK


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-5), "0 с"),
        (timedelta(seconds=119), "119 с"),
        (timedelta(minutes=2), "2 мин"),
        (timedelta(hours=49), "2 сут."),
        (timedelta(hours=26), "26 ч"),
    ],
)
def test_an_age_is_told_in_the_unit_that_says_most(age: timedelta, text: str) -> None:
    assert say_age(age) == text


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"is_sqlite": True}, "machines_database"),
        ({"is_files_place_local": True}, "machines_files"),
        ({"has_redis": False}, "machines_queue"),
        ({"has_queue": False}, "machines_queue"),
        ({"is_key_generated": True}, "machines_key"),
        ({"has_mail_server": False}, "machines_mail"),
        ({"has_sms_provider": False}, "machines_sms"),
        ({"trusted_proxies": 0}, "machines_proxies"),
        ({"local_packages": 3}, "machines_packages"),
    ],
)
def test_what_one_machine_has_to_itself_is_a_fault_where_there_are_several(
    changes: dict[str, bool | int], key: str
) -> None:
    (fault,) = check_machines(replace(TOGETHER, **changes))  # type: ignore[arg-type]
    assert (fault.key, fault.state, bool(fault.advice)) == (key, FAULT, True)
    (alone,) = check_machines(replace(TOGETHER, machines=1, **changes))  # type: ignore[arg-type]
    assert alone.state is OK


def test_machines_that_share_everything_are_in_order() -> None:
    assert [check.state for check in check_machines(TOGETHER)] == [OK]
