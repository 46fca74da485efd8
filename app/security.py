"""HTTP security: response headers, cookies, trusted hosts, caching, cross-site writes."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import lru_cache, partial
from typing import cast

from flask import Flask, Request, Response, abort, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import Headers
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config

YEAR = 31_536_000
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
CSRF_FIELD = "csrf_token"
"""Where Flask-WTF looks: in the session for the secret, in ``g`` for the token made of it."""
CACHED_SESSIONS = 2048
"""Sessions whose signatures a process remembers; of a kilobyte each."""


def cookie_name(config: Config, name: str) -> str:
    """Over TLS a ``__Host-`` name, which a sister domain cannot plant."""
    return f"__Host-{name}" if config.https else name


def trusted_hosts(config: Config) -> list[str]:
    """Host names this portal answers to; local ones only outside production."""
    return [config.host] if config.production else [config.host, *LOCAL_HOSTS]


def flask_settings(config: Config) -> dict[str, object]:
    """Settings of cookies, CSRF tokens and static files."""
    return {
        "SESSION_COOKIE_NAME": cookie_name(config, "kabinet"),
        "SESSION_COOKIE_SECURE": config.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "TRUSTED_HOSTS": trusted_hosts(config),
        # The session ends first; a page left open must not lose what was typed.
        "WTF_CSRF_TIME_LIMIT": None,
        # A form posted from a page without a Referer (no-referrer pages, privacy tools) is fine.
        "WTF_CSRF_SSL_STRICT": False,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
    }


class Sessions(SecureCookieSessionInterface):
    """Cookie sessions whose signatures are checked once, and that leave static files alone.

    The pages of a person carry the same cookie. Extensions look into the session on every request;
    ``Vary: Cookie`` on a file that is the same for everybody would have browsers load it again
    after sign-in.
    """

    def __init__(self, app: Flask) -> None:
        tokens = cast(URLSafeTimedSerializer, self.get_signing_serializer(app))
        self._name = self.get_cookie_name(app)
        self._lifetime = app.permanent_session_lifetime.total_seconds()
        self._read = lru_cache(CACHED_SESSIONS)(partial(tokens.loads, return_timestamp=True))

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        cookie = request.cookies.get(self._name)
        if not cookie:
            return SecureCookieSession()
        try:
            # Only what is signed is remembered; a copy of it is handed out.
            values, signed_at = self._read(cookie)
        except BadSignature:
            return SecureCookieSession()
        age = int(time.time()) - signed_at.timestamp()
        return SecureCookieSession(values if 0 <= age <= self._lifetime else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # What is left for an unchanged one, ``Vary: Cookie``, every page has already.
        if session.modified and request.endpoint != "static":
            super().save_session(app, session, response)


def csrf_token() -> str:
    """The token for forms of this request, as Flask-WTF makes it; made once for each session."""
    if CSRF_FIELD in g or CSRF_FIELD not in session:
        return str(generate_csrf())
    sign = current_app.extensions["sign_csrf_secret"]
    token: str = sign(session[CSRF_FIELD])
    setattr(g, CSRF_FIELD, token)
    return token


def init_app(app: Flask, config: Config) -> None:
    """Trust exactly the configured proxies, refuse what no page sends, stamp every answer."""
    app.session_interface = Sessions(app)
    tokens = URLSafeTimedSerializer(config.secret_key, salt="wtf-csrf-token")
    app.extensions["sign_csrf_secret"] = lru_cache(CACHED_SESSIONS)(tokens.dumps)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]

    always = list(HEADERS.items())
    if config.https:
        always.append(("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains"))

    @app.before_request
    def refuse_cross_site_writes() -> None:
        if request.method in SAFE_METHODS:
            return
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)

    @app.before_request
    def refuse_unreadable_queries() -> None:
        # Browsers escape every byte; what is not even UTF-8 could not be shown as a link again.
        try:
            request.query_string.decode()
        except UnicodeDecodeError:
            abort(400)

    @app.after_request
    def stamp(response: Response) -> Response:
        for name, value in always:
            # A page whose address holds a secret has set a stricter policy itself.
            response.headers.setdefault(name, value)
        if request.endpoint == "static" and response.status_code < 400:
            _cache_static(response)
        else:
            response.headers["Cache-Control"] = "no-store"
            _vary_with_person(response.headers)
        return response


def _vary_with_person(headers: Headers) -> None:
    """Add to ``Vary`` what a page depends on."""
    vary = headers.get("Vary", "")
    present = {name.strip().lower() for name in vary.split(",")}
    added = [name for name in ("Cookie", "HX-Request-Type") if name.lower() not in present]
    headers["Vary"] = ", ".join([vary, *added] if vary else added)


def _cache_static(response: Response) -> None:
    """For ever under the address that names the version, else only after asking."""
    if "v" in request.args:
        response.cache_control.immutable = True
    else:
        response.headers["Cache-Control"] = "no-cache"
        response.headers.pop("Expires", None)
