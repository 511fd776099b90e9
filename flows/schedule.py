"""Run Prefect's schedules in this process by the watchlist's intervals (`python -m flows.schedule watchlist.toml`)."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

from prefect import serve
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Interval

from flows.apply_retention import apply_retention
from flows.check_articles import check_articles
from flows.deliver_alerts import deliver_alerts
from watcher.services.context import clock, load_watchlist
from watcher.services.installation import WATCHLIST_VARIABLE

_FIRST: Final = timedelta(seconds=3)  # the runner registers the deployments before it looks for what is due
_DELIVER: Final = timedelta(minutes=1)
_TIDY: Final = timedelta(days=1)
_TIDY_FIRST: Final = timedelta(minutes=10)  # after the load of a start


def run(watchlist: Path) -> None:
    """Check at the shortest interval of the watches, deliver every minute and apply retention daily, until stopped.

    An edit is fetched within one interval; a run that finds nothing to do costs one request for 50 pages.
    """
    every = min((watch.every for watch in load_watchlist(watchlist).entries), default=timedelta(minutes=15))
    # The runs, which are processes of their own, find it there: no parameter of a run is a path.
    os.environ[WATCHLIST_VARIABLE] = str(watchlist.resolve())
    # Counted from now: the first check is made at once, not an interval later.
    first = clock() + _FIRST
    # The stubs promise a coroutine as well, which comes only inside a running event loop.
    check = cast(
        "RunnerDeployment",
        check_articles.to_deployment("check", schedule=Interval(every, anchor_date=first)),
    )
    deliver = cast(
        "RunnerDeployment",
        deliver_alerts.to_deployment("deliver", schedule=Interval(_DELIVER, anchor_date=first)),
    )
    tidy = cast(
        "RunnerDeployment",
        apply_retention.to_deployment("tidy", schedule=Interval(_TIDY, anchor_date=first + _TIDY_FIRST)),
    )
    serve(check, deliver, tidy, print_starting_message=False)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
