"""Meters, receipts and the readings of a receipt as tables for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.meters import MeterReadings
from app.domain.point_passport import MonthPower, Passport
from app.domain.readings import ReadingStatus
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.readings.customer import Receipt, ReceiptLine, ReceiptReading
from app.sections.readings import labels
from app.sections.readings.presenters import MeterTable, RegisterRow
from app.web.downloads import moment_cell


def meters_table(table: MeterTable) -> Table:
    """One row per register, as the page of meters shows them; own names beside the official."""
    columns = (
        Column("Точка поставки", Kind.TEXT, 40),
        Column("Свое название точки", Kind.TEXT, 30),
        Column("Адрес", Kind.TEXT, 40),
        Column("Прибор", Kind.TEXT, 24),
        Column("Прибор №", Kind.TEXT, 20),
        Column("Свое название прибора", Kind.TEXT, 30),
        Column("Зона", Kind.TEXT, 10),
        Column("Коэффициент", Kind.ENERGY, 14),
        Column("Предыдущее показание", Kind.ENERGY, 16),
        Column("Дата предыдущего", Kind.DATE, 12),
        Column("Показание", Kind.ENERGY, 16),
        Column("Дата показания", Kind.DATE, 12),
        Column("Источник", Kind.TEXT, 24),
        Column("Расход, кВт·ч", Kind.ENERGY, 16),
        Column("Статус ввода", Kind.TEXT, 30),
    )
    rows = [
        _meter_cells(block.meter, row)
        for group in table.groups
        for block in group.blocks
        for row in block.rows
    ]
    return Table("Показания", columns, rows)


def _meter_cells(meter: MeterReadings, row: RegisterRow) -> list[Cell]:
    register = row.register
    previous = register.previous if register else None
    current = register.current if register else None
    decimals = register.scale.decimals if register else 0
    shown = (row.status.status[1] if row.status.status else "", row.status.note, row.status.reason)
    return [
        meter.supply_point,
        meter.custom_point,
        meter.address,
        meter.model,
        meter.serial_number,
        meter.custom_name,
        labels.ZONES[register.zone] if register else None,
        meter.multiplier,
        round(previous.value, decimals) if previous else None,
        previous.taken_on if previous else None,
        round(current.value, decimals) if current else None,
        current.taken_on if current else None,
        labels.SOURCES.get(current.source or "") if current else None,
        register.consumption_kwh if register else None,
        ". ".join(filter(None, shown)),
    ]


def power_table(passport: Passport, months: Sequence[MonthPower]) -> Table:
    """One row per month of a supply point: its mean power, and the share of the maximum."""
    columns = (
        Column("Месяц", Kind.TEXT, 14),
        Column("Расход, кВт·ч", Kind.ENERGY, 16),
        Column("Средняя мощность, кВт", Kind.ENERGY, 16),
        Column("Максимальная мощность, кВт", Kind.ENERGY, 16),
        Column("От максимальной, %", Kind.WHOLE, 16),
    )
    rows: list[list[Cell]] = [
        [
            month.period.short_label,
            month.consumption_kwh,
            month.mean_kw,
            passport.max_power_kw,
            month.share,
        ]
        for month in months
    ]
    return Table("Мощность", columns, rows)


def receipts_table(receipts: Sequence[ReceiptLine]) -> Table:
    """One row per receipt."""
    columns = (
        Column("Квитанция №", Kind.WHOLE, 14),
        Column("Передано", Kind.MOMENT, 18),
        Column("Как", Kind.TEXT, 24),
        Column("Показаний", Kind.WHOLE, 12),
        Column("Статус ввода", Kind.TEXT, 30),
    )
    rows = [
        [
            receipt.id,
            moment_cell(receipt.submitted_at),
            labels.SOURCES["staff" if receipt.staff_id else "portal"],
            receipt.count,
            ", ".join(labels.STATUSES[ReadingStatus(status)][1] for status in receipt.statuses),
        ]
        for receipt in receipts
    ]
    return Table("Квитанции", columns, rows)


def receipt_table(receipt: Receipt) -> Table:
    """One row per reading of a receipt, as it was submitted, and its status now."""
    columns = (
        Column("Прибор №", Kind.TEXT, 20),
        Column("Зона", Kind.TEXT, 10),
        Column("Место", Kind.TEXT, 50),
        Column("Период", Kind.TEXT, 12),
        Column("Предыдущее показание", Kind.ENERGY, 16),
        Column("Дата предыдущего", Kind.DATE, 12),
        Column("Показание", Kind.ENERGY, 16),
        Column("Дата показания", Kind.DATE, 12),
        Column("Коэффициент", Kind.ENERGY, 14),
        Column("Расход, кВт·ч", Kind.ENERGY, 16),
        Column("Статус ввода", Kind.TEXT, 16),
        Column("Отметки", Kind.TEXT, 40),
    )
    return Table("Показания", columns, [_receipt_cells(row) for row in receipt.readings])


def _receipt_cells(row: ReceiptReading) -> list[Cell]:
    name, previous, decimals = row.register, row.previous_value, row.register.scale.decimals
    marks = (
        "через ноль" if row.rolled_over else "",
        "с опозданием" if row.is_late else "",
        row.reason,
    )
    return [
        name.serial_number,
        labels.ZONES[name.zone],
        name.place,
        row.period.short_label,
        round(previous, decimals) if previous is not None else None,
        row.previous_on,
        round(row.value, decimals),
        row.taken_on,
        name.scale.multiplier,
        row.consumption_kwh,
        labels.STATUSES[ReadingStatus(row.status)][1],
        ", ".join(filter(None, marks)) or None,
    ]
