"""Find the cues of a language that make a sentence a claim."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain

from watcher.model import Cue, CueMatch

_CUES = (
    Cue.SUPERLATIVE, Cue.NEGATION, Cue.HEDGE, Cue.ATTRIBUTION, Cue.DIRECTION, Cue.COMPARISON, Cue.DEFINITION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that is a cue: its words after the first, the cue, and its normalized meaning."""

    rest: tuple[str, ...]
    cue: Cue
    normalized: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The cue tables of one language. `phrases` are keyed by their first word, longest first."""

    phrases: dict[str, tuple[Phrase, ...]]
    ordinals: dict[str, int]
    most: str
    least: str
    same: dict[str, str]
    among: tuple[tuple[str, ...], ...]
    articles: frozenset[str]
    joiners: frozenset[str]
    no_names: frozenset[str]
    ending: str
    no_superlative: frozenset[str]

    def grades(self, word: str) -> bool:
        """Return whether a lower-case word can begin a superlative: "most", "largest", "worst"."""
        if word in ("best", "worst", self.most, self.least):
            return True
        ends = self.ending and word.endswith(self.ending) and len(word) > len(self.ending) + 1
        return bool(ends) and word.isalpha() and word not in self.no_superlative


@cache
def cues(language: str) -> Cues | None:
    """Return the tables of a language ("en", "de", "fr", "es"; "de-at" is read as "de"), or None if it has none."""
    source = files(__package__).joinpath(f"{language.partition('-')[0].casefold()}.toml")
    if not language.isascii() or not language.replace("-", "").isalnum() or not source.is_file():
        return None
    raw = tomllib.loads(source.read_text(encoding="utf-8"))
    phrases: dict[str, list[Phrase]] = {}
    for cue, message, row in ((kind, *item) for kind in _CUES for item in raw.get(kind.value, {}).items()):
        for phrase in row.split():
            first, *rest = phrase.casefold().split("_")  # which turns "größte" into "grösste"
            phrases.setdefault(first, []).append(Phrase(tuple(rest), cue, message))
    return Cues(
        phrases={first: tuple(sorted(rows, key=lambda row: -len(row.rest))) for first, rows in phrases.items()},
        ordinals={word: number for number, word in enumerate(raw["ordinals"].split(), start=1)},
        most=raw["most"],
        least=raw["least"],
        same=dict(pair.replace("_", " ").split("=") for pair in raw.get("same", "").split()),
        among=tuple(tuple(phrase.split("_")) for phrase in raw["among"].split()),
        articles=frozenset(raw["article"].split()),
        joiners=frozenset(joiner.partition("_")[0] for joiner in raw["list_joiners"].split()),
        no_names=frozenset(raw["month_names"].split()),
        ending=raw["superlative_ending"],
        no_superlative=frozenset(raw["no_superlative"].split()),
    )


# A digit may start a word ("3rd"); an apostrophe may stand inside ("doesn't", "l'un").
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_ORDINAL = re.compile(r"(\d{1,3})(?:st|nd|rd|th|\.|e|er|º|ª)?")
_PART = r"[^\W\d_a-zà-ÿ][\w’'.&-]*"
_NAME = re.compile(
    rf"(?<![\w’'-]){_PART}(?:\s++(?:(?:of|the|and the|de|da|du|von|van|der|la|el|al-?)\s*+)?{_PART}){{0,5}}"
)
_LIST_GAP = re.compile(r"\s*+(?:[,;]\s*+)?(?:(\w{1,24}|&)\s++)?(?:[Tt]he\s++)?")
_CAPITALISED = re.compile(r"(?<![\w’'])[^\W\d_a-zß-ÿ][\w’'&-]*(?:\.[^\W\d_a-z]\.?)*")
_HEAD = 80  # characters: a definition's verb stands near the start of its sentence
_VERBS = frozenset({"is", "are", "was", "were", "has", "have", "had", "that", "which", "who", "there", "it"})


class _SentenceTokens:
    """A sentence and its words, which are searched only once."""

    __slots__ = ("lower", "table", "text", "words")

    def __init__(self, text: str, table: Cues) -> None:
        self.text = text[:20_000]  # what is longer is no sentence
        self.table = table
        self.words = list(_WORD.finditer(self.text))
        folded = self.text.casefold().replace("’", "'")
        if len(folded) == len(self.text):
            self.lower = [folded[word.start() : word.end()] for word in self.words]
        else:  # "ß" folds to two letters
            self.lower = [word.group().casefold().replace("’", "'") for word in self.words]

    def mark(self, cue: Cue, first: int, last: int, normalized: str) -> CueMatch:
        start, end = self.words[first].start(), self.words[last].end()
        return CueMatch(cue=cue, text=self.text[start:end], normalized=normalized, start=start, end=end)

    def follows(self, at: int, phrase: tuple[str, ...]) -> bool:
        return tuple(self.lower[at : at + len(phrase)]) == phrase

    def is_in_name(self, at: int) -> bool:
        """Return whether a word has a capital without beginning a sentence or quotation, as in "Best Actress"."""
        gap = self.text[self.words[at - 1].end() : self.words[at].start()] if at else "."
        return self.words[at].group()[0].isupper() and not any(sign in gap for sign in '.!?:;"“')

    def numeral_after(self, at: int) -> bool:
        return at + 1 < len(self.words) and self.lower[at + 1][0].isdigit()

    def adjoins(self, at: int) -> bool:
        """Return whether only spaces or a hyphen separate the word from the next."""
        if at + 1 >= len(self.words):
            return False
        gap = self.text[self.words[at].end() : self.words[at + 1].start()]
        return not gap.strip(" -‐‑\u00a0")


def _degree(reader: _SentenceTokens, at: int) -> tuple[str, int] | None:
    """Return the superlative at a word ("largest", "most widely used") and the index of its last word, or None."""
    word = reader.lower[at]
    if word in (reader.table.most, reader.table.least) and reader.adjoins(at):
        last = at + 1
        last += reader.lower[last].endswith("ly") and reader.adjoins(last)
        return " ".join(reader.lower[at : last + 1]), last
    if not reader.table.grades(word):
        return None
    text = reader.table.same.get(word, word)
    hyphenated = reader.adjoins(at) and reader.text[reader.words[at].end()] in "-‐‑"
    return (f"{text} {reader.lower[at + 1]}", at + 1) if hyphenated else (text, at)


def _find_ranks(reader: _SentenceTokens) -> Iterator[CueMatch]:
    taken = -1
    table = reader.table
    for at, word in enumerate(reader.lower):
        number = table.ordinals.get(word)
        if at <= taken or not (number is not None or word[0].isdigit() or table.grades(word)) or reader.is_in_name(at):
            continue
        if word[0].isdigit() and (match := _ORDINAL.fullmatch(word)) and not word.isdecimal():
            number = int(match[1])
        degree = _degree(reader, at + 1) if number is not None and reader.adjoins(at) else None
        if degree is not None:
            taken = degree[1]
            yield reader.mark(Cue.RANK, at, taken, f"{number} {degree[0]}")
            continue
        degree = _degree(reader, at)
        # "Most countries" counts, "the most populous" compares.
        if degree is not None and (word not in (table.most, table.least) or _follows_article(reader, at, reach=2)):
            taken = degree[1]
            yield _softened(reader, at, taken, degree[0])


def _softened(reader: _SentenceTokens, at: int, last: int, message: str) -> CueMatch:
    """Return the mark of a superlative, including "one of the" before it."""
    article = 1 if at and reader.lower[at - 1] in reader.table.articles else 0
    for phrase in reader.table.among:
        start = at - article - len(phrase)
        if start >= 0 and reader.follows(start, phrase):
            return reader.mark(Cue.SUPERLATIVE, start, last, f"among {message}")
    return reader.mark(Cue.SUPERLATIVE, at, last, message)


def _follows_article(reader: _SentenceTokens, at: int, reach: int = 1) -> bool:
    """Return whether one of the `reach` words before is an article ("el puerto más grande"), or a genitive precedes."""
    before = reader.lower[max(0, at - reach) : at]
    return not reader.table.articles.isdisjoint(before) or any(word.endswith("'s") for word in before[-1:])


def _plain_mark(reader: _SentenceTokens, at: int, last: int, phrase: Phrase) -> CueMatch | None:
    meaning = phrase.normalized
    match phrase.cue:
        case Cue.NEGATION:
            # The negated word is included; short words and auxiliaries between are skipped.
            rest = (word for word in reader.lower[last + 1 :] if len(word) > len("be"))
            negated = next((word for word in rest if word not in ("been", "the", "any", "yet")), "")
            return reader.mark(phrase.cue, at, last, f"{meaning} {negated}".strip())
        case Cue.ATTRIBUTION if meaning == "according":
            # The name of the source ends before the next comma or verb.
            stop = re.compile("[,;:]").search(reader.text, reader.words[last].end())
            limit = stop.start() if stop else len(reader.text)
            end = last
            for number in range(last + 1, len(reader.words)):
                if reader.words[number].end() > limit or reader.lower[number] in _VERBS:
                    break
                end = number
            names = _CAPITALISED.findall(reader.text[reader.words[last].end() : reader.words[end].end()])
            named = " ".join(sorted({name.casefold().replace(".", "") for name in names}))
            return reader.mark(phrase.cue, at, end, f"{meaning} {named}".strip())
        case Cue.DEFINITION if meaning == "is":
            end = min(last + 2, len(reader.words) - 1)
            return reader.mark(Cue.DEFINITION, at, end, "is") if reader.words[at].start() <= _HEAD else None
        case Cue.SUPERLATIVE:
            # "The first country" ranks, "when it was first found" does not; "only 3%" bounds a number, like "more
            # than", and is part of the statistic.
            bounds = meaning == "first" or (meaning == "only" and reader.numeral_after(last))
            is_idiom = reader.lower[max(0, at - 2) : at + 2] == ["in", "the", "first", "place"]
            if is_idiom or (bounds and not _follows_article(reader, at)):
                return None
            return _softened(reader, at, last, meaning)
        case Cue.COMPARISON if meaning == "than":
            return _comparison(reader, at)
        case _:
            return reader.mark(phrase.cue, at, last, meaning)


def _comparison(reader: _SentenceTokens, at: int) -> CueMatch | None:
    """Return the mark of "more victims than"; None for "more than 5,000", which only bounds a number."""
    for back in range(1, 0 if reader.numeral_after(at) else min(at, 6) + 1):
        word = reader.lower[at - back]
        if word in ("more", "less", "fewer", "rather", "other") or (word.endswith("er") and back == 1):
            return reader.mark(Cue.COMPARISON, at - back, at, word)
    return None


def _find_phrases(reader: _SentenceTokens) -> Iterator[CueMatch]:
    for at, word in enumerate(reader.lower):
        for phrase in reader.table.phrases.get(word, ()):
            if phrase.rest and not reader.follows(at + 1, phrase.rest):
                continue
            if word == "may" and reader.words[at].group()[0].isupper() and reader.numeral_after(at):
                continue  # a month
            if phrase.cue is not Cue.NEGATION and reader.is_in_name(at):
                continue  # the "States" of a name states nothing
            if cue := _plain_mark(reader, at, at + len(phrase.rest), phrase):
                yield cue


def _find_entities(reader: _SentenceTokens) -> Iterator[CueMatch]:
    """Yield the names that are in a list: two joined by "and", or more separated by commas."""
    lists: list[list[re.Match[str]]] = []
    for name in _NAME.finditer(reader.text):
        if name.group().casefold().rstrip(".") in reader.table.no_names:
            continue
        gap = _LIST_GAP.fullmatch(reader.text, lists[-1][-1].end(), name.start()) if lists else None
        joiner = (gap[1] or "").casefold() if gap else ""
        parting = {"": ",;", "the": ","}.get(joiner, "")  # signs in place of "and"
        if gap and (joiner in reader.table.joiners or any(sign in gap[0] for sign in parting)):
            lists[-1].append(name)
        else:
            lists.append([name])
    for name in chain.from_iterable(names for names in lists if len(names) > 1):
        message = name.group().casefold().replace(".", "").replace("’", "'")
        yield CueMatch(cue=Cue.ENTITY, text=name.group(), normalized=message, start=name.start(), end=name.end())


_READERS: tuple[Callable[[_SentenceTokens], Iterator[CueMatch]], ...] = (_find_ranks, _find_phrases, _find_entities)


@lru_cache(maxsize=16384)
def read_marks(text: str, language: str = "en") -> tuple[CueMatch, ...]:
    """Return the cues of a sentence in order; none if the language has no cue file.

    >>> [(mark.cue.value, mark.normalized) for mark in read_marks("It is the 3rd-largest, but doesn't grow.")]
    [('definition', 'is'), ('rank', '3 largest'), ('negation', 'not grow'), ('direction', 'up')]
    """
    table = cues(language)
    if table is None:
        return ()
    reader = _SentenceTokens(text, table)
    result = {(mark.start, mark.end, mark.cue): mark for read in _READERS for mark in read(reader)}
    return tuple(sorted(result.values(), key=lambda mark: (mark.start, mark.end)))
