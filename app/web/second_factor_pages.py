"""What pages about a second factor share: the code to set up an authenticator, recovery codes."""

from __future__ import annotations

from flask.wrappers import Response
from markupsafe import Markup

from app.actions.accounts.second_factor import setup_secret
from app.extensions import db
from app.lib.qr import draw_qr
from app.lib.totp import setup_uri
from app.models import Account
from app.queries.accounts import list_logins
from app.queries.contracts import find_supplier
from app.queries.second_factors import find_second_factor
from app.web.fragments import render_page
from app.web.policies import second_factor_rules


def draw_setup_code(secret: str, login: str) -> Markup:
    """Draw the secret of somebody's second factor, named after the supplier, as SVG."""
    supplier = find_supplier(db.session())
    issuer = (supplier.short_name or supplier.name) if supplier else "Личный кабинет"
    return draw_qr(setup_uri(secret, login, issuer).encode(), "Код для приложения-аутентификатора")


def recovery_codes_page(codes: list[str], target: str) -> Response:
    """Show recovery codes, this once."""
    return render_page("auth/recovery_codes.html", fragment="results", codes=codes, target=target)


def draw_setup(account: Account) -> dict[str, object]:
    """Draw what an authenticator is set up with; empty where it has been."""
    factor = find_second_factor(db.session(), account.id)
    if factor is None or factor.confirmed_at is not None:
        return {}
    secret = setup_secret(factor, second_factor_rules())
    login = next(iter(list_logins(db.session(), account.id)), account.email)
    return {"secret": secret, "qr": draw_setup_code(secret, login)}
