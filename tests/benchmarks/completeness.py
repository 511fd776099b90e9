"""Measure the share of changed words that findings report, on real edits and on the golden cases.

    python tests/benchmarks/completeness.py               real pairs and golden cases; 1 where `own` is below 100 %
    python tests/benchmarks/completeness.py --worst 15    also the pairs with most words untold, with the words

Two renderings are compared, each line by line and then word by word (so text that only moved is no difference):
`own` is what the product reads of a whole text: headings, sentences, cells, captions, files, the words of references;
`other` a plain walk of mwparserfromhell's nodes, which knows nothing of the product (it also shows what no reader
sees: looks and switches). A word counts as told only as often as changes show it on its side.

Also checked on every text and pair: nothing is raised, `diff(d, d)` is empty, the mirrored pair gives mirrored
changes, and whether anything was left unread.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.nodes.extras import Parameter
from mwparserfromhell.wikicode import Wikicode
from rapidfuzz.distance import Indel

from watcher.diff import diff
from watcher.model import Change, Claim, Dialect, Figure, Reference, Section, Sentence, Statistic
from watcher.model import Tag as MaintenanceTag
from watcher.parse import parse
from watcher.parse.template_names import dialect_for
from watcher.parse.wikitext.sanitizer import sanitize
from watcher.pipeline import changes_between

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT / "../shared"))
PAIRS = SHARED / "data/revision-pairs/recent-changes.jsonl.gz"
GOLDEN = ROOT / "tests/golden"
WORD = re.compile(r"\w+")
_APOSTROPHES = re.compile("'{2,}")
_UNREAD = frozenset("ref references gallery math templatestyles imagemap score timeline syntaxhighlight".split())
_INLINE = frozenset("small big b i u s sup sub span font abbr em strong nowiki q".split())
_MOST_WORDS = 20_000  # of a side: a longer difference is compared as a bag

Rendering = Callable[[str, Dialect], list[str]]


def own(wikitext: str, dialect: Dialect) -> list[str]:
    """What the product reads of a whole text, in lines."""
    document = parse(wikitext, dialect)
    lines = [section.heading for section in document.sections]
    lines += [sentence.text for sentence in document.sentences]  # captions are sentences too
    for figure in document.figures:
        lines += [figure.file, figure.alt]
    for reference in document.references:
        lines.append(reference.text)
        lines += [item for item in (reference.url, reference.doi) if item and item not in reference.text]
    return lines + [tag.name for tag in document.tags if not tag.sentence]


def other(wikitext: str, dialect: Dialect) -> list[str]:
    """What a plain walk of the parser's nodes shows: text, labels, parameters of templates, cells, captions."""
    code = mwparserfromhell.parse(sanitize(wikitext)[0], skip_style_tags=True)
    text = _APOSTROPHES.sub("", re.sub(r"<[^<>\n]*>", " ", _walked(code, dialect)))
    return [words for line in text.splitlines() if (words := " ".join(line.split()))]


def _walked(code: Wikicode | None, dialect: Dialect) -> str:
    return "".join(_node(node, dialect) for node in code.nodes) if code is not None else ""


def _node(node: Node, dialect: Dialect) -> str:  # noqa: PLR0911  a row for each kind of node
    match node:
        case Text():
            return str(node.value)
        case Wikilink():
            if str(node.title).partition(":")[0].strip().lower() in dialect.file_namespaces:
                return f"\n{_walked(node.text, dialect).rpartition('|')[2]}\n"
            return _walked(node.text, dialect) if node.text is not None else str(node.title)
        case ExternalLink():
            return _walked(node.title, dialect) if node.title is not None else ""
        case HTMLEntity():
            return node.normalize() or ""
        case Template():
            return (
                "\n"
                + "\n".join(_walked(param.value, dialect) for param in node.params if _is_words(node, param))
                + "\n"
            )
        case Heading():
            return f"\n{_walked(node.title, dialect)}\n"
        case Tag() if str(node.tag).lower() not in _UNREAD:
            gap = "" if str(node.tag).lower() in _INLINE else "\n"
            return f"{gap}{_walked(node.contents, dialect)}{gap}"
        case _:
            return ""


def _is_words(node: Template, parameter: Parameter) -> bool:
    """Whether a parameter is words: of citations nothing is asked here, and looks are no words."""
    name = str(node.name).strip().lower()
    if name.startswith(("cite", "citation", "sfn", "webarchive", "reflist")):
        return False
    return " " in str(parameter.value).strip()


RENDERINGS: dict[str, Rendering] = {"own": own, "other": other}


