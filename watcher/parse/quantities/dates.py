"""Recognise dates, times of day and years of any era, which are no quantities."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from watcher.model import Measure
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import DASHES, NUMBER, WORD, Candidate, Match, TokenStream, match_of
from watcher.parse.quantities.units import money_before

YEAR_DIGITS, FIRST_YEAR = 4, 1000
EASTERN = {"年": "year", "月": "month", "日": "day", "년": "year", "월": "month", "일": "day"}
# Thai years count from 543 before the common era.
BUDDHIST_YEARS, BUDDHIST_ERA = range(2300, 2651), 543


def in_era(line: TokenStream, index: int, text: str) -> Match | None:
    """44 BC, AD 79, 500 BCE, 165 C.E."""
    (era, after), ahead = _letters(line, index + 1), line.token(index - 1).text in ("AD", "CE")
    if line.lower(index + 1) in DASHES and line.token(index + 2).kind == NUMBER:
        era, after = _letters(line, index + 3)[0], index + 1  # "568–774 AD": each is a year
    behind = era.isupper() and line.language.contains("years.eras", era.lower())
    if not (ahead or behind) or not text.isdecimal() or len(text) > YEAR_DIGITS:
        return None
    # ISO 8601 has a year 0, so that 44 BC is its -0043; the number that is written is kept all the same.
    ancient = behind and era.startswith("B")
    line.years.add(index)
    value = -Decimal(text) if ancient else Decimal(text)
    iso = f"{'-' if ancient else ''}{text.zfill(YEAR_DIGITS)}"
    return (Candidate(index, index + 1, value, measure=Measure.YEAR, iso=iso),), after if behind else index + 1


def _letters(line: TokenStream, index: int) -> tuple[str, int]:
    """Return the word at `index`, the letters of "B.C.E." as one, and the index after it."""
    letters = ""
    after = index
    while len(line.token(after).text) == 1 and line.token(after).text.isupper() and line.lower(after + 1) == ".":
        letters, after = letters + line.token(after).text, after + 2
    if not letters:
        return line.token(index).text, index + 1
    if len(line.token(after).text) == 1 and line.token(after).text.isupper() and line.is_adjacent(after):
        letters, after = letters + line.token(after).text, after + 1
    return letters, after


_EVENTS: Final = frozenset(
    "Act Battle Campaign Census Charter Constitution Council Earthquake Eruption Expedition Fire Flood Massacre Peace "
    "Plague Rebellion Revolt Siege Synod Treaty Uprising War".split()
)


def is_early(line: TokenStream, index: int, before: str) -> bool:
    """Return whether a bare 1018 or 1307 is a year: after another year, or after a preposition and before no noun."""
    following = line.token(index + 1)
    if before == "the" and following.text in _EVENTS:
        return True
    plain = following.kind != WORD or line.language.contains("noun.stop", following.lower)
    if not plain or line.token(index).text.endswith("00"):
        return False
    if line.language.contains("words.and", before) or line.language.contains("words.range", before):
        return index - 2 in line.years
    return line.language.contains("years.early", before) and not any(
        line.has("words.numbers", back) for back in (index - 2, index - 3)
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


DAYS, MONTHS = 31, 12
LAST_YEAR = 2100
# Round numbers below are more often counts: "1200 people".
USUAL_YEAR = 1500
# What may touch a year on its left.
_AFTER_YEARS = frozenset(",.;)")
BEFORE_YEARS = frozenset("(['’\"“~/") | DASHES
LOWER_CASE_VERBS = frozenset({"may", "march", "mar", "sep"})


def clock(line: TokenStream, index: int) -> Match | None:
    """12:30, 6pm, 8 a.m., 5 o'clock: not a quantity."""
    token = line.token(index)
    if token.kind != NUMBER:
        return None
    after = index + 1
    timed = False
    while (
        line.lower(after) == ":"
        and line.is_adjacent(after)
        and line.is_adjacent(after + 1)
        and len(line.token(after + 1).text.partition(".")[0]) == len("30")
    ):
        after, timed = after + 2, True
    word = line.lower(after)
    if line.language.contains("words.clock", word) or (
        word in ("a", "p") and line.lower(after + 1) == "." and line.lower(after + 2) == "m"
    ):
        return (), after + (1 if word not in ("a", "p") else 3)
    return ((), after) if timed else None


