"""Test the transport with synthetic answers: which hosts it asks, how often, and how a body is unpacked."""

import gzip
import itertools
import json
import threading
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.cases import for_each
from tests.hostile_servers import serving
from watcher.errors import ConfigError, Corrupt, Refused, Unavailable
from watcher.fetch import transport
from watcher.fetch.transport import require_allowed, same_origin
from watcher.fetch.wire import Body

OK = {"batchcomplete": True, "query": {"pages": [{"ns": 0, "title": "T", "missing": True}]}}
MAXLAG = {"error": {"code": "maxlag", "info": "Waiting for a database server: 7 seconds lagged.", "lag": 7}}


def http(status: int, body: bytes = b"<p>busy</p>", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={"Content-Type": "text/html", **named}, content=body)


def in_json(got: Any, status: int = 200, **headers: str) -> httpx.Response:
    return http(status, json.dumps(got).encode(), **({"Content_Type": "application/json"} | headers))


def test_each_request_carries_the_etiquette(wiki: Any) -> None:
    it = wiki(OK)
    it.client().latest(["T"])
    request = it.requests[0]
    assert request.headers["user-agent"].startswith("ArticleWatcher/")
    assert request.headers["user-agent"].endswith(" (ops@example.org)")
    assert request.headers["accept-encoding"] == "gzip"
    assert transport.user_agent("Jörg\r\nX-Evil: 1").endswith("(Jörg X-Evil: 1)")
    asked = it.questions[0]
    assert (asked["maxlag"], asked["formatversion"], asked["errorformat"], asked["format"]) == ("5", "2", "bc", "json")


@for_each("contact", ["", "  ", "a\x00b"])
def test_a_client_without_a_contact_is_not_made(wiki: Any, contact: str) -> None:
    with pytest.raises(ConfigError, match="contact"):
        wiki(OK).client(contact=contact)


@for_each("status", [408, 429, 500, 502, 503, 504, 599])
def test_a_busy_server_is_asked_again_and_then_answers(wiki: Any, status: int) -> None:
    it = wiki(http(status), http(status), OK)
    assert it.client().latest(["T"])[0].state == "missing"
    assert it.waits == [0.5, 1.0]


def test_retry_after_is_honoured_in_seconds_and_as_a_date(wiki: Any) -> None:
    it = wiki(http(503, Retry_After="7"), http(429, Retry_After="Sun, 01 Mar 2026 12:00:30 GMT"), OK)
    it.client().latest(["T"])
    assert it.waits == [7.0, 30.0]
    it = wiki(in_json(MAXLAG, Retry_After="5"), OK)  # inside HTTP 200
    it.client().latest(["T"])
    assert it.waits == [5.0]


def test_a_server_that_stays_busy_is_given_up_with_what_it_asked_for(wiki: Any) -> None:
    it = wiki(http(503, Retry_After="9"))
    with pytest.raises(Unavailable, match=r'"T" on example: .* HTTP 503; try again later \(tried 5 times\)') as trouble:
        it.client().latest(["T"])
    assert trouble.value.retry_after == 9.0
    assert len(it.requests) == 5
    assert it.waits == [9.0] * 4
    it = wiki(http(429, Retry_After="3600"))
    with pytest.raises(Unavailable, match="not tried again now") as trouble:
        it.client().latest(["T"])
    assert (trouble.value.retry_after, it.waits, len(it.requests)) == (3600.0, [], 1)


@for_each(("error", "message"))
def test_trouble_on_the_way_is_tried_again_and_then_reported_in_one_line(wiki: Any, error: str, message: str) -> None:
    it = wiki(trouble := getattr(httpx, error)(message), OK)
    it.client().latest(["T"])
    assert it.waits == [0.5]
    with pytest.raises(Unavailable) as reported:
        wiki(trouble).client(attempts=2).latest(["T"])
    assert "\n" not in str(reported.value)
    assert '"T" on example' in str(reported.value)
    assert ("in SSL_CERT_FILE" in str(reported.value)) is ("CERTIFICATE" in message)


