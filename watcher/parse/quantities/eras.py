"""Read years and dates that lack the usual shape: of antiquity, of the Buddhist era, of East Asia."""

from __future__ import annotations

from decimal import Decimal

from watcher.model import Measure
from watcher.parse.quantities.candidate import Candidate, Match
from watcher.parse.quantities.token_stream import TokenStream
from watcher.parse.quantities.tokenizer import NUMBER, WORD

YEAR_DIGITS, FIRST_YEAR = 4, 1000
EASTERN = {"年": "year", "月": "month", "日": "day", "년": "year", "월": "month", "일": "day"}
# Thai years count from 543 before the common era.
BUDDHIST_YEARS, BUDDHIST_ERA = range(2300, 2651), 543


def in_era(line: TokenStream, index: int, text: str) -> Match | None:
    """44 BC, AD 79, 500 BCE."""
    era, ahead = line.token(index + 1), line.token(index - 1).text in ("AD", "CE")
    behind = era.text.isupper() and line.language.contains("years.eras", era.lower)
    if not (ahead or behind) or not text.isdecimal() or len(text) > YEAR_DIGITS:
        return None
    # ISO 8601 has a year 0, so that 44 BC is its -0043; the number that is written is kept all the same.
    ancient = behind and era.lower.startswith("b")
    line.years.add(index)
    value = -Decimal(text) if ancient else Decimal(text)
    iso = f"{'-' if ancient else ''}{text.zfill(YEAR_DIGITS)}"
    return (Candidate(index, index + 1, value, measure=Measure.YEAR, iso=iso),), index + 1 + behind


def is_early(line: TokenStream, index: int, before: str) -> bool:
    """Return whether a bare 1018 or 1307 is a year: after another year, or after a preposition and before no noun."""
    following = line.token(index + 1)
    plain = following.kind != WORD or line.language.contains("noun.stop", following.lower)
    if not plain or line.token(index).text.endswith("00"):
        return False
    if line.language.contains("words.and", before) or line.language.contains("words.range", before):
        return index - 2 in line.years
    return line.language.contains("years.early", before) and not any(
        line.language.contains("words.numbers", line.lower(back)) for back in (index - 2, index - 3)
    )


def buddhist_year(line: TokenStream, text: str) -> str | None:
    """Return the common year of a year of the Buddhist era, where the language counts by it."""
    if not line.language.sets.get("years.buddhist") or not text.isdecimal() or len(text) != YEAR_DIGITS:
        return None
    return str(int(text) - BUDDHIST_ERA) if int(text) in BUDDHIST_YEARS else None


def eastern(line: TokenStream, index: int) -> Match | None:
    """2012年5月3日, 2012년 5월 3일: a sign after each part."""
    parts: dict[str, int] = {}
    after = index
    while (
        line.token(after).kind == NUMBER
        and line.is_adjacent(after + 1)
        and (sign := line.token(after + 1).text[:1]) in EASTERN
    ):
        parts[EASTERN[sign]] = int(line.token(after).text[:YEAR_DIGITS]) if line.token(after).text.isdecimal() else 0
        after += 2
    if "month" not in parts and not ("year" in parts and parts["year"] >= FIRST_YEAR):
        return None
    year = str(parts["year"]) if "year" in parts else None
    if "month" not in parts:
        return (Candidate(index, index + 1, Decimal(year or 0), measure=Measure.YEAR, iso=year),), after
    iso = f"{year or '-'}-{parts['month']:02}" + (f"-{parts['day']:02}" if "day" in parts else "")
    return (Candidate(index, after - 1, Decimal(year) if year else None, measure=Measure.DATE, iso=iso),), after
