"""The application: ``build_portal`` puts the parts together and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from io import BytesIO
from typing import Any

from flask import Flask, send_file
from flask.wrappers import Response

from app import cli, errors, extensions, logging, security
from app.domain.rate_limits import Limits
from app.jobs import delivery, imports, tasks
from app.lib.clock import Clock
from app.lib.database import READING_ENGINE, engine_options, prepare_engine, reading_engine
from app.lib.keyring import attach_keyring
from app.lib.packages import require_package
from app.lib.static_files import CONTINUES, read_served
from app.sections import (
    access_requests,
    activity,
    api,
    appearance,
    attachment,
    auth,
    calendar,
    charges,
    consents,
    edo,
    enquiries,
    events,
    home,
    inbox,
    invoices,
    manual,
    notifications,
    pay,
    payments,
    people,
    prepared_files,
    profile,
    readings,
    recovery,
    registration,
    root,
    settlements,
    sms_reports,
    staff,
    together,
)
from app.web import (
    batch_uploads,
    compiled_templates,
    converters,
    downloads,
    file_stores,
    fragment_cache,
    metrics,
    request_bodies,
    session,
    static_responses,
    template_context,
    uploads,
)
from app.web.template_engine import PageEnvironment, PageLoader
from app.web.urls import LateRule
from config import ROOT, Config

SECTIONS = (
    access_requests.bp,
    activity.bp,
    attachment.bp,
    auth.bp,
    registration.bp,
    recovery.bp,
    consents.bp,
    home.bp,
    settlements.bp,
    charges.bp,
    payments.bp,
    invoices.bp,
    pay.bp,
    prepared_files.bp,
    readings.bp,
    enquiries.bp,
    inbox.bp,
    profile.bp,
    profile.links,
    people.bp,
    people.links,
    events.bp,
    calendar.bp,
    notifications.bp,
    notifications.links,
    edo.bp,
    appearance.bp,
    manual.bp,
    root.bp,
    sms_reports.bp,
    staff.bp,
    staff.setup_link.bp,
    together.bp,
)


class Portal(Flask):
    """Flask with the portal's templates and rules, and without coroutines."""

    jinja_environment = PageEnvironment
    url_rule_class = LateRule

    @cached_property
    def jinja_loader(self) -> PageLoader:
        """Where templates lie, and how they are read."""
        return PageLoader(str(ROOT / "templates"))

    def send_static_file(self, filename: str) -> Response:
        """Serve a static file, with what it continues."""
        if filename not in CONTINUES:
            return super().send_static_file(filename)
        content = BytesIO(read_served(ROOT / "static" / filename))
        max_age = self.get_send_file_max_age(filename)
        return send_file(content, download_name=filename, max_age=max_age)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Leave a view or hook as it is: none is a coroutine; asked some thirty times a request."""
        return func


def build_portal(config: Config, limits: Limits) -> Portal:
    """Build the application for one configuration."""
    _require_optional_packages(config)
    app = Portal(
        "kabinet",
        root_path=str(ROOT),
        instance_path=str(config.instance_dir),
        template_folder="templates",
        static_folder="static",
    )
    app.config.from_mapping(flask_settings(config))
    # Programs read Russian texts of errors in a terminal.
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["config"] = config
    app.extensions["limits"] = limits
    app.extensions["clock"] = Clock(config.supplier_timezone, config.fixed_now)
    config.instance_dir.mkdir(parents=True, exist_ok=True)
    prepare_parts(app, config)
    for blueprint in SECTIONS:
        app.register_blueprint(blueprint)
    if config.import_token:
        # Without it the address is unknown, whatever the method.
        app.register_blueprint(api.bp)
    if config.metrics_token:
        from app.sections import metrics as metrics_section  # noqa: PLC0415 - heavy

        app.register_blueprint(metrics_section.bp)
    return app


def prepare_parts(app: Flask, config: Config) -> None:
    """Bind extensions and parts to an application; the order of their request hooks matters."""
    if (config.instance_dir / "texts").is_dir():
        logging.log.warning("INSTANCE_DIR/texts is not read any more: publish the text in «Тексты»")
    extensions.db.init_app(app)
    with app.app_context():
        prepare_engine(extensions.db.engine)
        attach_keyring(extensions.db.engine, config.secret_key)
        app.extensions[READING_ENGINE] = reading_engine(extensions.db.engine)
    extensions.migrate.init_app(app, extensions.db)
    metrics.init_app(app, config)
    extensions.login_manager.init_app(app)
    request_bodies.init_app(app, config)
    security.init_app(app, config)
    uploads.init_app(app, config)
    file_stores.init_app(app, config)
    batch_uploads.init_app(app, config)
    imports.init_app(app, config)
    extensions.csrf.init_app(app)
    extensions.compress.init_app(app)
    static_responses.init_app(app)
    downloads.init_app(app)
    extensions.mail.init_app(app)
    for part in (logging, errors, converters, session, template_context, fragment_cache, cli):
        part.init_app(app)
    compiled_templates.init_app(app, config)
    delivery.init_app(app, config)
    tasks.init_app(app, config)


def _require_optional_packages(config: Config) -> None:
    """Check that what the settings ask for is installed; the file store checks its own package."""
    if config.database_url.startswith("postgresql"):
        require_package("psycopg", "DATABASE_URL=postgresql://…")
    if config.redis_url:
        require_package("redis", "REDIS_URL")


def flask_settings(config: Config) -> dict[str, object]:
    """Flask's and its extensions' settings, as far as they differ from their defaults."""
    return {
        "SECRET_KEY": config.secret_key,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config.database_url),
        # At level 5 of Brotli a page is a sixth smaller and costs 0.3 ms, here 0.05 to 0.1.
        "COMPRESS_ALGORITHM": ["zstd", "br", "gzip"],
        "COMPRESS_ALGORITHM_STREAMING": ["zstd", "br", "gzip"],
        "COMPRESS_BR_LEVEL": 3,
        "MAIL_SUPPRESS_SEND": False,
        **request_bodies.flask_settings(),
        **security.flask_settings(config),
    }
