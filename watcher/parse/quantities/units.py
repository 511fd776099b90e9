"""Read the currency or unit beside a number: "US$", "Swiss francs", percent, age, duration, length, rate."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from watcher.model import Measure
from watcher.parse.quantities.number_words import THOUSAND, past_hyphen, scale_at
from watcher.parse.quantities.token_stream import DASHES, NUMBER, UNITY, WORD, Numeral, TokenStream

SCREEN_LINES = frozenset({"240", "360", "480", "576", "720", "1080", "1440", "2160", "4320"})
MILLION = Decimal(1_000_000)


class Money(NamedTuple):
    """A currency's code, the token where it begins or ends, and the factor of "MUSD"."""

    unit: str
    edge: int
    factor: Decimal = UNITY


def money_before(line: TokenStream, first: int) -> Money | None:
    """Return the currency that stands before the token at `first`."""
    token = line.token(first - 1)
    if token.text in ("-", "−") and line.is_adjacent(first - 1) and line.is_adjacent(first):
        first, token = first - 1, line.token(first - 2)
    symbol = line.language.lookup("currency.symbols", token.text)
    if symbol:
        return _prefixed(line, first - 1, symbol)
    if token.text == "." and line.is_adjacent(first - 1):
        first, token = first - 1, line.token(first - 2)
    if token.text == "R" and line.is_adjacent(first):
        return Money("ZAR", first - 1) if _is_rand(line, first) else None
    if token.text == "US" and line.lower(first - 2) == "$" and line.is_adjacent(first) and line.is_adjacent(first - 1):
        return Money("USD", first - 2)  # "$US113"
    return _coded(line, first - 1, first - 1)


def _is_rand(line: TokenStream, first: int) -> bool:
    """Return whether "R500" is money: a scale, a grouped number or a price; R21 and R1 are roads, rounds and rows."""
    if (
        not line.token(first).text.isdecimal()
        or scale_at(line, first + 1)
        or line.token(first + 1).text in ("m", "bn", "k")
    ):
        return True
    return any(line.has("words.paying", back) for back in range(first - 2, first - 6, -1))


def _prefixed(line: TokenStream, index: int, symbol: str) -> Money:
    before, token = line.token(index - 1), line.token(index)
    dotted = line.text[max(token.start - 5, 0) : token.start].lower().strip()
    if dotted.endswith(("u.s.", "u.s")):
        return Money("USD", index - (4 if dotted.endswith(".") else 3))
    if before.kind != WORD:
        return Money(symbol, index)
    named = line.language.lookup("currency.prefixes", before.lower) if symbol != "EUR" else None
    spaced = not line.is_adjacent(index)
    if named and (not spaced or (before.text.isupper() and len(before.text) > 1)):
        return Money(named, index - 1)
    return Money(symbol, index)


def _coded(line: TokenStream, index: int, edge: int) -> Money | None:
    text = line.token(index).text
    if line.language.contains("currency.codes.list", text):
        return Money(text, edge)
    short = line.language.lookup("currency.short", text)
    if short:
        return Money(short, edge)
    if text[:1] == "M" and line.language.contains("currency.codes.list", text[1:]):
        return Money(text[1:], edge, MILLION)
    return None


def money_after(line: TokenStream, numeral: Numeral) -> Money | None:
    """Return the currency that follows a numeral, its `edge` the token after it."""
    index = past_hyphen(line, numeral.last)
    token = line.token(index)
    symbol = line.language.lookup("currency.symbols", token.text)
    if symbol and index == numeral.last:
        # "10 € 20 €" goes either way; a sign that touches the next number belongs to that one.
        taken = line.token(index + 1).kind == NUMBER and (line.is_adjacent(index + 1) or not line.is_adjacent(index))
        return None if taken else Money(symbol, index + 1)
    if token.kind != WORD:
        return None
    if token.text == "p" and line.is_adjacent(index) and line.token(numeral.first).text not in SCREEN_LINES:
        return Money("penny", index + 1)
    coded = _coded(line, index, index + 1) if index == numeral.last else None
    if coded:
        scale = scale_at(line, index + 1)
        return coded._replace(edge=scale[1], factor=scale[0]) if scale and numeral.scale == UNITY else coded
    return _noun(line, numeral, index)


