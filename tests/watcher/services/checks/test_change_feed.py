"""Test that changes on a wiki make its watched pages due, also after broken and refused connections."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from watcher.errors import Corrupt, Unavailable
from watcher.fetch import ChangeEvent
from watcher.services.checks.change_feed import (
    ChangeListener,
    DueQueue,
    TitleIndex,
    follow_changes,
    follow_stream,
    keep_following,
)

TIDE, MOON = ("w", "Tide"), ("w", "Moon")
HOSTS = {"w.example.org": ["v", "w"]}  # two wikis at one host, in two folders


class Stop(threading.Event):
    """Ends the source at its n-th wait, and remembers how long it would have waited."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left = waits
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0)
        self.left -= 1
        if self.left <= 0:
            self.set()
        return self.is_set()


class Seconds:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def a_post(waits: int, **names: tuple[str, str]) -> tuple[ChangeListener, Stop]:
    known = {("w", title): key for title, key in names.items()} or {TIDE: TIDE, MOON: MOON}
    stop = Stop(waits)
    clock = Seconds()
    post = ChangeListener(
        due_queue=DueQueue(clock=clock), titles=TitleIndex(known), stop=stop, jitter=lambda: 1.0, clock=clock
    )
    return post, stop


def due(post: ChangeListener) -> list[tuple[str, str]]:
    """What is due at all, in whatever time."""
    return sorted(post.due_queue._due)


def seen(title: str, host: str | None = "w.example.org") -> ChangeEvent:
    return ChangeEvent(host=host, title=title, id="1")


class Stream:
    """Each connection is a list of sightings, an error, or a call before the first sighting."""

    def __init__(self, *connections: Any) -> None:
        self.connections = list(connections)
        self.retry: float | None = None
        self.last_id = ""

    def events(self, opened: Callable[[], None]) -> Iterator[ChangeEvent]:
        connection = self.connections.pop(0) if self.connections else []
        if isinstance(connection, Exception):
            raise connection
        opened()
        self.last_id = "1"
        yield from connection


def test_the_first_connection_has_all_pages_of_its_wikis_looked_at() -> None:
    post, _ = a_post(1)
    follow_stream(post, Stream([]), HOSTS)  # type: ignore[arg-type]
    assert due(post) == [MOON, TIDE]


def test_only_watched_pages_of_its_wikis_are_nudged() -> None:
    post, _ = a_post(2)
    passing = [seen("Tide"), seen("Moon", "other.example.org"), seen("Sun"), seen("Moon", None)]
    stream = Stream([], passing)
    post.titles = TitleIndex()
    follow_stream(post, stream, HOSTS)  # type: ignore[arg-type]
    assert due(post) == []
    post, _ = a_post(2)
    stream = Stream([], passing)
    stream.connections[0] = Clearing(post)
    follow_stream(post, stream, HOSTS)  # type: ignore[arg-type]
    assert due(post) == [TIDE]


class Clearing(list[ChangeEvent]):
    """A connection in which all is taken that was due because of it."""

    def __init__(self, post: ChangeListener) -> None:
        super().__init__()
        self.post = post

    def __iter__(self) -> Iterator[ChangeEvent]:
        assert self.post.due_queue.take(0)
        return iter(())


def test_a_good_connection_starts_the_waits_again() -> None:
    broken = Unavailable("the stream broke off")
    post, stop = a_post(6)
    # One that ends without an event, as of a page that stands in the place of the stream, is none.
    follow_stream(post, Stream(broken, broken, [seen("Tide")], broken, [], []), HOSTS)  # type: ignore[arg-type]
    assert stop.waits == [1.0, 2.0, 1.0, 2.0, 4.0, 8.0]


def test_no_wait_is_longer_than_two_minutes_unless_the_server_asks_for_it() -> None:
    post, stop = a_post(12)
    follow_stream(post, Stream(*[Unavailable("no")] * 11, Unavailable("no", retry_after=900)), HOSTS)  # type: ignore[arg-type]
    assert max(stop.waits[:11]) == 120.0
    assert stop.waits[11] == 900


@pytest.mark.parametrize(("pause", "looked_at"), [(1.0, []), (61.0, [MOON, TIDE])])
def test_after_a_long_break_all_pages_are_looked_at(pause: float, looked_at: list[tuple[str, str]]) -> None:
    post, _ = a_post(2)
    post.clock = clock = Seconds()

    class Pausing(Clearing):
        def __iter__(self) -> Iterator[ChangeEvent]:
            clock.time += pause
            return super().__iter__()

    follow_stream(post, Stream(Pausing(post), []), HOSTS)  # type: ignore[arg-type]
    assert due(post) == looked_at


