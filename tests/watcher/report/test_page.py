from dataclasses import replace

from tests.watcher.report.conftest import a_comparison, a_finding
from watcher.model import Comparison, Kind, Severity, Unread
from watcher.report import report
from watcher.report.labels import kind_label
from watcher.report.page import Bounds, ReportOptions, ReportPage
from watcher.wikitext_diff import diff_wikitext


def test_findings_are_reported_worst_first_and_the_rest_and_what_the_wiki_hides_is_held_back(all_kinds: Comparison):
    shown = ReportPage(all_kinds, ReportOptions())
    levels = [card.severity for card in shown.cards]
    assert levels == sorted(levels, reverse=True)
    assert min(levels) is Severity.MEDIUM
    assert {card.severity for card in shown.muted} == {Severity.LOW, Severity.INFO}
    assert len(shown.cards) + len(shown.muted) == len(all_kinds.findings)
    assert all_kinds.after is not None
    hidden = replace(all_kinds, after=replace(all_kinds.after, editor=None, comment=None))
    line = 'After     104 · 3 November 2026, 14:44 UTC · a hidden editor "(hidden by the wiki)"\n'
    assert line in report(hidden, "text")


def test_sections_sources_and_images_have_tables_of_their_own(all_kinds: Comparison):
    shown = ReportPage(all_kinds, ReportOptions())
    assert [card.verb for card in shown.sections] == ["added", "removed", "renamed", "moved"]
    assert {card.subject for card in shown.references} == {"reference"}
    assert {card.subject for card in shown.figures} == {"figure"}
    # anchors follow the order of the document, whatever is shown
    shown = ReportPage(all_kinds, ReportOptions(threshold=Severity.INFO))
    kinds = {f"finding-{n}": kind_label(f.change.kind) for n, f in enumerate(all_kinds.findings, start=1)}
    assert {card.anchor: card.kind_label for card in shown.cards} == kinds


def test_what_does_not_fit_is_counted():
    many = a_comparison(
        *[a_finding()] * 30, *[a_finding(Kind.PROSE_CHANGED, Severity.INFO)] * 20, unread=(Unread(reason="x"),) * 80
    )
    shown = ReportPage(many, ReportOptions(bounds=Bounds(cards=10, rows=5)))
    assert (len(shown.cards), shown.cards_left_out) == (10, 20)
    assert (len(shown.muted), shown.muted_left_out) == (5, 15)
    assert (len(shown.unread), shown.unread_left_out) == (50, 30)
    assert shown.counts == ((Severity.HIGH, 30), (Severity.INFO, 20))


def test_a_page_has_as_much_of_the_full_text_as_its_bounds_allow():
    texts = ReportOptions(before_text="river " * 50, after_text="quay " * 50)
    whole = diff_wikitext("river " * 50, "quay " * 50, 1000)
    shown = ReportPage(Comparison(), ReportOptions(bounds=Bounds(full_text=100)), whole)
    assert shown.full_text == diff_wikitext("river " * 50, "quay " * 50, 100)
    assert ReportPage(Comparison(), texts).full_text is None
    assert (ReportPage(Comparison(), texts).title, ReportPage(Comparison(), texts).sides) == ("Two texts compared", ())


def test_a_finding_without_a_card_has_a_line_where_a_link_to_it_arrives():
    shown = ReportPage(a_comparison(*[a_finding()] * 30), ReportOptions(bounds=Bounds(cards=10, briefs=15)))
    assert [anchor for anchor, _ in shown.briefs] == [f"finding-{number}" for number in range(11, 26)]
    assert shown.briefs[0][1].summary == "21 million → 25 million travellers (+19 %), same source"
    assert not ReportPage(a_comparison(a_finding()), ReportOptions()).briefs


def test_the_finding_in_focus_has_a_card_whatever_fits():
    many = a_comparison(*[a_finding()] * 30, *[a_finding(Kind.PROSE_CHANGED, Severity.INFO)] * 30)
    bounds = Bounds(cards=10, rows=5)
    shown = ReportPage(many, ReportOptions(bounds=bounds, focus=29))
    assert ([card.anchor for card in shown.cards][-2:], len(shown.cards)) == (["finding-9", "finding-29"], 10)
    assert ReportPage(many, ReportOptions(bounds=bounds, focus=60)).muted[-1].anchor == "finding-60"
    usual, without = (ReportPage(many, ReportOptions(bounds=bounds, focus=focus)).cards for focus in (None, 999))
    assert [*map(vars, without)] == [*map(vars, usual)]
