"""Settings of the portal: one frozen class, read from the environment once.

Every fault is reported at once, by name, so that a deployment is mended in one round.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parent
MIN_SECRET_LENGTH = 32

T = TypeVar("T")


NEEDED_BY: dict[str, tuple[str, ...]] = {
    "file": (),
    "twilio": ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_FROM"),
    "http": ("SMS_HTTP_URL", "SMS_HTTP_SUCCESS"),
}


class ConfigError(Exception):
    """The environment holds settings the portal cannot start with; ``faults`` has a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Настройки не приняты:\n  " + "\n  ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class MailSettings:
    """How letters leave; without ``server`` they are written to ``outbox``."""

    outbox: Path
    server: str = ""
    port: int = 587
    use_tls: bool = True
    use_ssl: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = "kabinet@localhost"
    timeout: int = 8
    """Seconds for the whole conversation; a person may be waiting."""


@dataclass(frozen=True)
class SmsSettings:
    """How text messages leave, to whom, and how many."""

    outbox: Path
    sender: str = "file"
    from_: str = ""
    timeout: int = 8
    """Seconds, half of them for connecting."""
    prefixes: tuple[str, ...] = ("+79",)
    """Beginnings of numbers that get messages."""
    daily_cap: int = 500
    """Codes of all people together in 24 hours; reaching it is an alarm."""
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_api_base: str = ""
    http_method: str = "POST"
    http_url: str = field(default="", repr=False)
    http_body: str = field(default="", repr=False)
    http_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    http_success: str = ""


