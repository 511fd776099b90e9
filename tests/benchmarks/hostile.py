"""Measure how long each hostile edit takes through comparison and reports, how much memory, and how much is written.

    python tests/benchmarks/hostile.py                     every case at 2 MB (minutes)
    python tests/benchmarks/hostile.py --size 200000       the same, smaller
    python tests/benchmarks/hostile.py --each 24           every filler of tests/hostile at every position (an hour)
    python tests/benchmarks/hostile.py --only links        the cases with these words in their names

Each case runs in a process of its own, so that its peak memory is its own; seconds are of processor time. The changed
figure beside what is hostile must be reported, or the part that could not be compared be named as too large.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

from tests.hostile.edits import PLANTED, TEN, Edit, edit, repeated, shapes
from watcher import compare_wikitext
from watcher.report import ReportOptions, report

TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
BAR_SECONDS, BAR_MEGABYTES, BAR_OUTPUT = 10.0, 600.0, 20.0
FORMS: tuple[Literal["json", "html", "markdown", "text"], ...] = ("json", "html", "markdown", "text")
TIMEOUT = 600


def shaped(before: str, opener: str, inside: str, closer: str, after: str, size: int) -> Edit:
    times = size // len(opener + closer)
    return edit(before + opener * times + inside + closer * times + after)


def numbered(name: str, size: int) -> Edit:
    """A text of one kind on both sides, of which few or all units differ."""
    unit, begin = TABLES["numbered"][name], 100_000
    inside = ("{| class=wikitable\n", "\n|}") if name in ("cells", "other rows") else ("", "")

    def text(step: int) -> str:
        numbers = range(begin + step, begin + step + size // len(unit.replace("{n}", str(begin))))
        return inside[0] + "".join(unit.replace("{n}", str(number)) for number in numbers) + inside[1]

    made = edit(text(500_000 if name.startswith("other") else 7), text(0))
    return Edit(made.old, made.new.replace("== Hostile ==\n", "")) if name.startswith("merged") else made


def cases(size: int, each: int) -> dict[str, Callable[[], Edit]]:
    """Every hostile edit by name; fillers have a tenth of the size, at `each` of the positions."""
    made: dict[str, Callable[[], Edit]] = {}
    for motif in TABLES["motifs"]:
        made[f"over and over {motif!r}"] = partial(lambda motif: edit(repeated(motif, size)), motif)
    made |= {name: partial(shaped, *row, size=size) for name, row in TABLES["shaped"].items()}
    made |= {f"flood of {name}": partial(numbered, name, size) for name in TABLES["numbered"]}
    return {**made, **TEN, **dict(shapes(size // 10, each))}


def measured(name: str, size: int, each: int) -> dict[str, Any]:
    """Measure one case, in a process that has done nothing else."""
    made = cases(size, each)[name]()
    begun = time.process_time()
    comparison = compare_wikitext(made.old, made.new)
    compared = time.process_time() - begun
    options = ReportOptions(before_text=made.old, after_text=made.new)
    sizes = [len(report(comparison, form, options).encode("utf-8", "replace")) for form in FORMS]
    too_large = any("too large" in unread.reason for unread in comparison.unread)
    return {
        "name": name,
        "characters": len(made.old) + len(made.new),
        "compared": compared,
        "seconds": time.process_time() - begun,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "output": max(sizes) / 1e6,
        "findings": len(comparison.findings),
        "reported": too_large or any(PLANTED in (finding.change.new_sentence or "") for finding in comparison.findings),
        "unread": "; ".join(dict.fromkeys(unread.reason for unread in comparison.unread))[:80],
    }


def results(size: int, each: int, words: str) -> Iterator[dict[str, Any]]:
    nothing = {"characters": 0, "compared": 0.0, "megabytes": 0.0, "output": 0.0, "findings": 0, "reported": False}
    for name in cases(size, each):
        if words not in name:
            continue
        command = [sys.executable, __file__, "--one", name, "--size", str(size), "--each", str(each)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
            lost = done.stderr[-200:].strip()
            yield json.loads(done.stdout or "null") or {**nothing, "name": name, "seconds": 0.0, "unread": lost}
        except subprocess.TimeoutExpired:
            yield {**nothing, "name": name, "seconds": float(TIMEOUT), "unread": f"> {TIMEOUT} s"}


def main() -> int:
    """Print a line for each case, and the worst of each column; 1 when one is over a bar."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=2_000_000, help="characters of a text")
    options.add_argument("--each", type=int, default=4, help="positions at which every filler stands")
    options.add_argument("--only", default="", help="only the cases with these words in their names")
    options.add_argument("--one", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(measured(chosen.one, chosen.size, chosen.each)))
        return 0
    measurements, over = [], 0
    for case in results(chosen.size, chosen.each, chosen.only):
        measurements.append(case)
        is_over = not case["reported"] or case["seconds"] > BAR_SECONDS
        is_over = is_over or case["megabytes"] > BAR_MEGABYTES or case["output"] > BAR_OUTPUT
        over += is_over
        print(
            f"{case['name'][:44]:44} {case['characters']:>11,} {case['compared']:6.2f} {case['seconds']:6.2f} s "
            f"{case['megabytes']:5.0f} MB {case['output']:6.2f} MB {case['findings']:>6,} findings, "
            f"figure {'reported' if case['reported'] else 'LOST'}{', ' if case['unread'] else ''}{case['unread']}"
            f"{'  OVER' if is_over else ''}",
            flush=True,
        )
    for column in ("seconds", "megabytes", "output"):
        worst = max(measurements, key=lambda case: case[column])
        print(f"most {column}: {worst[column]:.1f} ({worst['name']})")
    lost = sum(not case["reported"] for case in measurements)
    print(
        f"{len(measurements)} cases, figure lost in {lost}; {over} over the bars of {BAR_SECONDS:.0f} s, "
        f"{BAR_MEGABYTES:.0f} MB, {BAR_OUTPUT:.0f} MB of output"
    )
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
