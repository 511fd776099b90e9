"""Test that the edits of several articles by one editor with one summary are one row of the queue."""

from __future__ import annotations

import pytest

from snapshots import Archive, FindingFilter, SortOrder
from snapshots.reviews import FEWEST_OF_A_SERIES
from tests.review_fixtures import judge_all
from watcher.model import Article

OLD, NEW = (f"The town has {count} lamps." for count in ("8,232", "8,967"))


def edit_articles(archive: Archive, comments: list[str], editor: str = "CensusBot", first: int = 100) -> None:
    """Change the number of one article after the other, with these edit summaries."""
    for number, comment in enumerate(comments, start=first):
        article = Article(wiki="en", page_id=number, title=f"Town {number}")
        judge_all(archive, article, [(OLD, "Heron", "draft"), (NEW, editor, comment)])


def rows(archive: Archive, order: SortOrder = SortOrder.WORST) -> list[tuple[int, int]]:
    """The articles and findings of each row."""
    return [(edit.articles, edit.findings) for edit in archive.findings.edits(FindingFilter(), order=order).edits]


@pytest.mark.parametrize("order", SortOrder)
def test_edits_of_one_editor_with_one_summary_are_one_row_once_they_are_several(archive: Archive, order: SortOrder):
    edit_articles(archive, ["census of 2024"] * (FEWEST_OF_A_SERIES - 1))
    assert rows(archive, order) == [(1, 1)] * (FEWEST_OF_A_SERIES - 1)
    edit_articles(archive, ["/* People */ Census of 2024, 17 of [[Town]]", "census of 2024"], first=200)
    assert rows(archive, order) == [(1, 1), (FEWEST_OF_A_SERIES, FEWEST_OF_A_SERIES)]
    edit_articles(archive, ["census of 2024, 31 of [[Town]]"] * FEWEST_OF_A_SERIES, first=300)
    assert sorted(rows(archive, order)) == [(FEWEST_OF_A_SERIES, FEWEST_OF_A_SERIES), (5, 5)]


@pytest.mark.parametrize(
    ("comments", "editor"),
    [([""] * 6, "CensusBot"), (["one", "two", "three", "four"], "CensusBot"), (["/* People */"] * 6, "CensusBot")],
)
def test_edits_without_a_summary_in_common_stay_apart(archive: Archive, comments: list[str], editor: str):
    edit_articles(archive, comments, editor)
    assert rows(archive) == [(1, 1)] * len(comments)


def test_edits_of_two_editors_or_of_one_article_stay_apart(archive: Archive):
    edit_articles(archive, ["census"] * 3)
    edit_articles(archive, ["census"] * 3, "Heron", first=200)
    texts = [(OLD.replace("8,232", f"{count * 1000:,}"), "Tern", "census") for count in range(1, 8)]
    judge_all(archive, Article(wiki="en", page_id=300, title="Town"), texts, days=0)
    assert {articles for articles, _ in rows(archive)} == {1}


def test_what_lies_days_apart_is_not_one_series(archive: Archive):
    for number in range(FEWEST_OF_A_SERIES + 1):
        article = Article(wiki="en", page_id=400 + number, title=f"Town {number}")
        judge_all(archive, article, [(OLD, "Heron", "draft"), (NEW, "CensusBot", "census")], days=2 * (number + 1))
    assert {articles for articles, _ in rows(archive)} == {1}
