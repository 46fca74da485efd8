"""Settings: read once, every fault named at once, nothing secret by default."""

from __future__ import annotations

import io
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dotenv import dotenv_values

import wsgi
from app.domain.rate_limits import LIMITS, Limits
from app.logging import warn_of_removed_settings
from app.security import flask_settings, trusted_hosts
from config import (
    Config,
    ConfigError,
    MailSettings,
    RetentionSettings,
    SmsSettings,
    variable_name,
)
from tests.deploy.test_kabinet_command import kabinet

KEY = "k" * 16 + "0123456789abcdef"
PRODUCTION = {"PRODUCTION": "1", "SECRET_KEY": KEY, "BASE_URL": "https://lk.example.ru"}


@pytest.fixture
def local(tmp_path: Path) -> dict[str, str]:
    return {"INSTANCE_DIR": str(tmp_path / "instance")}


def faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        Config.from_env(environ)
    assert all(fault in str(refused.value) for fault in refused.value.faults)
    return refused.value.faults


def test_empty_environment_is_one_machine_without_any_server(local: dict[str, str]) -> None:
    config = Config.from_env(local)
    assert config.database_url == f"sqlite:///{local['INSTANCE_DIR']}/kabinet.sqlite3"
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.supplier_timezone == ZoneInfo("Asia/Yekaterinburg")
    assert (config.production, config.fixed_now, config.trusted_proxies) == (False, None, 0)
    assert (config.session_idle_minutes, config.session_max_hours) == (30, 12)


def test_empty_values_are_the_defaults(local: dict[str, str]) -> None:
    blank = dict.fromkeys(["PORT", "BASE_URL", "SECRET_KEY", "FIXED_NOW", "PRODUCTION"], " ")
    assert Config.from_env(local | blank) == Config.from_env(local)


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    named = [
        ("BASE_URL", "lk.example.ru"),
        ("DATABASE_URL", "mysql://x"),
        ("FIXED_NOW", "вчера"),
        ("PORT", "восемь"),
        ("SECRET_KEY", "коротко"),
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_MAX_HOURS", "-1"),
        ("SMS_DAILY_CAP", "9" * 10),
        ("STAFF_SESSION_IDLE_MINUTES", "1.5"),
        ("STAFF_SESSION_MAX_HOURS", "٣"),
        ("STOP_DAYS", "x"),
        ("SUPPLIER_TIMEZONE", "Марс/Олимп"),
        ("TRUSTED_PROXIES", "да"),
    ]
    found = faults({"INSTANCE_DIR": str(tmp_path / "new"), **dict(named)})
    assert sorted(fault.split(":")[0] for fault in found) == [name for name, _ in named]
    assert not (tmp_path / "new").exists()


def test_every_fault_of_production_is_reported_at_once() -> None:
    found = faults(
        {
            "PRODUCTION": "1",
            "BASE_URL": "http://lk.example.ru",
            "FIXED_NOW": "2026-11-21T12:00:00+05:00",
            "FLASK_DEBUG": "1",
            "PORT": "x",
        }
    )
    names = sorted(fault.split(":")[0] for fault in found)
    assert names == ["BASE_URL", "FIXED_NOW", "FLASK_DEBUG", "PORT", "SECRET_KEY"]


def test_addresses_of_alerts_are_a_list_and_a_wrong_one_is_named(local: dict[str, str]) -> None:
    text = "a@example.org, b@example.org,a@example.org,"
    assert Config.from_env(local).staff_alert_emails == ()
    config = Config.from_env(local | {"STAFF_ALERT_EMAILS": text})
    assert config.staff_alert_emails == ("a@example.org", "b@example.org")
    (fault,) = faults(local | {"STAFF_ALERT_EMAILS": "a@example.org, почта"})
    assert fault.startswith("STAFF_ALERT_EMAILS: ")
    assert "«почта»" in fault


