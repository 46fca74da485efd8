"""Pages about personal data: what is stored, and the texts of consents."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.domain.errors import NotFoundError
from app.extensions import db
from app.integrations.bundled_texts import (
    ENQUIRY_ANSWER,
    ENQUIRY_DATA,
    PERSONAL_DATA,
    POLICY,
    TITLES,
)
from app.queries.texts import list_versions
from app.web.context import config
from app.web.fragments import render_page
from app.web.permissions import public

bp = Blueprint("consents", __name__)


@bp.get("/personal-data")
@public
def personal_data() -> ResponseReturnValue:
    """«Персональные данные»: what is stored, why, the texts, and how to withdraw."""
    return render_page(
        "consents/personal_data.html",
        fragment="results",
        retention=config().retention,
        sms=config().sms,
        sms_host=urlsplit(config().sms.http_url).hostname,
        texts=[
            (TITLES[purpose], list_versions(db.session(), purpose))
            for purpose in (POLICY, PERSONAL_DATA, ENQUIRY_DATA, ENQUIRY_ANSWER)
        ],
    )


@bp.get("/consents/<purpose>")
@bp.get("/consents/<purpose>/<version>")
@public
def index(purpose: str, version: str | None = None) -> ResponseReturnValue:
    """Show the current version of a text, or an older one for whoever agreed to that."""
    versions = list_versions(db.session(), purpose) if purpose in TITLES else []
    wanted = version or (versions[-1].version if versions else "")
    text = next((known for known in versions if known.version == wanted), None)
    if text is None:
        raise NotFoundError
    return render_page(
        "consents/index.html",
        fragment="results",
        text=text,
        title=TITLES[purpose],
        is_current=text == versions[-1],
        others=[other for other in versions if other != text],
    )
