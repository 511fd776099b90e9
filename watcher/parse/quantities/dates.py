"""Recognise dates, times of day and years of any era, which are no quantities."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import islice

from watcher.model import Measure
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import (
    DASHES,
    NUMBER,
    UNSPACED,
    WORD,
    Candidate,
    Match,
    TokenStream,
    match_of,
)
from watcher.parse.quantities.units import is_plural, money_before

YEAR_DIGITS, FIRST_YEAR, LAST_YEAR = 4, 1000, 2100  # of a bare number that is a year, by 750 articles
USUAL_YEAR = 1500  # lower round numbers are more often counts: "1200 people"
_TWO = 2  # digits of a day, a month, a decade or a short year
_BETWEEN = frozenset({"between", "zwischen", "entre", "tussen", "tra", "fra", "mellem", "mellan"})
_DATING = frozenset({"back", "date", "dates", "dated", "dating"})
_DAY_BESIDE = DASHES | {"、", "・"}  # 10月7、8日
_LASTING = tuple("間间간")
_DAYS, _MONTHS = range(1, 32), range(1, 13)
EASTERN = {"年": "year", "月": "month", "日": "day", "년": "year", "월": "month", "일": "day"}
_ON_A_DAY = re.compile("日(?:[にはかま、。，（(）)朝昼夜付]|午|未明|早朝|深夜|\\d)")
# Thai years count from 543 before the common era.
BUDDHIST_YEARS = range(2300, 2651)
# What may touch a year on its left and on its right.
_BEFORE_YEARS = frozenset("(['’\"“~/") | DASHES
_AFTER_YEARS = frozenset(",.;)")


def clock(line: TokenStream, index: int) -> Match | None:
    """Match 12:30, 6pm, 8 a.m., 5 o'clock, 17時30分, which are not quantities."""
    if line.token(index).kind != NUMBER:
        return None
    after = index + 1
    hour = line.token(after).text
    # 17時 is five in the afternoon, 17時間 lasted seventeen hours.
    if hour[:1] in tuple("時时시") and hour[1:2] not in _LASTING:
        minutes = line.token(after + 1).kind == NUMBER and line.token(after + 2).text[:1] in tuple("分분")
        return (), after + (3 if minutes else 1)
    while line.lower(after) == ":" and line.is_adjacent(after) and line.is_adjacent(after + 1):
        if len(line.token(after + 1).text.partition(".")[0]) != len("30"):
            break
        after += 2
    if line.has("words.clock", after):
        return (), after + 1
    if line.lower(after) in ("a", "p") and line.lower(after + 1) == "." and line.lower(after + 2) == "m":
        return (), after + 3
    return ((), after) if after > index + 1 else None


def month_at(line: TokenStream, index: int) -> int | None:
    """Return the month that the token names, 1 to 12, or None."""
    number = line.number("months", index) if line.token(index).kind == WORD else None
    return int(number) if number else None


def date(line: TokenStream, index: int) -> Match | None:
    """Match a day, month and year in any order, a month with its year, or a day with its month, as one date."""
    if line.token(index).kind != NUMBER:
        return None
    result = _eastern(line, index) or _written(line, index) or _day_month(line, index) or _month_day(line, index)
    if result:
        return result
    month, (year, after) = _month_before(line, index), _year(line, index)
    return _dated(month[1], after, year, month[0]) if month and year else None


def _dated(first: int, last: int, year: str | None, month: int, day: int | None = None) -> Match:
    iso = f"{year or '-'}-{month:02}" + (f"-{day:02}" if day else "")
    value = Decimal(year) if year else None
    return match_of(Candidate(first, last, value, measure=Measure.DATE, iso=iso))


def _year_read(index: int, text: str, iso: str | None = None) -> Candidate:
    return Candidate(index, index + 1, Decimal(text), measure=Measure.YEAR, iso=iso or text)


