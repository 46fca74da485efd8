"""Gather the facts of all health checks. A check that cannot be made is a fault, never a crash."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from itertools import chain
from pathlib import Path

from flask import current_app
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.actions.health import store_heartbeat, store_results
from app.domain import health, health_machines, health_services
from app.domain.health import HealthCheck, HealthState
from app.domain.health_machines import MachineFacts
from app.domain.health_services import SettingsFacts
from app.extensions import db
from app.integrations.errors import SendError
from app.integrations.mailer import Mailing
from app.integrations.site_probe import probe_site
from app.jobs.delivery import transports
from app.lib.file_systems import is_shared
from app.lib.schema_version import find_schema_version, has_migration, newest_migration
from app.logging import log
from app.models import HealthAlert
from app.queries import health as facts
from app.queries.backups import find_last_backup
from app.queries.contracts import find_data_moment
from app.web.context import clock, config
from app.web.file_stores import list_local_packages, list_stores
from app.web.site_probe import make_probe_token
from config import ROOT

PROBE_SECONDS = 5.0
BEAT_SECONDS = 30.0
TEST_SUBJECT = "Проверка почты личного кабинета"
TEST_TEXT = "Это пробное сообщение личного кабинета. Отвечать на него не нужно."
Check = Callable[[], Sequence[HealthCheck]]


def this_machine() -> str:
    """The name under which this machine's results are stored."""
    return socket.gethostname()[:60]


def check_all() -> list[HealthCheck]:
    """Make every check, those over the network too."""
    return [*check_machine(), *check_data(), *check_services()]


def check_machine() -> list[HealthCheck]:
    """Check settings and disk: at once, without database or network."""
    return [
        *_guarded("settings", lambda: health_services.check_settings(_settings())),
        *_guarded("machines", lambda: health_machines.check_machines(_machines())),
        *_guarded("sms", lambda: [health_services.check_sms(_settings())]),
        *_guarded("disk", _check_disk),
    ]


def check_data(names: Collection[str] | None = None) -> list[HealthCheck]:
    """Check what the database tells; while it is silent or not migrated, nothing behind that.

    Args:
        names: of the checks behind that; None: all.
    """
    try:
        database = health_services.check_database(facts.find_database_version(db.session()), None)
        found = find_schema_version(db.engine)
    except SQLAlchemyError as error:
        _roll_back()
        return [health_services.check_database("", _describe(error))]
    folder = ROOT / "migrations" / "versions"
    is_known = found is None or has_migration(folder, found)
    schema = health.check_schema(found, newest_migration(folder), is_known=is_known)
    if schema.state is not HealthState.OK:
        return [database, schema]
    wanted = [name for name in DATA_CHECKS if names is None or name in names]
    found_checks = [_guarded(name, DATA_CHECKS[name]) for name in wanted]
    return [database, schema, *chain.from_iterable(found_checks)]


def check_services() -> list[HealthCheck]:
    """Check over the network, and write to the file store: seconds, so never within a page."""
    return [
        *_guarded("site", _check_site),
        *_guarded("mail", _check_mail),
        *_guarded("redis", _check_redis),
        *_guarded("file_store", _check_store),
    ]


def check_readiness() -> list[HealthCheck]:
    """The checks without which the portal is not ready for work."""
    return check_data(health.READINESS)


def list_dashboard_faults() -> list[HealthCheck]:
    """Faults that all staff have to know of; of the certificate, as it was last seen."""
    checks = [*_guarded("disk", _check_disk), *check_data(health.DASHBOARD_DATA)]
    stored = facts.list_results(db.session(), ["certificate"])
    checks += [_stored_check(result) for result in stored]
    return [check for check in checks if check.state is HealthState.FAULT]


def check_for_page() -> list[tuple[HealthCheck, HealthAlert | None]]:
    """All checks for the administrator: those of this moment, and stored ones with their row.

    What takes seconds, and what other machines have found, is as the last round stored it.
    """
    now = [*check_machine(), *check_data()]
    known = {check.key for check in now}
    rows: list[tuple[HealthCheck, HealthAlert | None]] = [(check, None) for check in now]
    try:
        stored = facts.list_results(db.session())
    except SQLAlchemyError:
        _roll_back()
        return rows
    others = [
        row for row in stored if row.key not in known or row.machine not in ("", this_machine())
    ]
    return [*rows, *((_stored_check(row), row) for row in others)]


def send_test_mail(recipient: str) -> HealthCheck:
    """Send a real email, past the queue."""
    mailing = Mailing(
        recipient,
        TEST_SUBJECT,
        TEST_TEXT,
        f"<p>{TEST_TEXT}</p>",
        f"<kabinet-check-{os.urandom(8).hex()}@{transports().host}>",
        "Личный кабинет",
    )
    try:
        transports().mailer.send(mailing)
    except SendError as error:
        return health_services.check_sent("mail_test", recipient, str(error))
    return health_services.check_sent("mail_test", recipient, None)


def send_test_sms(phone: str) -> HealthCheck:
    """Send a real text message, past the queue and its limits."""
    try:
        transports().sms.send(phone, TEST_TEXT)
    except SendError as error:
        return health_services.check_sent("sms_test", phone, str(error))
    return health_services.check_sent("sms_test", phone, None)


def store(checks: Sequence[HealthCheck]) -> bool:
    """Store results for the administrator's page; False: the database is not there. Commits."""
    try:
        store_results(db.session(), checks, this_machine(), clock().now())
        db.session.commit()
    except SQLAlchemyError as error:
        _roll_back()
        log.warning("health results not stored: %s", type(error).__name__)
        return False
    return True


