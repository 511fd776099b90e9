"""Diff two token sequences into the places where they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Indel, JaroWinkler

from watcher.common_ends import common_ends
from watcher.text.calendars import are_two_dates
from watcher.text.tokens import Token, TokenKind
from watcher.text.words import are_opposites, are_synonyms, han_number, have_same_opposites, is_slip, without_elision

_TYPO = 0.9  # Jaro-Winkler: "Jermaine"/"Jermain" is above, "Iran"/"Iraq" below
_TYPO_LETTERS = 5
_SLIPS = 3  # letters inserted or omitted
_ROOT = 4  # letters that two forms of a word share
_NUMERIC = (TokenKind.RANK, TokenKind.NUMBER, TokenKind.DATE)
_LEXICAL = (TokenKind.WORD, TokenKind.NAME)
# Not after "U.S." or "St.": a full stop ends a longer word, a number or a bracket
_FULL_STOP = re.compile(r"(?:(?<=[a-z]{3})|(?<=[\d%)\]”\"]))[.!?;][\"”')\]]*\s+(?=\w)")
_ARTICLE = frozenset("a an un une uno una um uma ein eine einen einem einer een".split())
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")
_DIGIT = re.compile(r"\d")
_MOST = 60  # tokens of a change that are compared with each other
# Endings of demonyms, and of the names of their countries.
_DEMONYM = frozenset("n an ian ean ese es s ish i ic er ien".split())
_COUNTRY = frozenset(("", "a", "e", "y", "i", "al", "ey", "ia", "land"))
# A syllable of Thai, Lao, Burmese or Khmer
_SYLLABLE = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_STOPS = frozenset("of the and for on in de del della des du di la el y e et en der die des und für".split())


@dataclass(frozen=True, slots=True)
class TokenChange:
    """The changed tokens between two shared neighbours; `old` and `new` lack those that only moved or were respelt."""

    old: tuple[Token, ...]
    new: tuple[Token, ...]
    old_span: tuple[int, int]  # characters, from the shared neighbour before to the one after
    new_span: tuple[int, int]
    content: tuple[tuple[Token, ...], tuple[Token, ...]]  # the content tokens of either side
    splits: bool = False  # a full stop was added or removed: clauses were joined or split

    @property
    def spans(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the character spans of both sides."""
        return self.old_span, self.new_span

    @property
    def is_long(self) -> bool:
        """Return whether a paragraph was rewritten here, which is too much to compare word by word."""
        return len(self.old) > _MOST or len(self.new) > _MOST

    @property
    def counts(self) -> bool:
        """Return whether a number replaced an article: "a man died" → "two men died"."""
        if len(self.old) != 1 or len(self.new) != 1 or self.old[0].text.casefold() not in _ARTICLE:
            return False
        number = self.new[0]
        known = number.text.casefold() in _ARTICLE | {"one", "1"}
        return number.kind in (TokenKind.NUMBER, TokenKind.FIGURE) and not known

    def of(self, *kinds: TokenKind) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
        """Return the tokens of these kinds on both sides."""
        return (
            tuple(token for token in self.old if token.kind in kinds),
            tuple(token for token in self.new if token.kind in kinds),
        )


def respelt(old: Token, new: Token) -> bool:
    """Return whether two tokens are the same in another spelling: a typo, a synonym, or another form of the word."""
    a, b = old.key, new.key
    name, other = (without_elision(token.text.casefold()) for token in (old, new))
    if a == b or are_synonyms(name, other) or (name == other and old.kind in _LEXICAL and new.kind in _LEXICAL):
        return True
    if old.kind in _NUMERIC and new.kind in _NUMERIC:
        return _same_number(a, b)
    if {old.kind, new.kind} == {TokenKind.FIGURE, TokenKind.NUMBER}:
        # 二神 and 2神, 十二万人 and 12万人: one of them is read as a quantity
        figure, number = (old, new) if old.kind is TokenKind.FIGURE else (new, old)
        return number.key in (figure.text, "#") or number.key == han_number(figure.text)
    if are_opposites(a, b) or are_two_dates(name, other) or _DIGIT.findall(name) != _DIGIT.findall(other):
        return False  # "under-20" is not "under-23"
    if old.kind not in _LEXICAL or new.kind not in _LEXICAL:
        return is_slip(name, other)
    # Names, also at the beginning of a sentence
    named = (old.kind is new.kind is TokenKind.NAME) or (old.text[0].isupper() and new.text[0].isupper())
    if have_same_opposites(name, other) or is_slip(name, other, named=named) or _same_letters(a, b, named=named):
        return True
    # A people or language and its country: "Russian", "Portuguese"; "Nigeria" is not a form of "Niger".
    if not named:
        return False
    root, _ = common_ends(name, other)
    endings = {name[root:], other[root:]}
    return root >= _ROOT and bool(endings & _DEMONYM) and endings <= _DEMONYM | _COUNTRY