def _eastern(line: TokenStream, index: int) -> Match | None:
    """Match 2012年5月3日, 2012년 5월 3일, with a sign after each part."""
    parts: dict[str, int] = {}
    after = index
    while (
        (text := line.token(after).text).isdecimal()
        and line.is_adjacent(after + 1)
        and (sign := line.token(after + 1).text[:1]) in EASTERN
    ):
        part, number = EASTERN[sign], int(text[:YEAR_DIGITS])
        if part in parts or number not in {"month": _MONTHS, "day": _DAYS}.get(part, (number,)):
            break
        parts[part] = number
        after += 2
    year = str(parts["year"]) if parts.get("year", 0) >= FIRST_YEAR else None
    # The first day of a span is written without its sign: 10月3 - 10月5日.
    if (
        "month" in parts
        and "day" not in parts
        and (text := line.token(after).text).isdecimal()
        and line.is_adjacent(after)
        and line.lower(after + 1) in _DAY_BESIDE
        and int(text[:YEAR_DIGITS]) in _DAYS
    ):
        first = _dated(index, after + 1, year, parts["month"], int(text))[0]
        return _with_last_day(line, after + 1, year, parts["month"], first)
    # A day of a month that was named before: 13日には, 9日23時.
    if list(parts) == ["day"] and _ON_A_DAY.match(line.text, line.token(index).end):
        return (Candidate(index, index + 1, None, measure=Measure.DATE, iso=f"---{parts['day']:02}"),), after
    # 6年 is the sixth year of an era, 6年間 lasted six years
    if "month" not in parts and ("year" not in parts or line.token(after - 1).text.startswith("年間")):
        return None
    if "month" not in parts:
        return (Candidate(index, index + 1, Decimal(year or 0), measure=Measure.YEAR, iso=year),), after
    dated = _dated(index, after - 1, year, parts["month"], parts.get("day"))[0]
    return _with_last_day(line, after, year, parts["month"], dated) if "day" in parts else (dated, after)


def _with_last_day(line: TokenStream, dash: int, year: str | None, month: int, first: tuple[Candidate, ...]) -> Match:
    """Return the first day of a span and the last one, which is written without a month: 10月3日 - 5日, 10月3～5日."""
    text, sign = line.token(dash + 1).text, line.token(dash + 2).text
    ends = line.lower(dash) in _DAY_BESIDE and text.isdecimal() and int(text[:YEAR_DIGITS]) in _DAYS
    if not ends or EASTERN.get(sign[:1]) != "day" or sign[1:2] in _LASTING:
        return first, dash
    return (*first, *_dated(dash + 1, dash + 2, year, month, int(text))[0]), dash + 3


def _written(line: TokenStream, index: int) -> Match | None:
    """Match 26.11.2018, 2018-11-26, 5/17/2018."""
    parts, last = line.token(index).text.split("."), index + 1
    mark = line.lower(index + 1)
    if len(parts) == 1 and mark in ("-", "/", "‑") and line.lower(index + 3) == mark:
        parts, last = [line.token(index + n).text for n in (0, 2, 4)], index + 5
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004  day, month, year
        return None
    if len(parts[0]) == YEAR_DIGITS:
        parts.reverse()
    day, month, year = int(parts[0]), int(parts[1]), parts[2]
    if month not in _MONTHS:
        day, month = month, day
    if day not in _DAYS or month not in _MONTHS or len(year) not in (_TWO, YEAR_DIGITS):
        return None
    return _dated(index, last, year if len(year) == YEAR_DIGITS else None, month, day)


def _day(line: TokenStream, index: int) -> tuple[int, int] | None:
    """Return the day of the month at `index` ("4" or "4th") and the index after it, or None."""
    text = line.token(index).text
    if not text.isdecimal() or len(text) > _TWO or int(text) not in _DAYS:
        return None
    suffixed = line.is_adjacent(index + 1) and line.has("words.ordinal_suffixes", index + 1)
    return int(text), index + (2 if suffixed else 1)


