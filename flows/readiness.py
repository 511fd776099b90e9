"""The memory and the time → the reasons why this installation does not do its work now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from snapshots import Archive, tallies
from snapshots.schema import HEAD
from watcher.config import Watchlist
from watcher.errors import StoreError

_LATE: Final = 3  # missed rounds
# Workers on several machines look every five minutes, however impatient a watch is; messages go out every minute.
_ROUND: Final = timedelta(minutes=5)


def unready(
    archive: Archive, watchlist: Watchlist, now: datetime, *, alive: Callable[[], bool] | None = None
) -> tuple[str, ...]:
    """Why requests for work would find none done; nothing when all is well.

    The database is there and has today's schema; the scheduler lives (`alive`, where this process has one); the
    last round of checks and the last round of deliveries ended lately, in whichever process.
    """
    try:
        schema = archive.revision_of_schema()
        if schema != HEAD:
            return (f"the database has schema {schema or 'none'}, this program {HEAD}: run `watcher check`",)
        last = {one.labels.get("kind", ""): one.at for one in tallies(archive) if one.name == "runs"}
    except StoreError as error:
        return (str(error),)
    reasons = [] if alive is None or alive() else ["the scheduler has ended: restart the service"]
    if watchlist.watches:
        patience = _LATE * max(_ROUND, min(watch.every for watch in watchlist.watches))
        reasons += _silent("checks", last.get("check"), patience, now)
        reasons += _silent("deliveries", last.get("deliver"), _LATE * _ROUND, now)
    return tuple(reasons)


def _silent(what: str, at: datetime | None, patience: timedelta, now: datetime) -> list[str]:
    if at is None:
        return [f"no round of {what} has ended yet"]
    if now - at > patience:
        return [
            f"the last round of {what} ended {at:%Y-%m-%d %H:%M} UTC: is the schedule, or are the workers, running?"
        ]
    return []
