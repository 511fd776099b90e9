"""Test that members of lists join, leave and return in one transaction per refresh, on both engines."""

from datetime import timedelta

import pytest

from snapshots import Archive
from snapshots.members import RefreshResult, SourceDefinition, SourceHealth
from snapshots.tables import MemberSource
from tests.snapshots.builders import later
from watcher.errors import Unavailable
from watcher.model import Article

HOUR = timedelta(hours=1)
DISEASES = SourceDefinition(wiki="en", key="category:Diseases", definition="1", every=HOUR)
LISTED = SourceDefinition(wiki="en", key="links:List of diseases", definition="1", every=HOUR)


def page(number: int, title: str | None = None) -> Article:
    return Article(wiki="en", page_id=number, title=title or f"Disease {number}")


def claim(archive: Archive, source: SourceDefinition, at: float) -> MemberSource | None:
    return archive.members.claim(source, "worker", later(at), later(at + 600), timedelta(minutes=10))


def refresh(archive: Archive, source: SourceDefinition, pages: list[Article], at: float) -> RefreshResult:
    claimed = claim(archive, source, at)
    assert claimed
    for batch in (pages[:2], pages[2:]):
        archive.members.stage(claimed, batch, later(at))
    assert archive.members.staged(claimed, later(at)) == len(pages)
    return archive.members.finish(claimed, later(at), later(at + 1))


def members(archive: Archive, source: SourceDefinition) -> list[str]:
    return [article.title for _, article in archive.members.pages(source.wiki, source.key)]


@pytest.mark.dialect
def test_members_join_leave_and_come_back(archive: Archive):
    archive.members.sync([DISEASES])
    assert refresh(archive, DISEASES, [page(1), page(2), page(3)], 0) == RefreshResult(
        members=3, joined=3, returned=0, left=0
    )
    assert refresh(archive, DISEASES, [page(2, "Moved"), page(4)], 4000) == RefreshResult(
        members=2, joined=1, returned=0, left=2
    )
    assert members(archive, DISEASES) == ["Moved", "Disease 4"]
    assert refresh(archive, DISEASES, [page(1), page(2, "Moved")], 8000).returned == 1
    events = [(event.kind, event.detail) for event in archive.events.of_article(page(1))]
    assert events == [("returned", DISEASES.key), ("left", DISEASES.key)]
    assert [event.kind for _, event in archive.events.unnotified()] == ["moved"]


def test_a_refresh_that_fails_changes_no_membership_and_waits_for_the_next_try(archive: Archive):
    archive.members.sync([DISEASES])
    refresh(archive, DISEASES, [page(1)], 0)
    assert claim(archive, DISEASES, 60) is None  # not due
    claimed = claim(archive, DISEASES, 4000)
    assert claimed
    assert claim(archive, DISEASES, 4001) is None  # another worker has it
    archive.members.stage(claimed, [page(2)], later(4000))
    archive.members.fail(claimed, "the wiki does not answer")
    assert members(archive, DISEASES) == ["Disease 1"]
    assert [source.error for source in archive.members.sources()] == ["the wiki does not answer"]
    assert claim(archive, DISEASES, 4500) is None
    assert refresh(archive, DISEASES, [page(1)], 4700) == RefreshResult(members=1, joined=0, returned=0, left=0)
    assert [source.error for source in archive.members.sources()] == [None]


def test_a_worker_whose_list_was_taken_over_changes_nothing(archive: Archive):
    def claimed(owner: str, at: float) -> MemberSource | None:
        return archive.members.claim(DISEASES, owner, later(at), later(at + 60), timedelta(minutes=10))

    archive.members.sync([DISEASES])
    refresh(archive, DISEASES, [page(1), page(2)], 0)
    late = claimed("late", 4000)
    assert late
    archive.members.stage(late, [page(1)], later(4000))
    assert archive.leases.renew("late", later(4590), 60) == 1
    assert claimed("other", 4640) is None
    taken_over = claimed("other", 4660)
    assert taken_over
    archive.members.stage(taken_over, [page(1), page(2)], later(4660))
    with pytest.raises(Unavailable, match="category:Diseases on en: another worker is already reading it"):
        archive.members.stage(late, [page(3)], later(4000))
    with pytest.raises(Unavailable):
        archive.members.finish(late, later(4000), later(4670))
    archive.members.fail(late, "too late")
    assert [source.lease_owner for source in archive.members.sources()] == ["other"]
    expected = RefreshResult(members=2, joined=0, returned=0, left=0)
    assert archive.members.finish(taken_over, later(4660), later(4680)) == expected


def test_a_page_of_several_lists_is_found_with_all_of_them_in_the_order_of_the_watchlist(archive: Archive):
    archive.members.sync([LISTED, DISEASES])
    refresh(archive, DISEASES, [page(1), page(2)], 0)
    refresh(archive, LISTED, [page(2)], 0)
    result = archive.members.sources_of("en", titles=["Disease 1"], page_ids=[2, 3])
    assert result == {1: (page(1), (DISEASES.key,)), 2: (page(2), (LISTED.key, DISEASES.key))}
    archive.members.sync([DISEASES])
    assert archive.members.sources_of("en", page_ids=[2]) == {2: (page(2), (DISEASES.key,))}


def test_another_definition_is_refreshed_at_once(archive: Archive):
    archive.members.sync([DISEASES])
    refresh(archive, DISEASES, [page(1)], 0)
    archive.members.sync([SourceDefinition(wiki="en", key=DISEASES.key, definition="2", every=HOUR)])
    assert members(archive, DISEASES) == ["Disease 1"]
    assert refresh(archive, DISEASES, [page(3)], 60).left == 1


def test_the_checks_of_members_are_counted(archive: Archive):
    archive.members.sync([DISEASES])
    refresh(archive, DISEASES, [page(number) for number in range(1, 5)], 0)
    archive.articles.record_checks([page(1)], later(5))
    archive.articles.record_checks([page(2)], later(500))
    archive.articles.record_checks([page(3)], later(500), "away")
    (source,) = archive.members.sources()
    health = archive.members.health(source, later(100), 1)
    (late,) = health.troubled
    assert late.article == page(1)
    counts = {"members": 4, "unchecked": 1, "failing": 1, "overdue": 1}
    assert health == SourceHealth(**counts, oldest_check=later(5), troubled=(late,))
