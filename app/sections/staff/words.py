"""Words of the desk."""

from __future__ import annotations

from app.domain.staff import StaffRole

ROLES = {
    StaffRole.OPERATOR: "Оператор",
    StaffRole.MANAGER: "Руководитель",
    StaffRole.ADMIN: "Администратор",
}
MENU = (
    # endpoint, words, permission, beginnings of the endpoints that belong to it
    ("staff.today", "Сегодня", "work", ("staff.today", "staff.message")),
    ("staff.customers", "Потребители", "work", ("staff.customer",)),
    ("staff.readings", "Показания", "work", ("staff.reading",)),
    ("staff.enquiries", "Обращения", "work", ("staff.enquir",)),
    ("staff.registrations", "Регистрации", "work", ("staff.registration",)),
    ("staff.billing", "Загрузка", "import", ("staff.billing",)),
    ("staff.directories", "Справочники", "announce", ("staff.director",)),
    ("staff.journal", "Журнал", "journal", ("staff.journal",)),
    ("staff.team", "Сотрудники", "see_staff", ("staff.team",)),
)
STAFF_FAULTS = {
    "login": "логин: от 3 знаков, латинские буквы, цифры, точка, дефис или адрес e-mail",
    "taken": "такой логин уже есть. Придумайте другой",
    "last_admin": "это последний администратор: назначьте сначала другого",
}
