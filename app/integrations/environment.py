"""The settings of an installation, read from its environment; every fault is kept and told."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.domain.settings import (
    MIN_SECRET_LENGTH,
    check_leftovers,
    one_of,
    read_address,
    read_addresses,
    read_base_url,
    read_boolean,
    read_database_url,
    read_files_url,
    read_headers,
    read_moment,
    read_pattern,
    read_positive,
    read_prefixes,
    read_redis_url,
    read_secret,
    read_socket_address,
    read_web_address,
    read_whole,
    read_zone,
)
from config import ROOT, Config, ConfigError, MailSettings, SmsSettings

T = TypeVar("T")
NEEDED_BY: dict[str, tuple[str, ...]] = {
    "file": (),
    "twilio": ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_FROM"),
    "http": ("SMS_HTTP_URL", "SMS_HTTP_SUCCESS"),
}
LONE_QUOTE = frozenset({"MAIL_PASSWORD", "SMS_HTTP_BODY", "SMS_HTTP_SUCCESS"})
"""May begin or end with a single quotation mark of their own."""


class EnvironmentReader:
    """Reads variables one by one and keeps the faults instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def config(self) -> Config:
        production = self.read("PRODUCTION", read_boolean, False)
        instance_dir = self.read(
            "INSTANCE_DIR", lambda text: Path(text).resolve(), ROOT / "instance"
        )
        port = self.read("PORT", read_whole, 8000)
        settings = Config(
            secret_key=self.read("SECRET_KEY", read_secret, ""),
            instance_dir=instance_dir,
            database_url=self.read(
                "DATABASE_URL", read_database_url, f"sqlite:///{instance_dir / 'kabinet.sqlite3'}"
            ),
            base_url=self.read("BASE_URL", read_base_url, f"http://127.0.0.1:{port}"),
            supplier_timezone=self.read(
                "SUPPLIER_TIMEZONE", read_zone, ZoneInfo("Asia/Yekaterinburg")
            ),
            production=production,
            fixed_now=self.read("FIXED_NOW", read_moment, None),
            sber_online_url=self.link("SBER_ONLINE_URL", Config.sber_online_url),
            sber_business_url=self.link("SBER_BUSINESS_URL", Config.sber_business_url),
            mail=self.mail(instance_dir / "outbox"),
            sms=self.sms(instance_dir / "outbox"),
            files_url=self.read("FILES_URL", read_files_url, ""),
            files_endpoint=self.read("FILES_ENDPOINT", read_web_address, ""),
            clamd_address=self.read("CLAMD_ADDRESS", read_socket_address, ""),
            edo_operator=self.read("EDO_OPERATOR", str, ""),
            edo_participant_id=self.read("EDO_PARTICIPANT_ID", str, ""),
            staff_alert_emails=self.read("STAFF_ALERT_EMAILS", read_addresses, ()),
            import_token=self.read("IMPORT_TOKEN", read_secret, ""),
            jobs=self.read("JOBS", one_of("inline", "queue"), "queue" if production else "inline"),
            redis_url=self.read("REDIS_URL", read_redis_url, ""),
            registration_proof=self.read(
                "REGISTRATION_PROOF", one_of("evidence", "none"), "evidence"
            ),
            readings_auto_accept=self.read(
                "READINGS_AUTO_ACCEPT", one_of("off", "plausible"), "plausible"
            ),
            **self.numbers(),
        )
        self.check_production(settings)
        self.check_settings_of_others()
        if self.faults:
            raise ConfigError(self.faults)
        if settings.secret_key:
            return settings
        return replace(settings, secret_key=local_secret(instance_dir))

    def numbers(self) -> dict[str, Any]:
        """Every whole number among the settings, by the name of its field in capitals."""
        return {
            item.name: self.read(
                item.name.upper(), read_positive if item.default else read_whole, item.default
            )
            for item in fields(Config)
            if item.type == "int"
        }

    def link(self, name: str, default: str) -> str:
        """An address to lead to; set to nothing, there is no such button."""
        if name in self.environ and not self.environ[name].strip():
            return ""
        return self.read(name, read_web_address, default)

    def mail(self, outbox: Path) -> MailSettings:
        settings = self.section(MailSettings, "MAIL_", outbox, sender=read_address)
        if not settings.use_ssl:
            return settings
        is_port_set = self.environ.get("MAIL_PORT", "").strip()
        return replace(settings, use_tls=False, port=settings.port if is_port_set else 465)

    def sms(self, outbox: Path) -> SmsSettings:
        settings = self.section(
            SmsSettings,
            "SMS_",
            outbox,
            sender=one_of("file", "twilio", "http"),
            prefixes=read_prefixes,
            twilio_api_base=read_web_address,
            http_method=one_of("GET", "POST"),
            http_url=read_web_address,
            http_headers=read_headers,
            http_success=read_pattern,
        )
        for name in NEEDED_BY[settings.sender]:
            if not self.environ.get(name, "").strip():
                self.faults.append(f"{name}: обязателен при SMS_SENDER={settings.sender}")
        return settings

    def section(
        self, kind: type[T], prefix: str, outbox: Path, **parsers: Callable[[str], Any]
    ) -> T:
        """A group of settings, each by the name of its field and read by its type."""
        by_type: dict[str, Callable[[str], Any]] = {
            "str": str,
            "int": read_positive,
            "bool": read_boolean,
        }
        values: dict[str, Any] = {"outbox": outbox}
        for item in fields(kind):  # type: ignore[arg-type]
            if item.name != "outbox":
                name = item.name if item.name.startswith("twilio") else prefix + item.name
                parse = parsers.get(item.name) or by_type[str(item.type)]
                values[item.name] = self.read(name.rstrip("_").upper(), parse, item.default)
        return kind(**values)

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        raw = self.environ.get(name, "")
        text = raw.strip()
        if not text:
            return default
        try:
            check_leftovers(raw, may_have_lone_quote=name in LONE_QUOTE)
            return parse(text)
        except ValueError as error:
            self.faults.append(f"{name}: {error}")
            return default

    def check_settings_of_others(self) -> None:
        """What gunicorn and the S3 client read by themselves, checked with the rest."""
        for name in ("WEB_WORKERS", "WEB_THREADS"):
            self.read(name, read_positive, 1)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self.read(name, str, "")

    def check_production(self, settings: Config) -> None:
        days = (
            settings.readings_month_end_opens,
            settings.readings_mkd_opens,
            settings.readings_month_end_closes,
            settings.readings_mkd_closes,
        )
        if max(days) > 31 or settings.readings_mkd_opens > settings.readings_mkd_closes:
            self.faults.append("READINGS_…: нужны дни месяца, начало не позже конца")
        if settings.readings_month_end_closes >= settings.readings_month_end_opens:
            self.faults.append("READINGS_MONTH_END_CLOSES: должен быть раньше начала приема")
        if not settings.production:
            return
        if not self.environ.get("SECRET_KEY", "").strip():
            self.faults.append("SECRET_KEY: обязателен при PRODUCTION=1")
        if settings.fixed_now is not None:
            self.faults.append("FIXED_NOW: недопустим при PRODUCTION=1")
        if not settings.https:
            self.faults.append("BASE_URL: при PRODUCTION=1 нужен адрес https://")
        if self.environ.get("FLASK_DEBUG", "0") not in ("", "0"):
            self.faults.append("FLASK_DEBUG: недопустим при PRODUCTION=1")


def local_secret(instance_dir: Path) -> str:
    """The secret of a local installation, made on the first run and readable by its owner only.

    Raises:
        ConfigError: the file is there but holds no whole key.
    """
    path = instance_dir / "secret_key"
    instance_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _made_secret(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def _made_secret(path: Path) -> str:
    """The key in the file; another worker of the same first run may still be writing it."""
    for _ in range(20):
        key = path.read_text(encoding="ascii", errors="replace").strip()
        if len(key) >= MIN_SECRET_LENGTH:
            return key
        time.sleep(0.05)
    raise ConfigError([f"{path}: ключ поврежден; удалите файл, и будет создан новый"])
