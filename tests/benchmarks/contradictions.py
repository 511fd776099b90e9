"""Find planted contradictions between articles, and measure what the index costs a changed article.

    python tests/benchmarks/contradictions.py [--articles 10000] [--changed 200] [--url postgresql+psycopg://…]

The labelled statements are those of tests/data/contradictions.txt. Each made-up article has 60 paragraphs and cites 40
works: most of its own, eight that some 20 articles cite, one that every article cites. Of two articles each the one
says what the other says from the common works. A change replaces the value and the words of one such statement, so
that it contradicts the other article; its parsing, its rows and its contradictions count (processor time of this
process; that of a PostgreSQL server is its own). Bars: 0.9 found, 2 false, 20 ms.
"""

import argparse
import random
import re
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snapshots import Archive
from snapshots.cited_statistics import CitedStatisticRow, CitedWorkRow, statistic_to_dict
from snapshots.database import insert_or_ignore
from snapshots.tables import ArticleRow
from tests.contradiction_cases import case_of, find_pairs, read_cases
from watcher.batching import batched
from watcher.judge.contradictions import contradictions
from watcher.model import Article, Dialect, Revision
from watcher.model.elements import CITED_VERSION, CitedStatistic, Contradiction
from watcher.parse.cited import cited_statistics
from watcher.parse.document import clear_caches

NOW = datetime(2026, 3, 4, tzinfo=UTC)
READ = 200
THINGS = "boats mills farms schools bridges pupils doctors miners sheep engines wells clerks orchards kilns".split()
REGIONS = "harbour valley northern hill river market upper lower outer inner coastal garden forest island".split()
LANGUAGES = {"w": "en"}


def measure_labelled() -> None:
    cases, articles = read_cases()
    listed, wrong = set[str](), 0
    for first, other in find_pairs(articles):
        case = case_of(cases, first, other)
        if case is not None and case.planted:
            listed.add(case.label)
        else:
            wrong += 1
            print(f"  false: {first.statistic.sentence} | {other.statistic.sentence}")
    planted = [case.label for case in cases if case.planted]
    for label in planted:
        if label not in listed:
            print(f"  missed: {label}")
    print(f"{len(articles)} articles, {len(cases)} cases: {len(listed)} of {len(planted)} planted found, {wrong} false")


