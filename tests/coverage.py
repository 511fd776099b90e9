"""Fail if tests cover less than 90 % of a package's branches: `make coverage` calls it."""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from coverage import Coverage

LEAST = 90.0  # percent of the branches


def branches(report: dict[str, dict[str, dict[str, int]]]) -> dict[str, float]:
    """The branch coverage of each package, in percent, from coverage's JSON report."""
    every, tested = Counter[str](), Counter[str]()
    for name, file in report["files"].items():
        package = ".".join(Path(name).parent.parts)
        every[package] += file["summary"]["num_branches"]
        tested[package] += file["summary"]["covered_branches"]
    return {package: 100 * tested[package] / every[package] for package in sorted(every) if every[package]}


def main() -> int:
    """Print a line for each package; the exit code is 1 if a package has too little coverage."""
    coverage = Coverage()
    coverage.load()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        coverage.json_report(outfile=file.name)
        shares = branches(json.loads(Path(file.name).read_text(encoding="utf-8")))
    poor = [package for package, share in shares.items() if share < LEAST]
    for package, share in shares.items():
        print(f"{share:6.1f} % of the branches of {package}{' - too few' if package in poor else ''}")
    if poor:
        print(f"fewer than {LEAST:.0f} % of the branches are tested: {', '.join(poor)}", file=sys.stderr)
    return 1 if poor or not shares else 0


if __name__ == "__main__":
    sys.exit(main())
