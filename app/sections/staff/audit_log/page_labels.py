"""Russian headings of the pages whose opening the audit log records."""

from __future__ import annotations

# Sections whose pages a clerk opens; a page that is not here is shown by its endpoint.
PAGES = {
    "home": "Главная",
    "settlements": "Взаиморасчеты",
    "charges": "Начисления",
    "payments": "Оплаты",
    "invoices": "Счета",
    "pay": "Оплатить",
    "readings": "Показания",
    "enquiries": "Обращения",
    "profile": "Реквизиты и контакты",
    "people": "Сотрудники и доступ",
    "edo": "ЭДО",
    "files": "Файлы",
    "staff.billing": "Загрузка",
    "staff.billing_errors": "Загрузка: файл замечаний",
    "staff.billing_job": "Загрузка: набор",
    "staff.balance_checks": "Сверка остатков",
    "staff.balance_checks_file": "Сверка остатков: файл",
    "staff.contact_gaps_file": "Нет читаемого контакта: файл",
    "staff.billing_run": "Загрузка: итоги",
    "staff.customer": "Карточка договора",
    "staff.customer_notes": "Заметки и звонки",
    "staff.customers": "Потребители",
    "staff.transfers": "Договоры, сменившие потребителя",
    "staff.transfers_same_inn": "Договоры, сменившие код потребителя",
    "staff.transfer": "Смена потребителя",
    "staff.enquiries": "Обращения",
    "staff.enquiries_file": "Обращения: файл",
    "staff.enquiries_summary": "Сводка по обращениям",
    "staff.enquiries_summary_file": "Сводка по обращениям: файл",
    "staff.enquiry": "Обращение",
    "staff.enquiry_new": "Внесение обращения",
    "staff.enquiry_file": "Файл обращения",
    "staff.audit_log": "Журнал",
    "events": "События",
    "inbox": "Сообщения поставщика",
    "staff.mailing": "Рассылка",
    "staff.mailing_proof": "Рассылка: подтверждение",
    "staff.mailing_new": "Новая рассылка",
    "staff.mailing_text": "Текст рассылки",
    "staff.mailings_list": "Рассылки",
    "staff.figures": "Показатели",
    "staff.figures_file": "Показатели: файл",
    "staff.mailing_file": "Рассылка: файл",
    "staff.message": "Сообщение",
    "staff.messages": "Письма и смс",
    "staff.reading_entry": "Показания по телефону",
    "staff.reading_exchange": "Обмен показаниями с биллингом",
    "staff.reading_package": "Пакет для биллинга: файл",
    "staff.readings": "Показания на проверку",
    "staff.readings_file": "Показания на проверку: файл",
    "staff.registration": "Регистрация",
    "staff.registrations": "Регистрации",
    "staff.members": "Сотрудники",
    "staff.member": "Сотрудник",
    "staff.dashboard": "Сегодня",
    "staff.health": "Состояние системы",
}


def page_label(endpoint: str) -> str:
    """The heading of a page by its endpoint; one without a label is shown as it is."""
    section = endpoint.partition(".")[0]
    return PAGES.get(endpoint) or PAGES.get(section) or endpoint
