"""Test pages, counts and filters of the review queue, on both engines."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from snapshots import (
    Archive,
    CheckResult,
    Dismissal,
    FindingFilter,
    ReviewAction,
    ReviewDecision,
    ReviewState,
    SortOrder,
)
from snapshots.review_records import EditPage
from tests.cases import for_each, table
from tests.databases import empty_database
from tests.snapshots.builders import NOW, PAGE, a_finding, a_snapshot, later
from watcher.errors import Missing
from watcher.model import Article, Change, Comparison, Finding, Kind, Location, Sentence, Severity

OTHER = Article(wiki="de", page_id=5, title="Häfen")
EVERYTHING = FindingFilter(states=())


def prose(summary: str, severity: Severity, section: tuple[str, ...], new: str = "") -> Finding:
    change = Change(
        kind=Kind.PROSE_CHANGED,
        old=Sentence(text="old words"),
        new=Sentence(text=new),
        old_sentence="old words",
        new_sentence=new,
        location=Location(section=section),
    )
    return replace(a_finding(summary, severity), change=change)


def store_findings(
    archive: Archive, article: Article, at: int, editor: str | None, findings: Sequence[Finding]
) -> None:
    """Commit a check that finds these, `at` seconds after NOW."""
    cursor = archive.revisions.cursor(article)
    number = (cursor.id if cursor else article.page_id * 1000) + 1
    after = a_snapshot(number, article=article, editor=editor)
    comparison = cursor and Comparison(findings=tuple(findings), article=article, before=cursor)
    check = CheckResult(article=article, before=cursor, after=after.revision, snapshots=(after,), now=later(at))
    assert archive.comparisons.commit(replace(check, comparison=comparison)) is not None


def stock(archive: Archive) -> Archive:
    """Five findings in two articles."""
    for article in (PAGE, OTHER):
        archive.articles.register(article, NOW)
        store_findings(archive, article, 0, "Ada", ())
    first = [prose("Low 100% of it", Severity.LOW, ()), prose("High tide", Severity.HIGH, ("Coast",))]
    store_findings(archive, PAGE, 10, "Ada", first)
    store_findings(archive, PAGE, 20, None, [prose("High_lamp", Severity.HIGH, ("Coast", "North"), "the Lamp is RED")])
    more = [a_finding("new section", Severity.CRITICAL), prose("Grüße", Severity.INFO, ("Coastal",), "Straße")]
    store_findings(archive, OTHER, 30, "203.0.113.7", more)
    return archive


@pytest.fixture
def stocked(archive: Archive) -> Archive:
    """Five findings that a test may decide about."""
    return stock(archive)


@pytest.fixture(scope="module")
def shown(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The same five, for tests that only look."""
    with ExitStack() as stack:
        if engine == "sqlite":
            path = tmp_path_factory.mktemp("shown") / "archive.db"
            path.write_bytes(empty_database())
            url = f"sqlite:///{path}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgres").migrated())
        yield stock(stack.enter_context(Archive(url)))


def summaries_of(archive: Archive, filters: FindingFilter = EVERYTHING, **more: Any) -> list[str]:
    return [finding.summary for finding in archive.findings.search(filters, **more)]


WORST_FIRST = ["new section", "High_lamp", "High tide", "Low 100% of it", "Grüße"]


def test_the_newest_come_first_where_asked_and_a_page_after_nothing_is_missing(shown: Archive):
    newest = ["Grüße", "new section", "High_lamp", "High tide", "Low 100% of it"]
    assert summaries_of(shown, order=SortOrder.NEWEST) == newest
    with pytest.raises(Missing, match="begin with the first page"):
        shown.findings.search(EVERYTHING, after=404)


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_by_key_give_everything_once(shown: Archive, order: SortOrder, limit: int):
    after, seen = None, []
    while page := shown.findings.search(EVERYTHING, order=order, limit=limit, after=after):
        seen += [finding.summary for finding in page]
        after = page[-1].id
    assert seen == summaries_of(shown, order=order)


