"""Test that two hundred routine edits alert nobody, and that one changed figure among them alerts once."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cases import for_each
from tests.end_to_end.noise import ARTICLE, FIGURES, revisions
from watcher.config import Destination, Watch, Watchlist, WikiSite
from watcher.config.validators import Secret
from watcher.model import Alert, Article, Dialect, Policy, Revision, Snapshot
from watcher.notify import compose
from watcher.pipeline import compare
from watcher.services.alerts import build_alert, is_accepted

COUNT, SEED, PAGE = 200, 20260304, Article(wiki="enwiki", page_id=7, title="Harbour traffic")
START = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
WATCH = Watch(wiki="enwiki", title=PAGE.title, destinations=("team",))
WATCHLIST = Watchlist(
    path=Path("watchlist.toml"),
    contact="mailto:tests@example.org",
    database=Secret("sqlite:///watcher.db"),
    reports=Path("reports"),
    base_url="http://127.0.0.1:8765",
    wikis=(WikiSite(name="enwiki", api="https://wiki.example.org/w/api.php"),),
    watches=(WATCH,),
    destinations=(Destination(name="team", url=Secret("json://127.0.0.1:9/")),),
)


def snapshot(number: int, text: str) -> Snapshot:
    revision = Revision(
        article=PAGE, id=1_290_000_000 + number, parent_id=0, at=START, editor="Marian", comment="tidied"
    )
    return Snapshot(revision=revision, wikitext=text)


def alerts(pairs: list[tuple[str, str]]) -> list[Alert]:
    """What would be sent for each pair of revisions."""
    result = []
    for number, (old, new) in enumerate(pairs):
        before, after = snapshot(number, old), snapshot(number + 1, new)
        alert = build_alert(WATCHLIST, WATCH, compare(before, after, policy=Policy(), dialect=Dialect()))
        if alert and any(is_accepted(each, WATCH, alert) for each in WATCHLIST.destinations):
            result.append(alert)
    return result


@pytest.mark.parametrize("seed", [SEED, *(pytest.param(SEED + more, marks=pytest.mark.slow) for more in (1, 2))])
def test_edits_of_bots_and_copy_editors_alert_nobody(seed: int):
    result = alerts(list(revisions(COUNT, seed)))
    print(f"{COUNT} edits without weight: {len(result)} alerts")
    assert [[(notice.kind.value, notice.summary) for notice in alert.notices] for alert in result] == []


@for_each(("old", "new"), FIGURES, ids=[old for old, _ in FIGURES])
def test_one_figure_among_them_alerts_once_in_500_bytes(old: str, new: str):
    pairs = list(revisions(COUNT, SEED))
    location = random.Random(old).randrange(COUNT)
    changed = [
        (a.replace(old, new) if n > location else a, b.replace(old, new) if n >= location else b)
        for n, (a, b) in enumerate(pairs)
    ]
    near = slice(max(location - 5, 0), location + 6)  # the others are those of the test above
    (alert,) = alerts(changed[near])
    text = compose(alert).compact_text
    print(f"one edit with {old} → {new}: 1 alert of {len(text.encode())} bytes")
    assert (alert.before.id - 1_290_000_000, len(alert.notices)) == (location - near.start, 1)
    assert len(text.encode()) <= 500
    assert new.split(maxsplit=1)[0].lstrip("$") in text


def test_the_figure_is_found_in_the_sum_of_all_edits():
    last = list(revisions(COUNT, SEED))[-1][1]
    (alert,) = alerts([(ARTICLE, last.replace("21 million", "25 million"))])
    assert len(alert.notices) == 1
    assert alerts([(ARTICLE, last)]) == []
