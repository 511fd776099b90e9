"""Build an archive with real comparisons from texts of articles, and serve the review pages over it on loopback."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import uvicorn
from fastapi import FastAPI

from snapshots import Archive, CheckResult
from watcher.config import Watch, Watchlist, WikiSite
from watcher.config.validators import Secret
from watcher.errors import ConfigError
from watcher.model import Article, Dialect, Policy, Revision, Snapshot
from watcher.parse import dialect_for
from watcher.pipeline import compare
from watcher.services.context import AppContext, Compare, clock
from watcher.services.history.ledger import record_history
from watcher.web import create_app

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
_STARTS_WITHIN = 180  # seconds, on a busy machine


def a_watchlist(folder: Path, titles: Sequence[str]) -> Watchlist:
    """A watchlist with one wiki, `en`; its file is empty."""
    path = folder / "watchlist.toml"
    path.touch()
    return Watchlist(
        path=path,
        contact="ops@example.org",
        database=Secret("sqlite:///archive.db"),
        reports=folder,
        wikis=(WikiSite(name="en", api="https://wiki.example.org/w/api.php"),),
        watches=tuple(Watch.model_construct(wiki="en", title=title) for title in titles),  # titles are not validated
    )


def judge_all(archive: Archive, article: Article, edits: Sequence[tuple[str, str, str]], days: int = 1) -> None:
    """Store edits (text, editor, comment) at regular intervals up to NOW, each compared with the one before."""
    first = article.page_id * 1000
    store_all(
        archive,
        article,
        [
            Snapshot(
                revision=Revision(
                    article=article,
                    id=first + number,
                    parent_id=first + number - 1 if number > 1 else 0,
                    at=NOW - timedelta(days=days * (len(edits) + 1 - number)),
                    editor=editor,
                    comment=comment,
                ),
                wikitext=text,
            )
            for number, (text, editor, comment) in enumerate(edits, start=1)
        ],
    )
    record_history(archive, article, Dialect(), NOW)


def store_all(
    archive: Archive,
    article: Article,
    texts: Sequence[Snapshot],
    compare: Compare = compare,
    now: datetime | None = None,
) -> None:
    """Store the texts of an article, each compared with the one before: at that time, else at that of its edit."""
    before: Snapshot | None = None
    archive.articles.register(article, NOW)
    for after in texts:
        archive.comparisons.commit(
            CheckResult(
                article=article,
                before=before.revision if before else None,
                after=after.revision,
                now=now or after.revision.at,
                snapshots=(after,),
                comparison=compare(before, after, policy=Policy(), dialect=Dialect()) if before else None,
            )
        )
        before = after
    archive.articles.record_checks([article], NOW)


def a_site(
    archive: Archive,
    watchlist: Watchlist,
    *,
    now: Callable[[], datetime] = clock,
    compare: Compare = compare,
    **more: Any,
) -> FastAPI:
    """The review pages over an archive, without access to wikis."""

    def refuse(wiki: WikiSite, _lock: object) -> NoReturn:
        raise ConfigError(f"{wiki.name}: these pages were started without access to wikis")

    dialects = {wiki.name: dialect_for(wiki.language) for wiki in watchlist.wikis}
    services = AppContext(
        watchlist=watchlist, archive=archive, now=now, owner="web", make_client=refuse, dialects=dialects,
        compare=compare,
    )  # fmt: skip
    return create_app(services, **more)


@contextmanager
def served(site: FastAPI) -> Iterator[str]:
    """Serve the pages with a real server on a free port; yield their address."""
    server = uvicorn.Server(uvicorn.Config(site, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + _STARTS_WITHIN
    while not server.started and thread.is_alive() and time.monotonic() < until:
        thread.join(0.02)
    assert server.started, "the review pages did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_STARTS_WITHIN)
