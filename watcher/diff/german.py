"""Tell German common nouns from names: all nouns have capitals there, and a common one mostly follows an article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watcher.diff.tokens import Token, TokenKind

_ARTICLES = frozenset(
    "der die das des dem den ein eine einer eines einem einen kein keine keinen keiner keinem dieser diese dieses "
    "diesem diesen jeder jede jedes jedem jeden mein dein sein seine seinen seiner seinem seines ihr ihre ihren ihrer "
    "ihrem unser unsere im am zum zur vom beim ins ans als alle allen aller viele vielen mehrere einige wenige".split()
)
_FUNCTION = _ARTICLES | frozenset(
    "und oder von in an auf aus bei mit nach zu für über unter durch gegen um ist war sind waren wurde wurden "
    "wird werden "
    "hat hatte haben sich auch es er sie dass bis seit".split()
)
# Before these a capital mostly begins the name of a place or person: "in Wien", "von Bach".
_PLACES = frozenset("in an auf aus bei mit nach von zu für über unter durch gegen um und oder bis seit".split())
_ADJECTIVE = re.compile(r"[a-zäöüß]{3,}(?:e|en|er|es|em)")
_NOUN = re.compile(r"\w{3,}(?:ung|ungen|heit|keit|schaft|schaften|tion|tionen|tät|ismus|chen|lein|nis|tum)")
_WORDS = re.compile(r"[a-zäöüß]+", re.IGNORECASE)
_FEWEST = 2  # function words that make a sentence German; "die" and "in" alone are English, too
_ENGLISH = frozenset({"die", "in", "an", "am", "war", "hat", "also", "des", "den", "das", "um", "es"})


def is_german(text: str) -> bool:
    """Whether enough words of a text are German ones that no other language has.

    >>> is_german("Das Haus wurde von einem Mann verkauft."), is_german("The man will die in an hour.")
    (True, False)
    """
    words = {word.casefold() for word in _WORDS.findall(text)}
    return len((words & _FUNCTION) - _ENGLISH) >= _FEWEST


def common_nouns(row: Sequence[Token], *, name: TokenKind, word: TokenKind, function: TokenKind) -> list[Token]:
    """The tokens of a German text, its common nouns as words and its articles as function words.

    `name`, `word` and `function` are the sorts of tokens; the caller owns them.
    """
    result: list[Token] = []
    for at, token in enumerate(row):
        bare = token.text.casefold()
        if bare in _FUNCTION:
            result.append(replace(token, key=bare, kind=function))
        elif token.kind == name and _is_common(row, at, name):
            result.append(replace(token, kind=word))
        else:
            result.append(token)
    return result


def _is_common(row: Sequence[Token], at: int, name: TokenKind) -> bool:
    """Whether a capitalised word is no name: it follows an article or adjective, or has the ending of a noun."""
    token, before = row[at], row[at - 1].text if at else ""
    after = row[at + 1] if at + 1 < len(row) else None
    if after is not None and after.kind == name and after.start == token.end + 1:
        return False  # a first name, or the first word of a longer name
    if _NOUN.fullmatch(token.text):
        return True
    if before.casefold() in _PLACES or not before.islower():
        return before.casefold() in _ARTICLES
    return before in _ARTICLES or _ADJECTIVE.fullmatch(before) is not None
