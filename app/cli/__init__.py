"""Commands for the people who run the portal: thin, like routes."""

from __future__ import annotations

from flask import Flask

from app.cli import accounts, billing, enquiries, local, messages, readings, staff

COMMANDS = (
    billing.billing_import,
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
    local.demo,
    local.prepare,
)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
