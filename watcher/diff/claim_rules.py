"""Classify a replaced word or phrase: antonym, negation, number, name, list member."""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz.distance import Levenshtein

from watcher.diff.lexicon import are_synonyms, contradiction, is_typo, stem
from watcher.diff.sentence_pair import ATTENDING, SentencePair, is_in_brackets, is_small, replaced
from watcher.diff.token_diff import TokenChange, abbreviates
from watcher.diff.tokens import Token, TokenKind
from watcher.model import FieldChange

_CLAUSE = 6  # content words: a number in a rewritten clause is another number, not a changed one
_STEM_OF_NAME = 3  # letters that a given name and its short form share
_SHORT_NAME, _LONG_NAME, _MENDED = 4, 7, 2  # letters of a name, and how many of them a corrected spelling changes
_LONGEST = 40  # characters; a longer number is a code
_NUMERALS = {TokenKind.RANK: "rank", TokenKind.DATE: "date", TokenKind.NUMBER: "number"}

_COORDINATES = re.compile(r"\b(?:and|or|nor|but|to)\b|[,/&]", re.IGNORECASE)
_JOINS_DATES = re.compile(r",?\s*(?:and|or|&|und|et|y|e|en)\s+(?:in |the |in the )?", re.IGNORECASE)
_DATED = (TokenKind.DATE, TokenKind.RANK)

Rule = Callable[[SentencePair, TokenChange], FieldChange | None]


def _stem(token: Token) -> str:
    # the keys of words and names are stems already, and a stem of a stem is another word: "comed", "com"
    return token.key if token.kind in (TokenKind.WORD, TokenKind.NAME) else stem(token.text.casefold())


def _opposites(slot: TokenChange) -> tuple[str, Token, Token] | None:
    """Two words of a slot that exclude each other, and how."""
    for old in slot.old:
        for new in slot.new:
            if old.kind in _NUMERALS and new.kind in _NUMERALS:
                continue  # a rank for a rank is told as such
            name = contradiction(_stem(old), _stem(new))
            if name is not None and not _restated(slot, old, new):
                return name, old, new
    return None


def _restated(slot: TokenChange, old: Token, new: Token) -> bool:
    """Return whether another word of the new side says what the old word said: "must" → "will be required to"."""
    return any(
        token is not new and token.kind.is_content and are_synonyms(_stem(old), _stem(token)) for token in slot.new
    )