def _same_number(a: str, b: str) -> bool:
    """Return whether "13th March" is "13 March", "1998–99" is "1998–1999", and 24 is 24.0."""
    if "." in a + b and a.replace(".", "", 1).isdecimal() and b.replace(".", "", 1).isdecimal():
        return float(a) == float(b)
    if a.endswith("00s") != b.endswith("00s"):
        century, decades = (b, a) if a.endswith("00s") else (a, b)
        return century.endswith("th") and int(century[:-2]) - 1 == int(decades[:-3])  # 15th century, 1400s
    shorter, longer = sorted((_ORDINAL.sub("", a), _ORDINAL.sub("", b)), key=len)
    return shorter == longer or ((len(shorter), len(longer)) == (2, 4) and longer.endswith(shorter))


def _same_letters(a: str, b: str, *, named: bool) -> bool:
    shorter, longer = sorted((a.casefold(), b.casefold()), key=len)
    if shorter == longer:
        return True
    if named and len(shorter) in (2, 3) and len(shorter) < len(longer) / 2 + 1 and shorter[0] == longer[0]:
        letters = iter(longer)
        if all(letter in letters for letter in shorter):
            return True  # "st" for "street"
    if named and len(shorter) < len("Australasian"):
        return False  # shorter names that look alike are different, as "Austria" and "Australia"
    root = _ROOT if shorter.isascii() else _ROOT - 1  # Devanagari writes a vowel with its consonant
    if len(shorter) >= root and longer.startswith(shorter) and len(longer) <= len(shorter) + 4:
        return True  # "exploit" and "exploitation"
    # "Sufficient" is not a typo for "insufficient".
    if shorter[0] != longer[0] or len(shorter) < _TYPO_LETTERS:
        return False
    return JaroWinkler.similarity(a, b) >= _TYPO and Indel.distance(a, b) <= _SLIPS


