"""Tell German common nouns from names: all nouns have capitals there, and a common one mostly follows an article."""

from __future__ import annotations

import re

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
_NEGATIONS = frozenset("nicht kein keine keinen keiner keinem keines nie niemals nirgends".split())
# Before these a capital mostly begins the name of a place or person: "in Wien", "von Bach".
_PREPOSITIONS = frozenset("in an auf aus bei mit nach von zu für über unter durch gegen um und oder bis seit".split())
_ADJECTIVE = re.compile(r"[a-zäöüß]{3,}(?:e|en|er|es|em)")
_NOUN = re.compile(r"\w{3,}(?:ung|ungen|heit|keit|schaft|schaften|tion|tionen|tät|ismus|chen|lein|nis|tum)")
_WORDS = re.compile(r"[a-zäöüß]+", re.IGNORECASE)
_FEWEST = 2  # function words that make a sentence German; "die" and "in" alone are English, too
_ENGLISH = frozenset({"die", "in", "an", "am", "war", "hat", "also", "des", "den", "das", "um", "es"})


def is_german(text: str) -> bool:
    """Return whether enough words of a text are German ones that no other language has.

    >>> is_german("Das Haus wurde von einem Mann verkauft."), is_german("The man will die in an hour.")
    (True, False)
    """
    words = {word.casefold() for word in _WORDS.findall(text)}
    return len((words & _FUNCTION) - _ENGLISH) >= _FEWEST


def is_function_word(word: str) -> bool:
    """Return whether a word, in lower case, is an article, a preposition or another word without a topic."""
    return word in _FUNCTION


def is_negation(word: str) -> bool:
    """Return whether a word, in lower case, turns its sentence round."""
    return word in _NEGATIONS


def is_common_noun(word: str, before: str, *, before_name: bool) -> bool:
    """Return whether a capitalized word is no name: it follows an article or adjective, or has the ending of a noun.

    `before` is the word before it; `before_name` says that another capitalized word follows.
    """
    if before_name:
        return False  # a first name, or the first word of a longer name
    if _NOUN.fullmatch(word):
        return True
    if before.casefold() in _PREPOSITIONS or not before.islower():
        return before.casefold() in _ARTICLES
    return before in _ARTICLES or _ADJECTIVE.fullmatch(before) is not None
