"""Run Prefect's schedules in this process by the watchlist's intervals (`python -m flows.schedule watchlist.toml`)."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import cast

from prefect import serve
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Interval

from flows.apply_retention import apply_retention
from flows.check_articles import check_articles
from flows.deliver_alerts import deliver_alerts
from watcher.services.context import clock, load_watchlist
from watcher.services.installation import WATCHLIST_VARIABLE

_FIRST = timedelta(seconds=3)  # the runner registers both before it looks for what is due
_DELIVER = timedelta(minutes=1)
_TIDY = timedelta(days=1)
_TIDY_FIRST = timedelta(minutes=10)  # not in the rush of a start


def run(watchlist: Path) -> None:
    """Check as often as the most impatient watch asks, deliver every minute and tidy once a day, until stopped.

    An edit is fetched within one interval; a run that finds nothing to do costs one request for 50 pages.
    """
    watches = load_watchlist(watchlist).watches
    every = min((watch.every for watch in watches), default=timedelta(minutes=15))
    # The runs, which are processes of their own, find it there: no parameter of a run is a path.
    os.environ[WATCHLIST_VARIABLE] = str(watchlist.resolve())
    # Counted from now: whoever starts this sees the first check at once, not an interval later.
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
