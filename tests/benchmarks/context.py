"""Measure whether the context of an edit predicts its revert, on edits of real histories.

    python tests/benchmarks/context.py FILE [--title TITLE] [--revisions N] [--skip N]

FILE is a MediaWiki export, or histories.jsonl.xz of the shared data. An edit was reverted when one of the next ten
revisions has the very text before it; edits that revert are left out. Of a series that was undone at once that is the
first edit alone, so the same is measured once more with all of the series ("series"). The area under the ROC curve
(AUC) is that of severity alone, of severity with the points of `watcher.judge.context`, which were fixed on the first
half (by time) of the edits of "Anarchism", and of the rank that the review queue is sorted by; the second half is the
measure, with the interval that 19 of 20 resamplings of its edits lie in. One line for each group of edits: those with
changed digits, with changed facts (a statistic or claim), and with both. The last lines are about edits with a scored
change of mere wording: how often those of registered editors with ten earlier edits were undone in a series or alone,
against all such edits. The logarithm of the ratio of the odds is `ESTABLISHED_SCORE` of `watcher.judge.worth`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from random import Random

from tests.shared_data import rows
from watcher import compare_wikitext
from watcher.fetch.dump import DumpPage, read_dump
from watcher.judge.context import HISTORY, OWN_UNDONE, EditContext, add_context, signals, total_points
from watcher.judge.worth import only_rewords
from watcher.model import Article, Finding, Kind, Revision, Severity, Snapshot
from watcher.parse.document import clear_caches

DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
CHANGED = (Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED)
REACH = 10  # revisions within which an edit is reverted
REGULAR = 10  # earlier edits of an editor who is no newcomer to the article
REMEMBERED = 200  # sentences, as `ComparisonRepository.changed_sentences`


@dataclass
class ScoredEdit:
    """One edit with what the product says of it."""

    sha1: str
    before: str
    severity: int = 0
    points: int = 0
    rank: int = 0
    codes: tuple[str, ...] = ()
    digits: bool = False
    changed: bool = False
    raised: bool = False
    reverted: bool = False
    undone: bool = False
    has_findings: bool = False
    rewords: bool = False
    regular: bool = False

    @property
    def score(self) -> int:
        return self.points + max(self.severity - Severity.LOW, 0)


@dataclass
class PageState:
    """What is known of a page when an edit of it is judged."""

    text: str = ""
    sha1: str = ""
    editors: Counter[str] = field(default_factory=Counter)
    flips: deque[tuple[tuple[str, str, str], int]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    last: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    history: deque[Revision] = field(default_factory=lambda: deque(maxlen=HISTORY))

    def read(self, snapshot: Snapshot) -> ScoredEdit:
        revision, text = snapshot.revision, snapshot.wikitext or ""
        edit = ScoredEdit(sha1=revision.sha1 or "", before=self.sha1)
        if self.text and text != self.text and edit.sha1 not in self.last:
            self.judge(edit, revision, compare_wikitext(self.text, text, title=revision.article.title).findings)
        self.editors[revision.editor or ""] += 1
        self.text, self.sha1 = text, edit.sha1
        self.last.append(edit.sha1)
        self.history.append(revision)
        return edit

    def judge(self, edit: ScoredEdit, revision: Revision, changes: Sequence[Finding]) -> None:
        if not changes:
            return
        findings = [replace(finding, edits=(revision,)) for finding in changes]
        context = EditContext(
            edit=revision,
            earlier_edits=self.editors[revision.editor or ""],
            flips=dict(reversed(self.flips)),
            history=tuple(self.history),
        )
        remarkable = signals(context, findings)
        judged = add_context(findings, {revision.id: context})
        edit.has_findings = True
        edit.rewords = any(finding.score is not None and only_rewords(finding.change) for finding in findings)
        edit.regular = revision.account == "registered" and self.editors[revision.editor or ""] >= REGULAR
        edit.severity = max(finding.severity for finding in findings)
        edit.raised = any(new.severity > old.severity for old, new in zip(findings, judged, strict=True))
        edit.points, edit.rank = total_points(remarkable), max(finding.rank for finding in judged)
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
                self.flips.append((("", sides[0], sides[1]), revision.id))


def from_jsonl(path: Path) -> Iterator[Snapshot]:
    """The revisions of histories.jsonl.xz, page by page."""
    for number, page in enumerate(rows(path), 1):
        article, parent = Article(wiki="en", page_id=number, title=page["title"]), 0
        for row in page["revisions"]:
            text, at = row["text"], datetime.fromisoformat(row["timestamp"])
            revision = Revision(
                article=article, id=row["id"], parent_id=parent, at=at, editor=row["user"],
                comment=row["comment"] or "", size=len(text.encode()), sha1=str(hash(text)),
            )  # fmt: skip
            yield Snapshot(revision=revision, wikitext=text)
            parent = row["id"]


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
                following = {later.sha1 for later in edits[at + 1 : at + 1 + REACH]} - {edit.sha1}
                edit.reverted = edit.before in following
                edit.undone = bool(following & {earlier.sha1 for earlier in edits[max(at - REACH, 0) : at]})
                yield edit


def auc(edits: Sequence[ScoredEdit], score: Callable[[ScoredEdit], float]) -> float:
    """How often a reverted edit has a higher score than one that stayed; equal scores count half."""
    kept = sorted(score(edit) for edit in edits if not edit.reverted)
    lost = [score(edit) for edit in edits if edit.reverted]
    if not kept or not lost:
        return float("nan")
    return sum((bisect_left(kept, value) + bisect_right(kept, value)) / 2 for value in lost) / (len(kept) * len(lost))


def interval(edits: Sequence[ScoredEdit], score: Callable[[ScoredEdit], float], times: int = 200) -> str:
    """The interval that 19 of 20 resamplings of the edits have their AUC in."""
    dice = Random(1)
    values = sorted(auc(dice.choices(edits, k=len(edits)), score) for _ in range(times))
    return f"{values[times // 40]:.3f} to {values[-1 - times // 40]:.3f}"


def report(name: str, edits: Sequence[ScoredEdit]) -> None:
    halves = edits[: len(edits) // 2], edits[len(edits) // 2 :]
    sys.stdout.write(f"{name:22} {len(edits):6,} edits, {sum(edit.reverted for edit in edits):5,} reverted\n")
    measures: dict[str, Callable[[ScoredEdit], float]] = {
        "severity": lambda edit: edit.severity,
        "with context": lambda edit: edit.score,
        "rank": lambda edit: edit.rank,
    }
    for measure, score in measures.items():
        first, second, whole = (auc(part, score) for part in (*halves, edits))
        sys.stdout.write(
            f"  {measure:14} AUC of the first half {first:.3f}, of the second {second:.3f} "
            f"({interval(halves[1], score)}), of all {whole:.3f} ({interval(edits, score)})\n"
        )
    raised = [edit.reverted for edit in edits if edit.raised]
    sys.stdout.write(f"  raised {len(raised)}, {sum(raised)} of them reverted\n")


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
    series = [replace(edit, reverted=edit.undone) for edit in edits]
    for label, part in (("", edits), ("series: ", series)):
        report(f"{label}all edits", part)
        report(f"{label}digits", [edit for edit in part if edit.digits])
        report(f"{label}changed facts", [edit for edit in part if edit.changed])
        report(f"{label}both", [edit for edit in part if edit.digits and edit.changed])
    for code in sorted({code for edit in edits for code in edit.codes}):
        marked = [edit.reverted for edit in edits if edit.digits and code in edit.codes]
        sys.stdout.write(
            f"  {code:16} {len(marked):5} of the edits with digits, {sum(marked) / max(1, len(marked)):.0%} reverted\n"
        )
    report_wording([edit for edit in series if edit.rewords])
    return 0


def report_wording(edits: Sequence[ScoredEdit]) -> None:
    """Print how often edits that reworded were undone, by what was known of their editors."""
    groups = {
        "of all": edits,
        "of others": [edit for edit in edits if not edit.regular],
        "of regular editors, none undone": [edit for edit in edits if edit.regular and OWN_UNDONE not in edit.codes],
        "of regular editors, one undone": [edit for edit in edits if edit.regular and OWN_UNDONE in edit.codes],
    }
    odds = {}
    for name, group in groups.items():
        lost = sum(edit.reverted for edit in group)
        odds[name] = math.log((lost + 0.5) / (len(group) - lost + 0.5))
        shift = odds[name] - odds["of all"]
        sys.stdout.write(f"  wording {name:32} {len(group):4} edits, {lost:3} undone, log odds ratio {shift:+.2f}\n")


if __name__ == "__main__":
    sys.exit(main())
