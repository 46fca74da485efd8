"""HTTP security: response headers, cookies, trusted hosts, caching, cross-site writes."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, abort, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
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
    """Cookie sessions that leave static files alone.

    Extensions look into the session on every request; ``Vary: Cookie`` on a file that is the same
    for everybody would have browsers load it again after sign-in.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_app(app: Flask, config: Config) -> None:
    """Trust exactly the configured proxies, refuse what no page sends, stamp every answer."""
    app.session_interface = Sessions()
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
            response.vary.update(("Cookie", "HX-Request-Type"))
        return response


def _cache_static(response: Response) -> None:
    """For ever under the address that names the version, else only after asking."""
    if "v" in request.args:
        response.cache_control.immutable = True
    else:
        response.headers["Cache-Control"] = "no-cache"
        response.headers.pop("Expires", None)
