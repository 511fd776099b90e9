"""Read a numeral with its sign, currency or unit (percent, age, duration, length), and the noun that it counts."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from watcher.model import Measure
from watcher.parse.quantities.token_stream import (
    DASHES,
    HALF,
    NUMBER,
    REACH,
    WORD,
    NumberWithUnit,
    Numeral,
    TokenStream,
)

_LEAST_SUM = Decimal(1000)  # of a currency without a country: 5 crowns are not money
_TIMES = {"hours": "h", "minutes": "min", "seconds": "s"}  # the denominators of compound units


class Money(NamedTuple):
    """A currency's code, and the token where it begins or ends."""

    unit: str
    edge: int


def money_before(line: TokenStream, first: int) -> Money | None:
    """Return the currency before the token at `first`, or None."""
    if line.lower(first - 1) in ("-", "−", ".") and line.is_adjacent(first - 1):
        first -= 1
    before, token = line.token(first - 2), line.token(first - 1)
    symbol = line.language.tables["currency.symbols"].get(token.text)
    if not symbol:
        return _coded(line, first - 1, first - 1)
    named = line.language.tables["currency.prefixes"].get(before.lower) if symbol != "EUR" else None
    glued = line.is_adjacent(first - 1) or (before.text.isupper() and len(before.text) > 1)
    return Money(named, first - 2) if named and glued else Money(symbol, first - 1)


def _coded(line: TokenStream, index: int, edge: int) -> Money | None:
    text = line.token(index).text
    code = text if text in line.language.sets["currency.codes"] else line.language.tables["currency.short"].get(text)
    return Money(code, edge) if code else None


def money_after(line: TokenStream, numeral: Numeral) -> Money | None:
    """Return the currency after a numeral, whose `edge` is the token after it, or None."""
    index = line.past_hyphen(numeral.last)
    token = line.token(index)
    symbol = line.language.tables["currency.symbols"].get(token.text)
    if symbol and index == numeral.last:
        # "10 € 20 €" is ambiguous; a sign that touches the next number belongs to that number.
        taken = line.token(index + 1).kind == NUMBER and line.is_adjacent(index + 1)
        return None if taken else Money(symbol, index + 1)
    if token.kind != WORD:
        return None
    if token.text == "p" and line.is_adjacent(index):
        return Money("penny", index + 1)
    coded = _coded(line, index, index + 1) if index == numeral.last else None
    return coded or _named_money(line, numeral, index)


def _named_money(line: TokenStream, numeral: Numeral, index: int) -> Money | None:
    """Return a currency by its name, after up to four words of its country ("U.S. dollars"), or None."""
    country: str | None = None
    for after in range(index, index + 5):
        word = line.lower(after)
        unit = line.language.tables["currency.nouns"].get(word)
        if unit:
            unclear = country is None and word in line.language.sets["currency.ambiguous"]
            paying = any(line.has("words.paying", back) for back in range(numeral.first - 5, numeral.first))
            sums = paying if line.has("currency.weights", after) else abs(numeral.value) >= _LEAST_SUM
            sums = sums or numeral.scale >= _LEAST_SUM  # 23 million pounds
            return Money(country or unit, after + 1) if sums or not unclear else None
        sub = line.language.tables["currency.subunits"].get(word)
        if sub:
            return Money(sub, after + 1)
        adjective = line.language.tables["currency.adjectives"].get(word)
        country = country or adjective
        if not (adjective or word in (".", "-") or word in line.language.sets["currency.fillers"]):
            return None
    return None


