"""Access decorators: who may open a route. Every route has exactly one of them.

The question «what does a role grant» is answered by ``app.domain.access`` and ``app.domain.staff``,
«which contracts has an account» by ``app.queries.memberships``, «what is a browser allowed» by
``app.security``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from app.domain.access import Permission
from app.domain.errors import AccessDeniedError, NotFoundError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.queries import contracts
from app.queries.contracts import VisibleContract
from app.web.context import clock
from app.web.data_access import record_access, record_list_access
from app.web.session import access_window, current_clerk, current_viewer, is_staff

__all__ = [
    "contract_access",
    "is_permitted",
    "public",
    "signed_in",
    "staff_access",
    "token_access",
]

EXPORT_ENDINGS = ("_file", "_package")
"""Endings of endpoints that send a file; their query is recorded as data access, too."""
PASSWORD_PAGE = "staff.password"  # noqa: S105 - a page

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def public(view: View) -> View:
    """Anyone may open this route."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> Any:
    """Any signed-in account may open this route."""

    @wraps(view)
    @login_required
    def guarded(**arguments: Any) -> ResponseReturnValue:
        if is_staff():
            raise NotFoundError
        return view(**arguments)

    guarded.access = "signed_in"  # type: ignore[attr-defined]
    return guarded


def token_access(view: View) -> View:
    """For programs; the view itself checks their token."""
    view.access = "token"  # type: ignore[attr-defined]
    return view


def staff_access(permission: StaffPermission, *, lists: bool = False) -> Callable[[View], Any]:
    """Only staff whose role grants ``permission`` may open this route.

    Args:
        lists: data of many customers are shown or exported; recorded as data access.

    Raises:
        NotFoundError: a customer is signed in, who learns nothing of staff pages.
        AccessDeniedError: the role does not allow it.
    """

    def decorate(view: View) -> Any:
        @wraps(view)
        @login_required
        def guarded(**arguments: Any) -> ResponseReturnValue:
            if not is_staff():
                raise NotFoundError
            if not current_clerk().may(permission):
                raise AccessDeniedError
            if current_user.must_change_password and request.endpoint not in (
                PASSWORD_PAGE,
                f"{PASSWORD_PAGE}_submit",
                "staff.sign_out",
            ):
                return redirect(url_for(PASSWORD_PAGE))
            if lists:
                record_list_access(with_query=(request.endpoint or "").endswith(EXPORT_ENDINGS))
            return view(**arguments)

        guarded.access = f"staff:{permission}"  # type: ignore[attr-defined]
        return guarded

    return decorate


def contract_access(permission: Permission) -> Callable[[View], Any]:
    """Hand the contract of the route's ``contract_id`` to the view, if the viewer may open it.

    The view takes ``contract: VisibleContract`` in place of the id. Staff may open what the
    customer sees, too: read-only, and the audit log says so.

    Raises:
        NotFoundError: no such contract, or not the viewer's.
        AccessDeniedError: the role does not allow it.
    """

    def decorate(view: View) -> Any:
        @wraps(view)
        @login_required
        def guarded(contract_id: int, **arguments: Any) -> ResponseReturnValue:
            if is_staff():
                contract = _view_as_customer(contract_id, permission)
            else:
                contract = contracts.get_visible(
                    db.session(), current_viewer(), contract_id, permission, access_window()
                )
            return view(contract=contract, **arguments)

        guarded.access = permission.value  # type: ignore[attr-defined]
        return guarded

    return decorate


def _view_as_customer(contract_id: int, permission: Permission) -> VisibleContract:
    """«Глазами потребителя»: the contract for staff, read-only; recorded as data access."""
    if request.method not in ("GET", "HEAD") or current_user.must_change_password:
        raise AccessDeniedError
    contract = contracts.get_as_customer(db.session(), contract_id, permission, clock().today())
    record_access(contract.id, contract.number, contract.account_id or None, _object_id())
    return contract


def _object_id() -> int | None:
    """Id of what a page shows of the contract, as in its URL: a document, an enquiry."""
    keys = {
        name: value for name, value in (request.view_args or {}).items() if name.endswith("_id")
    }
    return next((value for name, value in keys.items() if name != "contract_id"), None)


def is_permitted(view: Any) -> bool:
    """Check access to the route of this request ahead of its decorator.

    A body that only some may send is refused to others unread.
    """
    if not current_user.is_authenticated:
        return False
    access: str = view.access
    if is_staff():
        permission = access.removeprefix("staff:")
        is_ready = permission != access and not current_user.must_change_password
        return is_ready and current_clerk().may(StaffPermission(permission))
    if access not in set(Permission):
        return False
    contract_id = (request.view_args or {})["contract_id"]
    try:
        contracts.get_visible(
            db.session(), current_viewer(), contract_id, Permission(access), access_window()
        )
    except (NotFoundError, AccessDeniedError):
        return False
    return True
