"""Cross-check the figures of a batch: warn of what does not agree, load it as it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union,
)

from app.actions.imports.contact_checks import check_contacts
from app.actions.imports.merged_state import MergedState
from app.actions.imports.plausibility import check_plausibility, warn_of
from app.actions.imports.report import LISTED_OF_A_KIND, Report
from app.actions.imports.staging import STREAMED, StagedFile
from app.domain.company_ids import is_account, is_corr_account, is_inn, is_ogrn
from app.models import Charge, ChargeLine, Contract, MonthlyBalance


def run_cross_checks(
    connection: Connection, staged: dict[str, StagedFile], report: Report, state: MergedState
) -> None:
    """Run all cross-checks for the files that the batch has.

    Args:
        state: the tables after the merge.
    """
    for name in ("supplier", "customers"):
        if name in staged:
            _check_company_ids(connection, staged[name], report)
    if "customers" in staged:
        check_contacts(connection, staged["customers"], report)
    if "contracts" in staged:
        _check_contract_numbers(connection, staged["contracts"], report, state)
    documents = [staged[name] for name in ("charge_lines", "charges") if name in staged]
    for file in documents:
        _check_vat(connection, file, report)
    if documents:
        _check_lines_against_documents(connection, documents, report, state)
    if "balances" in staged:
        _check_balance_identity(connection, staged["balances"], report)
        _check_balance_chain(connection, staged["balances"], report, state)
    check_plausibility(connection, staged, report, state)


def _check_company_ids(connection: Connection, staged: StagedFile, report: Report) -> None:
    row = staged.rows.c
    kind = row.kind if "kind" in row else literal("ul")
    query = select(row.line, kind, row.inn, row.ogrn, row.bic, row.account, row.corr_account)
    rows = connection.execute(query, execution_options=STREAMED)
    for line, kind_of, inn, ogrn, bic, account, corr_account in rows:
        faults = {
            "inn": not is_inn(inn),
            "ogrn": bool(ogrn) and not is_ogrn(ogrn),
            "account": bool(account and bic) and not is_account(account, bic),
            "corr_account": bool(corr_account and bic) and not is_corr_account(corr_account, bic),
        }
        for column in (name for name, is_wrong in faults.items() if is_wrong):
            report.warn(staged.layout.filename, "не сходится контрольное число", line, column)
        if len(inn) != (10 if kind_of == "ul" else 12):
            message = "у юридического лица в ИНН 10 цифр, у ИП и физического лица 12"
            report.warn(staged.layout.filename, message, line, "inn")


def _check_contract_numbers(
    connection: Connection, staged: StagedFile, report: Report, state: MergedState
) -> None:
    """Warn of numbers that differ only by look-alike characters: sign-in cannot tell them apart."""
    live = state.rows(Contract, lambda c: select(c.c.number_key).where(c.c.withdrawn_at.is_(None)))
    shared = select(live.c.number_key).group_by(live.c.number_key).having(func.count() > 1)
    sent = state.rows_of_file(
        staged,
        lambda row, contract: select(row.c.line, contract.c.number_key).where(
            contract.c.withdrawn_at.is_(None), contract.c.number_key.in_(shared)
        ),
    )
    rows = connection.execute(
        select(sent.c.line, sent.c.number_key).order_by(sent.c.line), execution_options=STREAMED
    )
    kind = "номер при входе не отличить от номера другого договора"
    for line, key in rows:
        report.warn(staged.layout.filename, f"{kind} ({key})", line, "contract_no", kind=kind)


def _check_vat(connection: Connection, staged: StagedFile, report: Report) -> None:
    row = staged.rows.c
    wrong = select(row.line).where(row.amount + row.vat_amount != row.total)
    message = "сумма без НДС и НДС не дают итога"
    warn_of(connection, staged, wrong, report, message, "total")


def _check_lines_against_documents(
    connection: Connection, files: list[StagedFile], report: Report, state: MergedState
) -> None:
    """Warn of documents that are not the sum of their lines; a document without lines is right."""
    documents = connection.execute(_differing_documents(files, state), execution_options=STREAMED)
    kind = "строки документа не дают его сумм"
    # Places are looked up only for those that the report will list; the rest are counted.
    listed = documents.fetchmany(LISTED_OF_A_KIND)
    places = _find_documents(connection, files, [key for key, *_ in listed])
    for key, number, total, of_lines in listed:
        message = f"документ {number}: строки ({of_lines}) не дают его сумм ({total})"
        file, line = places[key]
        report.warn(file, message, line, "charge_id", kind=kind)
    if rest := sum(1 for _ in documents):
        report.warn_more(files[0].layout.filename, kind, "charge_id", rest)


def _differing_documents(files: list[StagedFile], state: MergedState) -> Select[Any]:
    """SELECT of (external_id, doc_number, sum, sum of its lines), oldest first."""
    names = ("net_amount", "vat_amount", "gross_amount")
    touched = union(*(_charge_ids(staged, state) for staged in files))
    line = state.rows(
        ChargeLine,
        lambda row: select(row.c.charge_id, *(row.c[name] for name in names)).where(
            row.c.charge_id.in_(touched)
        ),
    ).c
    # A sum has the type of its column only if the column is the table's own.
    types = ChargeLine.__table__.c
    sums = (
        select(
            line.charge_id,
            *(type_coerce(func.sum(line[name]), types[name].type).label(name) for name in names),
        )
        .group_by(line.charge_id)
        .subquery()
    )
    document = state.rows(
        Charge,
        lambda row: select(
            row.c.id, row.c.external_id, row.c.doc_number, *(row.c[name] for name in names)
        ).where(row.c.id.in_(touched)),
    ).c
    return (
        select(
            document.external_id, document.doc_number, document.gross_amount, sums.c.gross_amount
        )
        .join(sums, sums.c.charge_id == document.id)
        .where(or_(*(document[name] != sums.c[name] for name in names)))
        .order_by(document.id)
    )


def _charge_ids(staged: StagedFile, state: MergedState) -> Select[Any]:
    if staged.layout.name == "charge_lines":
        return state.source(staged).referenced_ids("charge_id")
    charge = state.rows_of_file(staged, lambda row, charge: select(charge.c.id)).c
    return select(charge.id)


def _find_documents(
    connection: Connection, files: list[StagedFile], keys: list[str]
) -> dict[str, tuple[str, int]]:
    """File and line where the batch has a document: a line of it, else the document itself."""
    places: dict[str, tuple[str, int]] = {}
    for staged in reversed(files):
        row = staged.rows.c
        found = connection.execute(
            select(row.charge_id, func.min(row.line))
            .where(row.charge_id.in_(keys))
            .group_by(row.charge_id)
        )
        places |= {key: (staged.layout.filename, line) for key, line in found}
    return places


def _check_balance_identity(connection: Connection, staged: StagedFile, report: Report) -> None:
    row = staged.rows.c
    expected = row.opening + row.charged + row.corrected + row.penalty - row.paid
    wrong = select(row.line).where(expected != row.closing)
    message = "начальное сальдо и обороты не дают конечного"
    warn_of(connection, staged, wrong, report, message, "closing")


def _check_balance_chain(
    connection: Connection, staged: StagedFile, report: Report, state: MergedState
) -> None:
    """Warn of missing months, and of months that do not begin where the previous one ended."""
    row = staged.rows.c
    chain = _balances_with_previous(staged, state)
    contract = state.rows(Contract, lambda rows: select(rows.c.id, rows.c.number)).c
    broken = (
        select(row.line, contract.number, chain.c.month, chain.c.previous_month, chain.c.gap)
        .select_from(chain)
        .join(contract.id.table, chain.c.contract_id == contract.id)
        .join(
            staged.rows,
            and_(row.contract_no == contract.number, row.period == chain.c.month),
            isouter=True,
        )
        .where(or_(chain.c.gap > 0, chain.c.closing != chain.c.opening))
        .order_by(contract.number, chain.c.month)
    )
    file = staged.layout.filename
    for line, number, month, previous, gap in connection.execute(
        broken, execution_options=STREAMED
    ):
        if gap:
            kind = "пропущены месяцы остатков"
            first, last = previous.plus(1), month.plus(-1)
            months = str(first) if gap == 1 else f"{first}…{last}"
            message = f"договор {number}: нет остатков за {months}"
            report.warn(file, message, line, "period", kind=kind)
        else:
            kind = "начальное сальдо не равно конечному прошлого месяца"
            report.warn(file, f"договор {number}, {month}: {kind}", line, "opening", kind=kind)


def _balances_with_previous(staged: StagedFile, state: MergedState) -> Subquery:
    """Balances of the batch's contracts, each beside the one before it.

    ``gap`` is how many months are missing between the two.
    """
    contract_ids = state.source(staged).referenced_ids("contract_id")
    balance = state.rows(
        MonthlyBalance,
        lambda rows: select(
            rows.c.contract_id, rows.c.period, rows.c.opening_amount, rows.c.closing_amount
        ).where(rows.c.contract_id.in_(contract_ids), rows.c.withdrawn_at.is_(None)),
    ).c
    month = type_coerce(balance.period, String)
    number = cast(func.substr(month, 1, 4), Integer) * 12 + cast(func.substr(month, 6, 2), Integer)

    def previous(value: Any) -> Any:
        by_month = func.lag(value).over(partition_by=balance.contract_id, order_by=balance.period)
        return type_coerce(by_month, value.type)

    return select(
        balance.contract_id,
        balance.period.label("month"),
        balance.opening_amount.label("opening"),
        previous(balance.closing_amount).label("closing"),
        previous(balance.period).label("previous_month"),
        (number - previous(number) - 1).label("gap"),
    ).subquery()
