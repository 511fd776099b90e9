"""Show how much each feature, rule and word class contributes to the judgement, and fit the weights of the features.

Run `python tests/benchmarks/evidence.py [--fit] [--show missed|false] [--processes N]`; it needs the shared data beside
the checkout (or WATCHER_SHARED). Every edit is parsed and compared once, and judged many times. All scores are of
articles that the weights were not fitted on: the articles are divided into ten parts, and each part is judged by the
other nine. Pages of VitaminC, single rephrasings and forms of evasions count as articles too;
nothing is fitted on reversals.

`--fit` writes watcher/judge/weights.toml from all of them. An edit alerts when a finding is medium or more; one that
`restores` a text of the last 20 revisions word for word does not, as deployed.
"""

import argparse
import json
import math
import re
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.evasions.forms import evasions
from tests.evasions.harmless import harmless
from tests.evasions.reversals import harmless_twins, reversals
from tests.shared_data import ROOT, SHARED, is_missing, rows
from watcher.judge import judge
from watcher.judge.engine import is_scored
from watcher.judge.worth import EDIT_LEVEL_FEATURES, EditCounts, features, score, weights
from watcher.model import Severity
from watcher.parse.template_names import dialect_for
from watcher.pipeline import changes_between

WEIGHTS = ROOT / "watcher" / "judge" / "weights.toml"
LABELS = ROOT / "tests" / "data" / "more_edit_labels.jsonl"
PARTS = 10
RIDGE = 2.0  # the prior of the weights: a feature seen in one article moves little
PAIR = 0.5  # the weight of a pair of sentences, or of an edit written for a test, relative to a real edit
TARGET = 0.91  # recall that the intercept is set for, on articles left out
REAL = ("edits", "more")
SENTENCES = SHARED / "factual-change"
# Treebank tokens, as they are written in an article
WRITTEN = (
    (re.compile(r"-LRB-", re.IGNORECASE), "("),
    (re.compile(r"-RRB-", re.IGNORECASE), ")"),
    (re.compile(r"``|''"), '"'),
    (re.compile(r"\s+(n't|'s|'re|'ve|'ll|'d|'m)\b"), r"\1"),
    (re.compile(r"\s+([,.;:!?%)])"), r"\1"),
    (re.compile(r"([($£€₹])\s+"), r"\1"),
    (re.compile(r"\s+-\s+"), "-"),
    (re.compile(r"\s+"), " "),
)
Vector = dict[str, float]


@dataclass
class Candidate:
    """A finding for which the score decides."""

    given: Vector
    kind: str
    fields: tuple[str, ...]
    words: tuple[str, ...]
    is_labelled: bool
    summary: str


@dataclass
class LabelledEdit:
    """A labelled edit with the features of its findings."""

    name: str
    article: str
    source: str
    label: str
    why: str = ""
    restores: bool = False
    certain: bool = False  # a finding alerts that no score decides about
    candidates: list[Candidate] = field(default_factory=list)


def sources() -> Iterable[dict[str, Any]]:
    """All labelled edits and pairs, each with old, new, label, article and source."""
    for row in rows(SHARED / "real-edits/edits.jsonl.xz"):
        yield {**row, "article": row["title"], "source": "edits"}
    labels = {row["id"]: row["should_alert"] for row in rows(LABELS)}
    for row in rows(SHARED / "real-edits/more.jsonl.xz"):
        if row["id"] in labels:
            yield {**row, "should_alert": labels[row["id"]], "article": row["title"], "source": "more"}
    for name in ("vitaminc", "rephrased"):
        for number, row in enumerate(rows(SENTENCES / f"{name}.jsonl.gz")):
            if name == "vitaminc" and not row["contradiction"]:
                continue
            label = "yes" if name == "vitaminc" else "no"
            article = row.get("page") or f"{name} {number}"
            old, new = written(row["old"]), written(row["new"])
            yield {"id": number, "old": old, "new": new, "should_alert": label, "article": article, "source": name}
    unfitted = {*reversals(), *harmless_twins()}
    for label, written_edits in (("yes", evasions()), ("no", harmless())):
        for number, edit in enumerate(written_edits):
            if edit.pins or edit.planted:  # the score does not decide about these
                continue
            article = f"{edit.name} {edit.kind} {edit.form}"
            row = {"old": edit.old, "new": edit.new, "lang": edit.language, "should_alert": label, "article": article}
            yield {**row, "id": f"{label} {number}", "source": "reversals" if edit in unfitted else "evasions"}


