"""Build series of statistics from texts, one a day, for charts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.watcher.history_helpers import BOATS, CENSUS, SURVEY, TEXT, build_timelines, revision
from watcher.model import Snapshot
from watcher.report.charts.statistic import StatisticSeries, build_series

INDEX = "https://wiki.example.org/w/index.php"
# 21 → 25 → 99 (vandalised) → 25 → a range of another year → 28 on another source → gone
HISTORY = (
    TEXT,
    TEXT.replace("21 million", "25 million"),
    TEXT.replace("21 million", "99 million"),
    TEXT.replace("21 million", "25 million"),
    TEXT.replace("21 million", "between 26 and 31 million").replace("2012", "2019"),
    TEXT.replace("21 million", "28 million").replace("2012", "2020").replace(SURVEY, CENSUS),
    TEXT.replace(BOATS, ""),
)


def the_series(*texts: str, editor: str | None = None) -> tuple[StatisticSeries, ...]:
    snapshots = [Snapshot(revision=revision(number, editor), wikitext=text) for number, text in enumerate(texts, 1)]
    return build_series(build_timelines(snapshots), INDEX)


@pytest.fixture(scope="session")
def boats() -> StatisticSeries:
    """The first statistic of HISTORY."""
    return the_series(*HISTORY)[0]


@pytest.fixture(scope="session")
def series_of() -> Callable[..., tuple[StatisticSeries, ...]]:
    return the_series
