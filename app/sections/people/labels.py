"""Russian labels of roles."""

from __future__ import annotations

from app.domain.access import Role

ROLES = {
    Role.OWNER: "владелец",
    Role.DIRECTOR: "руководитель",
    Role.ACCOUNTANT: "бухгалтер",
    Role.ENGINEER: "энергетик",
    Role.VIEWER: "просмотр",
}
GRANTS = {
    Role.DIRECTOR: "все, что может владелец, и приглашает людей",
    Role.ACCOUNTANT: "взаиморасчеты, начисления, оплаты, счета, обращения",
    Role.ENGINEER: "показания и обращения, без сумм",
    Role.VIEWER: "смотрит все, ничего не передает и не отправляет",
}
ERRORS = {
    "member": "у этого адреса уже есть доступ к договору",
    "past": "этот день уже прошел",
    "owner": "у владельца нельзя изменить роль и срок",
}
LAST_OWNER = (
    "Доступ владельца нельзя завершить: решать за договор будет некому. "
    "Сначала дайте кому-нибудь роль «руководитель»."
)
OWNER_PAUSE = "Доступ владельца нельзя приостановить."
