"""Choose the contracts of a mailing as its form asks for, and say what is wrong with a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.formats import day
from app.domain.mailings import Audience, ChosenContract, read_list, read_warnings
from app.domain.period import Month
from app.extensions import db
from app.queries.mailings import audiences
from app.queries.open_item_snapshots import count_contracts_without
from app.sections.staff.mailings.forms import MailingForm
from app.sections.staff.mailings.labels import describe_fault
from app.web.context import clock
from app.web.field_errors import field_error

SHOWN_FAULTS = 20


@dataclass
class Choice:
    """Contracts that were chosen, how, and what is wrong with the list they were named in."""

    chosen: list[ChosenContract] = field(default_factory=list)
    criteria: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def choose(form: MailingForm) -> Choice:
    """Choose the contracts of a valid form; what is wrong is said beside its field, too."""
    audience = Audience(form.audience.data)
    found = {
        Audience.DEBTORS: _debtors,
        Audience.NO_READINGS: _without_readings,
        Audience.LIST: _listed,
        Audience.RESTRICTION: _listed,
    }[audience](form)
    is_list = audience in (Audience.LIST, Audience.RESTRICTION)
    beside = form.numbers if is_list else form.audience
    if found.faults:
        beside.errors = [field_error(beside, "исправьте места, которые названы ниже")]
    elif not found.chosen:
        beside.errors = [
            field_error(beside, f"под эти условия не подходит ни один договор{_gap()}")
        ]
    elif len(found.chosen) > form.limit:
        advice = f"под условия подходит {len(found.chosen)}. Сузьте их или увеличьте предел"
        form.cap.errors = [field_error(form.cap, advice)]
    found.criteria["as_of"] = day(clock().today())
    return found


def _debtors(form: MailingForm) -> Choice:
    chosen = audiences.choose_debtors(
        db.session(), form.least, form.day_count, form.department_id(), clock().today()
    )
    criteria = {"amount": str(form.least), "days": form.day_count}
    return Choice(chosen, criteria | _department(form))


def _without_readings(form: MailingForm) -> Choice:
    month = Month.parse(form.month.data)
    chosen = audiences.choose_without_readings(
        db.session(), month, form.department_id(), clock().today()
    )
    return Choice(chosen, {"month": month.label.lower()} | _department(form))


def _listed(form: MailingForm) -> Choice:
    text, source = form.read_list()
    is_warning = form.audience.data == Audience.RESTRICTION
    numbers, faults = read_warnings(text, clock().today()) if is_warning else read_list(text)
    chosen, unknown = audiences.choose_listed(db.session(), numbers)
    places = sorted([*faults, *unknown], key=lambda fault: (fault.line, fault.column))
    said = [describe_fault(fault, source) for fault in places[:SHOWN_FAULTS]]
    if len(places) > SHOWN_FAULTS:
        said.append(f"… и еще {len(places) - SHOWN_FAULTS}")
    file = {"file": source} if not form.numbers.data.strip() else {}
    return Choice(chosen, file | {"count": len(chosen)}, said)


def _department(form: MailingForm) -> dict[str, str]:
    if not form.department.data:
        return {}
    return {"department": form.department.choices[form.department.data]}


def _gap() -> str:
    """Debts of how many contracts are still to be computed today."""
    count = count_contracts_without(db.session(), clock().today())
    return f". Долг еще не посчитан, договоров: {count}. Повторите позже" if count else ""
