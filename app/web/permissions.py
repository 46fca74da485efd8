"""Decorators that state who may open a route. Every route has exactly one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g
from flask.typing import ResponseReturnValue
from flask_login import login_required

from app.domain.access import Permission, may
from app.extensions import db
from app.queries import contracts
from app.web.session import current_viewer

__all__ = ["contract_access", "may_viewer", "public", "signed_in"]

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def public(view: View) -> View:
    """Anyone may open this route."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> Any:
    """Any signed-in account may open this route."""
    guarded = login_required(view)
    guarded.access = "signed_in"
    return guarded


def contract_access(permission: Permission) -> Callable[[View], Any]:
    """The route's ``contract_id`` must be visible to the viewer, in a role with ``permission``.

    The contract is kept as ``g.contract`` for the view and the frame of the page.

    Raises:
        NotFoundError: no such contract, or not the viewer's.
        AccessDeniedError: the role does not allow it.
    """

    def decorate(view: View) -> Any:
        @wraps(view)
        @login_required
        def guarded(contract_id: int, **arguments: Any) -> ResponseReturnValue:
            g.contract = contracts.get_visible(
                db.session(), current_viewer(), contract_id, permission
            )
            return view(contract_id=contract_id, **arguments)

        guarded.access = permission.value  # type: ignore[attr-defined]
        return guarded

    return decorate


def may_viewer(permission: Permission) -> bool:
    """Whether the viewer's role at the contract of this page grants a permission."""
    return may(g.contract.role, permission)
