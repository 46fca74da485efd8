"""What the portal hands over to billing, at least once; readings until they are acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased, selectinload

from app.actions.audit_log import record
from app.domain.contacts import export_phone
from app.domain.enquiries import BUILT_IN
from app.domain.period import Month
from app.domain.readings import LIVE, ReadingSource, ReadingStatus
from app.integrations.exchange_out import write_package
from app.integrations.file_store import FileStore
from app.models import (
    ContactUpdate,
    Contract,
    Department,
    Enquiry,
    EnquiryEntry,
    EnquiryTopic,
    Membership,
    Meter,
    ReadingReceipt,
    Register,
    StaffMember,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.memberships import is_live

READINGS = "readings_out.csv"
HEADER = (
    "submission_id",
    "contract_no",
    "point_id",
    "meter_id",
    "serial_no",
    "zone",
    "period",
    "taken_on",
    "value",
    "submitted_at",
    "submitted_by",
    "channel",
    "comment",
    "photo_file",
    "status",
)
ENQUIRIES = "enquiries_out.csv"
ENQUIRY_HEADER = (
    "enquiry_id",
    "contract_no",
    "topic_id",
    "department_id",
    "created_at",
    "text",
    "files",
    "contact_phone",
    "contact_email",
)
CONTACTS = "contacts_out.csv"
CONTACT_HEADER = ("contract_no", "field", "old", "new", "changed_at", "changed_by")
CHANNEL = "web"
STATUSES = {
    ReadingStatus.SENT: "sent",
    ReadingStatus.ACCEPTED: "accepted",
    ReadingStatus.REJECTED: "rejected",
    ReadingStatus.WITHDRAWN: "withdrawn",
    # Billing is not to count it either; the comment names the reading that came instead.
    ReadingStatus.REPLACED: "withdrawn",
}
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Exported:
    """A package and its rows by file; without a name there was nothing to hand over."""

    name: str | None
    counts: dict[str, int]


def export_for_billing(session: Session, store: FileStore, now: datetime) -> Exported:
    """Write readings that billing has not acknowledged, and new enquiries and contacts.

    A reading that was handed over and is withdrawn or refused since goes out again as such.
    Nothing to hand over: no package. Commit only after the file is written: what a crash leaves
    unmarked is handed over again.

    Args:
        store: where the package is to lie.
        now: in the supplier's zone.

    Raises:
        StoreError: it cannot be stored now.
    """
    files = {
        READINGS: (HEADER, _readings(session, now)),
        ENQUIRIES: (ENQUIRY_HEADER, _enquiries(session, now)),
        CONTACTS: (CONTACT_HEADER, _contacts(session, now)),
    }
    full = {name: (header, rows) for name, (header, rows) in files.items() if rows}
    if not full:
        return Exported(None, {})
    counts = {file: len(rows) for file, (_, rows) in full.items()}
    name = write_package(store, full, now)
    record(session, "billing.exported", None, "packages", name, now, contract_id=None, **counts)
    return Exported(name, counts)


def _readings(session: Session, now: datetime) -> list[Sequence[str]]:
    found = session.execute(_select_unacknowledged()).all()
    replaced = _replaced(session, [row[0] for row in found])
    live = {(row[0].register_id, row[0].period): row[0] for row in found if row[0].status in LIVE}
    rows = [_row(row, _comment(row[0], replaced, live), now) for row in found]
    for start in range(0, len(rows), CHUNK):
        ids = [row[0] for row in rows[start : start + CHUNK]]
        session.execute(
            update(SubmittedReading)
            .where(SubmittedReading.submission_id.in_(ids), SubmittedReading.exported_at.is_(None))
            .values(exported_at=now)
            .execution_options(synchronize_session=False)
        )
    return rows


def _select_unacknowledged() -> Select[
    SubmittedReading, ReadingReceipt, Register, Meter, str, str, str | None
]:
    return (
        select(
            SubmittedReading,
            ReadingReceipt,
            Register,
            Meter,
            SupplyPoint.external_id,
            Contract.number,
            StaffMember.login,
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .outerjoin(StaffMember, StaffMember.id == ReadingReceipt.staff_id)
        .where(
            SubmittedReading.acknowledged_at.is_(None),
            or_(SubmittedReading.status.in_(LIVE), _is_withdrawn()),
        )
        .order_by(SubmittedReading.id)
    )


def _is_withdrawn() -> ColumnElement[bool]:
    """Readings that billing has and that no longer count.

    Not those of a month for which billing has acknowledged another reading of the register.
    """
    newer = aliased(SubmittedReading)
    is_resolved = exists().where(
        newer.register_id == SubmittedReading.register_id,
        newer.period == SubmittedReading.period,
        newer.status.in_(LIVE),
        newer.acknowledged_at.is_not(None),
    )
    return and_(
        SubmittedReading.status.not_in(LIVE),
        SubmittedReading.exported_at.is_not(None),
        ~is_resolved,
    )


def _replaced(
    session: Session, submitted: Sequence[SubmittedReading]
) -> dict[tuple[int, Month], str]:
    """What billing has got already and a newer reading of the month replaces, or a clerk has
    refused since: the last one's id."""
    found: dict[tuple[int, Month], str] = {}
    for start in range(0, len(submitted), CHUNK):
        ids = {reading.register_id for reading in submitted[start : start + CHUNK]}
        rows = session.execute(
            select(
                SubmittedReading.register_id,
                SubmittedReading.period,
                SubmittedReading.submission_id,
            )
            .where(
                SubmittedReading.register_id.in_(ids),
                or_(
                    SubmittedReading.status == ReadingStatus.REPLACED,
                    and_(
                        SubmittedReading.status == ReadingStatus.REJECTED,
                        SubmittedReading.decided_by_id.is_not(None),
                    ),
                ),
                SubmittedReading.exported_at.is_not(None),
            )
            .order_by(SubmittedReading.id)
        )
        found |= {(row.register_id, row.period): row.submission_id for row in rows}
    return found


