"""Decide whether a text states a fact, rather than pointing elsewhere, addressing its reader, or being scribble."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from watcher.text.tokens import TokenKind, meanings, tokens
from watcher.text.words import forms

# Pointers to further reading, and what a page says about itself.
POINTER: Final = re.compile(
    r"(?:note\W{1,20})?(?:see (?:also\b|\w)|external (?:reference|link)s?\b"
    r"|for (?:\w+ )?(?:information|details|discussions?|accounts?|other|uses|meanings|the)\b[^.]{0,200}\bsee\b"
    r"|[^.]{0,200}\bcan be found (?:in|under|at)\b[^.]{0,80}\b(?:articles?|pages?|sections?)\b"
    r"|this (?:article|page) (?:is|was|describes|covers|surveys|illustrates|refers|discusses|deals with|concerns)\b"
    r"|[^.]{0,200}\b(?:please see|main article)\b)",
    re.IGNORECASE,
)
# Sections of sources and further reading: a line there is not a statement about the subject.
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
# Codes of a place that readers use, and its time zone: another one is no tidying.
_PLACE_CODES = r"codes?|prefix|phone|telephone|zip|postcode|utc_offset\w{0,9}|time_?zone\w{0,9}"
PLACE_CODE: Final = re.compile(rf"(?:^|[ _])(?:{_PLACE_CODES})[ _\d]{{0,20}}$", re.IGNORECASE)
CODE_LABEL: Final = re.compile(
    rf"(?:^|[ _])(?:{_PLACE_CODES}|isbn|issn|oclc|doi|lccn|pmid|viaf|ids?|imdb|omim|icd|mesh"
    r"|diseasesdb|emedicine\w{0,20}|medlineplus|cas|pubchem|chembl|chemspider|drugbank|charmap|\w{0,9}char|coord\w*|rp"
    # The parts of a position: latd, long_m, lat_seconds.
    r"|lat(?:[dms]|itude)?|long?[dms]|longitude|(?:lat|long?)_(?:[dms]|deg(?:rees)?|min(?:utes)?|sec(?:onds)?))"
    rf"[ _\d]{{0,20}}$|{_UPDATE}|\bosm\b|緯度|経度|座標|位置|^地図$",
    re.IGNORECASE,
)
# House and district numbers count nothing, but a change of the address is still a claim.
ADDRESS_LABEL: Final = re.compile("所在地|住所|地址|^(?:street_)?address$", re.IGNORECASE)
# A column that numbers its rows: cars, players, laws.
NUMBER_COLUMN: Final = re.compile(r"^(?:.* × )?(?:n(?:o\.|r\.?|um\.?|º|°)|#|№|番号|番|编号|編號)", re.IGNORECASE)
# Ranks have an order, but no size.
RANK_LABEL: Final = re.compile(
    r"^(?:.* × )?(?:rank|pos(?:ition)?|place|rang|platz|posici[óo]n|posizione|puesto|место|順位|排名|名次)\W*$",
    re.IGNORECASE,
)
# A parameter that says when, or from which source, the value of another one is known. A date belongs to that one only
# (not the date of birth to the place of birth); a source or "as of" may belong to all whose names begin alike.
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
)  # the last are inserted by the buttons of MediaWiki's editor
_CHAT: Final = re.compile(
    # "Please classify these", a signature
    r"\b(?:i|i'm|you|your|my|hi|hey)\b|(?<! )!!|\?\?|(?-i:\A\W*Please [a-z])|\d \(UTC\)",
    re.IGNORECASE,
)
_OF_THE_PAGE: Final = re.compile(r"\b(?:in|of) this (?:article|page)\b", re.IGNORECASE)  # or of a law: only a hint
_QUOTATION: Final = re.compile(r"[\"“][^\"“”]*(?:[\"”]|\Z)")
_MARKUP: Final = re.compile(r"[|{}<>\[\]]{2}|\w \| \w|\| ?\w+ ?=|</?ref")  # what is left of broken markup
_WORK: Final = re.compile(r"\bet al\b|\((?:1[5-9]|20)\d\d\)\W*$|\bISBN\b")


def companion_of(label: str, *, of_source: bool = False) -> str:
    """Return the beginning of the names of the values that a parameter dates or sources; "" for any other parameter.

    With `of_source`, only a parameter counts that gives their source, or says as of when all of them are.

    >>> companion_of("population_as_of"), companion_of("birth_date", of_source=True)
    ('population', '')
    """
    stem = (_OF_SOURCE if of_source else _COMPANION).sub("", folded := label.casefold())
    return "" if stem == folded else stem


def is_of_all(label: str) -> bool:
    """Return whether a parameter dates or sources all values of its box: `as_of`, `Stand`."""
    return _OF_SOURCE.fullmatch(label) is not None


def dates_all(label: str) -> bool:
    """Return whether a parameter says when the numbers of its box were last updated: `club-update`."""
    return re.search(_UPDATE, label, re.IGNORECASE) is not None


def stems_of(label: str) -> list[str]:
    """Return the beginnings of a parameter's name up to the end of each word, which its companions begin with.

    >>> stems_of("population_total")
    ['population', 'population_total']
    """
    folded = label.casefold()[:_LONGEST_LABEL]
    return [folded[:at] for at in range(1, len(folded) + 1) if not folded[at : at + 1].isalnum()]


def insult(text: str) -> str | None:
    """Return the insult, scribble or test of the editor's buttons in a text, all of a text that is a shout, or None."""
    if scribble := _SCRIBBLE.search(text):
        return scribble[0]
    return text if text.isupper() and text.endswith("!") else None


def has_insult(word: str) -> bool:
    """Return whether a word is an insult, scribble, or an everyday word in capitals; "Dumb" may be part of a title."""
    if _NO_WORD.search(word):
        return True
    folded = word.casefold()
    if folded in _INSULTS:
        return word.islower() or word.isupper()
    # "AND" and "NOT" are gates, "IT" is a trade
    return word.isupper() and len(folded) > len("AND") and folded in forms().common


def is_chat(text: str) -> bool:
    """Return whether a text addresses its readers; quotations within it do not count."""
    return _CHAT.search(_QUOTATION.sub(" ", text)) is not None or insult(text) is not None


def in_link_section(section: Sequence[str]) -> bool:
    """Return whether a heading path leads into a section of sources or further reading."""
    return any(LINK_SECTIONS.match(heading) for heading in section)


def has_verb(text: str) -> bool:
    """Return whether a text has a verb with a tense, which a citation in plain text does not have."""
    return any(token.kind is TokenKind.TENSE for token in tokens(text))


def states_fact(text: str, *, listed: bool = False, cited: bool = False) -> bool:
    """Return whether a sentence states something about its subject.

    Pointers, remarks to the reader, shouts, bibliography entries (which have no verb), remains of broken markup, and
    texts with fewer than four content words do not. A list item (`listed`) must be a full sentence; a full sentence
    with a source (`cited`) needs only two content words.

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
