from collections.abc import Callable

from tests.web_client import WebClient
from watcher.model import Article
from watcher.parse import parse
from watcher.web.pages.current_facts import MOST, facts_from_text, sentences
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
    page = visit(lines).get("/article/en/17").text
    assert f'<span class="n">{MOST + 7}</span>' in page
    assert "and 7 more" in page
    assert "number 100 has" in page
    assert "number 406 has" not in page


def test_a_claim_in_words_that_were_stated_before_says_who_first_stated_them(visit: Callable[..., WebClient]):
    claim = "The ferry of Ebb, the oldest of all, carries salt to the islands."
    later = "The ferry of Ebb, once the oldest of all, has carried nothing but letters to the islands of late."
    page = visit(claim, later, f"{later}\n\n== Trade ==\n{claim}").get("/article/en/17").text
    assert page.count("restored ") == page.count(", first stated on ") == 1


def test_a_sentence_is_found_by_its_words_wherever_it_stands():
    document = parse(TEXT)
    assert sentences(document, "LAMPS here", 5) == (("Here are 5 lamps.", "North"),)
    assert len(sentences(document, "lamps", 5)) == 2
    assert len(sentences(document, "lamps", 1)) == 1
    assert sentences(document, " ", 5) == ()
    assert sentences(document, "nowhere", 5) == ()


def test_an_article_has_a_key():
    assert article_key(Article(wiki="en", page_id=17, title="T")) == "en/17"