def _comment(
    submitted: SubmittedReading,
    replaced: Mapping[tuple[int, Month], str],
    live: Mapping[tuple[int, Month], SubmittedReading],
) -> str:
    """What billing has to know about a reading, as a Russian remark."""
    place = (submitted.register_id, submitted.period)
    remarks = []
    if submitted.status not in LIVE:
        if place in live:
            remarks.append(f"заменено на {live[place].submission_id}")
        if submitted.reason:
            remarks.append(f"причина: {submitted.reason}")
        return "; ".join(remarks)
    if submitted.source == ReadingSource.STAFF:
        remarks.append("по телефону")
    if submitted.is_late:
        remarks.append(f"после срока: учесть в {submitted.period.plus(1)}")
    if place in replaced:
        remarks.append(f"вместо {replaced[place]}")
    if submitted.rolled_over:
        remarks.append("прибор перешел через ноль")
    return "; ".join(remarks)


def _row(
    row: Row[SubmittedReading, ReadingReceipt, Register, Meter, str, str, str | None],
    comment: str,
    now: datetime,
) -> Sequence[str]:
    submitted, receipt, register, meter, point_id, contract_no, login = row
    return (
        submitted.submission_id,
        contract_no,
        point_id,
        meter.external_id,
        meter.serial_number,
        register.zone,
        str(submitted.period),
        submitted.taken_on.isoformat(),
        f"{submitted.value:.{register.decimals}f}",
        _moment(receipt.submitted_at, now),
        login or str(receipt.account_id or ""),
        CHANNEL,
        comment,
        "",
        STATUSES[ReadingStatus(submitted.status)],
    )


def _enquiries(session: Session, now: datetime) -> list[Sequence[str]]:
    """Enquiries that billing has not got, each with its first message."""
    found = session.execute(
        select(Enquiry, Contract.number, EnquiryTopic.external_id, Department.external_id)
        .join(Contract, Contract.id == Enquiry.contract_id)
        .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
        .outerjoin(Department, Department.id == Enquiry.department_id)
        .where(Enquiry.exported_at.is_(None))
        .options(selectinload(Enquiry.entries).selectinload(EnquiryEntry.attachments))
        .order_by(Enquiry.id)
    ).all()
    rows: list[Sequence[str]] = []
    for enquiry, contract_no, topic_id, department_id in found:
        first = enquiry.entries[0]
        rows.append(
            (
                enquiry.number or "",
                contract_no,
                topic_id.removeprefix(BUILT_IN),
                department_id or "",
                _moment(enquiry.registered_at, now),
                first.text,
                ", ".join(attachment.name for attachment in first.attachments),
                export_phone(enquiry.phone),
                enquiry.email,
            )
        )
        enquiry.exported_at = now
    session.flush()
    return rows


def _contacts(session: Session, now: datetime) -> list[Sequence[str]]:
    """Contacts that customers have changed and billing has not heard of; those of people who have
    lost the contract since would be taken for its present customer's."""
    found = session.execute(
        select(ContactUpdate, Contract.number)
        .join(Contract, Contract.id == ContactUpdate.contract_id)
        .where(
            ContactUpdate.exported_at.is_(None),
            exists().where(
                Membership.account_id == ContactUpdate.account_id,
                Membership.contract_id == ContactUpdate.contract_id,
                is_live(),
            ),
        )
        .order_by(ContactUpdate.id)
    ).all()
    for news, _ in found:
        news.exported_at = now
    session.flush()
    return [
        (
            contract_no,
            news.field,
            news.old,
            news.new,
            _moment(news.changed_at, now),
            str(news.account_id),
        )
        for news, contract_no in found
    ]


def _moment(moment: datetime, now: datetime) -> str:
    return moment.astimezone(now.tzinfo).isoformat(timespec="seconds")
