import pytest

from snapshots import StoredFinding
from watcher.config import Watchlist
from watcher.model import Severity
from watcher.web import rendering


def test_the_index_stands_beside_the_api(watchlist: Watchlist):
    assert rendering.index_php_url(watchlist, "en") == "https://wiki.example.org/w/index.php"
    assert rendering.index_php_url(watchlist, "gone") is None


@pytest.mark.parametrize(
    ("kind", "label"), [("statistic.changed", "Statistic changed"), ("weather.changed", "weather.changed")]
)
def test_a_kind_of_another_version_is_still_shown(kind: str, label: str):
    stored = StoredFinding(id=1, comparison_id=1, position=0, kind=kind, severity=Severity.LOW, section=(), summary="s")
    assert rendering._finding_summary(stored).kind == label
    assert rendering._finding_summary(stored).section == "Lead"
