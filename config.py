"""Settings of the portal: one frozen dataclass, read from environment variables once.

A setting is the variable of its field's name in capitals, read by the parser of the field's type;
parsers are in ``app/lib/setting_values.py``. Every fault is reported at once, by name, so that a
deployment is mended in one round. What no operator can judge is a constant instead, in
``app/domain/rate_limits.py``.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.lib.setting_values import (
    MIN_SECRET_LENGTH,
    Headers,
    Parser,
    check_leftovers,
    one_of,
    read_address,
    read_addresses,
    read_base_url,
    read_boolean,
    read_database_url,
    read_files_url,
    read_headers,
    read_hour,
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

ROOT = Path(__file__).resolve().parent
DEFAULT_ZONE = ZoneInfo("Asia/Yekaterinburg")
MIN_MESSAGE_DAYS = 100
OPTIONAL = "optional"  # a setting with a default that may be set to nothing
T = TypeVar("T")


class ConfigError(Exception):
    """The environment holds settings the portal cannot start with; ``faults`` has a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Настройки не приняты:\n  " + "\n  ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class MailSettings:
    """SMTP (``MAIL_…``); without ``server`` emails are written to ``outbox``."""

    outbox: Path
    server: str = ""
    port: int = 587
    use_tls: bool = True
    use_ssl: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    sender: Annotated[str, read_address] = "kabinet@localhost"
    timeout: int = 8
    """Seconds for the whole conversation; a person may be waiting."""


@dataclass(frozen=True)
class SmsSettings:
    """Text messages (``SMS_…``, ``TWILIO_…``): by whom, to whom, and how many."""

    outbox: Path
    sender: Literal["file", "twilio", "http"] = "file"
    from_: str = ""
    timeout: int = 8
    """Seconds, half of them for connecting."""
    prefixes: Annotated[tuple[str, ...], read_prefixes] = ("+79",)
    """Beginnings of numbers that get messages."""
    daily_cap: int = 500
    """Codes of all people together in 24 hours; reaching it alerts staff."""
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_api_base: Annotated[str, read_web_address] = ""
    http_method: Literal["GET", "POST"] = "POST"
    http_url: Annotated[str, read_web_address] = field(default="", repr=False)
    http_body: str = field(default="", repr=False)
    http_headers: Annotated[Headers, read_headers] = field(default=(), repr=False)
    http_success: Annotated[str, read_pattern] = ""
    http_report_token: Annotated[str, read_secret] = field(default="", repr=False)
    """Opens ``POST /api/sms/status`` to the gateway's delivery reports; empty: to nobody."""
    http_report_id: str = "id"
    http_report_status: str = "status"
    """Names of the fields of a report."""
    http_report_delivered: Annotated[str, read_pattern] = "(?i)deliver(ed|d)|delivrd"
    http_report_undelivered: Annotated[str, read_pattern] = (
        "(?i)undeliv(ered|erable)?|expired|rejected|failed"
    )
    """What the whole status matches."""


@dataclass(frozen=True)
class RetentionSettings:
    """Days after which rows are deleted (``RETENTION_…``); the reasons are in ADR 14."""

    audit_days: int = 1096
    """The audit log: three years, in which a claim can be made."""
    message_days: int = 1096
    """Which emails and text messages were sent, to whom and when …"""
    message_text_days: int = 365
    """… and what they said."""
    import_days: int = 1096
    """Batches that were loaded, with what was found in them."""
    prepared_file_days: int = 2
    draft_days: int = 30
    """Drafts of enquiries, from their last change."""
    enquiry_days: int = 1096
    """Enquiries with their files, from the answer, as their givers agreed to."""
    consent_days: int = 1096
    """Consents as evidence, from their end: withdrawn, or nothing left that they were given for."""
    session_days: int = 180
    """When and from where people were signed in, from their last request."""


