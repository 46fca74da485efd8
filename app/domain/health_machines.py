"""Health check of an installation of several machines: nothing may lie where one alone sees it."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.health import HealthCheck, HealthState


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What of settings and local disk decides whether several machines are one portal."""

    machines: int
    """``WEB_MACHINES``."""
    is_sqlite: bool
    has_queue: bool
    has_redis: bool
    files_place: str
    is_files_place_local: bool
    """Files of customers lie in a folder of this machine that no other one sees."""
    is_key_generated: bool
    has_mail_server: bool
    has_sms_provider: bool
    trusted_proxies: int
    local_packages: int = 0
    """Packages for billing of before the store was common, which lie on this machine only."""


def check_machines(facts: MachineFacts) -> list[HealthCheck]:
    """Judge every thing that must be common; one machine may have all of it to itself."""
    if facts.machines == 1:
        return [HealthCheck("machines", HealthState.OK, "Машины: одна (WEB_MACHINES)")]
    head = f"Машины ({facts.machines})"
    faults = [
        HealthCheck(f"machines_{key}", HealthState.FAULT, f"{head}: {text}", advice)
        for key, is_local, text, advice in _list_needs(facts)
        if is_local
    ]
    text = f"{head}: база, файлы, очередь, почта и ключ общие"
    return faults or [HealthCheck("machines", HealthState.OK, text)]


def _list_needs(facts: MachineFacts) -> list[tuple[str, bool, str, str]]:
    """Key, whether it is still local, what that means, and what to do, of each thing."""
    return [
        (
            "database",
            facts.is_sqlite,
            "SQLite лежит на одной машине",
            "Перенесите: flask move-database postgresql://…, затем DATABASE_URL.",
        ),
        (
            "files",
            facts.is_files_place_local,
            f"файлы лежат на диске этой машины ({facts.files_place})",
            "Перенесите: flask move-files s3://бакет/папка, затем FILES_URL; или сетевой диск.",
        ),
        (
            "queue",
            not (facts.has_queue and facts.has_redis),
            "очередь у каждой машины своя (нет REDIS_URL или JOBS=inline)",
            "Задайте всем один REDIS_URL=redis://… и JOBS=queue.",
        ),
        (
            "key",
            facts.is_key_generated,
            "SECRET_KEY создан этой машиной, у других он другой",
            "Задайте всем один SECRET_KEY: с разными сеансы и ссылки обрываются.",
        ),
        (
            "mail",
            not facts.has_mail_server,
            "письма пишутся в папку этой машины (нет MAIL_SERVER)",
            "Задайте MAIL_SERVER и остальные MAIL_….",
        ),
        (
            "sms",
            not facts.has_sms_provider,
            "смс пишутся в папку этой машины (SMS_SENDER=file)",
            "Задайте SMS_SENDER: twilio или http.",
        ),
        (
            "proxies",
            not facts.trusted_proxies,
            "TRUSTED_PROXIES=0, а перед машинами стоит балансировщик",
            "Задайте TRUSTED_PROXIES=1: иначе все посетители считаются одним.",
        ),
        (
            "packages",
            facts.local_packages > 0,
            f"пакеты для биллинга остались на этой машине: {facts.local_packages}",
            "Перенесите их в хранилище: flask billing-export.",
        ),
    ]