def _year(line: TokenStream, index: int) -> tuple[str | None, int]:
    """Return the year at `index`, or after a comma there, and the index after it; None and `index` if there is none."""
    after = index + 1 if line.lower(index) in (",", ".", "de", "del") else index
    text = line.token(after).text
    buddhist = _buddhist_year(line, text)
    if buddhist:
        return buddhist, after + 1
    if not text.isdecimal() or len(text) != YEAR_DIGITS or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        return None, index
    return text, after + 1


def _buddhist_year(line: TokenStream, text: str) -> str | None:
    """Return the common-era year of a Buddhist year; None for any other text, or if the language has no such era."""
    if not line.language.sets["years.buddhist"] or not text.isdecimal() or len(text) != YEAR_DIGITS:
        return None
    return str(int(text) - 543) if int(text) in BUDDHIST_YEARS else None


def _day_month(line: TokenStream, index: int) -> Match | None:
    day = _day(line, index)
    if day is None:
        return None
    after = day[1]
    # "4–6 November", "4 and 5 March", "24./25. Mai": the month follows the second day.
    at = after + (line.lower(after) == ".")
    joint = line.lower(at) in DASHES or line.lower(at) in ("and", "to", "&", "/", "und")
    second = _day(line, at + 1) if joint else None
    month = month_at(line, second[1] + (line.lower(second[1]) == ".")) if second else None
    if month:
        return _dated(index, after, None, month, day[0])
    after += line.lower(after) in ("of", "de", ".")
    month = month_at(line, after)
    if month is None:
        return None
    year, after = _year(line, after + 1)
    return _dated(index, after, year, month, day[0])


def _month_before(line: TokenStream, index: int) -> tuple[int, int] | None:
    before = index - 1 - (line.lower(index - 1) in (".", ",", "of", "de"))
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
    year, last = _year(line, last)
    return _dated(month[1], last, year, month[0], day[0])


def year(line: TokenStream, index: int) -> Match | None:
    """Match a year, a span of years or a decade, but not a count that looks like a year ("had 1914 employees")."""
    text = line.token(index).text
    buddhist = _buddhist_year(line, text)
    if buddhist:
        return match_of(_year_read(index, buddhist))
    if not text.isdecimal():
        return None
    counted = _in_era(line, index, text) or _ancient(line, index, text) or _decade(line, index, text)
    if counted or len(text) != YEAR_DIGITS or not _is_year(line, index, int(text)):
        return counted
    end = _span_end(line, index + 1, text)
    after = index + (3 if end else 1)
    if _of_law(line, index):
        return (), after
    line.years.add(index)
    return (_year_read(index, text), *([_year_read(index + 2, end)] if end else [])), after


def _in_era(line: TokenStream, index: int, text: str) -> Match | None:
    """Match 44 BC, AD 79, 500 BCE, 165 B.C.E."""
    (era, after), ahead = _letters(line, index + 1), line.token(index - 1).text in ("AD", "CE")
    if line.lower(index + 1) in DASHES and line.token(index + 2).kind == NUMBER:
        era, after = _letters(line, index + 3)[0], index + 1  # "568–774 AD": each is a year
    behind = era.isupper() and era.lower() in line.language.sets["years.eras"]
    if not (ahead or behind) or len(text) > YEAR_DIGITS:
        return None
    # ISO 8601 has a year 0, so 44 BC would be -0043; the number is kept as it is written nevertheless.
    sign = "-" if behind and era.startswith("B") else ""
    line.years.add(index)
    return (_year_read(index, sign + text, sign + text.zfill(YEAR_DIGITS)),), after if behind else index + 1


def _letters(line: TokenStream, index: int) -> tuple[str, int]:
    """Return the word at `index` (the letters of "B.C.E." are one word) and the index after it."""
    letters, after = "", index
    while len(line.token(after).text) == 1 and line.token(after).text.isupper() and line.lower(after + 1) == ".":
        letters, after = letters + line.token(after).text, after + 2
    return (letters, after) if letters else (line.token(index).text, index + 1)


