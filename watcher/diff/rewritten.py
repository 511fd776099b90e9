"""Report words that were dropped or replaced where that changes a claim: in the lead, and in rewritten sections.

Words for words are mostly style, and so is a phrase less: nobody can tell from them alone. Where a statistic or claim
of the section changed as well, its text was rewritten, and most of them state something else. So do those of the
lead's sentences about the article's subject, of which each phrase was weighed by somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from rapidfuzz.distance import Indel

from watcher.diff.lexicon import is_praise
from watcher.diff.names import NO_NAMES, Names
from watcher.diff.sentence_pair import is_in_brackets, words_of
from watcher.diff.statements import HATNOTE
from watcher.diff.token_diff import TokenChange, token_changes
from watcher.diff.tokens import Token, TokenKind, are_repeated, tokens
from watcher.model import Change, Claim, FieldChange, Kind, Sentence, TextKind

WORDING = "wording"  # field: words that were dropped or replaced
_TEXTS = frozenset({TextKind.PROSE, TextKind.CAPTION, TextKind.QUOTE, TextKind.INFOBOX})
_MEANINGFUL = frozenset({TokenKind.WORD, TokenKind.NAME, TokenKind.NEGATION})  # of figures and dates other rules tell
_MOST = 100  # reworded sentences; past it an alert of the edit has more than anybody reads
_DROPPED = 2  # words of meaning: one alone is an epithet as often as a restriction
_REPLACED = 3  # on both sides: a word in the place of a word is a synonym as often as not
_FIRST = 4  # words of meaning: a sentence that names the subject among them is about it
_FEWEST = 4  # words of meaning in a sentence that states something
_ALIKE, _SLIP = 0.6, 0.8  # letters of two words that are one in another form, of words with a letter mended
_CODE = re.compile(r"[<>{}\[\]|=]|://|\(\(")  # what is left of markup
_ABOUT_ITSELF = re.compile(rf"^(?:{HATNOTE.pattern})|\bthis (?:article|page)\b", re.IGNORECASE)
# An example, or another name of the same
_ASIDE = re.compile(
    r"\W*(?:such as|e\.g\.|for example|for instance|cf|(?:also|often|sometimes) \w+ (?:to )?as)\b"
    r"|\s*\((?:or|also|i\.e\.)\b",
    re.IGNORECASE,
)


def mark_rewritten(changes: Sequence[Change], names: Names = NO_NAMES) -> tuple[Change, ...]:
    """Return the changes, reworded sentences of sections in which facts changed, or of the lead, as changed claims.

    Of the lead those count that say what the article's subject is or does.
    """
    sections = {change.location.section for change in changes if change.kind.changes_fact}
    reworded = (
        at
        for at, change in enumerate(changes)
        if change.kind is Kind.PROSE_CHANGED
        and change.where in _TEXTS
        and (change.location.section in sections or _is_of_subject(change, names))
    )
    result = list(changes)
    for at in islice(reworded, _MOST):
        result[at] = _claim(changes[at]) or changes[at]
    return tuple(result)


def _is_of_subject(change: Change, names: Names) -> bool:
    """Return whether one of the first words of a sentence of the lead is a name of the subject."""
    if change.location.section or change.where is not TextKind.PROSE:
        return False
    first = [token for token in tokens(change.old_sentence or "") if token.kind.is_content][:_FIRST]
    return any(token.key in names.subject for token in first)


def _claim(change: Change) -> Change | None:
    old, new = change.old, change.new
    if not isinstance(old, Sentence) or not isinstance(new, Sentence):
        return None
    if not (old.is_content and new.is_content) or any(_ABOUT_ITSELF.search(side.text) for side in (old, new)):
        return None
    fields = tuple(
        FieldChange(name=WORDING, old=gone, new=come) for gone, come in dict.fromkeys(_wordings(old.text, new.text))
    )
    if not fields:
        return None
    own, other = (
        Claim(text=side.text, references=side.references, where=side.where, location=side.location)
        for side in (old, new)
    )
    return replace(change, kind=Kind.CLAIM_CHANGED, old=own, new=other, fields=fields)


def _wordings(old: str, new: str) -> Iterator[tuple[str | None, str | None]]:
    rows = tokens(old), tokens(new)
    if sum(token.kind.is_content for token in rows[0]) < _FEWEST:
        return
    for slot in token_changes(old, new, *rows):
        if _states_otherwise(slot, old, new, rows[1]):
            gone, come = slot.content
            yield words_of(old, rows[0], gone), words_of(new, rows[1], come)


def _states_otherwise(slot: TokenChange, old: str, new: str, row: Sequence[Token]) -> bool:
    """Return whether a phrase is gone or another one, not only put otherwise, mended or shortened by an aside."""
    if slot.is_long or slot.splits:
        return False
    before, after = old[slice(*slot.old_span)], new[slice(*slot.new_span)]
    if _CODE.search(before + after) or Indel.normalized_similarity(before, after) > _SLIP:
        return False
    gone, come = ([token for token in side if _has_meaning(token)] for side in slot.content)
    if slot.content[1]:
        keys = ("".join(token.key for token in side) for side in slot.content)
        return bool(gone and come) and len(gone + come) >= _REPLACED and Indel.normalized_similarity(*keys) <= _ALIKE
    if len(gone) < _DROPPED or _ASIDE.match(before):
        return False
    another_name = is_in_brackets(old, gone[0].start) and all(token.kind is TokenKind.NAME for token in gone)
    return not another_name and not are_repeated([token.key for token in gone], {token.key for token in row})


def _has_meaning(token: Token) -> bool:
    return token.kind in _MEANINGFUL and not (token.kind is TokenKind.WORD and is_praise(token.key))
