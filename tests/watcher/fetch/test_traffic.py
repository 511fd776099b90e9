"""Test that every request is counted once by its result, and every wait with its length."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from tests.cases import for_each
from watcher.errors import Corrupt, Missing, Refused, Unavailable, WatcherError
from watcher.fetch import WikiClient
from watcher.fetch.transport import outcome_of


class RecordedMetrics:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def on_request(self, wiki: str, outcome: str, seconds: float) -> None:
        self.lines.append(("asked", wiki, outcome, seconds))

    def on_wait(self, wiki: str, seconds: float) -> None:
        self.lines.append(("waited", wiki, seconds))


def test_a_busy_wiki_is_counted_with_the_wait_that_it_asked_for():
    metrics = RecordedMetrics()
    answers = iter(
        [
            httpx.Response(503, headers={"retry-after": "7"}),
            httpx.Response(
                200,
                json={"query": {"pages": [{"title": "A", "missing": True}]}},
                headers={"content-type": "application/json"},
            ),
        ]
    )
    hours = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second) for second in range(99))
    with WikiClient(
        "https://wiki.example.org/api.php",
        wiki="w",
        contact="a@example.org",
        allowed_hosts=["wiki.example.org"],
        transport=httpx.MockTransport(lambda _: next(answers)),
        sleep=lambda _: None,
        jitter=lambda: 0.0,
        now=lambda: next(hours),
        traffic=metrics,
    ) as client:
        client.latest(["A"])
    assert [line[:3] for line in metrics.lines] == [("asked", "w", "busy"), ("waited", "w", 7.0), ("asked", "w", "ok")]
    assert [line[3] > 0 for line in metrics.lines if line[0] == "asked"] == [True, True]


@for_each(
    ("error", "word"),
    [
        (None, "ok"),
        (Unavailable("x"), "busy"),
        (Refused("x"), "refused"),
        (Corrupt("x"), "garbled"),
        (Missing("x"), "missing"),
        (WatcherError("x"), "failed"),
    ],
)
def test_each_end_of_a_request_has_a_word(error: Exception | None, word: str):
    assert outcome_of(error) == word