def _ancient(line: TokenStream, index: int, text: str) -> Match | None:
    """Match a bare number of three digits that is a year: "the Avars came in 568 and stayed"."""
    if len(text) != YEAR_DIGITS - 1:
        return None
    end, before, opens = line.token(index + 2).text, line.token(index - 2).text, line.lower(index - 1)
    # "Charles (747–814)", "(太子, 747–814)": the years of a life or reign.
    named = opens in ("(", ",") and (before[:1] > UNSPACED or (before.istitle() and before.isalpha()))
    spans = line.lower(index + 1) in DASHES and end.isdecimal() and int(text) < int(end[:YEAR_DIGITS]) <= LAST_YEAR
    in_brackets = line.lower(index + 3) == ")" and (named or _is_about(line, index))
    if spans and len(end) <= YEAR_DIGITS and (in_brackets or opens == "years"):
        years = (_year_read(at, year, year.zfill(YEAR_DIGITS)) for at, year in ((index, text), (index + 2, end)))
        return (*years,), index + 3
    after = line.token(index + 1)
    # "The reform (645) began"; two such numbers are a tally: "Arland (120) and Vell (340)".
    if named and opens == "(" and after.text == ")":
        marks = (line.lower(at - 1) + line.token(at).kind + line.lower(at + 1) for at in range(1, line.count))
        if len([*islice((marked for marked in marks if marked == f"({NUMBER})"), 2)]) == 1:
            return match_of(_year_read(index, text, text.zfill(YEAR_DIGITS)))
    if opens == "the" and line.has("years.events", index + 1):  # the 869 tsunami
        return match_of(_year_read(index, text, text.zfill(YEAR_DIGITS)))
    dates = opens == "to" and before.lower() in _DATING
    if not dates and not line.has("years.early_dating", index - 1) and not month_at(line, index - 1):
        return None
    ends = after.text in _AFTER_YEARS or line.has("noun.stop", index + 1)
    ranges = after.lower == "to" and line.token(index + 2).kind == NUMBER
    if not ends or after.lower == "of" or ranges:  # "in 120 of the boats", "in 120 to 130 towns"
        return None
    return match_of(_year_read(index, text, text.zfill(YEAR_DIGITS)))


def _decade(line: TokenStream, index: int, text: str) -> Match | None:
    """Match the 1990s as a year, and the 90s or '90s as no quantity."""
    after = index + 1
    after += line.lower(after) in ("'", "’") and line.is_adjacent(after)
    if not (line.is_adjacent(after) and line.has("years.decades", after) and text.endswith("0")):
        return None
    if len(text) == YEAR_DIGITS:
        return match_of(Candidate(index, after + 1, Decimal(text), measure=Measure.YEAR, iso=text))
    return ((), after + 1) if len(text) == _TWO else None


def _span_end(line: TokenStream, dash: int, begin: str) -> str | None:
    """Return the second year of 2007–2010, 1998–99, 1936–9, 2012/13, or None."""
    text, slash = line.token(dash + 1).text, line.lower(dash) == "/"
    if not (slash or line.lower(dash) in DASHES) or not text.isdecimal():
        return None
    if len(text) not in ((_TWO, YEAR_DIGITS) if slash else (1, _TWO, YEAR_DIGITS)):
        return None
    if (len(text) < YEAR_DIGITS and not line.is_adjacent(dash + 1)) or line.lower(dash + 2) == "/":
        return None
    end = begin[: -len(text)] + text
    return end if int(begin) < int(end) <= LAST_YEAR else None


