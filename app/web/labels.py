"""Russian labels that several sections share."""

from __future__ import annotations

from app.domain.access import Permission

REGIMES = {"month_end": "На конец месяца", "mkd": "Нежилые помещения в МКД"}
ZONES = {"T0": "сутки", "T1": "зона Т1", "T2": "зона Т2", "T3": "зона Т3"}
CONTRACT_STATUSES = {
    "active": "действует",
    "suspended": "приостановлен",
    "terminated": "расторгнут",
}
OF_CHOSEN_POINTS = "по выбранным точкам"
"""What a page, a document and a file say where access is limited to supply points."""
CONTRACT_MENU = (
    # endpoint, label, permission
    ("home.index", "Главная", Permission.SEE_CONTRACT),
    ("settlements.index", "Взаиморасчеты", Permission.SEE_MONEY),
    ("charges.index", "Начисления", Permission.SEE_MONEY),
    ("payments.index", "Оплаты", Permission.SEE_MONEY),
    ("readings.index", "Показания", Permission.SEE_READINGS),
    ("enquiries.index", "Обращения", Permission.SEE_CONTRACT),
    ("profile.index", "Реквизиты и контакты", Permission.SEE_CONTRACT),
)