def written(text: str) -> str:
    """Return Treebank text with the spacing of an article."""
    for pattern, into in WRITTEN:
        text = pattern.sub(into, text)
    return text.strip()


def holds(text: str, side: dict[str, Any] | None, sentence: str | None) -> bool:
    """Whether a finding's side has the words of a labelled fact, whatever markup stands between them."""

    def plain(value: str) -> str:
        return "".join(letter for letter in value.casefold() if letter.isalnum())

    return not text or plain(text) in plain(json.dumps(side, ensure_ascii=False) + (sentence or ""))


def read(row: dict[str, Any]) -> LabelledEdit:
    """Compare one labelled edit, and return the features of its findings."""
    changes, _ = changes_between(
        row["old"], row["new"], dialect=dialect_for(row.get("lang", "en")), title=row.get("title")
    )
    edit = LabelledEdit(
        name=str(row["id"]),
        article=str(row["article"]),
        source=row["source"],
        label=row["should_alert"],
        why=row.get("why", ""),
        restores=bool(row.get("restores")),
    )
    counts = EditCounts(changes)
    pair = row["source"] in ("vitaminc", "rephrased")
    for finding in judge(changes, table={}):
        if not is_scored(finding):
            edit.certain |= finding.severity >= Severity.MEDIUM
            continue
        given = features(finding.change, counts)
        if pair:  # a sentence alone is no lead
            given = {
                name.replace("in lead", "in prose"): value for name, value in given.items() if "the lead" not in name
            }
        found_in = finding.to_dict()
        facts = row.get("facts", ())
        edit.candidates.append(
            Candidate(
                given=given,
                kind=finding.change.kind.value,
                fields=tuple(item.name for item in finding.change.fields),
                words=tuple(f"{item.old} → {item.new}" for item in finding.change.fields),
                is_labelled=any(
                    holds(fact["old"], found_in["old"], found_in["sentence"]["old"])
                    and holds(fact["new"], found_in["new"], found_in["sentence"]["new"])
                    for fact in facts
                ),
                summary=finding.summary,
            )
        )
    return edit


@dataclass
class Sample:
    """A candidate to fit on: its features, whether it deserves an alert, and its weight."""

    given: list[tuple[int, float]]
    around: list[tuple[int, float]]  # of the other changes of its edit
    positive: bool
    weight: float
    part: int


def part_of(article: str) -> int:
    """The part of the articles that one belongs to, by its name alone."""
    return zlib.crc32(article.encode()) % PARTS


def samples(edits: Sequence[LabelledEdit], names: dict[str, int]) -> list[Sample]:
    """Return the samples of the edits: the candidates that report a labelled fact, else all with a lower weight."""
    result = []
    # The reversals were written after the weights, to test them: nothing is fitted on those.
    for edit in (edit for edit in edits if edit.source != "reversals"):
        labelled = any(candidate.is_labelled for candidate in edit.candidates)
        pair = edit.source not in REAL
        for candidate in edit.candidates:
            if edit.label == "borderline" or (edit.label == "yes" and labelled and not candidate.is_labelled):
                continue
            count = len(edit.candidates)
            weight = (
                1.0 if edit.label == "yes" and labelled else 1 / count if edit.label == "yes" else 1 / math.sqrt(count)
            )
            given, around = (
                [
                    (names.setdefault(name, len(names)), value)
                    for name, value in candidate.given.items()
                    if value and (name in EDIT_LEVEL_FEATURES) is is_around
                ]
                for is_around in (False, True)
            )
            result.append(
                Sample(given, around, edit.label == "yes", weight * (PAIR if pair else 1.0), part_of(edit.article))
            )
    return result


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a symmetric positive definite system by Cholesky's decomposition."""
    size = len(right)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        row = lower[i]
        for j in range(i + 1):
            other = lower[j]
            total = matrix[i][j] - sum(map(float.__mul__, row[:j], other[:j]))
            row[j] = math.sqrt(total) if i == j else total / other[j]
    forward: list[float] = []
    for i in range(size):
        forward.append((right[i] - sum(map(float.__mul__, lower[i][:i], forward))) / lower[i][i])
    result = [0.0] * size
    for i in reversed(range(size)):
        total = forward[i] - sum(lower[k][i] * result[k] for k in range(i + 1, size))
        result[i] = total / lower[i][i]
    return result