@for_each(("body", "content_type"))
def test_a_garbled_answer_gets_one_more_chance(wiki: Any, body: str, content_type: str) -> None:
    reply = http(200, body.encode(), Content_Type=content_type)
    assert wiki(reply, OK).client().latest(["T"])
    it = wiki(reply)
    with pytest.raises(Corrupt, match='"T" on example'):
        it.client().latest(["T"])
    assert len(it.requests) == 2


@for_each(
    ("reply", "expected"),
    [
        (http(401), "HTTP 401; check the API URL, basic_auth and"),
        *((http(status), f"HTTP {status}; check the API URL and") for status in (403, 404, 418)),
        *((in_json({"error": {"code": "readapidenied", "info": "No."}}, at), "readapidenied") for at in (200, 403)),
    ],
)
def test_a_no_is_final(wiki: Any, reply: httpx.Response, expected: str) -> None:
    it = wiki(reply)
    with pytest.raises(Refused, match=expected):
        it.client().latest(["T"])
    assert len(it.requests) == 1


@for_each("location")
def test_a_redirect_to_another_place_is_not_followed(wiki: Any, location: str) -> None:
    it = wiki(http(302, Location=location), OK)
    with pytest.raises(Refused, match="redirects"):
        it.client(allowed_hosts=["wiki.example.org", "evil.example", "127.0.0.1"]).latest(["T"])
    assert len(it.requests) == 1


def test_a_redirect_on_the_same_server_is_followed_but_not_in_circles(wiki: Any) -> None:
    it = wiki(http(301, Location="/other/api.php?action=query"), OK)
    it.client().latest(["T"])
    assert str(it.requests[1].url).startswith("https://wiki.example.org/other/api.php")
    it = wiki(http(302, Location="/again"))
    with pytest.raises(Refused, match="in circles"):
        it.client().latest(["T"])
    assert len(it.requests) == transport.MAX_REDIRECTS
    with pytest.raises(Unavailable, match="Invalid URL"):
        wiki(http(302, Location="https://[::1/")).client().latest(["T"])


def test_threads_that_share_a_client_ask_one_after_the_other(wiki: Any) -> None:
    inside: list[int] = []
    most: list[int] = []
    started = threading.Barrier(4)

    def slow(_: httpx.Request) -> httpx.Response:
        inside.append(1)
        most.append(len(inside))
        # Gives the others every chance to come in as well.
        threading.Event().wait(0.01)
        inside.pop()
        return in_json(OK)

    client = wiki(slow).client()

    def ask() -> None:
        started.wait()
        client.latest(["T"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


@for_each("sent")
def test_a_connection_that_breaks_off_is_unavailable(wiki: Any, sent: str) -> None:
    with serving(lambda guest: guest.sendall(sent.encode() if guest.recv(65536) else b"")) as port:
        options = {"api_url": f"http://127.0.0.1:{port}/api.php", "allowed_hosts": ["127.0.0.1"], "transport": None}
        with wiki(OK).client(**options, attempts=2) as client, pytest.raises(Unavailable, match="try again later"):
            client.latest(["T"])


def test_a_server_that_says_nothing_times_out(wiki: Any) -> None:
    with serving(lambda guest: guest.sendall(guest.recv(65536) and guest.recv(65536))) as port:
        options = {"api_url": f"http://127.0.0.1:{port}/api.php", "allowed_hosts": ["127.0.0.1"], "transport": None}
        late = pytest.raises(Unavailable, match="no answer in time")
        with wiki(OK).client(**options, attempts=1, timeout=0.05) as client, late:
            client.latest(["T"])


def test_a_busy_wiki_is_counted_with_the_wait_that_it_asked_for(wiki: Any) -> None:
    lines, seconds = list[tuple[Any, ...]](), itertools.count()
    metrics = SimpleNamespace(
        on_request=lambda *given: lines.append(("asked", *given)),
        on_wait=lambda *given: lines.append(("waited", *given)),
    )
    client = wiki(http(503, retry_after="7"), OK).client(
        traffic=metrics, now=lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))
    )
    client.latest(["T"])
    assert [line[1:3] for line in lines] == [("example", "busy"), ("example", 7.0), ("example", "ok")]
    assert [line[3] > 0 for line in lines if line[0] == "asked"] == [True, True]


