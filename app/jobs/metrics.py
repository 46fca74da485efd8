"""The state of the installation in figures for Prometheus: what ``flask check`` judges, unjudged.

Both ask the same queries, so that a threshold in an alert rule means what the check means. What is
not there (no import yet, a database that is silent) has no figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.domain.health import HealthState
from app.extensions import db
from app.integrations.prometheus import Gauge
from app.jobs import health
from app.queries import health as facts
from app.queries.backups import find_last_backup
from app.queries.contracts import find_data_moment
from app.version import VERSION
from app.web.context import clock

Values = dict[tuple[str, ...], float]
STATES = {HealthState.OK: 0, HealthState.WARNING: 1, HealthState.FAULT: 2}


def list_gauges() -> list[Gauge]:
    """Every figure of this moment."""
    checks = health.check_for_page()
    states: Values = {
        (check.key, row.machine if row else health.this_machine()): float(STATES[check.state])
        for check, row in checks
    }
    gauges = [
        Gauge("kabinet_build", "Version that answers.", ("version",), {(VERSION,): 1.0}),
        Gauge(
            "kabinet_check_state",
            "Results of flask check: 0 in order, 1 warning, 2 fault.",
            ("check", "machine"),
            states,
        ),
    ]
    schema = next((check for check, _ in checks if check.key == "schema"), None)
    is_up = schema is not None and schema.state is HealthState.OK
    gauges.append(_single("kabinet_database_up", "1: it answers and is migrated.", float(is_up)))
    return [*gauges, *_queues(), *_ages()] if is_up else gauges


def _queues() -> list[Gauge]:
    session, now = db.session(), clock().now()
    waiting: Values = {
        (kind,): _seconds(since, now) if since else 0.0
        for kind, since in facts.list_waiting_since(session, now).items()
    }
    outages: Values = {
        (channel,): _seconds(outage.since, now)
        for channel, outage in facts.list_outages(session).items()
    }
    return [
        Gauge(
            "kabinet_queue_oldest_age_seconds",
            "How long the oldest job could have been done; 0: none waits.",
            ("kind",),
            waiting,
        ),
        Gauge(
            "kabinet_delivery_outage_age_seconds",
            "Since when every attempt of a channel has failed.",
            ("channel",),
            outages,
        ),
        _counts("kabinet_messages", "Messages by state.", facts.count_messages(session)),
        _counts(
            "kabinet_import_jobs", "Billing batches by state.", facts.count_import_jobs(session)
        ),
    ]


def _ages() -> list[Gauge]:
    session, now = db.session(), clock().now()
    backup = find_last_backup(session)
    moments = {
        "worker_heartbeat": (
            "Since a worker last gave a sign of life.",
            facts.find_worker_seen(session),
        ),
        "import": ("Since the last batch was loaded.", facts.find_last_import(session)),
        "billing_data": ("Age of the billing data.", find_data_moment(session)),
        "backup": ("Since the last verified backup.", backup.finished_at if backup else None),
    }
    return [
        _single(f"kabinet_{name}_age_seconds", text, _seconds(moment, now))
        for name, (text, moment) in moments.items()
        if moment is not None
    ]


def _single(name: str, text: str, value: float) -> Gauge:
    return Gauge(name, text, (), {(): value})


def _counts(name: str, text: str, counts: Mapping[str, int]) -> Gauge:
    values: Values = {(status,): float(count) for status, count in counts.items()}
    return Gauge(name, text, ("status",), values)


def _seconds(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
