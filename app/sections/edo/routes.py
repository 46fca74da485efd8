"""«ЭДО»: electronic documents, for everybody and for one contract (user manual §1)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.extensions import db
from app.integrations.bundled_texts import EDO
from app.queries.contracts import VisibleContract
from app.queries.edo import find_edo_state
from app.queries.texts import current_text
from app.web.context import config
from app.web.fragments import render_page
from app.web.permissions import contract_access, public

bp = Blueprint("edo", __name__)


@bp.get("/edo")
@public
def index() -> ResponseReturnValue:
    """Show why and how documents go electronically: grounds, documents, steps."""
    return render_page("edo/index.html", fragment="results", **_text_context())


@bp.get("/contracts/<id:contract_id>/edo")
@contract_access(Permission.SEE_CONTRACT)
def contract(contract: VisibleContract) -> ResponseReturnValue:
    """Show the same with the state of this contract and «Заявление на переход на ЭДО»."""
    return render_page(
        "edo/index.html",
        fragment="results",
        contract=contract,
        state=find_edo_state(db.session(), contract),
        may_send=contract.may(Permission.SEND_ENQUIRIES),
        **_text_context(),
    )


def _text_context() -> dict[str, Any]:
    """The text in force, and the supplier's operator for the bundled text."""
    settings = config()
    return {
        "text": current_text(db.session(), EDO),
        "operator": settings.edo_operator,
        "participant_id": settings.edo_participant_id,
    }
