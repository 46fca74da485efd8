"""Recognise an enquiry form that is sent again, by its idempotency key and content."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import request
from wtforms import Field

from app.domain.attachments import clean_name
from app.models import EnquiryEntry
from app.web.forms import is_uuid
from app.web.uploads import FIELD


def fresh_key(key: str | None) -> str:
    """The idempotency key of a form if it is one that a page has made, else a new one."""
    return key if key and is_uuid(key) else str(uuid.uuid4())


def find_repeated(
    key: Field, text: str, find_entry: Callable[[str], EnquiryEntry | None]
) -> EnquiryEntry | None:
    """Find the entry that this very form has made.

    A form with the same key and other content, after Back, is another one and gets a new key.

    Args:
        key: field with the idempotency key.
        text: what was typed.
        find_entry: finds an entry by its key.
    """
    key.data = fresh_key(key.data)
    entry = find_entry(key.data)
    if entry is None:
        return None
    if _has_content(entry, text):
        return entry
    key.data = fresh_key(None)
    return None


def _has_content(entry: EnquiryEntry, text: str) -> bool:
    """Whether an entry has the text and all files of the form that was sent."""
    names = {attachment.name for attachment in entry.attachments}
    sent = {clean_name(part.filename) for part in request.files.getlist(FIELD) if part.filename}
    return entry.text == text.strip() and sent <= names
