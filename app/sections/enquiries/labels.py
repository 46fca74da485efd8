"""Russian labels of enquiries: statuses, events, errors, sizes."""

from __future__ import annotations

import re
from datetime import date

from app.domain.enquiries import (
    MAX_DRAFT_TEXT,
    OPEN,
    UNANSWERED,
    Author,
    EnquiryChannel,
    EnquiryStatus,
)
from app.queries.enquiries.customer import EnquiryLine
from app.queries.enquiries.shown_thread import ShownEnquiry, ShownEntry

STATUSES = {
    EnquiryStatus.REGISTERED: ("wait", "Зарегистрировано"),
    EnquiryStatus.IN_WORK: ("wait", "В работе"),
    EnquiryStatus.NEEDS_DETAILS: ("no", "Требуется уточнение"),
    EnquiryStatus.ANSWERED: ("ok", "Ответ дан"),
    EnquiryStatus.CLOSED: ("ok", "Закрыто"),
    EnquiryStatus.REJECTED: ("no", "Отклонено"),
}
FILTERS = {
    "all": ("Все", tuple(EnquiryStatus)),
    "open": ("Открытые", OPEN),
    "mine": ("Ждут вас", (EnquiryStatus.NEEDS_DETAILS, EnquiryStatus.ANSWERED)),
    "closed": ("Закрытые", (EnquiryStatus.CLOSED, EnquiryStatus.REJECTED)),
}
EVENTS = {
    EnquiryStatus.REGISTERED: "Обращение зарегистрировано",
    EnquiryStatus.IN_WORK: "Обращение в работе",
    EnquiryStatus.NEEDS_DETAILS: "Нужны уточнения",
    EnquiryStatus.ANSWERED: "Дан ответ",
    EnquiryStatus.CLOSED: "Обращение закрыто",
    EnquiryStatus.REJECTED: "Обращение отклонено",
}
DETAILS = {
    "violation_at": "Время нарушения",
    "answer_way": "Как прислать ответ",
    "edo_operator": "Оператор ЭДО",
    "participant_id": "Идентификатор участника",
    "signatory": "Подписант",
    "received": "Как поступило",
    "incoming_number": "Входящий номер",
}
RECEIVED = {EnquiryChannel.PHONE: "по телефону", EnquiryChannel.WRITTEN: "на бумаге"}
ANSWER_WAYS = {
    "portal": "в кабинете и на e-mail",
    "paper": "на бумаге по почтовому адресу",
    "office": "на бумаге, заберу в отделении",
}
ONLY_FILES = "Документы приложены."
"""Text of an enquiry that was sent with files and without a text."""
CLOSED = {
    "closed": "Обращение уже закрыто. Если вопрос остался, оформите новое",
    "rated": "Оценка уже поставлена",
    "early": "Оценить можно, когда дан ответ",
}
DRAFT_FULL = (
    f"Вместе с черновиком нового обращения получается больше {MAX_DRAFT_TEXT} знаков. "
    "Отправьте или очистите тот черновик и повторите"
)
RATINGS = {
    "5": "5 — вопрос решен",
    "4": "4 — в основном решен",
    "3": "3 — решен частично",
    "2": "2 — скорее не решен",
    "1": "1 — не решен",
}


def detail_label(name: str, value: str) -> str:
    """Label of the value of an additional field."""
    return ANSWER_WAYS.get(value, value) if name == "answer_way" else value


def is_due(status: str) -> bool:
    """Whether the answer deadline of an enquiry counts."""
    return status in UNANSWERED


def overdue_days(enquiry: EnquiryLine | ShownEnquiry, today: date) -> int:
    """Days since the day on which an answer was due; 0 while it is in time, or was given."""
    return max(0, (today - enquiry.answer_due_on).days) if is_due(enquiry.status) else 0


def author_label(entry: ShownEntry) -> str:
    """Who has written an entry, as the customer reads it."""
    if entry.author == Author.CUSTOMER:
        return "Вы"
    if entry.author == Author.SYSTEM:
        return "Кабинет"
    return entry.author_name or "Поставщик"


def paragraphs(text: str) -> list[str]:
    """Split a message into paragraphs at empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def size_label(size: int) -> str:
    """«340 КБ», «2,4 МБ»."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))}\u00a0КБ"
    return f"{size / 1024 / 1024:.1f}\u00a0МБ".replace(".", ",")
