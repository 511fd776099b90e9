"""Prefect flow: fetch one article's whole history, on demand (`flows/backfill_article.py:backfill_article`)."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from flows.check_articles import is_retryable
from watcher.config import Watch, Watchlist
from watcher.errors import ConfigError
from watcher.services.backfill import ProgressCallback, backfill
from watcher.services.context import open_context
from watcher.services.history import build_history
from watcher.services.installation import installed_watchlist
from watcher.text import escape_control_characters

_DAY = 86_400  # seconds; the longest article of any wiki takes an hour
_LINES = 20  # of progress in a run's log


@task(
    name="fetch-history",
    retries=5,
    retry_delay_seconds=exponential_backoff(backoff_factor=30),
    retry_jitter_factor=0.5,
    retry_condition_fn=is_retryable,
    persist_result=False,
    cache_policy=NO_CACHE,
)
async def fetch_history(wiki: str, title: str) -> str:
    """Fetch and follow what is missing; tried again, from where it stopped, only where the wiki was unavailable."""
    log = get_run_logger()
    return await asyncio.to_thread(fetch_and_build, installed_watchlist(), wiki, title, log)


def fetch_and_build(
    watchlist: Path, wiki: str, title: str, log: logging.Logger | logging.LoggerAdapter[logging.Logger]
) -> str:
    """The work of the task, without Prefect: what it came to, in a line."""
    with open_context(watchlist) as services:
        backfill_result = backfill(services, watched(services.watchlist, wiki, title), _in_log(log, "stored"))
        build_history(services, backfill_result.article, _in_log(log, "read"))
    counted = f"{backfill_result.revisions:,} revision{'s' * (backfill_result.revisions != 1)}"
    return escape_control_characters(
        f"{backfill_result.article.title}: {counted}, {backfill_result.fetched:,} of them fetched now"
    )


def watched(watchlist: Watchlist, wiki: str, title: str) -> Watch:
    """The watch of a title on a wiki; ConfigError where there is none."""
    requested = title.replace("_", " ").strip()
    for watch in watchlist.watches:
        if (watch.wiki, watch.title) == (wiki, requested):
            return watch
    raise ConfigError(f"{requested!r} on {wiki!r}: is not in {watchlist.path.name}; add it with `watcher add`")


def _in_log(log: logging.Logger | logging.LoggerAdapter[logging.Logger], what: str) -> ProgressCallback:
    reported = -1

    def line(done: int, total: int) -> None:
        nonlocal reported
        step = done * _LINES // max(total, 1)
        if step > reported:
            reported = step
            log.info("%s of %s revisions %s", f"{done:,}", f"{total:,}", what)

    return line


@flow(name="backfill-article", timeout_seconds=_DAY, persist_result=False)
async def backfill_article(wiki: str, title: str) -> str:
    """Fetch every revision of a watched article and follow its figures; the next run makes up for a killed one."""
    return await fetch_history(wiki, title)
