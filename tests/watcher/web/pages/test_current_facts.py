from collections.abc import Callable

from sqlalchemy import text

from snapshots import Archive
from tests.watcher.web.conftest import NOW, PAGE
from tests.web_client import WebClient
from watcher.model import Article, Dialect
from watcher.parse import parse
from watcher.services.ledger import record_history
from watcher.web.pages.article import MOST, facts_from_text, sentences
from watcher.web.view_models import article_key

TEXT = """The coast has 21 lamps.<ref name=a>{{cite web|title=Count|url=https://example.org}}</ref> It is the largest.

== North ==
Here are 5 lamps."""


def test_a_text_alone_shows_figures_claims_and_sources_but_no_past():
    now = facts_from_text(parse(TEXT), ["It is the largest."])
    assert [(fact_row.text, fact_row.section, fact_row.sources) for fact_row in now["statistics"]] == [
        ("21 lamps", "Lead", ("Count",)),
        ("5 lamps", "North", ()),
    ]
    assert [
        (fact_row.sentence, fact_row.pinned, fact_row.edit_url, fact_row.timeline)
        for fact_row in now["claims"]
        if fact_row.pinned
    ] == [("It is the largest.", True, None, None)]


def test_what_does_not_fit_is_counted(visit: Callable[..., WebClient]):
    lines = "".join(f"* The harbour number {number} has {number} lamps.\n" for number in range(100, 100 + MOST + 7))
    client = visit(lines)
    page = client.get("/article/en/17").text
    assert "number 140 has" not in page
    assert f'<a href="/article/en/17?all=1">Show all {MOST + 7}</a>' in page
    page = client.get("/article/en/17?all=1").text
    assert f'<span class="n">{MOST + 7}</span>' in page
    assert "and 7 more" in page
    assert "number 100 has" in page
    assert "number 406 has" not in page


def test_what_no_recorded_edit_touched_is_said_to_be_older(visit: Callable[..., WebClient], archive: Archive):
    client = visit(TEXT)
    with archive.database.write() as session:
        session.connection().execute(text("UPDATE revision SET parent_id = 99"))
        session.connection().execute(text("DELETE FROM ledger_edit"))
        session.connection().execute(text("DELETE FROM ledger_head"))
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


def test_an_article_has_a_key():
    assert article_key(Article(wiki="en", page_id=17, title="T")) == "en/17"
