"""The flow that fetches one article's whole history: `flows/backfill_article.py:backfill_article`, run on demand."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from flows.backfill import Told, backfill
from flows.chunk import may_pass
from flows.following import follow
from flows.installation import installed_watchlist
from flows.services import open_services
from flows.terminal import printable
from watcher.config import Watch, Watchlist
from watcher.errors import ConfigError

_DAY = 86_400  # seconds; the longest article of any wiki takes an hour
_LINES = 20  # of progress in a run's log


@task(
    name="fetch-history",
    retries=5,
    retry_delay_seconds=exponential_backoff(backoff_factor=30),
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
    persist_result=False,
    cache_policy=NO_CACHE,
)
async def fetch_history(wiki: str, title: str) -> str:
    """Fetch and follow what is missing; tried again, from where it stopped, only where the wiki was unavailable."""
    log = get_run_logger()
    return await asyncio.to_thread(fetch_now, installed_watchlist(), wiki, title, log)


def fetch_now(
    watchlist: Path, wiki: str, title: str, log: logging.Logger | logging.LoggerAdapter[logging.Logger]
) -> str:
    """The work of the task, without Prefect: what it came to, in a line."""
    with open_services(watchlist) as services:
        found = backfill(services, watched(services.watchlist, wiki, title), _in_log(log, "stored"))
        follow(services, found.article, _in_log(log, "read"))
    counted = f"{found.revisions:,} revision{'s' * (found.revisions != 1)}"
    return printable(f"{found.article.title}: {counted}, {found.fetched:,} of them fetched now")


def watched(watchlist: Watchlist, wiki: str, title: str) -> Watch:
    """The watch of a title on a wiki; ConfigError where there is none."""
    wanted = title.replace("_", " ").strip()
    for watch in watchlist.watches:
        if (watch.wiki, watch.title) == (wiki, wanted):
            return watch
    raise ConfigError(f"{wanted!r} on {wiki!r}: is not in {watchlist.path.name}; add it with `watcher add`")


def _in_log(log: logging.Logger | logging.LoggerAdapter[logging.Logger], what: str) -> Told:
    told = -1

    def line(done: int, total: int) -> None:
        nonlocal told
        step = done * _LINES // max(total, 1)
        if step > told:
            told = step
            log.info("%s of %s revisions %s", f"{done:,}", f"{total:,}", what)

    return line


@flow(name="backfill-article", timeout_seconds=_DAY, persist_result=False)
async def backfill_article(wiki: str, title: str) -> str:
    """Fetch every revision of a watched article and follow its figures; the next run makes up for a killed one."""
    return await fetch_history(wiki, title)
