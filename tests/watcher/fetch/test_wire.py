"""Test that any answer of a server, however slow, is read or refused in bounded time and memory."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from typing import Any

import httpx
import pytest
import zstandard

from tests.cases import for_each
from tests.hostile_servers import SOON, Behaviour, answering, dripping, flooding, http, serving
from watcher.errors import Corrupt, Unavailable, WatcherError
from watcher.fetch import EventStream, WikiClient, client, decode
from watcher.fetch.wire import Wire, _certificates
from watcher.model import Article

pytestmark = pytest.mark.waits

ARTICLE = Article(wiki="example", page_id=7, title="T")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
GZIP_WITH_A_NAME = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"


def a_client(port: int, timeout: float = 0.05) -> WikiClient:
    """A client that gives one answer ten times as long as `timeout`, in seconds."""
    return WikiClient(
        f"http://127.0.0.1:{port}/api.php",
        wiki="example",
        contact="ops@example.org",
        allowed_hosts=["127.0.0.1"],
        now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        timeout=timeout,
        attempts=1,
    )


SLOW: dict[str, Behaviour] = {
    "a status line": dripping(b"HTTP/1.1 200 "),
    "a header": dripping(OK + b"X-Long: "),
    "headers": dripping(OK, b"X: y\r\n"),
    "a body": dripping(OK + b"\r\n", b" "),
    "a body of a length": dripping(OK + b"Content-Length: 100000\r\n\r\n", b" "),
    "interim responses": dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a file name in gzip": dripping(OK + b"Content-Encoding: gzip\r\n\r\n" + GZIP_WITH_A_NAME),
    "a chunk's size": dripping(CHUNKED, b"0"),
    "a chunk's extension": dripping(CHUNKED + b"1;"),
    "chunks": dripping(CHUNKED, b"1\r\n \r\n"),
    "a trailer": dripping(CHUNKED + b"0\r\nX-Long: "),
}


@for_each("what", SLOW)
def test_an_answer_that_comes_in_drips_is_left_at_the_deadline(what: str) -> None:
    began = monotonic()
    with serving(SLOW[what]) as port, a_client(port) as wiki, pytest.raises(WatcherError) as caught:
        wiki.newest(ARTICLE)
    assert isinstance(caught.value, Unavailable | Corrupt)
    assert monotonic() - began < SOON


FLOODS: dict[str, Behaviour] = {
    "a status line": flooding(b"HTTP/1.1 200 ", b"x"),
    "a header": flooding(OK + b"X-Long: ", b"x"),
    "headers": flooding(OK, b"X: y\r\n"),
    "cookies": flooding(OK, b"Set-Cookie: a=b\r\n"),
    "a body": flooding(OK + b"\r\n", b" "),
    "interim responses": flooding(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a file name in gzip": flooding(OK + b"Content-Encoding: gzip\r\n\r\n" + GZIP_WITH_A_NAME, b"x"),
    "a chunk's extension": flooding(CHUNKED + b"1;", b"x"),
    "extensions of chunks": flooding(CHUNKED, b"1;" + b"x" * 4000 + b"\r\n \r\n"),
    "a trailer": flooding(CHUNKED + b"0\r\nX-Long: ", b"x"),
}


@for_each("what", FLOODS)
def test_an_answer_without_an_end_is_left(what: str) -> None:
    began = monotonic()
    with serving(FLOODS[what]) as port, a_client(port, timeout=0.2) as wiki, pytest.raises(WatcherError) as caught:
        wiki.newest(ARTICLE)
    assert isinstance(caught.value, Unavailable | Corrupt)
    assert monotonic() - began < SOON


@for_each("encoding", ["gzip", "GZip", "x-gzip", "identity", "gzip, identity"])
def test_an_encoding_that_was_asked_for_is_read_and_no_cookie_kept(encoding: str) -> None:
    body = b'{"batchcomplete": true, "curtimestamp": "2026-01-01T00:00:00Z"}'
    packed = gzip.compress(body) if "gzip" in encoding.lower() else body
    with (
        serving(answering(http("200 OK", packed, Content_Encoding=encoding, Set_Cookie="a=b"))) as port,
        a_client(port, 5) as wiki,
    ):
        assert wiki.time() == datetime(2026, 1, 1, tzinfo=UTC)
        assert len(wiki._http.cookies) == 0


def test_a_proxy_of_the_environment_is_the_way_but_to_hosts_that_are_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    seen: list[bytes] = []

    def behave(guest: socket.socket) -> None:
        seen.append(guest.recv(65536).partition(b" HTTP")[0])
        guest.sendall(http("200 OK", b"x"))

    with serving(behave) as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        with Wire(most_bytes=1000).client({}, trust_env=True) as asking:
            for host in ("wiki.example", f"127.0.0.1:{port}"):
                assert asking.get(f"http://{host}/a").text == "x"
    assert seen == [b"GET http://wiki.example/a", b"GET /a"]


@pytest.mark.parametrize("setting", ["https_proxy=socks4://u:S3CR3T@p", "https_proxy=::1", "SSL_CERT_FILE=/dev/0"])
def test_a_wrong_setting_is_named_in_one_line_without_its_password(monkeypatch: pytest.MonkeyPatch, setting: str):
    monkeypatch.setenv(*setting.split("=", 1))
    _certificates.cache_clear()
    with (
        Wire(most_bytes=1000).client({}, trust_env=True) as asking,
        pytest.raises(httpx.TransportError, match=r"http:// or https://|SSL_CERT_FILE") as refused,
    ):
        asking.get("https://wiki.example/a")
    assert "S3CR3T" not in str(refused.value)


def entry(number: int) -> dict[str, Any]:
    slots = {"main": {"contentmodel": "wikitext", "content": f"text {number}"}}
    return {"revid": number, "parentid": 0, "timestamp": "2026-01-01T00:00:00Z", "slots": slots}


@pytest.fixture
def endless(wiki: Any) -> Any:
    """A wiki whose every answer has a continuation that was not there before."""
    numbers = count(1)

    def reply(_: httpx.Request) -> httpx.Response:
        number = next(numbers)
        if number > 500:  # what has no bound comes to its end here, and fails the test
            return httpx.Response(200, json={"batchcomplete": True})
        page = {"pageid": 7, "ns": 0, "title": "T", "lastrevid": 1, "revisions": [entry(number)]}
        rest = {"continue": "||", "rvcontinue": str(number), "iicontinue": str(number)}
        return httpx.Response(200, json={"continue": rest, "query": {"pages": [page]}})

    return wiki(reply)


def test_continuations_without_end_are_left(endless: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Corrupt, match="continues without end"):
        endless.client().latest(page_ids=[7])
    with pytest.raises(Corrupt, match="continues without end"):
        endless.client().image_digests(["T.png"])
    assert len(endless.requests) <= 2 * client.MOST_PARTS
    monkeypatch.setattr(client, "MOST_ANSWERS", 30)
    with pytest.raises(Corrupt, match="continues without end"):
        list(endless.client().revisions_since(ARTICLE))


@for_each("rest", [{"rvcontinue": "x" * 5_000}, {"rvcontinue": ["x"]}, {"rvcontinue": {"a": 1}}])
def test_a_continuation_that_no_address_can_hold_is_corrupt(wiki: Any, rest: dict[str, Any]) -> None:
    page = {"pageid": 7, "ns": 0, "title": "T", "revisions": [entry(1)]}
    with pytest.raises(Corrupt, match="the wiki's continuation is"):
        list(wiki({"continue": rest, "query": {"pages": [page]}}).client().revisions_since(ARTICLE))


BOMBS = {
    "lists": b'{"a": [' + b"[]," * 2_000_000 + b"[]]}",
    "objects": b'{"a": [' + b"{}," * 2_000_000 + b"{}]}",
    "lists beside text": b'{"t": "' + b'\\"' * 1_000 + b'", "a": [' + b"[]," * 2_000_000 + b"[]]}",
    "depth": b'{"a": ' + b"[" * 2_000_000,
    "text without an end": b'{"a": "' + b'\\"' * 2_000_000,
    "a number": b'{"a": ' + b"9" * 2_000_000 + b"}",
    "no number": b'{"a": NaN}',
    "another infinity": b'{"a": -Infinity}',
    "half a letter": b'{"a": ["\\ud83d"]}',
    "half a letter as a key": b'{"a": {"\\uDC00": 1}}',
    "a zero": b'{"a": "\\u0000"}',
    "another encoding": '{"a": 1}'.encode("utf-16"),
}


@for_each("name", BOMBS)
def test_json_that_no_wiki_sends_is_corrupt_and_costs_little(name: str) -> None:
    began = monotonic()
    with pytest.raises(Corrupt, match="w: the answer is not JSON"):
        decode.parse_json("w", BOMBS[name], "application/json")
    assert monotonic() - began < SOON


def test_json_of_every_usual_kind_is_read() -> None:
    body = {"text": '[[{{,\\"\U0001f600é' * 30_000, "no": "\\u0000 \\ud83d", "n": [1, -2, 1.5, None, True]}
    for ascii_only in (True, False):
        assert decode.parse_json("w", json.dumps(body, ensure_ascii=ascii_only).encode(), "") == body


ODD: list[Any] = [
    None, True, -1, 2**63, 10**4000, 1.5, 1e400, "", "x" * 100_000, "0001-01-01T00:00:00+23:00",
    "9999-12-31T23:59:59-23:00", [], [None], {}, {"a": []}, [[]],
]  # fmt: skip


def whole_answer() -> dict[str, Any]:
    """An answer that has something for every question."""
    version = {"sha1": "ab", "timestamp": "2026-01-01T00:00:00Z", "user": "A", "comment": "", "url": "https://f/a"}
    change = {"title": "T", "timestamp": "2026-01-01T00:00:00Z", "rcid": 5, "revid": 6}
    page = {
        "pageid": 7, "ns": 0, "title": "T", "lastrevid": 70, "touched": "2026-01-01T00:00:00Z", "redirect": False,
        "contentmodel": "wikitext", "protection": [{"type": "edit", "level": "sysop", "expiry": "infinity"}],
        "imageinfo": [version],
        "revisions": [entry(1) | {"user": "A", "comment": "c", "tags": ["t"], "size": 5, "sha1": "ab", "minor": True}],
    }  # fmt: skip
    query = {
        "pages": [page], "normalized": [{"from": "t", "to": "T"}], "redirects": [{"from": "S", "to": "T"}],
        "interwiki": [{"title": "de:T"}], "recentchanges": [change], "general": {"lang": "en"},
        "namespaces": {"6": {"id": 6, "name": "File"}}, "namespacealiases": [{"id": 6, "alias": "Image"}],
        "interwikimap": [{"prefix": "de"}], "badrevids": None,
    }  # fmt: skip
    return {"curtimestamp": "2026-01-01T00:00:00Z", "query": query, "warnings": {"main": {"warnings": "w"}},
            "error": None, "continue": None}  # fmt: skip


def paths(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value of an answer."""
    if way:
        yield way
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*way, key))


