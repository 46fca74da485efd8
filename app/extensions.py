"""Extensions, created here and bound to an application by ``create_app``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.wrappers import Response
from flask_compress import Compress
from flask_login import LoginManager
from flask_mail import Mail
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine

from app.lib.database import READING_ENGINE
from app.models import Base
from config import ROOT


class Migrations:
    """Flask-Migrate for ``flask db``; Alembic is imported when somebody asks it for something."""

    def init_app(self, app: Flask, database: SQLAlchemy) -> None:
        """Bind to an application, as an extension does."""
        app.extensions["migrate"] = _PendingMigrate(app, database)
        app.cli.add_command(_DatabaseCommands("db", help="Perform database migrations."))


class _PendingMigrate:
    """Lazy proxy: imports Flask-Migrate when one of its settings is first read."""

    def __init__(self, app: Flask, database: SQLAlchemy) -> None:
        self._app, self._database = app, database

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate  # noqa: PLC0415 - heavy, and the web server needs none

        # Commands are run from any folder.
        Migrate(directory=str(ROOT / "migrations")).init_app(self._app, self._database)
        return getattr(self._app.extensions["migrate"], name)


class _DatabaseCommands(click.Command):
    """``flask db``, as Flask-Migrate has it."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        group = import_module("flask_migrate.cli").db
        context: click.Context = group.make_context(*args, **options)
        return context


class SignIns(LoginManager):
    """Flask-Login without what the portal does not use but every request would pay for.

    That is the remember-me cookie, ``current_user`` in templates (they have ``user``), and the
    comparison of address and browser with those of the sign-in.
    """

    def init_app(self, app: Flask, add_context_processor: bool = False) -> None:
        """Bind to an application."""
        app.login_manager = self  # type: ignore[attr-defined]

    def _session_protection_failed(self) -> bool:
        # A phone that changes networks must stay signed in.
        return False


class PortalSession(Session):
    """The session of a request or a job, on one database."""

    def get_bind(self, *arguments: Any, **options: Any) -> Engine | Connection:
        """The engine that ``info`` names, else the one of the application."""
        return self.info.get(READING_ENGINE) or super().get_bind(*arguments, **options)


class PageCompress(Compress):
    """Compresses pages that refuse something, too; Flask-Compress leaves out what is not 2xx."""

    def after_request(self, response: Response | None) -> Response:
        """Compress an answer, if the browser accepts that."""
        if response is None or response.status_code < 400:
            return super().after_request(response)
        status, response.status_code = response.status, 200
        response = super().after_request(response)
        response.status = status
        return response


# The tables inherit our own Base; the extension brings only engine and session per request.
db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": PortalSession})
migrate = Migrations()
login_manager = SignIns()
csrf = CSRFProtect()
compress = PageCompress()
mail = Mail()
