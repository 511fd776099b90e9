"""Decide whether two names mean the same thing, whether a cell's value was replaced, and whether links changed.

"Ada Hill", "Hill" and "Ada" are one person in the article of that title, and the link `[[Tokyo Yushun|Japan Derby]]`
shows that its two names mean the same. Without this, an editor who shortens a name looks like one who replaces it. A
cell has no sentence around it and, in many scripts, no capitals: values under the same label are compared as a whole,
by their words and the targets of their links.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from rapidfuzz.distance import Indel

from watcher.common_ends import common_ends
from watcher.model import FieldChange, Sentence, TextKind
from watcher.text.links import WIKILINK, link_targets
from watcher.text.token_diff import respelt
from watcher.text.tokens import meanings, tokens
from watcher.text.words import words

_DISAMBIGUATION = re.compile(r"\([^()]*\)\s*$")
_BOLD = re.compile(r"(?<!')'{3,}+([^'\n]{1,120}?)'{3,}+")
_LONGEST_NAME = 100  # characters; 5 of 19,000 links of real pages have a longer title or label
_CAPITAL = re.compile(r"[A-Z\u00c0-\u00de\u0100-\u017f\u0391-\u03a9\u0410-\u042f]\w*")
_MARKUP = re.compile(r"[\[\]{}|<>]")


@dataclass(frozen=True)
class Names:
    """The names of an article's subject, and those that its links give to one target; read only if two names differ."""

    title: str | None = None
    texts: tuple[str, str] = field(default=("", ""), repr=False)

    @cached_property
    def subject(self) -> frozenset[str]:
        """Return the keys of the words in the names of the subject: the title, and the bold names in the lead."""
        if not self.title:
            return frozenset()
        own = frozenset(token.key for token in tokens(_DISAMBIGUATION.sub("", self.title)))
        leads = (text[:6_000].split("\n==", 1)[0] for text in self.texts)  # below an infobox
        bold = [match[1] for lead in leads for match in list(_BOLD.finditer(lead))[:8]]
        words = (frozenset(token.key for token in tokens(_MARKUP.sub(" ", item))) for item in bold)
        # A bold phrase without a word of the title is a redirect to the article, such as a part or an album.
        return own.union(*(row for row in words if row & own))

    def is_name(self, word: str) -> bool:
        """Return whether a capitalized word is a name: a text has it within a sentence, or alone in a link."""
        return any(word in _capitalized(text) for text in self.texts)

    def is_same_article(self, old: str | None, new: str | None) -> bool:
        """Return whether two names mean the same article according to the links of the texts.

        Labels are taken from the old text only: otherwise the edit that adds `[[Vienna|Berlin]]` would justify itself.
        """
        # The "names" may be whole sentences; one that is too long for a label is not worth an index of the links.
        if not old or not new or max(len(old), len(new)) > _LONGEST_NAME:
            return False
        # Most names are in no link of the page; this search costs a tenth of an index of its links.
        if not (self._may_link(old) and self._may_link(new)):
            return False
        before, after = map(_link_index, self.texts)
        # Titles are taken from the links of the new text, too.
        own, other = (
            before.get(name, frozenset()) | (after.get(name, frozenset()) & {name}) for name in map(_folded, (old, new))
        )
        return not own.isdisjoint(other)

    def _may_link(self, name: str) -> bool:
        forms = {name, name[:1].upper() + name[1:]}
        return any(f"{begin}{form}" in text for text in self.texts for form in forms for begin in ("[[", "|"))


NO_NAMES = Names()


@lru_cache(maxsize=4)
def _capitalized(text: str) -> frozenset[str]:
    """Return the capitalized words that follow another word, or are alone in a link or template parameter."""
    return frozenset(
        match[0]
        for match in _CAPITAL.finditer(text)
        if (before := text[max(match.start() - 2, 0) : match.start()])
        and (
            (before[-1] == " " and before[0].isalpha())
            or (before[-1] in "[|" and text[match.end() : match.end() + 1] in ("]", "|", "}"))
        )
    )


