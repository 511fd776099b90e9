"""Test that feeds are valid, keep their ids, and hold the wiki's words as text only."""

import base64
import csv
import io
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

from snapshots import ApiToken, Archive, FindingFilter, ReviewAction, ReviewDecision, Scope
from tests.review_fixtures import judge_all
from tests.watcher.web.conftest import NOW, Visit, WebClient
from watcher.model import Article

ATOM = "{http://www.w3.org/2005/Atom}"


def read(client: WebClient, path: str = "/atom.xml") -> ET.Element:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)


def texts(feed: ET.Element, name: str) -> list[str]:
    return [entry.findtext(f"{ATOM}{name}") or "" for entry in feed.findall(f"{ATOM}entry")]


def test_the_feed_has_all_that_rfc_4287_asks_for(visit: Visit):
    client = visit("one", "two", "three", base_url="http://localhost:9")
    feed = read(client)
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        assert (element.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert element.findtext(f"{ATOM}title")
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo
        assert "alternate" in [link.get("rel") for link in element.findall(f"{ATOM}link")]
    assert texts(feed, "title") == [
        "High: Bridge tolls – Words changed: three",
        "High: Bridge tolls – Words changed: two",
    ]
    assert len({*texts(feed, "id"), feed.findtext(f"{ATOM}id")}) == 3
    assert feed.find(f"{ATOM}entry/{ATOM}author/{ATOM}name").text == "Ada"
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == "http://localhost:9/atom.xml"
    link = feed.find(f"{ATOM}entry/{ATOM}link").get("href")
    assert link.startswith("http://localhost:9/finding/")
    assert texts(feed, "content")[1] == "History\nBefore: one\nAfter: two"
    empty = read(client, "/atom.xml?q=nothing")
    assert (empty.findall(f"{ATOM}entry"), bool(empty.findtext(f"{ATOM}updated"))) == ([], True)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "]]><script>alert(1)</script>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
        "&#0; \x0b\x00\ufffe \ud800",
        "\u202egnihtemos",
        "x" * 100_000,
    ],
)
def test_whatever_the_wiki_says_is_text(visit: Visit, text: str):
    client = visit("one", text)
    feed = read(client)
    assert feed.find(".//script") is None
    assert {element.get("type") for element in feed.iter(f"{ATOM}content")} == {"text"}
    assert "\u202e" not in client.get("/atom.xml").text
    assert len(client.get("/atom.xml").content) < 20_000


def test_who_has_the_newest_is_sent_nothing(visit: Visit):
    client = visit("one", "two")
    tag = client.get("/atom.xml").headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get("/atom.xml", headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert client.get("/atom.xml", headers={"if-none-match": '"other"'}).status_code == 200


def test_a_feed_reader_elsewhere_gives_a_token_as_its_password(visit: Visit):
    client = visit("one", "two", scope=None)
    client.app.state.authenticator.loopback_only = False
    client.app.state.authenticator.accounts.add_token(ApiToken(name="feed", scope=Scope.READ, at=NOW), "secret")
    asked = client.get("/atom.xml")
    assert asked.status_code == 401
    assert asked.headers["www-authenticate"].startswith("Basic realm=")
    assert client.get("/atom.xml?token=secret").status_code == 401
    given = "Basic " + base64.b64encode(b"anything:secret").decode()
    assert client.get("/atom.xml", headers={"authorization": given}).status_code == 200


def test_who_is_assigned_hears_of_it_by_a_feed_of_their_own(visit: Visit, archive: Archive):
    client = visit("one", "two", "three")
    older, newer = sorted(finding.id for finding in archive.findings.search(FindingFilter()))[:2]
    ours, others = (
        ReviewDecision(action=ReviewAction.ASSIGN, assignee=name, note="See <1>.") for name in ("eve", "bo")
    )
    for at, (number, step) in enumerate(((newer, ours), (older, others), (older, ours))):
        archive.reviews.decide([number], step, "ada", NOW + timedelta(minutes=at))
    feed = read(client, "/atom.xml?assignee=eve")
    addresses = [link.get("href", "").rpartition("/")[2] for link in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert addresses == [str(older), str(newer)]
    assert texts(feed, "updated") == [(NOW + timedelta(minutes=minutes)).isoformat() for minutes in (2, 0)]
    assert all(title.startswith("Assigned by ada. ") for title in texts(feed, "title"))
    assert all("See <1>." in content for content in texts(feed, "content"))
    archive.reviews.decide([older], others, "ada", NOW + timedelta(minutes=5))
    assert len(texts(read(client, "/atom.xml?assignee=eve"), "title")) == 1
    assert texts(read(client, "/atom.xml?assignee=somebody"), "title") == []
    assert "/atom.xml?assignee=reviewer" in client.get("/").text


def table_of(answer: httpx.Response) -> list[dict[str, str]]:
    mark, text = answer.text[:1], answer.text[1:]
    assert mark == "\ufeff"
    return list(csv.DictReader(io.StringIO(text)))


def test_a_filter_is_a_table_for_a_spreadsheet(visit: Visit):
    answer = visit("one", "two", "three").get("/findings.csv?q=three&minimum_severity=info")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "findings.csv" in answer.headers["content-disposition"]
    rows = table_of(answer)
    seen = [(row["severity"], row["section"], row["state"]) for row in rows]
    assert seen == [("High", "History", "Open"), ("Low", "Lead", "Open")]
    assert (rows[0]["summary"], rows[0]["editor"]) == ("Words changed: three", "Ada")
    assert rows[0]["address"] == "http://127.0.0.1:8080/finding/4"


def test_no_cell_of_the_table_is_a_formula(visit: Visit, archive: Archive):
    client = visit("one")
    formula = '=HYPERLINK("https://evil.example"),"x\r\n+1'
    edits = [("It had 2 boats.", "-1", ""), ("It had 9 boats.", "@x", formula)]
    judge_all(archive, Article(wiki="en", page_id=40, title="=1+1"), edits)
    (row,) = table_of(client.get("/findings.csv?article=en/40"))
    assert (row["article"], row["editor"]) == ("'=1+1", "'@x")
    assert row["edit summary"].startswith("'=HYPERLINK(")
    assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())


def test_a_long_table_has_every_finding_once(visit: Visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("watcher.web.pages.queue._ROWS_AT_ONCE", 20)
    client = visit(*[f"text {number}" for number in range(60)])
    address = "/findings.csv?minimum_severity=info"
    rows = table_of(client.get(address))
    assert len(rows) == len({row["finding"] for row in rows}) == 118
    monkeypatch.setattr("watcher.web.pages.queue.MOST_ROWS", 100)
    *_, last = rows = table_of(client.get(address))
    assert (len(rows), last["finding"], last["summary"][:34]) == (101, "", "Only the first 100 findings are in")
