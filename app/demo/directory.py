"""The supplier itself, its departments and the directories that come with them."""

from __future__ import annotations

from app.demo.identifiers import company_inn, corr_account, kpp, ogrn, settlement_account
from app.demo.rows import DepartmentRow, ServiceRow, SupplierRow, TopicRow

SUPPLIER_BIC = "040052701"
CENTRAL, RIVERSIDE, HOUSES = "D-01", "D-02", "D-03"
DEPARTMENTS = (CENTRAL, RIVERSIDE, HOUSES)
KWH, KW = "кВт·ч", "кВт"

_HOURS = "пн–чт 8:00–17:00, пт 8:00–16:00, обед 12:00–12:48"

_TOPICS = (
    ("settlements", "Расчеты и начисления", CENTRAL),
    ("reconciliation", "Акт сверки", CENTRAL),
    ("duplicates", "Дубликаты документов", CENTRAL),
    ("readings", "Показания", CENTRAL),
    ("meters", "Приборы учета (замена, поверка, допуск)", RIVERSIDE),
    ("contract", "Договор (заключение, изменение, расторжение)", CENTRAL),
    ("details", "Изменение реквизитов", CENTRAL),
    ("price-category", "Ценовая категория", CENTRAL),
    ("edo", "Переход на ЭДО", CENTRAL),
    ("max-power", "Максимальная мощность", RIVERSIDE),
    ("restriction", "Ограничение и возобновление", RIVERSIDE),
    ("quality", "Качество электроэнергии", RIVERSIDE),
    ("claim", "Претензия", CENTRAL),
    ("portal", "Личный кабинет", CENTRAL),
    ("other", "Иное", CENTRAL),
)


def supplier_row() -> SupplierRow:
    """The fictitious supplier with complete details for payment orders and QR codes."""
    return SupplierRow(
        supplier_id="S-01",
        name="Акционерное общество «Пример-Энерго»",
        short_name="АО «Пример-Энерго»",
        inn=company_inn(1),
        kpp=kpp(),
        ogrn=ogrn(1, 2005),
        address="990001, г. Примерск, ул. Образцовая, д. 1",
        bank_name="АО «Демо-Банк», г. Примерск",
        bic=SUPPLIER_BIC,
        account=settlement_account("40702", SUPPLIER_BIC, 1),
        corr_account=corr_account(SUPPLIER_BIC),
        phone="+7 900 000-00-01",
        email="info@example.com",
    )


def department_rows() -> list[DepartmentRow]:
    """Departments to which enquiries go."""
    places = (
        (CENTRAL, "Центральное отделение", "ул. Образцовая, д. 1, каб. 101", "central"),
        (RIVERSIDE, "Заречное отделение", "наб. Учебная, д. 14", "zarechnoe"),
        (HOUSES, "Отделение по работе с МКД", "пр-т Условный, д. 27, пом. 2", "mkd"),
    )
    return [
        DepartmentRow(
            department_id=department_id,
            name=name,
            address=f"990001, г. Примерск, {street}",
            phone=f"+7 900 000-00-1{number}",
            email=f"{mailbox}@example.com",
            work_hours=_HOURS,
        )
        for number, (department_id, name, street, mailbox) in enumerate(places, 1)
    ]


def topic_rows() -> list[TopicRow]:
    """Kinds of enquiry with the department that answers by default."""
    return [TopicRow(*topic) for topic in _TOPICS]


def service_rows() -> list[ServiceRow]:
    """What a line of a document can be about."""
    return [
        ServiceRow("EE", "Электрическая энергия", KWH),
        ServiceRow("LOSS", "Потери электрической энергии", KWH),
        ServiceRow("CAP", "Мощность", KW),
        ServiceRow("CORR", "Корректировка объема электрической энергии", KWH),
        ServiceRow("PEN", "Пени за просрочку оплаты", None),
    ]