def paragraph(number: int, position: int, count: int, generator: random.Random) -> str:
    common = position % 7 == 0
    work = f"common/{generator.randrange(1 + count * 2 // 5)}/report" if common else f"own/{number}/{position}"
    if position == 1:
        work = "census/all/table"
    cite = f"<ref>{{{{cite web|title=Report {position}|url=https://a.example.org/{work}|date=2013}}}}</ref>"
    if position % 3 == 2:
        return f"The {generator.choice(REGIONS)} road is older than the {generator.choice(REGIONS)} one.{cite}"
    thing, where = THINGS[(position + number) % 14], REGIONS[(position // 7 + number // 14) % 14]
    value = generator.randrange(1_000, 90_000)
    return f"In 2012 there were {value:,} {thing} in {where.title()}shire.{cite}"


def texts(number: int, count: int) -> tuple[str, str]:
    """Return an article before and after one statement of it changed."""
    generator = random.Random(number)
    parts = [paragraph(number, position, count, generator) for position in range(60)]
    before = "\n\n".join(parts)
    words, value, rest = re.split(r"(\d+,\d+)", parts[0], maxsplit=1)
    parts[0] = f"{words.replace('there were', 'the land had')}{int(value.replace(',', '')) * 5 // 4:,}{rest}"
    return before, "\n\n".join(parts)


def read_cited(number: int, text: str) -> tuple[CitedStatistic, ...]:
    return cited_statistics(text, Dialect(), f"Article {number}")


def cited_by(number: int, like: int, count: int, work: str) -> str:
    """Return the URL that article `number` cites instead of that of the article `like`; pairs share some."""
    pair = (number - 1) // READ // 2
    moved = re.sub(
        r"/common/(\d+)", lambda match: f"/common/{(int(match[1]) + 37 * pair) % (1 + count * 2 // 5)}", work
    )
    return moved.replace(f"/{like + 1}/", f"/{number}/")


def fill(archive: Archive, count: int) -> tuple[list[Article], float]:
    """Write the index of all articles at once, as `apply` would; contradictions are found when one changes.

    Only the first 200 texts are read, in so many seconds each; the others are like them, with works of their own.
    """
    read: list[list[CitedStatistic]] = []
    begun = time.process_time()
    for number in range(1, READ + 1):
        read.append([*read_cited(number, texts(number, count)[0])])
        clear_caches()
    seconds = (time.process_time() - begun) / READ
    articles = [Article(wiki="w", page_id=number, title=f"Article {number}") for number in range(1, count + 1)]
    for batch in batched(articles, 100):
        rows, works = list[dict[str, Any]](), list[dict[str, Any]]()
        for number in (article.page_id for article in batch):
            like = (number - 1) % READ
            for position, item in enumerate(read[like]):
                own = [work._replace(identity=cited_by(number, like, count, work.identity)) for work in item.works]
                # Below those of the database: the newest rows of an article are those with the highest ids.
                key, body = 100 * number + position - 10**9, statistic_to_dict(replace(item, works=tuple(own)))
                rows.append({"id": key, "article_id": number, "block": 0, "since": NOW, "body": body})
                works += [{"work": work.identity, "statistic_id": key} for work in own]
        pages = [
            {"id": article.page_id, "wiki": "w", "page_id": article.page_id, "title": article.title}
            | {"registered_at": NOW, "failures": 0, "cited_revision_id": 1, "cited_version": CITED_VERSION}
            for article in batch
        ]
        with archive.database.write() as session:
            insert_or_ignore(session, ArticleRow, pages)
            insert_or_ignore(session, CitedStatisticRow, rows)
            insert_or_ignore(session, CitedWorkRow, works)
    with archive.database.connection() as connection:
        connection.exec_driver_sql("ANALYZE")
    return articles, seconds


def measure_index(archive: Archive, count: int, changed: int) -> None:
    articles, first = fill(archive, count)
    seconds = list[float]()
    for article in random.Random(1).sample(articles[:READ], changed):
        _, after = texts(article.page_id, count)
        clear_caches()
        begun = time.process_time()
        cited = read_cited(article.page_id, after)
        edit = Revision(article=article, id=2, parent_id=1, at=NOW, editor="Ann", comment=None)
        archive.cited_statistics.apply(edit, cited, contradictions, LANGUAGES, NOW)
        seconds.append(time.process_time() - begun)
    begun = time.process_time()
    listed = archive.cited_statistics.contradictions(LANGUAGES, limit=20 * READ)
    page = time.process_time() - begun
    planted = {number for item in listed if (number := planted_in(item))}
    print(
        f"{archive.database.label.partition(' ')[0]}: {count:,} articles of {len(texts(1, count)[0]) / 1024:.0f} KB, "
        f"{1000 * first:.1f} ms each to read all of it; a changed one {1000 * statistics.median(seconds):.1f} ms "
        f"(p95 {1000 * statistics.quantiles(seconds, n=20)[-1]:.1f}); {len(listed)} contradictions listed in "
        f"{1000 * page:.0f} ms: {len(planted)} of {changed} planted found, "
        f"{sum(not planted_in(item) for item in listed)} others"
    )


def planted_in(contradiction: Contradiction) -> int | None:
    """Return the id of the article whose change planted a contradiction; None if this one was not planted."""
    first, other = sorted(
        (contradiction.first, contradiction.second), key=lambda item: " the land had " in item.statistic.sentence
    )
    before, after = (item.statistic.sentence.split(" ") for item in (first, other))
    same = first.article.page_id % READ == other.article.page_id % READ
    return other.article.page_id if same and before[-3:] == after[-3:] and "had" in after else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=READ)
    parser.add_argument("--url", help="an empty database; default: a temporary SQLite file")
    asked = parser.parse_args()
    measure_labelled()
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive(asked.url or f"sqlite:///{Path(folder)}/watcher.db") as archive,
    ):
        archive.upgrade()
        measure_index(archive, asked.articles, asked.changed)


if __name__ == "__main__":
    main()
