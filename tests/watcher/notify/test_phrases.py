"""Test the headline, source and section of a notice."""

from dataclasses import replace

from tests.cases import for_each
from watcher.model import Kind, Notice, Severity
from watcher.notify.messages import FindingText, count_kinds, subject


def a_notice(summary: str, *reasons: str, section: tuple[str, ...] = (), old: str = "", new: str = "") -> Notice:
    return Notice(
        kind=Kind.STATISTIC_CHANGED,
        severity=Severity.HIGH,
        section=section,
        summary=summary,
        reasons=reasons,
        old_sentence=old or None,
        new_sentence=new or None,
    )


@for_each(("summary", "headline"))
def test_a_headline_is_the_change_alone(summary: str, headline: str):
    assert FindingText(a_notice(summary)).headline == headline


@for_each(("reasons", "expected"))
def test_the_source_is_reported_in_words(reasons: tuple[str, ...], expected: str):
    reported = FindingText(a_notice("1 → 2", *reasons))
    assert (reported.source, reported.summary) == (expected, f"1 → 2, {expected}" if expected else "1 → 2")


@for_each("expected", ["same source", "no source", "new source", "source added", "source removed"])
def test_what_the_summary_says_of_the_source_counts_more_than_a_code(expected: str):
    reported = FindingText(a_notice(f"1 → 2 (+100 %), {expected}, same year", "source-unchanged"))
    assert reported.summary == f"1 → 2 (+100 %), {expected}, same year"
    assert (reported.source, reported.headline) == (expected, "1 → 2")


@for_each(("more", "line"))
def test_a_subject_shows_what_happened(more: str, line: str):
    reported = FindingText(a_notice("21 million → 25 million victims (+19 %), same source", "source-unchanged"))
    assert subject("Human trafficking", reported, more, 160) == line
    long = FindingText(a_notice("word " * 200, "source-changed", section=("Heading " * 40,)))
    assert len(subject("Ü" * 255, long, more, 160).encode()) <= 160


@for_each("before", [0, 1_999, 50_000])
def test_a_sentence_of_absurd_length_is_shown_where_it_changed(before: int):
    reported = FindingText(
        a_notice("hedge dropped", old="a " * before + "21 men" + " b" * 50_000, new="a " * before + "25 men")
    )
    start, end = reported.span
    assert reported.sentence[start:end].startswith("25")
    assert len(reported.sentence) <= 8_000


@for_each(("kinds", "expected"))
def test_what_is_not_listed_is_counted_by_kind(kinds: tuple[str, ...], expected: str):
    assert count_kinds([replace(a_notice("1 → 2"), kind=Kind(kind)) for kind in kinds]) == expected


def test_a_sentence_that_the_summary_quotes_whole_is_not_quoted_again_unless_its_words_changed():
    quoted = a_notice("gone: “All boats sail.”", old="All boats sail.")
    assert FindingText(quoted).sentence == ""
    assert FindingText(replace(quoted, new_sentence="All boats sank.")).sentence == "All boats sank."