def give_sign_of_life() -> Callable[[], None]:
    """A function that stores that this worker lives; it may be called in any thread."""
    app, started_at = current_app._get_current_object(), clock().now()  # type: ignore[attr-defined]

    def beat() -> None:
        with app.app_context():
            store_heartbeat(db.session(), this_machine(), os.getpid(), started_at, clock().now())
            db.session.commit()

    return beat


def _guarded(key: str, check: Check) -> Sequence[HealthCheck]:
    try:
        return check()
    except Exception as error:  # whatever it is, the other checks have to be told
        log.exception("health check failed: %s", key)
        _roll_back()
        return [health_services.failed_check(key, _describe(error))]


def _stored_check(result: HealthAlert) -> HealthCheck:
    return HealthCheck(result.key, HealthState(result.state), result.text, result.advice)


def _settings() -> SettingsFacts:
    settings = config()
    return SettingsFacts(
        is_production=settings.production,
        is_debug=current_app.debug,
        has_fixed_time=settings.fixed_now is not None,
        is_https=settings.https,
        is_key_generated=_is_key_generated(),
        has_alert_emails=bool(settings.staff_alert_emails),
        mail_server=settings.mail.server,
        sms_sender=settings.sms.sender,
    )


def _is_key_generated() -> bool:
    return (config().instance_dir / "secret_key").exists() and not os.environ.get("SECRET_KEY")


def _machines() -> MachineFacts:
    settings = config()
    is_remote = settings.files_url.startswith("s3:")
    return MachineFacts(
        machines=settings.web_machines,
        is_sqlite=db.engine.dialect.name == "sqlite",
        has_queue=settings.jobs == "queue",
        has_redis=bool(settings.redis_url),
        files_place=settings.files_place,
        is_files_place_local=not is_remote and not is_shared(Path(settings.files_place)),
        is_key_generated=_is_key_generated(),
        has_mail_server=bool(settings.mail.server),
        has_sms_provider=settings.sms.sender != "file",
        trusted_proxies=settings.trusted_proxies,
        local_packages=len(list_local_packages()),
    )


def _check_disk() -> list[HealthCheck]:
    folder = config().instance_dir
    free = {str(folder): shutil.disk_usage(folder).free}
    if not config().files_url.startswith("s3:"):
        _, attachments = list_stores(config())[0]
        free[config().files_place] = attachments.free_bytes() or 0
    return [health_services.check_disk(free, config().disk_free_mb)]


def _check_clock() -> list[HealthCheck]:
    now, zone = clock().now(), config().supplier_timezone.key
    offset = None if config().fixed_now else facts.find_clock_offset(db.session(), now)
    return [health_services.check_clock(clock().local(now), zone, offset)]


def _check_worker() -> list[HealthCheck]:
    seen_at = facts.find_worker_seen(db.session())
    is_needed = config().jobs == "queue"
    return [health.check_worker(seen_at, clock().now(), is_needed=is_needed)]


def _check_queue() -> list[HealthCheck]:
    now = clock().now()
    return [health.check_queue(facts.list_waiting_since(db.session(), now), now)]


def _check_delivery() -> list[HealthCheck]:
    outages, now = facts.list_outages(db.session()), clock().now()
    return [
        health.check_delivery(channel, outages.get(channel), now) for channel in health.CHANNELS
    ]


def _check_backup() -> list[HealthCheck]:
    last = find_last_backup(db.session())
    return [health.check_backup(last.finished_at if last else None, clock().now())]


def _check_billing_data() -> list[HealthCheck]:
    max_age = timedelta(hours=config().billing_age_hours)
    return [health.check_billing_data(find_data_moment(db.session()), clock().now(), max_age)]


DATA_CHECKS: dict[str, Check] = {
    "clock": _check_clock,
    "worker": _check_worker,
    "queue": _check_queue,
    "delivery": _check_delivery,
    "backup": _check_backup,
    "billing_data": _check_billing_data,
}


def _check_site() -> list[HealthCheck]:
    base_url = config().base_url
    site = probe_site(base_url, make_probe_token(), PROBE_SECONDS)
    certificate = health_services.check_certificate(site, clock().now())
    checks = health_services.check_site(site, base_url)
    return checks if certificate is None else [*checks, certificate]


def _check_mail() -> list[HealthCheck]:
    fault = None
    try:
        transports().mailer.check_login()
    except SendError as error:
        fault = str(error)
    return [health_services.check_mail(_settings(), fault)]


def _check_redis() -> list[HealthCheck]:
    if not config().redis_url:
        return []
    from app.integrations.job_queue import find_redis_fault  # noqa: PLC0415 - heavy

    return [health_services.check_redis(find_redis_fault(config().redis_url))]


def _check_store() -> list[HealthCheck]:
    for _, files in list_stores(config()):
        name = ""
        try:
            name = files.save(content := os.urandom(16))
            if files.read(name) != content:
                return [health_services.check_store("прочитано не то", config().files_place)]
        except Exception as error:  # a store may fail in ways of its own
            return [health_services.check_store(_describe(error), config().files_place)]
        finally:
            if name:
                files.delete(name)
    return [health_services.check_store(None, config().files_place)]


def _roll_back() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session.remove()


def _describe(error: Exception) -> str:
    """What went wrong, in one line; a driver's message never holds a password."""
    cause = error.orig if isinstance(error, DBAPIError) else error.__cause__ or error
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0][:160]}" if lines else type(cause).__name__
