"""Test that a history imported into a real MediaWiki and fetched from it gives the scripted timelines."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.mediawiki.wiki import RealWiki
from tests.shared_data import ARTICLE
from tests.watcher.history_generator import Event, Saga, events, script_name
from watcher.model.ledger import EditVerb, Timeline
from watcher.services.history.ledger import read_timelines, record_history
from watcher.services.history.past import backfill
from watcher.services.operations.startup import open_context

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


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the real article is not here: set WATCHER_SHARED")
@pytest.mark.parametrize("edits", [15, pytest.param(220, marks=pytest.mark.slow)])
def test_the_timelines_of_edits_before_a_real_article_equal_their_script(
    wiki: RealWiki, title: str, tmp_path: Path, edits: int
):
    saga = Saga(seed=7)
    saga.play(edits)
    article = ARTICLE.read_text(encoding="utf-8")
    timelines, ids = fetched(wiki, tmp_path, title, [f"{text}\n{article}" for text in saga.texts])
    assert len(ids) == len(saga.texts)
    numbers = {revision_id: number for number, revision_id in enumerate(ids, 1)}
    known = {event[:2] for event in saga.events}
    scripted = [timeline for timeline in timelines if (timeline.subject, script_name(timeline)) in known]
    expected = Counter(saga.events)
    result = Counter[Event]()
    for event, count in events(scripted).items():
        result[(*event[:2], numbers[event[2]], *event[3:])] = count
    assert not result - expected, "phantom changes"
    assert (expected & result).total() >= 0.98 * expected.total(), sorted(map(str, (expected - result).elements()))
    others = [
        (episode.revision.id, episode.sentence)
        for timeline in timelines
        if timeline.subject == "statistic" and timeline not in scripted
        for episode in timeline.episodes
        if episode.verb is EditVerb.CHANGED
    ]
    assert others == [], "figures that no edit touched"
