from collections.abc import Callable

import pytest

from snapshots import Archive
from snapshots.comparisons import ComparisonRepository
from tests.snapshots.builders import NOW, PAGE, checked_up_to
from watcher.errors import Missing
from watcher.model import Article, Severity

OTHER = Article(wiki="en", page_id=18, title="Harbours")


def test_the_newest_comparisons_of_all_articles_come_first(archive: Archive):
    checked_up_to(archive, 3)
    archive.articles.register(OTHER, archive.metrics.status(NOW).articles[0].cursor.at)
    result = archive.comparisons.recent(10)
    assert [(comparison.article.title, comparison.before.id, comparison.after.id) for comparison in result] == [
        ("Lighthouses", 2, 3),
        ("Lighthouses", 1, 2),
    ]
    assert archive.comparisons.recent(1) == result[:1]


def test_a_comparison_is_found_by_its_id_as_the_archive_tells_it(archive: Archive):
    checked_up_to(archive, 3)
    for known in archive.comparisons.of_article(PAGE):
        assert archive.comparisons.get(known.id) == known


def test_a_finding_knows_its_comparison_and_place(archive: Archive):
    checked_up_to(archive, 2)
    (known,) = archive.comparisons.of_article(PAGE)
    first, second = archive.comparisons.findings(known.id)
    stored_finding = archive.comparisons.stored_finding(second["id"])
    assert (stored_finding.comparison_id, stored_finding.position, stored_finding.summary) == (known.id, 1, "another")
    assert (stored_finding.kind, stored_finding.severity, stored_finding.section) == (
        first["kind"],
        Severity.HIGH,
        ("Coast", "North"),
    )


def test_headlines_are_the_worst_few_of_each(archive: Archive):
    checked_up_to(archive, 3)
    ids = [comparison.id for comparison in archive.comparisons.of_article(PAGE)]
    result = archive.comparisons.stored_findings_of(ids, 1)
    assert [[stored_finding.position for stored_finding in result[key]] for key in ids] == [[0], [0]]
    assert archive.comparisons.stored_findings_of([], 3) == {}


@pytest.mark.parametrize("look_up", [ComparisonRepository.get, ComparisonRepository.stored_finding])
def test_what_is_not_stored_is_missing(archive: Archive, look_up: Callable[[ComparisonRepository, int], object]):
    with pytest.raises(Missing, match="is not stored"):
        look_up(archive.comparisons, 404)
