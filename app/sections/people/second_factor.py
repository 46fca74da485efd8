"""«Второй фактор сотрудников»: which roles must sign in with a code."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.people.second_factor import ROLES, require_second_factor
from app.domain.access import Role
from app.domain.errors import SecondFactorError
from app.extensions import db
from app.logging import event
from app.queries.contracts import VisibleContract
from app.queries.people import list_without_second_factor
from app.queries.second_factors import list_required_roles
from app.sections.people import labels
from app.sections.people.forms import SecondFactorForm
from app.sections.people.routes import MANAGE, bp
from app.web.context import clock, local_now
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import contract_access


@bp.get("/second-factor")
@contract_access(MANAGE)
def second_factor(contract: VisibleContract) -> ResponseReturnValue:
    """Show which roles must have a second factor."""
    roles = list_required_roles(db.session(), contract.id)
    return _page(contract, SecondFactorForm(roles=sorted(roles)))


@bp.post("/second-factor")
@contract_access(MANAGE)
def second_factor_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Require a second factor of the ticked roles; who has none is signed out."""
    form = SecondFactorForm()
    if not form.validate():
        return _page(contract, form, 422)
    roles = [Role(role) for role in form.roles.data]
    try:
        require_second_factor(db.session(), contract, roles, clock().today(), local_now())
    except SecondFactorError:
        db.session.rollback()
        form.roles.errors = [labels.YOUR_ROLE]
        return _page(contract, form, 422)
    db.session.commit()
    event("second factor required", roles=",".join(sorted(roles)))
    return redirect(url_for("people.index", contract_id=contract.id, done="second_factor"), 303)


def _page(contract: VisibleContract, form: SecondFactorForm, status: int = 200) -> Response:
    return render_page(
        "people/second_factor.html",
        fragment="results",
        contract=contract,
        form=form,
        roles=[(role, labels.ROLES[role]) for role in ROLES],
        without=list_without_second_factor(db.session(), contract, clock().today()),
        faults=summary_of(form),
        status=status,
    )
