from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from tests.cases import for_each
from tests.watcher.report.conftest import a_change, a_comparison, a_finding
from watcher.model import (
    Change,
    Comparison,
    FieldChange,
    Kind,
    Measure,
    Quantity,
    Reference,
    Severity,
    SourceChange,
    Statistic,
    Tag,
    TextKind,
    Unread,
)
from watcher.report import Links
from watcher.report.labels import (
    SEVERITIES,
    TEXT_KINDS,
    difference,
    edited_keys,
    field_label,
    has_new_source,
    headline,
    kind_label,
    known_references,
    reference_label,
    revision_url,
    source_verdict,
    sources,
    summarize,
    timestamp,
)


def test_every_kind_severity_and_place_has_words():
    assert len({kind_label(kind) for kind in Kind}) == len(Kind)
    assert set(SEVERITIES) == set(Severity)
    assert set(TEXT_KINDS) == set(TextKind)


@for_each(("name", "label"), [("url", "Address"), ("access_date", "Accessed"), ("new_field", "New field")])
def test_a_field_has_a_heading_and_a_time_is_shown_in_utc(name: str, label: str):
    assert field_label(name) == label
    assert timestamp(datetime(2026, 11, 3, 5, 5, tzinfo=timezone(timedelta(hours=1)))) == "3 November 2026, 04:05 UTC"


def quantity(value: str | None, measure: Measure = Measure.COUNT, unit: str | None = None) -> Quantity:
    return Quantity(
        text="", start=0, end=0, value=None if value is None else Decimal(value), measure=measure, unit=unit
    )


@for_each(("old", "new", "measure", "expected"))
def test_the_step_and_its_share_are_reported(old: str, new: str, measure: str, expected: str):
    assert difference(quantity(old, Measure(measure)), quantity(new, Measure(measure))) == expected


@for_each("value", [None, "NaN", "Infinity", "1E+999999", "1E-999999"])
def test_what_is_equal_or_not_comparable_has_no_difference(value: str | None):
    assert difference(quantity(value), quantity("3")) is None
    assert difference(quantity("3"), quantity(value)) is None
    assert difference(quantity("3"), quantity("3")) is None
    assert difference(quantity("3", unit="men"), quantity("4", unit="women")) is None
    assert difference(quantity("3"), quantity("4", Measure.PERCENT)) is None


@for_each(("text", "unit", "expected"))
def test_a_unit_is_added_where_the_number_does_not_say_it(text: str, unit: str, expected: str):
    known = a_change().old
    assert isinstance(known, Statistic)
    measure = Measure.CURRENCY if unit == "USD" else Measure.COUNT
    quantity: Quantity = replace(known.quantity, text=text, unit=unit or None, measure=measure)
    assert headline(replace(known, quantity=quantity)) == expected
    assert (headline(Tag(name="dubious", sentence="x")), headline(None)) == ("dubious", None)


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


def test_a_source_is_named_by_its_title_and_links_to_its_address():
    removed = a_finding(Kind.REFERENCE_REMOVED)
    known = known_references(Comparison(findings=(removed,)), ())
    (source,) = sources(replace(supported("", ""), new_references=tuple(known)), known, frozenset())
    assert (source.label, source.url) == ("Toll audit · Labour office · 2012", "https://example.org/audit")
    given = Reference(key="k", text="A book")
    assert known_references(Comparison(), (given,)) == {"k": given}
    edited = a_finding(Kind.REFERENCE_CHANGED, fields=(FieldChange(name="url", old="a", new="b"),))
    assert edited_keys(Comparison(findings=(edited,))) == {"url:example.org/audit", "url:example.org/blog"}


@for_each(("fields", "label"))
def test_a_source_without_a_title_is_named_by_the_next_best(fields: dict[str, str], label: str):
    assert reference_label("the key", Reference(key="k", **fields)) == label
    assert reference_label("the key", None) == "the key"


@for_each(("old", "new", "news"), [("a", "a", False), ("ab", "a", False), ("a", "b", True), ("", "b", True)])
def test_a_new_source_is_one_that_was_not_cited_before(old: str, new: str, news: bool):  # noqa: FBT001  a table
    assert has_new_source(supported(old, new)) is news
    # what the comparison knows of sources counts more than keys
    for source in (SourceChange.ADDED, SourceChange.CHANGED, SourceChange.REMOVED):
        assert has_new_source(replace(supported(old, new), source=source)) is (source is not SourceChange.REMOVED)


