"""«Тексты»: consents, the policy and «ЭДО»; published versions are never changed."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.texts import publish_text
from app.domain.errors import NotFoundError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.integrations.bundled_texts import EDO, TITLES
from app.queries.texts import current_text, find_text, list_versions
from app.sections.staff.blueprint import bp
from app.sections.staff.content.forms import TextForm
from app.web.context import config, local_now
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.session import current_clerk

NAMES = TITLES | {EDO: "Электронный документооборот"}


@bp.get("/directories/texts")
@staff_access(StaffPermission.DIRECTORIES)
def directory_texts() -> ResponseReturnValue:
    """Every text with its version in force."""
    return render_page(
        "staff/content/texts.html",
        fragment="results",
        texts=[(name, list_versions(db.session(), purpose)[-1]) for purpose, name in NAMES.items()],
    )


@bp.get("/directories/texts/<purpose>")
@staff_access(StaffPermission.DIRECTORIES)
def directory_text(purpose: str) -> ResponseReturnValue:
    """The versions of a text: who has published which and when."""
    return render_page(
        "staff/content/text.html",
        fragment="results",
        purpose=purpose,
        name=_name(purpose),
        versions=list_versions(db.session(), purpose)[::-1],
        saved=request.args.get("saved"),
    )


@bp.get("/directories/texts/<purpose>/<version>")
@staff_access(StaffPermission.DIRECTORIES)
def directory_text_version(purpose: str, version: str) -> ResponseReturnValue:
    """A version as its readers see it."""
    name, text = _name(purpose), find_text(db.session(), purpose, version)
    if text is None:
        raise NotFoundError
    settings = config()
    return render_page(
        "staff/content/text_version.html",
        fragment="results",
        purpose=purpose,
        name=name,
        text=text,
        is_current=text.version == current_text(db.session(), purpose).version,
        operator=settings.edo_operator,
        participant_id=settings.edo_participant_id,
    )


@bp.get("/directories/texts/<purpose>/new")
@staff_access(StaffPermission.DIRECTORIES)
def directory_text_new(purpose: str) -> ResponseReturnValue:
    """The form of a new version; it begins with the words in force, where those are Markdown."""
    form = TextForm()
    _name(purpose)
    form.body.data = current_text(db.session(), purpose).body or ""
    return _page(purpose, form)


@bp.post("/directories/texts/<purpose>/preview")
@staff_access(StaffPermission.DIRECTORIES)
def directory_text_preview(purpose: str) -> ResponseReturnValue:
    """Show how the text will be rendered, without saving it."""
    form = TextForm()
    if not form.validate():
        return _page(purpose, form, 422)
    return _page(purpose, form, preview=True)


@bp.post("/directories/texts/<purpose>/new")
@staff_access(StaffPermission.DIRECTORIES)
def directory_text_new_submit(purpose: str) -> ResponseReturnValue:
    """Publish it: from now on everybody sees it and agrees to it."""
    form = TextForm()
    _name(purpose)
    if not form.validate():
        return _page(purpose, form, 422)
    publish_text(db.session(), purpose, form.body.data, current_clerk().staff_id, local_now())
    db.session.commit()
    return redirect(url_for("staff.directory_text", purpose=purpose, saved=1), 303)


def _name(purpose: str) -> str:
    if purpose not in NAMES:
        raise NotFoundError
    return NAMES[purpose]


def _page(
    purpose: str,
    form: TextForm,
    status: int = 200,
    *,
    preview: bool = False,
) -> Response:
    return render_page(
        "staff/content/text_new.html",
        fragment="results",
        purpose=purpose,
        name=_name(purpose),
        current=current_text(db.session(), purpose),
        form=form,
        preview=preview,
        faults=summary_of(form),
        status=status,
    )