@pytest.mark.parametrize("key", ["", " " * 40, "short", "x" * 31, f"  {'x' * 31} "])
def test_production_starts_with_no_default_secret(key: str) -> None:
    assert [fault.split(":")[0] for fault in faults(PRODUCTION | {"SECRET_KEY": key})] == [
        "SECRET_KEY"
    ]


def test_production_with_its_settings_starts_and_writes_no_secret(tmp_path: Path) -> None:
    config = Config.from_env(PRODUCTION | {"INSTANCE_DIR": str(tmp_path)})
    assert (config.secret_key, config.https) == (KEY, True)
    assert trusted_hosts(config) == ["lk.example.ru"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("debug", ["1", "true", "yes"])
def test_production_never_debugs(debug: str) -> None:
    assert faults(PRODUCTION | {"FLASK_DEBUG": debug}) == [
        "FLASK_DEBUG: недопустим при PRODUCTION=1"
    ]


@pytest.mark.parametrize("value", ["yes", "true", "2", "да"])
def test_unclear_production_does_not_start_as_development(
    local: dict[str, str], value: str
) -> None:
    assert faults(local | {"PRODUCTION": value}) == [f"PRODUCTION: нужно 0 или 1, а не «{value}»"]


def test_local_secret_is_made_once_for_its_owner_only(local: dict[str, str]) -> None:
    first = Config.from_env(local).secret_key
    path = Path(local["INSTANCE_DIR"]) / "secret_key"
    assert len(first) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Config.from_env(local).secret_key == first
    other = Config.from_env({"INSTANCE_DIR": local["INSTANCE_DIR"] + "2"})
    assert other.secret_key != first


def test_workers_that_start_together_agree_on_the_local_secret(local: dict[str, str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Config.from_env(local).secret_key, range(24)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 64


def test_worker_waits_for_a_secret_that_another_is_writing(local: dict[str, str]) -> None:
    path = Path(local["INSTANCE_DIR"]) / "secret_key"
    path.parent.mkdir()
    path.touch()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(Config.from_env, local)
        path.write_text(KEY, encoding="ascii")
        assert waiting.result(5).secret_key == KEY


@pytest.mark.parametrize("content", ["", "обрывок"])
def test_damaged_secret_file_is_named(local: dict[str, str], content: str) -> None:
    path = Path(local["INSTANCE_DIR"]) / "secret_key"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    (fault,) = faults(local)
    assert str(path) in fault
    assert "удалите файл" in fault


def test_settings_show_no_secret_when_printed(local: dict[str, str]) -> None:
    config = Config.from_env(local | {"DATABASE_URL": "postgresql://portal:t0psecret@db/kabinet"})
    assert config.secret_key not in repr(config)
    assert "t0psecret" not in repr(config)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_writing_of_postgresql_uses_one_driver(local: dict[str, str], scheme: str) -> None:
    config = Config.from_env(local | {"DATABASE_URL": f"{scheme}://u:p@db/kabinet"})
    assert config.database_url == "postgresql+psycopg://u:p@db/kabinet"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FILES_URL", "files"),
        ("FILES_URL", "ftp://example.org/x"),
        ("FILES_ENDPOINT", "minio:9000"),
        ("CLAMD_ADDRESS", "localhost"),
        ("ATTACHMENT_MAX_MB", "0"),
        ("BASE_URL", "https://lk.example.ru/portal"),
        ("BASE_URL", "ftp://lk.example.ru"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://["),
        ("BASE_URL", "https://user:word@lk.example.ru"),
        ("BASE_URL", "https://lk.example.ru:99999"),
        ("BASE_URL", "https://lk.example.ru/?x=1"),
        ("FIXED_NOW", "2026-11-21T12:00:00"),
        ("FIXED_NOW", "2026-11-21"),
        ("SUPPLIER_TIMEZONE", "../../etc/passwd"),
        ("SUPPLIER_TIMEZONE", "Europe"),
        ("SUPPLIER_TIMEZONE", "\x00"),
        ("DATABASE_URL", "sqlite3"),
    ],
)
def test_value_that_cannot_be_meant_is_refused(
    local: dict[str, str], name: str, value: str
) -> None:
    (fault,) = faults(local | {name: value})
    assert fault.startswith(f"{name}: ")
    assert any("а" <= character <= "я" for character in fault)


def test_trailing_slash_of_the_address_is_dropped(local: dict[str, str]) -> None:
    config = Config.from_env(local | {"BASE_URL": "https://lk.example.ru:8443/"})
    assert config.base_url == "https://lk.example.ru:8443"


def test_fixed_moment_keeps_its_offset(local: dict[str, str]) -> None:
    config = Config.from_env(local | {"FIXED_NOW": "2026-11-21T12:00:00+05:00"})
    assert config.fixed_now == datetime.fromisoformat("2026-11-21T07:00:00+00:00")


def test_cookies_are_named_for_this_host_over_tls_only(local: dict[str, str]) -> None:
    plain = flask_settings(Config.from_env(local))
    secure = flask_settings(Config.from_env(local | {"BASE_URL": "https://lk.example.ru"}))
    assert (plain["SESSION_COOKIE_NAME"], plain["SESSION_COOKIE_SECURE"]) == ("kabinet", False)
    assert secure["SESSION_COOKIE_NAME"] == "__Host-kabinet"
    assert secure["SESSION_COOKIE_SECURE"] is True


def test_env_file_is_for_development_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("BILLING_AGE_HOURS=7\nPORT=9000\n", encoding="utf-8")
    monkeypatch.setattr(wsgi, "ROOT", tmp_path)
    for name in ("PRODUCTION", "BILLING_AGE_HOURS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "8001")
    read = wsgi.environment()
    assert (read["BILLING_AGE_HOURS"], read["PORT"]) == ("7", "8001")
    monkeypatch.setenv("PRODUCTION", "1")
    assert wsgi.environment() == dict(os.environ)


@pytest.mark.parametrize("leftover", ["{value}   # примечание", '"{value}"', "'{value}'"])
def test_every_setting_that_keeps_a_comment_or_quotes_is_named_at_once(
    local: dict[str, str], leftover: str
) -> None:
    values = {
        "PORT": "8000",
        "BASE_URL": "https://lk.example.ru",
        "SECRET_KEY": KEY,
        "MAIL_PASSWORD": "word",
        "MAIL_SERVER": "smtp.example.ru",
        "MAIL_SENDER": "lk@example.ru",
        "SMS_FROM": "ENERGO",
        "SMS_HTTP_SUCCESS": "^ok",
        "SMS_HTTP_BODY": "to={phone}",
        "CLAMD_ADDRESS": "/run/clamd.ctl",
        "DATABASE_URL": "postgresql://u:p@db/kabinet",
        "REDIS_URL": "redis://127.0.0.1/0",
        "FILES_URL": "/srv/files",
        "IMPORT_TOKEN": "t" * 40,
        "EDO_OPERATOR": "Такском",
        "TWILIO_AUTH_TOKEN": "token",
        "SBER_ONLINE_URL": "https://example.ru",
        "WEB_WORKERS": "2",
        "WEB_THREADS": "8",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "INSTANCE_DIR": local["INSTANCE_DIR"],
        "PRODUCTION": "0",
        "JOBS": "queue",
    }
    Config.from_env(values)
    changed = {name: leftover.replace("{value}", value) for name, value in values.items()}
    found = faults(changed)
    assert sorted(fault.split(":")[0] for fault in found) == sorted(values)
    assert all("« #»" in fault or "в кавычках" in fault for fault in found)


def test_the_documented_gateways_are_read_as_they_are_written(local: dict[str, str]) -> None:
    text = (wsgi.ROOT / "docs" / "ru" / "messages.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(SMS_.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    patterns = []
    for block in blocks:
        by_systemd, _ = kabinet.read_environment_file(block.encode())
        assert by_systemd == dotenv_values(stream=io.StringIO(block))
        patterns.append(Config.from_env(local | by_systemd).sms.http_success)
    answers = ['{"status": "OK", "sms_id": "123"}', '{"id": "abc"}', "accepted;123"]
    for pattern, answer in zip(patterns, answers, strict=True):
        found = re.search(pattern, answer)
        assert found
        assert found[1] in ("123", "abc")


ELSEWHERE = {"PORT", "WEB_WORKERS", "WEB_THREADS"}
"""Variables of gunicorn, which are not in the dataclass."""
EXAMPLES = {"FIXED_NOW", "SMS_HTTP_HEADERS"}
"""Shown with an example, because their default is nothing."""
LOCAL = {"INSTANCE_DIR"}


def documented(path: str, pattern: str) -> list[str]:
    """What a document of the project says of settings, by a pattern with one group."""
    return re.findall(pattern, (wsgi.ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def variables() -> set[str]:
    """Every environment variable that a setting is read from."""
    return {
        variable_name(group, item.name)
        for group in (Config, MailSettings, SmsSettings, RetentionSettings)
        for item in fields(group)
        if item.name not in ("mail", "sms", "retention", "outbox")
    }


def test_example_file_names_every_setting_once() -> None:
    names = documented(".env.example", "^#([A-Z_]+)=")
    assert sorted(names) == sorted(variables() | ELSEWHERE)


def test_example_file_shows_the_defaults(local: dict[str, str]) -> None:
    default = Config.from_env(local)
    for line in documented(".env.example", "^#([A-Z_]+=.*)$"):
        name, value = line.split("=", maxsplit=1)
        if name not in EXAMPLES | LOCAL:
            assert Config.from_env(local | {name: value}) == default, line


def test_readme_explains_every_setting_once() -> None:
    rows = documented("README.md", r"^\| (`[A-Z][A-Z_]+`.*?) \|")
    names = re.findall("`([A-Z_]+)`", " ".join(rows))
    assert sorted(names) == sorted(variables() | ELSEWHERE)


def test_readme_shows_the_defaults(local: dict[str, str]) -> None:
    default, checked = Config.from_env(local), 0
    for row in documented("README.md", r"^\| (`[A-Z][A-Z_]+`.*? \| .*?) \|"):
        names, values = (cell.split(", ") for cell in row.split(" | "))
        if len(names) != len(values):
            continue
        for name, value in zip(names, values, strict=True):
            found = re.fullmatch("`([^`$]+)`", value)
            if found and "INSTANCE_DIR" not in name + value:
                assert Config.from_env(local | {name.strip("`"): found[1]}) == default, row
                checked += 1
    assert checked > 20


def test_what_became_a_constant_is_no_setting_and_is_named_when_set(
    local: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    names = {item.name.upper() for item in fields(Limits)}
    assert not names & variables()
    environ = local | {"SIGN_IN_PAIR_FAILURES": "3", "SMS_PER_NUMBER": " ", "PROOF_TRIES": "x"}
    assert Config.from_env(environ) == Config.from_env(local)
    warn_of_removed_settings(environ)
    named = [record.getMessage().split()[0] for record in caplog.records]
    assert named == ["SIGN_IN_PAIR_FAILURES", "PROOF_TRIES"]


def test_a_portal_has_the_constant_limits_unless_a_test_shrinks_them(make_app) -> None:
    assert make_app().extensions["limits"] == LIMITS
    assert make_app(proof_tries=1).extensions["limits"] == Limits(proof_tries=1)


def test_days_of_retention_are_settings_and_senseless_ones_are_named(local: dict[str, str]) -> None:
    config = Config.from_env(local | {"RETENTION_AUDIT_DAYS": "400", "RETENTION_DRAFT_DAYS": "7"})
    assert (config.retention.audit_days, config.retention.draft_days) == (400, 7)
    assert config.retention.session_days == 180
    found = faults(local | {"RETENTION_MESSAGE_DAYS": "30", "RETENTION_SESSION_DAYS": "0"})
    assert [fault.split(":")[0] for fault in sorted(found)] == [
        "RETENTION_MESSAGE_DAYS",
        "RETENTION_SESSION_DAYS",
    ]
