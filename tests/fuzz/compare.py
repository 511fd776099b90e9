"""Fuzz the comparison and its reports with mutations of real edits, guided by the branches that they reach.

    pip install atheris                                        (no dependency of the product)
    python tests/fuzz/compare.py --minutes 10                  every crash is printed and kept in --crashes
    python tests/fuzz/compare.py --crashes DIR --again FILE    one kept input once more

An input is a recipe: which edit, how much text around it, and a row of mutations of either side. Coverage guides the
fuzzer through recipes, so that it needs no grammar of wikitext: the edits are the grammar. The exit code is 1 when an
input raised.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import lzma
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("tests/fuzz/compare.py: atheris is not installed; run `pip install atheris` in a scratch environment")

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared"))
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["watcher"]):
    from watcher import compare_wikitext, parse
    from watcher.judge import explain
    from watcher.model import Alert, Article, Comparison, Notice, Revision
    from watcher.notify import compose
    from watcher.parse import dialect_for
    from watcher.report import ReportOptions, report

LONGEST = 2_500  # characters of either side: what a short text can't reach, the hostile texts of the benchmarks do
# What no real edit holds but somebody can write: half-open markup, digits that are none, halves of surrogate pairs.
PIECES = (
    "[[", "]]", "{{", "}}", "|", "=", "<ref>", "</ref>", "<ref name=", "/>", "<!--", "-->", "<nowiki>",
    "</nowiki>", "{|\n", "\n|}\n", "\n|-\n", "||", "!!", "\n!", "\n== a ==\n", "\n* ", "\n\n", "''", "'''",
    "<gallery>\n", "</gallery>", "[[File:a.jpg|thumb|", "[[File:", "http://[e.org/a", "http://ex℀mple.org/",
    "https://[::1]:99999999999/", "//[", "http://a.b:x/", "http://%zz/", "doi:10.1000/", "10.1000/℀", "ISBN ",
    "{{cite web|url=", "|title=", "|date=", "|year=", "{{convert|", "{{as of|", "{{birth date|", "{{age|",
    "{{frac|", "{{val|", "{{percent|", "{{lang-xx|", "{{sfn|", "{{efn|", "²", "½", "⅐", "١٢٣", "१२", "①", "〇",
    "十億", "๑", "𝟘", "1e999999", "10<sup>999999999</sup>", "× 10^", "1/0", "0/0", "9" * 5_000, "1,000" * 50,
    "1.2.3.4", "-0", "−", "–", "0" * 400 + "1", "31 February 2012", "0000", "99999", "&#0;", "&#xD800;",
    "&#99999999999;", "&amp;", "&", "\u0000", "\ud800", "\udfff", "\ue000", "\ue001", "\ue003", "\ufeff",
    "\u202e", "\u200b", "́", "\r\n", "\u2028", "\u0085", "\t", " ", "a.", "\\", '"', "%", "$", "€", "million ",
    "a" * 300, "[[de:", "[[Category:", "__TOC__", "#REDIRECT [[", "{{{1|", "<math>", "</math>", "<div ",
    "</div>", "rowspan=", "colspan=999999999999", "victims ", "per cent", "most ", "not ", "ß", "İ", "ﬁ", "ǅ",
)  # fmt: skip


def edits() -> Iterator[tuple[str, str, str]]:
    """Language and both sides of real edits, cut to what differs and its surroundings."""
    real, pairs = SHARED / "data/real-edits/edits.jsonl.xz", SHARED / "data/revision-pairs/recent-changes.jsonl.gz"
    if not real.exists() and not pairs.exists():
        sys.exit(f"{SHARED}/data: no edits to mutate; name their folder in WATCHER_SHARED")
    if real.exists():
        with lzma.open(real, "rt", encoding="utf-8") as lines:
            yield from (("en", entry["old"], entry["new"]) for entry in map(json.loads, lines))
    if pairs.exists():
        with gzip.open(pairs, "rt", encoding="utf-8") as lines:
            yield from ((entry["lang"], entry["old"], entry["new"]) for entry in map(json.loads, lines))


def cut(old: str, new: str, around: int) -> tuple[str, str]:
    """Both sides from `around` characters before the first difference to as many behind the last one."""
    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    tail = next((at for at in range(shortest - head) if old[-1 - at] != new[-1 - at]), shortest - head)
    start = max(0, head - around)
    return old[start : len(old) - tail + around][:LONGEST], new[start : len(new) - tail + around][:LONGEST]


def mutated(text: str, recipe: atheris.FuzzedDataProvider) -> str:
    """The text with pieces put in, parts taken out, repeated, swapped or overwritten, as the recipe says."""
    for _ in range(recipe.ConsumeIntInRange(0, 6)):
        at = recipe.ConsumeIntInRange(0, len(text))
        end = min(len(text), at + recipe.ConsumeIntInRange(0, 200))
        match recipe.ConsumeIntInRange(0, 6):
            case 0 | 1:
                text = text[:at] + PIECES[recipe.ConsumeIntInRange(0, len(PIECES) - 1)] + text[at:]
            case 2:
                text = text[:at] + text[end:]
            case 3:
                text = text[:at] + text[at:end] * recipe.ConsumeIntInRange(2, 30) + text[end:]
            case 4:
                text = text[:at] + recipe.ConsumeUnicode(12) + text[end:]
            case 5:
                text = text[:at] + text[at:end][::-1] + text[end:]
            case _:
                text = text[:at] + PIECES[recipe.ConsumeIntInRange(0, len(PIECES) - 1)] + text[end:]
    return text[: 3 * LONGEST]


def alert_about(comparison: Comparison) -> Alert:
    """An alert about all findings, as the flows make one."""
    at = datetime(2024, 5, 1, tzinfo=UTC)
    article = Article(wiki="enwiki", page_id=1, title="A page")
    before, after = (
        Revision(article=article, id=number, parent_id=number - 1, at=at, editor="An editor", comment="")
        for number in (1, 2)
    )
    notices = tuple(
        Notice(
            kind=finding.change.kind,
            severity=finding.severity,
            section=finding.change.location.section,
            summary=finding.summary,
            old_sentence=finding.change.old_sentence,
            new_sentence=finding.change.new_sentence,
            reasons=tuple(reason.code for reason in finding.reasons),
        )
        for finding in comparison.findings
    )
    return Alert(key="k", article=article, before=before, after=after, notices=notices, diff_url="", report_url=None)


def compare(language: str, old: str, new: str) -> None:
    """All that a check does with two texts."""
    dialect = dialect_for(language)
    comparison = compare_wikitext(old, new, wiki=dialect)
    for failure in comparison.unread:
        if failure.reason.startswith("failed"):  # an element's guard hid a defect that this program looks for
            raise AssertionError(failure.reason)
    for form in ("text", "json", "html", "markdown"):
        written = report(comparison, form, ReportOptions(before_text=old, after_text=new))
        written.encode()
    for finding in comparison.findings[:20]:
        explain(finding.change)
    compose(alert_about(comparison)).text.encode()
    parse(new, dialect)


class Fuzzer:
    """Runs recipes until the time is over; keeps what raised."""

    def __init__(self, seconds: float, crashes: Path) -> None:
        self.edits = [(language, *cut(old, new, 400)) for language, old, new in edits()]
        self.until = time.monotonic() + seconds
        self.crashes, self.known = crashes, set[str]()
        self.runs, self.slowest = 0, 0.0

    def __call__(self, data: bytes) -> None:
        """Run one recipe."""
        if time.monotonic() > self.until:
            print(f"{self.runs:,} inputs, {len(self.known)} different exceptions, slowest {self.slowest:.1f} s")
            sys.stdout.flush()
            os._exit(1 if self.known else 0)  # libFuzzer reports an ordinary exit as a crash
        self.runs += 1
        language, old, new = self.pair(data)
        begun = time.process_time()
        try:
            compare(language, old, new)
        except Exception as error:  # noqa: BLE001  any exception is what this program looks for
            self.keep(error, language, old, new)
        took = time.process_time() - begun
        if took > self.slowest:
            self.slowest = took
            self.save(f"slow-{took:04.1f}", language, old, new) if took > 2 else None

    def pair(self, data: bytes) -> tuple[str, str, str]:
        """The two texts of a recipe."""
        recipe = atheris.FuzzedDataProvider(data)
        language, old, new = self.edits[recipe.ConsumeIntInRange(0, len(self.edits) - 1)]
        both = recipe.ConsumeBool()
        if both:  # the mutation stands around an edit
            return language, old, mutated(new, recipe)
        return language, mutated(old, recipe), mutated(new, recipe)

    def keep(self, error: Exception, *pair: str) -> None:
        """Save the first input of each place that raises."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        location = f"{type(error).__name__}-{Path(last.filename).stem}-{last.lineno}"
        if location not in self.known:
            self.known.add(location)
            traceback.print_exception(error)
            self.save(location, *pair)

    def save(self, name: str, *pair: str) -> None:
        """Write an input where --again finds it."""
        self.crashes.mkdir(parents=True, exist_ok=True)
        content = json.dumps(pair)
        path = self.crashes / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:8]}.json"
        path.write_text(content)
        print(f"kept {path}", flush=True)


