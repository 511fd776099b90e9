import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from snapshots import Archive, FindingFilter
from tests.cases import for_each, parametrize_each
from tests.review_fixtures import a_site, a_watchlist, judge_all
from tests.web_client import WebClient
from watcher.config import WikiSite
from watcher.model import Article
from watcher.parse import parse
from watcher.web.pages.wiki_actions import LABELS, _texts, copy_texts, surroundings, talk_page, text_fragment

PAGE = Article(wiki="en", page_id=31, title="Ferries of the coast")
CITED = (
    "<ref>{{cite web|title=Count|url=https://a.example.org/count|archive-url=https://archive.example.org/count}}</ref>"
)
OLD, NEW = (
    f"The coast has ferries.\n\n== Traffic ==\nEight boats sail all year. "
    f"In 2012, {value} million people crossed by ferry."
    f"{CITED} Most of them were tourists.\n\n=== Night ===\nAnother paragraph.\n\n== Upkeep ==\nSome paint.\n"
    for value in ("21", "25")
)


@pytest.fixture
def page_of(archive: Archive, tmp_path: Path) -> Callable[..., str]:
    """The page of the first finding after these texts were judged."""

    def page(*texts: str, editor: str = "Gull") -> str:
        judge_all(archive, PAGE, [(text, editor, "an edit") for text in texts])
        changed = archive.findings.search(FindingFilter(states=(), kinds=("statistic",), search="25"))
        first = min(finding.id for finding in changed)
        client = WebClient(a_site(archive, a_watchlist(tmp_path, [PAGE.title])), base_url="http://localhost")
        return client.get(f"/finding/{first}").text

    return page


def test_a_finding_has_links_into_the_wiki_its_sources_its_paragraph_and_each_rule(page_of: Callable[..., str]):
    page = page_of(OLD, NEW)
    links = {
        text: unescape(url)
        for url, text in re.findall(r'<a href="([^"]*)"[^>]*><bdi>(.*?)</bdi>', page.partition('id="wiki-title"')[2])
    }
    asked = {text: parse_qs(urlsplit(url).query) for text, url in links.items()}
    assert asked["Edit this section"] == {"curid": ["31"], "action": ["edit"], "section": ["1"]}
    assert asked["Undo the edit"] == {"curid": ["31"], "action": ["edit"], "undoafter": ["31001"], "undo": ["31002"]}
    assert asked["Visual difference"] == {"diff": ["31002"], "oldid": ["31001"], "diffmode": ["visual"]}
    assert asked["History"] == {"curid": ["31"], "action": ["history"]}
    assert asked["Talk page"] == {"title": ["Talk:Ferries_of_the_coast"]}
    fragment = unquote(urlsplit(links["The sentence in the article"]).fragment)
    assert fragment == ":~:text=In 2012, 25 million people crossed by ferry."
    assert 'href="https://a.example.org/count"' in page
    assert 'href="https://archive.example.org/count"' in page
    (context,) = re.findall(r'<blockquote class="context">(.*?)</blockquote>', page)
    assert re.findall(r"<bdi>(.*?)</bdi>", context) == [
        "Eight boats sail all year.", "In 2012, 25 million people crossed by ferry.", "Most of them were tourists.",
    ]  # fmt: skip
    assert "<mark><bdi>In 2012, 25 million" in context
    (table,) = re.findall(r'<table class="rules">(.*?)</table>', page, re.DOTALL)
    assert "<td>High</td>" in table
    assert "21 million → 25 million" in table


@parametrize_each(("later", "expected"))
def test_whether_the_article_still_says_it(page_of: Callable[..., str], later: str, expected: str):
    texts = [later.format(old=OLD, new=NEW)] if later else []
    assert expected in page_of(OLD, NEW, *texts)


def test_texts_to_copy_hold_no_live_markup_of_strangers(page_of: Callable[..., str]):
    page = page_of(
        OLD.replace("by ferry", "by [[ferry]] &lt;nowiki>{{x}}&lt;/nowiki>"),
        NEW.replace("by ferry", "by [[ferry]] &lt;/nowiki>{{x}}~~~~"),
        editor="[[User:Evil]] </nowiki>",
    )
    copied = re.findall(r'<textarea id="copy-(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    texts = {name: unescape(text) for name, text in copied}
    outside = re.sub(r"<nowiki>.*?</nowiki>", "", texts["talk_note"], flags=re.DOTALL)
    assert outside.count("[[") == outside.count("~~~~") == 1
    assert "{{" not in outside
    assert "Special:Diff/31002" in texts["talk_note"]
    assert texts["edit_summary"].count("[[") == 1
    assert len(texts["edit_summary"]) <= 500
    assert re.fullmatch(r"\{\{citation needed\|date=\w+ \d{4}\}\}", texts["citation_needed"])


@for_each(
    ("title", "expected"),
    [("The tolls", "Talk:The_tolls"), ("Vorlage:Toll box", "Special:TalkPage/Vorlage:Toll_box")],
)
def test_a_talk_page_is_in_the_namespace_beside_and_a_text_fragment_is_escaped(title: str, expected: str):
    assert talk_page(title) == expected
    assert text_fragment("a-b, c & d") == "#:~:text=a%2Db%2C%20c%20%26%20d"


def test_a_table_row_is_shown_by_its_cells():
    text = "{|\n! Year !! Boats\n|-\n| 2011 || 12 boats\n|-\n| 2012 || 15 boats\n|}\n"
    document = parse(text)
    cell = next(sentence.text for sentence in document.sentences if "15" in sentence.text)
    shown, is_row = surroundings(document, text, cell)
    assert is_row
    assert [part for part, _ in shown] == ["2012", "15 boats"]
    assert surroundings(document, text, "not there") == ((), False)


def test_texts_to_copy_are_in_the_language_of_the_wiki_or_as_the_watchlist_says(archive: Archive):
    judge_all(archive, PAGE, [(OLD, "Gull", "an edit"), (NEW, "Gull", "an edit")])
    (finding,) = archive.findings.search(FindingFilter(states=(), kinds=("statistic",)), limit=1)
    german = WikiSite(name="en", api="https://de.wiki.example.org/w/api.php", language="de")
    texts = copy_texts(finding, finding.at, german)
    assert texts["citation_needed"] == "{{Belege fehlen}}"
    assert texts["talk_note"].startswith("== <nowiki>21 million → 25 million")
    assert "Ist der neue Text durch die Quelle belegt? ~~~~" in texts["talk_note"]
    own = german.model_copy(update={"citation_needed": "{{Beleg|$year-$month}}"})
    assert copy_texts(finding, finding.at, own)["citation_needed"] == f"{{{{Beleg|{finding.at:%Y-%m}}}}}"
    unknown = german.model_copy(update={"language": "eo"})
    assert copy_texts(finding, finding.at, unknown)["citation_needed"].startswith("{{citation needed|date=")


@for_each("language", sorted(_texts()))
def test_every_language_has_every_text_with_all_that_it_must_name(language: str):
    texts = _texts()[language]
    assert {*texts} == {*LABELS}
    for name in ("$edit", "$editor", "$change"):
        assert name in texts["talk_note"]
        assert name in texts["edit_summary"]
    for name in ("$section", "$old", "$new", "~~~~"):
        assert name in texts["talk_note"]
