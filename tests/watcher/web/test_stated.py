from dataclasses import replace

from watcher.model import Article
from watcher.parse import parse
from watcher.web.stated import MOST, key, of_text, sentences

TEXT = """The coast has 21 lamps.<ref name=a>{{cite web|title=Count|url=https://example.org}}</ref> It is the largest.

== North ==
Here are 5 lamps."""


def test_a_text_alone_tells_figures_claims_and_sources_but_no_past():
    now = of_text(parse(TEXT), ["It is the largest."])
    assert [(one.said, one.section, one.sources) for one in now.statistics] == [
        ("21 lamps", "Lead", ("Count",)),
        ("5 lamps", "North", ()),
    ]
    assert [(one.sentence, one.pinned, one.change, one.life) for one in now.claims if one.pinned] == [
        ("It is the largest.", True, None, None)
    ]


def test_what_does_not_fit_is_counted():
    document = parse(TEXT)
    many = replace(document, statistics=document.statistics[:1] * (MOST + 7))
    now = of_text(many, ())
    assert (len(now.statistics), now.statistics_left_out) == (MOST, 7)


def test_a_sentence_is_found_by_its_words_wherever_it_stands():
    document = parse(TEXT)
    assert sentences(document, "LAMPS here", 5) == (("Here are 5 lamps.", "North"),)
    assert len(sentences(document, "lamps", 5)) == 2
    assert len(sentences(document, "lamps", 1)) == 1
    assert sentences(document, " ", 5) == ()
    assert sentences(document, "nowhere", 5) == ()


def test_an_article_has_a_key():
    assert key(Article(wiki="en", page_id=17, title="T")) == "en/17"
