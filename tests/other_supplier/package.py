"""`write_package`: a whole billing-exchange/1.0 package, streamed in constant memory."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import asdict
from pathlib import Path
from random import Random

from tests.other_supplier.identifiers import MAX_CONTRACTS
from tests.other_supplier.layout import COLUMNS, CsvFile, FileInfo, Format, Row
from tests.other_supplier.ledger import Ledger
from tests.other_supplier.ledger_state import Sink
from tests.other_supplier.masters import SUPPLIER_INN, Masters
from tests.other_supplier.months import Month, months_until

_FLUSH_EVERY = 2  # contracts; small buffers stay in the processor's cache


def write_package(
    folder: Path,
    *,
    contracts: int,
    months: int,
    last_month: str = "2026-10",
    seed: int = 1,
    hostile: bool = True,
    delimiter: str = ";",
    encoding: str = "utf-8",
    decimal: str = ".",
    manifest: bool = True,
    mode: str = "full",
    only_files: Container[str] | None = None,
    tail: int | None = None,
) -> None:
    """Write a package of `contracts` contracts over `months` months ending with `last_month`.

    The same arguments give the same bytes.  Everything is simulated whatever `only_files` and
    `tail` say, so they cut a part out of the same data: `only_files` writes (and lists in the
    manifest) only these file names, `tail` writes operations and balances of the last `tail`
    months only: a monthly delta on top of an earlier package.  A package of one more month that
    begins with the same month repeats the earlier one, apart from what the range itself cuts
    (a payment not yet posted, contract status, updated_at, verification dates).
    With cp1251, characters it lacks become `?`, as 1C does it.
    """
    if not 1 <= contracts <= MAX_CONTRACTS or months < 1:
        raise ValueError(f"contracts 1..{MAX_CONTRACTS}, months >= 1")
    folder.mkdir(parents=True, exist_ok=True)
    calendar = months_until(last_month, months)
    tail_from = max(0, months - tail) if tail else 0
    fmt = Format(delimiter, decimal)
    wanted = [name for name in COLUMNS if only_files is None or name in only_files]
    files = {name: CsvFile(folder / name, fmt, encoding) for name in wanted}
    buffers: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    buffers |= {name: file.buffer for name, file in files.items()}
    masters = Masters(fmt, calendar, seed, buffers, odd=hostile)
    ledger = Ledger(fmt, calendar, _sink(buffers), tail_from=tail_from, odd=hostile)
    masters.directories()
    for index in range(contracts):
        rng = Random(seed * 1_000_003 + index)
        ledger.contract(masters.contract(index, rng), rng)
        if index % _FLUSH_EVERY == 0:
            _flush(files, buffers)
    infos = [file.close() for file in files.values()]
    if manifest:
        batch = f"other-{seed}-{contracts}x{months}-{last_month}-{mode}-{tail_from}-{len(wanted)}"
        head = {"mode": mode, "batch_id": f"{batch}{'-h' if hostile else ''}"}
        dialect = {"encoding": encoding, "delimiter": delimiter, "decimal": decimal}
        _write_manifest(folder, head | dialect, calendar[tail_from:], infos)


def _sink(buffers: dict[str, list[Row]]) -> Sink:
    return Sink(
        readings=buffers["readings.csv"],
        charges=buffers["charges.csv"],
        lines=buffers["charge_lines.csv"],
        invoices=buffers["invoices.csv"],
        payments=buffers["payments.csv"],
        balances=buffers["balances.csv"],
    )


def _flush(files: dict[str, CsvFile], buffers: dict[str, list[Row]]) -> None:
    """Write what is buffered, and drop rows of files that are not wanted."""
    for file in files.values():
        file.flush()
    for name in buffers.keys() - files.keys():
        buffers[name].clear()


def _write_manifest(
    folder: Path, values: dict[str, str], months: list[Month], files: list[FileInfo]
) -> None:
    document = {
        "format": "billing-exchange/1.0",
        "supplier_inn": SUPPLIER_INN,
        "period_from": months[0].ym,
        "period_to": months[-1].ym,
        "created_at": f"{months[-1].last}T23:50:07+05:00",
        **values,
        "files": [asdict(info) for info in files],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
