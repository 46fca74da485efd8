"""``make drill``: run the parts that are named, or all; the exit code says whether all held."""

from __future__ import annotations

import argparse
import sys

from tests.drills.parts import PARTS, run_part


def main() -> int:
    parser = argparse.ArgumentParser(prog="make drill", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=600, help="how long the load part lasts")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    results = {name: run_part(name, options.seconds) for name in options.parts or PARTS}
    print()
    for name, held in results.items():
        print(f"{'ok   ' if held else 'FAULT'} {name}: {PARTS[name].promise}")
    return 0 if all(results.values()) else 1


sys.exit(main())