def _noun(line: TokenStream, numeral: Numeral, index: int) -> Money | None:
    """Return the name of a currency, after at most four words of its country: "U.S. dollars"."""
    country: str | None = None
    for after in range(index, index + 5):
        token = line.token(after)
        word = token.lower
        unit = line.language.lookup("currency.nouns", word)
        if unit:
            if (
                country is None
                and line.language.contains("currency.ambiguous.list", word)
                and not _is_sum(line, numeral, after)
            ):
                return None
            end = after + 2 if line.lower(after + 1) == "sterling" else after + 1
            return Money(country or unit, end)
        sub = line.language.lookup("currency.subunits", word)
        if sub and token.text[:1].isupper() and line.text != line.text.upper() and line.text != line.text.title():
            return None  # 50 Cent
        if sub:
            return Money(sub, after + 1)
        adjective = line.language.lookup("currency.adjectives", word)
        country = country or adjective
        if not (adjective or word == "." or line.language.contains("currency.fillers.list", word)):
            return None
    return None


def _is_sum(line: TokenStream, numeral: Numeral, index: int) -> bool:
    if numeral.scale >= THOUSAND or line.lower(index + 1) == "sterling":
        return True
    if line.has("currency.weights.list", index):
        return any(line.has("words.paying", back) for back in range(numeral.first - 1, numeral.first - 6, -1))
    return abs(numeral.value) >= THOUSAND


def is_money(line: TokenStream, numeral: Numeral) -> bool:
    """Return whether the number, its short scale (£3m) not yet read, has a currency beside it."""
    if money_before(line, numeral.first):
        return True
    after = numeral.last + 1
    word = line.token(after).text
    if line.lower(numeral.first - 1) in DASHES and line.token(numeral.first - 2).kind == NUMBER:
        return money_before(line, numeral.first - 2) is not None
    return (
        line.language.lookup("currency.nouns", word.lower()) is not None
        or line.language.contains("currency.codes.list", word)
        or (line.is_adjacent(after) and line.language.lookup("currency.symbols", word) is not None)
    )


SUPERSCRIPTS = {"²": "2", "³": "3"}
SMALL_DIGITS = str.maketrans(SUPERSCRIPTS)
# Single letters are units only when written as such: "5 m", "3g".
ONE_LETTER = frozenset("mgltLVWNhsÅK")
OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}


class Unit(NamedTuple):
    """A measure and its unit; `text_end` is where the number's own text ends, `edge` what follows the unit."""

    measure: Measure
    unit: str
    text_end: int
    edge: int


def unit_after(line: TokenStream, numeral: Numeral) -> Unit | None:
    """Return the unit of the numeral, None when it counts things."""
    for read in (_percent, _age, _duration, _length):
        unit = read(line, numeral)
        if unit:
            return unit
    return None


def _percent(line: TokenStream, numeral: Numeral) -> Unit | None:
    phrase = None
    for index in dict.fromkeys((numeral.last, past_hyphen(line, numeral.last))):
        phrase = phrase or line.phrase_at(line.language.after["percent"], index)
    if phrase is None:
        return None
    meaning, after = phrase
    if meaning == "%" and line.lower(past_hyphen(line, after)) in ("point", "points"):
        meaning, after = "percentage points", past_hyphen(line, after) + 1
    return Unit(Measure.PERCENT, meaning, after, after)


def _age(line: TokenStream, numeral: Numeral) -> Unit | None:
    index = past_hyphen(line, numeral.last)
    phrase = line.phrase_at(line.language.after["age_after"], index)
    if phrase is None:
        return None
    return Unit(Measure.AGE, phrase[0], numeral.last, phrase[1])


def _duration(line: TokenStream, numeral: Numeral) -> Unit | None:
    index = past_hyphen(line, numeral.last)
    index += numeral.form == "fraction" and line.has("words.article", index)
    if numeral.form == "fraction" and line.has("words.of", index) and line.has("words.article", index + 1):
        index += 2
    token = line.token(index)
    unit = line.language.lookup("durations", token.lower)
    if unit:
        return Unit(Measure.DURATION, unit, numeral.last, index + 1)
    sign = line.language.lookup("duration_signs", token.text)
    spaced = token.text in ("h", "s") and index == numeral.last and line.token(index + 1).kind != WORD
    if sign and (len(token.text) > 1 or line.is_adjacent(index) or spaced):
        return Unit(Measure.DURATION, sign, numeral.last, index + 1)
    return None


