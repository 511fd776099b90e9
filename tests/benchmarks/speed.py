"""Measure a comparison beside mwedittypes: edits of a long article, real pairs, growth, hostile texts.

    python tests/benchmarks/speed.py                 everything; mwedittypes is installed in a temporary environment
    python tests/benchmarks/speed.py --alone         without mwedittypes
    python tests/benchmarks/speed.py --hostile       hostile edits through comparison and reports (minutes)
    python tests/benchmarks/speed.py --hostile --each 24  every filler of tests/hostile at every position (an hour)

Milliseconds are of processor time, so that a busy machine does not count; both contestants take turns in one run, each
in a process of its own. Every cache is emptied before each measured comparison unless the row says otherwise.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import importlib
import json
import os
import pkgutil
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from watcher import compare_wikitext, parse
from watcher.model import Comparison
from watcher.parse.document import index_document_references
from watcher.parse.template_names import dialect_for
from watcher.report import ReportOptions, report

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.hostile.edits import PLANTED, TEN, Edit, edit, shapes  # noqa: E402  found from any working directory

SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared"))
RIVAL = "mwedittypes==3.1.0"
HELD = Path(tempfile.gettempdir()) / f"article-watcher-{RIVAL.replace('==', '-')}"
BAR_SECONDS, BAR_MEGABYTES, BAR_OUTPUT = 10.0, 600.0, 20.0

_RIVAL_PROGRAM = """
import json, sys, time
from mwedittypes import StructuredEditTypes
for line in sys.stdin:
    pair = json.loads(line)
    begun = time.process_time()
    try:
        StructuredEditTypes('wikitext', pair['old'], pair['new'], pair['lang']).get_diff()
    except Exception as error:
        print(json.dumps({'error': repr(error)}), flush=True)
    else:
        print(json.dumps({'ms': 1000 * (time.process_time() - begun)}), flush=True)
