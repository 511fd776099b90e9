"""Find statistics of one text that are unsourced, inconsistent or contradictory."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from watcher.judge.anomalies import implied_wholes
from watcher.judge.rule import midpoint
from watcher.model import Document, Reason, Statistic
from watcher.text import shorten

_MIN_DEVIATION = Decimal("0.08")  # wholes implied by rounded percentages differ by less
_MAX_DEVIATION = Decimal("0.01")
_MIN_SHARED = 0.5  # share of the shorter sentence's distinctive words that both sentences have
_DISTINCTIVE = re.compile(r"[^\W\d_]{4,}")
_MOST_RIVALS = 40  # statistics of one noun and year that are compared with each other

StatisticId = tuple[int, int, int]


def lint_statistics(document: Document) -> Mapping[StatisticId, tuple[Reason, ...]]:
    """Map the `statistic_id` of each statistic with faults to its faults; other statistics are left out."""
    result: dict[StatisticId, list[Reason]] = defaultdict(list)
    statistics = [statistic for statistic in document.statistics if not statistic.quantity.measure.is_context]
    for item in statistics:
        if not item.references:
            result[statistic_id(item)].append(Reason(code="unsourced", text="no source supports it"))
    rows: dict[tuple[int, int, str], dict[tuple[int, int], Statistic]] = defaultdict(dict)
    for item in statistics:
        # Equal parts of one node share one location.
        quantity = (item.quantity.start, item.quantity.end)
        rows[item.location.start, item.location.end, item.sentence].setdefault(quantity, item)
    for row in ([*row.values()] for row in rows.values()):
        for item, reason in _inconsistent(row):
            result[statistic_id(item)].append(reason)
    for item, reason in _contradicting(statistics):
        result[statistic_id(item)].append(reason)
    return MappingProxyType({position: tuple(reasons) for position, reasons in result.items()})


def statistic_id(statistic: Statistic) -> StatisticId:
    """Return the location of a statistic: start and end of its sentence in the text, and its start in the sentence."""
    return statistic.location.start, statistic.location.end, statistic.quantity.start


def _inconsistent(row: Sequence[Statistic]) -> Iterator[tuple[Statistic, Reason]]:
    """Yield counts whose percentage implies another whole than the median of the sentence, with the reason."""
    wholes = [(count, whole) for count, _, whole in implied_wholes(row)]
    if len(wholes) < 2:  # noqa: PLR2004  one agrees with itself
        return
    ordered = sorted(whole for _, whole in wholes)
    usual = ordered[len(ordered) // 2]
    odd = [(statistic, whole) for statistic, whole in wholes if abs(whole - usual) > _MIN_DEVIATION * usual]
    for item, whole in odd:
        text = f"{item.quantity.text} with its percentage makes a whole of {whole:,.0f}, the others {usual:,.0f}"
        yield item, Reason(code="share-mismatch", text=text)


def _contradicting(statistics: Sequence[Statistic]) -> Iterator[tuple[Statistic, Reason]]:
    """Yield statistics that another sentence in similar words contradicts for the same noun and year."""
    rows: dict[tuple[str, str, str], list[Statistic]] = defaultdict(list)
    for statistic in statistics:
        quantity = statistic.quantity
        if quantity.unit and quantity.as_of and quantity.value is not None:
            rows[quantity.unit.casefold(), quantity.as_of, quantity.measure.value].append(statistic)
    for row in rows.values():
        for statistic in row[:_MOST_RIVALS]:
            rival = next((other for other in row[:_MOST_RIVALS] if _rivals(statistic, other)), None)
            if rival:
                text = f"elsewhere it says {rival.quantity.text}: “{shorten(rival.sentence)}”"
                yield statistic, Reason(code="contradicts-elsewhere", text=text)


def _rivals(statistic: Statistic, other: Statistic) -> bool:
    number, other_number = midpoint(statistic.quantity), midpoint(other.quantity)
    if (
        statistic.sentence == other.sentence
        or not number
        or not other_number
        or abs(number - other_number) <= _MAX_DEVIATION * abs(number)
    ):
        return False
    words, others = (set(_DISTINCTIVE.findall(row.sentence.casefold())) for row in (statistic, other))
    return bool(words and others) and len(words & others) >= _MIN_SHARED * min(len(words), len(others))
