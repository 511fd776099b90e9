from dataclasses import replace

import pytest

from snapshots import Archive
from tests.snapshots.builders import NOW, PAGE, a_check, a_finding, a_revision, a_snapshot, checked_up_to, later
from watcher.errors import Missing
from watcher.model import Comparison, Severity


def test_a_baseline_moves_the_cursor_and_has_no_comparison(archive: Archive):
    archive.articles.register(PAGE, NOW)
    assert archive.comparisons.commit(a_check(1)) == 0
    assert archive.revisions.cursor(PAGE) == a_revision(1)
    assert archive.comparisons.of_article(PAGE) == ()
    assert archive.outbox.newest() == ()


def test_a_comparison_is_stored_with_its_findings_and_the_versions_that_made_it(archive: Archive):
    checked_up_to(archive, 2)
    (decision,) = archive.comparisons.of_article(PAGE)
    assert (decision.before, decision.after, decision.at) == (a_revision(1), a_revision(2), NOW)
    assert (decision.parser, decision.rules) == ("7", "3")
    assert (decision.worst, decision.findings) == (Severity.HIGH, 2)
    stored = archive.comparisons.findings(decision.id)
    assert [{name: value for name, value in item.items() if name != "id"} for item in stored] == [
        a_finding().to_dict(),
        a_finding("another").to_dict(),
    ]
    assert len({item["id"] for item in stored}) == 2


@pytest.mark.dialect
@pytest.mark.parametrize("known", [1, 3])
def test_a_check_that_started_from_another_cursor_writes_nothing(archive: Archive, known: int):
    checked_up_to(archive, known)
    late = replace(a_check(9), before=a_revision(2))
    archive.revisions.store(PAGE, [a_snapshot(2)])
    assert archive.comparisons.commit(late) is None
    assert archive.revisions.cursor(PAGE) == a_revision(known)
    assert 9 not in [revision.id for revision in archive.revisions.of_article(PAGE)]


@pytest.mark.dialect
def test_of_a_check_all_revisions_are_kept_or_nothing_when_a_part_of_it_fails(archive: Archive):
    checked_up_to(archive, 1)
    unknown = replace(a_check(3), before=a_revision(1), after=a_revision(4), snapshots=(a_snapshot(3),))
    with pytest.raises(Missing, match="revision 4 of en is not stored: nothing was written"):
        archive.comparisons.commit(unknown)
    assert archive.revisions.cursor(PAGE) == a_revision(1)
    assert [revision.id for revision in archive.revisions.of_article(PAGE)] == [1]
    jump = replace(a_check(4), before=a_revision(1), snapshots=tuple(a_snapshot(number) for number in (2, 3, 4)))
    assert archive.comparisons.commit(jump)
    assert [revision.id for revision in archive.revisions.of_article(PAGE)] == [1, 2, 3, 4]


def test_a_check_that_found_nothing_worth_an_alert_queues_nothing(archive: Archive):
    checked_up_to(archive, 1)
    quiet = replace(a_check(2), comparison=Comparison(), alerts=())
    comparison_id = archive.comparisons.commit(quiet)
    assert comparison_id
    assert archive.comparisons.findings(comparison_id) == ()
    assert archive.comparisons.of_article(PAGE)[0].worst is None
    assert archive.outbox.newest() == ()


def test_the_cursor_can_move_without_a_comparison(archive: Archive):
    checked_up_to(archive, 1)
    assert archive.comparisons.commit(replace(a_check(2), comparison=None, alerts=())) == 0
    assert archive.revisions.cursor(PAGE) == a_revision(2)


def test_a_page_that_passes_the_same_two_revisions_again_keeps_its_first_comparison_and_alerts(archive: Archive):
    checked_up_to(archive, 2)
    back = replace(a_check(1), before=a_revision(2), comparison=Comparison(), snapshots=())
    assert archive.comparisons.commit(back)
    again = replace(a_check(2), now=later(900), rules="4")
    assert archive.comparisons.commit(again) == archive.comparisons.of_article(PAGE)[-1].id
    assert archive.comparisons.of_article(PAGE)[-1].rules == "3"
    assert len(archive.comparisons.of_article(PAGE)) == 2
    assert len({each.key for each in archive.outbox.newest()}) == 4


@pytest.mark.dialect
def test_comparisons_are_found_by_their_ids_and_revisions_and_make_the_activity_of_their_page(archive: Archive):
    with pytest.raises(Missing):
        archive.comparisons.activity(PAGE)
    checked_up_to(archive, 3)
    edits, findings = archive.comparisons.activity(PAGE)
    assert edits == tuple(a_revision(number).at for number in (1, 2, 3))
    assert findings == ((a_revision(2).at, Severity.HIGH, 2), (a_revision(3).at, Severity.HIGH, 2))
    for known in archive.comparisons.of_article(PAGE):
        assert archive.comparisons.get(known.id) == known
        assert archive.comparisons.between("en", known.before.id, known.after.id) == known
    for read in (archive.comparisons.get, archive.comparisons.findings):
        with pytest.raises(Missing, match="comparison 404 is not stored"):
            read(404)
