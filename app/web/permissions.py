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
from flask.wrappers import Response

from app.domain.access import Permission
from app.domain.errors import AccessDeniedError, NotFoundError
from app.domain.staff import StaffPermission
from app.extensions import db, login_manager
from app.queries import contracts
from app.queries.contracts import VisibleContract
from app.security import SAFE_METHODS
from app.web.context import clock
from app.web.data_access import record_access, record_download, record_list_access
from app.web.session import StaffSignedIn, access_window, current_viewer, find_signed_in

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
    def guarded(**arguments: Any) -> ResponseReturnValue:
        person = find_signed_in()
        if person is None:
            return _ask_to_sign_in()
        if person.is_staff:
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
        def guarded(**arguments: Any) -> ResponseReturnValue:
            person = find_signed_in()
            if person is None:
                return _ask_to_sign_in()
            if not isinstance(person, StaffSignedIn):
                raise NotFoundError
            if not person.clerk.may(permission):
                raise AccessDeniedError
            if person.must_change_password and request.endpoint not in (
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
        def guarded(contract_id: int, **arguments: Any) -> ResponseReturnValue:
            person = find_signed_in()
            if person is None:
                return _ask_to_sign_in()
            if isinstance(person, StaffSignedIn):
                contract = _view_as_customer(person, contract_id, permission)
            elif request.method in SAFE_METHODS:
                contract = contracts.check_visible(person.contract, permission)
            else:
                # Not what was read before the body came: an upload may have taken minutes.
                contract = contracts.get_visible(
                    db.session(), current_viewer(), contract_id, permission, access_window()
                )
            answer = view(contract=contract, **arguments)
            if _is_download(answer) and not isinstance(person, StaffSignedIn):
                record_download(contract, _object_id())
            return answer

        guarded.access = permission.value  # type: ignore[attr-defined]
        return guarded

    return decorate


def _ask_to_sign_in() -> ResponseReturnValue:
    """Lead to the sign-in page and back; see ``errors.unauthorized``."""
    answer: ResponseReturnValue = login_manager.unauthorized()
    return answer


def _view_as_customer(
    person: StaffSignedIn, contract_id: int, permission: Permission
) -> VisibleContract:
    """«Глазами потребителя»: the contract for staff, read-only; recorded as data access."""
    if request.method not in ("GET", "HEAD") or person.must_change_password:
        raise AccessDeniedError
    contract = contracts.get_as_customer(db.session(), contract_id, permission, clock().today())
    record_access(contract.id, contract.number, contract.account_id or None, _object_id())
    return contract


def _is_download(answer: ResponseReturnValue) -> bool:
    """Whether a view answers with a file rather than a page."""
    return isinstance(answer, Response) and answer.headers.get(
        "Content-Disposition", ""
    ).startswith("attachment")


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
    person = find_signed_in()
    if person is None:
        return False
    access: str = view.access
    if isinstance(person, StaffSignedIn):
        permission = access.removeprefix("staff:")
        is_ready = permission != access and not person.must_change_password
        return is_ready and person.clerk.may(StaffPermission(permission))
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
