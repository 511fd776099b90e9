"""The watchlist's intervals → Prefect's schedules, run by this process: `python -m flows.schedule watchlist.toml`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

from prefect import serve
from prefect.deployments.runner import RunnerDeployment

from flows.check_articles import check_articles
from flows.deliver_alerts import deliver_alerts
from flows.services import read_watchlist


def run(watchlist: Path) -> None:
    """Check as often as the most impatient watch asks and deliver every minute, until stopped.

    An edit is fetched within one interval; a run that finds nothing to do costs one request for 50 pages.
    """
    watches = read_watchlist(watchlist).watches
    every = min((watch.every.total_seconds() for watch in watches), default=900.0)
    parameters = {"watchlist": str(watchlist.resolve())}
    # The stubs promise a coroutine as well, which comes only inside a running event loop.
    check = cast("RunnerDeployment", check_articles.to_deployment("check", interval=every, parameters=parameters))
    deliver = cast("RunnerDeployment", deliver_alerts.to_deployment("deliver", interval=60, parameters=parameters))
    serve(check, deliver, print_starting_message=False)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
