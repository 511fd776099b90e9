import re
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from snapshots import Archive, CheckResult, FindingFilter
from snapshots.review_records import FindingRow
from tests.cases import for_each
from tests.review_fixtures import a_site
from tests.watcher.web.conftest import NOW, PAGE, Visit, a_revision, fill
from tests.web_client import WebClient
from watcher.config import Watchlist
from watcher.model import Article, Comparison, Dialect, Policy, Reason, Revision, Snapshot
from watcher.model.changes import FileUpload
from watcher.model.source_checks import SourceCheck, SourceOutcome
from watcher.pipeline import compare_images, compare_wikitext
from watcher.services.alerting.alerts import finding_token


@pytest.fixture
def client(visit: Visit) -> WebClient:
    return visit("one", "two")


def test_a_finding_that_the_texts_no_longer_give_is_shown_as_it_was_stored(
    visit: Visit, archive: Archive, watchlist: Watchlist
):
    client = visit("Of the 21 million victims half are women.", "Of the 25 million victims half are women.")
    stored = archive.comparisons.findings(1)[-1]
    token = finding_token(stored["kind"], stored["section"], stored["summary"])
    answer = client.get(f"/compare/en/1/2?finding={token}")  # the address that an alert has
    assert (answer.status_code, answer.headers["location"]) == (303, f"/finding/{stored['id']}")
    client = WebClient(a_site(archive, watchlist), base_url="http://localhost")
    assert "Words changed: Of the 25 million victims" in client.get("/finding/2").text
    for path in ("/comparison/1", "/compare/en/1/2"):
        page = client.get(path).text
        assert "1 statistic changed without a new source; nothing else of substance." in page
        assert "<del>21</del><ins>25</ins> million victims" in page
        assert "+4 million (+19 %)" in page
        assert 'class="review"' not in page


def test_what_the_source_states_is_among_the_sources(visit: Visit, archive: Archive, watchlist: Watchlist):
    cite = "<ref>{{cite web|url=https://example.org/a|title=Count}}</ref>"
    client = visit(*(f"Of the {value} million victims half are women.{cite}" for value in (21, 25)))
    text = "the source states 21 million (“<b>”); 25 million is not on it"
    check = SourceCheck(outcome=SourceOutcome.OLD, text=text, url="https://example.org/a", at=NOW)
    with archive.database.write() as session:
        for row in session.exec(select(FindingRow)):
            row.body = {**row.body, "kind": "statistic.changed", "source_check": check.to_dict()}
    shown = WebClient(a_site(archive, watchlist), base_url="http://localhost").get("/finding/2").text
    assert "the source states 21 million (“&lt;b&gt;”); 25 million is not on it (read 2026-" in shown
    assert client.get("/api/v1/findings/2").json()["finding"]["source_check"] == check.to_dict()


@for_each(("fields", "field", "expected"))
def test_what_is_missing_is_said_beside_its_field_and_what_was_written_stays(
    client: WebClient, archive: Archive, fields: dict[str, str], field: str, expected: str
):
    answer = client.post("/finding/2", data=fields)
    assert answer.status_code == 422
    assert re.findall(rf'id="problem-{field}"><bdi>.*?{expected}', answer.text)
    assert fields.get("note", "").strip() in answer.text
    assert archive.reviews.events_of(2) == ()


LAMP = "[[File:Lamp.jpg|thumb|A lamp]]\nThe coast has lamps.<ref name=c>{{cite web|title=Count|url=https://c.example.org/}}</ref>\n"


def an_upload(archive: Archive, thumbnails: tuple[str | None, str | None] = (None, None)) -> int:
    """The finding of a file that somebody uploaded anew, in an article that somebody else edited last."""
    fill(archive, LAMP)
    text = Snapshot(revision=a_revision(1), wikitext=LAMP)
    upload = replace(text, revision=replace(text.revision, at=NOW, editor="Uploader", comment="better light"))
    digests = ({"Lamp.jpg": (sha1 * 40, None)} for sha1 in "ab")
    comparison = compare_images(text, upload, *digests, policy=Policy(), dialect=Dialect())
    shared: dict[str, Any] = {"at": NOW, "size": 120_400, "width": 800, "height": 600}
    old = FileUpload(editor="First", comment="a lamp", thumbnail=thumbnails[0], **shared)
    new = FileUpload(editor="Uploader", comment="better light", thumbnail=thumbnails[1], **shared)
    (finding,) = comparison.findings
    comparison = replace(comparison, findings=(replace(finding, change=replace(finding.change, uploads=(old, new))),))
    sides = {"before": comparison.before, "after": upload.revision}
    archive.comparisons.commit(CheckResult(article=PAGE, now=NOW, comparison=comparison, **sides))
    return archive.findings.search(FindingFilter(kinds=("figure",)))[0].id


