"""Measure the queue over many findings: the server's time for its pages, searches and decisions.

    python tests/benchmarks/review_queue.py [--findings 100000] [--articles 200] [--url postgresql+psycopg://…]

Prints one line a figure: the median and the worst of some requests, in milliseconds of wall clock and of this
process's CPU. Without --url it measures SQLite, and then PostgreSQL where its binaries are installed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text

from snapshots import Archive, FindingFilter, Scope, User
from snapshots.review_records import FindingRow, ReviewRow
from snapshots.tables import ArticleRow, ComparisonRow, RevisionRow
from tests.postgres import cluster
from tests.review_fixtures import a_site, a_watchlist
from watcher.model import Kind, Severity
from watcher.model.vocabulary import RANKS
from watcher.web.auth.access import csrf_token
from watcher.web.pages.filters import address_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = "harbour lamp victims estimate report labour coast of the in million percent study source income".split()
EACH = 20  # findings of a comparison
EACH_EDIT = 5  # findings of an edit
TURNS = 5


def rows(findings: int, articles: int) -> Iterator[tuple[type, list[dict[str, object]]]]:
    """The rows of so many findings, table by table, a few thousand at a time."""
    dice = random.Random(1)
    kinds = [kind.value for kind in Kind]
    yield (
        ArticleRow,
        [
            {"id": n, "wiki": "en", "page_id": n, "title": f"Article {n}", "registered_at": START, "failures": 0}
            for n in range(1, articles + 1)
        ],
    )
    comparisons = findings // EACH
    for first in range(1, comparisons + 1, 200):
        numbers = range(first, min(first + 200, comparisons + 1))
        owners = {n: dice.randint(1, articles) for n in numbers}
        times = {n: START + timedelta(minutes=n) for n in numbers}
        editors = {n: f"Editor {dice.randint(1, 500)}" for n in numbers}
        yield (
            RevisionRow,
            [
                {
                    "id": n, "wiki": "en", "revision_id": n, "article_id": owners[n], "parent_id": 0, "at": times[n],
                    "editor": editors[n], "comment": "an edit", "minor": False, "tags": [], "text_hidden": False,
                    "seen_at": times[n],
                }
                for n in numbers
            ],
        )  # fmt: skip
        yield (
            ComparisonRow,
            [
                {
                    "id": n, "article_id": owners[n], "before_id": n, "after_id": n, "at": times[n], "parser": "1",
                    "rules": "1", "worst": 3, "unread": [],
                }
                for n in numbers
            ],
        )  # fmt: skip
        result, queued = [], []
        for n in numbers:
            for position in range(EACH):
                number = (n - 1) * EACH + position + 1
                old, new = (" ".join(dice.choices(WORDS, k=20)) for _ in range(2))
                kind, severity = dice.choice(kinds), dice.choices(range(5), (5, 30, 40, 20, 5))[0]
                section = [f"Section {dice.randint(1, 30)}"]
                result.append(
                    {
                        "id": number, "comparison_id": n, "position": position, "kind": kind, "rule": "rule",
                        "severity": severity, "section": section, "summary": f"{number} → {number + 1} victims",
                        "body": {
                            "kind": kind, "severity": Severity(severity).label, "section": section, "where": "prose",
                            "rule": "rule", "summary": f"{number} → {number + 1} victims",
                            "sentence": {"old": old, "new": new}, "explanations": ["a reason"] * 3,
                        },
                    }
                )  # fmt: skip
                queued.append(
                    {
                        "edit_id": (number - 1) // EACH_EDIT * EACH_EDIT + 1,
                        "finding_id": number, "comparison_id": n, "article_id": owners[n],
                        "rank": RANKS * severity + dice.choice((0, 0, 0, 1, 2, 4, 5, 9)), "at": times[n],
                        "kind": kind, "section": section[0], "editor": editors[n],
                        "words": f"{number} → {number + 1} victims {old} {new} {editors[n]}".casefold(),
                        "state": "open" if dice.random() < 0.9 else "dismissed",
                    }
                )  # fmt: skip
        yield FindingRow, result
        yield ReviewRow, queued


def fill(archive: Archive, findings: int, articles: int) -> None:
    """Store the rows as they would be stored by checks."""
    with archive.database.write() as session:
        for table, group in rows(findings, articles):
            session.connection().execute(insert(table), group)
    with archive.database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Either engine does this by itself after a while.
        connection.execute(text("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE"))


def measured(name: str, act: Callable[[], object]) -> None:
    """Run it some times and print the median and the worst."""
    walls, cpus = [], []
    for _ in range(TURNS):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    print(f"{name:34} {statistics.median(walls):7.0f} ms  worst {max(walls):7.0f}  CPU {statistics.median(cpus):7.0f}")


def check_counts(archive: Archive) -> None:
    """Compare the counts of the filters with plain SQL."""
    counts, page = archive.findings.facet_counts(FindingFilter()), archive.findings.edits(FindingFilter())
    with archive.database._engine.connect() as connection:
        rows = connection.execute(text("SELECT kind, count(*) FROM review WHERE state = 'open' GROUP BY kind"))
        plain = {row[0]: row[1] for row in rows}
        wrong = {kind: (count, plain[kind]) for kind, count in counts.kinds.items() if count != plain[kind]}
        if wrong:
            sys.exit(f"the counts of kinds are wrong: {wrong}")
        total = connection.execute(text("SELECT count(*) FROM review WHERE state = 'open'")).scalar_one()
        edits = connection.execute(text("SELECT count(DISTINCT edit_id) FROM review WHERE state = 'open'")).scalar_one()
    if (counts.total, page.total) != (total, edits):
        sys.exit("the totals are wrong")
    print(f"counts are right: {edits:,} edits, {total:,} findings")


def measure(url: str, findings: int, articles: int) -> None:
    """Fill an empty database and ask for its pages."""
    with tempfile.TemporaryDirectory() as temporary, Archive(url, timeout=60) as archive:
        archive.upgrade()
        begun = time.perf_counter()
        fill(archive, findings, articles)
        print(f"# {url.partition(':')[0]}: {findings:,} findings in {time.perf_counter() - begun:.0f} s")
        client = TestClient(a_site(archive, a_watchlist(Path(temporary), ["Article 1"])), base_url="http://localhost")

        def page(path: str) -> Callable[[], object]:
            def get() -> None:
                answer = client.get(path)
                if answer.status_code != 200:
                    sys.exit(f"{path}: {answer.status_code}")

            return get

        fiftieth = address_of(archive.findings.edits(FindingFilter(), limit=50 * 40).edits[-1].position)
        page("/")()
        print(f"{'first page, bytes':34} {len(client.get('/').content):7,}")
        check_counts(archive)
        measured("first page", page("/"))
        measured("first page, all severities", page("/?minimum_severity=info"))
        measured("first page, newest first", page("/?order=newest&state=all"))
        measured("one article, high", page("/?article=en/7&severity=high"))
        measured("one kind, one editor", page("/?kind=statistic&editor=Editor+7"))
        measured("page 50", page(f"/?minimum_severity=info&after={fiftieth}"))
        measured("search, many hits", page("/?q=harbour+victims"))
        measured("search, one hit", page(f"/?q={findings // 2}+victims"))
        measured("search, no hit", page("/?q=zeppelin"))
        measured("one finding", page(f"/finding/{findings // 2}"))
        decisions(client, archive)


def decisions(client: TestClient, archive: Archive) -> None:
    """Decide about edits in place, as a script of the page does."""
    edits = iter(archive.findings.edits(FindingFilter(), limit=200).edits)
    accounts = client.app.state.authenticator
    accounts.accounts.add_user(User(name="reviewer", scope=Scope.REVIEW, at=START, password="!"))
    secret, now = accounts.new_token(), accounts.now()
    accounts.accounts.open_session(secret, "reviewer", now, now + timedelta(days=1))
    client.cookies.set("watcher_session", secret)
    client.headers["x-csrf-token"] = csrf_token(secret)

    def decide(count: int) -> Callable[[], object]:
        def post() -> None:
            form = {"edits": [next(edits).id for _ in range(count)], "decision": "correct", "as_of": 0}
            answer = client.post("/decide", data=form, headers={"hx-request": "true"})
            if answer.status_code != 200:
                sys.exit(f"/decide: {answer.status_code}")

        return post

    answer = client.get("/", headers={"accept-encoding": "gzip"})
    print(f"{'first page signed in, bytes':34} {len(answer.content):7,}, {answer.num_bytes_downloaded:,} over the wire")
    decide(1)()
    measured("an edit decided in place", decide(1))
    measured("20 edits decided in place", decide(20))


def main() -> None:
    """Measure the engines that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--url")
    asked = parser.parse_args()
    if asked.url:
        measure(asked.url, asked.findings, asked.articles)
        return
    with tempfile.TemporaryDirectory() as temporary:
        measure(f"sqlite:///{temporary}/queue.db", asked.findings, asked.articles)
    with cluster(None) as result:
        if result is None:
            print("# no PostgreSQL here")
            return
        with result.database() as url:
            measure(url, asked.findings, asked.articles)


if __name__ == "__main__":
    main()
