"""Check that a batch belongs to the supplier of this portal, and not to another one."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.imports.report import Report
from app.domain.exchange.manifest import Manifest
from app.integrations.billing_files import MANIFEST
from app.models import ImportRun, Supplier

SUPPLIER = "supplier.csv"


def list_inns(session: Session) -> list[str]:
    """ИНН of the suppliers that are not withdrawn; a portal has one."""
    return list(session.scalars(select(Supplier.inn).where(Supplier.withdrawn_at.is_(None))))


def check_supplier(before: list[str], after: list[str], manifest: Manifest, report: Report) -> None:
    """Refuse the batch of another supplier; the ИНН tells, whatever keys billing uses.

    Args:
        before: the ИНН of ``list_inns`` before the merge.
        after: the same after it.
    """
    claimed = manifest.supplier_inn
    if claimed and after and claimed not in after:
        report.error(MANIFEST, f"{claimed}: это пакет другого поставщика", column="supplier_inn")
    if before and not set(after) <= set(before):
        report.error(SUPPLIER, "кабинет ведет другого поставщика, с другим ИНН", column="inn")
    elif len(after) > 1:
        message = "поставщик должен быть один; у прежней записи поставьте deleted = 1"
        report.error(SUPPLIER, message, column="supplier_id")


def covers_demo(session: Session, is_demo: bool) -> bool:
    """Whether real data are loaded where there was nothing but demonstration data.

    Args:
        is_demo: the batch itself is one of these.
    """
    earlier = session.scalars(select(ImportRun.is_demo)).all()
    return not is_demo and bool(earlier) and all(earlier)


def retire_demo_supplier(
    session: Session, run: ImportRun, may_cover_demo: bool, report: Report
) -> None:
    """Withdraw the demonstration supplier when real data cover it, if that is allowed at all."""
    if not may_cover_demo:
        report.error(run.source, "в базе демонстрационные данные; для работы нужна пустая база")
        return
    session.execute(
        update(Supplier).where(Supplier.withdrawn_at.is_(None)).values(withdrawn_at=run.started_at)
    )
    report.warn(SUPPLIER, "в базе остаются демонстрационные договоры; для работы нужна пустая")
