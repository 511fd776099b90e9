"""Prefect flow: fetch one article's whole history, on demand (`flows/backfill_article.py:backfill_article`).

With `dump`, the name of a file in the folder `dumps` beside the watchlist, what that has is not asked of the wiki.
"""

from __future__ import annotations

import logging
from typing import Final

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from flows.dispatch_checks import is_retryable
from watcher.services.context import AppContext
from watcher.services.ledger import ProgressCallback, record_history
from watcher.services.past import backfill, import_dump, installed_dump
from watcher.services.startup import run_step
from watcher.text import escape_control_characters

_DAY: Final = 86_400  # seconds; the longest article of any wiki takes an hour
_LINES: Final = 20  # of progress in a run's log

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


@task(
    name="fetch-history",
    retries=5,
    retry_delay_seconds=exponential_backoff(backoff_factor=30),
    retry_jitter_factor=0.5,
    retry_condition_fn=is_retryable,
    persist_result=False,
    cache_policy=NO_CACHE,
)
async def fetch_history(wiki: str, title: str, dump: str | None = None) -> str:
    """Fetch what is missing and build the history; retried, from where it stopped, only where the wiki was unavailable.

    Any title that the article ever had will do.
    """
    log = get_run_logger()

    def step(services: AppContext) -> str:
        (watch,) = services.index.find(title, wiki)
        if dump is not None:
            import_dump(services, watch, installed_dump(services, dump), _in_log(log, "imported"))
        stored = backfill(services, watch, _in_log(log, "stored"))
        dialect, now = services.dialect(stored.article.wiki), services.now()
        record_history(services.archive, stored.article, dialect, now, _in_log(log, "recorded"))
        counted = f"{stored.revisions:,} revision{'s' * (stored.revisions != 1)}"
        return escape_control_characters(f"{stored.article.title}: {counted}, {stored.fetched:,} of them fetched now")

    return await run_step(step)


def _in_log(log: Log, what: str) -> ProgressCallback:
    reported = -1

    def line(done: int, total: int) -> None:
        nonlocal reported
        step = done * _LINES // max(total, 1)
        if step > reported:
            reported = step
            log.info("%s of %s revisions %s", f"{done:,}", f"{total:,}", what)

    return line


@flow(name="backfill-article", timeout_seconds=_DAY, persist_result=False)
async def backfill_article(wiki: str, title: str, dump: str | None = None) -> str:
    """Fetch every revision of a watched article and build its history; the next run continues a killed one."""
    return await fetch_history(wiki, title, dump)
