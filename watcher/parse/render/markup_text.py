"""Convert raw rendered text (quote markup, marks, odd spaces) to the words a reader sees.

Private-use characters stand for what is no text: they never occur in a block's own text, `strip_private_use` sees to
it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

MARK = "\ue000"  # a footnote stands here
NO_MARKUP = "\ue001"  # keeps an apostrophe of the text from fusing with a neighbour into bold
REMOVED = "\ue002"  # markup that is not shown
APOSTROPHE = "\ue003"  # an apostrophe that is never markup (nowiki)

# Lone surrogates cannot be encoded, so no other library can be given them; NUL is where mwparserfromhell's tokenizer
# ends: everything open before it was looked for again and again.
_PRIVATE = re.compile("[\0\ue000-\ue003\ud800-\udfff]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ue001\ue002]")
_QUOTES = re.compile("'{2,}")
_INVISIBLE_RUN = re.compile(r"[^\S ]|[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ue000-\ue002]")
_CLOSES = re.compile(r"[.!?][”\"’')]?$|[,;:]$")
_PAUSES = tuple(",;:")
_BOLD, _BOTH = 3, 5  # apostrophes: doQuotes reads four as one and bold, more than five as text and both
_SUPERSCRIPTS = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_SUPERSCRIPT = re.compile(r"[+−-]?\d+|n")


def strip_private_use(text: str) -> str:
    """Return the text without the private-use characters that have a meaning in the renderer; the same length."""
    return _PRIVATE.sub("\ufffd", text) if "\0" in text or not text.isascii() else text


def to_superscript(text: str) -> str:
    """Render a superscript: digits as raised characters (10⁶, km²), words as they are (20th)."""
    return text.translate(_SUPERSCRIPTS) if _SUPERSCRIPT.fullmatch(text) else text


def drop_quote_markup(raw: str) -> str:
    """Remove bold and italic quotes; the length stays the same."""
    if "''" not in raw:
        return raw
    return "\n".join(_without_quotes(line) if "''" in line else line for line in raw.split("\n"))


def render_text(raw: str) -> tuple[str, list[int]]:
    """Return the words of `raw` and the position of each mark in them."""
    text = drop_quote_markup(raw)
    if not text.isascii():
        text = _INVISIBLE.sub("", text).replace(APOSTROPHE, "'")
    # HTML: a browser shows any run of white space, line ends too, as one space.
    text = " ".join(text.split())
    if MARK not in text:
        return text, []
    return _take_out_marks(text.split(MARK))


def visible_offsets(raw: str, counts: list[int]) -> list[int]:
    """Return the index in the rendered `raw` of the n-th visible character, for each n of `counts`."""
    words = _INVISIBLE_RUN.sub(" ", raw).split(" ")
    solid = list(accumulate(map(len, words), initial=0))
    # One space stands before each word but the first, so the n-th solid character is n + (its word's number) in.
    return [count + bisect_right(solid, count) - 1 if count < solid[-1] else len(raw) for count in counts]


def _take_out_marks(segments: list[str]) -> tuple[str, list[int]]:
    """Join the text around the marks as if they had never been there."""
    pieces = [segments[0]]
    length, tail = len(segments[0]), segments[0][-2:]
    marks: list[int] = []
    for segment in segments[1:]:
        marks.append(length)
        following = segment.lstrip(" ") if not length or tail[-1:] == " " else segment
        if not following:
            continue
        if tail[-1:] == " " and following[0] in ",.;:)":
            pieces.append(pieces.pop()[:-1])
            length -= 1
        elif _CLOSES.search(tail) and (following[0].isupper() or (tail[-1] in _PAUSES and following[0].isalpha())):
            following = f" {following}"
        pieces.append(following)
        length += len(following)
        tail = (tail + following)[-2:]
    words = "".join(pieces).rstrip(" ")
    return words, [min(mark, len(words)) for mark in marks]


def _without_quotes(line: str) -> str:
    runs = [len(run) for run in _QUOTES.findall(line)]
    bold = sum(1 for run in runs if run >= _BOLD)
    italic = sum(1 for run in runs if run == 2 or run >= _BOTH)  # noqa: PLR2004  '' is two
    if bold % 2 and italic % 2:
        line = _rebalanced(line)
    return _QUOTES.sub(_shown, line)


def _shown(run: re.Match[str]) -> str:
    size = len(run[0])
    markup = size if size in (2, _BOLD) else _BOLD if size == _BOLD + 1 else _BOTH
    return "'" * (size - markup) + REMOVED * markup


def _rebalanced(line: str) -> str:
    """Read one ''' as an apostrophe and '' where bold and italic are both odd, as MediaWiki does.

    It takes the first after a one-letter word, else the first after a longer one, else the first after a space.
    https://github.com/wikimedia/mediawiki/blob/master/includes/parser/Parser.php (doQuotes)
    """
    candidates = [run.start() for run in _QUOTES.finditer(line) if len(run[0]) == _BOLD]

    def rank(at: int) -> int:
        if line[at - 1 : at] in ("", " "):
            return 2
        return 0 if line[at - 2 : at - 1] == " " else 1

    if not candidates:
        return line
    at = min(candidates, key=rank)
    return f"{line[:at]}{APOSTROPHE}{line[at + 1 :]}"
