"""Russian labels of what people of a contract do."""

from __future__ import annotations

from app.domain.audit_log import DATA_ACCESS, DOWNLOAD, ActorKind

KINDS = {
    "sign_in": "Входы",
    "people": "Доступ сотрудников",
    "changes": "Показания, обращения, реквизиты",
    "files": "Скачанные файлы",
    "supplier": "Просмотр поставщиком",
}
# An action of the audit log: its kind, and its label.
ACTIONS = {
    "account.created": ("people", "Открыт кабинет"),
    "account.contract_attached": ("people", "Договор добавлен в кабинет"),
    "access.requested": ("people", "Запрошен доступ"),
    "access.request_refused": ("people", "В доступе отказано"),
    "access.invited": ("people", "Отправлено приглашение"),
    "access.invitation_withdrawn": ("people", "Приглашение отозвано"),
    "access.accepted": ("people", "Приглашение принято"),
    "access.changed": ("people", "Изменены роль или срок"),
    "access.paused": ("people", "Доступ приостановлен"),
    "access.resumed": ("people", "Доступ возобновлен"),
    "access.ended": ("people", "Доступ завершен"),
    "access.expired": ("people", "Срок доступа истек"),
    "access.succeeded": ("people", "Владельцем стал руководитель"),
    "names.changed": ("changes", "Названы точки поставки и приборы"),
    "readings.submitted": ("changes", "Переданы показания"),
    "readings.withdrawn": ("changes", "Показания отозваны"),
    "readings.accepted": ("changes", "Показание принято"),
    "readings.rejected": ("changes", "Показание отклонено"),
    "enquiry.sent": ("changes", "Отправлено обращение"),
    "enquiry.added": ("changes", "Дополнено обращение"),
    "enquiry.closed": ("changes", "Обращение закрыто"),
    "enquiry.rated": ("changes", "Оценен ответ на обращение"),
    "enquiry.answer": ("changes", "Дан ответ на обращение"),
    "bank_details.saved": ("changes", "Сохранены банковские реквизиты"),
    DOWNLOAD: ("files", "Скачан файл"),
    DATA_ACCESS: ("supplier", "Сотрудник поставщика открывал"),
}
ACCOUNT_ACTIONS = {
    "account.signed_in": ("sign_in", "Вход в кабинет"),
    "account.password_set": ("sign_in", "Установлен пароль"),
}
LABELS = {action: label for action, (_, label) in (ACTIONS | ACCOUNT_ACTIONS).items()}
ACTORS = {
    ActorKind.STAFF: "сотрудник поставщика",
    ActorKind.VISITOR: "посетитель без входа",
    ActorKind.COMMAND_LINE: "поставщик",
    ActorKind.BILLING: "поставщик",
    ActorKind.IMPORT: "поставщик",
    ActorKind.SYSTEM: "кабинет",
}
PAGES = {
    "settlements": "взаиморасчеты",
    "charges": "начисления",
    "payments": "оплаты",
    "invoices": "счета",
    "pay": "платежи",
    "readings": "показания",
    "enquiries": "обращения",
    "profile": "реквизиты и контакты",
    "people": "сотрудники и доступ",
    "activity": "кто что делал",
    "edo": "ЭДО",
    "files": "справки",
    "home": "главная",
}
STAFF_PAGES = {"staff.enquiry": "обращение", "staff.enquiry_file": "файл обращения"}
STAFF_PAGE = "карточку договора"


def page_label(page: str) -> str:
    """The part of the portal that an endpoint belongs to; of the staff's pages only what counts."""
    section = page.partition(".")[0]
    if section == "staff":
        return STAFF_PAGES.get(page, STAFF_PAGE)
    return PAGES.get(section, "страницу кабинета")
