"""Health checks of settings, machine and network: from facts to «in order, warning, fault»."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.health import HealthCheck, HealthState, say_age

CERTIFICATE_WARNING, CERTIFICATE_FAULT = timedelta(days=21), timedelta(days=7)
CLOCK_OFFSET = timedelta(seconds=30)
MEBIBYTE = 1024 * 1024
OK, WARNING, FAULT = HealthState.OK, HealthState.WARNING, HealthState.FAULT


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """What of the settings decides whether the public may use the portal."""

    is_production: bool
    is_debug: bool
    has_fixed_time: bool
    is_https: bool
    is_key_generated: bool
    has_alert_emails: bool
    mail_server: str
    sms_sender: str


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a request to BASE_URL over the network has met with."""

    fault: str = ""
    """Why there is no answer; empty: there is one."""
    status: int = 0
    certificate_fault: str = ""
    certificate_until: datetime | None = None
    is_ours: bool = False
    """The answer proves that this installation has given it."""
    scheme: str = ""
    """As the portal has understood the request."""
    address_was_forged: bool = False
    """The portal took the client's address from a header of the client's own."""


def check_settings(facts: SettingsFacts) -> list[HealthCheck]:
    """Judge the settings one by one; outside production they are nobody's danger."""
    checks = [_check_key(facts), _check_mode(facts), _check_https(facts)]
    if facts.sms_sender == "twilio":
        checks.append(_check_abroad())
    if not facts.has_alert_emails:
        text = "Оповещения: STAFF_ALERT_EMAILS не задан, о неисправностях никто не узнает"
        state = WARNING if facts.is_production else OK
        checks.append(HealthCheck("alerts", state, text, "Задайте STAFF_ALERT_EMAILS."))
    return checks


def _check_key(facts: SettingsFacts) -> HealthCheck:
    if facts.is_key_generated:
        text = "SECRET_KEY: создан сам, лежит в INSTANCE_DIR/secret_key"
        advice = "Задайте SECRET_KEY в файле настроек и храните его отдельно от копий."
        return HealthCheck("secret_key", WARNING if facts.is_production else OK, text, advice)
    return HealthCheck("secret_key", OK, "SECRET_KEY: задан")


def _check_mode(facts: SettingsFacts) -> HealthCheck:
    if facts.is_production and (facts.is_debug or facts.has_fixed_time):
        text = "Режим: PRODUCTION=1 вместе с отладкой или FIXED_NOW"
        return HealthCheck("mode", FAULT, text, "Уберите FLASK_DEBUG и FIXED_NOW.")
    if facts.is_production:
        return HealthCheck("mode", OK, "Режим: рабочий, отладка выключена")
    text = "Режим: для знакомства (PRODUCTION не 1)"
    return HealthCheck("mode", WARNING, text, "Для потребителей задайте PRODUCTION=1.")


def _check_abroad() -> HealthCheck:
    text = "SMS_SENDER=twilio: номера телефонов и тексты смс уходят за пределы России"
    advice = (
        "Нужны уведомление Роскомнадзора о трансграничной передаче и упоминание в политике "
        "(152-ФЗ, ст. 12), или российский шлюз: SMS_SENDER=http, docs/ru/messages.md."
    )
    return HealthCheck("sms_abroad", WARNING, text, advice)


def _check_https(facts: SettingsFacts) -> HealthCheck:
    if facts.is_https:
        return HealthCheck("https", OK, "BASE_URL: https")
    state = FAULT if facts.is_production else WARNING
    text = "BASE_URL: без https пароли и документы идут открыто"
    return HealthCheck("https", state, text, "Поставьте прокси с TLS и задайте https://…")


def check_site(facts: SiteFacts, base_url: str) -> list[HealthCheck]:
    """Judge the way from the network through the proxy to this installation."""
    checks = [_check_answer(facts, base_url)]
    if facts.is_ours:
        checks.append(_check_forwarded(facts, base_url))
    return checks


def _check_answer(facts: SiteFacts, base_url: str) -> HealthCheck:
    if facts.fault:
        text = f"{base_url}: не отвечает ({facts.fault})"
        advice = "Проверьте DNS, прокси (systemctl status caddy) и службу kabinet."
        return HealthCheck("site", FAULT, text, advice)
    if facts.status != 200:
        text = f"{base_url}: ответ {facts.status} вместо 200"
        advice = "Прокси работает, кабинет за ним нет: systemctl status kabinet."
        return HealthCheck("site", FAULT, text, advice)
    if not facts.is_ours:
        text = f"{base_url}: отвечает другая установка"
        advice = "Проверьте DNS и адрес в прокси; у всех машин должен быть один SECRET_KEY."
        return HealthCheck("site", FAULT, text, advice)
    return HealthCheck("site", OK, f"{base_url}: отвечает через сеть")


def _check_forwarded(facts: SiteFacts, base_url: str) -> HealthCheck:
    scheme = base_url.partition("://")[0]
    if facts.scheme != scheme:
        text = f"Заголовки прокси: запрос {scheme} принят за {facts.scheme}"
        advice = "TRUSTED_PROXIES — число прокси перед кабинетом; прокси шлет X-Forwarded-Proto."
        return HealthCheck("forwarded", FAULT, text, advice)
    if facts.address_was_forged:
        text = "Заголовки прокси: чужой X-Forwarded-For принят за адрес посетителя"
        advice = "Уменьшите TRUSTED_PROXIES до числа своих прокси."
        return HealthCheck("forwarded", FAULT, text, advice)
    return HealthCheck("forwarded", OK, "Заголовки прокси: схема и адрес посетителя верны")


