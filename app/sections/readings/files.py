"""Tables of «Показания» as files: all meters, all receipts, the readings of one receipt."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import get_receipt, list_receipts
from app.queries.readings.meters import read_meters
from app.queries.readings.passports import get_passport
from app.sections.readings.blueprint import bp
from app.sections.readings.listing import list_found
from app.sections.readings.passport import read_point
from app.sections.readings.presenters import build_meter_table
from app.sections.readings.tables import (
    meters_table,
    power_table,
    receipt_table,
    receipts_table,
)
from app.web.context import clock
from app.web.downloads import name_on, send_table
from app.web.labels import OF_CHOSEN_POINTS
from app.web.permissions import contract_access

MAX_RECEIPTS = 10_000


@bp.get("/readings.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_READINGS)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The meters that the page lists, of all its pages and folds, for a spreadsheet."""
    today = clock().today()
    meters = read_meters(db.session(), contract, list_found(contract), today)
    table = build_meter_table(meters, today, may_submit=False, is_terminated=contract.is_terminated)
    name = name_on(_name(contract, "Показания"), contract.number, today)
    return send_table(meters_table(table), name, extension)


@bp.get("/points/<id:point_id>/power.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_READINGS)
def power_file(contract: VisibleContract, point_id: int, extension: str) -> ResponseReturnValue:
    """The mean power of a supply point by month, for a spreadsheet."""
    today = clock().today()
    passport = get_passport(db.session(), contract, point_id)
    _, power = read_point(contract, passport, today)
    table = power_table(passport, power)
    return send_table(table, name_on("Мощность", contract.number, today), extension)


@bp.get("/receipts/receipts.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_READINGS)
def receipts_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """All receipts of the contract, older ones than the page lists too."""
    receipts = list_receipts(db.session(), contract, MAX_RECEIPTS)
    name = name_on(_name(contract, "Квитанции о показаниях"), contract.number, clock().today())
    return send_table(receipts_table(receipts), name, extension)


@bp.get("/receipts/<id:receipt_id>/receipt.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_READINGS)
def receipt_file(contract: VisibleContract, receipt_id: int, extension: str) -> ResponseReturnValue:
    """The readings of a receipt for a spreadsheet."""
    found = get_receipt(db.session(), contract, receipt_id)
    month = found.readings[0].period
    name = f"{_name(contract, f'Квитанция {found.id}')} {contract.number} {month}"
    return send_table(receipt_table(found), name, extension)


def _name(contract: VisibleContract, name: str) -> str:
    return name if contract.scope_id is None else f"{name} {OF_CHOSEN_POINTS}"
