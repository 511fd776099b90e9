"""Decide whether a text states a fact: it does not where it points elsewhere, speaks to its reader, or is scribbled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from watcher.text.tokens import TokenKind, meanings, tokens
from watcher.text.words import forms

# Where to read on, and what a page says of itself.
POINTER: Final = re.compile(
    r"(?:note\W{1,20})?(?:see (?:also\b|\w)|external (?:reference|link)s?\b"
    r"|for (?:\w+ )?(?:information|details|discussions?|accounts?|other|uses|meanings|the)\b[^.]{0,200}\bsee\b"
    r"|[^.]{0,200}\bcan be found (?:in|under|at)\b[^.]{0,80}\b(?:articles?|pages?|sections?)\b"
    r"|this (?:article|page) (?:is|was|describes|covers|surveys|illustrates|refers|discusses|deals with|concerns)\b"
    r"|[^.]{0,200}\b(?:please see|main article)\b)",
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
_UPDATE: Final = "update|actuali[sz]a|aggiorna|atualiza|aktualiz|обновл|更新|mise à jour"
CODE_LABEL: Final = re.compile(
    r"(?:^|[ _])(?:codes?|prefix|phone|telephone|zip|postcode|isbn|issn|oclc|doi|lccn|pmid|viaf|ids?|imdb|omim|icd|mesh"
    r"|diseasesdb|emedicine\w{0,20}|medlineplus|cas|pubchem|chembl|chemspider|drugbank|charmap|\w{0,9}char|coord\w*|rp"
    # The clock of a place, and the parts of a position: latd, long_m, lat_seconds.
    r"|utc_offset\w{0,9}|time_?zone\w{0,9}"
    r"|lat(?:[dms]|itude)?|long?[dms]|longitude|(?:lat|long?)_(?:[dms]|deg(?:rees)?|min(?:utes)?|sec(?:onds)?))"
    rf"[ _\d]{{0,20}}$|{_UPDATE}|\bosm\b|緯度|経度|座標|位置|^地図$",
    re.IGNORECASE,
)
# Numbers of houses and districts count nothing; that something stands elsewhere now is a claim all the same.
ADDRESS_LABEL: Final = re.compile("所在地|住所|地址|^(?:street_)?address$", re.IGNORECASE)
# A column that numbers its rows: cars, players, laws.
NUMBER_COLUMN: Final = re.compile(r"^(?:.* × )?(?:n(?:o\.|r\.?|um\.?|º|°)|#|№|番号|番|编号|編號)", re.IGNORECASE)
# Ranks have an order, and no size.
RANK_LABEL: Final = re.compile(
    r"^(?:.* × )?(?:rank|pos(?:ition)?|place|rang|platz|posici[óo]n|posizione|puesto|место|順位|排名|名次)\W*$",
    re.IGNORECASE,
)
# A parameter that says when or where from another one is known. What is dated is that alone: the place of birth is
# none of the date of birth; what is sourced or of some time may be all values whose names begin alike.
_SOURCES: Final = r"as[_ ]?of|ref(?:erence)?s?|footnotes?|source|cite|note|출처|出典|stand"
_LONGEST_LABEL: Final = 100  # characters of the name of a parameter
_OF_SOURCE: Final = re.compile(rf"[_ ]?(?:{_SOURCES})(?:[_ ]?\d)?$", re.IGNORECASE)
_COMPANION: Final = re.compile(rf"[_ ]?(?:year|date|年|{_SOURCES})$", re.IGNORECASE)
_INSULTS: Final = frozenset(
    "lol lmao rofl haha hahaha omg wtf fuck fucking fucked fucker fuckers fucks motherfucker motherfuckers cunt cunts "
    "shit shitty poop poopy faggot faggots bitch nigger niggers asshole assholes dumbass wanker dickhead butthole "
    "pussy suck sucks stupid dumb crap butt retarded idiot idiots moron morons imbecile imbeciles scumbag scumbags "
    "slut sluts pedo pedos crooks".split()
)
# A key held down, laughter, keys struck at random
_NO_WORD: Final = re.compile(r"(?i:([^\W\d_])\1{4}|(?:h[aeo]){3}|asdf|[b-df-hj-np-tv-z]{9})")
_RUDE: Final = "|".join(sorted(_INSULTS - {"stupid", "dumb", "crap", "butt"}))
_SCRIBBLE: Final = re.compile(
    rf"\b(?:{_RUDE}|{_RUDE.upper()})\b|!!!|{_NO_WORD.pattern}"
    r"|Bold text|Italic text|Link title|Insert (?:formula|text|non-formatted text) here"
)  # the last are what the buttons of MediaWiki's editor put in
_CHAT: Final = re.compile(
    # "Please classify these", a signature
    r"\b(?:i|i'm|you|your|my|hi|hey)\b|(?<! )!!|\?\?|(?-i:\A\W*Please [a-z])|\d \(UTC\)",
    re.IGNORECASE,
)
_OF_THE_PAGE: Final = re.compile(r"\b(?:in|of) this (?:article|page)\b", re.IGNORECASE)  # of a law, too: a hint alone
_QUOTATION: Final = re.compile(r"[\"“][^\"“”]*(?:[\"”]|\Z)")
_MARKUP: Final = re.compile(r"[|{}<>\[\]]{2}|\w \| \w|\| ?\w+ ?=|</?ref")  # what is left of broken markup
_WORK: Final = re.compile(r"\bet al\b|\((?:1[5-9]|20)\d\d\)\W*$|\bISBN\b")


def companion_of(label: str, *, of_source: bool = False) -> str:
    """Return what the names of the values begin with that a parameter dates or sources; "" for another parameter.

    With `of_source` only for one that sources them, or says of when they all are.

    >>> companion_of("population_as_of"), companion_of("birth_date", of_source=True)
    ('population', '')
    """
    stem = (_OF_SOURCE if of_source else _COMPANION).sub("", folded := label.casefold())
    return "" if stem == folded else stem


def is_of_all(label: str) -> bool:
    """Return whether a parameter dates or sources all values of its box: `as_of`, `Stand`."""
    return _OF_SOURCE.fullmatch(label) is not None


def dates_all(label: str) -> bool:
    """Return whether a parameter says when the numbers of its box were brought up to date: `club-update`."""
    return re.search(_UPDATE, label, re.IGNORECASE) is not None


def stems_of(label: str) -> list[str]:
    """List what the name of a parameter begins with up to the end of each of its words: its companions have one.

    >>> stems_of("population_total")
    ['population', 'population_total']
    """
    folded = label.casefold()[:_LONGEST_LABEL]
    return [folded[:at] for at in range(1, len(folded) + 1) if not folded[at : at + 1].isalnum()]


def insult(text: str) -> str | None:
    """Return the insult, the scribble or the trial of the editor's buttons in a text; None where there is none."""
    if scribble := _SCRIBBLE.search(text):
        return scribble[0]
    return text if text.isupper() and text.endswith("!") else None