def main() -> None:
    """Fuzz, or run one kept input again."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"))
    arguments.add_argument("--corpus", type=Path, help="folder of recipes to go on from, and for new ones")
    arguments.add_argument("--again", type=Path, help="a kept input: compare it and show what it raises")
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    if given.again:
        language, old, new = json.loads(given.again.read_text())
        compare(language, old, new)
        return
    given.crashes.mkdir(parents=True, exist_ok=True)  # libFuzzer writes slow inputs there too
    run: Callable[[bytes], None] = Fuzzer(60 * given.minutes, given.crashes)
    with tempfile.TemporaryDirectory() as scratch:
        corpus = given.corpus or Path(scratch)
        sow(corpus, given.seed)
        limits = (
            "-max_len=400",
            "-len_control=0",
            "-timeout=60",
            "-rss_limit_mb=2000",
            "-verbosity=0",
            f"-artifact_prefix={given.crashes}/",
        )
        atheris.Setup([sys.argv[0], f"-seed={given.seed}", *limits, str(corpus)], run)
        atheris.Fuzz()


def sow(corpus: Path, seed: int) -> None:
    """Put recipes for many edits into a new corpus: grown from nothing, inputs stay too short for a mutation."""
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        rng = random.Random(seed)
        for number in range(200):
            (corpus / f"recipe-{number}").write_bytes(rng.randbytes(120))


if __name__ == "__main__":
    main()
