import re
from dataclasses import replace

import pytest
from sqlalchemy import event, text

from snapshots import Archive, FindingFilter, NewDelivery, OutgoingAlert, Scope
from tests.cases import for_each
from tests.review_fixtures import a_site, judge_all
from tests.watcher.web.conftest import NOW, PAGE, Visit, a_revision, sign_in
from tests.web_client import WebClient
from watcher.config import Watch, Watchlist
from watcher.judge.contradictions import contradictions
from watcher.model import Alert, Article, Dialect, Kind, Notice, Revision, Severity
from watcher.parse import parse
from watcher.parse.cited import cited_statistics
from watcher.services.history.ledger import record_history
from watcher.web.pages.article import MAX_ROWS, sentences

OLD = "== History ==\nOf the 21 million victims half are women.<ref>{{cite web|url=https://example.org|title=Count}}</ref>\n"
NEW = OLD.replace("21", "25") + "It is the largest bridge of the coast."


def test_what_waits_and_how_it_went_is_reported(visit: Visit, archive: Archive):
    client = visit(OLD, NEW)
    notice = Notice(kind=Kind.PROSE_CHANGED, severity=Severity.HIGH, section=(), summary="a <b> summary")
    alert = Alert(key="k", article=PAGE, before=a_revision(1), after=a_revision(2), notices=(notice,), diff_url="")
    with archive.database.write() as session:
        from snapshots import outbox
        from snapshots.queries import row_id

        delivery = NewDelivery(destination="team", key="t", not_before=NOW)
        outbox.queue(session, OutgoingAlert(alert=alert, deliveries=(delivery,)), NOW, article_id=row_id(session, PAGE))
    archive.events.record(PAGE, "protected", "protected against <edits>", NOW)
    page = client.get("/article/en/17").text
    assert 'href="/finding/2"' in page
    assert 'href="/comparison/1"' in page
    assert "<strong><bdi>team</bdi></strong> <span>waiting</span> <span><bdi>a &lt;b&gt; summary</bdi></span>" in page
    assert "protected against &lt;edits&gt;" in page
    assert "Up to date" in page


@pytest.mark.parametrize("texts", [("one",), (None,), ("", "")])
def test_an_article_of_which_little_is_known_has_a_page(visit: Visit, texts: tuple[str | None, ...]):
    page = visit(*texts).get("/article/en/17").text
    assert "states no statistic" in page


def test_what_is_not_watched_is_missing_or_says_so(visit: Visit, watchlist: Watchlist):
    client = visit(OLD, watches=watchlist.watches[1:])
    page = client.get("/article/en/17").text
    assert re.search('(?s)Not watched any more.*action="/watches/check".*name="article" value="Bridge tolls"', page)
    for path in ("/article/en/99", "/article/de/17", "/article/en/x", f"/article/en/{10**30}"):
        assert client.get(path).status_code == 404


def test_the_sources_of_statistics_are_listed_with_their_last_check_those_that_do_not_answer_first(
    visit: Visit, archive: Archive
):
    text = "".join(
        f"There were {number} mills in county {number}.<ref>{{{{cite web|url=https://example.org/{number}|title=S{number}}}}}</ref>\n\n"
        for number in (21, 22, 23)
    )
    client = visit(text)
    archive.source_pages.save("https://example.org/22", {}, None, NOW)
    archive.source_pages.save("https://example.org/23", {}, "GONE", NOW)
    page = client.get("/article/en/17").text
    sources = page.partition('id="citations-title"')[2].partition("</section>")[0]
    assert re.findall(r">(S\d+)|(it is no longer there|never checked|>checked 3)", sources) == [
        ("S23", ""), ("", "it is no longer there"), ("", ">checked 3"), ("S22", ""), ("", ">checked 3"), ("S21", ""),
        ("", "never checked"),
    ]  # fmt: skip


CITE = "<ref>{{cite web|title=Tolls <b>2012</b> &lt;script&gt;|url=https://tolls.example.org/2012/a}}</ref>"


def stated(archive: Archive, article: Article, text: str) -> None:
    archive.articles.register(article, NOW)
    revision = Revision(article=article, id=1, parent_id=0, at=NOW, editor="Ann", comment=None)
    cited = cited_statistics(text + CITE, Dialect(), article.title)
    archive.cited_statistics.apply(revision, cited, contradictions, {"en": "en"}, NOW)


