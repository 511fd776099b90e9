"""What stands before or after a number becomes its currency: "US$", "Rs.", "Swiss francs", "MUSD"."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from watcher.parse.quantities.line import ONE, Line, Numeral
from watcher.parse.quantities.tokens import DASHES, NUMBER, WORD
from watcher.parse.quantities.wording import THOUSAND, past_hyphen, scale_at

SCREEN_LINES = frozenset({"240", "360", "480", "576", "720", "1080", "1440", "2160", "4320"})
MILLION = Decimal(1_000_000)


class Money(NamedTuple):
    """A currency's code, the token where it begins or ends, and the factor of "MUSD"."""

    unit: str
    edge: int
    factor: Decimal = ONE


def money_before(line: Line, first: int) -> Money | None:
    """The currency that stands before the token at `first`."""
    token = line.at(first - 1)
    if token.text in ("-", "−") and line.glued(first - 1) and line.glued(first):
        first, token = first - 1, line.at(first - 2)
    symbol = line.language.says("currency.symbols", token.text)
    if symbol:
        return _prefixed(line, first - 1, symbol)
    if token.text == "." and line.glued(first - 1):
        first, token = first - 1, line.at(first - 2)
    if token.text == "R" and line.glued(first):
        return Money("ZAR", first - 1) if _is_rand(line, first) else None
    if token.text == "US" and line.low(first - 2) == "$" and line.glued(first) and line.glued(first - 1):
        return Money("USD", first - 2)  # "$US113"
    return _coded(line, first - 1, first - 1)


def _is_rand(line: Line, first: int) -> bool:
    """Whether "R500" is money: a scale, a grouped number or a price; R21 and R1 are roads, rounds and rows."""
    if not line.at(first).text.isdecimal() or scale_at(line, first + 1) or line.at(first + 1).text in ("m", "bn", "k"):
        return True
    return any(line.language.has("words.paying", line.low(back)) for back in range(first - 2, first - 6, -1))


def _prefixed(line: Line, index: int, symbol: str) -> Money:
    before, token = line.at(index - 1), line.at(index)
    dotted = line.text[max(token.start - 5, 0) : token.start].lower().strip()
    if dotted.endswith(("u.s.", "u.s")):
        return Money("USD", index - (4 if dotted.endswith(".") else 3))
    if before.kind != WORD:
        return Money(symbol, index)
    named = line.language.says("currency.prefixes", before.low) if symbol != "EUR" else None
    spaced = not line.glued(index)
    if named and (not spaced or (before.text.isupper() and len(before.text) > 1)):
        return Money(named, index - 1)
    return Money(symbol, index)


def _coded(line: Line, index: int, edge: int) -> Money | None:
    text = line.at(index).text
    if line.language.has("currency.codes.list", text):
        return Money(text, edge)
    short = line.language.says("currency.short", text)
    if short:
        return Money(short, edge)
    if text[:1] == "M" and line.language.has("currency.codes.list", text[1:]):
        return Money(text[1:], edge, MILLION)
    return None


def money_after(line: Line, found: Numeral) -> Money | None:
    """The currency that follows a numeral, its `edge` the token after it."""
    index = past_hyphen(line, found.last)
    token = line.at(index)
    symbol = line.language.says("currency.symbols", token.text)
    if symbol and index == found.last:
        # "10 € 20 €" goes either way; a sign that touches the next number belongs to that one.
        taken = line.at(index + 1).kind == NUMBER and (line.glued(index + 1) or not line.glued(index))
        return None if taken else Money(symbol, index + 1)
    if token.kind != WORD:
        return None
    if token.text == "p" and line.glued(index) and line.at(found.first).text not in SCREEN_LINES:
        return Money("penny", index + 1)
    coded = _coded(line, index, index + 1) if index == found.last else None
    if coded:
        scale = scale_at(line, index + 1)
        return coded._replace(edge=scale[1], factor=scale[0]) if scale and found.scale == ONE else coded
    return _noun(line, found, index)


def _noun(line: Line, found: Numeral, index: int) -> Money | None:
    """The name of a currency, after at most four words of its country: "U.S. dollars"."""
    country: str | None = None
    for after in range(index, index + 5):
        token = line.at(after)
        word = token.low
        unit = line.language.says("currency.nouns", word)
        if unit:
            if (
                country is None
                and line.language.has("currency.ambiguous.list", word)
                and not _is_sum(line, found, after)
            ):
                return None
            end = after + 2 if line.low(after + 1) == "sterling" else after + 1
            return Money(country or unit, end)
        sub = line.language.says("currency.subunits", word)
        if sub and token.text[:1].isupper() and line.text != line.text.upper() and line.text != line.text.title():
            return None  # 50 Cent
        if sub:
            return Money(sub, after + 1)
        adjective = line.language.says("currency.adjectives", word)
        country = country or adjective
        if not (adjective or word == "." or line.language.has("currency.fillers.list", word)):
            return None
    return None


def _is_sum(line: Line, found: Numeral, index: int) -> bool:
    if found.scale >= THOUSAND or line.low(index + 1) == "sterling":
        return True
    if line.language.has("currency.weights.list", line.low(index)):
        return any(
            line.language.has("words.paying", line.low(back)) for back in range(found.first - 1, found.first - 6, -1)
        )
    return abs(found.value) >= THOUSAND


def is_money(line: Line, found: Numeral) -> bool:
    """Whether the number, its short scale (£3m) not yet read, has a currency beside it."""
    if money_before(line, found.first):
        return True
    after = found.last + 1
    word = line.at(after).text
    if line.low(found.first - 1) in DASHES and line.at(found.first - 2).kind == NUMBER:
        return money_before(line, found.first - 2) is not None
    return (
        line.language.says("currency.nouns", word.lower()) is not None
        or line.language.has("currency.codes.list", word)
        or (line.glued(after) and line.language.says("currency.symbols", word) is not None)
    )