def month_at(line: TokenStream, index: int) -> int | None:
    """Return the month that the token names, 1 to 12; a lower-case "may" is a verb unless a year follows."""
    token = line.token(index)
    if token.kind != WORD:
        return None
    if token.text.islower() and token.lower in LOWER_CASE_VERBS and not line.token(index + 1).text.isdecimal():
        return None
    number = line.language.number("months", token.lower)
    return int(number) if number else None


def date(line: TokenStream, index: int) -> Match | None:
    """Return a day, month and year in any order, as one date; a month with its year; a day with its month."""
    if line.token(index).kind != NUMBER:
        return None
    for read in (eastern, _written, _dotted, _day_month, _month_day, _month_year):
        result = read(line, index)
        if result:
            return result
    return None


def _drafted(first: int, last: int, year: str | None, month: int, day: int | None = None) -> Match:
    iso = f"{year or '-'}-{month:02}" + (f"-{day:02}" if day else "")
    value = Decimal(year) if year else None
    return match_of(Candidate(first, last, value, measure=Measure.DATE, iso=iso))


def _written(line: TokenStream, index: int) -> Match | None:
    """26.11.2018, 2018-11-26, 5/17/2018."""
    text = line.token(index).text
    parts, last = text.split("."), index + 1
    mark = line.lower(index + 1)
    if (
        len(parts) == 1
        and mark in ("-", "/", "‑")
        and line.lower(index + 3) == mark
        and all(line.is_adjacent(index + n) for n in (1, 2, 3, 4))
    ):
        parts, last = [line.token(index + n).text for n in (0, 2, 4)], index + 5
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004  day, month, year
        return None
    if len(parts[0]) == YEAR_DIGITS:
        parts.reverse()
    day, month, year = int(parts[0]), int(parts[1]), parts[2]
    if month > MONTHS:
        day, month = month, day
    if not (1 <= day <= DAYS and 1 <= month <= MONTHS and len(year) in (2, 4)):
        return None
    return _drafted(index, last, year if len(year) == YEAR_DIGITS else None, month, day)


def _dotted(line: TokenStream, index: int) -> Match | None:
    """31.08–05.09.1968, 15-16.09.1872: the days of a span before its last one; 15.01 1979."""
    day, _, month = line.token(index).text.partition(".")
    if not (day.isdecimal() and len(day) <= 2 and 1 <= int(day) <= DAYS):  # noqa: PLR2004
        return None
    end = _written(line, index + 2) if line.lower(index + 1) in DASHES and line.is_adjacent(index + 2) else None
    if end and "." in line.token(index + 2).text:
        return match_of(replace(end[0][0], first=index))
    year = _year(line, index + 1) if month.isdecimal() and len(month) == 2 and 1 <= int(month) <= MONTHS else None  # noqa: PLR2004
    return _drafted(index, year[1], year[0], int(month), int(day)) if year and year[1] == index + 2 else None


def _day(line: TokenStream, index: int) -> tuple[int, int] | None:
    """Return the day of the month at `index`, "4th" too, and the index after it."""
    text = line.token(index).text
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= DAYS:  # noqa: PLR2004
        return None
    suffixed = line.is_adjacent(index + 1) and (line.has("ordinal_suffixes.list", index + 1))
    return int(text), index + (2 if suffixed else 1)


def _year(line: TokenStream, index: int) -> tuple[str, int] | None:
    """Return the year at `index`, a comma before it allowed, and the index after it."""
    after = index + 1 if line.lower(index) in (",", ".", "de", "del") else index
    text = line.token(after).text
    buddhist = buddhist_year(line, text)
    if buddhist:
        return buddhist, after + 1
    if not text.isdecimal() or len(text) != 4 or not FIRST_YEAR <= int(text) <= LAST_YEAR:  # noqa: PLR2004
        return None
    return text, after + 1


def _day_month(line: TokenStream, index: int) -> Match | None:
    day = _day(line, index)
    if day is None:
        return None
    after = day[1]
    # "4–6 November", "4 and 5 March": the first day has its month after the second.
    if line.lower(after) in DASHES or line.lower(after) in ("and", "to", "&"):
        second = _day(line, after + 1)
        if second and month_at(line, second[1]):
            return _drafted(index, after, None, month_at(line, second[1]) or 1, day[0])
    after += line.lower(after) in ("of", "de", ".")
    month = month_at(line, after)
    if month is None:
        return None
    after += 1
    year = _year(line, after) or _year(line, after + 1 if line.lower(after) == "." else after)
    return _drafted(index, year[1] if year else after, year[0] if year else None, month, day[0])


