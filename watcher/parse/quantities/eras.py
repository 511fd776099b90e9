"""Read years of antiquity and the Middle Ages, which lack the shape of modern ones."""

from __future__ import annotations

from decimal import Decimal

from watcher.model import Measure
from watcher.parse.quantities.draft import Draft, Found
from watcher.parse.quantities.line import Line
from watcher.parse.quantities.tokens import WORD

YEAR_DIGITS = 4


def in_era(line: Line, index: int, text: str) -> Found | None:
    """44 BC, AD 79, 500 BCE."""
    era, ahead = line.at(index + 1), line.at(index - 1).text in ("AD", "CE")
    behind = era.text.isupper() and line.language.has("years.eras", era.low)
    if not (ahead or behind) or not text.isdecimal() or len(text) > YEAR_DIGITS:
        return None
    ancient = behind and era.low.startswith("b")
    line.years.add(index)
    value = -Decimal(text) if ancient else Decimal(text)
    iso = f"{'-' if ancient else ''}{text.zfill(YEAR_DIGITS)}"
    return (Draft(index, index + 1, value, measure=Measure.YEAR, iso=iso),), index + 1 + behind


def is_early(line: Line, index: int, before: str) -> bool:
    """Whether a bare 1018 or 1307 is a year: after another year, or after a preposition and before no noun."""
    following = line.at(index + 1)
    plain = following.kind != WORD or line.language.has("noun.stop", following.low)
    if not plain or line.at(index).text.endswith("00"):
        return False
    if line.language.has("words.and", before) or line.language.has("words.range", before):
        return index - 2 in line.years
    return line.language.has("years.early", before) and not any(
        line.language.has("words.numbers", line.low(back)) for back in (index - 2, index - 3)
    )
