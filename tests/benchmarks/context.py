"""Edits of real histories become figures of context: does what is known of an edit tell those that were reverted?

    python tests/benchmarks/context.py FILE [--title TITLE] [--revisions N] [--skip N]

FILE is a MediaWiki export, or histories.jsonl.xz of the shared data. An edit was reverted when one of the next ten
revisions has the very text before it; edits that revert are left out. The area under the ROC curve (AUC) is that of
severity alone, and of severity with the weights of `watcher.judge.context`, which were fixed on the first half (by
time) of the edits of "Anarchism"; the second half is the measure. One line for each group of edits: those with changed
digits, with changed facts (a statistic or claim), and with both.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from watcher import compare_wikitext
from watcher.fetch.dump import DumpPage, read_dump
from watcher.judge.context import EditContext, add_context, signals
from watcher.model import Article, Finding, Kind, Revision, Severity, Snapshot
from watcher.parse.document import clear_caches

DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
CHANGED = (Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED)
REACH = 10  # revisions within which an edit is reverted
REMEMBERED = 200  # sentences, as `ComparisonRepository.changed_sentences`


@dataclass
class ScoredEdit:
    """One edit with what the product says of it."""

    sha1: str
    before: str
    severity: int = 0
    weight: float = 0.0
    codes: tuple[str, ...] = ()
    digits: bool = False
    changed: bool = False
    raised: bool = False
    reverted: bool = False
    has_findings: bool = False

    @property
    def score(self) -> float:
        return self.weight + 0.4 * (self.severity >= Severity.HIGH) + 0.3 * (self.severity >= Severity.CRITICAL)


@dataclass
class PageState:
    """What is known of a page when an edit of it is judged."""

    text: str = ""
    sha1: str = ""
    editors: Counter[str] = field(default_factory=Counter)
    flips: deque[tuple[tuple[str, str], int]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    last: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    def read(self, snapshot: Snapshot) -> ScoredEdit:
        revision, text = snapshot.revision, snapshot.wikitext or ""
        edit = ScoredEdit(sha1=revision.sha1 or "", before=self.sha1)
        if self.text and text != self.text and edit.sha1 not in self.last:
            self.judge(edit, revision, compare_wikitext(self.text, text, title=revision.article.title).findings)
        self.editors[revision.editor or ""] += 1
        self.text, self.sha1 = text, edit.sha1
        self.last.append(edit.sha1)
        return edit

    def judge(self, edit: ScoredEdit, revision: Revision, changes: Sequence[Finding]) -> None:
        if not changes:
            return
        findings = [replace(finding, edits=(revision,)) for finding in changes]
        context = EditContext(
            edit=revision, earlier_edits=self.editors[revision.editor or ""], flips=dict(reversed(self.flips))
        )
        remarkable = signals(context, findings)
        judged = add_context(findings, {revision.id: context})
        edit.has_findings = True
        edit.severity = max(finding.severity for finding in findings)
        edit.raised = edit.severity < max(finding.severity for finding in judged)
        edit.weight = sum(signal.weight for signal in remarkable)
        edit.codes = tuple(signal.code for signal in remarkable)
        edit.changed = any(finding.change.kind in CHANGED for finding in findings)
        edit.digits = any(
            sorted(DIGITS.findall(finding.change.old_sentence or ""))
            != sorted(DIGITS.findall(finding.change.new_sentence or ""))
            for finding in findings
        )
        for finding in findings:
            sides = finding.change.old_sentence, finding.change.new_sentence
            if finding.change.kind in CHANGED and sides[0] and sides[1]:
                self.flips.append(((sides[0], sides[1]), revision.id))


def from_jsonl(path: Path) -> Iterator[Snapshot]:
    """The revisions of histories.jsonl.xz, page by page."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            page = json.loads(line)
            article = Article(wiki="en", page_id=number, title=page["title"])
            for row in page["revisions"]:
                yield Snapshot(
                    revision=Revision(
                        article=article,
                        id=row["id"],
                        parent_id=0,
                        at=datetime.fromisoformat(row["timestamp"]),
                        editor=row["user"],
                        comment=row["comment"] or "",
                        sha1=str(hash(row["text"])),
                    ),
                    wikitext=row["text"],
                )


def judged(snapshots: Iterator[Snapshot]) -> Iterator[ScoredEdit]:
    """Every edit that is no revert, with whether it was reverted."""
    for _, revisions in groupby(snapshots, key=lambda snapshot: snapshot.revision.article.page_id):
        page, edits = PageState(), []
        for number, snapshot in enumerate(revisions, 1):
            edits.append(page.read(snapshot))
            if number % 200 == 0:
                clear_caches()
        for at, edit in enumerate(edits):
            if edit.has_findings:
                edit.reverted = edit.before in {later.sha1 for later in edits[at + 1 : at + 1 + REACH]}
                yield edit


def auc(edits: Sequence[ScoredEdit], score: Callable[[ScoredEdit], float]) -> float:
    """How often a reverted edit has a higher score than one that stayed; equal scores count half."""
    kept = sorted(score(edit) for edit in edits if not edit.reverted)
    lost = [score(edit) for edit in edits if edit.reverted]
    if not kept or not lost:
        return float("nan")
    return sum((bisect_left(kept, value) + bisect_right(kept, value)) / 2 for value in lost) / (len(kept) * len(lost))


def report(name: str, edits: Sequence[ScoredEdit]) -> None:
    halves = edits[: len(edits) // 2], edits[len(edits) // 2 :]
    severity, score = (
        [auc(part, measure) for part in (*halves, edits)]
        for measure in (lambda edit: edit.severity, lambda edit: edit.score)
    )
    raised = [edit.reverted for edit in edits if edit.raised]
    sys.stdout.write(
        f"{name:16} {len(edits):6,} edits, {sum(edit.reverted for edit in edits):5,} reverted; "
        "AUC of the first half, the second, all: "
        f"severity {' '.join(f'{value:.3f}' for value in severity)}, with context "
        f"{' '.join(f'{value:.3f}' for value in score)}; raised {len(raised)}, {sum(raised)} of them reverted\n"
    )


def main() -> int:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", type=Path)
    options.add_argument("--title", default="Anarchism")
    options.add_argument("--revisions", type=int)
    options.add_argument("--skip", type=int, default=0)
    chosen = options.parse_args()
    if ".jsonl" in chosen.file.name:
        snapshots = from_jsonl(chosen.file)
    else:
        snapshots = read_dump(chosen.file, DumpPage(wiki="en", title=chosen.title))
    end = None if chosen.revisions is None else chosen.skip + chosen.revisions
    edits = list(judged(islice(snapshots, chosen.skip, end)))
    report("all edits", edits)
    report("digits", [edit for edit in edits if edit.digits])
    report("changed facts", [edit for edit in edits if edit.changed])
    report("both", [edit for edit in edits if edit.digits and edit.changed])
    for code in sorted({code for edit in edits for code in edit.codes}):
        marked = [edit.reverted for edit in edits if edit.digits and code in edit.codes]
        sys.stdout.write(
            f"  {code:16} {len(marked):5} of the edits with digits, {sum(marked) / max(1, len(marked)):.0%} reverted\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