def _month_before(line: TokenStream, index: int) -> tuple[int, int] | None:
    before = index - 1
    if line.lower(before) in (".", ",", "of", "de"):
        before -= 1
    month = month_at(line, before)
    return (month, before) if month else None


def _month_day(line: TokenStream, index: int) -> Match | None:
    month, day = _month_before(line, index), _day(line, index)
    if month is None or day is None or line.lower(index - 1) == ",":
        return None
    last = day[1]
    joined = line.lower(last) in ("and", "to", "&") and not is_plural(line, last + 2)
    if (joined or line.lower(last) in DASHES) and _day(line, last + 1):
        last += 2  # "October 23 and 28", but "on October 23 and 28 people came"
    year = _year(line, last)
    return _drafted(month[1], year[1] if year else last, year[0] if year else None, month[0], day[0])


def _month_year(line: TokenStream, index: int) -> Match | None:
    month, year = _month_before(line, index), _year(line, index)
    if month is None or year is None or year[1] != index + 1:
        return None
    return _drafted(month[1], year[1], year[0], month[0])


def year(line: TokenStream, index: int) -> Match | None:
    """Return a year, a span of years or a decade; a year-shaped count ("had 1914 employees") is left to others."""
    text = line.token(index).text
    buddhist = buddhist_year(line, text)
    if buddhist:
        return match_of(Candidate(index, index + 1, Decimal(buddhist), measure=Measure.YEAR, iso=buddhist))
    counted = in_era(line, index, text) or _ancient(line, index, text)
    if counted:
        return counted
    if not text.isdecimal() or len(text) not in (2, 4):
        return None
    decade = _decade(line, index, text)
    if decade or len(text) == 2 or not _is_year(line, index, int(text)):  # noqa: PLR2004
        return decade
    if _of_law(line, index):
        return (), index + (3 if _span_end(line, index + 1, text) else 1)
    drafts = [Candidate(index, index + 1, Decimal(text), measure=Measure.YEAR, iso=text)]
    line.years.add(index)
    last = index + 1
    end = _span_end(line, last, text)
    if end:
        drafts.append(Candidate(last + 1, last + 2, Decimal(end), measure=Measure.YEAR, iso=end))
        last += 2
    elif _is_mistyped_span(line, last):
        line.names.add(last + 1)
        last += 2
    return tuple(drafts), last


def _is_mistyped_span(line: TokenStream, dash: int) -> bool:
    """Return whether a number that is no later year ends a span in brackets: (1936-639), (1939–36)."""
    end, after = line.token(dash + 1), line.lower(dash + 2)
    joined = line.lower(dash) in DASHES and line.is_adjacent(dash) and line.is_adjacent(dash + 1)
    return joined and end.text.isdecimal() and len(end.text) <= YEAR_DIGITS and after == ")"


def _ancient(line: TokenStream, index: int, text: str) -> Match | None:
    """Return a bare number of three digits that is a year: "the Avars came in 568 and stayed"."""
    if not text.isdecimal() or len(text) != YEAR_DIGITS - 1 or not line.has("years.early_dating", index - 1):
        return None
    before, after = line.token(index - 2), line.token(index + 1)
    odds = before.kind == NUMBER or before.lower in line.language.starters  # "one in 100"
    counts = after.lower in ("of", "to", "or")  # "in 120 of the boats"
    if odds or counts or not (after.text in _AFTER_YEARS or line.has("noun.stop", index + 1)):
        return None
    return match_of(Candidate(index, index + 1, Decimal(text), measure=Measure.YEAR, iso=text.zfill(YEAR_DIGITS)))


def _decade(line: TokenStream, index: int, text: str) -> Match | None:
    after = index + 1
    after += line.lower(after) in ("'", "’") and line.is_adjacent(after)
    if not (line.is_adjacent(after) and line.has("years.decades", after)):
        return None
    if len(text) == 4 and text.endswith("0"):  # noqa: PLR2004
        return match_of(Candidate(index, after + 1, Decimal(text), measure=Measure.YEAR, iso=text))
    return ((), after + 1) if text.endswith("0") else None


