"""Source page of an enquiry: the document or meter that it was opened from.

A code in the address names it; only what the viewer may see is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import url_for

from app.domain.access import Permission
from app.domain.enquiries import TopicUse
from app.domain.errors import NotFoundError, PeriodError
from app.domain.formats import day
from app.domain.meters import MeterState
from app.domain.period import Month, parse_day
from app.extensions import db
from app.lib.database import MAX_ID
from app.queries.charges import list_by_ids
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import get_receipt
from app.queries.readings.meters import get_meter_state
from app.web.context import clock
from app.web.policies import window_rules

REQUISITES = {
    "name": "наименование",
    "inn": "ИНН",
    "kpp": "КПП",
    "ogrn": "ОГРН",
    "legal-address": "юридический адрес",
    "postal-address": "почтовый адрес",
    "contract": "номер и дата договора",
    "contacts": "контакты в данных договора",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The page an enquiry was opened from.

    Attributes:
        code: names it in the address and in the form.
        label: what it is in Russian; stored with the enquiry, as ``path`` is.
        use: chooses the topic.
        address: of the supply point that it is about.
        text: what the enquiry begins with.
        point_id: the supply point that it is about; 0: none.
    """

    code: str
    label: str
    path: str | None
    use: TopicUse
    address: str = ""
    text: str = ""
    point_id: int = 0


def read_source(contract: VisibleContract, code: str) -> Source | None:
    """Find what a code names; None: nothing that this viewer may see."""
    kind, _, key = code.partition("-")
    make = {
        "charge": _charge,
        "meter": _meter,
        "fault": _fault,
        "receipt": _receipt,
        "month": _month,
        "requisite": _requisite,
        "topic": _topic,
        "act": _act,
    }.get(kind)
    return make(contract, code, key) if make else None


def _charge(contract: VisibleContract, code: str, key: str) -> Source | None:
    if not contract.may(Permission.SEE_MONEY) or not _is_id(key):
        return None
    found = list_by_ids(db.session(), contract, [int(key)])
    if not found:
        return None
    document = found[0]
    label = f"Документ № {document.number} от {day(document.on)}"
    path = url_for("charges.document", contract_id=contract.id, charge_id=document.id)
    return Source(code, label, path, TopicUse.SETTLEMENTS)


def _month(contract: VisibleContract, code: str, key: str) -> Source | None:
    month = _read_month(key)
    if month is None or not contract.may(Permission.SEE_MONEY):
        return None
    path = url_for("settlements.index", contract_id=contract.id, first=key, last=key)
    return Source(code, f"Взаиморасчеты за {month.label.lower()}", path, TopicUse.SETTLEMENTS)


def _meter(contract: VisibleContract, code: str, key: str) -> Source | None:
    meter = _find_meter(contract, key)
    if meter is None:
        return None
    path = url_for("readings.history", contract_id=contract.id, meter_id=meter.id)
    return Source(
        code, _meter_label(meter), path, TopicUse.METERS, meter.address, "", meter.point_id
    )


def _fault(contract: VisibleContract, code: str, key: str) -> Source | None:
    """A fault of a meter, reported from the page of its supply point."""
    meter = _find_meter(contract, key)
    if meter is None:
        return None
    path = url_for("readings.point", contract_id=contract.id, point_id=meter.point_id)
    text = f"Неисправность: {_meter_label(meter)}, {meter.supply_point}.\nЧто случилось: "
    label = f"Неисправность: {_meter_label(meter)}"
    return Source(code, label, path, TopicUse.METERS, meter.address, text, meter.point_id)


def _find_meter(contract: VisibleContract, key: str) -> MeterState | None:
    if not contract.may(Permission.SEE_READINGS) or not _is_id(key):
        return None
    try:
        return get_meter_state(db.session(), contract, int(key), clock().today(), window_rules())
    except NotFoundError:
        return None


def _meter_label(meter: MeterState) -> str:
    """The official number, and what the customer calls the meter and its place."""
    given = [f"«{name}»" for name in (meter.custom_point, meter.custom_name) if name]
    return " ".join([f"Прибор учета № {meter.serial_number}", *given])


def _receipt(contract: VisibleContract, code: str, key: str) -> Source | None:
    if not contract.may(Permission.SEE_READINGS) or not _is_id(key):
        return None
    try:
        receipt = get_receipt(db.session(), contract, int(key))
    except NotFoundError:
        return None
    path = url_for("readings.receipt", contract_id=contract.id, receipt_id=receipt.id)
    return Source(code, f"Квитанция о показаниях № {receipt.id}", path, TopicUse.READINGS)


def _act(contract: VisibleContract, code: str, key: str) -> Source | None:
    """The act of readings of a month, which comes back signed."""
    month = _read_month(key)
    if month is None or not contract.may(Permission.SEE_READINGS):
        return None
    path = url_for("readings.index", contract_id=contract.id)
    label = f"Подписанный акт снятия показаний за {month.label.lower()}"
    return Source(code, label, path, TopicUse.READINGS)


def _requisite(contract: VisibleContract, code: str, key: str) -> Source | None:
    if key and key not in REQUISITES:
        return None
    path = url_for("profile.index", contract_id=contract.id)
    label = f"Ошибка в реквизитах: {REQUISITES[key]}" if key else "Ошибка в реквизитах"
    return Source(code, label, path, TopicUse.DETAILS)


def _topic(contract: VisibleContract, code: str, key: str) -> Source | None:
    """A topic alone, without a page."""
    if key not in set(TopicUse):
        return None
    return Source(code, "", None, TopicUse(key))


def _read_month(key: str) -> Month | None:
    """A month as YYYY-MM; None: it is none."""
    if not re.fullmatch(r"\d{4}-\d{2}", key, re.ASCII):
        return None
    try:
        return Month.of(parse_day(f"{key}-01"))
    except PeriodError:
        return None


def _is_id(key: str) -> bool:
    return re.fullmatch(r"\d{1,19}", key, re.ASCII) is not None and int(key) <= MAX_ID
