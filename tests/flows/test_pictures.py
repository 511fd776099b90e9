"""What a check makes of a file that is uploaded anew although nobody edits the article."""

from __future__ import annotations

import pytest

from flows.outcome import Outcome, State
from flows.pictures import follow, look
from tests.flows.world import COPY_EDITED, TEXT, World
from watcher.config import Watch
from watcher.model import Kind, Severity, Topic

SHOWN = f"[[File:Chart.png|thumb|Boats in 2012.]]\n[[File:Map.png|thumb|All harbours.]]\n{TEXT}"


def with_pictures(world: World) -> World:
    for name in ("Chart.png", "Map.png"):
        world.shelf.upload(name, b"first", editor="Ada")
    world.shelf.edit("Tide", SHOWN, editor="Ada")
    world.check()
    return world


@pytest.fixture
def pictured(world: World) -> World:
    """A judged article that shows two pictures."""
    return with_pictures(world)


@pytest.fixture
def either_pictured(either_world: World) -> World:
    """The same on both engines."""
    return with_pictures(either_world)


def an_outcome(watch: Watch) -> Outcome:
    return Outcome(watch=watch, state=State.UNCHANGED, text="nothing new")


def upload(world: World, content: bytes = b"second", name: str = "Chart.png") -> None:
    world.clock.pass_by(minutes=1)
    world.shelf.upload(name, content, editor="Bob", comment="Better colours")


def test_a_picture_uploaded_anew_is_told_once_with_both_versions_and_by_whom(pictured: World):
    upload(pictured)
    (outcome,) = pictured.check()
    assert (outcome.state, outcome.text) == (State.ALERT, "pictures of revision 4: 1 finding, worst medium")
    (posting,) = pictured.alerts()
    (notice,) = posting.alert.notices
    assert (notice.kind, notice.severity) == (Kind.FIGURE_CHANGED, Severity.MEDIUM)
    assert "Chart.png" in notice.summary
    assert (posting.alert.after.editor, posting.alert.after.comment) == ("Bob", "Better colours")
    assert posting.alert.diff_url.endswith("?title=File%3AChart.png")
    assert outcome.comparison
    (finding,) = outcome.comparison.findings
    shown = finding.to_dict()
    assert shown["old"]["url"].startswith("https://files.replay.invalid/Chart.png/2026")
    assert shown["new"]["url"] == "https://files.replay.invalid/Chart.png"
    assert shown["old"]["sha1"] != shown["new"]["sha1"]
    assert pictured.told() == "unchanged"
    assert len(pictured.alerts()) == 1


def test_a_second_upload_under_the_same_revision_is_told_as_well(either_pictured: World):
    for content in (b"second", b"third"):
        upload(either_pictured, content)
        assert either_pictured.told() == "alert"
    first, second = either_pictured.alerts()
    assert first.key != second.key
    with either_pictured.archive() as archive:
        (decision,) = archive.comparisons(either_pictured.article())
        findings = archive.findings(decision.id)
    assert findings[0]["new"]["sha1"] == findings[1]["old"]["sha1"]
    assert (decision.findings, decision.worst) == (2, Severity.MEDIUM)


def test_the_old_picture_put_back_resolves_what_was_told(either_pictured: World):
    upload(either_pictured)
    either_pictured.check()
    with either_pictured.archive() as archive:
        for one in archive.claim(either_pictured.clock(), owner="test"):
            archive.sent(one, either_pictured.clock())
    upload(either_pictured, b"first")
    either_pictured.check()
    assert [posting.alert.topic for posting in either_pictured.alerts()] == [Topic.CHANGE, Topic.RESOLVED]


def test_a_later_edit_and_its_revert_do_not_resolve_the_picture(pictured: World):
    upload(pictured)
    pictured.check()
    with pictured.archive() as archive:
        for one in archive.claim(pictured.clock(), owner="test"):
            archive.sent(one, pictured.clock())
    for text in (SHOWN.replace("a table", "some table"), SHOWN):
        pictured.edit(text)
        pictured.check()
    assert [posting.alert.topic for posting in pictured.alerts()] == [Topic.CHANGE]


