"""``make bench``: run every benchmark with its baseline. Nothing here passes or fails."""

from __future__ import annotations

import argparse
import logging
import resource
import tempfile
from pathlib import Path

from tests.bench import imports, pages, processes, search, statements, visits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=1000, help="contracts of the import")
    parser.add_argument("--months", type=int, default=36)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        imports.report(Path(folder), options.contracts, options.months)
        imports.report_memory(Path(folder))
        pages.report(Path(folder), options.contracts)
        visits.report(Path(folder))
        processes.report(Path(folder))
        search.report(Path(folder))
    statements.report()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of the whole run: {peak:.0f} MiB at most")


main()
