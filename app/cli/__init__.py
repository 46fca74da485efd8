"""Commands for the people who run the portal: thin, like routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click
from flask import Flask
from flask.cli import with_appcontext

from app.actions.audit_log import COMMAND_LINE, Origin, set_origin
from app.cli import (
    accounts,
    backups,
    billing,
    enquiries,
    health,
    incident,
    local,
    messages,
    moving,
    open_items,
    readings,
    serve,
    staff,
)
from app.domain.audit_log import ActorKind
from app.extensions import db

COMMANDS = (
    billing.billing_import,
    open_items.open_items_refresh,
    open_items.open_items_check,
    accounts.account_create,
    accounts.registrations,
    accounts.registration_approve,
    accounts.registration_refuse,
    messages.messages,
    messages.message_retry,
    messages.messages_sweep,
    messages.cleanup,
    messages.worker,
    readings.billing_export,
    readings.readings_unacknowledged,
    enquiries.enquiries,
    enquiries.enquiry_reply,
    staff.staff_create,
    staff.staff_list,
    staff.staff_reset,
    staff.staff_code,
    backups.backup,
    backups.restore,
    incident.incident,
    moving.move_database_command,
    moving.move_files_command,
    health.check,
    local.demo,
    local.prepare,
)


def _on_the_server(command: click.Command) -> None:
    """Let the audit log say that what a command does was done on the server itself."""
    callback = cast("Callable[..., Any]", command.callback)

    @wraps(callback)
    def run(*arguments: Any, **options: Any) -> Any:
        set_origin(db.session(), Origin(COMMAND_LINE, kind=ActorKind.COMMAND_LINE))
        return callback(*arguments, **options)

    command.callback = with_appcontext(run)


for command in COMMANDS:
    _on_the_server(command)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (*COMMANDS, serve.serve):
        app.cli.add_command(command)
