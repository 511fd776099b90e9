"""The letters right after a number become its scale: 1.3bn, 10k, £3m, 215m workers."""

from __future__ import annotations

from dataclasses import replace

from watcher.parse.quantities.currency import is_money
from watcher.parse.quantities.line import ONE, Line, Numeral
from watcher.parse.quantities.tokens import WORD

NUMBER_REACH = 7
GLUED_ALWAYS = frozenset(
    {"k", "K", "M", "MM", "bn", "Bn", "BN", "bln", "mn", "mln", "mil", "tn", "trn", "tln", "B", "cr", "bil"}
)
SPACED = frozenset({"bn", "Bn", "BN", "bln", "mn", "mln", "tn", "trn", "tln", "bil", "mil"})
MONEY_ONLY = frozenset({"m", "b", "t", "T", "mm"})


def short_scale(line: Line, found: Numeral) -> Numeral:
    """The numeral with its short scale; some of them are units unless money or people stand beside them."""
    token = line.at(found.last)
    scale = line.language.number("scale_signs", token.text)
    if scale is None or found.form != "digits" or found.scale != ONE:
        return found
    glued = line.glued(found.last)
    if (glued and token.text in GLUED_ALWAYS) or token.text in SPACED:
        fits = True
    else:
        # "1.2 B": a spaced B is no unit, a spaced M may be a motorway or molar.
        fits = (token.text == "B" and "." in line.at(found.first).text) or (
            token.text in MONEY_ONLY
            and (
                (glued and token.text == "b" and "." in line.at(found.first).text)
                or is_money(line, found)
                or (
                    glued
                    and token.text == "m"
                    and (_counts_people(line, found.last + 1) or _tells_number(line, found.first))
                )
            )
        )
    return replace(found, value=found.value * scale, last=found.last + 1, scale=scale, plain="") if fits else found


def _tells_number(line: Line, first: int) -> bool:
    """Whether "number", "total" or the like stands before: "the number of victims at 21m"."""
    near = range(first - 1, max(first - NUMBER_REACH, -1), -1)
    return any(line.language.has("words.numbers", line.low(at)) for at in near)


def _counts_people(line: Line, index: int) -> bool:
    """Whether "215m young workers", "1.4m of them" counts, and "a 100m sprint" or "215m tall towers" measures."""
    if line.language.has("words.of", line.low(index)):
        return line.language.has("words.counted_of", line.low(index + 1))
    for at in range(index, index + 3):
        if line.language.has("words.metric", line.low(at)) or line.at(at).kind != WORD:
            return False
        if _plural_after(line, at):
            return True
    return False


def _plural_after(line: Line, index: int) -> bool:
    word = line.low(index)
    return line.language.has("noun.irregular", word) or (
        len(word) > 3 and word.endswith("s") and not line.language.has("noun.not_plural", word)  # noqa: PLR2004
    )
