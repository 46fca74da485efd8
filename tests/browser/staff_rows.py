"""Database rows that a state of a staff page needs, made on the running portal."""

from __future__ import annotations

import secrets
import uuid
from decimal import Decimal

from sqlalchemy import func, select

from app.domain.access import Role
from app.domain.period import Month
from app.models import (
    Account,
    AnswerTemplate,
    Contract,
    ContractTransfer,
    Customer,
    CustomerNote,
    ImportJob,
    ImportRun,
    Membership,
    Meter,
    ReadingReceipt,
    Register,
    Registration,
    StaffMember,
    SubmittedReading,
    SupplyPoint,
)
from tests.browser import state_rows
from tests.browser.live import HOSTILE, HOSTILE_NUMBER, UNREGISTERED, Site
from tests.conftest import NOW


def submitted(site: Site) -> str:
    """Readings that wait to be checked, of an ordinary customer and of a hostile one."""
    with site.session() as session:
        for number in (state_rows.debtor(site), HOSTILE_NUMBER):
            meter_id = session.scalars(
                select(Meter.id)
                .join(SupplyPoint)
                .join(Contract)
                .where(Contract.number == number, SupplyPoint.is_automatic.is_(False))
                .order_by(Meter.id)
            ).first()
            found = select(Register).where(Register.meter_id == meter_id)
            register = session.scalars(found).first()
            if register is None:
                # Of a direction nobody is asked for: the customer's pages stay as they are.
                register = Register(
                    meter_id=meter_id, zone="T0", direction="A-", digits=6, decimals=2
                )
                session.add(register)
                session.flush()
            known = session.scalars(
                select(SubmittedReading.id).where(
                    SubmittedReading.register_id == register.id,
                    SubmittedReading.period == Month(2024, 1),
                )
            ).first()
            if known is None:
                _submit(session, site.ids[number], register.id)
        session.commit()
    return ""


def _submit(session, contract_id: int, register_id: int) -> None:
    receipt = ReadingReceipt(
        idempotency_key=str(uuid.uuid4()),
        contract_id=contract_id,
        submitted_at=NOW,
        address="127.0.0.1",
    )
    session.add(receipt)
    session.flush()
    for month, doubts in ((1, ["unusual"]), (2, ["less", "power"])):
        session.add(
            SubmittedReading(
                submission_id=str(uuid.uuid4()),
                receipt_id=receipt.id,
                register_id=register_id,
                period=Month(2024, month),
                taken_on=NOW.date(),
                value=Decimal("12345.6000"),
                previous_value=Decimal("12000.0000"),
                previous_on=NOW.date(),
                consumption_kwh=Decimal("345.600"),
                rolled_over=False,
                is_late=month == 2,
                doubts=doubts,
                source="portal",
                status="sent",
            )
        )


def registration(site: Site) -> int:
    """Somebody whom billing does not know waits for a decision of the staff."""
    with site.session() as session:
        row = Registration(
            **state_rows.customer_of(session, site.ids[UNREGISTERED]),
            contract_id=site.ids[UNREGISTERED],
            state="unproved",
            created_at=NOW,
            saved_at=NOW,
            confirmed_at=NOW,
            channel="mail",
            email="kadry@example.org",
            phone="+79127770002",
            nonce=secrets.token_hex(8),
            address="192.0.2.1",
            user_agent="",
        )
        session.add(row)
        session.commit()
        return row.id


def template(site: Site) -> int:
    """A ready answer, under a hostile name."""
    with site.session() as session:
        row = session.scalars(select(AnswerTemplate)).first() or AnswerTemplate(
            name=HOSTILE[0] + HOSTILE[3],
            text="Здравствуйте, {имя}!\n\nПо договору {договор} сделан перерасчет.",
            is_active=True,
        )
        session.add(row)
        session.commit()
        return row.id


def note(site: Site) -> int:
    """A call with a hostile customer; the id of its contract."""
    contract_id = site.ids[HOSTILE_NUMBER]
    with site.session() as session:
        contract = session.get_one(Contract, contract_id)
        clerk = session.scalars(select(StaffMember.id)).first()
        session.add(
            CustomerNote(
                idempotency_key=str(uuid.uuid4()),
                customer_id=contract.customer_id,
                contract_id=contract_id,
                kind="call_in",
                happened_at=NOW,
                person=HOSTILE[0] + HOSTILE[3],
                phone="+79123456789",
                text="\n\n".join(HOSTILE),
                staff_id=clerk,
                written_at=NOW,
            )
        )
        session.commit()
    return contract_id


def refused_job(site: Site) -> int:
    """A batch that was checked and refused, under a hostile name."""
    with site.session() as session:
        row = ImportJob(
            name=" ".join(HOSTILE)[:200],
            storage_key=str(uuid.uuid4()),
            size=123_456_789,
            goal="check",
            status="refused",
            options={},
            tries=1,
            created_at=NOW,
            started_at=NOW,
            channel="page",
            finished_at=NOW,
            bytes_total=1000,
            bytes_done=1000,
            error_count=2,
            warning_count=1,
            counts={
                "contracts.csv": {
                    "rows": 5,
                    "added": 1,
                    "changed": 1,
                    "unchanged": 1,
                    "withdrawn": 0,
                    "refused": 2,
                }
            },
        )
        session.add(row)
        session.commit()
        return row.id


def transfer(site: Site) -> int:
    """The id of a contract that was an ordinary customer's until billing gave it to a hostile one,
    under the same ИНН; the staff have not decided. The people it has now still open their pages."""
    contract_id = site.ids[HOSTILE_NUMBER]
    with site.session() as session:
        waiting = select(ContractTransfer.id).where(ContractTransfer.contract_id == contract_id)
        if session.scalars(waiting).first() is not None:
            return contract_id
        debtor_id = site.ids[state_rows.debtor(site)]
        former, new = (
            session.get_one(Customer, session.get_one(Contract, key).customer_id)
            for key in (debtor_id, contract_id)
        )
        row = ContractTransfer(
            contract_id=contract_id,
            import_run_id=session.scalar(select(func.max(ImportRun.id))),
            detected_at=NOW,
            file="contracts.csv",
            line=17,
            former_customer_id=former.id,
            former_external_id=former.external_id,
            former_name=former.full_name,
            former_inn=new.inn,
            former_kpp=former.kpp,
            former_email="buh@example.org",
            former_phone="8 (3513) 00-00-00, бухгалтерия",
            new_customer_id=new.id,
            new_external_id=new.external_id,
            new_name=new.full_name,
            new_inn=new.inn,
            new_kpp=new.kpp,
        )
        session.add(row)
        session.flush()
        owner = (
            select(Account.id)
            .join(Membership, Membership.account_id == Account.id)
            .where(Membership.contract_id == debtor_id, Membership.role == "owner")
        )
        session.add(
            Membership(
                account_id=session.scalars(owner).first(),
                contract_id=contract_id,
                role=Role.VIEWER,
                created_at=NOW,
                suspended_by_id=row.id,
            )
        )
        session.commit()
    return contract_id
