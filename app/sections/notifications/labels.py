"""Russian labels of preferences."""

from __future__ import annotations

from app.domain.events import EventKind
from app.domain.notifications import EventChannel

KINDS = {
    EventKind.INVOICE: "Новый счет",
    EventKind.DOCUMENT: "Новый документ",
    EventKind.CORRECTION: "Корректировка",
    EventKind.PAYMENT: "Поступила оплата",
    EventKind.DUE: "Скоро срок оплаты",
    EventKind.OVERDUE: "Просрочена оплата",
    EventKind.WINDOW_OPENS: "Начался прием показаний",
    EventKind.WINDOW_CLOSES: "Скоро закончится прием показаний",
    EventKind.READINGS_MISSED: "Прием закончился, показаний нет",
    EventKind.READING_ACCEPTED: "Показания приняты",
    EventKind.READING_REFUSED: "Показание отклонено",
    EventKind.ANSWER: "Ответ на обращение",
    EventKind.VERIFICATION: "Скоро поверка прибора",
    EventKind.WORKS: "Объявление, плановые работы",
    EventKind.ACCESS: "Изменился доступ сотрудника",
}
CHANNELS = {EventChannel.MAIL: "Письмо", EventChannel.SMS: "SMS", EventChannel.PORTAL: "В кабинете"}
LINK_ERRORS = {
    "ended": (
        "Письма уже не приходят",
        "Доступ к этому договору закончился, и письма о его событиях не отправляются.",
    ),
}
