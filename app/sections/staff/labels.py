"""Labels that several areas of the staff section share, and its menu."""

from __future__ import annotations

from app.domain.staff import StaffRole

ROLES = {
    StaffRole.OPERATOR: "Оператор",
    StaffRole.MANAGER: "Руководитель",
    StaffRole.ADMIN: "Администратор",
}
MENU = (
    # endpoint, label, permission, beginnings of the endpoints that belong to it
    (
        "staff.dashboard",
        "Сегодня",
        "work",
        ("staff.dashboard", "staff.message", "staff.transfer", "staff.health", "staff.figures"),
    ),
    ("staff.customers", "Потребители", "work", ("staff.customer",)),
    ("staff.readings", "Показания", "work", ("staff.reading",)),
    ("staff.enquiries", "Обращения", "work", ("staff.enquir",)),
    ("staff.registrations", "Регистрации", "work", ("staff.registration",)),
    ("staff.mailings_list", "Рассылки", "send_mailings", ("staff.mailing",)),
    ("staff.billing", "Загрузка", "import", ("staff.billing", "staff.balance_checks")),
    ("staff.directories", "Справочники", "announce", ("staff.director",)),
    ("staff.audit_log", "Журнал", "audit_log", ("staff.audit_log",)),
    ("staff.members", "Сотрудники", "see_staff", ("staff.member",)),
)
CUSTOMER_ROLES = {
    "owner": "владелец",
    "director": "руководитель",
    "accountant": "бухгалтер",
    "engineer": "энергетик",
    "viewer": "просмотр",
}
REGISTRATIONS = {
    "draft": "начата",
    "link_sent": "ждет подтверждения контакта",
    "unproved": "ждет решения",
    "active": "кабинет открыт",
    "superseded": "заменена новой",
    "stopped": "остановлена владельцем контакта",
    "refused": "отказано",
}
BLOCKED = {
    "closed": "Учетная запись закрыта: ей не открыть ни одного договора. Нужна новая регистрация.",
    "no_mail": "У учетной записи нет подтвержденного адреса: ссылку отправить некуда.",
}
TRANSFERS = {
    "same": "Та же организация",
    "other": "Другой потребитель",
    "nobody": "решать нечего: доступа ни у кого не было",
}
TRANSFER_FAULTS = {
    "decided": "Это уже решил другой сотрудник: что решено, видно ниже.",
    "changed": "Пока страница была открыта, биллинг прислал нового потребителя. "
    "Посмотрите еще раз и решите.",
    "bulk": "Пока страница была открыта, что-то из списка решили или загрузили снова. "
    "Ничего не изменено: проверьте список и нажмите еще раз.",
}
STAFF_FAULTS = {
    "login": "логин: от 3 знаков, латинские буквы, цифры, точка, дефис или адрес e-mail",
    "taken": "такой логин уже есть. Придумайте другой",
    "last_admin": "это последний администратор: назначьте сначала другого",
}