def test_an_edit_does_not_take_the_place_of_an_unsent_alert_about_a_picture(either_pictured: World):
    upload(either_pictured)
    either_pictured.check()
    either_pictured.edit(SHOWN.replace("21 million", "25 million"))
    either_pictured.check()
    assert [posting.state.value for posting in either_pictured.alerts()] == ["queued", "queued"]


def test_an_upload_and_an_edit_at_once_are_told_one_after_the_other(pictured: World):
    upload(pictured)
    pictured.edit(SHOWN.replace("21 million", "25 million"))
    assert [pictured.told(), pictured.told(), pictured.told()] == ["alert", "alert", "unchanged"]
    told = [posting.alert.notices[0].kind for posting in pictured.alerts()]
    assert told == [Kind.STATISTIC_CHANGED, Kind.FIGURE_CHANGED]


def test_a_picture_that_is_new_in_the_article_is_looked_at_from_then_on(world: World):
    world.check()
    world.shelf.upload("Chart.png", b"first")
    world.edit(SHOWN)
    world.check()
    assert world.told() == "unchanged"
    upload(world)
    assert world.told() == "alert"


def test_a_picture_that_the_article_shows_no_longer_is_not_watched(pictured: World):
    pictured.edit(COPY_EDITED)
    pictured.check()
    upload(pictured)
    assert pictured.told() == "unchanged"


def test_an_upload_is_told_when_it_has_stood_as_long_as_an_edit_has_to(pictured: World):
    pictured.watch("Tide", settle="10m")
    upload(pictured)
    assert pictured.told() == "unchanged"
    pictured.clock.pass_by(minutes=10)
    assert pictured.told() == "alert"


def test_an_upload_undone_while_it_settles_is_told_to_nobody(pictured: World):
    pictured.watch("Tide", settle="10m")
    upload(pictured)
    pictured.check()
    upload(pictured, b"first")
    pictured.clock.pass_by(minutes=20)
    assert pictured.told() == "unchanged"
    assert pictured.alerts() == []


def test_a_file_that_is_gone_for_a_while_is_compared_with_what_it_was(pictured: World):
    versions = pictured.shelf.files.pop("File:Chart.png")
    assert pictured.told() == "unchanged"
    pictured.shelf.files["File:Chart.png"] = versions
    assert pictured.told() == "unchanged"
    upload(pictured)
    assert pictured.told() == "alert"


def test_pictures_that_the_wiki_cannot_tell_of_are_looked_at_by_the_next_check(
    pictured: World, caplog: pytest.LogCaptureFixture
):
    upload(pictured)
    with pictured.services() as services:
        pictured.wiki.refuse(1)
        assert look(services, "w", services.archive.articles()) == ({}, frozenset())
    assert "pictures on w were not looked at" in caplog.text
    assert pictured.told() == "alert"


def test_a_pass_over_many_pages_looks_at_each_page_s_pictures_once_an_hour(world: World):
    world.shelf.upload("Chart.png", b"first")
    titles = [f"Page {number}" for number in range(51)]
    for title in titles:
        world.shelf.edit(title, SHOWN)
    world.watch(*titles)
    world.check()
    with world.services() as services:
        known = services.archive.articles()
        assert look(services, "w", known) == ({}, frozenset())
        world.clock.pass_by(hours=2)
        assert set(look(services, "w", known)[0]) == {"Chart.png", "Map.png"}
        assert look(services, "w", known) == ({}, frozenset())


def test_what_another_worker_holds_is_left_to_it(pictured: World):
    upload(pictured)
    article = pictured.article()
    with pictured.services() as services:
        assert services.archive.acquire(article, "another", pictured.clock(), 60)
        (watch,) = services.watchlist.watches
        seen, other = look(services, "w", [article])
        assert other == {article}
        unchanged = an_outcome(watch)
        assert follow(services, watch, article, seen, unchanged) is unchanged
        services.archive.release(article, "another")
        assert follow(services, watch, article, seen, unchanged).state is State.ALERT


def test_an_article_without_pictures_asks_for_none(world: World):
    world.check()
    with world.services() as services:
        world.wiki.refuse(1)
        assert look(services, "w", services.archive.articles()) == ({}, frozenset())
        world.wiki.recover()
        (watch,) = services.watchlist.watches
        assert services.archive.pictures(world.article()).revision_id == 1
        assert follow(services, watch, world.article(), {}, an_outcome(watch)) == an_outcome(watch)
