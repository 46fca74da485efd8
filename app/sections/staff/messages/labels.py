"""Russian labels of outgoing messages."""

from __future__ import annotations

SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    # value of the filter: its label, the statuses that it shows
    "failed": ("Не отправлены", ("failed",)),
    "undelivered": ("Смс не доставлены", ("sent",)),
    "waiting": ("Ждут отправки", ("waiting", "sending")),
    "suppressed": ("Удержаны", ("suppressed",)),
    "stopped": ("Остановлены", ("stopped",)),
    "sent": ("Отправлены", ("sent",)),
    "all": ("Все", ()),
}
STATUSES = {
    "waiting": ("wait", "Ждет"),
    "sending": ("wait", "Отправляется"),
    "sent": ("ok", "Отправлено"),
    "failed": ("no", "Не отправлено"),
    "stopped": ("no", "Остановлено: рассылку прервали"),
    "suppressed": ("no", "Удержано: слишком много писем на этот адрес"),
}
CHANNELS = {"mail": "Письмо", "sms": "Смс"}
KINDS = {
    "access_changed": "Доступ изменен",
    "access_ended": "Доступ завершен",
    "access_paused": "Доступ приостановлен",
    "access_refused": "В доступе отказано владельцем",
    "access_requested": "Запрошен доступ",
    "contact_asked": "Запрошена смена контакта",
    "contact_changed": "Контакт изменен",
    "contact_code": "Код для нового телефона",
    "contact_link": "Ссылка для нового e-mail",
    "contracts_attached": "Договоры добавлены в кабинет",
    "enquiry_closed": "Обращение закрыто",
    "enquiry_receipt": "Обращение принято",
    "enquiry_reopened": "Обращение снова открыто",
    "enquiry_reply": "Ответ на обращение",
    "health_alert": "Неисправность",
    "import_failed": "Загрузка не удалась",
    "invitation": "Приглашение",
    "invitation_accepted": "Приглашение принято",
    "mailing": "Рассылка",
    "mailing_test": "Рассылка: проба",
    "password_changed": "Пароль изменен",
    "reading_receipt": "Показания приняты",
    "reading_refused": "Показание отклонено",
    "recovery_code": "Код для нового пароля",
    "recovery_link": "Ссылка для нового пароля",
    "registration_code": "Код регистрации",
    "registration_link": "Ссылка регистрации",
    "registration_notice": "Предупреждение о регистрации",
    "registration_opened": "Кабинет открыт",
    "registration_refused": "В регистрации отказано",
    "registration_taken": "Попытка второй регистрации",
    "second_factor_off": "Второй фактор отключен",
    "second_factor_on": "Второй фактор подключен",
    "second_factor_recovery": "Вход по резервному коду",
    "transfer_former": "Сменился потребитель: прежней стороне",
    "transfer_new": "Сменился потребитель: новой стороне",
    "transfer_open": "Сменился потребитель: можно регистрироваться",
    "transfer_restored": "Доступ восстановлен",
}
DELIVERY = {
    "delivered": ("ok", "Доставлено"),
    "undelivered": ("no", "Не доставлено"),
}
NO_RETRY = {
    "sent": "Сообщение уже отправлено или отправляется.",
    "interactive": "Этого письма или кода ждал человек: он запросит новое сам.",
    "outdated": "Сообщение устарело: ссылка или код в нем больше не действует.",
}
