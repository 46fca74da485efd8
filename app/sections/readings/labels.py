"""Russian labels of readings: statuses, reasons, doubts, dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.domain.formats import day
from app.domain.meters import MeterState, RegimeWindow, RegisterState
from app.domain.period import MONTH_NAMES, MONTH_NAMES_GENITIVE, Month
from app.domain.point_passport import PassportMeter, VerificationState
from app.domain.reading_checks import Doubt
from app.domain.reading_columns import ColumnLine
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
    "unknown": "В данных поставщика нет шкал прибора",
    "billed": "Учтено поставщиком",
    "not_installed": "Установлен позже этого периода",
    "closed": "Срок приема прошел",
}
KINDS = {"automatic": "Снимаются автоматически", "removed": "Снятые и исключенные"}
"""Folds under the table of meters."""
VOLTAGE_LEVELS = {
    "VN": "ВН — высокое",
    "SN1": "СН1 — среднее первое",
    "SN2": "СН2 — среднее второе",
    "NN": "НН — низкое",
}
REGIME_DAYS = {
    "month_end": "на конец месяца",
    "mkd": "в последнюю декаду месяца, как принято в МКД",
}
NAME_ERRORS = {
    "long": "Название длиннее 60 знаков: сократите его",
    "position": "Место в списке — целое число от 1 до 9999",
}
SUBMISSION_ERRORS = {
    "automatic": "Показания этого прибора снимаются автоматически: передавать их не нужно",
    "removed": "Прибор снят: показания не принимаются",
    "ended": "Точка поставки исключена из договора: показания не принимаются",
    "unknown": "В данных поставщика нет шкал этого прибора. Сообщите об этом поставщику",
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
AWAITED = ("wait", "Не передано")
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


def verification_label(meter: PassportMeter, today: date) -> str:
    """What to know of the next verification of a meter; nothing while it is far."""
    due_on = day(meter.next_verification_on)
    return {
        VerificationState.SOON: f"Срок поверки подходит: {due_on}. Поверку организует сетевая "
        "организация, показания передавайте как обычно",
        VerificationState.EXPIRED: f"Срок поверки прошел {due_on}: поверку организует сетевая "
        "организация, показания передавайте как обычно",
    }.get(meter.verification(today), "")


def zone_label(zone: str) -> str:
    """«Т1»; «Сутки» of a register that has no zones."""
    return ZONES[zone].removeprefix("зона ").capitalize()


def meter_label(serial_number: str, model: str | None) -> str:
    """«Меркурий 230 № 12345678»."""
    return f"{model or 'Прибор'} № {serial_number}"


def register_label(meter: MeterState, register: RegisterState) -> str:
    """«Прибор № 12345678, зона Т1»; the zone only where there are several."""
    label = f"Прибор №\u00a0{meter.serial_number}"
    return f"{label}, {ZONES[register.zone]}" if len(meter.registers) > 1 else label


def column_error(line: ColumnLine) -> str:
    """What is wrong with a line of a pasted column."""
    return f"Строка {line.number}: «{line.text}» — не показание, нужно число вида 12345,67"


def surplus_label(lines: Sequence[ColumnLine]) -> str:
    """Lines of a pasted column that no box is left for."""
    return f"В столбце больше значений, чем полей: со строки {lines[0].number} не внесены"


def closed_label(meter: MeterState, today: date) -> str:
    """Why readings of a meter are not accepted, with the day of its removal or end."""
    reason = meter.closed_reason(today)
    since = {"removed": meter.removed_on, "ended": meter.supplied_until}.get(reason)
    label = CLOSED.get(reason, "")
    return f"{label} {day(since)}" if since else label


def month_name(month: Month) -> str:
    """«Ноябрь», as the head of a column."""
    return MONTH_NAMES[month.number - 1].capitalize()


def short_month(month: Month) -> str:
    """«ноя», under a bar of a chart."""
    return MONTH_NAMES[month.number - 1][:3]


def months_label(months: Sequence[Month]) -> str:
    """«ноябрь 2026», «октябрь 2026 и ноябрь 2026»."""
    return " и ".join(map(month_label, months))


def month_label(month: Month) -> str:
    """«ноябрь 2026»."""
    return month.label.lower()


def day_label(date_: date) -> str:
    """«1 декабря»."""
    return f"{date_.day} {MONTH_NAMES_GENITIVE[date_.month - 1]}"


def missing_label(windows: Sequence[RegimeWindow], today: date) -> str:
    """Until when readings are awaited: «до конца 1 декабря — 4, до конца 3 декабря — 2»."""
    awaited = [found for found in windows if found.missing]
    return ", ".join(
        f"до конца {day_label(found.window.closes)}{_last_day(found.window, today)}"
        + (f" — {found.missing}" if len(awaited) > 1 else "")
        for found in awaited
    )


def _last_day(window: Window, today: date) -> str:
    return " (сегодня последний день)" if window.closes == today else ""


def entry_note(meters: Sequence[MeterState], today: date) -> str:
    """Which month the readings of a supply point are for, and until when or how late."""
    window = meters[0].window
    month = month_label(window.period)
    if window.is_open(today):
        return f"за {month}, до конца {day_label(window.closes)}"
    closed = day_label(window.closes)
    return f"за {month}; срок приема прошел {closed}, показания учтем в следующем периоде"


def window_label(window: Window, following: Window, today: date) -> str:
    """Until when the window is open, or when the next one opens."""
    month = month_label(window.period)
    if window.is_open(today):
        closes = day_label(window.closes)
        return f"Прием показаний за {month} открыт до конца {closes}{_last_day(window, today)}"
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
