"""Test WikiClient with synthetic answers, its sign-in and its walks; tests/mediawiki tests it with a real MediaWiki."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.cases import for_each
from tests.watcher.fetch.conftest import NOW, Wiki
from watcher.errors import Corrupt, Missing, Refused, TooLarge
from watcher.fetch import PageState
from watcher.fetch.client import readable, walk_with_fallback, without_text
from watcher.fetch.pages import PageList, parse_titles
from watcher.fetch.transport import Login
from watcher.model import Article, Revision, Snapshot
from watcher.model.revisions import MAX_TEXT_BYTES

ARTICLE = Article(wiki="example", page_id=2, title="T")


def entry(number: int, at: str) -> dict[str, Any]:
    slots = {"main": {"contentmodel": "wikitext", "content": f"text {number}"}}
    return {"revid": number, "parentid": 0, "timestamp": at, "slots": slots}


def page(*entries: dict[str, Any], rest: str | None = None, page_id: int = 2) -> dict[str, Any]:
    got: dict[str, Any] = {"query": {"pages": [{"pageid": page_id, "ns": 0, "title": "T", "revisions": list(entries)}]}}
    return got | ({"continue": {"rvcontinue": rest, "continue": "||"}} if rest else {"batchcomplete": True})


def revision(number: int, at: datetime) -> Revision:
    return Revision(article=ARTICLE, id=number, parent_id=0, at=at, editor=None, comment=None)


NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
AT_NOON, LATER = "2026-01-01T12:00:00Z", "2026-01-01T12:00:01Z"


def test_what_the_last_second_holds_twice_is_taken_once(wiki: Any) -> None:
    it = wiki(page(entry(5, AT_NOON), entry(6, AT_NOON), entry(7, AT_NOON), entry(4, LATER)))
    got = it.client().revisions_since(ARTICLE, revision(6, NOON))
    assert [snapshot.revision.id for snapshot in got] == [7, 4]
    assert it.questions[0]["rvstart"] == AT_NOON
    assert "rvstartid" not in it.questions[0]


def test_the_walk_continues_where_the_wiki_says_and_repeats_nothing(wiki: Any) -> None:
    it = wiki(page(entry(1, AT_NOON), entry(2, LATER), rest="x|2"), page(entry(2, LATER), entry(3, LATER)))
    assert [snapshot.wikitext for snapshot in it.client().revisions_since(ARTICLE)] == ["text 1", "text 2", "text 3"]
    assert it.questions[1]["rvcontinue"] == "x|2"
    it = wiki(page(entry(1, AT_NOON), rest="a|2"), page(entry(2, LATER)))
    next(it.client().revisions_since(ARTICLE))
    assert len(it.requests) == 1  # no further than it is followed
    it = wiki(page())
    list(it.client().revisions_since(ARTICLE, with_text=False))
    assert "content" not in it.questions[0]["rvprop"].split("|")
    assert it.questions[0]["rvlimit"] == "500"


@for_each("circle", [("a|2",), ("a|2", "b|3"), ("a|2", "b|3", "c|4")])
def test_a_wiki_that_continues_in_circles_is_left(wiki: Any, circle: tuple[str, ...]) -> None:
    it = wiki(*(page(entry(1, AT_NOON), rest=rest) for rest in circle * 3))
    with pytest.raises(Corrupt, match="repeats its continuation"):
        list(it.client().revisions_since(ARTICLE))
    assert len(it.requests) == len(circle) + 1


def test_a_page_deleted_meanwhile_is_missing_and_another_page_is_not_taken(wiki: Any) -> None:
    it = wiki({"batchcomplete": True, "query": {"pages": [{"pageid": 2, "missing": True}]}})
    with pytest.raises(Missing, match='"T" on example'):
        list(it.client().revisions_since(ARTICLE, revision(6, NOON)))
    with pytest.raises(Missing):
        it.client().newest(ARTICLE)
    with pytest.raises(Corrupt, match="about page 3"):
        list(wiki(page(entry(1, AT_NOON), page_id=3)).client().revisions_since(ARTICLE))
    with pytest.raises(Exception, match='"A" and 2 more on example'):
        wiki(httpx.Response(403)).client().latest(["A", "B", "C"])


def info(number: int, **more: Any) -> dict[str, Any]:
    known = {"pageid": number, "ns": 0, "title": f"P{number}", "contentmodel": "wikitext", "lastrevid": number * 10}
    return known | more


def by_ids(request: httpx.Request) -> httpx.Response:
    """The page ids asked for, in the wiki's own order: largest first."""
    ids = sorted((int(value) for value in request.url.params["pageids"].split("|")), reverse=True)
    return httpx.Response(200, json={"batchcomplete": True, "query": {"pages": [info(number) for number in ids]}})