@dataclass(frozen=True)
class Config:
    """All settings. A default is fit for one machine without any server, and is never a secret."""

    secret_key: Annotated[str, read_secret] = field(repr=False)
    instance_dir: Path
    database_url: Annotated[str, read_database_url] = field(repr=False)
    base_url: Annotated[str, read_base_url]
    supplier_timezone: Annotated[ZoneInfo, read_zone] = DEFAULT_ZONE
    production: bool = False
    fixed_now: Annotated[datetime | None, read_moment] = None
    trusted_proxies: int = 0
    web_machines: int = 1
    session_idle_minutes: int = 30
    session_max_hours: int = 12
    staff_session_idle_minutes: int = 15
    staff_session_max_hours: int = 8
    terminated_access_months: int = 36
    """How long the people of a terminated contract may still read it."""
    billing_age_hours: int = 36
    """Billing data older than this are pointed out to staff."""
    staff_alert_emails: Annotated[tuple[str, ...], read_addresses] = ()
    """Who is told by email that billing data were not loaded."""
    import_token: Annotated[str, read_secret] = field(default="", repr=False)
    """Opens ``POST /api/import`` to the billing system; empty: there is no such endpoint."""
    import_max_mb: int = 2048
    """Largest batch that is sent to the portal."""
    metrics_token: Annotated[str, read_secret] = field(default="", repr=False)
    """Opens ``/metrics`` to Prometheus; empty: there is no such address, and nothing is counted."""
    readings_auto_accept: Literal["off", "plausible"] = "plausible"
    """``plausible``: a reading in time that raises no doubt is accepted at once; ``off``."""
    readings_month_end_opens: int = 20
    readings_month_end_closes: int = 1
    """From a day of the month to the end of a day of the next: readings «as of the 1st»."""
    readings_mkd_opens: int = 23
    readings_mkd_closes: int = 26
    """… of premises in apartment buildings, within one month."""
    readings_unusual_times: int = 3
    """Times the typical month from which a consumption has to be confirmed."""
    events_hour: Annotated[int, read_hour] = 7
    """Hour of the day, in the supplier's zone, from which dues and windows become events."""
    events_messages: bool = True
    """Whether events are told by email and text message; else they are only in the list."""
    events_sms_cap: int = 30
    """Text messages about events of one contract in a calendar month."""
    sber_online_url: Annotated[str, read_web_address, OPTIONAL] = "https://online.sberbank.ru/"
    sber_business_url: Annotated[str, read_web_address, OPTIONAL] = "https://sbi.sberbank.ru/"
    """For sole traders and owners of premises, and for companies; empty hides the button."""
    attachment_max_mb: int = 10
    """Largest file of an enquiry."""
    disk_free_mb: int = 500
    """Room that has to be left on the disk; files are refused before it is used up."""
    enquiry_answer_days: int = 30
    """Days in which an enquiry is answered, where its topic has no deadline of its own."""
    files_url: Annotated[str, read_files_url] = field(default="", repr=False)
    """Where files of customers lie: a folder or ``s3://…``; empty: in ``instance_dir``."""
    files_endpoint: Annotated[str, read_web_address] = ""
    """Address of an S3-compatible service."""
    clamd_address: Annotated[str, read_socket_address] = ""
    """The virus scanner, ``host:port`` or the path of a socket; empty: none."""
    edo_operator: str = ""
    edo_participant_id: str = ""
    """The supplier's operator of electronic documents, and its participant id there."""
    jobs: Literal["inline", "queue"] = "inline"
    """``inline``: messages leave with the request that causes them; ``queue``: a worker sends."""
    redis_url: Annotated[str, read_redis_url] = field(default="", repr=False)
    registration_proof: Literal["evidence", "none"] = "evidence"
    """``evidence``: who is not on record proves the right to the contract; ``none``: nobody."""
    stop_days: int = 7
    """How long those on record can stop a registration."""
    mail: MailSettings = MailSettings(ROOT / "instance" / "outbox")
    sms: SmsSettings = SmsSettings(ROOT / "instance" / "outbox")
    retention: RetentionSettings = RetentionSettings()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Build from environment variables; raise ConfigError naming every fault."""
        return EnvironmentReader(environ).config()

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def files_place(self) -> str:
        """Where files of customers lie."""
        return self.files_url.removeprefix("file://") or str(self.instance_dir / "files")


REQUIRED_BY_SENDER: dict[str, tuple[str, ...]] = {
    "twilio": ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_FROM"),
    "http": ("SMS_HTTP_URL", "SMS_HTTP_SUCCESS"),
}
# May begin or end with a single quotation mark of their own.
LONE_QUOTE = frozenset({"MAIL_PASSWORD", "SMS_HTTP_BODY", "SMS_HTTP_SUCCESS"})


def variable_name(group: type, name: str) -> str:
    """Environment variable of a field: ``MailSettings.port`` is read from ``MAIL_PORT``."""
    prefixes = {MailSettings: "MAIL_", SmsSettings: "SMS_", RetentionSettings: "RETENTION_"}
    prefix = prefixes.get(group, "")
    return ("" if name.startswith("twilio") else prefix) + name.rstrip("_").upper()


class EnvironmentReader:
    """Read variables one by one, collecting the faults instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []
        self.defaults: dict[str, Any] = {"SECRET_KEY": ""}

    def config(self) -> Config:
        """The settings; their defaults may depend on each other."""
        folder = self.read("INSTANCE_DIR", lambda text: Path(text).resolve(), ROOT / "instance")
        port = self.read("PORT", read_whole, 8000)
        for name in ("WEB_WORKERS", "WEB_THREADS"):  # gunicorn's
            self.read(name, read_positive, 1)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # the S3 client's
            self.read(name, str, "")
        self.defaults |= {
            "DATABASE_URL": f"sqlite:///{folder / 'kabinet.sqlite3'}",
            "BASE_URL": f"http://127.0.0.1:{port}",
            "JOBS": "queue" if self.text("PRODUCTION") == "1" else "inline",
        }
        groups = {
            "mail": self.mail(folder / "outbox"),
            "sms": self.sms(folder / "outbox"),
            "retention": self.retention(),
        }
        values = self.read_group(Config, instance_dir=folder, **groups)
        self.check(values)
        if self.faults:
            raise ConfigError(self.faults)
        return Config(**values | {"secret_key": values["secret_key"] or local_secret(folder)})

    def mail(self, outbox: Path) -> MailSettings:
        """SMTP over TLS from the start has another port, and no STARTTLS."""
        values = self.read_group(MailSettings, outbox=outbox)
        if values["use_ssl"]:
            values |= {"use_tls": False} | ({} if self.text("MAIL_PORT") else {"port": 465})
        return MailSettings(**values)

    def sms(self, outbox: Path) -> SmsSettings:
        """Text messages; what the chosen sender cannot do without has to be there."""
        settings = SmsSettings(**self.read_group(SmsSettings, outbox=outbox))
        for name in REQUIRED_BY_SENDER.get(settings.sender, ()):
            if not self.text(name):
                self.faults.append(f"{name}: обязателен при SMS_SENDER={settings.sender}")
        return settings

    def retention(self) -> RetentionSettings:
        """What a message is known by prevents that it is sent twice: not for a short time."""
        settings = RetentionSettings(**self.read_group(RetentionSettings))
        if settings.message_days < MIN_MESSAGE_DAYS:
            self.faults.append(f"RETENTION_MESSAGE_DAYS: нужно не меньше {MIN_MESSAGE_DAYS}")
        return settings

    def read_group(self, group: type, **given: Any) -> dict[str, Any]:
        """Values of a dataclass by the names of its fields; ``given`` ones are not read."""
        hints = get_type_hints(group, include_extras=True)
        values = dict(given)
        for item in (item for item in fields(group) if item.name not in given):
            name, hint = variable_name(group, item.name), hints[item.name]
            default = self.defaults.get(name, item.default)
            if OPTIONAL in get_args(hint) and name in self.environ and not self.text(name):
                values[item.name] = ""
            else:
                values[item.name] = self.read(name, parser_of(hint, default), default)
        return values

    def text(self, name: str) -> str:
        """The value as it is set, without white space around it."""
        return self.environ.get(name, "").strip()

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The parsed value, or the default where nothing is set or it is at fault."""
        if not self.text(name):
            return default
        try:
            check_leftovers(self.environ[name], may_have_lone_quote=name in LONE_QUOTE)
            return parse(self.text(name))
        except ValueError as error:
            self.faults.append(f"{name}: {error}")
            return default

    def check(self, values: Mapping[str, Any]) -> None:
        """What settings must be together, and what a portal that the public uses must not have."""
        opens, closes = values["readings_mkd_opens"], values["readings_mkd_closes"]
        first, last = values["readings_month_end_opens"], values["readings_month_end_closes"]
        if max(opens, closes, first, last) > 31 or opens > closes:
            self.faults.append("READINGS_…: нужны дни месяца, начало не позже конца")
        if last >= first:
            self.faults.append("READINGS_MONTH_END_CLOSES: должен быть раньше начала приема")
        is_tls = values["base_url"].startswith("https://")
        refused = {
            "SECRET_KEY: обязателен при PRODUCTION=1": not self.text("SECRET_KEY"),
            "FIXED_NOW: недопустим при PRODUCTION=1": values["fixed_now"] is not None,
            "BASE_URL: при PRODUCTION=1 нужен адрес https://": not is_tls,
            "FLASK_DEBUG: недопустим при PRODUCTION=1": self.text("FLASK_DEBUG") not in ("", "0"),
        }
        self.faults += [fault for fault in refused if values["production"] and refused[fault]]


def parser_of(hint: Any, default: Any) -> Parser:
    """The parser of a field: the one its annotation names, or the one of its type."""
    for extra in getattr(hint, "__metadata__", ()):
        if callable(extra):
            return cast(Parser, extra)
    if get_origin(hint) is Literal:
        return one_of(*get_args(hint))
    by_type = {str: str, bool: read_boolean, int: read_positive if default else read_whole}
    return cast(Parser, by_type[hint])


def local_secret(folder: Path) -> str:
    """The key of a local installation, made on the first run and readable by its owner only."""
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key := secrets.token_urlsafe(48))
        return key
    except FileExistsError:
        for _ in range(20):  # another process of the same first run may still be writing it
            key = path.read_text(encoding="ascii", errors="replace").strip()
            if len(key) >= MIN_SECRET_LENGTH:
                return key
            time.sleep(0.05)
    raise ConfigError([f"{path}: ключ поврежден; удалите файл, и будет создан новый"])
