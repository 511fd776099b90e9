"""Draw a section map: the position of each section before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watcher.model import Change, Comparison, Section
from watcher.report.labels import headline
from watcher.text import single_line, truncate

WIDTH = 940
_LEFT, _RIGHT = 352, 588  # the sides of the two columns that face each other
_LINE = 22  # from label to label
_TOP, _LEAST = 34, 150
_MOST = 40
_LONGEST = 46  # letters of a label


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionLabel:
    """A heading beside its column: its position in the text, and that of its words."""

    text: str
    at: float
    y: float
    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionMap:
    """Labels on both sides, and a curve for each section that is on both."""

    height: int
    old: tuple[SectionLabel, ...]
    new: tuple[SectionLabel, ...]
    curves: tuple[tuple[str, str], ...]
    width: int = WIDTH


def section_map(comparison: Comparison, before: str | None, after: str | None) -> SectionMap | None:
    """Return the drawing; None where no section was moved or renamed, or where their positions are not known."""
    changes = [finding.change for finding in comparison.findings if finding.change.kind.subject == "section"][:_MOST]
    if not any(change.old and change.new for change in changes) or not any(_start(change) for change in changes):
        return None
    height = max(_LEAST, _TOP + _LINE * max(sum(bool(c.old) for c in changes), sum(bool(c.new) for c in changes)))
    old = _side([(c, c.old) for c in changes if isinstance(c.old, Section)], before, height)
    new = _side([(c, c.new) for c in changes if isinstance(c.new, Section)], after, height)
    curves = []
    for change in changes:
        if change.old and change.new:
            y1, y2 = old[id(change)].at, new[id(change)].at
            middle = (_LEFT + _RIGHT) // 2
            path = f"M{_LEFT} {y1:.1f}C{middle} {y1:.1f} {middle} {y2:.1f} {_RIGHT} {y2:.1f}"
            curves.append((change.kind.verb, path))
    return SectionMap(height=height + 12, old=tuple(old.values()), new=tuple(new.values()), curves=tuple(curves))


def _start(change: Change) -> int:
    return sum(side.location.start for side in (change.old, change.new) if isinstance(side, Section))


def _side(sections: Sequence[tuple[Change, Section]], text: str | None, height: int) -> dict[int, SectionLabel]:
    """Labels in the order of the text, spread so that none covers another."""
    ordered = sorted(sections, key=lambda pair: pair[1].location.start)
    length = max([len(text or ""), *(section.location.end for _, section in ordered)]) or 1
    room = height - _TOP
    labels: dict[int, SectionLabel] = {}
    y = _TOP - _LINE / 2
    for number, (change, section) in enumerate(ordered):
        at = _TOP + room * min(section.location.start / length, 1)
        lowest = height - (len(ordered) - 1 - number) * _LINE
        y = min(max(at, y + _LINE), lowest)
        words = truncate(single_line(headline(section) or "", 200), _LONGEST)
        labels[id(change)] = SectionLabel(text=words, at=at, y=y, verb=change.kind.verb)
    return labels
