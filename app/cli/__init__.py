"""Commands for the people who run the portal: thin, like routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from importlib import import_module
from typing import Any, cast

import click
from flask import Flask
from flask.cli import with_appcontext

from app.actions.audit_log import COMMAND_LINE, Origin, set_origin
from app.domain.audit_log import ActorKind
from app.extensions import db

COMMANDS = {
    "accounts": (
        "account-create",
        "registrations",
        "registration-approve",
        "registration-refuse",
    ),
    "backups": ("backup", "restore"),
    "billing": ("billing-import",),
    "enquiries": ("enquiries", "enquiry-reply"),
    "events": ("events-find",),
    "health": ("check",),
    "incident": ("incident",),
    "local": ("demo", "prepare"),
    "messages": ("messages", "message-retry", "messages-sweep", "cleanup", "worker"),
    "moving": ("move-database", "move-files"),
    "open_items": ("open-items-refresh", "open-items-check"),
    "readings": ("billing-export", "readings-unacknowledged"),
    "serve": ("serve",),
    "staff": ("staff-create", "staff-list", "staff-reset", "staff-code"),
}
"""Names of commands by module of this package; the web server imports none of them."""
OUTSIDE_THE_APPLICATION = frozenset({"serve"})
"""What does nothing itself, but has others do it."""


class LazyCommand(click.Command):
    """A command whose module is imported when it is run, or asked about itself."""

    def __init__(self, name: str, module: str) -> None:
        super().__init__(name)
        self._module = module

    @cached_property
    def command(self) -> click.Command:
        """The command itself."""
        found = vars(import_module(f"app.cli.{self._module}")).values()
        command = next(c for c in found if isinstance(c, click.Command) and c.name == self.name)
        if self.name not in OUTSIDE_THE_APPLICATION and not hasattr(command.callback, "is_marked"):
            command.callback = _on_the_server(cast("Callable[..., Any]", command.callback))
        return command

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the arguments as the command does; its context then names it."""
        return self.command.make_context(*args, **options)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Its line in the list of all commands."""
        return self.command.get_short_help_str(limit)


def _on_the_server(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Let the audit log say that what a command does was done on the server itself."""

    @wraps(callback)
    def run(*arguments: Any, **options: Any) -> Any:
        set_origin(db.session(), Origin(COMMAND_LINE, kind=ActorKind.COMMAND_LINE))
        return callback(*arguments, **options)

    marked = cast("Callable[..., Any]", with_appcontext(run))
    marked.is_marked = True  # type: ignore[attr-defined]
    return marked


def init_app(app: Flask) -> None:
    """Register the commands."""
    for module, names in COMMANDS.items():
        for name in names:
            app.cli.add_command(LazyCommand(name, module))
