"""Test that a history imported into a real MediaWiki and fetched from it gives the scripted timelines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.mediawiki.wiki import RealWiki
from tests.shared_data import ARTICLE
from tests.watcher.article_history_generator import ArticleSaga
from watcher.model import Statistic
from watcher.model.ledger import EditVerb, Timeline
from watcher.services.ledger import read_timelines, record_history
from watcher.services.past import backfill
from watcher.services.startup import open_context

pytestmark = pytest.mark.mediawiki
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
    with open_context(watchlist, {}) as services:
        article = backfill(services, services.watchlist.watches[0]).article
        dialect = services.dialect(article.wiki)
        record_history(services.archive, article, dialect, services.now(), batch_size=90)
        ids = [revision.id for revision in services.archive.revisions.of_article(article)]
        return read_timelines(services.archive, article, dialect), ids


def numbered(result: Counter[Any], ids: list[int], at: int) -> Counter[Any]:
    """Events with the number of a revision in the script in place of the id that the wiki gave it."""
    numbers = {revision_id: number for number, revision_id in enumerate(ids, 1)}
    reported: Counter[Any] = Counter()
    for event, count in result.items():
        reported[(*event[:at], numbers[event[at]], *event[at + 1 :])] += count
    return reported


def is_the_script(expected: Counter[Any], result: Counter[Any]) -> None:
    assert not result - expected, "phantom changes"
    assert (expected & result).total() >= 0.98 * expected.total(), sorted(map(str, (expected - result).elements()))


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the real article is not here: set WATCHER_SHARED")
@pytest.mark.parametrize("edits", [15, pytest.param(220, marks=pytest.mark.slow)])
def test_the_timelines_of_edits_of_a_real_article_equal_their_script(
    wiki: RealWiki, title: str, tmp_path: Path, edits: int
):
    saga = ArticleSaga(ARTICLE.read_text(encoding="utf-8"), seed=7)
    saga.play(edits)
    timelines, ids = fetched(wiki, tmp_path, title, saga.texts)
    assert len(ids) == len(saga.texts)
    is_the_script(Counter(saga.events), numbered(saga.results(timelines), ids, at=1))
    others = [
        (episode.revision.id, episode.sentence)
        for timeline in timelines
        if timeline.subject == "statistic" and timeline.episodes[0].sentence not in saga.firsts
        for episode in timeline.episodes
        if episode.verb is EditVerb.CHANGED and isinstance(episode.element, Statistic)
    ]
    assert others == [], "figures that no edit touched"
