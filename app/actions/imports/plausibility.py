"""Warn of implausible figures: wrong signs, repeats, jumps, dates in the wrong order.

One query over the stage for each kind; rows are streamed into the report, which bounds what it
lists, so memory does not depend on how much of a batch is implausible.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    type_coerce,
)

from app.actions.imports.merged_state import MergedState
from app.actions.imports.report import Report
from app.actions.imports.staging import STREAMED, StagedFile
from app.models import Payment, Reading, Register

ZERO = Decimal(0)
KOPECK = 10.0**6
"""A kopeck in units of quantity × price, which have 3 and 5 places."""
JUMP_FACTOR = 10
DATE_ORDER = {
    "contracts": (("valid_from", "valid_to"),),
    "supply_points": (("valid_from", "valid_to"),),
    "meters": (("installed_on", "removed_on"), ("verified_on", "next_verification_on")),
    "invoices": (("invoice_date", "due_date"),),
}


def check_plausibility(
    connection: Connection, staged: dict[str, StagedFile], report: Report, state: MergedState
) -> None:
    """Run the checks for each file that the batch has.

    Args:
        state: the tables after the merge.
    """
    for name, pairs in DATE_ORDER.items():
        if name in staged:
            for first, last in pairs:
                _check_order_of_dates(connection, staged[name], first, last, report)
    if "charge_lines" in staged:
        _check_prices(connection, staged["charge_lines"], report)
    if "payments" in staged:
        _check_signs(connection, staged["payments"], report)
        _check_repeated_payments(connection, staged["payments"], report, state)
    if "readings" in staged:
        _check_values(connection, staged["readings"], report, state)
        _check_repeated_readings(connection, staged["readings"], report, state)


def warn_of(
    connection: Connection,
    staged: StagedFile,
    lines: Select[Any],
    report: Report,
    message: str,
    column: str,
) -> None:
    """Warn of every line that a query over the stage finds."""
    rows = connection.execute(lines.order_by(staged.rows.c.line), execution_options=STREAMED)
    for line, *_ in rows:
        report.warn(staged.layout.filename, message, line, column)


def _check_order_of_dates(
    connection: Connection, staged: StagedFile, first: str, last: str, report: Report
) -> None:
    row = staged.rows.c
    wrong = select(row.line).where(row[first] > row[last])
    message = f"{last} раньше, чем {first}: даты перевернуты"
    warn_of(connection, staged, wrong, report, message, last)


def _check_prices(connection: Connection, staged: StagedFile, report: Report) -> None:
    """Warn where quantity times price is not the amount, beyond what rounding can explain.

    A recalculation is a difference: its quantity and price need not make its amount.
    """
    row = staged.rows.c
    quantity, price, amount = (
        cast(type_coerce(row[name], BigInteger), Float) for name in ("qty", "price", "amount")
    )
    difference = func.abs(quantity * price - amount * KOPECK)
    tolerance = KOPECK + (func.abs(quantity) + func.abs(price)) / 2
    wrong = select(row.line).where(difference > tolerance, row.method.is_distinct_from("recalc"))
    message = "количество × цена не дают суммы без НДС"
    warn_of(connection, staged, wrong, report, message, "amount")


def _check_signs(connection: Connection, staged: StagedFile, report: Report) -> None:
    row = staged.rows.c
    for kind, is_wrong, message in (
        ("refund", row.amount > ZERO, "возврат с плюсом: он уменьшит долг, нужен минус"),
        ("payment", row.amount < ZERO, "оплата с минусом: возврат денег — kind = refund"),
    ):
        wrong = select(row.line).where(row.kind == kind, is_wrong)
        warn_of(connection, staged, wrong, report, message, "amount")


SAME_PAYMENT = ("contract_id", "paid_on", "amount", "kind", "doc_number", "payer_inn")
"""Columns of two payments that are one; only the last two may be empty."""


def _check_repeated_payments(
    connection: Connection, staged: StagedFile, report: Report, state: MergedState
) -> None:
    """Warn of the same money under two keys, in the batch or before it: it would count twice."""
    row = staged.rows.c
    payment, repeated = _payments_of_days(staged, state), _repeated_payments(staged, state)
    same = [payment.c[name] for name in SAME_PAYMENT]
    # What was there before comes first, then the rows of the batch in the order of the file.
    order = (func.coalesce(row.line, 0), payment.c.id)
    original = func.first_value(payment.c.external_id).over(partition_by=same, order_by=order)
    place = func.row_number().over(partition_by=same, order_by=order)
    ranked = (
        select(row.line, place.label("place"), original.label("original"))
        .select_from(payment)
        .join(
            repeated,
            and_(
                # PostgreSQL can use no index and no hash for the null-safe comparison.
                *(payment.c[name] == repeated.c[name] for name in SAME_PAYMENT[:4]),
                *(
                    payment.c[name].is_not_distinct_from(repeated.c[name])
                    for name in SAME_PAYMENT[4:]
                ),
            ),
        )
        .join(staged.rows, row.payment_id == payment.c.external_id, isouter=True)
        .subquery()
    )
    rows = connection.execute(
        select(ranked.c.line, ranked.c.original)
        .where(ranked.c.place > 1, ranked.c.line.is_not(None))
        .order_by(ranked.c.line),
        execution_options=STREAMED,
    )
    kind = "такая же оплата уже есть под другим ключом"
    for line, key in rows:
        message = f"{kind}, «{key}»: договор, дата, сумма, номер и плательщик те же"
        report.warn(staged.layout.filename, message, line, "payment_id", kind=kind)


def _repeated_payments(staged: StagedFile, state: MergedState) -> Subquery:
    """What payments of the batch's days are there more than once."""
    payment = _payments_of_days(staged, state)
    same = [payment.c[name] for name in SAME_PAYMENT]
    return select(*same).group_by(*same).having(func.count() > 1).subquery()