def negation(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Say "does not require" → "requires"; "not legal" → "illegal" says the same."""
    old, new = slot.of(TokenKind.NEGATION)
    if len(old) % 2 == len(new) % 2 or slot.splits:
        return None
    own, other = slot.content
    attending = max(len(own) - len(old), len(other) - len(new))
    if attending > ATTENDING or _opposites(slot) or _misspelt(slot):
        return None
    return replaced(pair, "negation", slot.old, slot.new)


def _misspelt(slot: TokenChange) -> bool:
    """Return whether a phrase that negates only lost or gained a letter or a word: "rather" → "rather than"."""
    texts = [[token.text.casefold() for token in row] for row in (slot.old, slot.new)]
    if any(long.startswith(f"{short} ") for own, other in (texts, texts[::-1]) for short in own for long in other):
        return True
    old, new = ("".join(dict.fromkeys(token.text.casefold() for token in row)) for row in (slot.old, slot.new))
    return any(" " in token.text for token in (*slot.old, *slot.new)) and is_typo(
        old.replace(" ", ""), new.replace(" ", "")
    )


def antonym(_pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Say "legal" → "illegal" (antonym), "worldwide" → "in Europe" (scope), "drums" → "flute" (predicate)."""
    result = _opposites(slot) if is_small(slot) else None
    if result is None:
        return None
    name, *words = result
    negated = [len([token for token in row if token not in words]) for row in slot.of(TokenKind.NEGATION)]
    if negated[0] % 2 != negated[1] % 2:
        return None  # "not legal" and "illegal" are one
    return FieldChange(name=name, old=words[0].text, new=words[1].text)


def numeral(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a rank, a date or a number that is no statistic (a score, a time of day) replaced by another."""
    rows = ((row, text) for row, text in zip(slot.of(*_NUMERALS), pair.texts, strict=True))
    old, new = ([t for t in row if len(t.text) <= _LONGEST and not _is_marker(text, t)] for row, text in rows)
    if not old or not new or slot.splits or max(map(len, slot.content)) > _CLAUSE:
        return None
    name = next(
        name for token_kind, name in _NUMERALS.items() if any(token.kind is token_kind for token in (*old, *new))
    )
    return replaced(pair, name, old, new)


def _is_given(pair: SentencePair, name: Token) -> bool:
    """Return whether a surname follows a name: "Stephen Byington" and "Steve Byington" are one person."""
    at = pair.new.index(name)
    following = [token for token in pair.new[at + 1 : at + 3] if token.kind is TokenKind.NAME]
    return bool(following) and any(token.key == following[0].key for token in pair.old)


def _is_marker(text: str, token: Token) -> bool:
    """Return whether a number stands in square brackets, as the mark of a footnote that somebody typed."""
    return text[token.start - 1 : token.start] == "[" and text[token.end : token.end + 1] == "]"


def entity(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a name in the place of a name; of who says so, it is the attribution that changed."""
    old, new = slot.of(TokenKind.NAME)
    only_names = slot.content == (old, new) and not slot.splits
    if not old or not new or not (is_small(slot) or only_names):
        return None
    field = replaced(pair, "attribution" if pair.attributes(slot) else "entity", old, new)
    return None if _is_renaming(pair, old, new) or pair.names.same(field.old, field.new) else field


def _is_renaming(pair: SentencePair, old: tuple[Token, ...], new: tuple[Token, ...]) -> bool:
    """Return whether both sides call the article's subject by its name, or only a letter of a name was mended."""
    subject = pair.names.subject
    if subject and all(token.key in subject for token in (*old, *new)):
        return True
    if (
        old[0].text[:_STEM_OF_NAME] == new[0].text[:_STEM_OF_NAME]
        and len(old) == len(new) == 1
        and _is_given(pair, new[0])
    ):
        return True
    before, after = ("".join(token.text for token in row).casefold().replace(" ", "") for row in (old, new))
    if len(before) > _SHORT_NAME and before[0] == after[0] and sorted(before) == sorted(after):
        return True  # the same letters in another order
    return len(before) > _LONG_NAME and before[0] == after[0] and Levenshtein.distance(before, after) <= _MENDED


def list_member(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a name that joined or left a list of names."""
    old, new = slot.of(TokenKind.NAME)
    own, other = slot.content
    only_names = len(own) + len(other) == len(old) + len(new)
    if bool(own) == bool(other) or not only_names or not is_small(slot) or not pair.lists(slot):
        return None
    row, names = (pair.old, old) if old else (pair.new, new)
    text = pair.texts[0] if old else pair.texts[1]
    aside = is_in_brackets(text, names[0].start)  # "Peć (Peja)": another name of the same
    return None if aside or _extends(row, names) else replaced(pair, "entity", old, new)


def listed_date(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a date or century taken from the side of another: "in 1998 and 2004" → "in 1998"."""
    old, new = slot.content
    if new or len(old) != 1 or slot.splits or old[0].kind not in _DATED:
        return None
    row = [token for token in pair.old if token.kind.is_content]
    at = row.index(old[0])
    beside = [(row[at - 1], old[0])] if at else []
    beside += [(old[0], row[at + 1])] if at + 1 < len(row) else []
    text = pair.texts[0]
    listed = any(
        first.kind is other.kind and _JOINS_DATES.fullmatch(text, first.end, other.start) for first, other in beside
    )
    return replaced(pair, "date", old, new) if listed else None


def _extends(row: tuple[Token, ...], names: tuple[Token, ...]) -> bool:
    """Return whether names only lengthen the one beside them ("Ada" to "Hill") or abbreviate it ("… Office (ILO)")."""
    first, last = row.index(names[0]), row.index(names[-1])
    before = row[first - 1] if first else None
    after = row[last + 1] if last + 1 < len(row) else None
    if any(token is not None and token.key == names[0].key for token in (before, after)):
        return True  # "the United Nations (UN)"
    if before is not None and before.kind is TokenKind.NAME and names[0].start - before.end == 1:
        return True
    if after is not None and after.kind is TokenKind.NAME and after.start - names[-1].end == 1:
        return True
    return len(names) == 1 and abbreviates(names[0].key, row[:first])


def letter_label(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Another letter for a name, as in "Group A" → "Group B"."""
    old, new = ([token for token in row if token.text.isupper() and token.start] for row in (slot.old, slot.new))
    if any(slot.content) or len(old) != 1 or len(new) != 1 or len(old[0].text) != 1 or len(new[0].text) != 1:
        return None
    return replaced(pair, "entity", old, new)


def _are_coordinated(text: str, word: Token, other: Token) -> bool:
    """Return whether "and", "or", a comma joins two words: "women and men", not "communist anarchists"."""
    first, last = sorted((word, other), key=lambda token: token.start)
    return _COORDINATES.search(text, first.end, last.start) is not None


def coordinated_opposite(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return the opposite put beside a word, or taken from its side: "women" → "women and men"."""
    old, new = slot.content
    if len(old) + len(new) != 1 or slot.splits:
        return None
    text = pair.texts[0 if old else 1]
    row = [token for token in (pair.old if old else pair.new) if token.kind.is_content]
    word = (*old, *new)[0]
    at = row.index(word)
    beside = row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
    result = any(contradiction(_stem(word), _stem(token)) and _are_coordinated(text, word, token) for token in beside)
    return replaced(pair, "scope", old, new) if result else None


RULES: tuple[Rule, ...] = (
    negation,
    antonym,
    numeral,
    entity,
    list_member,
    listed_date,
    letter_label,
    coordinated_opposite,
)


def replacement(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return what happened in one slot, under the name of the first rule that knows: a rank before a predicate."""
    if slot.is_long:
        return None
    if pair.reported and {token.key for row in slot.content for token in row} <= pair.reported:
        return None
    return next((field for rule in RULES if (field := rule(pair, slot))), None)