def _span_end(line: TokenStream, dash: int, begin: str) -> str | None:
    """Return the second year of 2007–2010, 1998–99, 1936–9, 2012/13."""
    text = line.token(dash + 1).text
    if line.lower(dash) not in DASHES and line.lower(dash) != "/":
        return None
    lengths = (2, 4) if line.lower(dash) == "/" else (1, 2, 4)
    if not text.isdecimal() or len(text) not in lengths or (len(text) < YEAR_DIGITS and not line.is_adjacent(dash + 1)):
        return None
    if line.lower(dash + 2) == "/" and line.is_adjacent(dash + 2):
        return None
    end = begin[: -len(text)] + text
    return end if int(begin) < int(end) <= LAST_YEAR else None


def _is_year(line: TokenStream, index: int, value: int) -> bool:
    if not FIRST_YEAR <= value <= LAST_YEAR or not _is_isolated(line, index, str(value)):
        return False
    if line.has("years.eras", index + 1):
        return True
    before = line.lower(index - 2 if _is_about(line, index) else index - 1)
    if line.language.contains("years.strict", before):
        return True
    if before in DASHES and line.has("years.strict", index - 2):
        return True
    if value < USUAL_YEAR:
        return is_early(line, index, before)
    return not _counts(line, index, before)


def _is_isolated(line: TokenStream, index: int, text: str) -> bool:
    """Whether nothing that measures, scales or names is joined to the number."""
    numeral, after = numeral_at(line, index), index + 1
    if numeral is None or numeral.last > after or money_before(line, index) or _measured(line, after):
        return False
    if line.is_adjacent(index) and line.lower(index - 1) not in BEFORE_YEARS and not _is_about(line, index):
        return False
    if line.lower(after) == "/" and line.is_adjacent(after):
        return _span_end(line, after, text) is not None
    return not (line.is_adjacent(after) and line.token(after).kind == WORD)


def _is_about(line: TokenStream, index: int) -> bool:
    """Return whether "c." or "ca." stands before."""
    return line.lower(index - 1) == "." and line.lower(index - 2) in ("c", "ca")


def _of_law(line: TokenStream, index: int) -> bool:
    """Whether the year is part of a name: "Act of 2000", "Trafficking in Persons 2018"."""
    before = line.token(index - 1)
    if line.language.contains("words.of", before.lower):
        named = line.token(index - 2)
        return named.text[:1].isupper() and line.language.contains("identifiers.laws", named.lower)
    if before.kind != WORD or not before.text[:1].isupper():
        return False
    if line.language.contains("identifiers.laws", before.lower):
        return True
    inside = not line.is_adjacent(index) and line.token(index - 2).kind == WORD
    return inside and not line.language.contains("years.introduced", before.lower)


def _measured(line: TokenStream, after: int) -> bool:
    """Whether a unit or percent sign follows, so that the number measures something."""
    token = line.token(after)
    language = line.language
    unit = (
        language.lookup("units", token.lower)
        or language.lookup("unit_signs", token.text)
        or language.lookup("durations", token.lower)
    )
    money = language.lookup("currency.nouns", token.lower) or language.lookup("currency.symbols", token.text)
    return bool(unit or money) or line.phrase_at(language.after["percent"], after) is not None


def _counts(line: TokenStream, index: int, before: str) -> bool:
    """Whether the words beside a year-shaped number show that it counts: "had 1914 employees"."""
    language = line.language
    if language.contains("years.counting", before):
        return True
    following = line.token(index + 1)
    plural = following.kind == WORD and following.text.islower() and is_plural(line, index + 1)
    qualified = line.phrase_before(language.before["qualifiers"], index) is not None
    if qualified and not plural and any(line.has("years.dated", back) for back in range(index - 2, index - 6, -1)):
        return False
    if qualified and not language.contains("years.about", before):
        return plural or not language.contains("years.over", before)
    if not plural and language.contains("years.having", before):
        words = (line.token(index + 1), line.token(index + 2))
        plural = all(word.text.islower() for word in words) and is_plural(line, index + 2)
    if plural:
        joined = language.contains("words.and", before) and len(line.token(index - 2).text) == YEAR_DIGITS
        return not (joined or before.endswith(("'s", "’s")) or language.contains("years.before_nouns", before))
    if language.contains("years.being", before):
        return any(line.has("words.numbers", back) for back in range(index - 2, max(index - 9, -1), -1))
    return False
