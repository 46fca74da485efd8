"""«Реквизиты поставщика»: details for payment orders, QR codes and documents."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions import directories as actions
from app.domain.directories import record_source
from app.domain.errors import NotFoundError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.models import Supplier
from app.queries.directories import find_supplier_row
from app.sections.staff.blueprint import bp
from app.sections.staff.content.forms import SupplierForm
from app.web.context import clock
from app.web.fragments import render_page
from app.web.permissions import staff_access

PAGE = "staff/content/supplier.html"


@bp.get("/directories/supplier")
@staff_access(StaffPermission.DIRECTORIES)
def directory_supplier() -> ResponseReturnValue:
    """The requisites; before the first import there are none."""
    supplier = find_supplier_row(db.session())
    if supplier is None:
        return render_page(PAGE, fragment="results", supplier=None)
    return _page(SupplierForm(supplier), supplier)


@bp.post("/directories/supplier")
@staff_access(StaffPermission.DIRECTORIES)
def directory_supplier_submit() -> ResponseReturnValue:
    """Change them."""
    supplier = _supplier()
    form = SupplierForm(supplier)
    if not form.validate():
        return _page(form, supplier, 422)
    actions.change_supplier(db.session(), supplier, form.values(), clock().now())
    db.session.commit()
    return redirect(url_for("staff.directory_supplier", saved=1), 303)


@bp.post("/directories/supplier/give-back")
@staff_access(StaffPermission.DIRECTORIES)
def directory_supplier_give_back() -> ResponseReturnValue:
    """«Вернуть данные биллинга»."""
    actions.give_back(db.session(), _supplier(), clock().now())
    db.session.commit()
    return redirect(url_for("staff.directory_supplier", saved="back"), 303)


def _supplier() -> Supplier:
    supplier = find_supplier_row(db.session())
    if supplier is None:
        raise NotFoundError
    return supplier


def _page(form: SupplierForm, supplier: Supplier, status: int = 200) -> Response:
    return render_page(
        PAGE,
        fragment="results",
        form=form,
        supplier=supplier,
        record_source=record_source(supplier),
        faults=form.faults(),
        saved=request.args.get("saved"),
        status=status,
    )