@dataclass(frozen=True)
class Config:
    """All settings. A default is fit for one machine without any server, and is never a secret."""

    secret_key: str = field(repr=False)
    instance_dir: Path
    database_url: str = field(repr=False)
    base_url: str
    supplier_timezone: ZoneInfo
    production: bool = False
    fixed_now: datetime | None = None
    trusted_proxies: int = 0
    session_idle_minutes: int = 30
    session_max_hours: int = 12
    staff_session_idle_minutes: int = 15
    staff_session_max_hours: int = 8
    billing_age_hours: int = 36
    """Billing data older than this are pointed out to staff."""
    import_token: str = field(default="", repr=False)
    """Opens ``POST /api/import`` to the billing system; empty: there is no such door."""
    import_max_mb: int = 2048
    """Largest batch that is sent to the portal."""
    sign_in_address_failures: int = 25
    """Failed sign-ins from one address in 15 minutes before it has to wait."""
    sign_in_pair_failures: int = 10
    """Failed sign-ins for one login from one address in 15 minutes."""
    sign_in_login_checks: int = 100
    """Password checks of one login in an hour, whatever the addresses."""
    statement_max_rows: int = 2000
    """Longest statement made at once, as a page or for a spreadsheet; …"""
    pdf_max_rows: int = 300
    """… as PDF, which takes a second for every 70 rows; longer ones are made by the worker, …"""
    file_max_rows: int = 10_000
    """… up to this; a longer period has to be narrowed."""
    pdf_per_minute: int = 10
    """PDF documents for one account."""
    readings_auto_accept: str = "plausible"
    """``plausible``: a reading in time that raises no doubt is accepted at once; ``off``."""
    readings_month_end_opens: int = 20
    """Day of the month from which readings «as of the 1st» are taken, …"""
    readings_month_end_closes: int = 1
    """… and day of the next month whose end closes it; the same for apartment buildings:"""
    readings_mkd_opens: int = 23
    readings_mkd_closes: int = 26
    readings_unusual_times: int = 3
    """Times the usual month from which a consumption has to be confirmed."""
    sber_online_url: str = "https://online.sberbank.ru/"
    """«Сбербанк Онлайн», for sole traders and owners of premises; empty hides the button."""
    sber_business_url: str = "https://sbi.sberbank.ru/"
    """«СберБизнес», for companies."""
    attachment_max_mb: int = 10
    """Largest file of an enquiry, …"""
    attachments_per_message: int = 10
    """… how many of them at once, …"""
    attachments_per_day: int = 20
    """… from one account in a day, …"""
    attachments_account_mb: int = 100
    """… and how much of one account in all."""
    disk_free_mb: int = 500
    """Room that has to be left on the disk; files are refused before it is used up."""
    enquiries_per_day: int = 20
    """Enquiries of one account."""
    enquiry_answer_days: int = 30
    """Days in which an enquiry is answered, where its topic has no term of its own."""
    contact_changes_per_hour: int = 5
    """New addresses and numbers of one account."""
    files_url: str = field(default="", repr=False)
    """Where files of customers lie: a folder or ``s3://…``; empty: in ``instance_dir``."""
    files_endpoint: str = ""
    """Address of an S3-compatible service."""
    clamd_address: str = ""
    """The virus scanner, ``host:port`` or the path of a socket; empty: none."""
    edo_operator: str = ""
    """The supplier's operator of electronic documents …"""
    edo_participant_id: str = ""
    """… and its participant id there."""
    mail: MailSettings = field(default_factory=lambda: MailSettings(ROOT / "instance" / "outbox"))
    sms: SmsSettings = field(default_factory=lambda: SmsSettings(ROOT / "instance" / "outbox"))
    jobs: str = "inline"
    """``inline``: messages leave with the request that causes them; ``queue``: a worker sends."""
    redis_url: str = field(default="", repr=False)
    registration_proof: str = "evidence"
    """``evidence``: who is not on record proves the right to the contract; ``none``: nobody."""
    link_minutes: int = 60
    """Life of a link that confirms a registration or sets a new password."""
    stop_days: int = 7
    """How long those on record can stop a registration."""
    sms_code_minutes: int = 10
    sms_resend_seconds: int = 60
    sms_code_tries: int = 5
    sms_tries_per_day: int = 15
    """Codes typed for one number, whatever the registrations."""
    sms_per_number: int = 3
    """Codes to one number in 10 minutes …"""
    sms_per_number_day: int = 5
    """… and in 24 hours."""
    sms_per_address: int = 10
    """Codes asked for by one network address in an hour."""
    first_entry_per_address: int = 20
    """First entries from one address in 15 minutes …"""
    first_entry_per_contract: int = 30
    """… and for one contract in an hour."""
    registrations_per_contract: int = 10
    """Letters of confirmation for one contract in 24 hours."""
    proof_tries: int = 3
    """Totals tried in one registration; per contract and day three times as many."""
    recoveries_per_login: int = 3
    """Letters or codes for one forgotten password in an hour."""
    recoveries_per_address: int = 20

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Build from environment variables; raise ConfigError naming every fault."""
        return _Reader(environ).config()

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def files_place(self) -> str:
        """Where files of customers lie."""
        return self.files_url or str(self.instance_dir / "files")

    @property
    def bank_links(self) -> tuple[tuple[str, str], ...]:
        """Words and addresses of the buttons that lead to banks."""
        links = (("Сбербанк Онлайн", self.sber_online_url), ("СберБизнес", self.sber_business_url))
        return tuple((words, url) for words, url in links if url)

    @property
    def trusted_hosts(self) -> list[str]:
        """Host names this portal answers to; local ones only outside production."""
        host = urlsplit(self.base_url).hostname or ""
        return [host] if self.production else [host, "localhost", "127.0.0.1", "[::1]"]


class _Reader:
    """Reads variables one by one and keeps the faults instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def config(self) -> Config:
        production = self.read("PRODUCTION", _boolean, False)
        instance_dir = self.read(
            "INSTANCE_DIR", lambda text: Path(text).resolve(), ROOT / "instance"
        )
        port = self.read("PORT", _whole, 8000)
        settings = Config(
            secret_key=self.read("SECRET_KEY", _secret, ""),
            instance_dir=instance_dir,
            database_url=self.read(
                "DATABASE_URL", _database_url, f"sqlite:///{instance_dir / 'kabinet.sqlite3'}"
            ),
            base_url=self.read("BASE_URL", _base_url, f"http://127.0.0.1:{port}"),
            supplier_timezone=self.read("SUPPLIER_TIMEZONE", _zone, ZoneInfo("Asia/Yekaterinburg")),
            production=production,
            fixed_now=self.read("FIXED_NOW", _moment, None),
            sber_online_url=self.link("SBER_ONLINE_URL", Config.sber_online_url),
            sber_business_url=self.link("SBER_BUSINESS_URL", Config.sber_business_url),
            mail=self.mail(instance_dir / "outbox"),
            sms=self.sms(instance_dir / "outbox"),
            files_url=self.read("FILES_URL", _files_url, ""),
            files_endpoint=self.read("FILES_ENDPOINT", _web_address, ""),
            clamd_address=self.read("CLAMD_ADDRESS", _socket_address, ""),
            edo_operator=self.read("EDO_OPERATOR", str, ""),
            edo_participant_id=self.read("EDO_PARTICIPANT_ID", str, ""),
            import_token=self.read("IMPORT_TOKEN", _secret, ""),
            jobs=self.read("JOBS", _one_of("inline", "queue"), "queue" if production else "inline"),
            redis_url=self.read("REDIS_URL", _redis_url, ""),
            registration_proof=self.read(
                "REGISTRATION_PROOF", _one_of("evidence", "none"), "evidence"
            ),
            readings_auto_accept=self.read(
                "READINGS_AUTO_ACCEPT", _one_of("off", "plausible"), "plausible"
            ),
            **self.numbers(),
        )
        self.check_production(settings)
        if self.faults:
            raise ConfigError(self.faults)
        if settings.secret_key:
            return settings
        return replace(settings, secret_key=_local_secret(instance_dir))

    def numbers(self) -> dict[str, Any]:
        """Every whole number among the settings, by the name of its field in capitals."""
        return {
            item.name: self.read(
                item.name.upper(), _positive if item.default else _whole, item.default
            )
            for item in fields(Config)
            if item.type == "int"
        }

    def link(self, name: str, default: str) -> str:
        """An address to lead to; set to nothing, there is no such button."""
        if name in self.environ and not self.environ[name].strip():
            return ""
        return self.read(name, _web_address, default)

    def mail(self, outbox: Path) -> MailSettings:
        settings = self.section(MailSettings, "MAIL_", outbox, sender=_address)
        if not settings.use_ssl:
            return settings
        is_port_set = self.environ.get("MAIL_PORT", "").strip()
        return replace(settings, use_tls=False, port=settings.port if is_port_set else 465)

    def sms(self, outbox: Path) -> SmsSettings:
        settings = self.section(
            SmsSettings,
            "SMS_",
            outbox,
            sender=_one_of("file", "twilio", "http"),
            prefixes=_prefixes,
            twilio_api_base=_web_address,
            http_method=_one_of("GET", "POST"),
            http_url=_web_address,
            http_headers=_headers,
            http_success=_pattern,
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
            "int": _positive,
            "bool": _boolean,
        }
        values: dict[str, Any] = {"outbox": outbox}
        for item in fields(kind):  # type: ignore[arg-type]
            if item.name != "outbox":
                name = item.name if item.name.startswith("twilio") else prefix + item.name
                parse = parsers.get(item.name) or by_type[str(item.type)]
                values[item.name] = self.read(name.rstrip("_").upper(), parse, item.default)
        return kind(**values)

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.faults.append(f"{name}: {error}")
            return default

    def check_production(self, settings: Config) -> None:
        days = (
            settings.readings_month_end_opens, settings.readings_mkd_opens,
            settings.readings_month_end_closes, settings.readings_mkd_closes,
        )  # fmt: skip
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


