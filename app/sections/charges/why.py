"""«Почему счет изменился»: two months of charges and the parts of their difference."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.domain.access import Permission
from app.domain.bill_change_facts import ComparedMonths
from app.extensions import db
from app.queries.bill_comparisons import (
    find_names_version,
    first_own_month,
    list_billed_months,
    read_bill_change,
)
from app.queries.contracts import VisibleContract
from app.sections.charges.blueprint import bp
from app.sections.charges.change_tables import lines_table, parts_table
from app.sections.charges.forms import MonthsForm
from app.sections.charges.labels import PROPERTIES
from app.web.bill_change_chart import build_chart
from app.web.bill_change_rows import part_rows, sentence, signed_percent
from app.web.charge_table import CHARGE_KINDS
from app.web.downloads import send_table
from app.web.fragment_cache import contract_block
from app.web.fragments import render_page
from app.web.labels import ZONES
from app.web.permissions import contract_access

PAGE = "charges/why.html"
SHOWN_GROUPS = 40
"""Lines of the fold; the files have all."""
SHOWN_FACTS = 20
TABLES = {"parts": parts_table, "lines": lines_table}


@bp.get("/why")
@contract_access(Permission.SEE_MONEY)
def why(contract: VisibleContract) -> ResponseReturnValue:
    """Why a month was billed higher or lower than another."""
    form = _read_form(contract)
    ready = _block(contract, form, form.months) if form.months else None
    status = 422 if form.errors else 200
    return render_page(
        PAGE, fragment="results", contract=contract, form=form, ready=ready, status=status
    )


@bp.get("/why-<any(parts, lines):table>.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def why_file(contract: VisibleContract, table: str, extension: str) -> ResponseReturnValue:
    """The parts of the difference, or the lines of both months, for a spreadsheet."""
    form = _read_form(contract)
    if form.months is None:
        return render_page(PAGE, fragment="results", contract=contract, form=form, status=422)
    change = read_bill_change(db.session(), contract, form.months)
    months = f"{form.months.after.short_label} к {form.months.before.short_label}"
    title = f"Почему изменился счет {contract.number} {months}"
    return send_table(TABLES[table](change), title, extension)


def _read_form(contract: VisibleContract) -> MonthsForm:
    billed = list_billed_months(db.session(), contract)
    return MonthsForm.from_query(request.args, billed, first_own_month(contract))


def _block(contract: VisibleContract, form: MonthsForm, months: ComparedMonths) -> Markup:
    """The comparison, which stays the same until an import for everybody with the same rights."""
    may_ask = contract.may(Permission.SEND_ENQUIRIES)
    names = find_names_version(db.session(), contract)
    key = (months, first_own_month(contract), may_ask, names)
    return contract_block(
        contract, PAGE, "results", key, lambda: {"form": form} | _context(contract, months)
    )


def _context(contract: VisibleContract, months: ComparedMonths) -> dict[str, Any]:
    change = read_bill_change(db.session(), contract, months)
    comparison = change.comparison
    rows = part_rows(comparison)
    return {
        "change": change,
        "comparison": comparison,
        "rows": rows,
        "sentence": sentence(months, comparison),
        "percent": signed_percent(comparison.totals.percent),
        "chart": build_chart(months, comparison, rows) if rows else None,
        "groups": comparison.groups[:SHOWN_GROUPS],
        "hidden_groups": comparison.groups[SHOWN_GROUPS:],
        "facts": change.facts[:SHOWN_FACTS],
        "hidden_facts": len(change.facts[SHOWN_FACTS:]),
        "statement": url_for(
            "charges.statement_file",
            contract_id=contract.id,
            extension="pdf",
            first=months.after.first.isoformat(),
            last=months.after.last.isoformat(),
            month=str(months.after),
            base=str(months.before),
        ),
        "kinds": CHARGE_KINDS,
        "zones": ZONES,
        "properties": PROPERTIES,
    }
