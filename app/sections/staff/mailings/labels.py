"""Russian labels of mailings, and their recipients as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.domain.mailings import Audience, ListFault, MailingStatus, RecipientState
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.mailings.staff import RecipientRow
from app.sections.staff.messages import labels as messages
from app.web.downloads import moment_cell

AUDIENCES = {
    Audience.DEBTORS: "Должники",
    Audience.NO_READINGS: "Не передали показания",
    Audience.LIST: "Список договоров",
    Audience.RESTRICTION: "Предупреждение об ограничении",
}
STATUSES = {
    MailingStatus.DRAFT: ("wait", "Черновик"),
    MailingStatus.WAITING: ("wait", "Ждет отправки"),
    MailingStatus.RUNNING: ("wait", "Отправляется"),
    MailingStatus.DONE: ("ok", "Отправлена"),
    MailingStatus.STOPPED: ("no", "Остановлена"),
    MailingStatus.FAILED: ("no", "Прервана: обратитесь к администратору"),
}
STATES = {
    RecipientState.CHOSEN: ("wait", "Еще не отправлено"),
    RecipientState.NO_CONTACT: ("no", "Нет подтвержденного контакта"),
    RecipientState.STOPPED: ("no", "Остановлено"),
}
RESTRICTION_SUBJECT = "Предупреждение об ограничении электроснабжения, договор № {договор}"
RESTRICTION_TEXT = "\n\n".join(
    (
        "{название}",
        "По договору энергоснабжения № {договор} задолженность составляет {просрочено}.",
        "Погасите ее полностью. Если этого не сделать, с {дата ограничения} режим потребления "
        "электрической энергии будет ограничен.",
        "Основание: Правила полного и (или) частичного ограничения режима потребления "
        "электрической энергии, утвержденные постановлением Правительства РФ от 04.05.2012 № 442.",
    )
)
FAULTS = {
    "unreadable": "это не похоже на номер договора",
    "unknown": "такого договора нет",
    "no_point": "точки поставки с таким кодом нет",
    "twice": "этот договор в списке уже есть",
    "amount": "нужна сумма долга, например 1500,50",
    "day": "нужна дата ограничения, например 15.12.2026",
    "past": "эта дата уже наступила",
    "many": "под этим номером несколько договоров, допишите номер полностью",
}
ERRORS = {
    "started": "Рассылка уже начата или удалена: это сделал кто-то еще, пока вы смотрели.",
    "over": "Останавливать нечего: все уже ушло.",
}
DONE = {
    "test": "Пробное письмо отправляется.",
    "text": "Текст изменен.",
    "started": "Рассылка начата.",
    "stopped": "Рассылка остановлена: что не ушло, не уйдет.",
    "discarded": "Черновик удален.",
}


def describe_fault(fault: ListFault, source: str) -> str:
    """«список.csv, строка 3, столбец 1: «00999» — такого договора нет»."""
    place = f"{source}, строка\u00a0{fault.line}, столбец\u00a0{fault.column}"
    return f"{place}: «{fault.typed[:60]}» — {FAULTS[fault.code]}"


def recipient_state(row: RecipientRow) -> tuple[str, str]:
    """Shape and label of what became of a recipient."""
    if row.message_status is not None:
        return messages.STATUSES[row.message_status]
    return STATES.get(RecipientState(row.state), ("wait", row.state))


def describe_criteria(criteria: dict[str, Any]) -> list[str]:
    """How the contracts were chosen, as people read it."""
    names = {
        "amount": "долг от {}\u00a0₽",
        "days": "просрочка от {}\u00a0дн.",
        "month": "за {}",
        "department": "отделение: {}",
        "file": "файл {}",
        "count": "договоров в списке: {}",
        "as_of": "на {}",
    }
    return [names[name].format(criteria[name]) for name in names if criteria.get(name)]


def recipients_table(rows: Iterable[RecipientRow]) -> Table:
    """The report of a mailing as a spreadsheet."""
    columns = [
        Column("Договор", Kind.TEXT, 16),
        Column("Потребитель", Kind.TEXT, 40),
        Column("Просрочено, ₽", Kind.MONEY, 14),
        Column("С какого дня", Kind.DATE, 12),
        Column("Состояние", Kind.TEXT, 30),
        Column("Канал", Kind.TEXT, 10),
        Column("Кому", Kind.TEXT, 30),
        Column("Отправлено", Kind.MOMENT, 16),
        Column("Открыто в кабинете", Kind.MOMENT, 16),
        Column("Ошибка", Kind.TEXT, 40),
    ]
    return Table("Рассылка", columns, [_cells(row) for row in rows])


def _cells(row: RecipientRow) -> list[Cell]:
    return [
        row.contract_number,
        row.customer,
        row.overdue_amount,
        row.overdue_since,
        recipient_state(row)[1],
        messages.CHANNELS[row.channel] if row.channel else None,
        row.recipient,
        moment_cell(row.sent_at),
        moment_cell(row.opened_at),
        row.error,
    ]
