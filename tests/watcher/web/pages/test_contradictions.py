from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from snapshots import Archive
from tests.watcher.web.conftest import NOW, PAGE, WebClient
from watcher.judge.contradictions import contradictions
from watcher.model import Article, Dialect, Revision
from watcher.parse.cited import cited_statistics

Visit = Callable[..., WebClient]
CITE = "<ref>{{cite web|title=Tolls <b>2012</b> &lt;script&gt;|url=https://tolls.example.org/2012/a}}</ref>"


def state(archive: Archive, article: Article, text: str) -> None:
    archive.articles.register(article, NOW)
    revision = Revision(article=article, id=1, parent_id=0, at=NOW, editor="Ann", comment=None)
    changes = cited_statistics(None, text + CITE, Dialect(), article.title)
    archive.cited_statistics.apply(revision, changes, None, contradictions, {"en": "en"}, NOW)


def test_numbers_that_articles_state_differently_are_listed_on_a_page_and_as_json(visit: Visit, archive: Archive):
    client = visit("one")
    assert "No two watched articles" in client.get("/contradictions").text
    harbours = replace(PAGE, page_id=18, title="Harbours")
    state(archive, PAGE, "In 2012, 4,100 carts &lt;i&gt; were counted on bridges.")
    state(archive, harbours, "In 2012 a count found some 5,200 carts on bridges.")
    page = client.get("/contradictions").text
    assert 'href="https://tolls.example.org/2012/a"' in page
    assert "<bdi>carts</bdi>, <bdi>2012</bdi>" in page
    for number, title, key in (("4,100", "Bridge tolls", 17), ("5,200", "Harbours", 18)):
        assert f'<strong><bdi>{number}</bdi></strong> in <a href="/article/en/{key}"><bdi>{title}</bdi></a>' in page
    assert "&lt;i&gt;" in page
    assert "<script>" not in page.partition("<main")[2]
    (item,) = client.get("/api/v1/contradictions").json()["items"]
    assert [stated["value"] for stated in item["stated"]] == ["4100", "5200"]
    assert client.get("/contradictions?article=en/18").text.count("<section") == page.count("<section") == 1
    assert "No two watched articles" in client.get(f"/contradictions?before={item['id']}").text
    assert [client.get(f"/contradictions?article={key}").status_code for key in ("en/99", "en", "en/²")] == [404] * 3