def test_pages_come_in_the_order_asked_fifty_a_request(wiki: Any) -> None:
    it = wiki(by_ids)
    asked = list(range(1, 121))
    assert [page.latest for page in it.client().latest(page_ids=asked)] == [number * 10 for number in asked]
    assert [len(question["pageids"].split("|")) for question in it.questions] == [50, 50, 20]
    assert [page.requested for page in it.client().latest(page_ids=[7, 7])] == [7, 7]
    assert it.questions[0]["inprop"] == "protection"


def test_what_is_nothing_or_cannot_be_is_not_asked_for(wiki: Any) -> None:
    it = wiki(by_ids)
    assert it.client().latest() == ()
    assert it.client().image_digests([]) == {}
    assert it.client().versions("a|b") == ()
    reason = "it is empty, too long, or has a bar or a control character in it"
    for page in it.client().latest(["a|b", "x" * 100_000]):
        assert (page.state, page.reason) == (PageState.INVALID, reason)
    for number in (0, -1, 2**63, 2**70):
        with pytest.raises(Missing):
            it.client().revision(number)
    assert it.requests == []


def test_a_page_that_became_a_redirect_says_so_and_where_to(wiki: Any) -> None:
    it = wiki(
        {"query": {"pages": [info(7, redirect=True), info(8)]}},
        {"query": {"redirects": [{"from": "P7", "to": "P9"}], "pages": [info(9)]}},
    )
    turned, plain = it.client().latest(page_ids=[7, 8])
    assert (turned.state, turned.redirected_to, turned.latest) == (PageState.REDIRECT, "P9", 70)
    assert turned.article == Article(wiki="example", page_id=7, title="P7")
    assert plain.state is PageState.OK
    assert "redirects" not in it.questions[0]
    assert it.questions[1]["pageids"] == "7"


def test_a_title_in_another_spelling_is_found_through_its_normal_form(wiki: Any) -> None:
    quoted = {"fromencoded": True, "from": "%EF%BF%BF7", "to": "P 7"}
    normalized = [{"fromencoded": False, "from": "p_7", "to": "P 7"}, quoted]
    it = wiki({"query": {"normalized": normalized, "pages": [info(7, title="P 7")]}})
    for got, asked in zip(it.client().latest(["p_7", "\uffff7"]), ("p_7", "\uffff7"), strict=True):
        assert (got.requested, got.article) == (asked, Article(wiki="example", page_id=7, title="P 7"))


def test_titles_that_fill_a_request_line_are_split(wiki: Any) -> None:
    titles = ["ß" * 120 + str(number) for number in range(50)]

    def answer(request: httpx.Request) -> httpx.Response:
        assert len(str(request.url)) < 8000
        return httpx.Response(
            200, json={"query": {"pages": [{"title": title, "ns": 0, "missing": True}
                                           for title in request.url.params["titles"].split("|")]}},
        )  # fmt: skip

    assert len(wiki(answer).client().latest(titles)) == 50


def test_pictures_of_an_answer_cut_short_are_fetched_on_but_no_older_versions(wiki: Any) -> None:
    first = {"ns": 6, "title": "File:A.png", "imageinfo": [{"sha1": "aa"}]}
    second = {"ns": 6, "title": "File:B.png", "imageinfo": [{"sha1": "bb"}]}
    rest = {"iicontinue": "B.png|2026", "continue": "||"}
    it = wiki(
        {"continue": rest, "query": {"pages": [first, {"title": "File:B.png"}]}},
        {"batchcomplete": True, "query": {"pages": [{"title": "File:A.png"}, second]}},
    )
    assert it.client().image_digests(["A.png", "Image:B.png"]) == {"A.png": "aa", "Image:B.png": "bb"}
    it = wiki({"continue": {"iistart": "2026-01-01T00:00:00Z", "continue": "||"}, "query": {"pages": [first]}})
    assert it.client().image_digests(["A.png"]) == {"A.png": "aa"}
    assert len(it.requests) == 1


