"""Make one pass of the watchdog: ask what the work depends on, tell operators, send what is due."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from watcher.errors import StoreError
from watcher.services.delivery import deliver_due
from watcher.services.direct_alerts import alert_directly
from watcher.services.outages import ALL, record_outages
from watcher.services.startup import open_context


def watch_once(path: Path, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Make one pass for a watchlist, and return what is wrong.

    It needs neither Prefect nor, for what it says of the database, the database.
    """
    try:
        with open_context(path) as services:
            problems = record_outages(services, ALL, environ)
            report = deliver_due(services)
    except StoreError as error:
        return (str(error), *alert_directly(path, str(error), environ))
    return (*problems, *report.errors, *alert_directly(path, "", environ))
