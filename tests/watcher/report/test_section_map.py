from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from watcher.model import Comparison, Finding, Kind, Location, Section
from watcher.report.page import section_map


def a_section(name: str, start: int) -> Section:
    return Section(path=(name,), level=2, location=Location(section=(name,), start=start, end=start + 100))


def moved(finding: Callable[..., Finding], name: str, old: int, new: int, kind: Kind = Kind.SECTION_MOVED) -> Finding:
    sides = {"old": a_section(name, old), "new": a_section(name, new)}
    return finding(kind, **sides)


def test_a_section_is_drawn_where_it_stood_and_where_it_stands(
    finding: Callable[..., Finding], comparison: Callable[..., Comparison]
):
    drawn = section_map(comparison(moved(finding, "Tolls", 100, 900)), "x" * 1000, "x" * 1000)
    assert drawn
    assert [label.text for label in (*drawn.old, *drawn.new)] == ["Tolls", "Tolls"]
    assert drawn.old[0].at < drawn.new[0].at
    assert [verb for verb, _ in drawn.curves] == ["moved"]


def test_what_came_or_went_has_a_label_on_its_side_alone(
    finding: Callable[..., Finding], comparison: Callable[..., Comparison]
):
    added = finding(Kind.SECTION_ADDED, new=a_section("Ferries", 500))
    gone = finding(Kind.SECTION_REMOVED, old=a_section("Barges", 300))
    drawn = section_map(comparison(moved(finding, "Tolls", 100, 900), added, gone), None, None)
    assert drawn
    assert [label.text for label in drawn.old] == ["Tolls", "Barges"]
    assert [label.text for label in drawn.new] == ["Ferries", "Tolls"]
    assert len(drawn.curves) == 1


def test_no_label_covers_another_however_many_there_are(
    finding: Callable[..., Finding], comparison: Callable[..., Comparison]
):
    many = [moved(finding, f"Section {number}", 100 + number, 9000 - number) for number in range(60)]
    drawn = section_map(comparison(*many), "x" * 10_000, "x" * 10_000)
    assert drawn
    for side in (drawn.old, drawn.new):
        assert len(side) == 40
        assert all(b.y - a.y >= 21.9 for a, b in pairwise(side))
        assert all(0 < label.y <= drawn.height for label in side)


def test_nothing_is_drawn_where_nothing_moved_or_nobody_knows_where(
    finding: Callable[..., Finding], comparison: Callable[..., Comparison]
):
    assert section_map(comparison(finding(Kind.SECTION_ADDED, new=a_section("Ferries", 500))), None, None) is None
    assert section_map(comparison(finding(Kind.SECTION_MOVED)), None, None) is None
