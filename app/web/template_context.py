"""What every template gets: filters, the macros ``ui``, globals and the context of a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from flask import Flask, g, request
from flask_login import current_user
from jinja2 import Environment

from app.domain.contacts import BillingContacts, read_billing_contacts
from app.extensions import db
from app.lib.static_files import version_of
from app.models import Customer
from app.queries.contracts import SiteContext, VisibleContract, get_site_context
from app.queries.profile import BilledCustomer
from app.security import csrf_token
from app.version import VERSION
from app.web.appearance import current_appearance
from app.web.context import clock, config
from app.web.filters import FILTERS
from app.web.forms import summary_of
from app.web.fragments import is_fragment
from app.web.labels import CONTRACT_MENU
from app.web.session import is_staff
from app.web.urls import build_url, path


def site_context() -> SiteContext:
    """The site context of this request, read once."""
    if "site" not in g:
        g.site = get_site_context(db.session(), clock().now())
    return g.site  # type: ignore[no-any-return]


def idle_seconds() -> int:
    """How long the session of this request lasts unused."""
    settings = config()
    minutes = settings.staff_session_idle_minutes if is_staff() else settings.session_idle_minutes
    return minutes * 60


def page_context() -> dict[str, Any]:
    """Variables of every page; a page of a contract passes its ``contract`` itself."""
    return {
        "contract": None,
        # Not the proxy: a page asks some fifteen times.
        "user": current_user._get_current_object(),
        "csrf_token": csrf_token,
        "version": VERSION,
        "idle_seconds": idle_seconds,
    }


_SECTIONS = {"pay": "payments", "invoices": "payments"}
"""Sections without an item of their own, and where the menu shows them."""


def contract_menu(
    contract: VisibleContract, has_current: bool = True
) -> list[tuple[str, str, bool]]:
    """The menu of a contract: URL, label, and whether the page shown is of that section."""
    current = _SECTIONS.get(request.blueprint or "", request.blueprint) if has_current else None
    return [
        (
            build_url(endpoint, contract_id=contract.id),
            label,
            has_current and endpoint == f"{current}.index",
        )
        for endpoint, label, permission in CONTRACT_MENU
        if contract.may(permission)
    ]


class _Macros:
    """The macros of ``components/ui.html``, compiled when a page first uses one."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        # Once for each name: after that it is an attribute like any other.
        macro = getattr(self._module, name)
        setattr(self, name, macro)
        return macro

    @cached_property
    def _module(self) -> Any:
        return self._env.get_template("components/ui.html").module


def init_app(app: Flask) -> None:
    """Prepare the template environment of an application."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(FILTERS, summary_of=summary_of, billing_contacts=_billing_contacts)
    env.globals.update(
        asset=_asset_urls(app),
        path=path,
        url_for=build_url,
        site_context=site_context,
        contract_menu=contract_menu,
        appearance=current_appearance,
        is_fragment=is_fragment,
    )
    env.globals["ui"] = _Macros(env)
    app.context_processor(page_context)


def _asset_urls(app: Flask) -> Callable[[str], str]:
    """URLs of static files with their version, so that browsers may cache them for ever."""
    static = Path(app.static_folder or "")

    @cache
    def asset(name: str) -> str:
        return f"{app.static_url_path}/{name}?v={version_of(static / name)}"

    return asset


def _billing_contacts(customer: Customer | BilledCustomer) -> BillingContacts:
    return read_billing_contacts(customer.email_from_billing, customer.phone_from_billing)
