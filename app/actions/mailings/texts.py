"""Write the message of one recipient of a mailing."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from app.actions.accounts.notifications import build_message_facts
from app.domain.answer_templates import fill_placeholders
from app.domain.formats import roubles
from app.domain.mailings import CONTRACT, CUSTOMER, OVERDUE, RESTRICT, SINCE
from app.domain.registration import Channel
from app.integrations.message_templates import MessageContent, render_email, render_sms
from app.models import Contract, Customer, Mailing, MailingRecipient


@dataclass(frozen=True, slots=True)
class MailingText:
    """Subject and text with placeholders; ``sms`` is for those who have no address."""

    subject: str
    body: str
    sms: str = ""


def render_for(
    session: Session,
    mailing: Mailing,
    recipient: MailingRecipient,
    contract: Contract,
    channel: Channel,
    base_url: str,
) -> MessageContent:
    """The message of one recipient, with the address of its page in the portal."""
    values = placeholder_values(session, recipient, contract)
    facts = build_message_facts(session, contract)
    if channel == Channel.SMS:
        return render_sms("mailing", body=fill_placeholders(mailing.sms_text, values), **facts)
    lines = fill_placeholders(mailing.text, values).splitlines()
    return render_email(
        "mailing",
        title=fill_placeholders(mailing.subject, values),
        lines=[line for line in lines if line.strip()],
        url=f"{base_url}/contracts/{contract.id}/inbox/{recipient.id}",
        **facts,
    )


def text_of(content: MessageContent) -> str:
    """What a warning is proved to have said: its subject, an empty line, its text."""
    return f"{content.subject or ''}\n\n{content.text}"


def hash_text(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex."""
    return sha256(text.encode()).hexdigest()


def placeholder_values(
    session: Session, recipient: MailingRecipient, contract: Contract
) -> dict[str, str]:
    """What stands in place of each placeholder."""
    customer = session.get_one(Customer, contract.customer_id)
    amount, since = recipient.overdue_amount, recipient.overdue_since
    return {
        CONTRACT: contract.number,
        CUSTOMER: customer.display_name,
        OVERDUE: roubles(amount) if amount is not None else "",
        SINCE: f"{since:%d.%m.%Y}" if since else "",
        RESTRICT: f"{day:%d.%m.%Y}" if (day := recipient.restrict_on) else "",
    }