@lru_cache(maxsize=4)  # both sides of two comparisons: the old text is often the new one of the previous comparison
def _link_index(text: str) -> dict[str, frozenset[str]]:
    """Map each title and label of the links of a text to the titles that these links lead to, all case-folded."""
    result: dict[str, frozenset[str]] = {}
    for title, label in set(WIKILINK.findall(text)):
        target = _folded(title.split("#", 1)[0])
        for name in {target, _folded(label or title)}:
            result[name] = result.get(name, frozenset()) | {target}
    return result


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


_GAP = r"t\.?\s?b\.?\s?[acd]\b|n/?a\b|yes|no|未定|(?:画像)?募集中"  # not filled in yet, or a setting
_PLACEHOLDER = re.compile(
    rf"\W*(?:(?P<gap>{_GAP})|none|unknown|vacant|various|incumbent|present|unbekannt|inconnue?|"
    r"desconocid[oa]|desconhecid[oa]|sconosciut[oa]|onbekend|неизвестно|不明|不詳|未詳|未知|なし|無し|無|无|미상)\W*$",
    re.IGNORECASE,
)
# Parameters for the layout of a box: they have the values "yes" and "no", too, but state nothing.
_LAYOUT_LABEL = re.compile(
    r"(?:^|[ _])(?:(?:embed|show|hide|collaps|auto|ital|suppress|pushpin|spell)[^\W_]*|(?=[^\W_]*map)[^\W_]++"
    r"|child|sub_?box|module|list|no_?(?:wrap|icon|link)|refs?)(?:$|[ _\d])",
    re.IGNORECASE,
)
_COLOR = re.compile(r"#?(?:[0-9a-f]{3}){1,2}", re.IGNORECASE)
_CHARGE = re.compile(r"\(([+-])\)")
_ALIKE = 0.5
_LONGEST_SIGN = 5
_ANSWERS = frozenset(
    "yes no partial partially limited optional ja nein nee teilweise deels oui non partiel sí sì tak nie да нет "
    "частично 是 否 部分".split()
)


def cell_change(old: Sentence, new: Sentence, names: Names) -> FieldChange | None:
    """Return a field if the value under a label was replaced by a different one; None for a variant or part of it."""
    if not old.where.is_cell or old.where is not new.where or not old.label or old.label != new.label:
        return None
    charges = [_CHARGE.findall(side.text.replace("−", "-")) for side in (old, new)]
    if all(charges) and charges[0] != charges[1]:
        return FieldChange(name="antonym", old=old.text, new=new.text)
    if _is_sign(old.text) and _is_sign(new.text) and _shape(old.text) != _shape(new.text):
        return FieldChange(name="cell", old=old.text, new=new.text)
    if not all(any(unicodedata.category(char).startswith("L") for char in side.text) for side in (old, new)):
        return None
    own, other = ([token for token in tokens(text) if token.kind.is_content] for text in (old.text, new.text))
    if not own or not other or all(token.key in names.subject for token in (*own, *other)):
        return None
    # A common word, or so many common letters that one is a spelling of the other
    before, after = ("".join(token.text for token in row).casefold() for row in (own, other))
    if any(respelt(was, now) for was in own for now in other) or Indel.normalized_similarity(before, after) > _ALIKE:
        return None
    return FieldChange(name="cell", old=old.text, new=new.text)


def is_placeholder(sentence: Sentence, *, only_unfilled: bool = False) -> bool:
    """Return whether a cell's value is a placeholder like "none"; with `only_unfilled`, only "tba" and the like."""
    match = _PLACEHOLDER.match(sentence.text) if sentence.where.is_cell else None
    return match is not None and not (only_unfilled and match["gap"] is None)