def _run_together(old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether words were only joined or split ("De Vries", "DeVries"), or a typo crosses a space."""
    own = "".join(token.text for token in old if token.kind.is_content).casefold()
    other = "".join(token.text for token in new if token.kind.is_content).casefold()
    if not own or not other or len(_content(old)) == len(_content(new)) == 1:
        return False
    if own != other and (
        min(len(own), len(other)) <= _TYPO_LETTERS
        or Indel.normalized_similarity(own, other, score_cutoff=_TYPO) <= _TYPO
        or any(token.kind.is_content and token.kind not in _LEXICAL for token in (*old, *new))
    ):
        return False
    return not any(are_opposites(a.key, b.key) for a in old for b in new)


def _cancel(old: list[Token], new: list[Token]) -> tuple[list[Token], list[Token]]:
    """Return both sides of a change without the tokens that they share in another spelling."""
    if not old or not new or len(old) > _MOST or len(new) > _MOST:
        return old, new  # in a rewritten paragraph, pairing words is quadratic and useless
    if _run_together(old, new):
        return [], []
    left = list(new)
    kept = []
    for token in old:
        twin = next((other for other in left if respelt(token, other)), None)
        if twin is None:
            kept.append(token)
        else:
            left.remove(twin)
    # An acronym on one side that the other side spells out (also "MPs"); "U.S. Navy" is not "UN".
    for short, long in ((kept, left), (left, kept)):
        names = _content(long)
        letters = "".join(name.text[0] for name in names if name.text.casefold() not in _STOPS).upper()
        if any(name.key.isupper() for name in names):
            continue
        for token in short:
            initials = token.key if token.key.isupper() else token.text.removesuffix("s")
            if token.kind is TokenKind.NAME and len(initials) > 1 and letters.startswith(initials):
                short.remove(token)
                for name in names[: len(initials)]:
                    long.remove(name)
                return kept, left
    return kept, left


def _without(tokens: list[Token], moved: Counter[str]) -> list[Token]:
    kept = []
    for token in tokens:
        if token.kind.is_content and moved[token.key] > 0:
            moved[token.key] -= 1
        else:
            kept.append(token)
    return kept


def _matches(old: Sequence[Token], new: Sequence[Token]) -> list[tuple[int, int]]:
    """Return the index pairs of the content tokens that both sides share, in order, between pairs for the two ends.

    A lone shared word between a removal and an addition is left out, so that these are one replacement: "were sexually
    exploited" → "were exploited in marriages" is one change.
    """
    own = [at for at, token in enumerate(old) if token.kind.is_content]
    other = [at for at, token in enumerate(new) if token.kind.is_content]
    codes = Indel.opcodes([old[at].key for at in own], [new[at].key for at in other])
    # Positions among the content tokens; those between two of them were removed or added.
    shared = [
        pair
        for code in codes
        if code.tag == "equal"
        for pair in zip(range(code.src_start, code.src_end), range(code.dest_start, code.dest_end), strict=True)
    ]
    kept = [(-1, -1)]
    for (k, m), (p, q) in pairwise([*shared, (len(own), len(other))]):
        i, j = kept[-1]
        before, after = (k - i > 1, m - j > 1), (p - k > 1, q - m > 1)
        crossing = (before, after) in (((True, False), (False, True)), ((False, True), (True, False)))
        if not crossing or old[own[k]].kind is not TokenKind.WORD:
            kept.append((k, m))
    pairs = [(-1, -1), *((own[k], other[m]) for k, m in kept[1:]), (len(old), len(new))]
    parted = [_parting(old, new, *pair) for pair in pairwise(pairs)]
    return [pair for first, between in zip(pairs, [*parted, []], strict=True) for pair in (first, *between)]


def _parting(
    old: Sequence[Token], new: Sequence[Token], begin: tuple[int, int], end: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the index pairs of two shared function words that separate a removal from an addition, if there are any.

    In "(Radhus) was a Swedish court" → "(Radhus, Stadhuset) was a court", no name replaces another.
    """
    (i, j), (k, m) = begin, end
    own = [at for at in range(i + 1, k) if old[at].kind.is_content]
    other = [at for at in range(j + 1, m) if new[at].kind.is_content]
    if not own or not other or max(k - i, m - j) > _MOST:
        return []
    for a, b in ((a, b) for a in range(i + 1, k - 1) for b in range(j + 1, m - 1)):
        both = (old[a], old[a + 1]), (new[b], new[b + 1])
        if [t.key for t in both[0]] == [t.key for t in both[1]] and not any(t.kind.is_content for t in both[0]):
            crossed = (own[0] > a and other[-1] < b) or (own[-1] < a and other[0] > b)
            return [(a, b), (a + 1, b + 1)] if crossed else []
    return []


def _gap(text: str, row: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    """Return the span of the characters between the tokens `first` and `last`, which both sides share (or the ends).

    It includes all tokens between them, also those that share their characters with a neighbour: the day, month and
    year of "17.11.1981" are three tokens of one text.
    """
    between = row[first + 1 : last]
    start = min((token.start for token in between), default=len(text))
    start = min(start, row[first].end) if first >= 0 else 0
    end = row[last].start if last < len(row) else len(text)
    return start, max(start, end, *(token.end for token in between))


def _content(row: Sequence[Token]) -> tuple[Token, ...]:
    return tuple(token for token in row if token.kind.is_content)


def token_changes(old_text: str, new_text: str, old: Sequence[Token], new: Sequence[Token]) -> tuple[TokenChange, ...]:
    """Return the changes between two rows of tokens, in order, without those whose sides mean the same."""
    raw: list[tuple[list[Token], list[Token]]] = []
    spans = []
    for (i, j), (k, m) in pairwise(_matches(old, new)):
        if k - i > 1 or m - j > 1:
            raw.append((list(old[i + 1 : k]), list(new[j + 1 : m])))
            spans.append((_gap(old_text, old, i, k), _gap(new_text, new, j, m)))
    # How often each key was removed in one change and added in another.
    gone = Counter(token.key for before, _ in raw for token in before if token.kind.is_content)
    gone &= Counter(token.key for _, after in raw for token in after if token.kind.is_content)
    come = gone.copy()
    result = []
    for (before, after), (old_span, new_span) in zip(raw, spans, strict=True):
        left, right = _cancel(_without(before, gone), _without(after, come))
        if not (left and right) and (_is_doubled(left, old) or _is_doubled(right, new)):
            continue
        if [token.key for token in left] != [token.key for token in right]:
            own, other = (
                _FULL_STOP.findall(text, *span) for text, span in ((old_text, old_span), (new_text, new_span))
            )
            splits = len(own) != len(other)
            content = (_content(left), _content(right))
            result.append(TokenChange(tuple(left), tuple(right), old_span, new_span, content, splits))
    return tuple(result)


def _is_doubled(part: Sequence[Token], row: Sequence[Token]) -> bool:
    """Return whether a part of a row only repeats the tokens beside it: "may cause may cause"."""
    at, size = row.index(part[0]) if part else 0, len(part)
    keys = [token.key for token in part]
    beside = (row[max(at - size, 0) : at], row[at + size : at + 2 * size])
    return size > 0 and any([token.key for token in other] == keys for other in beside)


def word_count(chosen: Iterable[Token]) -> float:
    """Return the number of words of some tokens; in scripts without blanks, two signs or four syllables are about one.

    >>> from watcher.text.tokens import tokens
    >>> word_count(tokens("the long bridge")), word_count(tokens("长桥")), word_count(tokens("สะพานยาว"))
    (3, 1.0, 2.0)
    """
    return sum(
        0.25 if _SYLLABLE.match(token.text) else 0.5 if len(token.text) == 1 and token.text >= "\u3040" else 1
        for token in chosen
    )
