"""Command line: `python -m tests.other_supplier FOLDER --contracts N --months M`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.other_supplier.package import write_package


def say(line: str) -> None:
    """Write a line to the standard output."""
    sys.stdout.write(line + "\n")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.other_supplier", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contracts", type=int, default=300)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--last-month", default="2026-10", help="YYYY-MM, default %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="no hostile texts or row orders")
    parser.add_argument("--delimiter", default=";", help="';', ',' or 'tab'")
    parser.add_argument("--encoding", default="utf-8", choices=["utf-8", "cp1251"])
    parser.add_argument("--decimal", default=".", choices=[".", ","])
    parser.add_argument("--no-manifest", action="store_true")
    parser.add_argument("--mode", default="full", choices=["full", "delta"])
    parser.add_argument("--tail", type=int, help="write operations of the last TAIL months only")
    parser.add_argument("--only", nargs="+", metavar="FILE.csv")
    return parser.parse_args()


def main() -> None:
    """Write one package and print rows, bytes and speed."""
    args = parse_arguments()
    started = time.perf_counter()
    write_package(
        args.folder,
        contracts=args.contracts,
        months=args.months,
        last_month=args.last_month,
        seed=args.seed,
        hostile=not args.plain,
        delimiter="\t" if args.delimiter == "tab" else args.delimiter,
        encoding=args.encoding,
        decimal=args.decimal,
        manifest=not args.no_manifest,
        mode=args.mode,
        only_files=args.only,
        tail=args.tail,
    )
    seconds = time.perf_counter() - started
    if args.no_manifest:
        say(f"{args.folder}: {seconds:.1f} s")
        return
    files = json.loads((args.folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    for item in files:
        say(f"{item['name']:20} {item['rows']:>10} rows {item['bytes']:>13} bytes")
    rows = sum(item["rows"] for item in files)
    size = sum(item["bytes"] for item in files)
    say(f"{'total':20} {rows:>10} rows {size:>13} bytes {seconds:.1f} s {rows / seconds:.0f}/s")


if __name__ == "__main__":
    main()