def test_an_upload_is_its_uploaders_and_no_edit_of_the_article_is_to_be_undone(archive: Archive, watchlist: Watchlist):
    number = an_upload(archive)
    client = WebClient(a_site(archive, watchlist), base_url="http://localhost")
    page = client.get(f"/finding/{number}").text
    assert "<bdi>Uploader</bdi></a> uploaded" in page
    for of_an_edit in (">Ada<", "Undo the edit", "Visual difference", "diff=1&amp;oldid=1", "Revision 1<"):
        assert of_an_edit not in page, of_an_edit
    row = client.get("/").text
    assert '<span class="editor"><bdi>Uploader</bdi></span>' in row
    assert "<name>Uploader</name>" in client.get("/atom.xml").text
    opened = client.get(f"/edit/{number}").text
    assert 'href="https://wiki.example.org/w/index.php?title=File%3ALamp.jpg"' in opened


def test_both_versions_of_an_image_are_shown_with_uploader_comment_and_size(archive: Archive, watchlist: Watchlist):
    number = an_upload(archive, thumbnails=("https://upload.example.org/a.png", "https://evil.example/b.png"))
    client = WebClient(a_site(archive, watchlist), base_url="http://localhost")
    answer = client.get(f"/finding/{number}")
    card = answer.text.partition('<div class="pair">')[2].partition("</article>")[0]
    for words in (
        "<bdi>First</bdi></a>, 3 November 2026",
        "better light",
        "120 KB, 800 × 600 pixels",
        "<bdi>Uploader</bdi>",
    ):
        assert words in card, words
    assert "a" * 40 not in answer.text
    # No image is loaded, and none could be, unless an operator names its host.
    assert "<img" not in answer.text
    assert "img-src 'self' data:;" in answer.headers["content-security-policy"]
    wikis = (watchlist.wikis[0].model_copy(update={"image_hosts": ("upload.example.org",)}),)
    client = WebClient(a_site(archive, replace(watchlist, wikis=wikis)), base_url="http://localhost")
    answer = client.get(f"/finding/{number}")
    assert answer.text.count("<img") == 1
    assert 'src="https://upload.example.org/a.png"' in answer.text
    assert "img-src 'self' data: https://upload.example.org;" in answer.headers["content-security-policy"]
    assert "upload.example.org" not in client.get("/").headers["content-security-policy"]


def test_a_pin_leaves_a_stored_finding_and_its_sources_as_they_were(archive: Archive, watchlist: Watchlist):
    texts = [LAMP.replace("has lamps", f"has {count} lamps") for count in ("21", "25")]
    fill(archive, *texts, judged=True)
    (finding,) = archive.findings.search(FindingFilter(kinds=("statistic",)), limit=1)
    pages = []
    for claims in ((), ("The coast has 25 lamps.",)):
        watches = (watchlist.watches[0].model_copy(update={"claims": claims}), *watchlist.watches[1:])
        client = WebClient(a_site(archive, replace(watchlist, watches=watches)), base_url="http://localhost")
        pages.append(client.get(f"/finding/{finding.id}").text.partition("</article>")[0])
    assert "<bdi>Count</bdi>" in pages[0].replace("&#39;", "'")
    assert pages[0] == pages[1]


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


def test_a_finding_leads_to_its_line_of_the_wikitext(visit: Visit, archive: Archive, watchlist: Watchlist):
    before = "{{Box\n|image=A.jpg}}\n== Ports ==\nOf the 21 million victims half are women.\n\nIt had 300 boats."
    visit(before, before.replace("21", "25").replace("A.jpg", "B.jpg").replace("\n\nIt had 300 boats.", ""))
    client = WebClient(a_site(archive, watchlist), base_url="http://localhost", follow_redirects=False)
    path = "/comparison/1/wikitext?view=columns"
    lines = [client.get(f"{path}&finding={n}").headers["location"].removeprefix(path) for n in (1, 2, 3, 9)]
    assert lines == ["#new-2", "#new-4", "#old-6", ""]


def test_a_text_that_the_wiki_hides_leaves_the_stored_findings(visit: Visit):
    client = visit("one", None, "three")
    finding = client.get("/finding/2").text
    assert "<ins>" not in finding
    assert "Words changed:" in finding
    for path in ("/comparison/1", "/compare/en/1/2", "/comparison/1/wikitext"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "has hidden the text" in answer.text
        assert "Words changed:" in answer.text
    hidden = client.get("/compare/en/2/2")
    assert hidden.status_code == 404
    assert "no findings are stored" in hidden.text
