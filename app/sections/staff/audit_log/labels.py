"""Russian labels of the audit log: actions, objects, fields and values."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote_plus

from app.domain.formats import day
from app.queries.audit_log import ActorGroup
from app.sections.staff.audit_log.page_labels import page_label
from app.sections.staff.labels import ROLES
from app.web.filters import moment
from app.web.forms import printable
from app.web.labels import CONTRACT_STATUSES

ACTOR_GROUPS = {
    ActorGroup.PEOPLE: "Все, кроме строк загрузки",
    ActorGroup.STAFF: "Сотрудники",
    ActorGroup.CUSTOMERS: "Потребители",
    ActorGroup.BILLING: "Биллинг: наборы и строки загрузки",
    ActorGroup.SYSTEM: "Система и командная строка",
}
GROUPS = {
    "sign_in": "Вход и пароли",
    "accounts": "Учетные записи и сеансы",
    "registrations": "Регистрации",
    "readings": "Показания",
    "enquiries": "Обращения",
    "details": "Реквизиты и контакты",
    "consents": "Согласия",
    "looks": "Просмотр и выгрузка данных",
    "imports": "Загрузка и обмен с биллингом",
    "directories": "Справочники и тексты",
    "messages": "Сообщения и пределы",
    "staff": "Сотрудники",
}
# An action of the code: the group it is found in, and its label. A test walks the code for them.
ACTIONS = {
    "account.signed_in": ("sign_in", "Вход потребителя"),
    "account.password_set": ("sign_in", "Установлен пароль"),
    "account.recovery_started": ("sign_in", "Отправлена ссылка для нового пароля"),
    "staff.signed_in": ("sign_in", "Вход сотрудника"),
    "staff.enrolled": ("sign_in", "Настроен второй фактор"),
    "staff.password_set": ("sign_in", "Сотрудник сменил пароль"),
    "staff.recovery_codes": ("sign_in", "Выпущены резервные коды"),
    "contract.transferred": ("accounts", "У договора сменился потребитель: доступ закрыт"),
    "transfer.same": ("accounts", "Смена потребителя: та же организация, доступ открыт"),
    "transfer.other": ("accounts", "Смена потребителя: другой потребитель, доступ отозван"),
    "account.created": ("accounts", "Создана учетная запись"),
    "account.closed": ("accounts", "Закрыта учетная запись"),
    "account.blocked": ("accounts", "Учетная запись заблокирована"),
    "account.unblocked": ("accounts", "Учетная запись разблокирована"),
    "account.session_ended": ("accounts", "Завершен сеанс"),
    "account.sessions_ended": ("accounts", "Завершены все сеансы"),
    "account.second_factor_on": ("sign_in", "Подключен второй фактор"),
    "account.second_factor_off": ("sign_in", "Отключен второй фактор"),
    "account.recovery_codes": ("sign_in", "Созданы резервные коды"),
    "account.recovery_code_used": ("sign_in", "Вход по резервному коду"),
    "access.second_factor": ("accounts", "Изменено, от кого требуется второй фактор"),
    "account.contract_attached": ("accounts", "К учетной записи добавлен договор"),
    "access.requested": ("accounts", "Запрошен доступ у владельца договора"),
    "access.request_refused": ("accounts", "Владелец отказал в доступе"),
    "access.invited": ("accounts", "Отправлено приглашение к договору"),
    "access.invitation_withdrawn": ("accounts", "Приглашение отозвано"),
    "access.accepted": ("accounts", "Приглашение принято, доступ открыт"),
    "access.changed": ("accounts", "Изменены роль или срок доступа"),
    "calendar.renewed": ("accounts", "Новый адрес календаря"),
    "notifications.changed": ("accounts", "Изменены настройки уведомлений"),
    "notifications.unsubscribed": ("accounts", "Письма о событиях отключены по ссылке"),
    "access.paused": ("accounts", "Доступ приостановлен владельцем"),
    "access.resumed": ("accounts", "Доступ возобновлен владельцем"),
    "access.ended": ("accounts", "Доступ завершен"),
    "access.expired": ("accounts", "Срок доступа истек"),
    "access.succeeded": ("accounts", "Владельцем договора стал руководитель"),
    "registration.saved": ("registrations", "Заполнена форма регистрации"),
    "registration.attachment": ("registrations", "Запрошено добавление договора"),
    "registration.active": ("registrations", "Регистрация одобрена"),
    "registration.refused": ("registrations", "В регистрации отказано"),
    "registration.stopped": ("registrations", "Регистрация остановлена по ссылке из письма"),
    "registration.superseded": ("registrations", "Регистрация заменена новой"),
    "names.changed": ("readings", "Названы точки поставки и приборы"),
    "readings.submitted": ("readings", "Переданы показания"),
    "readings.sent": ("readings", "Показание ждет проверки"),
    "readings.accepted": ("readings", "Показание принято"),
    "readings.rejected": ("readings", "Показание отклонено"),
    "readings.withdrawn": ("readings", "Показания отозваны"),
    "readings.replaced": ("readings", "Показание заменено"),
    "enquiry.sent": ("enquiries", "Отправлено обращение"),
    "enquiry.entered": ("enquiries", "Внесено обращение"),
    "enquiry.added": ("enquiries", "Дополнено обращение"),
    "enquiry.closed": ("enquiries", "Обращение закрыто потребителем"),
    "enquiry.rated": ("enquiries", "Оценен ответ на обращение"),
    "enquiry.take": ("enquiries", "Обращение взято в работу"),
    "enquiry.assign": ("enquiries", "Назначен исполнитель обращения"),
    "enquiry.topic": ("enquiries", "Изменен вид обращения"),
    "enquiry.note": ("enquiries", "Внутренняя заметка к обращению"),
    "enquiry.answer": ("enquiries", "Отправлен ответ на обращение"),
    "enquiry.ask": ("enquiries", "Запрошены уточнения по обращению"),
    "enquiry.reject": ("enquiries", "Обращение отклонено"),
    "enquiry.close": ("enquiries", "Обращение закрыто сотрудником"),
    "enquiry.reopen": ("enquiries", "Обращение снова открыто"),
    "bank_details.saved": ("details", "Сохранены банковские реквизиты"),
    "account.email_changed": ("details", "Изменен e-mail"),
    "account.phone_changed": ("details", "Изменен телефон"),
    "account.person_saved": ("details", "Изменены сведения о контактном лице"),
    "customer_note.added": ("details", "Записана заметка или звонок"),
    "consent.withdrawn": ("consents", "Отозвано согласие"),
    "staff.looked": ("looks", "Просмотр данных"),
    "file.downloaded": ("looks", "Потребитель скачал файл"),
    "journal.exported": ("looks", "Выгружен журнал"),
    "billing.exported": ("imports", "Выгружен пакет для биллинга"),
    "import.sent": ("imports", "Получен набор данных"),
    "import.check": ("imports", "Запущена проверка набора"),
    "import.load": ("imports", "Запущена загрузка набора"),
    "import.discarded": ("imports", "Набор удален без загрузки"),
    "import.loaded": ("imports", "Набор загружен"),
    "import.changed": ("imports", "Запись изменена загрузкой"),
    "import.withdrawn": ("imports", "Записи нет в новом наборе"),
    "department.added": ("directories", "Добавлено отделение"),
    "department.changed": ("directories", "Изменено отделение"),
    "department.given_back": ("directories", "Отделение снова из биллинга"),
    "topic.added": ("directories", "Добавлен вид обращения"),
    "topic.changed": ("directories", "Изменен вид обращения в справочнике"),
    "topic.given_back": ("directories", "Вид обращения снова из биллинга"),
    "premises_kind.added": ("directories", "Добавлен вид помещения"),
    "premises_kind.changed": ("directories", "Изменен вид помещения"),
    "answer_template.added": ("directories", "Добавлен шаблон ответа"),
    "answer_template.changed": ("directories", "Изменен шаблон ответа"),
    "supplier.changed": ("directories", "Изменены реквизиты поставщика"),
    "supplier.given_back": ("directories", "Реквизиты поставщика снова из биллинга"),
    "announcement.added": ("directories", "Создано объявление"),
    "announcement.changed": ("directories", "Изменено объявление"),
    "announcement.ended": ("directories", "Снято объявление"),
    "text.published": ("directories", "Опубликована новая редакция текста"),
    "message.retried": ("messages", "Сообщение отправлено еще раз"),
    "mailing.drafted": ("messages", "Создан черновик рассылки"),
    "mailing.changed": ("messages", "Изменен текст рассылки"),
    "mailing.tested": ("messages", "Отправлена проба рассылки"),
    "mailing.started": ("messages", "Начата рассылка"),
    "mailing.stopped": ("messages", "Остановлена рассылка"),
    "mailing.discarded": ("messages", "Удален черновик рассылки"),
    "supplier_message.opened": ("messages", "Открыто сообщение поставщика"),
    "alarm": ("messages", "Достигнут предел установки"),
    "staff.created": ("staff", "Создан сотрудник"),
    "staff.changed": ("staff", "Изменен сотрудник"),
    "staff.access_reset": ("staff", "Сброшены пароль и второй фактор сотрудника"),
}
SUBJECTS = {
    "accounts": "учетная запись",
    "alarm": "предел",
    "announcements": "объявление",
    "answer_templates": "шаблон ответа",
    "charge_lines": "строка документа",
    "charges": "документ",
    "consents": "согласие",
    "contracts": "договор",
    "customer_notes": "заметка или звонок",
    "customers": "потребитель",
    "departments": "отделение",
    "enquiries": "обращение",
    "enquiry_topics": "вид обращения",
    "import_jobs": "набор данных",
    "import_runs": "загрузка",
    "invoices": "счет",
    "journal": "журнал",
    "lists": "список",
    "mailing_recipients": "сообщение поставщика",
    "mailings": "рассылка",
    "messages": "сообщение",
    "meters": "прибор учета",
    "monthly_balances": "сальдо",
    "packages": "пакет",
    "payments": "оплата",
    "premises_kinds": "вид помещения",
    "readings": "показание",
    "registers": "шкала прибора",
    "services": "услуга",
    "staff": "сотрудник",
    "suppliers": "поставщик",
    "supply_points": "точка поставки",
    "text_versions": "текст",
}
FIELDS = {
    "account": "расчетный счет",
    "action": "действие",
    "added": "добавлено",
    "address": "адрес",
    "answer_days": "срок ответа, дней",
    "answer_due_on": "ответить до",
    "assignee": "исполнитель",
    "audience": "кому",
    "bank": "банк",
    "bank_name": "банк",
    "begins_at": "начало",
    "bic": "БИК",
    "by": "решил",
    "changed": "изменено",
    "channel": "канал",
    "charged_amount": "начислено",
    "closing_amount": "сальдо на конец",
    "comment": "примечание",
    "contact_changes": "изменений контактов",
    "contract_id": "договор, номер записи",
    "corr_account": "корреспондентский счет",
    "customer_id": "потребитель, номер записи",
    "department": "отделение",
    "department_id": "отделение, номер записи",
    "disabled_at": "вход закрыт",
    "doc_date": "дата документа",
    "doc_number": "номер документа",
    "due_on": "срок оплаты",
    "email": "e-mail",
    "email_from_billing": "e-mail в биллинге",
    "ends_at": "конец",
    "enquiries": "обращений",
    "error": "ошибка",
    "file": "файл",
    "files": "файлов",
    "filter": "выбрано",
    "first": "с",
    "full_name": "полное название",
    "gross_amount": "сумма с НДС",
    "inn": "ИНН",
    "is_active": "показывается",
    "is_hidden": "скрыт",
    "key": "номер",
    "kind": "вид",
    "kpp": "КПП",
    "last": "по",
    "legal_address": "юридический адрес",
    "login": "логин",
    "name": "название",
    "net_amount": "сумма без НДС",
    "number": "номер",
    "of": "номер записи",
    "opening_amount": "сальдо на начало",
    "page": "страница",
    "paid_amount": "оплачено",
    "paid_on": "дата оплаты",
    "period": "период",
    "person_name": "контактное лицо",
    "phone": "телефон",
    "phone_from_billing": "телефон в биллинге",
    "position": "должность",
    "posted_on": "проведено",
    "price_category": "ценовая категория",
    "purpose": "назначение",
    "quantity": "количество",
    "query": "запрос",
    "rating": "оценка",
    "reading": "показание, номер записи",
    "readings": "показаний",
    "reason": "причина",
    "receipt": "квитанция",
    "recipient": "кому",
    "recovery_code": "по резервному коду",
    "register": "шкала, номер записи",
    "registration": "регистрация, номер записи",
    "role": "роль",
    "is_limited": "только выбранные точки",
    "rows": "строк",
    "same": "без изменений",
    "sha256": "контрольная сумма",
    "short_name": "краткое название",
    "size": "размер, байт",
    "source": "откуда",
    "staff": "сотрудник",
    "staff_id": "сотрудник, номер записи",
    "status": "состояние",
    "text": "текст",
    "topic": "вид обращения",
    "topic_id": "вид обращения, номер записи",
    "total_amount": "всего",
    "unchanged": "без изменений",
    "value": "значение",
    "values": "показания по шкалам",
    "vat_amount": "НДС",
    "version": "редакция",
    "warnings": "предупреждений",
    "who": "кто",
    "withdrawn": "скрыто записей",
    "withdrawn_at": "скрыто",
    "work_hours": "часы работы",
}
VALUES: dict[str, dict[str, str]] = {
    "role": {str(role): label for role, label in ROLES.items()},
    "action": GROUPS,
    "channel": {"mail": "письмо", "sms": "смс", "phone": "по телефону", "written": "на бумаге"},
    "audience": {
        "all": "всем",
        "department": "договорам отделения",
        "address": "по адресу",
        "contracts": "списку договоров",
        "points": "списку точек поставки",
    },
    "kind": {
        "info": "сообщение",
        "works": "плановые работы",
        "outage": "отключение",
        "note": "заметка",
        "call_in": "входящий звонок",
        "call_out": "исходящий звонок",
    },
    "who": {str(group): label for group, label in ACTOR_GROUPS.items()},
    "source": {"portal": "личный кабинет", "staff": "сотрудник"},
    "status": {
        "sent": "передано",
        "accepted": "принято",
        "rejected": "отклонено",
        "withdrawn": "отозвано",
        "replaced": "заменено",
        "registered": "зарегистрировано",
        "in_work": "в работе",
        "needs_details": "нужны уточнения",
        "answered": "дан ответ",
        "closed": "закрыто",
        **CONTRACT_STATUSES,
    },
}
NOTHING = "пусто"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def action_label(action: str) -> str:
    """What was done; an action that the code no longer knows is shown as it is."""
    return ACTIONS[action][1] if action in ACTIONS else action


def actions_of(group: str) -> tuple[str, ...]:
    """The actions that a group holds."""
    return tuple(action for action, (its_group, _) in ACTIONS.items() if its_group == group)


def field_label(name: str) -> str:
    """The name of a field; an unknown one is shown as it is."""
    return FIELDS.get(name, name)


def value_label(name: str, value: Any) -> str:
    """A value of an event, as people read it."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, dict):
        pairs = (f"{field_label(key)}: {value_label(key, part)}" for key, part in value.items())
        return "; ".join(pairs) or NOTHING
    if isinstance(value, list):
        return ", ".join(value_label(name, part) for part in value) or NOTHING
    text = str(value)
    if name in _READ:
        return _READ[name](text)
    return VALUES.get(name, {}).get(text) or _time_label(text)


def _time_label(text: str) -> str:
    """A moment or a date in Russian; anything else as it is."""
    try:
        if _MOMENT.match(text):
            found = datetime.fromisoformat(text)
            return moment(found) if found.tzinfo else text
        return day(date.fromisoformat(text)) if _DAY.fullmatch(text) else text
    except ValueError:
        return text


def _query_label(text: str) -> str:
    """The query of an address, readable."""
    return printable(unquote_plus(text))


_READ = {"page": page_label, "query": _query_label}
