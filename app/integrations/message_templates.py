"""Render emails and text messages from ``templates/mail`` and ``templates/sms``.

An email is a text file: the first line is the subject, paragraphs are parted by empty lines, and a
paragraph «[[Label]]» is the button that opens the email's link. The HTML part is made from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.domain.contacts import mask_email, mask_phone, show_email, show_phone

LINK = "⟦ссылка⟧"
CODE = "⟦код⟧"
"""Placeholders of the secret in the stored text; it is put in when the message is sent."""
_BUTTON = re.compile(r"\[\[(.+)\]\]")
_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@dataclass(frozen=True, slots=True)
class MessageContent:
    """A message without its secret; ``subject`` and ``html`` are None for text messages."""

    subject: str | None
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of an email, or the label of its button."""

    text: str
    is_button: bool


def render_email(kind: str, **facts: Any) -> MessageContent:
    """Fill in ``mail/<kind>.txt``."""
    source = _TEXTS.get_template(f"mail/{kind}.txt").render(_safe(facts))
    subject, _, body = source.strip().partition("\n")
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", body.strip())]
    paragraphs = [
        Paragraph(match[1], is_button=True)
        if (match := _BUTTON.fullmatch(part))
        else Paragraph(part, is_button=False)
        for part in parts
    ]
    # Where the facts name a page, the button leads there, and the secret link ends such emails.
    context = {"page_url": "", "subject": subject, "paragraphs": paragraphs, **_safe(facts)}
    return MessageContent(
        subject,
        _TEXTS.get_template("mail/layout.txt").render(context).strip() + "\n",
        _PAGES.get_template("mail/layout.html").render(context),
    )


def render_sms(kind: str, **facts: Any) -> MessageContent:
    """Fill in ``sms/<kind>.txt``, one line."""
    text = _TEXTS.get_template(f"sms/{kind}.txt").render(_safe(facts))
    return MessageContent(None, " ".join(text.split()), None)


def local_moment(moment: datetime) -> str:
    """«22.11.2026 в 14:05 (UTC+5)», from a moment in the reader's zone."""
    offset = moment.utcoffset()
    hours = int(offset.total_seconds() // 3600) if offset else 0
    return f"{moment:%d.%m.%Y в %H:%M} (UTC{hours:+d})"


def _safe(facts: dict[str, Any]) -> dict[str, Any]:
    """Names come from billing data and forms: no line breaks, no marks of ours among them."""
    return {name: _inert(value) for name, value in facts.items()} | {"link": LINK, "code": CODE}


def _inert(value: Any) -> Any:
    if isinstance(value, list):
        return [_inert(item) for item in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029⟦⟧]|\[\[|\]\]", " ", value)


def make_environment(**options: Any) -> Environment:
    """Text templates with the filters of messages."""
    environment = Environment(  # noqa: S701 - set by the caller
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    environment.filters.update(
        day=lambda value: f"{value:%d.%m.%Y}",
        local_moment=local_moment,
        mask_email=mask_email,
        mask_phone=mask_phone,
        email=show_email,
        phone=show_phone,
    )
    return environment


_TEXTS = make_environment(autoescape=False)
_PAGES = make_environment(autoescape=select_autoescape())