def _is_year(line: TokenStream, index: int, value: int) -> bool:
    if not FIRST_YEAR <= value <= LAST_YEAR or not _is_isolated(line, index, str(value)):
        return False
    before = index - 2 if _is_about(line, index) else index - 1
    if line.has("years.strict", before) or (line.lower(before) in DASHES and line.has("years.strict", index - 2)):
        return True
    # "Tussen 1939 en 1945", "built between 1201 and 1230"
    is_end = line.has("words.and", before) and index - 2 in line.years and line.lower(index - 3) in _BETWEEN
    if is_end or (line.lower(before) in _BETWEEN and _begins_years(line, index, value)):
        return True
    if value >= USUAL_YEAR:
        # The words beside it may show that it counts: "had 1914 employees".
        plural = line.token(index + 1).text.islower() and is_plural(line, index + 1)
        qualified = line.phrase_before(line.language.before["qualifiers"], index) is not None
        if qualified and not line.has("years.about", before):
            counts = plural or not line.has("years.over", before)
        else:
            counts = plural and not line.has("years.before_nouns", before)
        return not (counts or line.has("years.counting", before))
    # A bare 1018 or 1307 is a year after another year, or after a preposition if no noun follows it.
    noun = line.token(index + 1).kind == WORD and not line.has("noun.stop", index + 1)
    end = _span_end(line, index + 1, str(value)) or ""
    if len(line.token(index + 2).text) == len(end) == YEAR_DIGITS and line.token(index + 3).kind != WORD:
        return True  # "Emperor Go-Kameyama 1383–1392"
    if noun or value % 100 == 0:
        return False
    is_range = line.has("words.range", before) and line.lower(before - 1) not in _DATING  # "dates back to 1494"
    if line.has("words.and", before) or is_range:
        return index - 2 in line.years
    return line.has("years.early", before)


def _begins_years(line: TokenStream, index: int, value: int) -> bool:
    """Return whether "and" and a later year follow a number, and no noun that both count."""
    end = line.token(index + 2).text
    is_noun = line.token(index + 3).kind == WORD and not line.has("noun.stop", index + 3)
    is_year = len(end) == YEAR_DIGITS and end.isdecimal() and value < int(end) <= LAST_YEAR
    return is_year and line.has("words.and", index + 1) and not is_noun


def _is_about(line: TokenStream, index: int) -> bool:
    """Return whether "c." or "ca." precedes the token."""
    return line.lower(index - 1) == "." and line.lower(index - 2) in ("c", "ca")


def _is_isolated(line: TokenStream, index: int, text: str) -> bool:
    """Return whether no unit, scale or name is joined to the number."""
    numeral, after, language = numeral_at(line, index), line.token(index + 1), line.language
    if numeral is None or numeral.last > index + 1 or money_before(line, index):
        return False
    measured = any(language.tables[path].get(after.lower) for path in ("units", "durations", "currency.nouns"))
    measured = measured or line.phrase_at(language.after["percent"], index + 1) is not None
    # "In 2016 €15 million": the sign belongs to the next number.
    is_next = line.token(index + 2).kind == NUMBER and line.is_adjacent(index + 2)
    signs = ("unit_signs",) if is_next else ("unit_signs", "currency.symbols")
    if measured or any(language.tables[path].get(after.text) for path in signs):
        return False
    if line.is_adjacent(index) and line.lower(index - 1) not in _BEFORE_YEARS and not _is_about(line, index):
        return False
    if after.text == "/":
        return _span_end(line, index + 1, text) is not None
    return not (line.is_adjacent(index + 1) and after.kind == WORD)


def _of_law(line: TokenStream, index: int) -> bool:
    """Return whether the year is part of a name: "Act of 2000", "Trafficking in Persons 2018"."""
    before = line.token(index - 1)
    if line.has("words.of", index - 1):
        return line.token(index - 2).text[:1].isupper() and line.has("identifiers.laws", index - 2)
    if before.kind != WORD or not before.text[:1].isupper():
        return False
    inside = line.token(index - 2).kind == WORD and not line.has("years.introduced", index - 1)
    return inside or line.has("identifiers.laws", index - 1)