"""


class Rival:
    """mwedittypes in its own environment, asked over a pipe."""

    def __init__(self) -> None:
        python = HELD / "bin/python"
        if not python.exists():
            venv.create(HELD, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", RIVAL], check=True)
        self.asked = subprocess.Popen(
            [python, "-c", _RIVAL_PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, old: str, new: str, language: str) -> float | None:
        """Milliseconds, None where it raised."""
        assert self.asked.stdin is not None
        assert self.asked.stdout is not None
        self.asked.stdin.write(json.dumps({"old": old, "new": new, "lang": language}) + "\n")
        self.asked.stdin.flush()
        answer: dict[str, Any] = json.loads(self.asked.stdout.readline())
        return answer.get("ms")


def caches() -> list[Any]:
    """Every functools cache of the core, found by what it can do."""
    modules = [importlib.import_module("watcher.pipeline")]
    for name in ("watcher.parse", "watcher.diff", "watcher.judge"):
        names = [walk_package.name for walk_package in pkgutil.walk_packages(sys.modules[name].__path__, f"{name}.")]
        modules += [sys.modules[name], *map(importlib.import_module, names)]
    result = {
        id(value): value for module in modules for value in vars(module).values() if hasattr(value, "cache_clear")
    }
    return list(result.values())


CACHES = caches()


def forget() -> None:
    """Empty every cache but those of constant tables."""
    for cache in CACHES:
        cache.cache_clear()


def measured(old: str, new: str, language: str = "en", *, warm: Callable[[], object] | None = None) -> float:
    """Milliseconds of one comparison, after `warm`, with nothing else remembered."""
    forget()
    if warm:
        warm()
    gc.collect()
    begun = time.process_time()
    compare_wikitext(old, new, wiki=dialect_for(language))
    return 1000 * (time.process_time() - begun)


def split(old: str, new: str) -> float:
    """Milliseconds of what every comparison does to both whole texts: find the sections and the names of references."""
    forget()
    begun = time.process_time()
    index_document_references(old)
    index_document_references(new)
    return 1000 * (time.process_time() - begun)


def article() -> str:
    """The long article."""
    return (SHARED / "data/articles/human-trafficking.wikitext").read_text("utf-8")


def with_five_edits(text: str) -> str:
    """A figure changed, a reference added, a caption changed, a section renamed, a paragraph moved."""
    number = re.search(r"\b\d+\.\d million", text)
    assert number is not None
    text = f"{text[: number.start()]}77.7 million{text[number.end() :]}"
    caption = re.search(r"\[\[File:[^\[\]|]*\|thumb\|[^\[\]\n]*", text)
    assert caption is not None
    text = f"{text[: caption.end()]} in another light{text[caption.end() :]}"
    headings = list(re.finditer(r"^==([^=\n]+)==$", text, re.MULTILINE))
    heading = headings[len(headings) // 2]
    text = f"{text[: heading.start()]}== Matters of another name =={text[heading.end() :]}"
    paragraphs = [match for match in re.finditer(r"(?<=\n\n)[A-Z][^\n]{400,}\n\n", text) if "<ref" in match[0]]
    cited, moved = paragraphs[2], paragraphs[len(paragraphs) // 2]
    source = "<ref>{{cite web |title=A source of our own |url=https://www.example.org/own |date=2024}}</ref>"
    end = paragraphs[-3].end()
    text = text[: moved.start()] + text[moved.end() : end] + moved[0] + text[end:]
    return f"{text[: cited.end() - 2]}{source}{text[cited.end() - 2 :]}"


def with_an_edit(text: str) -> str:
    """One sentence of the article's middle with another figure."""
    numbers = [match for match in re.finditer(r"(?<=[a-z] )\d{2,3}(?= [a-z])", text) if match.start() > len(text) // 2]
    return f"{text[: numbers[0].start()]}7{text[numbers[0].start() :]}"


def pairs() -> list[dict[str, str]]:
    """The real pairs."""
    with gzip.open(SHARED / "data/revision-pairs/recent-changes.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def row(name: str, ours: list[float], others: list[float], bar: str) -> None:
    """One line of the table."""
    own = statistics.median(ours)
    reported = f"{name:44} {own:9.2f} {min(ours):9.2f}"
    if others:
        other = statistics.median(others)
        reported += f" {other:12.1f} {other / own:7.1f}×"
    else:
        reported += f" {'':12} {'':8}"
    print(f"{reported}   {bar}", flush=True)


def single(rival: Rival | None, rounds: int) -> None:
    """The long article: five edits, none, one."""
    old = article()
    new, once = with_five_edits(old), with_an_edit(old)

    def both(first: str, other: str, warm: Callable[[], object] | None = None) -> tuple[list[float], list[float]]:
        own, others = [], []
        for turn in range(rounds):
            own.append(measured(first, other, warm=warm))
            if rival and turn < rounds // 3 + 1:
                others.append(rival(first, other, "en") or 0.0)
        return own, others

    row("article, five edits, nothing cached", *both(old, new), "≤ 15 ms, ≥ 10×")
    row("article, identical", *both(old, str(old.encode(), "utf-8")), "≤ 1 ms")
    remembered = both(old, once, warm=lambda: parse(old))
    row("article, one sentence, old side cached", *remembered, "≤ 5 ms")
    row("article, one sentence, nothing cached", *both(old, once), "")


def growth(rounds: int) -> None:
    """The same edit in the article and in ten of it."""
    old = article()
    new = with_an_edit(old)
    others = "\n".join(re.sub(r"^(=+)([^=\n]+)", rf"\1 {n} \2", old, flags=re.MULTILINE) for n in range(9))
    long, longer = f"{old}\n{others}", f"{new}\n{others}"
    small = [measured(old, new) for _ in range(rounds)]
    large = [measured(long, longer) for _ in range(rounds)]
    row("article, one edit", small, [], "")
    row("  of it the split of both texts", first := [split(old, new) for _ in range(rounds)], [], "")
    row("ten articles, one edit", large, [], f"×{statistics.median(large) / statistics.median(small):.1f}")
    row("  of it the split of both texts", second := [split(long, longer) for _ in range(rounds)], [], "")
    beyond, of_first = (statistics.median(a) - statistics.median(b) for a, b in ((large, second), (small, first)))
    print(f"beyond the split: {of_first:.2f} → {beyond:.2f} ms, ×{beyond / of_first:.1f}   bar: ≤ ×3")


def real(rival: Rival | None) -> None:
    """The real pairs, each once (the better of two)."""
    rows = pairs()
    own: dict[str, float] = {}
    other: dict[str, float] = {}
    failed = 0
    for row in rows:
        own[row["id"]] = min(measured(row["old"], row["new"], row["lang"]) for _ in range(2))
        if rival:
            spent = rival(row["old"], row["new"], row["lang"])
            failed += spent is None
            other[row["id"]] = spent or 0.0
    worst = max(own, key=own.__getitem__)
    print(
        f"{len(rows)} real pairs: {sum(own.values()):.0f} ms in all, median {statistics.median(own.values()):.2f}, "
        f"worst {own[worst]:.0f} ({worst})   bar: ≤ 1,000 ms in all, none over 150"
    )
    if other:
        print(
            f"  {RIVAL}: {sum(other.values()):,.0f} ms in all, median {statistics.median(other.values()):.2f}, "
            f"worst {max(other.values()):.0f}, raised {failed} times; "
            f"{sum(other.values()) / sum(own.values()):.1f}× as long"
        )
    for name in sorted(own, key=own.__getitem__)[-5:]:
        print(f"    {name} {own[name]:.0f} ms" + (f", there {other[name]:.0f}" if other else ""))


_UNITS = {
    "template": "{{a|",
    "link": "[[",
    "ref": "<ref>",
    "table": "{|\n",
    "div": "<div>",
    "external link": "[http:",
    "quotes": "''''",
    "heading": "== a\n",
    "comment": "<!--",
    "list items": "* an item of the list with words\n",
    "one line of words": "word ",
    "one line of letters": "a",
    "sentences": "It stood by the river for {n} years. ",
    "paragraphs": "It stood by the river for {n} years.\n\n",
    "cells": "| {n} || {n}\n|-\n",
    "references": "<ref>{{{{cite web |title=Page {n} |url=https://x.example/{n}}}}}</ref>",
    "uses": '<ref name="n{n}" />',
    "merged section": "It stood by the river for {n} years.\n\n",
    "headings closed": "== Part {n} ==\nWords of part {n}.\n",
    "figures": "[[File:F{n}.jpg|thumb|View {n}]]\n",
    "tags": "Words {n}.{{{{cn}}}} ",
    "other sentences": "It stood by the river for {n} years. ",
    "other paragraphs": "It stood by the river for {n} years.\n\n",
    "other items": "* stood {n} years\n",
    "other rows": "| {n} || {n}\n|-\n",
    "other references": "<ref>{{{{cite web |title=Page {n} |url=https://x.example/{n}}}}}</ref>",
    "other headings": "== Part {n} ==\nWords of part {n}.\n",
    "other figures": "[[File:F{n}.jpg|thumb|View {n}]]\n",
}


def hostile_text(name: str, size: int, *, step: int) -> str:
    """About `size` characters of one kind; numbers count from `step`, so that two texts share few units."""
    unit = _UNITS[name]
    if "{n}" not in unit:
        return unit * (size // len(unit)) + (" end" if step else "")
    times = size // len(unit.format(n=100_000))
    return "".join(unit.format(n=n) for n in range(100_000 + step, 100_000 + step + times))


def flood(name: str, size: int) -> Edit:
    """A text of `size` characters of one kind on both sides, of which few or all units differ."""
    inside = ("{| class=wikitable\n", "\n|}") if name in ("cells", "other rows") else ("", "")
    apart = 500_000 if name.startswith("other") else 7
    old, new = (f"{inside[0]}{hostile_text(name, size, step=step)}{inside[1]}" for step in (0, apart))
    made = edit(new, old)
    return Edit(made.old, made.new.replace("== Hostile ==\n", "")) if name.startswith("merged") else made


def hostile_edits(size: int, each: int) -> dict[str, Callable[[], Edit]]:
    """Every hostile edit by name: floods of `size`, the ten, fillers of a tenth of it at `each` of the positions."""
    floods = {f"flood of {name}": partial(flood, name, size) for name in _UNITS}
    return {**floods, **TEN, **dict(shapes(size // 10, each))}


def _report(comparison: Comparison, form: str, made: Edit) -> str:
    return report(comparison, form, ReportOptions(before_text=made.old, after_text=made.new))  # type: ignore[arg-type]


def hostile_case(name: str, size: int, each: int) -> dict[str, Any]:
    """Measure one hostile edit, in a process that has done nothing else."""
    made = hostile_edits(size, each)[name]()
    begun = time.process_time()
    comparison = compare_wikitext(made.old, made.new)
    compared = time.process_time() - begun
    reports = (report(comparison, "json"), *(_report(comparison, form, made) for form in ("html", "markdown", "text")))
    sizes = [len(text.encode("utf-8", "replace")) for text in reports]
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


def is_over(case: dict[str, Any]) -> bool:
    """Whether a case breaks one of the bars."""
    return (
        not case["reported"]
        or case["seconds"] > BAR_SECONDS
        or case["megabytes"] > BAR_MEGABYTES
        or case["output"] > BAR_OUTPUT
    )


def hostile_line(case: dict[str, Any]) -> str:
    """One row of the hostile table."""
    return (
        f"{case['name']:44} {case['characters']:>11,} {case['compared']:6.2f} {case['seconds']:6.2f} s "
        f"{case['megabytes']:5.0f} MB {case['output']:6.2f} MB {case['findings']:>6,} findings, "
        f"figure {'reported' if case['reported'] else 'LOST'}{', ' if case['unread'] else ''}{case['unread']}"
        f"{'  OVER' if is_over(case) else ''}"
    )


def hostile_cases(size: int, each: int, words: str) -> Iterator[dict[str, Any]]:
    """Each case in a process of its own, so that its memory is its own."""
    nothing = {"characters": 0, "compared": 0.0, "megabytes": 0.0, "output": 0.0, "findings": 0, "reported": False}
    for name in hostile_edits(size, each):
        if words not in name:
            continue
        command = [sys.executable, __file__, "--one", name, "--size", str(size), "--each", str(each)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
            last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
            yield json.loads(done.stdout) if done.stdout else {
                "name": name, **nothing, "seconds": 0.0, "unread": f"ended with {last}"[:200],
            }  # fmt: skip
        except subprocess.TimeoutExpired:
            yield {"name": name, **nothing, "seconds": 120.0, "unread": "no end within 120 s"}


def hostile(size: int, each: int, words: str) -> int:
    """Print the hostile table and the worst of each column; how many cases are over a bar."""
    cases = []
    for case in hostile_cases(size, each, words):
        cases.append(case)
        print(hostile_line(case), flush=True)
    worst = {column: max(cases, key=lambda item: item[column]) for column in ("seconds", "megabytes", "output")}
    over = sum(map(is_over, cases))
    print(
        f"{len(cases)} shapes: worst {worst['seconds']['seconds']:.1f} s ({worst['seconds']['name']}), "
        f"{worst['megabytes']['megabytes']:.0f} MB ({worst['megabytes']['name']}), "
        f"output {worst['output']['output']:.1f} MB ({worst['output']['name']}); "
        f"figure lost in {sum(not case['reported'] for case in cases)}; {over} over the bars of "
        f"{BAR_SECONDS:.0f} s, {BAR_MEGABYTES:.0f} MB, {BAR_OUTPUT:.0f} MB of output"
    )
    return over


def main() -> int:
    """Print the tables; 1 when a hostile case is over its bar."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--alone", action="store_true", help="without mwedittypes")
    options.add_argument("--hostile", action="store_true", help="only the hostile texts")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--size", type=int, default=2_000_000, help="characters of a hostile text")
    options.add_argument("--each", type=int, default=4, help="positions at which every hostile filler stands")
    options.add_argument("--only", default="", help="only the hostile edits with these words in their names")
    options.add_argument("--one", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(hostile_case(chosen.one, chosen.size, chosen.each)))
        return 0
    if chosen.hostile:
        return int(hostile(chosen.size, chosen.each, chosen.only) > 0)
    if not SHARED.is_dir():
        sys.stderr.write(f"no texts at {SHARED}: set WATCHER_SHARED\n")
        return 0
    rival = None if chosen.alone else Rival()
    print(f"{'':44} {'median ms':>9} {'min ms':>9} {'mwedittypes':>12} {'':>8}   bar")
    single(rival, chosen.rounds)
    growth(max(chosen.rounds // 3, 3))
    real(rival)
    return 0


if __name__ == "__main__":
    sys.exit(main())