def check_certificate(facts: SiteFacts, now: datetime) -> HealthCheck | None:
    """Judge the certificate of BASE_URL; None: nobody has shown one."""
    advice = "Прокси продлевает его сам: посмотрите journalctl -u caddy и открыт ли порт 80."
    if facts.certificate_fault:
        text = f"Сертификат: не принят ({facts.certificate_fault})"
        return HealthCheck("certificate", FAULT, text, advice)
    if facts.certificate_until is None:
        return None
    left = facts.certificate_until - now
    text = f"Сертификат: действует еще {max(left.days, 0)} сут."
    if left >= CERTIFICATE_WARNING:
        return HealthCheck("certificate", OK, text)
    return HealthCheck("certificate", WARNING if left >= CERTIFICATE_FAULT else FAULT, text, advice)


def check_mail(facts: SettingsFacts, fault: str | None) -> HealthCheck:
    """Judge whether the mail server lets the portal in.

    Args:
        fault: why it does not; None: it does, or there is none.
    """
    if not facts.mail_server:
        text = "Почта: MAIL_SERVER не задан, письма пишутся в файлы"
        state = FAULT if facts.is_production else OK
        return HealthCheck("mail", state, text, "Задайте MAIL_SERVER, MAIL_USERNAME и другие.")
    if fault is not None:
        text = f"Почта: {facts.mail_server} не принимает соединение или вход ({fault})"
        return HealthCheck("mail", FAULT, text, "Проверьте MAIL_… и доступ к порту сервера.")
    return HealthCheck("mail", OK, f"Почта: {facts.mail_server} принимает вход")


def check_sms(facts: SettingsFacts) -> HealthCheck:
    """Judge the setting only: a provider is asked by a real message, which costs money."""
    if facts.sms_sender == "file":
        text = "Смс: SMS_SENDER не задан, сообщения пишутся в файлы"
        state = WARNING if facts.is_production else OK
        return HealthCheck("sms", state, text, "Без смс кабинет открывают только по e-mail.")
    text = f"Смс: отправляет {facts.sms_sender}; проверить: flask check --send-sms НОМЕР"
    return HealthCheck("sms", OK, text)


def check_sent(key: str, recipient: str, fault: str | None) -> HealthCheck:
    """Report a test message that was asked for."""
    name = {"mail_test": "Пробное письмо", "sms_test": "Пробное смс"}[key]
    if fault is None:
        return HealthCheck(key, OK, f"{name}: принято для {recipient}")
    advice = "Проверьте настройки MAIL_… или SMS_… и журнал провайдера."
    return HealthCheck(key, FAULT, f"{name}: не принято для {recipient} ({fault})", advice)


def check_clock(local_now: datetime, zone: str, offset: timedelta | None) -> HealthCheck:
    """Judge the clock against that of the database server, where it has one of its own.

    Args:
        offset: how far the two differ; None: there is nothing to compare with.
    """
    text = f"Часы: {local_now:%d.%m.%Y %H:%M}, пояс {zone} (UTC{local_now:%z})"
    if offset is None:
        return HealthCheck("clock", OK, f"{text}; сверить не с чем")
    if abs(offset) < CLOCK_OFFSET:
        return HealthCheck("clock", OK, f"{text}; с сервером базы сходятся")
    text = f"{text}; с сервером базы расходятся на {say_age(abs(offset))}"
    advice = "Включите сверку времени на обеих машинах: timedatectl set-ntp true."
    return HealthCheck("clock", WARNING, text, advice)


def check_disk(free_bytes: dict[str, int], needed_mb: int) -> HealthCheck:
    """Judge the room that is left in each folder; files are refused below DISK_FREE_MB.

    Args:
        free_bytes: by the path of the folder.
    """
    free = {path: size // MEBIBYTE for path, size in free_bytes.items()}
    path, least = min(free.items(), key=lambda item: item[1])
    text = f"Диск: свободно {least} МБ в {path}"
    if least >= 2 * needed_mb:
        return HealthCheck("disk", OK, text)
    text = f"{text}, нужно больше {needed_mb} МБ (DISK_FREE_MB)"
    advice = "Освободите место: старые копии, журналы; или увеличьте диск."
    return HealthCheck("disk", WARNING if least >= needed_mb else FAULT, text, advice)


def check_database(version: str, fault: str | None) -> HealthCheck:
    """Judge whether the database answers."""
    if fault is not None:
        advice = "Проверьте DATABASE_URL и службу базы: systemctl status postgresql."
        return HealthCheck("database", FAULT, f"База: не отвечает ({fault})", advice)
    return HealthCheck("database", OK, f"База: {version}")


def check_store(fault: str | None, place: str) -> HealthCheck:
    """Judge whether a file can be written, read and deleted where files of customers lie."""
    if fault is None:
        return HealthCheck("file_store", OK, f"Файлы: {place}, запись и чтение удались")
    text = f"Файлы: {place}, запись не удалась ({fault})"
    advice = "Проверьте владельца и место (kabinet:kabinet), для S3 — ключи и адрес."
    return HealthCheck("file_store", FAULT, text, advice)


def check_redis(fault: str | None) -> HealthCheck:
    """Judge whether the queue of jobs can be reached; the address may hold a password."""
    if fault is None:
        return HealthCheck("redis", OK, "Redis: отвечает")
    text = f"Redis: не отвечает ({fault}), сообщения и файлы ждут"
    advice = "Проверьте REDIS_URL и службу: systemctl status redis-server."
    return HealthCheck("redis", FAULT, text, advice)


def failed_check(key: str, error: str) -> HealthCheck:
    """Report a check that could not be made for a reason nobody has foreseen."""
    advice = "Подробности в журнале; сообщите разработчикам."
    return HealthCheck(key, FAULT, f"Проверка «{key}» не удалась ({error})", advice)
