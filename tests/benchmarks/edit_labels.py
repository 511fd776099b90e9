"""Measure alerts on labelled edits of real histories: the share of those that deserve one, and of the others.

Run `python tests/benchmarks/edit_labels.py [--show]`; the texts come from the shared data beside the checkout (or
WATCHER_SHARED), the labels (tests/data/edit_labels.jsonl: ids and verdicts, given blind) from the repository.
"""

from __future__ import annotations

import argparse
import html
import json
import lzma
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from watcher import compare_wikitext  # noqa: E402  the checkout comes first on the path
from watcher.model import Severity  # noqa: E402

SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT.parent / "shared"))
HISTORIES = SHARED / "data" / "histories"
LABELS = ROOT / "tests" / "data" / "edit_labels.jsonl"
_REVISION = re.compile(r"<revision>(.*?)</revision>", re.DOTALL)
_ID = re.compile(r"<id>(\d+)")
_TEXT = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)


def revisions() -> Iterator[tuple[str, int, str]]:
    """Title, id and text of each stored revision."""
    with lzma.open(HISTORIES / "histories.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            page = json.loads(line)
            yield from ((page["title"], item["id"], item["text"]) for item in page["revisions"])
    with lzma.open(HISTORIES / "anarchism.xml.lzma", "rt", encoding="utf-8") as file:
        export = file.read()
    for match in _REVISION.finditer(export):
        number, text = _ID.search(match[1]), _TEXT.search(match[1])
        if number and text:
            yield "Anarchism", int(number[1]), html.unescape(text[1])


def labels() -> dict[str, str]:
    """The verdict on each edit: yes, no or borderline."""
    rows = (json.loads(line) for line in LABELS.read_text("utf-8").splitlines())
    return {row["id"]: row["should_alert"] for row in rows}


def main() -> None:
    """Print precision and recall of alerts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the findings of edits that are judged otherwise")
    options = parser.parse_args()
    if not HISTORIES.is_dir():
        print(f"skipped: no histories at {HISTORIES}; set WATCHER_SHARED")
        return
    known = labels()
    requested = {
        f"{title}:{number}" for edit in known for title, pair in [edit.split(":")] for number in pair.split("-")
    }
    texts = {f"{title}:{number}": text for title, number, text in revisions() if f"{title}:{number}" in requested}
    counts: Counter[tuple[str, bool]] = Counter()
    for edit, verdict in known.items():
        title, pair = edit.split(":")
        old, new = (texts[f"{title}:{number}"] for number in pair.split("-"))
        loud = [
            finding
            for finding in compare_wikitext(old, new, title=title).findings
            if finding.severity >= Severity.MEDIUM
        ]
        counts[verdict, bool(loud)] += 1
        if options.show and (verdict, bool(loud)) in (("yes", False), ("no", True)):
            print(edit, verdict, [(finding.severity.label, finding.summary) for finding in loud[:3]])
    right, wrong, quiet = counts["yes", True], counts["no", True], counts["yes", False]
    print(f"{sum(counts.values())} edits: alerts right {right}, wrong {wrong}; missed {quiet}; {dict(counts)}")
    print(f"precision {right / max(1, right + wrong):.3f} recall {right / max(1, right + quiet):.3f}")


if __name__ == "__main__":
    main()