def fit(rows: Sequence[Sample], size: int, start: list[float], steps: int) -> list[float]:
    """Fit a logistic score with a ridge prior by Newton's method; the last weight is the intercept."""
    table = list(start)
    for _ in range(steps):
        slope = [-RIDGE * weight for weight in table[:-1]] + [0.0]
        curve = [[0.0] * (size + 1) for _ in range(size + 1)]
        for i in range(size):
            curve[i][i] = RIDGE
        curve[size][size] = 1e-6
        for sample in rows:
            descend(sample, table, slope, curve)
        table = [weight + step for weight, step in zip(table, solve(curve, slope), strict=True)]
    return table


def descend(sample: Sample, table: list[float], slope: list[float], curve: list[list[float]]) -> None:
    """Add what one sample gives to the slope and to the lower half of the curvature."""
    given = [*sample.given, (len(table) - 1, 1.0)]
    if not any(table) or sum(table[i] * value for i, value in sample.around) > 0:
        given += sample.around
    total = sum(table[i] * value for i, value in given)
    chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
    miss, bend = sample.weight * (sample.positive - chance), sample.weight * chance * (1 - chance)
    for i, value in given:
        slope[i] += miss * value
        row = curve[i]
        for j, other in given:
            if j <= i:
                row[j] += bend * value * other


def best(edit: LabelledEdit, table: Vector) -> float:
    """Return the highest score of an edit's candidates; above all if no score is needed, below all if it restores."""
    if edit.restores:
        return -99.0
    if edit.certain:
        return 99.0
    return max((score(candidate.given, table) for candidate in edit.candidates), default=-99.0)


def rates(scored: Iterable[tuple[LabelledEdit, float]]) -> tuple[int, int, int]:
    """Right alerts, false alerts and missed ones; borderline edits count for none of them."""
    table = Counter((edit.label, value >= 0) for edit, value in scored)
    return table["yes", True], table["no", True], table["yes", False]


def line(name: str, scored: Sequence[tuple[LabelledEdit, float]]) -> str:
    """Precision and recall in words."""
    right, false, missed = rates(scored)
    precision, recall = right / max(1, right + false), right / max(1, right + missed)
    return f"{name:34} right {right:5} false {false:4} missed {missed:4}  precision {precision:.3f} recall {recall:.3f}"