HOSTS = ("en.wikipedia.org", "127.0.0.1", "[::1]:8080", "only.example.org:8443", "xn--bcher-kva.example")


@for_each("url")
def test_a_listed_host_is_let_through(url: str) -> None:
    assert str(require_allowed(url, HOSTS)).endswith("/w/api.php")


@for_each(("url", "expected"))
def test_any_other_address_is_refused_with_the_reason(url: str, expected: str) -> None:
    with pytest.raises(Refused, match=expected) as refusal:
        require_allowed(url, HOSTS)
    assert "hunter2" not in str(refusal.value)


@for_each("entry", ["", " ", "https://en.wikipedia.org", "*", "[::1", "wikipedia.org", "other.example"])
def test_an_entry_that_is_no_host_name_allows_nothing(wiki: Any, entry: str) -> None:
    with pytest.raises(Refused):
        require_allowed("https://en.wikipedia.org/w/api.php", [entry])
    it = wiki(OK)
    with pytest.raises(Refused, match="allow-list"):
        it.client(allowed_hosts=[entry])
    assert it.requests == []


@for_each(("target", "same"))
def test_a_redirect_may_only_step_up_to_https_on_the_same_host(target: str, *, same: bool) -> None:
    assert same_origin(httpx.URL("http://a.example/w/api.php"), httpx.URL(target)) is same
    assert not same_origin(httpx.URL("https://a.example/"), httpx.URL("http://a.example/"))


TEXT = b"tide and ebb " * 1_000


def read(packed: bytes, encodings: Sequence[str] = ("gzip",), most: int = 1 << 20, step: int = 100) -> bytes:
    body = Body("w", encodings, most)
    for start in range(0, len(packed), step):
        body.add(packed[start : start + step])
    return body.whole()


@for_each("step", [1, 100, 1 << 20])
def test_a_body_is_the_same_in_pieces_of_any_size(step: int) -> None:
    assert read(gzip.compress(TEXT), step=step) == TEXT
    assert read(TEXT, ("",), step=step) == TEXT
    assert read(b"", step=step) == b""  # an answer without a body may name an encoding


def test_a_body_of_exactly_the_size_allowed_is_read_and_one_byte_more_is_not() -> None:
    packed = gzip.compress(TEXT)
    assert read(packed, most=len(TEXT)) == TEXT
    with pytest.raises(Corrupt, match="exceeds"):
        read(packed, most=len(TEXT) - 1)


def test_a_bomb_takes_no_more_memory_than_is_allowed() -> None:
    bomb = gzip.compress(bytes(40 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(Corrupt, match="exceeds 1 MiB"):
            read(bomb, step=len(bomb))
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


@for_each("packed", [gzip.compress(TEXT)[:-1], b"no gzip at all", gzip.compress(TEXT)[:10]])
def test_what_cannot_be_unpacked_whole_is_corrupt(packed: bytes) -> None:
    with pytest.raises(Corrupt, match="w: the compressed answer"):
        read(packed)


@for_each("encodings", [["zstd"], ["gzip", "gzip"], ["br"], ["gzip", "br"], ["x" * 10_000]])
def test_an_encoding_that_was_not_asked_for_is_named_in_a_short_line(encodings: list[str]) -> None:
    with pytest.raises(Corrupt, match="which was not asked for") as caught:
        Body("w", encodings, 1 << 20)
    assert len(str(caught.value)) < 350
