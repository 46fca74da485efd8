"""What the page of a mailing shows: what may be done, how far it is, what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from app.actions.mailings.texts import render_for
from app.domain.mailings import PENDING, Audience, MailingStatus
from app.domain.registration import Channel
from app.extensions import db
from app.integrations.message_templates import MessageContent
from app.models import Contract, Mailing
from app.queries.mailings.staff import MailingCounts, find_first_recipient
from app.sections.staff.mailings.labels import AUDIENCES, STATUSES, describe_criteria
from app.web.context import config


@dataclass(frozen=True, slots=True)
class MailingView:
    """A mailing as its page shows it.

    Attributes:
        seen: changes whenever the page has something new to show.
        figures: label and count of what became of the recipients.
        is_pending: the page asks again by itself.
        writable: recipients who will be written to.
    """

    url: str
    seen: str
    status: tuple[str, str]
    audience: str
    criteria: Sequence[str]
    figures: Sequence[tuple[str, int]]
    counts: MailingCounts
    is_draft: bool
    is_pending: bool
    may_stop: bool
    writable: int


def view_mailing(mailing: Mailing, counts: MailingCounts) -> MailingView:
    """Decide what the page of a mailing shows."""
    status = MailingStatus(mailing.status)
    is_draft = status is MailingStatus.DRAFT
    is_started = status in (*PENDING, MailingStatus.DONE, MailingStatus.FAILED)
    return MailingView(
        url=url_for("staff.mailing", mailing_id=mailing.id),
        seen=f"{status}-{counts.left}-{counts.sent}-{counts.refused}-{counts.opened}",
        status=STATUSES[status],
        audience=AUDIENCES[Audience(mailing.audience)],
        criteria=describe_criteria(mailing.criteria),
        figures=_figures(counts, is_draft=is_draft),
        counts=counts,
        is_draft=is_draft,
        is_pending=status in PENDING,
        may_stop=is_started and counts.left > 0,
        writable=counts.total - counts.no_contact,
    )


def preview_of(mailing: Mailing) -> MessageContent | None:
    """What the first recipient gets, as it would be sent now."""
    first = find_first_recipient(db.session(), mailing.id)
    if first is None:
        return None
    contract = db.session().get_one(Contract, first.contract_id)
    return render_for(db.session(), mailing, first, contract, Channel.MAIL, config().base_url)


def _figures(counts: MailingCounts, *, is_draft: bool) -> list[tuple[str, int]]:
    no_contact = ("Без контакта", counts.no_contact)
    if is_draft:
        return [("Договоров в списке", counts.total), no_contact]
    found = [
        ("Договоров в списке", counts.total),
        ("Отправлено", counts.sent),
        ("Открыто в кабинете", counts.opened),
        ("Не принято", counts.refused),
        no_contact,
        ("Еще не отправлено", counts.left),
    ]
    return [*found, ("Остановлено", counts.stopped)] if counts.stopped else found