def test_the_versions_of_a_file_are_asked_for_in_one_request(wiki: Any) -> None:
    version = {"timestamp": "2026-01-01T00:00:00Z", "user": "Ada", "comment": "", "sha1": "aa", "url": "https://f/a"}
    rest = {"iistart": "2025-01-01T00:00:00Z", "continue": "||"}
    it = wiki({"continue": rest, "query": {"pages": [{"title": "File:A.png", "imageinfo": [version]}]}})
    (got,) = it.client().versions("A.png")
    assert (got.sha1, got.editor, len(it.requests)) == ("aa", "Ada", 1)
    assert (it.questions[0]["titles"], it.questions[0]["iilimit"]) == ("File:A.png", "50")


def test_a_wiki_says_what_time_it_is_or_is_refused(wiki: Any) -> None:
    assert wiki({"batchcomplete": True, "curtimestamp": AT_NOON}).client().time() == NOON
    for expected in ({}, {"curtimestamp": None}, {"curtimestamp": "noon"}):
        with pytest.raises(Corrupt, match="its time on"):
            wiki({"batchcomplete": True, **expected}).client().time()


RIGHTS: dict[str, Any] = {"batchcomplete": True, "query": {"userinfo": {"id": 7, "rights": ["read", "apihighlimits"]}}}
TOKEN: dict[str, Any] = {"batchcomplete": True, "query": {"tokens": {"logintoken": "abc+\\"}}}
SUCCESS = {"login": {"result": "Success"}}
REFUSAL = {"login": {"result": "Failed", "reason": "Incorrect username or password: pass-word-pass."}}
LOST = {"login": {"result": "Failed", "reason": "Unable to continue login. Your session most likely timed out."}}
NOBODY = {"error": {"code": "assertuserfailed", "info": "You are no longer logged in."}}
TIME = {"curtimestamp": "2026-03-01T12:00:00Z"}
BOT = Login(username="Ann@watcher", password="pass-word-pass")


def test_a_token_of_oauth_goes_with_each_request_and_nobody_else_is_taken_for_us():
    (wiki := Wiki(RIGHTS, TIME)).client(login=Login(oauth_token="t0ken")).time()
    assert [request.headers["Authorization"] for request in wiki.requests] == ["Bearer t0ken"] * 2
    assert [question["assert"] for question in wiki.questions] == ["user"] * 2
    wiki = Wiki(NOBODY)
    with pytest.raises(Refused, match=r"does not accept it; check oauth_token of its \[\[wiki\]\]"):
        wiki.client(login=Login(oauth_token="t0ken")).time()


def test_a_password_for_the_server_in_front_is_sent_without_signing_in():
    (wiki := Wiki(TIME)).client(login=Login(basic_auth="ann:secret")).time()
    (request,) = wiki.requests
    assert request.headers["Authorization"] == "Basic YW5uOnNlY3JldA=="
    assert "assert" not in request.url.params


def test_a_password_is_in_no_address_and_the_cookies_of_its_session_are_sent():
    cookies = [("Set-Cookie", f"c{number}=1; Path=/") for number in range(4)]
    signed_in = httpx.Response(200, headers=[("Content-Type", "application/json"), *cookies], json=SUCCESS)
    wiki = Wiki(TOKEN, signed_in, RIGHTS, TIME, NOBODY, TOKEN, SUCCESS, RIGHTS, TIME)
    (client := wiki.client(login=BOT)).time()
    login = wiki.requests[1]
    assert (login.method, login.url.query) == ("POST", b"")
    assert dict(parse_qsl(login.content.decode()))["lgpassword"] == "pass-word-pass"
    assert len(wiki.requests[3].headers["Cookie"].split(";")) == 4
    client.time()
    assert [request.method for request in wiki.requests] == ["GET", "POST", *["GET"] * 4, "POST", "GET", "GET"]
    assert "Cookie" not in wiki.requests[5].headers  # nothing of the session that has ended


def test_a_refused_password_is_not_sent_again_for_a_while_and_never_shown():
    time = [NOW]
    wiki = Wiki(TOKEN, REFUSAL, TOKEN, REFUSAL)
    client = wiki.client(login=BOT, now=lambda: time[0])
    for minutes, requests in ((0, 2), (5, 2), (16, 4)):
        time[0] = NOW + timedelta(minutes=minutes)
        with pytest.raises(Refused) as refused:
            client.time()
        assert str(refused.value) == (
            "the sign-in of 'Ann@watcher' on example: the wiki refuses it (Incorrect username or password: ***); "
            "check username and password of its [[wiki]]"
        )
        assert len(wiki.requests) == requests
    with pytest.raises(Refused, match=r"asked again after 15 minutes; check username"):
        wiki.client(login=BOT, sign_in_lock=lambda name, _: "pass-word" in name).time()  # another process knows it
    assert "pass-word" not in repr(BOT)