def test_a_source_under_another_name_is_the_same_source():
    keys: dict[str, Any] = {"old_references": ("smith",), "new_references": ("smith2012",)}
    renamed = replace(supported("", ""), source=SourceChange.UNCHANGED, **keys)
    assert source_verdict(renamed, frozenset()) == "same source"
    assert not has_new_source(renamed)
    assert [(cited.label, cited.status) for cited in sources(renamed, {}, frozenset())] == [("smith2012", "kept")]
    archived = Reference(key="smith2012", url="javascript:x", archive_url="https://archive.example.org/x")
    (shown,) = sources(renamed, {"smith2012": archived}, frozenset())
    assert shown.url == "https://archive.example.org/x"  # which stands in for an address that is no link


def test_the_definitions_that_a_change_brings_along_name_and_link_its_sources():
    book = Reference(key="a", title="A book", url="https://books.example.org/1")
    change = replace(supported("", "ab"), cited=(book,))
    assert [(cited.label, cited.url) for cited in sources(change, {}, frozenset())] == [
        ("A book", "https://books.example.org/1"),
        ("b", None),
    ]


def test_the_worst_comes_first_and_the_minor_are_counted():
    reported = summarize(
        Comparison(
            findings=(
                a_finding(Kind.PROSE_CHANGED, Severity.INFO),
                a_finding(Kind.TAG_ADDED, Severity.MEDIUM),
                a_finding(Kind.REFERENCE_BROKEN, Severity.HIGH),
                a_finding(Kind.REFERENCE_BROKEN, Severity.MEDIUM),
            )
        )
    )
    assert reported == "2 sources broken, 1 maintenance tag added; 1 minor change besides."
    for keys, source in (("a",), "without a new"), (("another",), "with a new"):
        quiet = Comparison(findings=(a_finding(old_references=("a",), new_references=keys),))
        assert summarize(quiet) == f"1 statistic changed {source} source; nothing else of substance."


@for_each(("findings", "unread", "expected"))
def test_silence_is_reported_and_never_mistaken(findings: int, unread: int, expected: str):
    minor = (a_finding(Kind.PROSE_CHANGED, Severity.LOW),) * findings
    assert summarize(Comparison(findings=minor, unread=(Unread(reason="braces"),) * unread)) == expected


def test_the_threshold_decides_what_is_of_substance_and_many_kinds_are_summed_up(all_kinds: Comparison):
    low = Comparison(findings=(a_finding(severity=Severity.LOW),))
    assert summarize(low, Severity.LOW).startswith("1 statistic changed")
    assert summarize(low, Severity.MEDIUM) == "Nothing of substance changed (1 minor change)."
    reported = summarize(all_kinds, Severity.INFO)
    assert reported.count(", ") == 4
    assert "other kinds of change" in reported


INDEX = "https://wiki.example.org/w/index.php"


def test_links_follow_the_forms_of_every_mediawiki():
    known = a_comparison()
    assert known.before
    assert known.after
    links = Links.on(INDEX, known)
    assert links.article_url == f"{INDEX}?curid=12"
    assert links.text_url(known.before) == f"{INDEX}?oldid=100"
    assert links.diff_url == f"{INDEX}?diff=104&oldid=100"
    assert links.editor_url(known.after) == f"{INDEX}?title=Special%3AContributions%2F203.0.113.9"
    assert links.editor_url(replace(known.after, editor=None)) is None
    assert links.page_url("File:A b?.svg") == f"{INDEX}?title=File%3AA_b%3F.svg"
    assert links.page_url("File:\ud800") == f"{INDEX}?title=File%3A%3F"
    assert links.image_url("A b.svg") == f"{INDEX}?title=Special%3ARedirect%2Ffile%2FA_b.svg"
    assert revision_url(INDEX, known.after) == f"{INDEX}?diff=104&oldid=103"  # against the one before it
    assert revision_url(INDEX, replace(known.after, parent_id=0)) == f"{INDEX}?oldid=104"
    assert Links.on(INDEX, Comparison()) == Links(index_url=INDEX)
    assert (Links().page_url("File:A.svg"), Links().image_url("A.svg")) == (None, None)
