"""Test that each change is given once, by the list of recent changes and by the stream with its failures."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from tests.event_server import EventServer
from watcher.errors import Corrupt, Refused, Unavailable
from watcher.fetch import EventStream
from watcher.fetch.recent_changes import LARGEST_EVENT, ChangeEvent, RecentChanges, parse_event, parse_recent_changes

START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = START + timedelta(days=1)  # than all changes: the first poll finds the end of the list


class List:
    """Entries by (second, id), which may be saved in any order; asked in parts of `most`."""

    def __init__(self, most: int = 500) -> None:
        self.entries: list[tuple[int, int]] = []
        self.most = most

    def __call__(self, since: datetime | None) -> list[tuple[datetime, ChangeEvent]]:
        ordered = sorted(self.entries)
        if since is None:
            chosen = ordered[-1:]
        else:
            chosen = [item for item in ordered if START + timedelta(seconds=item[0]) >= since][: self.most]
        return [
            (START + timedelta(seconds=at), ChangeEvent(host=None, title="A", id=str(number))) for at, number in chosen
        ]


def ids(changes: RecentChanges) -> list[str]:
    return [event.id for event in changes.poll()]


@for_each("polls")
def test_a_poll_finds_what_is_new(polls: tuple[tuple[tuple[tuple[int, int], ...], tuple[str, ...]], ...]) -> None:
    wiki = List()
    changes = RecentChanges(wiki, LATER)
    for number, (entries, expected) in enumerate(polls):
        wiki.entries += entries
        assert ids(changes) == [*expected] or not number


def test_more_than_one_answer_holds_is_fetched_by_the_next_polls() -> None:
    wiki = List(most=500)
    wiki.entries = [(0, 0)]
    changes = RecentChanges(wiki, LATER)
    ids(changes)
    wiki.entries += [(number // 20, number) for number in range(1, 1500)]
    seen = [item for _ in range(12) for item in ids(changes)]
    assert len(seen) == len(set(seen)) >= 1490
    wiki.entries.append((1500, 9999))
    assert "9999" in [item for _ in range(4) for item in ids(changes)]


def test_a_second_that_fills_an_answer_is_left_behind() -> None:
    wiki = List()
    wiki.entries = [(0, 0)]
    changes = RecentChanges(wiki, LATER)
    ids(changes)
    wiki.entries += [(1, number) for number in range(1, 700)]
    assert len(ids(changes)) == 499
    wiki.entries.append((5, 1000))
    assert [item for _ in range(5) for item in ids(changes)][-1] == "1000"


@given(st.lists(st.lists(st.integers(0, 20), max_size=4), max_size=6))
def test_each_entry_is_seen_once_however_the_seconds_fall(rounds: list[list[int]]) -> None:
    wiki = List()
    wiki.entries = [(0, 0)]
    changes = RecentChanges(wiki, LATER)
    ids(changes)
    second, number, seen = 0, 0, []
    for steps in rounds:
        for step in steps:
            second, number = second + step, number + 1
            wiki.entries.append((second, number))
        seen += ids(changes)
    assert seen == [str(item) for item in range(1, number + 1)]


EDIT = {"type": "edit", "server_name": "EN.example.org", "title": "Tide", "revision": {"old": 1, "new": 2}}


@for_each(
    "change",
    [{"type": "categorize"}, {"type": None}, {"title": ""}, {"title": None}, {"server_name": 7}, {"server_name": ""}],
)
def test_what_is_about_no_page_is_none(change: dict[str, Any]) -> None:
    assert parse_event(json.dumps(EDIT | change), "") is None


def test_an_edit_names_its_wiki_and_its_page() -> None:
    assert parse_event(json.dumps(EDIT), "e1") == ChangeEvent(host="en.example.org", title="Tide", id="e1")


@for_each("text", ["", "no json", "[]", "null", "7", "{", "[" * 50_000])
def test_what_is_no_event_is_none(text: str) -> None:
    assert parse_event(text, "") is None


def test_entries_of_recent_changes_come_with_their_times() -> None:
    entries: list[dict[str, Any]] = [
        {"type": "edit", "title": "Tide", "timestamp": "2026-01-01T00:00:00Z", "rcid": 5, "revid": 9},
        {"type": "log", "title": "M" * 601, "timestamp": "2026-01-01T00:00:01Z", "rcid": 6, "revid": 0},
        {"type": "log", "actionhidden": True, "timestamp": "2026-01-01T00:00:02Z", "rcid": 7},
    ]
    result = list(parse_recent_changes("T", {"query": {"recentchanges": entries}}))
    # What is hidden has no title, but a place in the answer: one that seemed not to be full was asked for for ever.
    assert result == [
        (at := START + timedelta(seconds=number), ChangeEvent(host=None, title=title, id=str(number + 5), at=at))
        for number, title in enumerate(("Tide", "M" * 601, ""))
    ]
    del entries[0]["rcid"]
    with pytest.raises(Corrupt, match="lacks 'rcid'"):
        list(parse_recent_changes("T", {"query": {"recentchanges": entries}}))


@pytest.fixture
def server() -> Iterator[EventServer]:
    with EventServer() as running:
        yield running


@pytest.fixture
def stream(server: EventServer) -> Iterator[EventStream]:
    made = a_stream(server.url)
    yield made
    made.close()


def a_stream(url: str, **more: object) -> EventStream:
    given = {"contact": "ops@example.org", "allowed_hosts": ["127.0.0.1"], "now": lambda: datetime.now(UTC)}
    return EventStream(url, **(given | more))  # type: ignore[arg-type]


def revisions(stream: EventStream) -> list[int]:
    """What passes by until the server ends the stream."""
    return [int(event.id) for event in stream.events()]


def test_changes_pass_by_in_the_order_in_which_they_are_sent(server: EventServer, stream: EventStream) -> None:
    for number in (3, 1, 1, 2):
        server.event(number)
    server.break_off()
    assert revisions(stream) == [3, 1, 1, 2]
    assert stream.last_id == "2"
    server.send(b"retry: 2500\n\n")
    server.break_off()
    revisions(stream)
    assert stream.retry == 2.5  # how long the server asks to wait before the next try


def test_after_a_break_what_followed_is_asked_for_again(server: EventServer, stream: EventStream) -> None:
    for number in (7, 8):
        server.event(number)
        server.send(b'id: 9\ndata: {"type": "edit", "server_name": "127.0.0.1", "tit')
        server.break_off()
        assert revisions(stream) == [number]
        assert stream.last_id == str(number)
    assert server.resumed == ["", "7"]


_LINES = (b"data: no json", b"data: []", b"data: \xff\xfe", b"id: \x00\ndata: {}", b"nonsense", b": a comment", b"\r\n")
GARBAGE = (
    *(line + b"\n\n" for line in (*_LINES, b"data: " + b"[" * 100_000, "id: ä\ndata: {}".encode())),
    b'data: {"type": "edit", "server_name": "127.0.0.1", "title": 5}\n\n',
)


def test_what_cannot_be_read_is_passed_over(server: EventServer, stream: EventStream) -> None:
    for number, garbage in enumerate(GARBAGE):
        server.event(2 * number + 1)
        server.send(garbage)
        server.event(2 * number + 2)
        server.break_off()
        assert revisions(stream) == [2 * number + 1, 2 * number + 2], garbage[:20]
        assert stream.last_id == str(2 * number + 2)


def test_an_event_in_many_pieces_is_one(server: EventServer, stream: EventStream) -> None:
    whole = b'id: 5\r\ndata: {"type": "new", "server_name": "127.0.0.1",\r\ndata: "title": "Tide"}\r\n\r\n'
    for start in range(len(whole)):
        server.send(whole[start : start + 1])
    server.break_off()
    assert [(event.title, event.id) for event in stream.events()] == [("Tide", "5")]


def test_an_event_without_an_end_does_not_fill_the_memory(server: EventServer, stream: EventStream) -> None:
    server.event(1)
    for _ in range(1 + LARGEST_EVENT // 65536):
        server.send(b"data: " + b"x" * 65530)
    with pytest.raises(Unavailable, match="an event exceeds 1 MiB"):
        revisions(stream)
    assert stream.last_id == "1"
    server.break_off()


def test_a_server_that_refuses_or_shows_a_page_is_tried_again_later() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Content-Type": "text/html"}, text="Log in"))
    with pytest.raises(Unavailable, match="broke off"):
        revisions(a_stream("https://127.0.0.1/s", transport=page))
    statuses, asked = (429, 503, 400, 503), list[str | None]()

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        return httpx.Response(statuses[len(asked) - 1], headers={"Retry-After": "17"})

    stream = a_stream("https://127.0.0.1/s", transport=httpx.MockTransport(refuse))
    stream.last_id = "7"
    for status in statuses:
        with pytest.raises(Unavailable, match=f"the stream at .* answers HTTP {status}; it will be retried") as caught:
            revisions(stream)
        assert caught.value.retry_after == 17
    assert asked == ["7", "7", "7", None]  # an id that the server takes for an error is not asked for again


def test_a_blank_line_in_a_piece_of_its_own_ends_an_event() -> None:
    kept, pieces = {"Content-Type": "text/event-stream"}, [b": " + b"x" * 65_536 + b"\n", b"\n"] * 20
    served = httpx.MockTransport(lambda _: httpx.Response(200, headers=kept, content=iter(pieces)))
    assert revisions(a_stream("https://127.0.0.1/s", transport=served)) == []


def test_silence_counts_as_a_break(server: EventServer) -> None:
    stream = a_stream(server.url, read_timeout=0.05)
    with pytest.raises(Unavailable, match="broke off"):
        revisions(stream)
    server.break_off()
    stream.close()


def test_closing_wakes_whoever_reads(server: EventServer, stream: EventStream) -> None:
    begun, ended = threading.Event(), threading.Event()

    def read() -> None:
        try:
            for _ in stream.events():
                begun.set()
        except Unavailable:
            ended.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    server.event(1)
    assert begun.wait(180)
    stream.close()
    server.event(2)
    reader.join(180)
    assert not reader.is_alive()
    server.break_off()


def test_only_listed_hosts_are_listened_to() -> None:
    with pytest.raises(Refused, match="not on the allow-list"):
        a_stream("https://elsewhere.example.org/s")