def test_a_session_that_ends_is_renewed_once_for_a_request():
    wiki = Wiki(TOKEN, SUCCESS, RIGHTS, NOBODY, TOKEN, LOST, TOKEN, SUCCESS, RIGHTS, TIME)
    assert wiki.client(login=BOT).time()
    wiki = Wiki(TOKEN, SUCCESS, RIGHTS, NOBODY)
    with pytest.raises(Refused):
        wiki.client(login=BOT).time()
    assert len(wiki.requests) <= 8


def test_a_watchlist_token_and_a_long_question_are_in_no_address():
    wiki = Wiki({"batchcomplete": True, "query": {"pages": [{"ns": 0, "pageid": 3, "title": "Tide", "lastrevid": 5}]}})
    assert list(wiki.client().members(PageList(kind="watchlist", name="Ann", token="t0ken")))
    # As a bot asks for 500 titles; httpx makes no URL of that length.
    assert wiki.client().request("long titles", {"titles": "潮" * 8_000})
    assert [(request.method, request.url.query) for request in wiki.requests] == [("POST", b"")] * 2


@for_each(("body", "expected"))
def test_titles_are_read_from_lines_and_from_the_json_of_tools(body: str, expected: tuple[str, ...]):
    if expected:
        assert parse_titles("list", body) == expected
    else:
        with pytest.raises(Exception, match=r"^list: "):
            parse_titles("list", body)


TIDE = Article(wiki="w", page_id=1, title="Tide")
START = datetime(2026, 1, 1, tzinfo=UTC)
HUGE = MAX_TEXT_BYTES + 1


def sized_revision(number: int, size: int) -> Revision:
    at = START + timedelta(minutes=number)
    return Revision(article=TIDE, id=number, parent_id=number - 1, at=at, editor="A", comment=None, size=size)


class LargePage:
    """Revisions of these sizes; an answer with a text of more than the bound is never given."""

    def __init__(self, *sizes: int, text: int | None = None) -> None:
        self.sizes, self.body = dict(enumerate(sizes, start=1)), text
        self.asked: list[int] = []

    def listed(self, last: Revision | None) -> Iterator[Snapshot]:
        for number, size in self.sizes.items():
            if number > (last.id if last else 0):
                yield Snapshot(revision=sized_revision(number, self.body or size), wikitext=None)

    def texts(self, last: Revision | None) -> Iterator[Snapshot]:
        # a walk begins with the second of the last one, so that this one is part of the answer
        if last is not None and self.sizes[last.id] > MAX_TEXT_BYTES:
            raise TooLarge("too much")
        for snapshot in self.listed(last):
            yield self.single(snapshot.revision.id)

    def single(self, number: int) -> Snapshot:
        self.asked.append(number)
        if self.sizes[number] > MAX_TEXT_BYTES:
            raise TooLarge("too much")
        return Snapshot(revision=sized_revision(number, self.sizes[number]), wikitext="Words.")

    def walked(self) -> list[tuple[int, str | None]]:
        snapshots = walk_with_fallback(None, self.texts, self.listed, self.single)
        return [(snapshot.revision.id, snapshot.wikitext) for snapshot in snapshots]


@for_each("sizes", [(5, HUGE, 5), (HUGE,), (5, HUGE), (HUGE, HUGE, 5, HUGE, 5, 5), (5, 5)])
def test_every_revision_comes_once_and_only_those_that_are_too_large_without_text(sizes: tuple[int, ...]) -> None:
    page = LargePage(*sizes)
    assert page.walked() == [(number, "Words." if size == 5 else None) for number, size in enumerate(sizes, start=1)]
    assert max(page.asked.count(number) for number in page.sizes) == 1
    # a size that the wiki makes small does not stop the walk
    assert LargePage(5, HUGE, 5, text=5).walked() == [(1, "Words."), (2, None), (3, "Words.")]


def test_text_that_cannot_be_read_is_left_with_a_size_that_says_so() -> None:
    small = Snapshot(revision=sized_revision(1, 5), wikitext="a")
    assert readable(small) is small
    assert without_text(small) == Snapshot(revision=replace(small.revision, size=HUGE), wikitext=None)
    assert readable(Snapshot(revision=sized_revision(1, 5), wikitext="a" * HUGE)).wikitext is None
