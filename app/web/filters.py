"""Template filters: how money, energy, dates and durations are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from app.domain.contacts import mask_email, mask_phone, show_email, show_phone
from app.domain.formats import MINUS, NBSP, counted, day, money, roubles
from app.domain.period import MONTH_NAMES_GENITIVE, Month, Period
from app.domain.readings import WATT_HOUR
from app.domain.retention import say_days
from app.domain.texts import version_label
from app.lib.markdown import render_markdown
from app.web.context import clock


def energy(kwh: Decimal) -> str:
    """«1 234 567» or «1 234,5»: kWh without zeros that say nothing."""
    return plain(kwh.quantize(WATT_HOUR))


def reading(value: Decimal, decimals: int) -> str:
    """A meter reading with all the decimals of its register: «123,50»."""
    return str(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)).replace(".", ",")


def sentence(text: str) -> str:
    """The first letter large, the others as they are: «Зона Т1»."""
    return text[:1].upper() + text[1:]


def plain(value: Decimal) -> str:
    """A number with its own decimals: «1 234,5»; thousands apart, a true minus."""
    text = f"{abs(value):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    sign = MINUS if value < 0 else ""
    return sign + text.replace(",", NBSP).replace(".", ",")


def price(value: Decimal) -> str:
    """Roubles with five places: «8,52257»."""
    return f"{value:.5f}".replace(".", ",")


def percent(rate: Decimal) -> str:
    """«22 %»."""
    return f"{plain(rate)}{NBSP}%"


def vat_rate_label(rate: Decimal | None, vat: Decimal) -> str:
    """«22 %», «без НДС», or «не указана» where billing sent VAT without its rate."""
    if rate is not None:
        return percent(rate)
    return "не указана" if vat else "без НДС"


def side(balance: Decimal) -> str:
    """A balance inside a table: «1 234,56 Дт»; the side is a word, never a sign."""
    if not balance:
        return money(balance)
    return f"{money(abs(balance))}{NBSP}{'Дт' if balance > 0 else 'Кт'}"


def signed_money(amount: Decimal) -> str:
    """«+1 234,50», «−1 234,50»: a change."""
    return f"+{money(amount)}" if amount > 0 else money(amount)


def share(percent: Decimal) -> str:
    """«+62,4», «−0,5», «0,0»: a part of a change, the unit is in the table's head."""
    text = f"{abs(percent):.1f}".replace(".", ",")
    return text if not percent else f"{'+' if percent > 0 else MINUS}{text}"


def daily(kwh: Decimal) -> str:
    """«2 082,7»: kWh a day, to a tenth."""
    return plain(kwh.quantize(Decimal("0.1"), ROUND_HALF_UP))


def moment(value: datetime | None) -> str:
    """«22.11.2026, 06:00», in the supplier's zone."""
    return f"{clock().local(value):%d.%m.%Y, %H:%M}" if value else ""


def local_day(value: datetime | None) -> str:
    """«22.11.2026»: the day of a moment, in the supplier's zone."""
    return day(clock().local(value).date()) if value else ""


def waiting_time(since: datetime | None) -> str:
    """«40 мин.», «5 ч», «3 дня»: how long something has been waiting."""
    if since is None:
        return ""
    minutes = int((clock().now() - since).total_seconds()) // 60
    if minutes < 60:
        return f"{max(0, minutes)}{NBSP}мин."
    if minutes < 48 * 60:
        return f"{minutes // 60}{NBSP}ч"
    return counted(minutes // 1440, "день", "дня", "дней")


def period_label(period: Period) -> str:
    """«декабрь 2025 — ноябрь 2026» for whole months, else the two dates."""
    first, last = Month.of(period.first), Month.of(period.last)
    if period.first == first.first and period.last == last.last:
        text = first.label.lower()
        return text if first == last else f"{text} — {last.label.lower()}"
    return f"{day(period.first)} — {day(period.last)}"


def during(period: Period) -> str:
    """«за октябрь 2026 года», «с декабря 2025 по ноябрь 2026 года», «с 05.10.2026 по 12.10.2026».

    For sentences: «За октябрь 2026 года оплат нет».
    """
    first, last = Month.of(period.first), Month.of(period.last)
    if period.first != first.first or period.last != last.last:
        if period.first == period.last:
            return f"за {day(period.first)}"
        return f"с {day(period.first)} по {day(period.last)}"
    if (first.number, last.number, first.year) == (1, 12, last.year):
        return f"за {first.year}{NBSP}год"
    if first == last:
        return f"за {first.label.lower()}{NBSP}года"
    beginning = f"с {MONTH_NAMES_GENITIVE[first.number - 1]}"
    if first.year != last.year:
        beginning += f" {first.year}"
    return f"{beginning} по {last.label.lower()}{NBSP}года"


def days_of_storage(number: int) -> str:
    """«3 года», «180 дней»: how long something is stored."""
    return say_days(number).replace(" ", NBSP)


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        money,
        energy,
        plain,
        reading,
        sentence,
        price,
        percent,
        vat_rate_label,
        side,
        roubles,
        signed_money,
        daily,
        share,
        day,
        moment,
        local_day,
        period_label,
        during,
        counted,
        waiting_time,
    )
} | {
    "email": show_email,
    "phone": show_phone,
    "mask_email": mask_email,
    "mask_phone": mask_phone,
    "version_label": version_label,
    "days": days_of_storage,
    "markdown": render_markdown,
}
"""By the name that templates use."""