def has_insult(word: str) -> bool:
    """Return whether a word is an insult, a scribble, or an everyday word in capitals; "Dumb" may be of a title."""
    if _NO_WORD.search(word):
        return True
    folded = word.casefold()
    if folded in _INSULTS:
        return word.islower() or word.isupper()
    # "AND" and "NOT" are gates, "IT" is a trade
    return word.isupper() and len(folded) > len("AND") and folded in forms().common


def is_chat(text: str) -> bool:
    """Return whether somebody speaks to readers, which a quotation in a sentence does not."""
    return _CHAT.search(_QUOTATION.sub(" ", text)) is not None or insult(text) is not None


def in_link_section(section: Sequence[str]) -> bool:
    """Return whether a heading path leads into a section that lists where to read on."""
    return any(LINK_SECTIONS.match(heading) for heading in section)


def has_verb(text: str) -> bool:
    """Return whether a text has a verb that shows a tense: a citation in plain text has none."""
    return any(token.kind is TokenKind.TENSE for token in tokens(text))


def states_fact(text: str, *, listed: bool = False, cited: bool = False) -> bool:
    """Return whether a sentence says something of its subject.

    Not: a pointer, a remark to the reader, a shout, a line of a bibliography (which has no verb), what is left of
    broken markup, and fewer than four words of meaning. An item of a list (`listed`) does only as a full sentence; a
    full sentence with a source (`cited`) also with two such words.

    >>> states_fact("The old mill burned down in 1904."), states_fact("See also the list of mills.")
    (True, False)
    """
    is_full = text.rstrip().endswith((".", "!", "。"))
    if (
        (listed and not is_full)
        or _MARKUP.search(text)
        or POINTER.match(text)
        or _OF_THE_PAGE.search(text)
        or is_chat(text)
        or text.isupper()
        or text.count("(") != text.count(")")
        or (_WORK.search(text) and not has_verb(text))
    ):
        return False
    return len(meanings(text)) >= (2 if cited and is_full else 4)
