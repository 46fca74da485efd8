"""Page of the meters of a contract: what was read, what is missing, until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask.wrappers import Response

from app.domain.access import Permission
from app.domain.meter_lists import MeterLists, find_meters, part_meters
from app.domain.meters import MeterState, RegimeWindow, build_regime_windows
from app.domain.reading_windows import Regime, next_window
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import list_receipts
from app.queries.readings.meters import list_meter_states, read_meters
from app.sections.readings import labels
from app.sections.readings.presenters import build_meter_table
from app.sections.readings.submission import SEARCHED, meters_pager, read_query
from app.web.context import clock
from app.web.fragments import render_page
from app.web.labels import REGIMES
from app.web.policies import window_rules

RECEIPTS = 24
"""Listed under the meters; older ones are in the history of each meter."""
FOLDED = 12
"""Meters that a fold names; more are a table of their own."""
KINDS = ("automatic", "removed")


def index_page(contract: VisibleContract, error: str | None = None, status: int = 200) -> Response:
    """All meters of a contract, or those that ``q`` finds, or only those of a ``kind``."""
    today = clock().today()
    meters = list_meter_states(db.session(), contract, today, window_rules())
    query, kind = read_filter()
    lists = part_meters(find_meters(meters, query), today)
    listed: list[MeterState] = getattr(lists, kind or "by_hand")
    pager = meters_pager(listed)
    shown = read_meters(
        db.session(), contract, listed[pager.offset : pager.offset + pager.size], today
    )
    may_submit = contract.may(Permission.SUBMIT_READINGS)
    return render_page(
        "readings/index.html",
        fragment="results",
        contract=contract,
        table=build_meter_table(
            shown, today, may_submit=may_submit, is_terminated=contract.is_terminated
        ),
        folds={} if kind else _folds(lists),
        kind=kind,
        pager=pager,
        may_name=may_submit and bool(meters),
        list_url=f"{request.path}?{urlencode({'q': query, 'kind': kind})}",
        files_query=f"?{urlencode({'q': query, 'kind': kind})}",
        today=today,
        query=query,
        meter_count=len(meters),
        is_searchable=len(meters) > SEARCHED,
        folded=FOLDED,
        labels=labels,
        receipts=list_receipts(db.session(), contract, RECEIPTS),
        error=error,
        status=status,
        **_summary(contract, meters, today),
    )


def read_filter() -> tuple[str, str]:
    """What is searched for, and the kind of meters that alone is shown; both may be empty."""
    kind = request.args.get("kind", "")
    return read_query(request.args), kind if kind in KINDS else ""


def list_found(contract: VisibleContract) -> list[MeterState]:
    """All meters that the address asks for, of all pages and folds of the list."""
    today = clock().today()
    meters = list_meter_states(db.session(), contract, today, window_rules())
    query, kind = read_filter()
    found = find_meters(meters, query)
    lists = part_meters(found, today)
    every = [*lists.by_hand, *lists.automatic, *lists.removed]
    return getattr(lists, kind) if kind else every


def _folds(lists: MeterLists) -> dict[str, list[MeterState]]:
    """Meters that nobody has to read, by their kind."""
    folds = {"automatic": lists.automatic, "removed": lists.removed}
    return {kind: meters for kind, meters in folds.items() if meters}


def _summary(
    contract: VisibleContract, meters: Sequence[MeterState], today: date
) -> dict[str, Any]:
    """What is missing in all, and until when, whatever the table shows."""
    open_meters = [meter for meter in meters if not meter.closed_reason(today)]
    due = [meter for meter in meters if meter.is_due(today)]
    windows = build_regime_windows(meters, today, window_rules())
    return {
        "windows": [] if contract.is_terminated else _windows(meters, today, windows),
        "missing": sum(meter.is_missing(today) for meter in open_meters),
        "missing_label": labels.missing_label(windows, today),
        "due": len(due),
        "due_periods": sorted({meter.window.period for meter in due}),
        "may_submit_all": contract.may(Permission.SUBMIT_READINGS) and len(open_meters) > 1,
        "has_current": any(
            not register.is_missing for meter in meters for register in meter.registers
        ),
        "act_month": max((meter.window.period for meter in meters), default=None),
        "has_month_end": any(meter.regime == Regime.MONTH_END for meter in open_meters),
    }


def _windows(meters: Sequence[MeterState], today: date, found: Sequence[RegimeWindow]) -> list[str]:
    """Sentences about the windows of the contract's regimes in which nothing is missing."""
    rules = window_rules()
    awaited = {window.regime for window in found if window.missing}
    windows = {meter.regime: meter.window for meter in meters if not meter.is_automatic}
    lines = {
        regime: labels.window_label(window, next_window(regime, window, rules), today)
        for regime, window in sorted(windows.items())
        if regime not in awaited
    }
    if len(windows) > 1:
        return [f"{REGIMES[regime]}. {line}" for regime, line in lines.items()]
    return list(lines.values())