def answer_changed(old: Sentence, new: Sentence) -> bool:
    """Return whether a cell or parameter changed between "yes", "no" and "partial", except for layout settings."""
    both = {side.text.casefold().strip() for side in (old, new)}
    is_value = old.where is TextKind.TABLE or (old.where is TextKind.INFOBOX and not _LAYOUT_LABEL.search(new.label))
    return old.where is new.where and is_value and len(both) > 1 and both <= _ANSWERS


def _is_sign(text: str) -> bool:
    """Return whether a value consists of symbols alone: ✔, ★★★, ▲."""
    return 0 < len(text) <= _LONGEST_SIGN and all(unicodedata.category(char) == "So" for char in text)


def _shape(signs: str) -> list[str]:
    """Return the Unicode names of symbols without their weight: ✔ equals ✓."""
    return [unicodedata.name(sign, sign).removeprefix("HEAVY ") for sign in signs]


def is_color(old: str, new: str) -> bool:
    """Return whether two values are hexadecimal colors, at least one of them with digits: "2ef" → "DCF"."""
    return all(_COLOR.fullmatch(text.strip()) for text in (old, new)) and any(map(str.isdigit, old + new))


_FORMULA = re.compile(r"<math\b[^<>]*>([^<]{1,2000})</math\s*>", re.IGNORECASE)
_SPACING: Final = re.compile(r"[\s{}]|\\(?:[,;:!]|left|right|displaystyle|quad)")
LINK = "link"  # field: a link as wikitext, or the host of a URL, before and after
# Matches only up to the next `<ref>`, so that many unclosed ones take linear time.
_NOTE = re.compile(r"<ref\b[^<>]*+(?<!/)>(?:[^<]|<(?!/?ref\b))*+</ref\s*>", re.IGNORECASE)
_ABBREVIATION: Final = re.compile(r"[A-Z][A-Z0-9.&-]{1,7}\Z")
_QUALIFIER: Final = re.compile(r"(?<!\s)\s*+(?:\([^()]*+\)\Z|,[\s\S]*+)")  # in a title: Kort (town), Kort, Latvia
_FORMS_ALIKE: Final = 0.75  # share of letters; then one title is mostly a variant: Sengoku period, era
_TITLES_ALIKE: Final = 0.6  # share of letters, in the words that two titles do not have in common
_HOST = re.compile(r"(?:https?:)?//(?:www\.)?([^/\s|\[\]{}<>?#]{1,200})", re.IGNORECASE)


def links_of(sentence: Sentence, text: str) -> dict[str, str]:
    """Map the labels of a sentence's links to their targets; `text` is the wikitext of the page."""
    return link_targets(text[sentence.location.start : sentence.location.end])


def have_different_targets(links: tuple[Mapping[str, str], Mapping[str, str]], words: tuple[str, str]) -> bool | None:
    """Return True if words of both sides are links to different articles, which works in scripts without capitals, too.

    Return None if they are no links, or links to titles with nearly the same letters; False if they link to one
    article by a name that is part of the other. `links` are the results of `links_of` for the old and the new side.
    """
    own, other = (
        {target.casefold() for label, target in side.items() if text and (text in label or label in text)}
        for side, text in zip(links, words, strict=True)
    )
    if own and other and own.isdisjoint(other):
        alike = (Indel.normalized_similarity(a, b) >= _FORMS_ALIKE for a in own for b in other)
        return None if any(alike) else True
    short, long = sorted(map(str.casefold, words), key=len)
    return False if own & other and short and short in long else None


def link_change(old: Sentence, new: Sentence, texts: tuple[str, str]) -> FieldChange | None:
    """Return the first link whose target changed; None if no target did, or only to a title of similar meaning."""
    own, other = ((side.location.start, side.location.end) for side in (old, new))
    return _link_between(texts, own, other)


def formula_change(old: Sentence, new: Sentence, texts: tuple[str, str]) -> FieldChange | None:
    """Return the first formula that changed other than in spaces, braces and layout; None if there is none."""
    sides = (
        _FORMULA.findall(text[side.location.start : side.location.end])
        for side, text in zip((old, new), texts, strict=True)
    )
    for was, now in zip(*sides, strict=False):
        if _SPACING.sub("", was).rstrip(".,;") != _SPACING.sub("", now).rstrip(".,;"):
            return FieldChange(name="formula", old=was.strip(), new=now.strip())
    return None


