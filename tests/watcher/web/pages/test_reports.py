from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from snapshots import Archive, CheckResult
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import Article, Comparison, Reason, Revision, Snapshot
from watcher.pipeline import compare_wikitext
from watcher.services.alerts import finding_token
from watcher.web import create_app

PAGE = Article(wiki="en", page_id=17, title="Bridge tolls")
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
Visit = Callable[..., WebClient]


def test_a_comparison_is_the_report_made_again_from_the_stored_texts(visit: Visit):
    answer = visit("It was build then.", "It was built then.").get("/comparison/1")
    assert answer.status_code == 200
    assert "<del>build</del><ins>built</ins>" in answer.text
    assert 'href="https://wiki.example.org/w/index.php?diff=2&amp;oldid=1"' in answer.text
    assert '<a href="/article/en/17">' in answer.text
    assert "<bdi>reviewer</bdi>" in answer.text
    assert "threshold medium" in answer.text


def test_the_address_of_an_alert_leads_to_the_report_of_the_real_comparison(
    visit: Visit, archive: Archive, watchlist: Watchlist
):
    visit("Of the 21 million victims half are women.", "Of the 25 million victims half are women.")
    client = WebClient(create_app(archive, watchlist), base_url="http://localhost")
    page = client.get("/compare/en/1/2").text
    assert "1 statistic changed without a new source; nothing else of substance." in page
    assert "<del>21</del><ins>25</ins> million victims" in page
    assert "+4 million (+19 %)" in page


def test_what_readers_see_through_a_template_is_marked_as_rendered_on_every_page(visit: Visit, archive: Archive):
    client = visit("It has 21 mills.", "It has 22 mills.")
    (stored,) = archive.comparisons.of_article(PAGE)
    revision = replace(stored.after, sha1=None)
    template = Article(wiki="en", page_id=90, title="Template:Mills")
    edit = replace(revision, article=template, id=77, parent_id=70, editor="Bob <b>")
    finding = replace(
        compare_wikitext("It has 22 mills.", "It has 25 mills.").findings[0],
        edits=(edit,),
        through=("Template:Mills",),
        reasons=(Reason(code="rendered", text="through {{Mills}}, edited by Bob <b>"),),
    )
    comparison = Comparison(findings=(finding,), article=PAGE, before=revision, after=revision)
    archive.comparisons.commit(
        CheckResult(article=PAGE, before=revision, after=revision, now=NOW, comparison=comparison)
    )
    newest = archive.comparisons.of_article(PAGE)[0]
    number = archive.comparisons.findings(newest.id)[0]["id"]
    pages = {
        path: client.get(path).text
        for path in (
            f"/finding/{number}", f"/comparison/{newest.id}", "/compare/en/2/2", "/article/en/17",
            "/article/en/17/timeline",
        )
    }  # fmt: skip
    for path, text in pages.items():
        assert "as rendered" in text.lower(), path
        assert "Bob <b>" not in text
    assert "through {{Mills}}, edited by Bob &lt;b&gt;" in pages["/article/en/17/timeline"]
    assert "Through {{Mills}}, edited by Bob &lt;b&gt;" in pages["/compare/en/2/2"]
    assert "diff=77&amp;oldid=70" in pages[f"/finding/{number}"]
    assert "title=Template%3AMills&amp;action=edit&amp;undoafter=70&amp;undo=77" in pages[f"/finding/{number}"]


def test_revisions_of_two_articles_are_not_compared(visit: Visit, archive: Archive):
    client = visit("one")
    other = Article(wiki="en", page_id=18, title="Harbours")
    archive.articles.register(other, NOW)
    revision = Revision(article=other, id=900, parent_id=0, at=NOW, editor=None, comment=None)
    archive.revisions.store(other, [Snapshot(revision=revision, wikitext="two")])
    answer = client.get("/compare/en/1/900")
    assert answer.status_code == 404
    assert "are not of one article" in answer.text


def test_a_text_that_the_wiki_hides_leaves_the_stored_findings(visit: Visit):
    client = visit("one", None, "three")
    for path in ("/comparison/1", "/compare/en/1/2"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "has hidden the text" in answer.text
        assert "Words changed:" in answer.text
    hidden = client.get("/compare/en/2/2")
    assert hidden.status_code == 404
    assert "no findings are stored" in hidden.text


def test_every_finding_of_a_served_report_leads_to_where_it_is_decided(visit: Visit):
    client = visit("one", "two")
    for path in ("/comparison/1", "/compare/en/1/2"):
        page = client.get(path).text
        assert 'class="review" href="/finding/2"' in page.partition('id="below-threshold"')[0]
        assert 'class="review" href="/finding/1"' in page.partition('id="below-threshold"')[2]


def test_a_report_that_is_no_stored_comparison_leads_to_no_finding(visit: Visit):
    assert 'class="review"' not in visit("one", "two", "three").get("/compare/en/1/3").text


def test_findings_that_are_found_otherwise_by_now_are_not_confused(
    visit: Visit, archive: Archive, watchlist: Watchlist
):
    visit("Of the 21 million victims half are women.", "Of the 25 million victims half are women.")
    page = WebClient(create_app(archive, watchlist), base_url="http://localhost").get("/comparison/1").text
    assert 'class="review"' not in page


def test_the_address_of_a_finding_in_an_alert_leads_to_its_page(visit: Visit, archive: Archive):
    client = visit("Of the 21 million victims half are women.", "Of the 25 million victims half are women.")
    stored = archive.comparisons.findings(1)[-1]
    token = finding_token(stored["kind"], stored["section"], stored["summary"])
    answer = client.get(f"/compare/en/1/2?finding={token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/finding/{stored['id']}")


def test_the_wikitext_that_differs_is_shown_in_one_column_or_two(visit: Visit):
    client = visit("Ropes.\n\nIt was build <b>then</b>.\n\nTar.", "Ropes.\n\nIt was built <b>then</b>.\n\nTar.")
    page = client.get("/comparison/1/wikitext").text
    assert "<bdi>It was <del>build</del><ins>built</ins> &lt;b&gt;then&lt;/b&gt;.</bdi>" in page
    assert "<bdi>Ropes.</bdi>" in page
    assert 'href="https://wiki.example.org/w/index.php?diff=2&amp;oldid=1"' in page
    assert client.get("/comparison/1/wikitext?view=sideways").text == page
    columns = client.get("/comparison/1/wikitext?view=columns").text
    assert "<bdi>It was <del>build</del> &lt;b&gt;then&lt;/b&gt;.</bdi>" in columns
    assert "<bdi>It was <ins>built</ins> &lt;b&gt;then&lt;/b&gt;.</bdi>" in columns


def test_a_finding_leads_to_its_line_of_the_wikitext(visit: Visit, archive: Archive, watchlist: Watchlist):
    before = "Lead.\n\n== Ports ==\nOf the 21 million victims half are women.\n\nAbout 300 boats were counted."
    visit(before, before.replace("21 million", "25 million").replace("\n\nAbout 300 boats were counted.", ""))
    client = WebClient(create_app(archive, watchlist), base_url="http://localhost", follow_redirects=False)
    lines = [client.get(f"/comparison/1/wikitext?view=columns&finding={n}").headers["location"] for n in (1, 2, 9)]
    assert lines == [f"/comparison/1/wikitext?view=columns{line}" for line in ("#new-4", "#old-6", "")]


def test_hidden_texts_have_no_wikitext_to_show(visit: Visit):
    client = visit("one", None, "three")
    assert client.get("/comparison/1/wikitext").text == client.get("/comparison/1").text