def _local_secret(instance_dir: Path) -> str:
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


def _secret(text: str) -> str:
    if len(text) < MIN_SECRET_LENGTH:
        raise ValueError(f"нужно не меньше {MIN_SECRET_LENGTH} знаков")
    return text


def _boolean(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"нужно 0 или 1, а не «{text}»")
    return text == "1"


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"нужно целое число от нуля, а не «{text}»")
    return int(text)


def _positive(text: str) -> int:
    if (value := _whole(text)) == 0:
        raise ValueError("нужно число больше нуля")
    return value


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"нужно одно из: {', '.join(values)}, а не «{text}»")
        return text

    return read


def _prefixes(text: str) -> tuple[str, ...]:
    prefixes = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"\+[0-9]{1,14}", prefix) for prefix in prefixes):
        raise ValueError(f"нужны начала номеров через запятую, например +79, а не «{text}»")
    return prefixes


def _address(text: str) -> str:
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", text):
        raise ValueError(f"нужен адрес вида kabinet@example.ru, а не «{text}»")
    return text


def _headers(text: str) -> tuple[tuple[str, str], ...]:
    try:
        headers = json.loads(text)
        return tuple((str(name), str(value)) for name, value in headers.items())
    except (ValueError, AttributeError):
        raise ValueError('нужен объект JSON, например {"Content-Type": "…"}') from None


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"нужно регулярное выражение: {error}") from None
    return text


def _web_address(text: str) -> str:
    if not re.match(r"https?://[^/\s]+", text):
        raise ValueError("нужен адрес http:// или https://")
    return text


def _files_url(text: str) -> str:
    if not re.match(r"(s3://[^/\s]+|file:///|/)", text):
        raise ValueError("нужна папка /путь или адрес s3://бакет/папка")
    return text.removeprefix("file://")


def _socket_address(text: str) -> str:
    if not re.fullmatch(r"/.+|[^\s:]+:[0-9]{1,5}", text):
        raise ValueError("нужно имя:порт или путь сокета, например 127.0.0.1:3310")
    return text


def _redis_url(text: str) -> str:
    if not re.match(r"(rediss?|unix)://", text):
        raise ValueError("нужен адрес redis://…")
    return text


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"нет такого часового пояса: «{text}»") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"нужен момент ISO 8601 со смещением, а не «{text}»") from None
    if moment.tzinfo is None:
        raise ValueError("нужен момент со смещением, например 2026-11-21T12:00:00+05:00")
    return moment


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        origin = f"{parts.scheme}://{parts.netloc}"
        is_origin = text.lower().rstrip("/") == origin.lower() and parts.port != 0
    except ValueError:  # brackets or a port that make no address
        is_origin = False
    if not is_origin or parts.scheme not in ("http", "https") or "@" in origin:
        raise ValueError(f"нужен адрес вида https://lk.example.ru, а не «{text}»")
    return origin


def _database_url(text: str) -> str:
    if text.startswith("sqlite:"):
        return text
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    raise ValueError("нужен адрес sqlite:///… или postgresql://…")