def _payments_of_days(staged: StagedFile, state: MergedState) -> Subquery:
    """Payments of the days of the batch that belong to a contract."""
    row = staged.rows.c
    days = select(func.min(row.paid_on), func.max(row.paid_on)).subquery().c
    first_day, last_day = (select(day).scalar_subquery() for day in days)
    return state.rows(
        Payment,
        lambda rows: select(
            rows.c.id, rows.c.external_id, *(rows.c[name] for name in SAME_PAYMENT)
        ).where(
            rows.c.paid_on.between(first_day, last_day),
            rows.c.contract_id.is_not(None),
            rows.c.withdrawn_at.is_(None),
        ),
    )


def _check_values(
    connection: Connection, staged: StagedFile, report: Report, state: MergedState
) -> None:
    """Warn of readings that fall, leap, or have more digits than their register."""
    reading = _readings_with_earlier(connection, staged, state).c
    capacity = case({n: 10 ** (n + 4) for n in range(1, 13)}, value=reading.digits)
    growth, drop = reading.previous - reading.before_that, reading.previous - reading.value
    faults: tuple[tuple[ColumnElement[bool], str], ...] = (
        (reading.value >= capacity, "показание не помещается в число цифр шкалы (digits)"),
        # A drop by half of the register or more is a roll-over through zero.
        (and_(drop > 0, drop * 2 <= capacity), "показание меньше предыдущего"),
        (
            and_(reading.value >= reading.previous * 2, growth > 0, -drop > growth * JUMP_FACTOR),
            f"расход вырос больше чем в {JUMP_FACTOR} раз: не умножено ли показание на коэффициент",
        ),
    )
    number = case(*((is_wrong, n) for n, (is_wrong, _) in enumerate(faults)), else_=-1)
    found = select(reading.line, number.label("number")).subquery()
    rows = connection.execute(
        select(found).where(found.c.number >= 0).order_by(found.c.line),
        execution_options=STREAMED,
    )
    for line, number_of in rows:
        report.warn(staged.layout.filename, faults[number_of][1], line, "value")