class Changes:
    """Each poll is a list of sightings or an error."""

    def __init__(self, *polls: Sequence[ChangeEvent] | Exception) -> None:
        self.polls = list(polls)

    def poll(self) -> Sequence[ChangeEvent]:
        poll = self.polls.pop(0)
        if isinstance(poll, Exception):
            raise poll
        return poll


def test_recent_changes_are_asked_for_every_few_seconds() -> None:
    post, stop = a_post(2)
    post.due_queue.take(0)
    follow_changes(post, Changes([], [seen("Tide", None)]), "w", 3.0)
    assert stop.waits == [3.0, 3.0]
    assert TIDE in due(post)


def test_a_wiki_that_is_busy_is_left_alone_for_a_while() -> None:
    post, stop = a_post(4)
    busy = Unavailable("maxlag", retry_after=30)
    follow_changes(post, Changes(Unavailable("503"), busy, Corrupt("no JSON"), []), "w", 3.0)
    assert stop.waits == [1.0, 30.0, 120.0, 3.0]


@pytest.mark.parametrize("asked", [1e20, float("inf"), 86_400.0])
def test_a_wait_that_no_timer_can_take_is_an_hour_and_the_stream_is_tried_again(asked: float) -> None:
    post, stop = a_post(2)
    stream = Stream(Unavailable("busy", retry_after=asked), [seen("Tide")])
    follow_stream(post, stream, HOSTS)  # type: ignore[arg-type]
    assert stop.waits[0] == 3_600.0
    assert stream.connections == []


def test_a_source_that_fails_in_a_way_nobody_expected_is_named_and_followed_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    post, stop = a_post(3)
    tries: list[int] = []

    def follow() -> None:
        tries.append(1)
        raise AssertionError("S3CR3T of the server")

    keep_following(post, "the stream at w.example.org", follow)
    assert (len(tries), stop.waits) == (3, [1.0, 2.0, 4.0])
    assert (
        "the stream at w.example.org was stopped by an unexpected AssertionError at test_change_feed.py:" in caplog.text
    )
    assert "S3CR3T" not in caplog.text


def test_a_title_leads_to_the_watch_whose_page_has_it_now():
    titles = TitleIndex({TIDE: TIDE, MOON: MOON})
    titles.add(("w", "Tides"), TIDE)
    assert titles.find("w", "Tides") == titles.find("w", "Tide") == TIDE
    titles.add(("w", "Tides"), MOON)  # the one page moved on, the other took its title
    assert titles.find("w", "Tides") == MOON
    titles.add(MOON, TIDE)
    assert titles.find(*MOON) == MOON


def test_members_of_lists_are_found_by_their_titles_until_others_take_their_place():
    titles = TitleIndex({TIDE: TIDE})
    titles.set_members(("w", f"Harbour {number}") for number in range(1_000))
    assert all(titles.find("w", f"Harbour_{number}") == ("w", f"Harbour {number}") for number in range(1_000))
    assert titles.find("w", "Harbour 1000") is None
    assert titles.find("v", "Harbour 1") is None
    assert titles.of(["w"]) == [TIDE]
    titles.add(("w", "Harbor"), ("w", "Harbour 1"))  # which was moved
    assert titles.find("w", "Harbor") == titles.find("w", "Harbour 1") == ("w", "Harbor")
    titles.set_members([MOON])
    assert (titles.find(*MOON), titles.find("w", "Harbour 1")) == (MOON, None)


@pytest.mark.parametrize(
    ("entries", "later", "due_pages"),
    [
        ([(TIDE, 0)] * 1000, 0, [TIDE]),
        ([(TIDE, 30), (TIDE, 5), (TIDE, 60)], 4, []),
        ([(TIDE, 30), (TIDE, 5), (TIDE, 60)], 5, [TIDE]),
        ([(TIDE, 2), (MOON, 1)], 3, [MOON, TIDE]),
    ],
    ids=["many times", "not yet", "its earliest entry", "the longest waiting"],
)
def test_a_page_is_due_once_when_its_earliest_entry_is_and_the_longest_waiting_comes_first(
    entries: list[tuple[tuple[str, str], float]], later: float, due_pages: list[tuple[str, str]]
) -> None:
    clock = Seconds()
    queue = DueQueue(clock=clock)
    for page, seconds in entries:
        queue.add([page], seconds)
    clock.time += later
    assert [page for _ in range(3) for page in queue.take(0, 1)] == due_pages


def test_whoever_waits_is_woken_by_the_first_entry() -> None:
    queue = DueQueue()
    waiter = threading.Thread(target=lambda: queue.add([TIDE], 0.01))
    waiter.start()
    assert queue.take(30) == [TIDE]
    waiter.join()


def test_closing_wakes_whoever_waits() -> None:
    queue = DueQueue()
    closer = threading.Thread(target=queue.close)
    closer.start()
    assert queue.take(30) == []
    closer.join()
    queue.add([TIDE])
    assert queue.take(30) == []