@dataclass
class Score:
    """Words that differ, those that no change tells, and what went wrong besides."""

    words: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def pairs() -> Iterator[tuple[str, str, str, Dialect]]:
    """Name, old text, new text and dialect of each golden case and real pair."""
    for case in sorted(GOLDEN.glob("*/before.wikitext")):
        after = case.with_name("after.wikitext")
        yield f"golden/{case.parent.name}", case.read_text("utf-8"), after.read_text("utf-8"), Dialect()
    if PAIRS.exists():
        with gzip.open(PAIRS, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield row["id"], row["old"], row["new"], dialect_for(row["lang"])


def words_between(old: list[str], new: list[str]) -> tuple[Counter[str], Counter[str]]:
    """Words deleted and inserted in the lines that only one side has."""
    before, after = Counter(old), Counter(new)
    gone = [word for line in _only(old, before - after) for word in WORD.findall(line)]
    come = [word for line in _only(new, after - before) for word in WORD.findall(line)]
    if max(len(gone), len(come)) > _MOST_WORDS:
        return Counter(gone) - Counter(come), Counter(come) - Counter(gone)
    deleted, inserted = Counter[str](), Counter[str]()
    for edit in Indel.editops(gone, come):
        if edit.tag == "delete":
            deleted[gone[edit.src_pos]] += 1
        else:
            inserted[come[edit.dest_pos]] += 1
    return deleted, inserted


def _only(lines: Iterable[str], left: Counter[str]) -> Iterator[str]:
    """The lines of `left`, as often as it has them, in order."""
    left = left.copy()
    for line in lines:
        if left[line] > 0:
            left[line] -= 1
            yield line


def reported(changes: Iterable[Change]) -> tuple[Counter[str], Counter[str]]:
    """Words that changes show of the old and of the new text; a sentence once, however many of its figures changed."""
    old: set[tuple[object, str]] = set()
    new: set[tuple[object, str]] = set()
    seen: Counter[object] = Counter()
    for change in changes:
        for sentence, element, texts in (
            (change.old_sentence, change.old, old),
            (change.new_sentence, change.new, new),
        ):
            spot: object = id(change)
            if isinstance(element, Statistic | Claim | MaintenanceTag):
                at = element.quantity.start if isinstance(element, Statistic) else 0
                reported_before = (change.location, sentence, at, texts is old)
                seen[reported_before] += 1
                spot = change.location, seen[reported_before]
            texts.update((spot, text) for text in (sentence, *_shown(element)) if text)
    return _words(old), _words(new)


def _words(texts: set[tuple[object, str]]) -> Counter[str]:
    return Counter(word for _, text in texts for word in WORD.findall(text))


def _shown(element: object) -> Iterator[str | None]:
    match element:
        case Section():
            yield element.heading
        case Figure():
            yield from (element.file, element.caption, element.alt)
        case Reference():
            yield element.text
            yield from (item for item in (element.url, element.doi) if item and item not in element.text)
        case Sentence():
            yield element.text
        case MaintenanceTag():
            yield element.name


def mirrored(changes: Iterable[Change]) -> Counter[tuple[object, ...]]:
    """Changes as seen from the other side, without their order."""
    verbs = {"added": "removed", "removed": "added"}
    return Counter(
        (
            f"{change.kind.subject}.{verbs.get(change.kind.verb, change.kind.verb)}",
            change.new_sentence,
            change.old_sentence,
        )
        for change in changes
    )


def plainly(changes: Iterable[Change]) -> Counter[tuple[object, ...]]:
    """Changes without their order."""
    return Counter((change.kind.value, change.old_sentence, change.new_sentence) for change in changes)


def score(old: str, new: str, dialect: Dialect, rendering: Rendering) -> Score:
    """Compare one pair."""
    score = Score()
    changes, _ = changes_between(old, new, dialect=dialect)
    deleted, inserted = words_between(rendering(old, dialect), rendering(new, dialect))
    before, after = reported(changes)
    score.words = deleted.total() + inserted.total()
    score.missed = Counter({f"-{word}": count for word, count in (deleted - before).items()})
    score.untold.update({f"+{word}": count for word, count in (inserted - after).items()})
    return score


def checked(old: str, new: str, dialect: Dialect) -> list[str]:
    """What is wrong with a pair besides words untold."""
    faults = []
    for side, text in (("old", old), ("new", new)):
        document = parse(text, dialect)
        if same := diff(document, document):
            faults.append(f"diff(d, d) of the {side} text: {len(same)} changes, first {same[0].kind}")
        faults += [f"unread in the {side} text: {unread.reason}" for unread in document.unread]
    other, _ = changes_between(old, new, dialect=dialect)
    back, _ = changes_between(new, old, dialect=dialect)
    uneven = plainly(other)
    lost = mirrored(back)
    ignored = {"reference.broken", "reference.unused"}  # only what an edit breaks is told, not what it mends
    unlike = [item for item in ((uneven - lost) + (lost - uneven)) if item[0] not in ignored]
    if unlike:
        faults.append(f"mirror: {len(unlike)} unlike, such as {unlike[0]!r:.300}")
    return faults


def main() -> int:
    """Print the table; 1 below 100 % or with a fault."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--worst", type=int, default=0, help="how many pairs to name")
    options.add_argument("--only", default="", help="pairs whose name contains this")
    options.add_argument("--quick", action="store_true", help="leave out mirror, identity and unread")
    chosen = options.parse_args()
    if not PAIRS.exists():
        sys.stderr.write(f"no real pairs at {PAIRS}: set WATCHER_SHARED; golden cases alone\n")
    failed = False
    rows = [row for row in pairs() if chosen.only in row[0]]
    for name, rendering in RENDERINGS.items():
        scores = [(row[0], score(*row[1:], rendering)) for row in rows]
        words = sum(score.words for _, score in scores)
        unreported = sum(score.untold.total() for _, score in scores)
        failed |= unreported > 0 and name == "own"
        share = 1 - unreported / max(words, 1)
        print(f"{name}: {len(rows)} pairs, {words:,} words differ, {unreported:,} untold: {share:.3%} told")
        for label, item in sorted(scores, key=lambda row: -row[1].untold.total())[: chosen.worst]:
            if item.untold:
                print(f"  {label}: {item.untold.total()} of {item.words}: {' '.join(item.untold)[:300]}")
    for label, old, new, dialect in () if chosen.quick else rows:
        for fault in checked(old, new, dialect):
            failed |= not fault.startswith("unread")
            print(f"  {label}: {fault}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
