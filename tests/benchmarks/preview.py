"""Measure what a preview costs, and how many messages whole histories make with default settings.

    python tests/benchmarks/preview.py                     messages per article and month, by severity and kind
    python tests/benchmarks/preview.py --sample 100        also so many of the messages, drawn at random, to be judged
    python tests/benchmarks/preview.py --speed 1000        seconds for so many revisions of 40 KB of a real history
    python tests/benchmarks/preview.py --speed 1000 --synthetic      the same for random edits within 90 days

A message that is worth sending tells a maintainer of the article something that has to be looked at; a sample is judged
by a reader, with the article's edits beside it.
"""

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
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
START = datetime(2026, 1, 1, tzinfo=UTC)
COPY_EDITS = (("busiest", "most busy"), ("most busy", "busiest"), ("larger", "bigger"), ("bigger", "larger"))
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


def synthetic_history(count: int) -> list[Snapshot]:
    """Return random edits of figures, wordings and paragraphs by several editors, and reverts, within 90 days."""
    random_, article = random.Random(42), Article(wiki="w", page_id=1, title="Harbours")
    texts = ["\n\n".join(_paragraph(random_, number) for number in range(95))]
    while len(texts) <= count:
        parts, kind = texts[-1].split("\n\n"), random_.random()
        at = random_.randrange(len(parts))
        if kind < 0.15 and len(texts) > 1:
            parts = texts[-2].split("\n\n")
        elif kind < 0.5:
            parts[at] = re.sub(r"[\d,]+(?= people)", f"{random_.randrange(1_000, 90_000):,}", parts[at])
        elif kind < 0.8:
            parts[at] = parts[at].replace(*random_.choice(COPY_EDITS))
        else:
            parts[at : at + (len(texts[-1]) > LONGEST)] = [_paragraph(random_, len(texts) + 95)]
        texts.append("\n\n".join(parts))
    return [
        a_snapshot(
            article, number, number - 1, text,
            {
                "user": random_.choice(("Tern", "Gull", "Auk", "203.0.113.7", "198.51.100.4")),
                "comment": random_.choice(("", "update", "copy-edit", "see talk")),
                "timestamp": str(START + timedelta(days=90) * number / count),
            },
        )
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip


def _paragraph(random_: random.Random, number: int) -> str:
    heading = f"== Coast {number} ==\n" if number % 5 == 0 else ""
    return (
        f"{heading}The harbour of [[Port {number}]] was built in {random_.randrange(1700, 1990)}, and is one of the "
        f"busiest of its coast. In {random_.randrange(2000, 2020)} about {random_.randrange(1_000, 90_000):,} people "
        f"worked there.<ref>{{{{cite web |title=Census of port {number} |url=https://census.example.org/{number} "
        "|publisher=Harbour Board}}</ref> Its owners say that it is larger than the one on the other side of the bay."
    )


def measure_speed(count: int, *, synthetic: bool = False) -> None:
    """Play the edits of an article that is edited all the time, each text cut to 40 KB, or random edits."""
    made = synthetic_history(count) if synthetic else recorded_edits(count)
    size = sum(len(each.wikitext or "") for each in made) // len(made)
    begun, cpu = perf_counter(), process_time()
    shown = played("en", made)
    seconds, cpu = perf_counter() - begun, process_time() - cpu
    print(
        f"{shown.revisions} edits, {size:,} characters each, {len(shown.messages)} messages: "
        f"{seconds:.1f} s, {cpu:.1f} s of them on the processor"
    )


def recorded_edits(count: int) -> list[Snapshot]:
    page = DumpPage(wiki="w", title="Anarchism")
    texts = (each for each in read_dump(DUMP, page) if each.wikitext)
    return [
        replace(
            each,
            wikitext=(text := (each.wikitext or "")[:LONGEST]),
            revision=replace(each.revision, sha1=sha1(text.encode(), usedforsecurity=False).hexdigest()),
        )
        for each in islice(texts, ACTIVE, ACTIVE + count + 1)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--speed", type=int, default=0)
    parser.add_argument("--synthetic", action="store_true")
    given = parser.parse_args()
    if not given.synthetic and (is_missing(HISTORIES) or is_missing(DUMP)):
        return 0
    if given.speed:
        measure_speed(given.speed, synthetic=given.synthetic)
    else:
        measure_messages(given.sample)
    return 0


if __name__ == "__main__":
    sys.exit(main())
