"""Convert raw rendered text to the words that a reader sees, collect it into passages, and split them into sentences.

Private-use characters mark footnotes and markup in raw text; `strip_private_use` removes them from a block's own text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise

from sentencex import segment

from watcher.model import Location, Sentence, Tag, TextKind
from watcher.parse.template_names import WORDS, alternatives
from watcher.text.words import with_ascii_digits

_CONTENT = re.compile(r"[^\s.,;:!?*#|/\\(){}\[\]<>\"'_=~^`·•–—-]")


def has_content(text: str) -> bool:
    """Return whether a text is more than punctuation and dashes."""
    return _CONTENT.search(text) is not None


# A cell or parameter is one sentence, unless it is long enough to be prose.
_LONG_CELL = 200  # characters
_OPENING_QUOTES = "'“«「"
_MANY = 500
_MOST = 20_000  # sentences of a paragraph; the rest of it belongs to the last
_LONGEST = 50_000  # characters of a paragraph that is split at once
_WINDOW = 1_000  # characters
_ABBREVIATIONS, _TITLES = WORDS["abbreviations"], WORDS["titles"]
_LAST_WORD = re.compile(r"([^\s.(«“\"]{1,24})\.\W{0,24}$")
# In Thai, no sentence ends with a full stop; a short word with one is an abbreviation (พ.ศ.).
_THAI_ABBREVIATION = re.compile(r"[\u0e00-\u0e7f]{1,4}")
_CLOSERS = frozenset("”’»)]）」』")
# A closing mark at the start of a piece belongs to the piece before it.
_CLOSING = re.compile(r"[\"'”’»)\]]+ +")
_STOP_INSIDE = re.compile(r"\.([)\]\"'”’»])[)\]\"'”’»]* +([(\[\"“«‘']*([^\W\d_]))")
_STOP_BEFORE = re.compile(r"[.!?][)\]\"'”’»]* *$")
_FIRST_LETTER = re.compile(r"[(\[\"“«‘']*([^\W\d_])")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_HONORIFICS = {"fr": "M", "it": "S"}
_ORDINAL_DIGITS, _SHORTEST = 3, 2
_BRACKETS = ")]"
_BEFORE_YEAR = re.compile(r"(?<=[^\W\d_])\. +(?=(?:1\d|20)\d\d [^\W\d_])")
_NUMBER_IN_BRACKETS = re.compile(r"(\([^()\n]{1,80})\d\)(?= )")
# sentencex reads these units as abbreviations ("is 40 m. It was"), and in German these words ("Ludwig XIV. Er").
_AFTER_UNIT = re.compile(r"(?<=\d)\s?(?:[kcm]?m|kg|ha|[tlghs]|[мтл]|км)\. +([^\W\d_])")
_AFTER_NUMERAL = re.compile(r"(?<=\s)(?:[IVX]{1,6}|Chr|Jhs?)\. +([^\W\d_]+)")
_OPENERS = re.compile(rf"(?:{alternatives(WORDS['openers'])}) ")


def boundaries(
    text: str, language: str, where: TextKind = TextKind.PROSE, marks: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """Return the spans of the sentences of a stripped text, without the space between them.

    `marks` are the positions of its footnotes.
    """
    if where in (TextKind.TABLE, TextKind.INFOBOX) and len(text) < _LONG_CELL:
        return [(0, len(text))]
    text = with_ascii_digits(text)  # sentencex reads the wide point of ２５．５ as a full stop
    base = language.partition("-")[0]
    capital_nouns = base in WORDS["languages_of_capital_nouns"]
    starts = {0}
    previous = end = 0
    for piece in islice(_segmented(text, language), _MOST):
        core = piece.strip()
        start = text.find(core, end) if core else -1
        if start < 0:
            continue
        before, end = end, start + len(core)
        if start and (closing := _CLOSING.match(text, start, end)):
            start = closing.end()
        if start and not _continues(text, (previous, before), start, end, base):
            starts.add(start)
            previous = start
    if len(starts) < _MOST:
        # A sentence may begin after a full stop inside a quotation or bracket: `… to me." Stirner said`. Question and
        # exclamation marks do not count, as they may belong to a title or a word: (1840?).
        starts.update(
            stop.start(2)
            for stop in _STOP_INSIDE.finditer(text)
            if stop[3].isupper()
            and not (capital_nouns and stop[1] in _BRACKETS)
            and not _abbreviates(text, stop.start())
        )
        # A sentence may begin after footnotes that follow a full stop, which English texts sometimes omit.
        for mark in marks:
            start = mark + text.startswith(" ", mark)
            first = _FIRST_LETTER.match(text, start)
            if first and first[1].isupper() and text[start - 1] == " ":
                stop = _STOP_BEFORE.search(text, max(mark - 8, 0), start)
                ended = stop is not None and not _abbreviates(text, stop.start())
                if ended or (language == "en" and _OPENERS.match(text, start)):
                    starts.add(start)
    starts.update(unit.start(1) for unit in _AFTER_UNIT.finditer(text) if unit[1].isupper())
    if capital_nouns:
        opened = (numeral for numeral in _AFTER_NUMERAL.finditer(text) if numeral[1] in WORDS["german_openers"])
        starts.update(numeral.start(1) for numeral in opened)
    # In German, sentencex never splits before a digit, even if a year begins the sentence.
    if language == "de":
        starts.update(year.end() for year in _BEFORE_YEAR.finditer(text) if not _abbreviates(text, year.start()))
    starts.update(_after_ideographic_stops(text) if "。" in text else ())
    begins = sorted(starts)
    ends = [*begins[1:], len(text)]
    return [(start, start + len(text[start:end].rstrip())) for start, end in zip(begins, ends, strict=True)]


def _after_ideographic_stops(text: str) -> Iterator[int]:
    """Yield the starts of the sentences that follow an ideographic full stop outside brackets."""
    depth = 0
    for at, letter in enumerate(text):
        depth = max(0, depth + (letter in "「『（(【《〈“") - (letter in "」』）)】》〉”"))
        if letter == "。" and not depth and text[at + 1 : at + 2].isalnum():
            yield at + 1


def _abbreviates(text: str, stop: int) -> bool:
    """Return whether the full stop at `stop` ends an abbreviation or an initial, or follows no word."""
    if text[stop] != ".":
        return False
    last = _LAST_WORD.search(text, max(stop - 24, 0), stop + 1)
    return last is None or len(last[1]) == 1 or last[1].lower() in _ABBREVIATIONS | _TITLES


def _segmented(text: str, language: str) -> Iterator[str]:
    """Yield the pieces of a text, which is split in stretches if it is very long or has many quotation marks.

    The time of sentencex may be quadratic in either. The last sentence of a stretch begins the next stretch.
    """
    crowded = len(text) > _LONGEST or sum(map(text.count, _OPENING_QUOTES)) > _MANY
    at = 0
    while crowded and len(text) - at > _WINDOW:
        stretch = text[at : at + _WINDOW]
        pieces = _pieces(stretch, language)
        if len(pieces) < 2 or not stretch.endswith(pieces[-1]):  # noqa: PLR2004  one piece ends nowhere
            stretch = stretch[: stretch.rfind(" ") + 1] or stretch
            pieces = [stretch, ""]
        yield from pieces[:-1]
        at += len(stretch) - len(pieces[-1])
    yield from _pieces(text[at:], language)


def _pieces(text: str, language: str) -> list[str]:
    """Split a text. Numbers that end a bracket ("(Gull 1846) The") are masked: sentencex reads them as list items."""
    harmless = _NUMBER_IN_BRACKETS.sub(r"\1x)", text)
    pieces: list[str] = segment(language, harmless)
    if harmless == text:
        return pieces
    ends = list(accumulate(map(len, pieces)))
    return [text[begin:end] for begin, end in pairwise([0, *ends])] if ends[-1:] == [len(text)] else [text]


def _continues(text: str, before: tuple[int, int], start: int, end: int, language: str) -> bool:
    """Return whether a sentence was split wrongly: after an abbreviation, before a lower-case letter or closing quote.

    If the language capitalises nouns, also after an ordinal ("im 20. Jahrhundert"), unless a typical opener follows.
    """
    first = text[start]
    if first in _CLOSERS or first.islower() or not has_content(text[start:end]):
        return True
    last = _LAST_WORD.search(text, max(before[0], before[1] - 24), before[1])
    if last is None:
        return text[start - 1] in _CLOSERS and "\u3040" <= first <= "\u309f"  # 「来た。」と言った
    word = last[1].lower()
    if not text[start - 1].isspace() and len(word) <= _SHORTEST:
        return True  # "av. J.-C.", "a.C."
    if language in WORDS["languages_of_capital_nouns"] and word.isdecimal() and len(word) <= _ORDINAL_DIGITS:
        opener = _FIRST_WORD.match(text, start)
        return opener is not None and opener[0] not in WORDS["german_openers"]
    if last[1] == _HONORIFICS.get(language) and text[last.start(1) - 1 : last.start(1)] != ".":
        return True
    if word in _TITLES or _THAI_ABBREVIATION.fullmatch(word):
        return True
    return word in _ABBREVIATIONS and (first.isdigit() or (len(word) == 1 and not first.isalpha()))


MARK = "\ue000"  # the position of a footnote
NO_MARKUP = "\ue001"  # keeps an apostrophe of the text from forming markup with the next one
REMOVED = "\ue002"  # markup that is not shown
APOSTROPHE = "\ue003"  # an apostrophe that is never markup (nowiki)

# Lone surrogates cannot be encoded, so other libraries do not accept them. At NUL, mwparserfromhell's tokenizer ends,
# and everything open before it was searched for again and again.
_PRIVATE = re.compile("[\0\ue000-\ue003\ud800-\udfff]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ue001\ue002]")
# Unicode Bidirectional Algorithm: the letters of an override (U+202E) are shown from right to left up to U+202C.
_OVERRIDDEN = re.compile("\u202e([^\u202c\n]*)")
_QUOTES = re.compile("'{2,}")
_INVISIBLE_RUN = re.compile(r"[^\S ]|[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ue000-\ue002]")
_CLOSES = re.compile(r"[.!?][”\"’')]?$|[,;:]$")
_MARKUP_OF = {2: 2, 3: 3, 4: 3}  # by length: doQuotes reads four apostrophes as one and bold, more as text and both
_SUPERSCRIPTS = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_SUPERSCRIPT = re.compile(r"[+−-]?\d+|n")


def strip_private_use(text: str) -> str:
    """Replace NUL, surrogates, and the private-use characters that the renderer uses; the length stays the same."""
    return _PRIVATE.sub("\ufffd", text) if "\0" in text or not text.isascii() else text


def to_superscript(text: str) -> str:
    """Render a superscript: digits as raised characters (10⁶, km²), words as they are (20th)."""
    return text.translate(_SUPERSCRIPTS) if _SUPERSCRIPT.fullmatch(text) else text


def drop_quote_markup(raw: str) -> str:
    """Remove bold and italic quotes; the length stays the same."""
    if "''" not in raw:
        return raw
    lines = raw.split("\n")
    for number, line in enumerate(lines):
        if "''" not in line:
            continue
        marks = [_MARKUP_OF.get(len(run), 5) for run in _QUOTES.findall(line)]
        both_odd = (len(marks) - marks.count(2)) % 2 and (len(marks) - marks.count(3)) % 2  # bold and italic
        lines[number] = _QUOTES.sub(_shown, _rebalanced(line) if both_odd else line)
    return "\n".join(lines)


def render_text(raw: str) -> tuple[str, list[int]]:
    """Return the words of `raw` and the position of each footnote mark in them."""
    text = drop_quote_markup(raw)
    if not text.isascii():
        text = _OVERRIDDEN.sub(lambda match: match[1][::-1], text)
        text = _INVISIBLE.sub("", text).replace(APOSTROPHE, "'")
    # HTML: a browser shows any run of white space, including line ends, as one space.
    text = " ".join(text.split())
    if MARK not in text:
        return text, []
    # The text around the marks is joined as if they had not been there.
    first, *segments = text.split(MARK)
    pieces, length, tail = [first], len(first), first[-2:]
    marks: list[int] = []
    for piece in segments:
        marks.append(length)
        following = piece.lstrip(" ") if not length or tail[-1:] == " " else piece
        if not following:
            continue
        if tail[-1:] == " " and following[0] in ",.;:)":
            pieces.append(pieces.pop()[:-1])
            length -= 1
        elif _CLOSES.search(tail) and (following[0].isupper() or (tail[-1] in ",;:" and following[0].isalpha())):
            following = f" {following}"
        pieces.append(following)
        length += len(following)
        tail = (tail + following)[-2:]
    words = "".join(pieces).rstrip(" ")
    return words, [min(mark, len(words)) for mark in marks]


def visible_offsets(raw: str, counts: list[int]) -> list[int]:
    """Return the index in the rendered `raw` of the n-th visible character, for each n of `counts`."""
    words = _INVISIBLE_RUN.sub(" ", raw).split(" ")
    solid = list(accumulate(map(len, words), initial=0))
    # One space precedes each word but the first, so the index of the n-th solid character is n + its word's number.
    return [count + bisect_right(solid, count) - 1 if count < solid[-1] else len(raw) for count in counts]


def _shown(run: re.Match[str]) -> str:
    markup = _MARKUP_OF.get(len(run[0]), 5)
    return "'" * (len(run[0]) - markup) + REMOVED * markup


def _rebalanced(line: str) -> str:
    """Return a line whose bold and italic are both odd with one ''' read as an apostrophe and '', as MediaWiki does.

    It takes the first one after a one-letter word, else the first after a longer word, else the first after a space.
    https://github.com/wikimedia/mediawiki/blob/master/includes/parser/Parser.php (doQuotes)
    """
    bold = [run.start() for run in _QUOTES.finditer(line) if len(run[0]) == 3]  # noqa: PLR2004
    at = min(bold, key=lambda at: 2 if line[at - 1 : at] in ("", " ") else line[at - 2 : at - 1] != " ", default=None)
    return line if at is None else f"{line[:at]}{APOSTROPHE}{line[at + 1 :]}"


@dataclass(frozen=True, slots=True)
class Footnote:
    """The reference keys used at a mark, or the maintenance tag."""

    keys: tuple[str, ...] = ()
    tag: str = ""


@dataclass(slots=True)
class Passage:
    """A paragraph, item, cell, caption or parameter while it is read.

    `anchors` are (index into parts, source offset, whether the part is the source verbatim), `support` the references
    of a table's row, column and caption, `spanned` the labels that a cell has in the rows below its own.
    """

    where: TextKind
    label: str = ""
    start: int = 0
    end: int = 0
    item: str = ""
    parts: list[str] = field(default_factory=list)
    notes: list[Footnote] = field(default_factory=list)
    anchors: list[tuple[int, int, bool]] = field(default_factory=list)
    support: tuple[str, ...] = ()
    spanned: tuple[str, ...] = ()
    _rendered: tuple[str, list[int]] | None = None
    blank: int = 0  # leading parts that are known to be space

    @property
    def is_empty(self) -> bool:
        """Return whether only space has been written so far."""
        while self.blank < len(self.parts) and self.parts[self.blank].isspace():
            self.blank += 1
        return self.blank >= len(self.parts)

    def anchor(self, source: int, *, exact: bool = False) -> None:
        """Record that the next part begins at `source`."""
        self.anchors.append((len(self.parts), source, exact))

    def note(self, footnote: Footnote) -> None:
        """Add a footnote mark at the current position."""
        self.parts.append(MARK)
        self.notes.append(footnote)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the references in the passage."""
        return tuple(key for note in self.notes for key in note.keys)

    def words(self) -> str:
        """Return the plain text as a reader sees it, without footnotes."""
        return self.rendered()[0]

    def rendered(self) -> tuple[str, list[int]]:
        """Return the plain text and the position of each footnote in it; computed once, for a complete passage."""
        if self._rendered is None:
            self._rendered = render_text("".join(self.parts))
        return self._rendered

    def locate(self, spans: list[tuple[int, int]]) -> list[Location]:
        """Return the source spans that contain the given spans of `words()`, which must be in order."""
        if len(spans) == 1 or not self.anchors:
            return [Location(start=self.start, end=self.end)] * len(spans)
        text = self.words()
        requested: list[int] = []
        solid = at = 0
        for begin, end in spans:
            solid += begin - at - text.count(" ", at, begin)
            requested.append(solid)
            solid += end - begin - text.count(" ", begin, end)
            # The last solid character of the sentence, not the first of the next.
            requested.append(solid - 1)
            at = end
        result = visible_offsets(drop_quote_markup("".join(self.parts)), requested)
        lengths = [*accumulate(map(len, self.parts), initial=0)]
        begins = [lengths[part] for part, _, _ in self.anchors]

        def source(raw: int) -> tuple[int, int]:
            """Return the source span behind one rendered character."""
            index = max(bisect_right(begins, raw) - 1, 0)
            _, source, exact = self.anchors[index]
            if exact:
                at = source + raw - begins[index]
                return at, at + 1
            following = self.anchors[index + 1][1] if index + 1 < len(self.anchors) else self.end
            return source, max(following, source)

        starts = [self.anchors[0][1], *(source(raw)[0] for raw in result[2::2])]
        ends = [*(source(raw)[1] for raw in result[1:-1:2]), self.end]
        return [Location(start=start, end=end) for start, end in zip(starts, ends, strict=True)]


MOST_CITED = 500  # footnotes on one sentence


def sentences_of(passage: Passage, language: str) -> tuple[list[Sentence], list[Tag]]:
    """Return the sentences and tags of a passage, located in the block; tags without words have an empty sentence."""
    text, marks = passage.rendered()
    if not has_content(text):
        where = Location(start=passage.start, end=passage.end)
        return [], [Tag(name=note.tag, location=where) for note in passage.notes if note.tag]
    spans = boundaries(text, language, passage.where, marks)
    locations = passage.locate(spans)
    starts = [start for start, _ in spans]
    keys: list[dict[str, None]] = [{} for _ in spans]
    tags: list[dict[str, None]] = [{} for _ in spans]
    closed: set[int] = set()  # sentences with a reference at their end
    for position, note in zip(marks, passage.notes, strict=True):
        # A footnote after the full stop belongs to the sentence before it.
        index = max(bisect_left(starts, position) - 1, 0)
        if len(keys[index]) < MOST_CITED:
            keys[index].update(dict.fromkeys(note.keys))
        if note.keys and not any(map(str.isalnum, text[position : spans[index][1]])):
            closed.add(index)
        if note.tag:
            tags[index][note.tag] = None
    cites = [*map(tuple, keys)]
    # A sentence without references is supported by those at the end of the next sentence of its paragraph that has
    # some; references within a sentence support only a part of it.
    supports = list(cites)
    for index in reversed(range(len(cites) - 1)):
        closes = index + 1 in closed or not cites[index + 1]
        supports[index] = supports[index] or (supports[index + 1] if closes else ())
    sentences = [
        Sentence(
            text=text[start:end],
            where=passage.where,
            label=passage.label,
            cites=own,
            references=support,
            support=tuple(dict.fromkeys(passage.support)),
            tags=tuple(names),
            spanned=passage.spanned,
            location=location,
        )
        for (start, end), own, support, names, location in zip(spans, cites, supports, tags, locations, strict=True)
    ]
    result = [
        Tag(name=name, sentence=sentence.text, location=sentence.location)
        for sentence in sentences
        for name in sentence.tags
    ]
    return sentences, result