def test_numbers_that_articles_state_differently_are_listed_on_a_page_and_as_json(visit: Visit, archive: Archive):
    client = visit("one")
    assert "No two watched articles" in client.get("/contradictions").text
    harbours = replace(PAGE, page_id=18, title="Harbours")
    stated(archive, PAGE, "In 2012, 4,100 carts &lt;i&gt; were counted on bridges.")
    stated(archive, harbours, "In 2012 a count found some 5,200 carts on bridges.")
    page = client.get("/contradictions").text
    assert 'href="https://tolls.example.org/2012/a"' in page
    assert "<bdi>carts</bdi>, <bdi>2012</bdi>" in page
    for number, title, key in (("4,100", "Bridge tolls", 17), ("5,200", "Harbours", 18)):
        assert f'<strong><bdi>{number}</bdi></strong> in <a href="/article/en/{key}"><bdi>{title}</bdi></a>' in page
    assert "&lt;i&gt;" in page
    assert "<script>" not in page.partition("<main")[2]
    (item,) = client.get("/api/v1/contradictions").json()["items"]
    assert [stated["value"] for stated in item["stated"]] == ["4100", "5200"]
    assert page.count("<section") == 1
    assert "No two watched articles" in client.get(f"/contradictions?before={item['id']}").text


TEXT = """The coast has 21 lamps.<ref name=a>{{cite web|title=Count|url=https://example.org}}</ref> It is the largest.

== North ==
Here are 5 lamps."""


def test_what_does_not_fit_is_counted(visit: Visit):
    lines = "".join(f"* The harbour number {number} has {number} lamps.\n" for number in range(100, 100 + MAX_ROWS + 7))
    client = visit(lines)
    page = client.get("/article/en/17").text
    assert "number 140 has" not in page
    assert f'<a href="/article/en/17?all=1">Show all {MAX_ROWS + 7}</a>' in page
    page = client.get("/article/en/17?all=1").text
    assert f'<span class="n">{MAX_ROWS + 7}</span>' in page
    assert "and 7 more" in page
    assert "number 100 has" in page
    assert "number 406 has" not in page


def test_what_no_recorded_edit_touched_is_said_to_be_older(visit: Visit, archive: Archive):
    client = visit(TEXT)
    with archive.database.write() as session:
        session.connection().execute(text("UPDATE revision SET parent_id = 99"))
        session.connection().execute(text("DELETE FROM ledger_edit"))
        session.connection().execute(text("DELETE FROM ledger_head"))
    page = client.get("/article/en/17").text
    assert "The edits of 0 of 1 stored revisions are recorded" in page
    assert "The last judged text" not in page  # which is not known to state nothing
    record_history(archive, PAGE, Dialect(), NOW)
    page = client.get("/article/en/17").text
    assert "unchanged since" in page
    assert "added" not in page.partition("Facts")[2]


def test_a_sentence_is_found_by_its_words_wherever_it_stands():
    document = parse(TEXT)
    assert sentences(document, "LAMPS here", 5) == (("Here are 5 lamps.", "North"),)
    assert len(sentences(document, "lamps", 5)) == 2
    assert len(sentences(document, "lamps", 1)) == 1
    assert sentences(document, " ", 5) == ()
    assert sentences(document, "nowhere", 5) == ()


FERRY, FERRY_LATER = "A ferry took 21 carts a day.", "A ferry took 25 carts a day."
MOVED = replace(PAGE, title="Tolls of bridges")
PINNED_WATCH = Watch(wiki="en", title=PAGE.title, threshold=Severity.CRITICAL, claims=(FERRY,))


@pytest.fixture
def moved(visit: Visit, archive: Archive) -> WebClient:
    """A browser after the watched page "Bridge tolls" was moved."""
    made = visit(FERRY, FERRY_LATER, watches=(PINNED_WATCH,))
    archive.articles.register(MOVED, NOW)
    return made


def test_its_pages_show_and_use_the_settings_of_its_watch(moved: WebClient):
    page = moved.get(f"/article/en/{PAGE.page_id}").text
    assert "Not watched any more" not in page
    assert FERRY in page
    # The pipeline in miniature puts the threshold that it was given into each reason.
    assert "threshold critical" in moved.get("/comparison/1").text
    assert moved.get("/finding/1").status_code == 200  # it stays as it was stored


