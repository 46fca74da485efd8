"""The PDF that proves a warning of a restriction: what, to whom, when, and what came back."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.domain.staff import StaffPermission
from app.extensions import db
from app.queries.contracts import get_as_customer
from app.queries.mailings.proofs import get_proof
from app.sections.staff.blueprint import bp
from app.sections.staff.messages import labels as messages
from app.web.context import clock
from app.web.data_access import record_access
from app.web.downloads import send_bytes
from app.web.pdf_responses import hit_pdf_limit, lay_out
from app.web.permissions import staff_access

TITLE = "Подтверждение отправки предупреждения"


@bp.get("/mailings/<id:mailing_id>/recipients/<id:recipient_id>/proof.pdf")
@staff_access(StaffPermission.SEND_MAILINGS)
def mailing_proof(mailing_id: int, recipient_id: int) -> ResponseReturnValue:
    """One warning with every moment and answer that the portal knows of."""
    proof = get_proof(db.session(), mailing_id, recipient_id)
    today = clock().today()
    contract = get_as_customer(db.session(), proof.contract_id, Permission.SEE_CONTRACT, today)
    record_access(contract.id, contract.number, of=recipient_id)
    hit_pdf_limit(contract)
    db.session.commit()
    title = f"{TITLE}, договор {contract.number}"
    page = render_template(
        "pdf/warning_proof.html",
        title=title,
        heading=TITLE,
        contract=contract,
        proof=proof,
        mailing_id=mailing_id,
        recipient_id=recipient_id,
        made_at=clock().now(),
        messages=messages,
    )
    return send_bytes(lay_out(page, title), f"Предупреждение {contract.number}", "pdf")
