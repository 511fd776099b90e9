"""Measure what it costs to find the edit behind each finding when several edits fall into one check.

    python tests/benchmarks/attribution.py

Edits of the long article in ../shared, each by another editor: the processor time of recording and `attribute` for each
pending revision, and how many findings name the editor who planted them.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watcher.ledger import Recorder
from watcher.model import Article, Dialect, Policy, Revision, Snapshot
from watcher.pipeline import compare
from watcher.services.attribution import attribute
from watcher.services.ledger import PendingEdits

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared")) / "data/articles/human-trafficking.wikitext"
PAGE = Article(wiki="enwiki", page_id=1, title="Human trafficking")
_NUMBER = re.compile(r"(?<=[ (])([1-9]\d)(?=(?:,\d{3}| million| percent|%))")


def planted(text: str, count: int) -> list[str]:
    """The text before and after each of `count` edits; each changes another figure."""
    matches = [*_NUMBER.finditer(text)]
    chosen = matches[:: max(1, len(matches) // count)][:count]
    texts = [text]
    for match in chosen:
        at, end = match.span()
        texts.append(f"{texts[-1][:at]}{99 - int(match[0]) or 98}{texts[-1][end:]}")
    return texts


def run(texts: list[str]) -> tuple[float, int, int]:
    """Milliseconds for each pending revision, findings, and those that name exactly one edit."""
    revisions = [
        Revision(
            article=PAGE,
            id=number,
            parent_id=number - 1,
            at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            editor=f"Editor {number}",
            comment="",
            sha1=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        )
        for number, text in enumerate(texts)
    ]

    snapshots = [Snapshot(revision=revision, wikitext=texts[revision.id]) for revision in revisions]
    comparison = compare(snapshots[0], snapshots[-1], policy=Policy(), dialect=Dialect())
    begun = time.process_time()
    recorder = Recorder()
    recorder.begin(snapshots[0])
    made = tuple(edit for snapshot in snapshots[1:] if (edit := recorder.add(snapshot)))
    edits = attribute(comparison, PendingEdits(revisions=tuple(revisions[1:]), edits=made))
    spent = 1000 * (time.process_time() - begun) / (len(revisions) - 1)
    return spent, len(edits), sum(len(made) == 1 for made in edits)


def main() -> None:
    """Print a row for each size of the backlog."""
    if not ARTICLE.exists():
        sys.exit(f"{ARTICLE}: no such file; it is not part of this repository")
    text = ARTICLE.read_text("utf-8")
    print("pending  ms/revision  findings  with one edit")
    for count in (2, 5, 12, 30):
        print("{:7}  {:11.1f}  {:8}  {:13}".format(count, *run(planted(text, count))))


if __name__ == "__main__":
    main()