def main() -> None:
    """Print the figures; with --fit, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--show", choices=["missed", "false"])
    parser.add_argument("--processes", type=int, default=2)
    request = parser.parse_args()
    if is_missing(SENTENCES):
        return
    start = time.perf_counter()
    with ProcessPoolExecutor(request.processes) as pool:
        edits = list(pool.map(read, sources(), chunksize=32))
    print(f"{len(edits):,} edits read in {time.perf_counter() - start:.0f} s")
    names: dict[str, int] = {}
    fitted = samples(edits, names)
    size = len(names)
    whole = fit(fitted, size, [0.0] * (size + 1), 15)
    parts = [fit([row for row in fitted if row.part != part], size, whole, 4) for part in range(PARTS)]

    def named(table: Sequence[float]) -> Vector:
        return {**{name: table[at] for name, at in names.items()}, "intercept": table[size]}

    left_out = {id(edit): best(edit, named(parts[part_of(edit.article)])) for edit in edits}
    positives = sorted(
        (left_out[id(edit)] for edit in edits if edit.label == "yes" and edit.source == "edits"), reverse=True
    )
    shift = -positives[math.ceil(TARGET * len(positives)) - 1]
    table = {**named(whole), "intercept": whole[size] + shift}
    if request.fit:
        write(table)
    left_out = {key: value + shift for key, value in left_out.items()}
    report(edits, left_out, table if request.fit else {**weights()})
    if request.show:
        show(edits, left_out, table, request.show)
    print(f"{time.perf_counter() - start:.0f} s in all")


def write(table: Vector) -> None:
    """Write weights.toml without the weights that round to zero."""
    kept = {name: weight for name, weight in table.items() if abs(weight) >= 0.005}
    head = "# Written by `python tests/benchmarks/evidence.py --fit`; positive weights speak for a message.\n"
    text = "".join(f"{json.dumps(name)} = {weight:.2f}\n" for name, weight in sorted(kept.items()))
    WEIGHTS.write_text(head + text, encoding="utf8")


def show(edits: Sequence[LabelledEdit], left_out: dict[int, float], table: Vector, chosen: str) -> None:
    """Print the real edits that were judged wrongly, with their three findings of highest score."""
    label, alerted = ("yes", False) if chosen == "missed" else ("no", True)
    for edit in edits:
        if edit.source in REAL and edit.label == label and (left_out[id(edit)] >= 0) is alerted:
            print(f"{edit.name} {edit.article}: {edit.why}")
            for candidate in sorted(edit.candidates, key=lambda item: -score(item.given, table))[:3]:
                print(f"    {score(candidate.given, table):6.2f} {candidate.kind} {candidate.summary[:120]}")


def report(edits: Sequence[LabelledEdit], left_out: dict[int, float], table: Vector) -> None:
    """Print the table of evidence."""
    groups = {
        "edits.jsonl.xz": [edit for edit in edits if edit.source == "edits"],
        "more.jsonl.xz (blind)": [edit for edit in edits if edit.source == "more"],
        "VitaminC contradictions": [edit for edit in edits if edit.source == "vitaminc"],
        "rephrasings": [edit for edit in edits if edit.source == "rephrased"],
        "written evasions and harmless twins": [edit for edit in edits if edit.source == "evasions"],
        "written reversals, never fitted on": [edit for edit in edits if edit.source == "reversals"],
    }
    for name, group in groups.items():
        print(line(f"{name}, left out", [(edit, left_out[id(edit)]) for edit in group]))
        print(line(f"{name}, as shipped", [(edit, best(edit, table)) for edit in group]))
    report_features(edits, groups["edits.jsonl.xz"], table)
    report_words(edits)


def report_features(edits: Sequence[LabelledEdit], real: Sequence[LabelledEdit], table: Vector) -> None:
    """Print for each feature in how many articles it occurs, and the verdicts without it."""
    shipped = rates((edit, best(edit, table)) for edit in real)
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for edit in edits:
        for candidate in edit.candidates:
            for name, value in candidate.given.items():
                if value:
                    seen[name]["yes" if edit.label == "yes" and candidate.is_labelled else edit.label].add(edit.article)
    rows = []
    for name in sorted(seen):
        without = {**table, name: 0.0}
        right, false, _ = rates((edit, best(edit, without)) for edit in real)
        rows.append((shipped[0] - right, false - shipped[1], name))
    print(f"\n{'feature':40}  weight  articles: right, wrong   without it: right lost, false more")
    for lost, more, name in sorted(rows, key=lambda row: (-(row[0] + row[1]), row[2])):
        right, wrong = len(seen[name]["yes"]), len(seen[name]["no"])
        print(f"{name:40} {table.get(name, 0.0):7.2f}  {right:4} {wrong:5} {lost:14} {more:5}")


def report_words(edits: Sequence[LabelledEdit]) -> None:
    """Print how often words of closed classes were right."""
    classes: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for edit in edits:
        for candidate in edit.candidates:
            for name, words in zip(candidate.fields, candidate.words, strict=True):
                if name in ("antonym", "qualification", "negation", "hedge", "superlative", "rank"):
                    classes[name, words[:60]][edit.label].add(edit.article)
    print("\nwords of closed classes that fired most: articles where an alert was right, wrong")
    for (name, words), articles in sorted(classes.items(), key=lambda item: -len(item[1]["yes"] | item[1]["no"]))[:40]:
        print(f"  {name:14} {words:60} {len(articles['yes']):3} {len(articles['no']):3}")


if __name__ == "__main__":
    main()
