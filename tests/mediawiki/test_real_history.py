"""Whole histories, imported into a real MediaWiki and fetched from it, give the timelines of their scripts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.backfill import backfill
from flows.following import follow
from flows.services import open_services
from tests.mediawiki.wiki import RealWiki
from tests.watcher.article_saga import ArticleSaga
from tests.watcher.saga import Saga, events
from watcher.model import Statistic
from watcher.model.timelines import Timeline, Verb

pytestmark = pytest.mark.mediawiki
SHARED = Path(os.environ.get("WATCHER_SHARED", Path(__file__).resolve().parents[2] / "../shared"))
ARTICLE = SHARED / "data/articles/human-trafficking.wikitext"
START = datetime(2011, 1, 1, tzinfo=UTC)


def fetched(wiki: RealWiki, folder: Path, title: str, texts: Iterable[str]) -> tuple[tuple[Timeline, ...], list[int]]:
    """The timelines of a page with these texts, one a day, fetched as `watcher history` does, and its revision ids."""
    days = (f"{START + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}" for number in range(10_000))
    wiki.import_history(title, [{"at": at, "text": text} for at, text in zip(days, texts, strict=False)])
    watchlist = folder / "watchlist.toml"
    watchlist.write_text(
        '[watcher]\ncontact = "mailto:tests@example.org"\ndatabase = "sqlite:///watcher.db"\n'
        f'allowed_hosts = ["127.0.0.1:{wiki.port}"]\n\n'
        f'[[wiki]]\nname = "real"\napi = "{wiki.api_url}"\nlanguage = "en"\n\n'
        f'[[watch]]\nwiki = "real"\ntitle = "{title}"\n',
        encoding="utf-8",
    )
    with open_services(watchlist, {}) as services:
        article = backfill(services, services.watchlist.watches[0]).article
        follow(services, article, chapter=90)
        ids = [one.id for one in services.archive.revisions(article)]
        return services.archive.timelines(article), ids


def numbered(found: Counter[Any], ids: list[int], at: int) -> Counter[Any]:
    """Events with the number of a revision in the script in place of the id that the wiki gave it."""
    numbers = {revision_id: number for number, revision_id in enumerate(ids, 1)}
    told: Counter[Any] = Counter()
    for event, count in found.items():
        told[(*event[:at], numbers[event[at]], *event[at + 1 :])] += count
    return told


def is_the_script(expected: Counter[Any], found: Counter[Any]) -> None:
    assert not found - expected, "phantom changes"
    assert (expected & found).total() >= 0.98 * expected.total(), sorted(map(str, (expected - found).elements()))


def test_the_timelines_of_an_imported_history_equal_its_script(wiki: RealWiki, title: str, tmp_path: Path):
    saga = Saga(seed=19)
    saga.play(230)
    timelines, ids = fetched(wiki, tmp_path, title, saga.texts)
    assert len(ids) == len(saga.texts)
    is_the_script(Counter(saga.events), numbered(events(timelines), ids, at=2))


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the real article is not here: set WATCHER_SHARED")
def test_the_timelines_of_edits_of_a_real_article_equal_their_script(wiki: RealWiki, title: str, tmp_path: Path):
    saga = ArticleSaga(ARTICLE.read_text(encoding="utf-8"), seed=7)
    saga.play(220)
    timelines, ids = fetched(wiki, tmp_path, title, saga.texts)
    assert len(ids) == len(saga.texts)
    is_the_script(Counter(saga.events), numbered(saga.found(timelines), ids, at=1))
    others = [
        (episode.revision.id, episode.sentence)
        for one in timelines
        if one.subject == "statistic" and one.episodes[0].sentence not in saga.firsts
        for episode in one.episodes
        if episode.verb is Verb.CHANGED and isinstance(episode.element, Statistic)
    ]
    assert others == [], "figures that no edit touched"
