"""Parse number words: "two hundred and six thousand", "nine point four", "and a half"."""

from __future__ import annotations

from decimal import Decimal

from watcher.parse.quantities.token_stream import DASHES, NUMBER, UNITY, WORD, TokenStream

Read = tuple[Decimal, int]
TENS, HUNDRED, THOUSAND = Decimal(20), Decimal(100), Decimal(1000)
ENDLESS = Decimal("1e40")


def past_hyphen(line: TokenStream, index: int) -> int:
    """Return the index after a hyphen at `index`, else `index` itself."""
    return index + 1 if line.lower(index) in DASHES else index


def scale_at(line: TokenStream, index: int) -> Read | None:
    """Return the scale word at `index`, a hyphen before it allowed: its factor, and the index after it."""
    after = past_hyphen(line, index)
    word = line.lower(after)
    scale = line.language.number("scales", word) or line.language.number("scales_plural", word)
    if not scale:
        return None
    # "2,3 Mrd. Euro": an abbreviated scale takes its full stop along.
    dotted = (
        line.language.contains("words.scales_short", word)
        and line.lower(after + 1) == "."
        and line.is_adjacent(after + 1)
    )
    return scale, after + (2 if dotted and line.token(after + 2).kind == WORD else 1)


def below_hundred(line: TokenStream, index: int) -> Read | None:
    """Return a cardinal below a hundred."""
    value = line.number("cardinals", index)
    if value is None:
        return None
    if value >= TENS and value % 10 == 0:
        after = past_hyphen(line, index + 1)
        unit = line.number("cardinals", after)
        if unit is not None and 0 < unit < 10:  # noqa: PLR2004  units follow tens
            return value + unit, after + 1
    return value, index + 1


def apply_scales(
    line: TokenStream, value: Decimal, index: int, limit: Decimal = ENDLESS
) -> tuple[Decimal, int, Decimal]:
    """`value` with the scales and smaller parts that follow it at `index`, all below `limit`.

    Comes back with the index after them and the last scale, 1 where a smaller part came after it.
    """
    last = UNITY
    top = Decimal(0)
    while (scale := scale_at(line, index)) and value * scale[0] < limit and (not top or scale[0] > top or last == top):
        value, index, top = value * scale[0], scale[1], scale[0]
        last = top
        tail = _tail(line, index, top)
        if tail:
            value, index, last = value + tail[0], tail[1], UNITY
    return value, index, last


def _tail(line: TokenStream, index: int, limit: Decimal) -> Read | None:
    joined = line.has("words.and", index)
    begin = index + 1 if joined else index
    if joined and _listed(line, index):
        return None
    head = below_hundred(line, begin) or _digits_tail(line, begin, limit, joined=joined)
    if head is None or head[0] == 0:
        return None
    value, after, _ = apply_scales(line, head[0], head[1], limit)
    following = scale_at(line, after)
    # "One hundred and two hundred" are two numbers, "one hundred and three quarters" is one with a part.
    if value >= limit or (following and following[0] <= limit):
        return None
    below = denominator(line, after, value)
    if below and value < below[0]:
        return None
    return value, after


def _listed(line: TokenStream, index: int) -> bool:
    """Return whether this "and" belongs to a "between" a few words before."""
    return any(line.lower(back) == "between" for back in range(index - 1, max(index - 7, -1), -1))


def _digits_tail(line: TokenStream, index: int, limit: Decimal, *, joined: bool) -> Read | None:
    token = line.token(index)
    if token.kind != NUMBER or not token.text.isdecimal() or len(token.text) > 3:  # noqa: PLR2004  "3 hundred and 21"
        return None
    value = Decimal(token.text)
    scaled = scale_at(line, index + 1)
    if scaled and scaled[0] < limit:
        return value, index + 1
    return (value, index + 1) if joined and limit == HUNDRED and value < HUNDRED else None


def decimal_words(line: TokenStream, index: int) -> Read | None:
    """Return the part after the word "point" at `index`, as a decimal below one."""
    if not line.has("words.point", index):
        return None
    digits, after = "", index + 1
    while (read := below_hundred(line, after)) and len(digits) < 20:  # noqa: PLR2004  nobody spells more
        digits, after = f"{digits}{read[0]}", read[1]
    return (Decimal(f"0.{digits}"), after) if digits else None


def denominator(line: TokenStream, index: int, value: Decimal) -> Read | None:
    """Return the part that a numerator counts: "thirds" after two, "quarter" after one."""
    after = past_hyphen(line, index)
    word = line.lower(after)
    parts = line.language.number("parts", word)
    if parts:
        return parts, after + 1
    singular = word.removesuffix("s")
    ordinal = line.language.number("ordinals", singular)
    if not ordinal or ordinal <= 2 or (word == singular) != (value == 1):  # noqa: PLR2004  "one second" is a time
        return None
    return ordinal, after + 1


def fraction_after(line: TokenStream, index: int) -> Read | None:
    """Return what "and a half", "and three quarters" at `index` adds."""
    if not line.has("words.and", index):
        return None
    begin = index + 1
    if line.has("words.article", begin):
        head: Read | None = (UNITY, begin + 1)
    else:
        head = below_hundred(line, begin)
    if head is None:
        return None
    below = denominator(line, head[1], head[0])
    return (head[0] / below[0], below[1]) if below else None