def _length(line: TokenStream, numeral: Numeral) -> Unit | None:
    """Return a unit of measurement, bracketed "(kg)" or after a fraction's article ("half a mile") too."""
    index = past_hyphen(line, numeral.last)
    index += numeral.form == "fraction" and line.has("words.article", index)
    closing = OPENING.get(line.lower(index))
    if closing and line.lower(index + 2) == closing:
        unit = named_unit(line, index + 1)
        return Unit(Measure.MEASUREMENT, unit[0], numeral.last, index + 3) if unit else None
    if line.lower(index) == "in" and line.lower(index + 1) == ")":
        return Unit(Measure.MEASUREMENT, "in", numeral.last, index + 1)  # "(30 in)"
    below = (
        named_unit(line, index + 1)
        if line.lower(index) == "/" and line.is_adjacent(index) and line.is_adjacent(index + 1)
        else None
    )
    if below and below[0][-1:].isdigit():
        return Unit(Measure.RATE, f"per {below[0]}", numeral.last, below[1])  # "120/km²"
    unit = _degrees(line, index) or named_unit(line, index)
    if unit is None:
        return None
    name, after = _speed(line, *unit)
    return Unit(Measure.MEASUREMENT, name, numeral.last, after)


def _degrees(line: TokenStream, index: int) -> tuple[str, int] | None:
    if line.token(index).text in ("C", "F") and line.is_adjacent(index):
        return f"°{line.token(index).text}", index + 1
    if line.lower(index) in ("°", "º", "℃", "℉", "degrees", "degree"):
        if line.lower(index) in ("℃", "℉"):
            return "°" + line.token(index).text.translate({0x2103: "C", 0x2109: "F"}), index + 1
        letter = line.lower(index + 1)
        if letter in ("c", "celsius", "centigrade"):
            return "°C", index + 2
        if letter in ("f", "fahrenheit"):
            return "°F", index + 2
        return "°", index + 1
    return None


def named_unit(line: TokenStream, index: int, *, prefixed: bool = False) -> tuple[str, int] | None:
    """Return a unit with its prefix or exponent: "square kilometres", "sq mi", "km2", "m³"."""
    token, language = line.token(index), line.language
    if token.kind != WORD:
        return ("in", index + 1) if _is_inch_mark(line, index) else None
    if token.lower == "light" and line.lower(past_hyphen(line, index + 1)) in ("years", "year"):
        return "ly", past_hyphen(line, index + 1) + 1
    prefix = language.lookup("unit_prefixes", token.lower)
    if prefix is not None and not prefixed:
        after = index + 1 + (line.lower(index + 1) in (".", "-"))
        inner = named_unit(line, after, prefixed=True)
        return (f"{prefix}{inner[0]}" if prefix.isalpha() else f"{inner[0]}{prefix}", inner[1]) if inner else None
    text, power = token.text, ""
    if text[-1:] in SUPERSCRIPTS:
        text, power = text[:-1], SUPERSCRIPTS[text[-1]]
    unit = language.lookup("unit_signs", text) or language.lookup("units", text.lower())
    if unit is None or (len(text) == 1 and text not in ONE_LETTER):
        return None
    after = index + 1
    if line.token(after).kind == NUMBER and line.is_adjacent(after):
        if power or line.lower(after) not in ("2", "3"):
            return None
        power, after = line.lower(after), after + 1
    return unit + power, after


def _is_inch_mark(line: TokenStream, index: int) -> bool:
    """Return whether a double mark behind a number stands for inches and does not end a quotation."""
    text = line.token(index).text
    if text == "″":
        return True
    if text == '"' and not line.is_adjacent(index):
        return not line.is_adjacent(index + 1) or line.token(index + 1).kind != WORD
    return text == '"' and line.text.count('"', 0, line.token(index).start) % 2 == 0


def _speed(line: TokenStream, unit: str, index: int) -> tuple[str, int]:
    """Miles per hour, km/h, miles an hour; a unit alone otherwise."""
    if line.lower(index) in ("per", "/", "a", "an"):
        below = line.token(index + 1)
        time = line.language.lookup("durations", below.lower) or (
            line.lower(index) == "/" and line.language.lookup("duration_signs", below.text)
        )
        if time is None and line.lower(index) == "/" and below.text in ("s²", "s³"):
            return f"{unit}/{below.text.translate(SMALL_DIGITS)}", index + 2
        if time in ("hours", "seconds"):
            if time == "seconds" and line.lower(index + 2) in ("2", "3") and line.is_adjacent(index + 2):
                return f"{unit}/s{line.lower(index + 2)}", index + 3
            return f"{unit}/{time[0]}", index + 2
        second = named_unit(line, index + 1) if line.lower(index) != "a" else None
        if second and below.kind == WORD:
            return f"{unit}/{second[0]}", second[1]
    return unit, index
