"""The statistics of one text → an editor's to-do list: what is unsourced, inconsistent or contradicts itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from watcher.judge.arithmetic import implied_wholes
from watcher.judge.verdict import middle, short
from watcher.model import Document, Reason, Statistic

_APART = Decimal("0.08")  # wholes implied by rounded percentages differ by less
_SAME = Decimal("0.01")
_ALIKE = 0.5  # share of the shorter sentence's telling words that both sentences have
_TELLING = re.compile(r"[^\W\d_]{4,}")
_MOST_RIVALS = 40  # statements of one noun and year that are compared with each other

Spot = tuple[int, int, int]


def faults(document: Document) -> Mapping[Spot, tuple[Reason, ...]]:
    """What is wrong with each statistic, by `spot_of`; statistics without a fault are missing."""
    found: dict[Spot, list[Reason]] = defaultdict(list)
    statistics = [one for one in document.statistics if not one.quantity.measure.is_context]
    for one in statistics:
        if not one.references:
            found[spot_of(one)].append(Reason(code="unsourced", text="no source supports it"))
    for row in _sentences(statistics):
        for one, reason in _inconsistent(row):
            found[spot_of(one)].append(reason)
    for one, reason in _contradicting(statistics):
        found[spot_of(one)].append(reason)
    return MappingProxyType({spot: tuple(reasons) for spot, reasons in found.items()})


def spot_of(statistic: Statistic) -> Spot:
    """Where a statistic stands: its sentence's span in the text and its start in the sentence."""
    return statistic.place.start, statistic.place.end, statistic.quantity.start


def _sentences(statistics: Sequence[Statistic]) -> Iterator[list[Statistic]]:
    rows: dict[tuple[int, int, str], dict[tuple[int, int], Statistic]] = defaultdict(dict)
    for one in statistics:
        # equal pieces of one node have one place
        quantity = (one.quantity.start, one.quantity.end)
        rows[one.place.start, one.place.end, one.sentence].setdefault(quantity, one)
    yield from ([*row.values()] for row in rows.values())


def _inconsistent(row: Sequence[Statistic]) -> Iterator[tuple[Statistic, Reason]]:
    """Counts whose percentages are of different wholes: the odd one out, or all where there are but two."""
    wholes = implied_wholes(row)
    if len(wholes) < 2:  # noqa: PLR2004  one agrees with itself
        return
    ordered = sorted(whole for _, whole in wholes)
    usual = ordered[len(ordered) // 2]
    odd = [(one, whole) for one, whole in wholes if abs(whole - usual) > _APART * usual]
    for one, whole in odd:
        text = f"{one.quantity.text} with its percentage makes a whole of {whole:,.0f}, the others {usual:,.0f}"
        yield one, Reason(code="share-mismatch", text=text)


def _contradicting(statistics: Sequence[Statistic]) -> Iterator[tuple[Statistic, Reason]]:
    """Statements of one noun for one year, in like words, with other numbers."""
    rows: dict[tuple[str, str, str], list[Statistic]] = defaultdict(list)
    for one in statistics:
        quantity = one.quantity
        if quantity.unit and quantity.as_of and quantity.value is not None:
            rows[quantity.unit.casefold(), quantity.as_of, quantity.measure.value].append(one)
    for row in rows.values():
        for one in row[:_MOST_RIVALS]:
            rival = next((other for other in row[:_MOST_RIVALS] if _rivals(one, other)), None)
            if rival:
                text = f"elsewhere it says {rival.quantity.text}: “{short(rival.sentence)}”"
                yield one, Reason(code="contradicts-elsewhere", text=text)


def _rivals(one: Statistic, other: Statistic) -> bool:
    mine, theirs = middle(one.quantity), middle(other.quantity)
    if one.sentence == other.sentence or not mine or not theirs or abs(mine - theirs) <= _SAME * abs(mine):
        return False
    words, others = (set(_TELLING.findall(row.sentence.casefold())) for row in (one, other))
    return bool(words and others) and len(words & others) >= _ALIKE * min(len(words), len(others))
