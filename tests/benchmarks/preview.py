"""Measure what a preview costs, and how many messages whole histories make with default settings.

    python tests/benchmarks/preview.py                     messages per article and month, by severity and kind
    python tests/benchmarks/preview.py --sample 100        also so many of the messages, drawn at random, to be judged
    python tests/benchmarks/preview.py --speed 1000        seconds for so many revisions of 40 KB of a real history

A message that is worth sending tells a maintainer of the article something that has to be looked at; a sample is judged
by a reader, with the article's edits beside it.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha1
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any

from tests.shared_data import SHARED, is_missing, rows
from watcher.config import Watch, Watchlist, parse_watchlist
from watcher.fetch.dump import DumpPage, read_dump
from watcher.model import Article, Revision, Snapshot
from watcher.parse import dialect_for
from watcher.report.preview import Preview, PreviewMessage
from watcher.services.history.past import recorded_history
from watcher.services.history.preview import preview

HISTORIES = SHARED / "histories/histories-more.jsonl.xz"
DUMP = SHARED / "histories/anarchism.xml.lzma"
WATCHLIST = """[watcher]
contact = "mailto:benchmark@example.org"
[[wiki]]
name = "w"
api = "https://{0}.wikipedia.org/w/api.php"
language = "{0}"
"""
ALL = timedelta(days=36_500)
MONTH = timedelta(days=30.4)
LONGEST = 40_000  # characters of a revision, for the speed
ACTIVE = 1_500  # revisions of the dump before those that are played


def watchlist(language: str) -> Watchlist:
    return parse_watchlist(WATCHLIST.format(language), Path("/nowhere/watchlist.toml"), environ={})


def a_snapshot(article: Article, number: int, parent: int, text: str, row: Mapping[str, Any]) -> Snapshot:
    body, at = text.encode(), datetime.fromisoformat(row["timestamp"]).replace(microsecond=0)
    revision = Revision(
        article=article, id=number, parent_id=parent, at=at,
        editor=row["user"], comment=row["comment"], size=len(body), sha1=sha1(body, usedforsecurity=False).hexdigest(),
    )  # fmt: skip
    return Snapshot(revision=revision, wikitext=text)


def histories() -> Iterator[tuple[str, list[Snapshot]]]:
    """The language and the revisions of each article."""
    for number, row in enumerate(rows(HISTORIES), 1):
        article, parent, made = Article(wiki="w", page_id=number, title=row["title"]), 0, []
        for each in row["revisions"]:
            made.append(a_snapshot(article, int(each["id"]), parent, each["text"], each))
            parent = int(each["id"])
        yield "en" if row["lang"] == "simple" else row["lang"], made


def played(language: str, made: list[Snapshot]) -> Preview:
    history = recorded_history(made, ALL, dialect_for(language))
    return preview(watchlist(language), Watch(wiki="w", title=history.article.title), history, max_for_others=0)


def measure_messages(sample: int) -> None:
    messages: list[tuple[str, PreviewMessage]] = []
    levels, kinds, quiet, months, edits = Counter[str](), Counter[str](), Counter[str](), 0.0, 0
    begun = process_time()
    for language, made in histories():
        shown = played(language, made)
        length = max((shown.until - shown.begin) / MONTH, 1)
        months, edits = months + length, edits + shown.revisions
        levels.update(shown.levels)
        kinds.update(shown.kinds)
        quiet.update(shown.quiet)
        messages += [(shown.title, message) for message in shown.messages]
        print(
            f"{shown.title[:40]:40} {shown.revisions:4} edits in {length:5.0f} months, {len(shown.messages):3} sent",
            flush=True,
        )
    total, seconds = len(messages), process_time() - begun
    print(f"{total} messages of {edits} edits: {total / months:.3f} per article and month, {seconds:.0f} s")
    for name, counter in (("severity", levels), ("kind", kinds), ("kept quiet", quiet)):
        print(f"{name}: {', '.join(f'{key} {number}' for key, number in counter.most_common())}")
    drawn = random.Random(42).sample(messages, min(sample, total))
    for number, (title, message) in enumerate(drawn, 1):
        print(f"\n--- {number} · {title} · {message.at:%Y-%m-%d %H:%M} · {message.level}")
        print(f"{message.subject}\n{message.text}")


def measure_speed(count: int) -> None:
    """Play the edits of an article that is edited all the time, each text cut to 40 KB."""
    page = DumpPage(wiki="w", title="Anarchism")
    texts = (each for each in read_dump(DUMP, page) if each.wikitext)
    made = [
        replace(
            each,
            wikitext=(text := (each.wikitext or "")[:LONGEST]),
            revision=replace(each.revision, sha1=sha1(text.encode(), usedforsecurity=False).hexdigest()),
        )
        for each in islice(texts, ACTIVE, ACTIVE + count + 1)
    ]
    size = sum(len(each.wikitext or "") for each in made) // len(made)
    begun = process_time()
    shown = played("en", made)
    seconds = process_time() - begun
    print(f"{shown.revisions} edits, {size:,} characters each, {len(shown.messages)} messages: {seconds:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--speed", type=int, default=0)
    given = parser.parse_args()
    if is_missing(HISTORIES) or is_missing(DUMP):
        return 0
    if given.speed:
        measure_speed(given.speed)
    else:
        measure_messages(given.sample)
    return 0


if __name__ == "__main__":
    sys.exit(main())
