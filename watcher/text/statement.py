"""Decide whether a text states a fact, and what a section or parameter is by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from watcher.text.tokens import meanings
from watcher.text.words import forms

# Where to read on, and what a page says of itself.
POINTER: Final = re.compile(
    r"(?:note\W{1,20})?(?:see (?:also\b|\w)|external (?:reference|link)s?\b"
    r"|for (?:\w+ )?(?:information|details|discussions?|accounts?|other|uses|meanings|the)\b[^.]{0,200}\bsee\b"
    r"|[^.]{0,200}\bcan be found (?:in|under|at)\b[^.]{0,80}\b(?:articles?|pages?|sections?)\b"
    r"|this (?:article|page) (?:is|was|describes|covers|surveys|illustrates|refers|discusses|deals with|concerns)\b"
    r"|[^.]{0,200}\b(?:please see|main article|(?:in|of) this (?:article|page))\b)",
    re.IGNORECASE,
)
# Sections that list where to read on: a line there is no statement about the subject.
LINK_SECTIONS: Final = re.compile(
    r"^(?:external links?|other (?:websites|links)|see also|references?|notes?|footnotes|citations|sources|"
    r"bibliography|literature|further reading|einzelnachweise|weblinks|literatur|siehe auch|références|"
    r"notes et références|liens externes|voir aussi|referencias|enlaces externos|véase también|bibliografía|"
    r"note|collegamenti esterni|"
    r"voci correlate|ligações externas|ver também|externe links|zie ook|примечания|ссылки|см\. также|литература|"
    r"外部リンク|関連項目|脚注|参考文献|出典|外部链接|外部連結|参见|參見|参考资料|參考資料|参考来源)$",
    re.IGNORECASE,
)
# Parameters of codes, identifiers and positions count nothing and claim nothing: calling_code, phone, ICD10, lat_d.
CODE_LABEL: Final = re.compile(
    r"(?:^|[ _])(?:codes?|prefix|phone|telephone|zip|postcode|isbn|issn|oclc|doi|lccn|pmid|viaf|ids?|imdb|omim|icd|mesh"
    r"|diseasesdb|emedicine\w{0,20}|medlineplus|cas|pubchem|chembl|chemspider|drugbank|charmap|\w{0,9}char|coord\w*|rp"
    # The clock of a place, and the parts of a position: latd, long_m, lat_seconds.
    r"|utc_offset\w{0,9}|time_?zone\w{0,9}"
    r"|lat(?:[dms]|itude)?|long?[dms]|longitude|(?:lat|long?)_(?:[dms]|deg(?:rees)?|min(?:utes)?|sec(?:onds)?))"
    r"[ _\d]{0,20}$|update|\bosm\b|緯度|経度|座標|位置|^地図$",
    re.IGNORECASE,
)
# A parameter that says when or where from another one is known. What is dated is that alone: the place of birth is
# none of the date of birth; what is sourced or of some time may be all values whose names begin alike.
_SOURCES: Final = r"as[_ ]?of|ref(?:erence)?s?|footnotes?|source|cite|note|출처|出典|stand"
_LONGEST_LABEL: Final = 100  # characters of the name of a parameter
_OF_SOURCE: Final = re.compile(rf"[_ ]?(?:{_SOURCES})$", re.IGNORECASE)
_COMPANION: Final = re.compile(rf"[_ ]?(?:year|date|年|{_SOURCES})$", re.IGNORECASE)

_MARKUP: Final = re.compile(r"[|{}<>\[\]]{2}|\w \| \w|\| ?\w+ ?=|</?ref")  # what is left of broken markup
_INSULTS: Final = frozenset(
    "lol lmao rofl haha hahaha omg wtf fuck fucking fucked fucker fuckers fucks motherfucker motherfuckers cunt cunts "
    "shit shitty poop poopy faggot faggots bitch nigger niggers asshole assholes dumbass wanker dickhead butthole "
    "pussy suck sucks stupid dumb crap butt retarded idiot idiots moron morons imbecile imbeciles scumbag scumbags "
    "slut sluts pedo pedos crooks".split()
)
_MILD: Final = frozenset({"stupid", "dumb", "crap", "butt"})  # a new sentence may be about these


def companion_of(label: str, *, of_source: bool = False) -> str:
    """Return what the names of the values begin with that a parameter dates or sources; "" for another parameter.

    With `of_source` only for one that sources them, or says of when they all are.

    >>> companion_of("population_as_of"), companion_of("birth_date", of_source=True)
    ('population', '')
    """
    stem = (_OF_SOURCE if of_source else _COMPANION).sub("", folded := label.casefold())
    return "" if stem == folded else stem


def stems_of(label: str) -> list[str]:
    """List what the name of a parameter begins with up to the end of each of its words: its companions have one.

    >>> stems_of("population_total")
    ['population', 'population_total']
    """
    folded = label.casefold()[:_LONGEST_LABEL]
    return [folded[:at] for at in range(1, len(folded) + 1) if not folded[at : at + 1].isalnum()]


def insult_in(text: str) -> str | None:
    """Return the first insult of a text."""
    words = (word.strip(".,!?") for word in text.split())
    return next((word for word in words if word.casefold() in _INSULTS - _MILD and is_rude(word)), None)


def is_rude(word: str) -> bool:
    """Return whether a word is an insult or an everyday word in capitals; "AND" is a gate, "Dumb" may be of a title."""
    folded = word.casefold()
    if folded in _INSULTS:
        return word.islower() or word.isupper()
    return word.isupper() and len(folded) > len("AND") and folded in forms().common


def in_link_section(section: Sequence[str]) -> bool:
    """Return whether a heading path leads into a section that lists where to read on."""
    return any(LINK_SECTIONS.match(heading) for heading in section)


def states_fact(text: str, *, listed: bool = False, cited: bool = False) -> bool:
    """Return whether a sentence says something of its subject: it has four words of meaning, with a source two.

    A pointer and what is left of broken markup do not; an item of a list (`listed`) does only as a full sentence.

    >>> states_fact("The old mill burned down in 1904."), states_fact("See also the list of mills.")
    (True, False)
    """
    if _MARKUP.search(text) or POINTER.match(text) or (listed and not text.rstrip().endswith((".", "!", "。"))):
        return False
    return len(meanings(text)) >= (2 if cited else 4)
