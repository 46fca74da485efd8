"""Settings of the portal: one frozen class, read from the environment once.

Every fault is reported at once, by name, so that a deployment is mended in one round.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parent
MIN_SECRET_LENGTH = 32

T = TypeVar("T")


class ConfigError(Exception):
    """The environment holds settings the portal cannot start with; ``faults`` has a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Настройки не приняты:\n  " + "\n  ".join(faults))
        self.faults = faults


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
    sign_in_address_failures: int = 25
    """Failed sign-ins from one address in 15 minutes before it has to wait."""
    sign_in_pair_failures: int = 10
    """Failed sign-ins for one login from one address in 15 minutes."""
    sign_in_login_checks: int = 100
    """Password checks of one login in an hour, whatever the addresses."""
    statement_max_rows: int = 2000
    """Longest statement made at once; a longer period has to be narrowed."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Build from environment variables; raise ConfigError naming every fault."""
        return _Reader(environ).config()

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

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
            trusted_proxies=self.read("TRUSTED_PROXIES", _whole, 0),
            session_idle_minutes=self.read("SESSION_IDLE_MINUTES", _positive, 30),
            session_max_hours=self.read("SESSION_MAX_HOURS", _positive, 12),
            sign_in_address_failures=self.read("SIGN_IN_ADDRESS_FAILURES", _positive, 25),
            sign_in_pair_failures=self.read("SIGN_IN_PAIR_FAILURES", _positive, 10),
            sign_in_login_checks=self.read("SIGN_IN_LOGIN_CHECKS", _positive, 100),
            statement_max_rows=self.read("STATEMENT_MAX_ROWS", _positive, 2000),
        )
        self.check_production(settings)
        if self.faults:
            raise ConfigError(self.faults)
        if settings.secret_key:
            return settings
        return replace(settings, secret_key=_local_secret(instance_dir))

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