def is_money(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether a currency precedes the number, or the first number of a range that it ends (£2–3m)."""
    ranged = line.lower(numeral.first - 1) in DASHES and line.token(numeral.first - 2).kind == NUMBER
    return money_before(line, numeral.first - 2 if ranged else numeral.first) is not None


class Unit(NamedTuple):
    """A measure and its unit; `text_end` is where the number's own text ends, `edge` the token after the unit.

    `half` is the half that follows the unit in 3時間半, three and a half hours.
    """

    measure: Measure
    unit: str
    text_end: int
    edge: int
    half: Decimal = Decimal(0)


def unit_after(line: TokenStream, numeral: Numeral) -> Unit | None:
    """Return the unit of the numeral; None if it counts things."""
    last, index = numeral.last, line.past_hyphen(numeral.last)
    phrases, language = line.language.after, line.language
    percent = line.phrase_at(phrases["percent"], last) or line.phrase_at(phrases["percent"], index)
    if percent:
        return Unit(Measure.PERCENT, percent[0], percent[1], percent[1])
    age = line.phrase_at(phrases["age_after"], index)
    if age:
        return Unit(Measure.AGE, age[0], last, age[1])
    at = index + (numeral.form == "fraction" and line.has("words.article", index))  # "half a mile"
    sign = line.token(at).text
    letter = len(sign) == 1 and not line.is_adjacent(at) and (at > last or line.token(at + 1).kind == WORD)
    duration = language.tables["durations"].get(line.lower(at))
    duration = duration or (None if letter else language.tables["duration_signs"].get(sign))
    if duration and line.lower(at + 1) == HALF:
        return Unit(Measure.DURATION, duration, at + 2, at + 2, Decimal("0.5"))
    if duration:
        return Unit(Measure.DURATION, duration, last, at + 1)
    below = named_unit(line, index + 1) if line.lower(index) == "/" else None
    if below and below[0][-1:].isdigit():
        return Unit(Measure.RATE, f"per {below[0]}", last, below[1])  # "120/km²"
    unit = _degrees(line, at) or named_unit(line, at)
    if unit is None:
        return None
    name, after = _speed(line, *unit)
    return Unit(Measure.MEASUREMENT, name, last, after)


def _degrees(line: TokenStream, index: int) -> tuple[str, int] | None:
    text = line.token(index).text
    if text in ("℃", "℉") or (text in ("C", "F") and line.is_adjacent(index)):
        return f"°{unicodedata.normalize('NFKC', text)[-1]}", index + 1
    if line.lower(index) not in ("°", "º", "degrees", "degree"):
        return None
    letter = line.lower(index + 1)
    if letter in ("c", "celsius", "centigrade", "f", "fahrenheit"):
        return f"°{letter[0].upper()}", index + 2
    return "°", index + 1


def named_unit(line: TokenStream, index: int, *, prefixed: bool = False) -> tuple[str, int] | None:
    """Return a unit with its prefix or exponent ("square kilometres", "km2", "m³") and the token after it; or None."""
    token, language = line.token(index), line.language
    if token.kind != WORD:
        # A double quote after a number means inches, unless it ends a quotation.
        inches = token.text == '"' and line.is_adjacent(index) and line.text.count('"', 0, token.start) % 2 == 0
        return ("in", index + 1) if inches or token.text == "″" else None
    second = line.past_hyphen(index + 1)
    if token.lower == "light" and line.lower(second) in ("years", "year"):
        return "ly", second + 1
    prefix = language.tables["unit_prefixes"].get(token.lower)
    if prefix is not None and not prefixed:
        inner = named_unit(line, index + 1 + (line.lower(index + 1) in (".", "-")), prefixed=True)
        return (f"{inner[0]}{prefix}" if prefix.isdigit() else f"{prefix}{inner[0]}", inner[1]) if inner else None
    plain = unicodedata.normalize("NFKC", token.text)  # m² and ㎡ are m2
    text = plain.rstrip("23")
    power = plain[len(text) :]
    unit = language.tables["unit_signs"].get(text) or language.tables["units"].get(text.lower())
    joins = line.has("noun.stop", index) and line.token(index + 1).kind == NUMBER  # "du 8 au 17 juillet"
    if unit is None or joins:
        return None
    after = index + 1
    if line.token(after).kind == NUMBER and line.is_adjacent(after):
        if line.lower(after) not in ("2", "3"):
            return None
        power, after = line.lower(after), after + 1
    # Power times time is energy: "gigawatt-hours", "GW·h".
    energy = language.tables["unit_signs"].get(f"{unit}{power}h")
    joint = line.lower(after) in (*DASHES, "·", "⋅")
    time = line.token(after + joint)
    named = language.tables["durations"].get(time.lower) or language.tables["duration_signs"].get(time.text)
    return (energy, after + joint + 1) if energy and named == "hours" else (unit + power, after)


def _speed(line: TokenStream, unit: str, index: int) -> tuple[str, int]:
    """Return the unit over a time or another unit (miles per hour, km/h, miles an hour, l/min), else the unit alone."""
    mark, below = line.lower(index), line.token(index + 1)
    if mark not in ("per", "/", "a", "an") and not line.has("words.per", index):
        return unit, index
    sign = line.language.tables["duration_signs"].get(below.text) if mark == "/" else None
    time = line.language.tables["durations"].get(below.lower) or sign
    if short := _TIMES.get(time or ""):
        return f"{unit}/{short}", index + 2
    second = named_unit(line, index + 1) if mark != "a" else None
    return (f"{unit}/{second[0]}", second[1]) if second else (unit, index)


def with_sign_and_unit(line: TokenStream, numeral: Numeral) -> NumberWithUnit:
    """Return the numeral with its sign, currency or unit. The result is cached, as several rules need it."""
    if numeral.first in line.sides:
        return line.sides[numeral.first]
    before, after = money_before(line, numeral.first), money_after(line, numeral)
    first, value = _signed(line, numeral, before.edge if before else numeral.first)
    side = partial(NumberWithUnit, numeral=numeral, first=first)
    if money := before or after:
        # The same currency named twice is one: "$22 dollars".
        last = after.edge if after and after.unit == money.unit else numeral.last
        result = side(last=last, after=last, value=value, measure=Measure.CURRENCY, unit=money.unit)
    elif unit := unit_after(line, numeral):
        last, name, value = unit.text_end, unit.unit, value + unit.half
        if unit.measure is Measure.DURATION and numeral.form == "fraction":
            # "Half a century" is fifty years: the number alone would not say half of what.
            years = line.language.numbers["duration_years"].get(name)
            value, name, last = (value * years, "years", unit.edge) if years else (value, name, unit.edge)
        result = side(last=last, after=unit.edge, value=value, measure=unit.measure, unit=name)
    else:
        result = side(last=numeral.last, after=numeral.last, value=value, noun_follows=is_plural(line, numeral.last))
    line.sides[numeral.first] = result
    return result


def _signed(line: TokenStream, numeral: Numeral, first: int) -> tuple[int, Decimal]:
    """Return the token where a quantity begins, including its minus sign, and its value."""
    before = line.token(first - 1)
    joined = line.token(first - 2).kind == NUMBER or line.has("words.or", first - 2)  # "586 minus 423", "plus or minus"
    # "au moins 90" is at least 90.
    is_bound = line.phrase_before(line.language.before["qualifiers"], first) is not None
    if line.has("words.minus", first - 1) and not joined and not is_bound:
        return first - 1, -numeral.value
    leads = not line.is_adjacent(first - 1) and line.token(first - 2).kind != NUMBER
    if before.text in ("-", "−", "–") and line.is_adjacent(first) and leads:
        return first - 1, -numeral.value
    return first, numeral.value


def is_plural(line: TokenStream, index: int) -> bool:
    """Return whether the token looks like a plural noun, by its ending, as there is no dictionary."""
    word = line.lower(index)
    if word in line.language.sets["noun.irregular"]:
        return True
    is_long = len(word) > len("gas")
    if "capital" in line.language.sets["noun.endings"]:
        return is_long and line.token(index).text[0].isupper()
    if word.endswith("s") and line.token(index).text[-2:-1].isupper():
        return True
    if not is_long or word[-1] not in line.language.sets["noun.endings"]:
        return False
    return not word.endswith(("ss", "us", "is", "'s", "’s")) and word not in line.language.sets["noun.not_plural"]


def _noun_text(line: TokenStream, at: int) -> str:
    text = line.token(at).text
    if "capital" in line.language.sets["noun.endings"]:
        return text
    plain = text.removesuffix("'s").removesuffix("’s")
    # AHTUs and NGOs keep their capitals.
    return plain if sum(letter.isupper() for letter in plain) > 1 else plain.lower()


def noun_after(line: TokenStream, index: int, *, single: bool = False) -> tuple[str, int] | None:
    """Return the head noun of the phrase that begins at `index`, and the token after it; None if it has none.

    With `single` (one woman), the head is the first word that is not an adjective. Otherwise it is the first plural, or
    the second of two plurals in a row ("sports teams").
    """
    if line.has("noun.counters", index):
        return line.token(index).text, index + 1
    if line.lower(index) == "-" and line.is_adjacent(index):
        # A two-car garage has two cars; "6-of-13" counts nothing.
        return (_noun_text(line, index + 1), index + 2) if _is_content(line, index + 1) else None
    if line.lower(index) in ("(", "["):  # after "(12 lakh)"
        closed = (at for at in range(index + 1, min(index + REACH, line.count)) if line.lower(at) in (")", "]"))
        index = next(closed, index - 1) + 1
    words: list[int] = []
    for at in range(index, min(index + REACH, line.count)):
        token = line.token(at)
        if not words and token.lower in line.language.sets["noun.through"]:
            continue
        if token.lower == "-" and line.is_adjacent(at) and line.is_adjacent(at + 1):
            continue
        if not _is_content(line, at):
            break
        words.append(at)
        if not single and is_plural(line, at):
            head = at + (is_plural(line, at + 1) and _is_content(line, at + 1))
            return _noun_text(line, head), head + 1
    if not single and not (len(words) == 1 and line.lower(words[0]).endswith("s")):
        return None
    # The word after the noun is its verb: "one boat sank".
    endings = tuple(line.language.sets["noun.adjective_endings"])
    for at in words:
        following = line.token(at + 1).text
        titled = line.token(at).text.istitle() and following.islower() and not line.has("noun.stop", at + 1)
        # The "self" of "self-taught" is not the noun either.
        joined = following == "-" and line.is_adjacent(at + 1) and line.is_adjacent(at + 2)
        describes = titled or line.lower(at).endswith(endings) or line.has("noun.adjectives", at)
        if not describes and not (joined and line.token(at + 2).kind == WORD):
            return _noun_text(line, at), at + 1
    return None


def _is_content(line: TokenStream, at: int) -> bool:
    return line.token(at).kind == WORD and not line.has("noun.stop", at)
