"""Test checks of a file that was uploaded again although nobody edited the article."""

import pytest

from snapshots import FindingFilter
from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.services.stories import story_test
from watcher.config import Watch
from watcher.model import Kind, Severity
from watcher.services.checks.images import check_images, poll_images
from watcher.services.checks.outcome import CheckOutcome, CheckState

SHOWN = f"[[File:Chart.png|thumb|Boats in 2012.]]\n[[File:Map.png|thumb|All harbours.]]\n{TEXT}"


def with_images(world: WikiHarness) -> WikiHarness:
    for name in ("Chart.png", "Map.png"):
        world.store.upload(name, b"first", editor="Ada")
    world.store.edit("Tide", SHOWN, editor="Ada")
    world.check()
    return world


@pytest.fixture
def pictured(world: WikiHarness) -> WikiHarness:
    """A judged article that shows two pictures."""
    return with_images(world)


@pytest.fixture
def either_pictured(either_world: WikiHarness) -> WikiHarness:
    """The same on both engines."""
    return with_images(either_world)


def an_outcome(watch: Watch) -> CheckOutcome:
    return CheckOutcome(watch=watch, state=CheckState.UNCHANGED, text="nothing new")


def upload(world: WikiHarness, content: bytes = b"second", name: str = "Chart.png") -> WikiHarness:
    world.clock.advance(minutes=1)
    world.store.upload(name, content, editor="Bob", comment="Better colours")
    return world


def test_a_picture_uploaded_again_is_reported_once_with_both_versions_and_by_whom(pictured: WikiHarness):
    (outcome,) = upload(pictured).check()
    assert (outcome.state, outcome.text) == (CheckState.ALERT, "images of revision 4: 1 finding, worst medium")
    (delivery,) = pictured.alerts()
    (notice,) = delivery.alert.notices
    assert (notice.kind, notice.severity) == (Kind.FIGURE_CHANGED, Severity.MEDIUM)
    assert "Chart.png" in notice.summary
    assert (delivery.alert.after.editor, delivery.alert.after.comment) == ("Bob", "Better colours")
    assert delivery.alert.diff_url.endswith("?title=File%3AChart.png")
    assert outcome.comparison
    (finding,) = outcome.comparison.findings
    old, new = (upload and (upload.editor, upload.comment, upload.size) for upload in finding.change.uploads)
    assert (old, new) == (("Ada", "upload", 120_400), ("Bob", "Better colours", 120_400))
    shown = finding.to_dict()
    assert shown["old"]["url"].startswith("https://files.replay.invalid/Chart.png/2026")
    assert shown["new"]["url"] == "https://files.replay.invalid/Chart.png"
    assert shown["old"]["sha1"] != shown["new"]["sha1"]
    assert pictured.check_state() == "unchanged"
    assert len(pictured.alerts()) == 1


def test_two_uploads_of_one_check_are_two_rows_of_the_queue(pictured: WikiHarness):
    upload(pictured)
    pictured.clock.advance(minutes=1)
    pictured.store.upload("Map.png", b"second", editor="Dora", comment="New borders")
    pictured.check()
    with pictured.archive() as archive:
        page = archive.findings.edits(FindingFilter(states=()), limit=9)
    assert sorted(str(edit.worst.editor) for edit in page.edits) == ["Bob", "Dora"]


def test_a_second_upload_under_the_same_revision_is_reported_as_well(either_pictured: WikiHarness):
    for content in (b"second", b"third"):
        upload(either_pictured, content)
        assert either_pictured.check_state() == "alert"
    first, second = either_pictured.alerts()
    assert first.key != second.key
    with either_pictured.archive() as archive:
        (decision,) = archive.comparisons.of_article(either_pictured.article())
        findings = archive.comparisons.findings(decision.id)
    assert findings[0]["new"]["sha1"] == findings[1]["old"]["sha1"]
    assert (decision.findings, decision.worst) == (2, Severity.MEDIUM)


test_what_becomes_of_an_image = story_test(__file__, {"SHOWN": SHOWN})


def test_a_file_that_is_gone_for_a_while_is_compared_with_what_it_was(pictured: WikiHarness):
    versions = pictured.store.files.pop("File:Chart.png")
    assert pictured.check_state() == "unchanged"
    pictured.store.files["File:Chart.png"] = versions
    assert pictured.check_state() == "unchanged"
    assert upload(pictured).check_state() == "alert"


def test_pictures_that_the_wiki_cannot_describe_are_looked_at_by_the_next_check(
    pictured: WikiHarness, caplog: pytest.LogCaptureFixture
):
    upload(pictured)
    with pictured.services() as services:
        pictured.wiki.refuse(1)
        assert poll_images(services, "w", services.archive.articles.list_all()) == ({}, frozenset())
    assert "images on w were not checked" in caplog.text
    assert pictured.check_state() == "alert"


def test_a_pass_over_many_pages_looks_at_each_page_s_pictures_once_an_hour(world: WikiHarness):
    world.store.upload("Chart.png", b"first")
    titles = [f"Page {number}" for number in range(51)]
    for title in titles:
        world.store.edit(title, SHOWN)
    world.watch(*titles).check()
    with world.services() as services:
        known = services.archive.articles.list_all()
        assert poll_images(services, "w", known) == ({}, frozenset())
        world.clock.advance(hours=2)
        assert set(poll_images(services, "w", known)[0]) == {"Chart.png", "Map.png"}
        assert poll_images(services, "w", known) == ({}, frozenset())


def test_what_another_worker_holds_is_left_to_it(pictured: WikiHarness):
    upload(pictured)
    article = pictured.article()
    with pictured.services() as services:
        assert services.archive.leases.acquire_page(article, "another", pictured.clock(), 60)
        (watch,) = services.watchlist.watches
        seen, other = poll_images(services, "w", [article])
        assert other == {article}
        unchanged = an_outcome(watch)
        assert check_images(services, watch, article, seen, unchanged) == (None, None)
        services.archive.leases.release_page(article, "another")
        _, difference = check_images(services, watch, article, seen, unchanged)
        assert difference
        assert [finding.change.kind for finding in difference.comparison.findings] == [Kind.FIGURE_CHANGED]


def test_an_article_without_pictures_asks_for_none(world: WikiHarness):
    world.check()
    with world.services() as services:
        world.wiki.refuse(1)
        assert poll_images(services, "w", services.archive.articles.list_all()) == ({}, frozenset())
        world.wiki.recover()
        (watch,) = services.watchlist.watches
        assert services.archive.images.digests(world.article()).revision_id == 1
        assert check_images(services, watch, world.article(), {}, an_outcome(watch)) == (None, None)
