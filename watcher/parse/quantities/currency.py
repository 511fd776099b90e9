"""Read currencies beside a number: "US$", "Rs.", "Swiss francs", "MUSD"."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

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
    return any(line.language.contains("words.paying", line.lower(back)) for back in range(first - 2, first - 6, -1))


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
    if line.language.contains("currency.weights.list", line.lower(index)):
        return any(
            line.language.contains("words.paying", line.lower(back))
            for back in range(numeral.first - 1, numeral.first - 6, -1)
        )
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