def test_what_is_decided_between_two_pages_moves_nothing(stocked: Archive):
    first = stocked.findings.search(FindingFilter(), limit=2)
    stocked.reviews.decide(
        [finding.id for finding in first], ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "ada", NOW
    )
    assert summaries_of(stocked, FindingFilter(), after=first[-1].id) == WORST_FIRST[2:]


def test_a_search_that_many_titles_have_sends_few_values(stocked: Archive):
    for number in range(100, 200):
        stocked.articles.register(Article(wiki="de", page_id=number, title=f"Tide {number}"), NOW)
    sent: list[int] = []
    event.listen(stocked.database._engine, "before_cursor_execute", lambda *call: sent.append(len(call[3])))
    assert summaries_of(stocked, FindingFilter(search="tide")) == ["High tide"]
    assert max(sent) < 100


@for_each(
    ("criteria", "summaries"),
    [
        ({"severities": (Severity.HIGH, Severity.INFO)}, ["High_lamp", "High tide", "Grüße"]),
        ({"minimum_severity": Severity.HIGH}, WORST_FIRST[:3]),
        ({"kinds": ("section.added",)}, WORST_FIRST[:1]),
        ({"kinds": ("prose", "section")}, WORST_FIRST),
        ({"kinds": ("pro",)}, []),
        ({"article": ("de", 5)}, ["new section", "Grüße"]),
        ({"article": ("de", 17)}, []),
        ({"since": later(10)}, ["new section", "High_lamp", "Grüße"]),
        ({"since": later(10), "until": later(30)}, ["High_lamp"]),
        *table(__file__, "chosen"),
    ],
)
def test_filters_choose(shown: Archive, criteria: dict[str, Any], summaries: list[str]):
    assert summaries_of(shown, replace(EVERYTHING, **criteria)) == summaries
    assert shown.findings.facet_counts(replace(EVERYTHING, **criteria)).total == len(summaries)


def test_states_assignees_and_the_new_title_of_a_moved_article_choose(stocked: Archive):
    high = [finding.id for finding in stocked.findings.search(FindingFilter(severities=(Severity.HIGH,)))]
    stocked.reviews.decide(high, ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.DUPLICATE), "ada", NOW)
    stocked.reviews.decide(high[:1], ReviewDecision(action=ReviewAction.ASSIGN, assignee="eve"), "ada", NOW)
    assert summaries_of(stocked, FindingFilter()) == ["new section", "Low 100% of it", "Grüße"]
    assert summaries_of(stocked, FindingFilter(states=(ReviewState.DISMISSED,))) == ["High_lamp", "High tide"]
    assert summaries_of(stocked, replace(EVERYTHING, assignee="eve")) == ["High_lamp"]
    assert stocked.findings.facet_counts(FindingFilter()).states == {ReviewState.OPEN: 3, ReviewState.DISMISSED: 2}
    for assignee in (None, "eve", ""):
        counts = stocked.findings.facet_counts(replace(EVERYTHING, assignee=assignee))
        assert (counts.assignees, counts.unassigned) == ({"eve": 1}, 4)
    stocked.articles.register(replace(OTHER, title="Alte Häfen"), NOW)
    assert summaries_of(stocked, replace(EVERYTHING, search="alte")) == ["new section", "Grüße"]


@pytest.mark.dialect
def test_each_facet_is_counted_under_what_the_others_ask_for(shown: Archive):
    counts = shown.findings.facet_counts(FindingFilter(severities=(Severity.HIGH,), kinds=("prose",)))
    assert (counts.total, counts.sections) == (2, {})
    assert counts.severities == {Severity.HIGH: 2, Severity.LOW: 1, Severity.INFO: 1}
    assert counts.kinds == {"prose.changed": 2}
    assert counts.articles == ((PAGE, 2),)
    assert counts.editors == {"Ada": 1}
    inside = shown.findings.facet_counts(FindingFilter(article=("en", 17), severities=(Severity.HIGH,)))
    assert inside.sections == {"Coast": 2, "Coast › North": 1}
    part = FindingFilter(article=("en", 17), section="Coast › North", severities=(Severity.HIGH,))
    assert inside.articles == shown.findings.facet_counts(part).articles == ((PAGE, 2),)


