from pathlib import Path

import pytest

from watcher.services.installation import installed_watchlist


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"WATCHER_WATCHLIST": "/etc/article-watcher/watchlist.toml"}, Path("/etc/article-watcher/watchlist.toml")),
        ({"WATCHER_WATCHLIST": ""}, Path("watchlist.toml")),
        ({}, Path("watchlist.toml")),
    ],
)
def test_flows_take_the_watchlist_that_the_environment_names(environ: dict[str, str], path: Path):
    assert installed_watchlist(environ) == path
