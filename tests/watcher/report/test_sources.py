from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cases import for_each, parametrize_each
from watcher.model import Change, Comparison, FieldChange, Finding, Kind, Reference, Severity, SourceChange, Unread
from watcher.report.labels import (
    edited_keys,
    has_new_source,
    known_references,
    reference_label,
    source_verdict,
    sources,
    summarize,
)


def supported(old: str, new: str) -> Change:
    return Change(kind=Kind.STATISTIC_CHANGED, old=None, new=None, old_references=tuple(old), new_references=tuple(new))


@for_each(("old", "new", "edited", "verdict"))
def test_what_happened_to_the_support_is_said_in_a_word(old: str, new: str, edited: str, verdict: str):
    assert source_verdict(supported(old, new), frozenset(edited)) == verdict


def test_each_source_has_its_fate_in_order():
    shown = sources(supported("abc", "bcd"), {}, frozenset("c"))
    assert [(source.label, source.status) for source in shown] == [
        ("a", "removed"),
        ("b", "kept"),
        ("c", "edited"),
        ("d", "added"),
    ]


def test_a_source_is_named_by_its_title_and_links_to_its_address(finding: Callable[..., Finding]):
    removed = finding(Kind.REFERENCE_REMOVED)
    known = known_references(Comparison(findings=(removed,)), ())
    shown = sources(
        Change(kind=Kind.PROSE_CHANGED, old=None, new=None, new_references=tuple(known)),
        known,
        frozenset(),
    )
    assert [(source.label, source.url) for source in shown] == [
        ("Toll audit · Labour office · 2012", "https://example.org/audit")
    ]


def test_references_that_are_given_are_known():
    given = Reference(key="k", text="A book")
    assert known_references(Comparison(), (given,)) == {"k": given}


@for_each(
    ("reference", "label"),
    [
        (None, "the key"),
        (Reference(key="k"), "the key"),
        (Reference(key="k", name="smith"), "smith"),
        (Reference(key="k", url="https://example.org"), "https://example.org"),
        (Reference(key="k", text="Smith 2012, p. 3", date="2012"), "Smith 2012, p. 3 · 2012"),
    ],
)
def test_a_source_without_a_title_is_named_by_the_next_best(reference: Reference | None, label: str):
    assert reference_label("the key", reference) == label


def test_an_archived_copy_stands_in_for_an_address_that_is_no_link():
    reference = Reference(key="k", url="javascript:x", archive_url="https://archive.example.org/x")
    (shown,) = sources(supported("k", "k"), {"k": reference}, frozenset())
    assert shown.url == "https://archive.example.org/x"


def test_a_source_that_was_edited_is_known_by_both_its_keys(finding: Callable[..., Finding]):
    edited = finding(Kind.REFERENCE_CHANGED, fields=(FieldChange(name="url", old="a", new="b"),))
    assert edited_keys(Comparison(findings=(edited,))) == {"url:example.org/audit", "url:example.org/blog"}


@pytest.mark.parametrize(
    ("old", "new", "news"), [("a", "a", False), ("ab", "a", False), ("a", "b", True), ("", "b", True)]
)
def test_a_new_source_is_one_that_was_not_cited_before(old: str, new: str, news: bool):  # noqa: FBT001  a table
    assert has_new_source(supported(old, new)) is news


def test_a_source_under_another_name_is_the_same_source():
    renamed = Change(
        kind=Kind.STATISTIC_CHANGED,
        old=None,
        new=None,
        old_references=("smith",),
        new_references=("smith2012",),
        source=SourceChange.UNCHANGED,
    )
    assert source_verdict(renamed, frozenset()) == "same source"
    assert not has_new_source(renamed)
    assert [(cited.label, cited.status) for cited in sources(renamed, {}, frozenset())] == [("smith2012", "kept")]


@pytest.mark.parametrize(
    ("source", "news"), [(SourceChange.ADDED, True), (SourceChange.CHANGED, True), (SourceChange.REMOVED, False)]
)
def test_what_the_comparison_knows_of_sources_counts_more_than_keys(source: SourceChange, news: bool):  # noqa: FBT001  a table
    change = Change(kind=Kind.CLAIM_CHANGED, old=None, new=None, old_references=("a",), source=source)
    assert has_new_source(change) is news


def test_the_definitions_that_a_change_brings_along_name_and_link_its_sources():
    book = Reference(key="a", title="A book", url="https://books.example.org/1")
    change = Change(kind=Kind.CLAIM_CHANGED, old=None, new=None, new_references=("a", "b"), cited=(book,))
    assert [(cited.label, cited.url) for cited in sources(change, {}, frozenset())] == [
        ("A book", "https://books.example.org/1"),
        ("b", None),
    ]


def test_one_quiet_change_is_reported_as_such(finding: Callable[..., Finding]):
    reported = summarize(Comparison(findings=(finding(),)))
    assert reported == "1 statistic changed without a new source; nothing else of substance."


def test_a_sourced_change_is_distinguished(finding: Callable[..., Finding]):
    reported = summarize(Comparison(findings=(finding(new_references=("another",)),)))
    assert reported == "1 statistic changed with a new source; nothing else of substance."


def test_the_worst_comes_first_and_the_minor_are_counted(finding: Callable[..., Finding]):
    reported = summarize(
        Comparison(
            findings=(
                finding(Kind.PROSE_CHANGED, Severity.INFO),
                finding(Kind.TAG_ADDED, Severity.MEDIUM),
                finding(Kind.REFERENCE_BROKEN, Severity.HIGH),
                finding(Kind.REFERENCE_BROKEN, Severity.MEDIUM),
            )
        )
    )
    assert reported == "2 sources broken, 1 maintenance tag added; 1 minor change besides."


@parametrize_each(("findings", "unread", "expected"))
def test_silence_is_reported_and_never_mistaken(
    finding: Callable[..., Finding], findings: int, unread: int, expected: str
):
    minor = (finding(Kind.PROSE_CHANGED, Severity.LOW),) * findings
    assert summarize(Comparison(findings=minor, unread=(Unread(reason="braces"),) * unread)) == expected


def test_many_kinds_of_change_are_summed_up(all_kinds: Comparison):
    reported = summarize(all_kinds, Severity.INFO)
    assert reported.count(", ") == 4
    assert "other kinds of change" in reported


def test_the_threshold_decides_what_is_of_substance(finding: Callable[..., Finding]):
    low = Comparison(findings=(finding(severity=Severity.LOW),))
    assert summarize(low, Severity.LOW).startswith("1 statistic changed")
    assert summarize(low, Severity.MEDIUM) == "Nothing of substance changed (1 minor change)."