def test_an_empty_memory_counts_nothing(archive: Archive):
    counts = archive.findings.facet_counts(FindingFilter())
    assert (counts.total, counts.states, counts.articles, counts.editors) == (0, {}, (), {})
    assert archive.findings.search(FindingFilter()) == ()


def made_by(number: int, *findings: Finding) -> list[Finding]:
    """The findings as made by the edit with this number."""
    edit = a_snapshot(number, article=PAGE, editor=f"editor {number}").revision
    return [replace(finding, edits=(edit,)) for finding in findings]


@pytest.fixture
def grouped(archive: Archive) -> Archive:
    """Six findings of four edits, of which two fall into one check."""
    archive.articles.register(PAGE, NOW)
    store_findings(archive, PAGE, 0, "Ada", ())
    low, high = prose("low", Severity.LOW, ()), prose("high", Severity.HIGH, ("Coast",))
    both = [*made_by(1, low), *made_by(2, replace(high, summary="second")), *made_by(1, replace(high, summary="first"))]
    store_findings(archive, PAGE, 10, "Bo", both)
    store_findings(archive, PAGE, 20, "Cy", [replace(high, summary="third")])
    store_findings(archive, PAGE, 30, "Di", [replace(low, summary="fourth"), replace(low, summary="fifth")])
    return archive


def rows_of(archive: Archive, filters: FindingFilter = EVERYTHING, **more: Any) -> list[tuple[str, int]]:
    return [(edit.worst.summary, edit.findings) for edit in archive.findings.edits(filters, **more).edits]


EDITS = [("third", 1), ("second", 1), ("first", 2), ("fourth", 2)]


@pytest.mark.dialect
def test_findings_are_grouped_by_the_edit_that_made_them_listed_and_searched(grouped: Archive):
    assert rows_of(grouped) == EDITS
    assert rows_of(grouped, order=SortOrder.NEWEST) == [EDITS[3], *EDITS[:3]]
    assert rows_of(grouped, FindingFilter(severities=(Severity.LOW,))) == [("fourth", 2), ("low", 1)]
    first = next(edit for edit in grouped.findings.edits(EVERYTHING).edits if edit.worst.summary == "first")
    assert {finding.summary for finding in grouped.findings.search(FindingFilter(edits=(first.id,)))} == {
        "low",
        "first",
    }
    ids = grouped.findings.ids(EVERYTHING, 4)
    assert len(ids) == 4
    assert grouped.findings.edits_of(ids) == tuple(sorted({finding.edit_id for finding in grouped.findings.load(ids)}))
    query = FindingFilter(states=(), search="fourth")
    narrow = grouped.findings.narrowed(query)
    assert (narrow.search, len(narrow.findings)) == ("", 1)
    assert rows_of(grouped, narrow) == rows_of(grouped, query) == [("fourth", 1)]
    assert rows_of(grouped, grouped.findings.narrowed(replace(query, search="zeppelin"))) == []
    assert grouped.findings.narrowed(EVERYTHING) is EVERYTHING


def pages_of(archive: Archive, **asked: Any) -> list[EditPage]:
    """All pages of the queue, each of which leads back to the one before."""
    pages = [archive.findings.edits(EVERYTHING, **asked)]
    while pages[-1].last < pages[-1].total:
        pages.append(archive.findings.edits(EVERYTHING, after=pages[-1].edits[-1].position, **asked))
    for earlier, following in itertools.pairwise(pages):
        assert archive.findings.edits(EVERYTHING, before=following.edits[0].position, **asked) == earlier
    return pages


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_edits_lead_forward_and_back(grouped: Archive, order: SortOrder, limit: int):
    pages = pages_of(grouped, order=order, limit=limit)
    every = [edit.id for edit in grouped.findings.edits(EVERYTHING, order=order).edits]
    assert [edit.id for page in pages for edit in page.edits] == every
    assert [page.first for page in pages] == [*range(1, 5, limit)]


