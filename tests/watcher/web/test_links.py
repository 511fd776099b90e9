"""Test every link of the pages: those of ours lead somewhere, those to a wiki have a form that MediaWiki documents."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

from snapshots import Archive, NewMute, Scope
from tests.cases import table
from tests.review_fixtures import a_site, judge_all
from tests.watcher.web.conftest import NOW, PAGE, fill, sign_in
from tests.watcher.web.test_reviewing_in_a_browser import WATCHLIST
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import Article, Dialect
from watcher.services.history.ledger import record_history

TEXT = "[[File:Lamp.jpg|thumb|A lamp]]\nThe {} lamps of the coast.{}\n\n== Boats ==\nIn {}, the coast had {} boats.{}\n"
SOURCE = "<ref>{{cite web|title=Count|url=https://c.example.org/1}}</ref>"
TEXTS = (
    TEXT.format(21, "", 2012, "1,200", SOURCE),
    TEXT.format(25, "", 2012, "1,300", ""),
    TEXT.format(25, " They are the oldest.", 2016, "1,300", SOURCE).replace("Lamp.jpg", "Light.jpg"),
)
BOX = "{{{{Infobox town\n| population_total = {}\n}}}}\nA town.\n"
MOST_PAGES = 600
FORMS: list[dict[str, str]] = table(__file__, "forms")


def is_documented(address: str) -> bool:
    given = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
    return any(
        given.keys() == form.keys() and all(re.fullmatch(form[name], value) for name, value in given.items())
        for form in FORMS
    )


def test_every_link_leads_somewhere_and_those_to_the_wiki_have_a_documented_form(
    archive: Archive, watchlist: Watchlist
):
    fill(archive, *TEXTS, judged=True)
    for number in range(4):
        town = Article(wiki="en", page_id=100 + number, title=f"Town {number}")
        judge_all(archive, town, [(BOX.format("8,232"), "Heron", "draft"), (BOX.format("8,967"), "Bot", "census")])
    archive.mutes.begin(NewMute(wiki="en", title=PAGE.title, words="lamps"), NOW)
    record_history(archive, PAGE, Dialect(), NOW)
    watchlist.path.write_text(WATCHLIST)
    client = WebClient(a_site(archive, watchlist, now=lambda: NOW), base_url="http://127.0.0.1")
    sign_in(client, Scope.ADMIN)
    queue, seen, external, dead = ["/", "/sign-in", "/?minimum_severity=info&state=all"], {"/"}, set[str](), []
    shapes: dict[str, int] = {}
    while queue and len(seen) < MOST_PAGES:
        path = queue.pop(0)
        answer = client.get(path)
        if answer.status_code >= 400:
            dead.append((path, answer.status_code))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        for address in re.findall(r'(?:href|hx-get)="([^"]+)"', answer.text):
            target = html.unescape(address).partition("#")[0]
            if target.startswith("http"):
                external.add(target)
            shape = re.sub(r"\d+", "0", urlsplit(target).path)
            # Filters combine without end: some of each page are enough.
            if target.startswith("/") and target not in seen and shapes.get(shape, 0) < 5:
                seen.add(target)
                queue.append(target)
                shapes[shape] = shapes.get(shape, 0) + 1
    assert dead == []
    assert len(seen) > 60
    assert {"/mutes", "/rules", "/operations", "/article/en/17/revisions"} <= seen
    on_the_wiki = {address for address in external if "wiki.example.org" in address}
    assert len(on_the_wiki) > 40
    assert [address for address in sorted(on_the_wiki) if not is_documented(address)] == []
    assert external - on_the_wiki == {"https://c.example.org/1"}