TEXTS = ("The coast has 21 lamps.", "The coast has 25 lamps.", "The coast has 25 lamps.", "The coast has 29 lamps.")


@pytest.fixture
def client(archive: Archive, watchlist: Watchlist) -> WebClient:
    """The pages over four judged revisions, 17001 to 17004, before a reviewer."""
    judge_all(archive, PAGE, [(text, "Ada", f"edit {number}") for number, text in enumerate(TEXTS)])
    site = a_site(archive, watchlist, now=lambda: NOW)
    return sign_in(WebClient(site, base_url="http://localhost", follow_redirects=False), Scope.REVIEW)


def test_the_list_of_revisions_says_what_came_of_each_edit(client: WebClient, archive: Archive):
    page = client.get("/article/en/17/revisions").text
    outcomes = re.findall(r'data-label="Outcome"><(?:a|span)[^>]*>(.*?)</(?:a|span)>', page)
    words = [re.sub("<[^>]+>", "", outcome) for outcome in outcomes]
    assert [word.partition(":")[0] for word in words] == [
        "Reaches the threshold", "No change of substance", "Reaches the threshold", "The first"
    ]  # fmt: skip
    assert 'href="/article/en/17/revisions"' in client.get("/article/en/17").text
    (finding,) = archive.findings.search(FindingFilter(), limit=1)
    client.post(f"/finding/{finding.id}/mute", data={"words": "lamps", "until": "7d"})
    assert "<bdi>Muted</bdi></a>" in client.get("/article/en/17/revisions").text


def test_any_two_revisions_are_compared_the_older_one_first(client: WebClient):
    address = client.get("/article/en/17/compare?old=17004&new=17001").headers["location"]
    assert address == "/compare/en/17001/17004"
    page = client.get(address).text
    assert re.search('class="was"><bdi>21</bdi>.*class="now"><bdi>29 lamps</bdi>', page)
    assert len(set(re.findall(r'<li class="entry[^"]*" id="(e\d+)"', page))) == 2
    assert 'name="decision" value="correct"' in page


def test_long_histories_are_listed_in_pages(archive: Archive, watchlist: Watchlist):
    texts = [(f"The coast has {count} lamps.", "Ada", "") for count in range(101)]  # as many as fill two pages
    judge_all(archive, Article(wiki="en", page_id=17, title=PAGE.title), texts)
    judge_all(archive, Article(wiki="en", page_id=18, title="Harbours"), texts[:1])
    with archive.database.connection() as connection:
        connection.exec_driver_sql("UPDATE text SET body = x'00'")  # a damaged text ends no list
    client = WebClient(a_site(archive, watchlist, now=lambda: NOW), base_url="http://localhost")
    address, seen = "/article/en/17/revisions", []
    while address:
        page = client.get(address).text
        assert "Nothing is stored yet" not in page
        seen += [int(number) for number in re.findall(r'name="new" value="(\d+)"', page)]
        address = "".join(re.findall(r'rel="next" href="([^"]+)"', page))
    assert seen == list(range(17101, 17000, -1))
    assert client.get("/article/en/17/revisions?before=18001").status_code == 404


@for_each("words", ["17002", "https://en.wiki.example.org/w/index.php?title=Tolls&diff=17002&oldid=1", "?oldid=17002"])
def test_a_revision_is_found_by_its_number_or_address(client: WebClient, words: str):
    page = client.get("/", params={"q": words, "minimum_severity": "info"}).text
    assert len(re.findall(r'<li class="entry', page)) == 1
    assert client.get("/", params={"q": "17999"}).text.count('<li class="entry') == 0
    page = client.get("/?not_editor=Ada").text
    assert "not by Ada" in page
    assert '<li class="entry' not in page


def test_a_page_of_the_queue_is_compressed_and_read_in_one_transaction(client: WebClient, archive: Archive):
    begun: list[object] = []

    def count(connection: object) -> None:
        begun.append(connection)

    event.listen(archive.database._engine, "begin", count)
    client.get("/")
    event.remove(archive.database._engine, "begin", count)
    assert len(begun) <= 3  # the page itself, and who asks
    answer = client.get("/", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 40_000