def replaced(way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = whole_answer()
    holder: Any = made
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value
    return made


def questions(asked: WikiClient) -> list[Callable[[], object]]:
    """All that a client can ask."""
    return [
        lambda: asked.latest(["t"], [7]),
        lambda: [(snapshot.revision.at.timestamp(), snapshot.revision) for snapshot in asked.revisions_since(ARTICLE)],
        lambda: asked.newest(ARTICLE),
        asked.site,
        asked.time,
        lambda: asked.image_digests(["T"]),
        lambda: asked.versions("T"),
        lambda: asked.recent(None),
    ]


@pytest.mark.parametrize("step", [16, pytest.param(1, marks=pytest.mark.slow)])
@for_each("number, way", enumerate(paths(whole_answer())))
def test_a_field_of_any_type_and_size_is_read_or_refused_by_name(
    wiki: Any, step: int, number: int, way: tuple[Any, ...]
) -> None:
    """Each question meets each value of each field, or in the short form one of the eight, another for each field."""
    for turn, odd in enumerate(ODD, start=number):
        body = json.dumps(replaced(way, odd)).replace("Infinity", "1e999").encode()
        for ask in questions(wiki(body).client(attempts=1))[turn % step :: step]:
            try:
                got = repr(ask())
            except WatcherError as error:
                got = str(error)
                assert "\n" not in got
                assert len(got) < 1_500
            assert len(got) < 50_000 or "content" in way


@contextmanager
def a_stream(port: int, silence: float = 0.5) -> Iterator[EventStream]:
    stream = EventStream(
        f"http://127.0.0.1:{port}/s",
        contact="ops@example.org",
        allowed_hosts=["127.0.0.1"],
        now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        read_timeout=silence,
    )
    yield stream
    stream.close()


STREAMS: dict[str, Behaviour] = {
    "drips of a header": dripping(EVENTS + b"X-Long: "),
    "drips of headers": dripping(EVENTS, b"X: y\r\n"),
    "drips of interim responses": dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "drips of an event": dripping(EVENTS + b"\r\n"),
    "drips of a chunk's extension": dripping(EVENTS + b"Transfer-Encoding: chunked\r\n\r\n1;"),
    "a flood of interim responses": flooding(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a flood of an event": flooding(EVENTS + b"\r\n", b"data: x\n"),
    "a flood without a line": flooding(EVENTS + b"\r\n", b"x"),
}


@for_each("what", STREAMS)
def test_a_stream_that_never_comes_to_an_event_is_left(what: str) -> None:
    began = monotonic()
    left = pytest.raises(Unavailable, match="it will be retried")
    with serving(STREAMS[what]) as port, a_stream(port) as stream, left:
        list(stream.events())
    assert monotonic() - began < SOON


@for_each("encoding", ["zstd", "gzip", "gzip, zstd"])
def test_a_compressed_stream_is_refused(encoding: str) -> None:
    answer = http(
        "200 OK", zstandard.compress(bytes(1 << 20)), Content_Type="text/event-stream", Content_Encoding=encoding
    )
    refused = pytest.raises(Unavailable, match="which was not asked for")
    with serving(answering(answer)) as port, a_stream(port) as stream, refused:
        list(stream.events())


@for_each("charset", ["zlib", "idna", "punycode", "undefined", "utf-16", "rot13", "unicode_escape"])
def test_a_stream_is_read_as_utf_8_whatever_codec_it_names(charset: str) -> None:
    event = b'data: {"type": "edit", "server_name": "h", "title": "T"}\n\n'
    answer = http("200 OK", event, Content_Type=f"text/event-stream; charset={charset}")
    with serving(answering(answer)) as port, a_stream(port, 5) as stream:
        assert [event.title for event in stream.events()] == ["T"]


def test_a_comment_now_and_then_keeps_a_stream_open() -> None:
    pause = threading.Event()

    def behave(guest: socket.socket) -> None:
        guest.recv(65536)
        guest.sendall(EVENTS + b"Connection: close\r\n\r\n")
        for drip in [b":\n"] * 9 + [b'data: {"type": "edit", "server_name": "h", "title": "T"}\n\n']:
            pause.wait(0.05)
            guest.sendall(drip)

    with serving(behave) as port, a_stream(port, silence=0.4) as stream:
        assert [event.title for event in stream.events()] == ["T"]