@pytest.fixture
def ranked(archive: Archive) -> Archive:
    """Nine edits of one finding: three severities, and three ranks, of which two are the same, in each."""
    archive.articles.register(PAGE, NOW)
    store_findings(archive, PAGE, 0, "Ada", ())
    levels = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
    for at, (points, level) in enumerate(itertools.product((0, 9, 0), levels), 1):
        finding = prose(f"{level.label} {points} {at}", level, ())
        store_findings(archive, PAGE, at, "Ada", [replace(finding, points=points, context=("known",) * (points > 0))])
    return archive


BY_RANK = [
    "critical 9 6", "critical 0 9", "critical 0 3", "high 9 5", "high 0 8", "high 0 2", "medium 9 4", "medium 0 7",
    "medium 0 1",
]  # fmt: skip


@pytest.mark.dialect
def test_the_context_of_edits_orders_them_within_a_severity(ranked: Archive):
    assert [summary for summary, _ in rows_of(ranked)] == BY_RANK
    assert summaries_of(ranked) == BY_RANK
    assert rows_of(ranked, order=SortOrder.NEWEST)[0] == ("critical 0 9", 1)
    assert {finding.summary: finding.rank for finding in ranked.findings.search(EVERYTHING)}["high 9 5"] == 39


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_across_equal_ranks_show_each_edit_once_both_ways(ranked: Archive, limit: int):
    assert [edit.worst.summary for page in pages_of(ranked, limit=limit) for edit in page.edits] == BY_RANK


@for_each(
    "filters, count",
    [
        ({"severities": (Severity.HIGH,)}, 3),
        ({"severities": (Severity.MEDIUM, Severity.CRITICAL)}, 6),
        ({"severities": (Severity.LOW,)}, 0),
        ({"minimum_severity": Severity.HIGH}, 6),
        ({"minimum_severity": Severity.CRITICAL}, 3),
    ],
)
def test_filters_by_severity_hold_for_every_rank(ranked: Archive, filters: dict[str, Any], count: int):
    query = replace(EVERYTHING, **filters)
    assert len(rows_of(ranked, query)) == count
    assert ranked.findings.facet_counts(query).severities == dict.fromkeys(
        (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM), 3
    )


def test_what_is_decided_on_one_page_moves_no_edit_past_the_next(grouped: Archive):
    first = grouped.findings.edits(FindingFilter(), limit=2)
    numbers = [edit.worst.id for edit in first.edits]
    grouped.reviews.decide(numbers, ReviewDecision(action=ReviewAction.ACKNOWLEDGE), "ada", NOW)
    following = grouped.findings.edits(FindingFilter(), limit=2, after=first.edits[-1].position)
    assert [edit.worst.summary for edit in following.edits] == ["first", "fourth"]
    assert (following.first, following.total) == (1, 2)


def test_a_finding_that_is_added_to_a_comparison_joins_its_edit(archive: Archive):
    archive.articles.register(PAGE, NOW)
    store_findings(archive, PAGE, 0, "Ada", ())
    same = archive.revisions.cursor(PAGE)
    assert same is not None
    for at, summary in ((10, "map replaced"), (20, "flag replaced")):
        comparison = Comparison(findings=(prose(summary, Severity.HIGH, ()),), article=PAGE, before=same, after=same)
        archive.comparisons.commit(
            CheckResult(article=PAGE, before=same, after=same, now=later(at), snapshots=(), comparison=comparison)
        )
    (edit,) = archive.findings.edits(EVERYTHING).edits
    assert (edit.worst.summary, edit.findings) == ("map replaced", 2)