@lru_cache(maxsize=64)  # all sentences of a caption have its location, so it is parsed only once
def _link_between(texts: tuple[str, str], own: tuple[int, int], other: tuple[int, int]) -> FieldChange | None:
    written, now = (text[slice(*span)] for text, span in zip(texts, (own, other), strict=True))
    if written == now:
        return None
    texts = _NOTE.sub("", written), _NOTE.sub("", now)
    before, after = map(link_targets, texts)
    shown = None  # a link that leads to what it shows now: low, so a change behind it must not be missed
    for label, target in after.items():
        was = before.get(label, target)
        if label in (was, target):
            # A link whose label is one of the titles may lead to another name of it: of an abbreviation.
            is_same = bool(_ABBREVIATION.match(label)) or _are_alike(target if was == label else was, label)
        else:
            # "Forward (football)" and "Goalkeeper (football)" have only the field in common.
            titles = [_QUALIFIER.sub("", title) for title in (was, target)]
            first, second = (was, target) if titles[0] == was or titles[1] == target else titles
            is_same = bool(meanings(second) & (meanings(first) | meanings(label)))
            is_same = is_same and not _mean_different_things(was, target)
        if was != target and not is_same:
            field = FieldChange(name=LINK, old=_as_link(was, label), new=_as_link(target, label))
            if target != label:
                return field
            shown = shown or field
    hosts = [Counter(host.lower() for host in _HOST.findall(text)) for text in texts]
    removed, added = [*(hosts[0] - hosts[1])], [*(hosts[1] - hosts[0])]
    return FieldChange(name=LINK, old=removed[0], new=added[0]) if removed and added else shown


def _mean_different_things(title: str, other: str) -> bool:
    """Return whether two titles with common words mean different things, distinguished by one dissimilar word."""
    own, others = (words(_QUALIFIER.sub("", text)) for text in (title, other))
    if own == others:  # Rosario (Argentina), Rosario (Uruguay); but Mon (emblem) may have been renamed Mon (badge)
        qualifiers = [match[0] for text in (title, other) if (match := _DISAMBIGUATION.search(text))]
        named = len(qualifiers) > 1 and all(text[1:2].isupper() for text in qualifiers)
        return named and meanings(qualifiers[0]).isdisjoint(meanings(qualifiers[1]))
    unlike = [pair for pair in zip(own, others, strict=False) if pair[0] != pair[1]]
    if len(own) != len(others) or len(unlike) != 1 or len(own) == 1:
        return False
    left, right = unlike[0]
    short = left.startswith(right) or right.startswith(left)
    return not short and Indel.normalized_similarity(left, right) < _TITLES_ALIKE


def _as_link(target: str, label: str) -> str:
    return f"[[{target}]]" if target == label else f"[[{target}|{label}]]"


def _are_alike(title: str, label: str) -> bool:
    """Return whether title and label have the same words or a similar spelling: Boxing, boxer; Berg (town), Berg."""
    title, label = (_QUALIFIER.sub("", text) for text in (title, label))
    own, others = meanings(title), meanings(label)
    # The meanings of a title such as "Judge" are empty.
    if (own and own <= others) or (others and others <= own) or label.casefold() in title.casefold():
        return True
    if not any(" " in text or text.isascii() for text in (title, label)):  # scripts without blanks between words
        begins_alike = 2 * common_ends(title, label)[0] >= min(len(title), len(label))
        return begins_alike or Indel.normalized_similarity(title, label) >= _TITLES_ALIKE
    left, right = (" ".join(sorted(row)).casefold() for row in (own - others, others - own))
    return Indel.normalized_similarity(left, right) >= _TITLES_ALIKE
