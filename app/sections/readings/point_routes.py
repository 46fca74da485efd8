"""A supply point's page, and own names of supply points and meters."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.actions.custom_names import set_custom_names
from app.domain.access import Permission
from app.domain.custom_names import CustomNames, PointName, parse_name
from app.domain.errors import CustomNameError, NotFoundError
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.custom_names import find_point_of_meter
from app.queries.readings.passports import get_passport
from app.sections.readings import labels
from app.sections.readings.blueprint import bp
from app.sections.readings.names import NamesForm, list_named, names_page
from app.sections.readings.passport import passport_page
from app.web.context import local_now
from app.web.forms import printable
from app.web.fragments import is_fragment
from app.web.permissions import contract_access


@bp.get("/points/<id:point_id>")
@contract_access(Permission.SEE_READINGS)
def point(contract: VisibleContract, point_id: int) -> ResponseReturnValue:
    """A supply point with its meters, their verification and its power."""
    return passport_page(contract, point_id)


@bp.post("/points/<id:point_id>/name")
@contract_access(Permission.SUBMIT_READINGS)
def point_name_submit(contract: VisibleContract, point_id: int) -> ResponseReturnValue:
    """Name a supply point; an empty name takes it away."""
    passport = get_passport(db.session(), contract, point_id)
    typed = printable(request.form.get("name"))
    try:
        name = PointName(parse_name(typed), passport.position)
    except CustomNameError as error:
        errors = {f"name-{point_id}": labels.NAME_ERRORS[error.code]}
        return passport_page(contract, point_id, errors, typed)
    return _store(contract, point_id, CustomNames(points={point_id: name}))


@bp.post("/meters/<id:meter_id>/name")
@contract_access(Permission.SUBMIT_READINGS)
def meter_name_submit(contract: VisibleContract, meter_id: int) -> ResponseReturnValue:
    """Name a meter; an empty name takes it away."""
    point_id = find_point_of_meter(db.session(), contract, meter_id)
    if point_id is None:
        raise NotFoundError
    typed = printable(request.form.get("name"))
    try:
        name = parse_name(typed)
    except CustomNameError as error:
        errors = {f"meter-name-{meter_id}": labels.NAME_ERRORS[error.code]}
        return passport_page(contract, point_id, errors, typed)
    return _store(contract, point_id, CustomNames(meters={meter_id: name}))


@bp.get("/names")
@contract_access(Permission.SUBMIT_READINGS)
def names(contract: VisibleContract) -> ResponseReturnValue:
    """All names and the order of supply points on one page."""
    return names_page(contract, NamesForm.of(list_named(contract)))


@bp.post("/names")
@contract_access(Permission.SUBMIT_READINGS)
def names_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Store the names and places that were typed."""
    form = NamesForm.read(list_named(contract), request.form)
    if form.errors:
        return names_page(contract, form)
    set_custom_names(db.session(), contract, contract.viewer, form.names, local_now())
    db.session.commit()
    shown: dict[str, Any] = {
        name: request.args[name] for name in ("q", "page") if name in request.args
    }
    names_url = url_for("readings.names", contract_id=contract.id, saved=1, **shown)
    return redirect(names_url, 303)


def _store(contract: VisibleContract, point_id: int, changed: CustomNames) -> ResponseReturnValue:
    set_custom_names(db.session(), contract, contract.viewer, changed, local_now())
    db.session.commit()
    if is_fragment():
        return passport_page(contract, point_id)
    return redirect(url_for("readings.point", contract_id=contract.id, point_id=point_id), 303)