def _readings_with_earlier(
    connection: Connection, staged: StagedFile, state: MergedState
) -> Subquery:
    """Readings of the batch, each with the two of its register that came before it.

    Materialized, or PostgreSQL looks those up once for each mention of them.
    """
    reading = _readings_of_batch(staged, state)
    digits = state.rows(
        Register,
        lambda rows: (
            select(rows.c.digits).where(rows.c.id == reading.c.register_id).correlate(reading)
        ),
    )
    found = (
        select(
            reading.c.line,
            type_coerce(reading.c.value, BigInteger).label("value"),
            select(digits.c.digits).scalar_subquery().label("digits"),
            *_earlier_values(connection, reading, state),
        )
        .where(reading.c.kind != "initial")
        .cte("reading")
        .prefix_with("MATERIALIZED")
    )
    if "earlier" not in found.c:
        return select(found).subquery()
    last, last_but_one = found.c.earlier[1], found.c.earlier[2]
    return select(found, last.label("previous"), last_but_one.label("before_that")).subquery()


def _earlier_values(
    connection: Connection, reading: Subquery, state: MergedState
) -> list[ColumnElement[Any]]:
    """Values of the two readings before ``reading``, the last first.

    PostgreSQL finds both in one look into the index, as an array, which SQLite does not have.
    """
    if connection.dialect.name == "postgresql":
        values = _earlier_readings(reading, state, 2).limit(2).scalar_subquery()
        return [func.array(values, type_=ARRAY(BigInteger)).label("earlier")]
    return [
        _earlier_readings(reading, state, place + 1)
        .limit(1)
        .offset(place)
        .scalar_subquery()
        .label(name)
        for place, name in enumerate(("previous", "before_that"))
    ]


def _earlier_readings(reading: Subquery, state: MergedState, limit: int) -> Select[Any]:
    """Values of the readings that precede ``reading``, the last first."""
    earlier = state.rows(
        Reading,
        lambda rows: (
            select(type_coerce(rows.c.value, BigInteger).label("value"), rows.c.taken_on, rows.c.id)
            .where(
                rows.c.register_id == reading.c.register_id,
                rows.c.taken_on < reading.c.taken_on,
                _counts(rows),
            )
            .order_by(rows.c.taken_on.desc(), rows.c.id.desc())
            .correlate(reading)
        ),
        limit=limit,
    ).c
    return select(earlier.value).order_by(earlier.taken_on.desc(), earlier.id.desc())


def _check_repeated_readings(
    connection: Connection, staged: StagedFile, report: Report, state: MergedState
) -> None:
    """Warn of two readings of one register for one day under two keys."""
    reading = _readings_of_batch(staged, state)
    other = state.rows(
        Reading,
        lambda rows: (
            select(rows.c.id)
            .where(
                rows.c.register_id == reading.c.register_id,
                rows.c.taken_on == reading.c.taken_on,
                rows.c.id < reading.c.id,
                rows.c.kind == reading.c.kind,
                _counts(rows),
            )
            .correlate(reading)
        ),
    )
    twice = select(reading.c.line).where(select(other.c.id).exists()).order_by(reading.c.line)
    message = "показание повторяется: на эту дату у шкалы уже есть такое же под другим ключом"
    for (line,) in connection.execute(twice, execution_options=STREAMED):
        report.warn(staged.layout.filename, message, line, "reading_id")


def _readings_of_batch(staged: StagedFile, state: MergedState) -> Subquery:
    """Readings of the batch that count, each with its line."""
    names = ("id", "register_id", "taken_on", "value", "kind")
    return state.rows_of_file(
        staged,
        lambda row, reading: select(row.c.line, *(reading.c[name] for name in names)).where(
            _counts(reading)
        ),
    )


def _counts(reading: FromClause) -> ColumnElement[bool]:
    """Whether a reading counts: neither withdrawn nor refused by billing."""
    status = reading.c.status
    return and_(reading.c.withdrawn_at.is_(None), or_(status.is_(None), status != "rejected"))
