"""Test the review pages in a real browser: hostile text stays text, and the pages are accessible."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from fastapi.routing import iter_route_contexts

from snapshots import Archive, FindingFilter, ReviewAction, ReviewDecision
from tests.browser import NEEDS_BROWSER, WatchedPage, open_details
from tests.databases import empty_database
from tests.hostile import HOSTILE
from tests.review_fixtures import NOW, a_site, a_watchlist, judge_all, served
from watcher.model import Article
from watcher.text import single_line

LONGEST_NOTE = 2000
FIRST = 100  # page id of the first hostile article
ORDINARY = Article(wiki="en", page_id=1, title="Tide")
TEXT = """The survey of 2012 counted 21 million boats.<ref name="s">{{cite web|title=Survey|url=https://s.example.org}}</ref>

== Harbours ==
[[File:Harbour.svg|thumb|alt=A harbour|The harbour in 1910]]
Some 300 sailors slept ashore.{{citation needed}}
"""

pytestmark = NEEDS_BROWSER


GROUPS = tuple(HOSTILE[at : at + 12] for at in range(0, len(HOSTILE), 12))
"""Texts that share an article: every one of them is in every field."""


def hostile_edits(texts: Sequence[str]) -> list[tuple[str, str, str]]:
    """Two edits with the texts in every field that a page shows."""
    reported = " ".join(texts)
    references = "".join(
        f"<ref>{{{{cite web|title=Survey {number} {text}|url={text}}}}}</ref>" for number, text in enumerate(texts)
    )
    page = (
        f"In 2012 a survey counted 21 million boats in the harbours of {reported}.{references}\n\n"
        f"Some 300 sailors slept ashore.{{{{citation needed|reason={reported}}}}}\n\n"
        f"== Harbours {reported} ==\n[[File:Harbour {reported}.svg|thumb|alt=Alt {reported}|Caption {reported}]]"
        f"\n{reported}\n"
    )
    later = (
        page.replace("21 million", "25 million").replace("Caption", "Another caption").replace("== Har", "== The har")
    )
    return [(page, reported, reported), (later.replace("title=Survey", "title=A survey"), reported, reported)]


@dataclass
class ServedPages:
    """The pages, where they are, and what stands in their archive."""

    address: str
    archive: Archive
    site: Any

    def signed_in(self, context: Any) -> Any:
        """A page of a browser whose reader came in by a one-time link and may do everything."""
        page = context.new_page()
        page.goto(f"{self.address}/welcome/{self.site.state.authenticator.new_link()}")
        return page


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "archive.db").write_bytes(empty_database())
    with Archive(f"sqlite:///{folder / 'archive.db'}") as archive:
        changed = TEXT.replace("21 million", "25 million")
        judge_all(archive, ORDINARY, [(TEXT, "Gull", "start"), (changed, "Tern", "new number"), (TEXT, "Auk", "undo")])
        for number, texts in enumerate(GROUPS, start=FIRST):
            article = Article(wiki="en", page_id=number, title=f"Page {number} {' '.join(texts)[:300]}")
            judge_all(archive, article, hostile_edits(texts))
            for finding in archive.findings.search(FindingFilter(article=("en", number)), limit=1):
                note = " ".join(texts)[:LONGEST_NOTE]
                archive.reviews.decide(
                    [finding.id],
                    ReviewDecision(action=ReviewAction.ASSIGN, assignee=note[:60], note=note),
                    note[:60],
                    NOW,
                )
        titles = [article.title for article in archive.articles.list_all()]
        site = a_site(archive, a_watchlist(folder, titles), now=lambda: NOW)
        with served(site) as address:
            yield ServedPages(address, archive, site)


def trouble(watched: WatchedPage, address: str) -> list[str]:
    """Open a page: what was tried on it, and scripts that are not ours."""
    answer = watched.open(address)
    if answer.status != 200:
        return [f"status {answer.status}"]
    if "html" not in answer.headers["content-type"]:
        return watched.tried
    open_details(watched.page)
    scripts = watched.page.evaluate("[...document.scripts].map(s => s.getAttribute('src') || s.textContent)")
    return [*watched.trouble(), *(script for script in scripts if not script.startswith("/static/"))]


@pytest.fixture(scope="module")
def watched(browser: Any, desk: ServedPages) -> Iterator[WatchedPage]:
    context = browser.new_context()
    yield WatchedPage(desk.signed_in(context), (desk.address, "data:image/svg"))
    context.close()


UNSEEN = ("/static/", "/livez", "/healthz", "/readyz", "/metrics", "/welcome/")
"""Answers in which nobody's words are."""


def answers(desk: ServedPages, article: Article) -> list[str]:
    """The address of everything there is about an article, and about none, from the routes of the application."""
    (decision, *_) = desk.archive.comparisons.of_article(article)
    result = desk.archive.findings.search(FindingFilter(article=(article.wiki, article.page_id)), limit=1)
    title = quote(decision.article.title, errors="replace")
    known = {"wiki": article.wiki, "page_id": article.page_id, "old": decision.before.id, "new": decision.after.id}
    reported = []
    for route in iter_route_contexts(desk.site.routes):
        path = route.path or ""
        if "GET" in (route.methods or ()) and not path.startswith(UNSEEN):
            numbers = {"finding": result[0].id, "edit": result[0].edit_id}
            values = known | {"number": numbers.get(path.split("/")[1], decision.id), "name": "editor"}
            queries = {
                "/watches/edit": f"?wiki={article.wiki}&title={title}",
                "/edit/{number}": "?minimum_severity=info",
                "/article/{wiki}/{page_id}/compare": f"?old={decision.before.id}&new={decision.after.id}",
            }
            asked = queries.get(path, "")
            reported.append(re.sub(r"\{(\w+)\}", lambda hit, values=values: str(values[hit[1]]), path) + asked)
    return reported


def is_page(path: str) -> bool:
    return not path.startswith(("/api/", "/news")) and not path.endswith((".xml", ".csv"))


def pages_of(desk: ServedPages, article: Article) -> list[str]:
    """What of it is a page for people, or a drawing."""
    return [path for path in answers(desk, article) if is_page(path)]


@pytest.mark.parametrize("step", [len(GROUPS), pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_that_strangers_write_runs_or_leaves_any_page(desk: ServedPages, watched: WatchedPage, step: int):
    numbers = range(FIRST, FIRST + len(GROUPS), step)
    pages = [path for number in numbers for path in pages_of(desk, Article(wiki="en", page_id=number, title=""))]
    for path in dict.fromkeys(pages):
        assert trouble(watched, desk.address + path) == [], path
    for text in HOSTILE[:: 2 * step]:
        words = text[:150].replace("\0", "")  # a query with NUL is refused: no text of a database holds one
        assert trouble(watched, desk.address + f"/?q={quote(words, errors='replace')}") == [], text


def test_every_text_is_on_the_page_of_its_finding(desk: ServedPages, watched: WatchedPage):
    """Else the test above would prove little."""
    for number, texts in enumerate(GROUPS, start=FIRST):
        (path,) = (item for item in pages_of(desk, Article(wiki="en", page_id=number, title="")) if "finding" in item)
        shown = unescape(watched.page.request.get(desk.address + path).text())
        note = " ".join(texts)[:LONGEST_NOTE]
        for text in (text for text in texts if text in note):
            assert single_line(as_stored(text))[:40] in shown, text


def as_stored(text: str) -> str:
    """No database holds a NUL or half a surrogate pair."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


@pytest.mark.parametrize("step", [len(GROUPS), pytest.param(1, marks=pytest.mark.slow)])
def test_feeds_and_json_hold_what_strangers_write_and_stay_sound(desk: ServedPages, watched: WatchedPage, step: int):
    for number in range(FIRST, FIRST + len(GROUPS), step):
        for path in answers(desk, Article(wiki="en", page_id=number, title="")):
            if is_page(path) and not path.endswith(".svg"):
                continue
            answer = watched.page.request.get(desk.address + path)
            assert answer.status == 200, path
            if "json" in answer.headers["content-type"]:
                json.loads(answer.body())
            elif "xml" in answer.headers["content-type"]:
                live = [node.tag for node in ET.fromstring(answer.body()).iter() if node.tag.endswith("}script")]
                assert live == [], path


@pytest.mark.slow
def test_every_page_says_the_same_without_javascript(desk: ServedPages, browser: Any):
    contexts = [browser.new_context(java_script_enabled=allowed) for allowed in (True, False)]
    with_it, without = (desk.signed_in(context) for context in contexts)
    for path in pages_of(desk, ORDINARY):
        if not path.endswith(".svg"):
            for page in (with_it, without):
                page.goto(desk.address + path)
            # What only a script can do is not offered without one; the diff that it puts in place is a link away.
            with_it.evaluate("document.querySelectorAll('.scripted, .in-place').forEach(each => each.remove())")
            assert without.inner_text("main") == with_it.inner_text("main"), path
    for context in contexts:
        context.close()
