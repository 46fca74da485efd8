"""Russian labels of readings: statuses, reasons, doubts, dates."""

from __future__ import annotations

from datetime import date

from app.domain.meters import MeterState, RegisterState
from app.domain.period import MONTH_NAMES_GENITIVE, Month
from app.domain.reading_checks import Doubt
from app.domain.reading_windows import Window
from app.domain.readings import ReadingStatus
from app.queries.readings.customer import ReceiptReading
from app.web import filters
from app.web import labels as shared

ZONES = shared.ZONES
READING_ERRORS = {
    "empty": "введите целую часть показания",
    "format": "в целой части нужны только цифры",
    "twice": "дробная часть введена дважды; оставьте одну",
    "whole_long": "у прибора {digits} цифр до запятой, введено больше",
    "fraction_format": "в дробной части нужны только цифры",
    "fraction_long": "у прибора {decimals} цифры после запятой, введено больше",
    "no_fraction": "у прибора нет дробной части",
}
CLOSED = {
    "automatic": "Снимается автоматически, передавать не нужно",
    "removed": "Прибор снят",
    "ended": "Точка поставки исключена",
    "unknown": "В данных биллинга нет шкал прибора",
    "billed": "Учтено поставщиком",
    "not_installed": "Установлен позже этого периода",
    "closed": "Срок приема прошел",
}
SUBMISSION_ERRORS = {
    "automatic": "Показания этого прибора снимаются автоматически: передавать их не нужно",
    "removed": "Прибор снят: показания не принимаются",
    "ended": "Точка поставки исключена из договора: показания не принимаются",
    "unknown": "В данных биллинга нет шкал этого прибора. Сообщите об этом поставщику",
    "billed": "Показание уже учтено поставщиком. Если в нем ошибка, сообщите поставщику",
    "closed": "Срок прошел: изменить показание нельзя. Если в нем ошибка, сообщите поставщику",
    "not_installed": "Прибор установлен позже периода, за который идет прием",
    "exported": "Показание уже передано поставщику для расчета: отозвать его нельзя. "
    "Передайте верное, оно заменит это",
    "raced": "Только что передано другое показание этого прибора. Проверьте его в списке",
}
SOURCES = {
    "portal": "личный кабинет",
    "askue": "автоматически (АСКУЭ)",
    "inspector": "сотрудник сетевой организации",
    "phone": "по телефону",
    "act": "акт",
    "calc": "расчетное значение",
    "staff": "принято по телефону",
}
STATUSES = {
    ReadingStatus.SENT: ("wait", "Передано"),
    ReadingStatus.ACCEPTED: ("ok", "Принято"),
    ReadingStatus.REJECTED: ("no", "Отклонено"),
    ReadingStatus.WITHDRAWN: ("no", "Отозвано"),
    ReadingStatus.REPLACED: ("wait", "Заменено"),
}
AWAITED = ("wait", "Ожидает")
MISSED = ("no", "Не передано")
DOUBTS = {
    Doubt.ROLL_OVER: (
        "Показание меньше предыдущего. Проверьте цифры",
        "Прибор перешел через ноль, показание верное",
    ),
    Doubt.LESS: (
        "Показание меньше предыдущего, и переход через ноль этого не объясняет. Проверьте цифры",
        "Показание верное, пусть разберется сотрудник",
    ),
    Doubt.ZERO: ("Расхода нет: показание равно предыдущему", "Да, расхода не было"),
    Doubt.UNUSUAL: (
        "Расход намного больше обычного. Проверьте, не лишняя ли это цифра",
        "Расход действительно такой",
    ),
    Doubt.POWER: (
        "Столько нельзя потребить при максимальной мощности. Проверьте цифры",
        "Показание верное, пусть разберется сотрудник",
    ),
}


def meter_label(serial_number: str, model: str | None) -> str:
    """«Меркурий 230 № 12345678»."""
    return f"{model or 'Прибор'} № {serial_number}"


def register_label(meter: MeterState, register: RegisterState) -> str:
    """«Прибор № 12345678, зона Т1»; the zone only where there are several."""
    label = f"Прибор № {meter.serial_number}"
    return f"{label}, {ZONES[register.zone]}" if len(meter.registers) > 1 else label


def closed_label(meter: MeterState, today: date) -> str:
    """Why readings of a meter are not accepted, with the day of its removal or end."""
    reason = meter.closed_reason(today)
    since = {"removed": meter.removed_on, "ended": meter.supplied_until}.get(reason)
    label = CLOSED.get(reason, "")
    return f"{label} {filters.day(since)}" if since else label


def month_label(month: Month) -> str:
    """«ноябрь 2026»."""
    return month.label.lower()


def day_label(date_: date) -> str:
    """«1 декабря»."""
    return f"{date_.day} {MONTH_NAMES_GENITIVE[date_.month - 1]}"


def window_label(window: Window, following: Window, today: date) -> str:
    """Until when the window is open, or when the next one opens."""
    month = month_label(window.period)
    if window.is_open(today):
        left = (window.closes - today).days
        last = " (сегодня последний день)" if not left else ""
        return f"Прием показаний за {month} открыт до конца {day_label(window.closes)}{last}"
    return (
        f"Прием показаний за {month} закончился {day_label(window.closes)}. "
        f"За {month_label(following.period)} — с {day_label(following.opens)} "
        f"по {day_label(following.closes)}"
    )


def receipt_line(reading: ReceiptReading) -> str:
    """«Прибор № 12345678, зона Т1: 1110,50, расход 420 кВт·ч — принято», for an email."""
    register = reading.register
    line = f"Прибор № {register.serial_number}, {ZONES[register.zone]}: "
    line += filters.reading(reading.value, register.scale.decimals)
    if reading.consumption_kwh is not None:
        line += f", расход {filters.energy(reading.consumption_kwh)} кВт·ч"
    is_accepted = reading.status == ReadingStatus.ACCEPTED
    return f"{line} — {'принято' if is_accepted else 'передано, проверит сотрудник'}"
