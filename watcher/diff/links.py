"""Compare where the links of two equal sentences lead: readers see the same words and go elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Indel

from watcher.model import FieldChange, Sentence
from watcher.text.links import link_targets
from watcher.text.tokens import meanings

LINK = "link"  # field: a link as wikitext, or the host of an address, before and after
# Up to the next tag of a note, so that many that never end cost no more than one.
_NOTE = re.compile(r"<ref\b[^<>]*+(?<!/)>(?:[^<]|<(?!/?ref\b))*+</ref\s*>", re.IGNORECASE)
_NAME: Final = re.compile(r"(?![A-Z][A-Z0-9.&-]{1,7}\Z)[^\W\d_a-z]")  # a capital first, and no abbreviation: "UN"
_QUALIFIER: Final = re.compile(r"(?<!\s)\s*+(?:\([^()]*+\)\Z|,[\s\S]*+)")  # of a title: Kort (town), Kort, Latvia
_ALIKE: Final = 0.6  # of the letters of the words that two titles do not share
_HOST = re.compile(r"(?:https?:)?//(?:www\.)?([^/\s|\[\]{}<>?#]{1,200})", re.IGNORECASE)


def link_change(old: Sentence, new: Sentence, texts: tuple[str, str]) -> FieldChange | None:
    """Return the first link that leads elsewhere; None where all lead where they did, or to a page of like name."""
    own, other = ((side.location.start, side.location.end) for side in (old, new))
    return _between(texts, own, other)


@lru_cache(maxsize=64)  # all sentences of a caption stand where it does: it is read once for them
def _between(texts: tuple[str, str], own: tuple[int, int], other: tuple[int, int]) -> FieldChange | None:
    written, now = (text[slice(*span)] for text, span in zip(texts, (own, other), strict=True))
    if written == now:
        return None
    texts = _NOTE.sub("", written), _NOTE.sub("", now)
    return _other_target(*map(link_targets, texts)) or _other_host(*map(_hosts, texts))


def _hosts(text: str) -> Counter[str]:
    return Counter(host.lower() for host in _HOST.findall(text))


def _other_target(old: dict[str, str], new: dict[str, str]) -> FieldChange | None:
    for label, target in new.items():
        was = old.get(label, target)
        if was == target:
            continue
        # What was linked as it stands may lead to its article by another name now: a common word, an abbreviation.
        if was == label:
            is_mended = not _NAME.match(label) or _are_alike(target, label)
        else:
            is_mended = bool(meanings(target) & (meanings(was) | meanings(label)))
        if not is_mended:
            return FieldChange(name=LINK, old=_link(was, label), new=_link(target, label))
    return None


def _link(target: str, label: str) -> str:
    return f"[[{target}]]" if target == label else f"[[{target}|{label}]]"


def _are_alike(title: str, label: str) -> bool:
    """Return whether a title says what a label does, or is spelt nearly so: Boxing, boxer; Berg (town), Berg."""
    title, label = (_QUALIFIER.sub("", text) for text in (title, label))
    own, others = meanings(title), meanings(label)
    if own <= others or others <= own:
        return True
    if not any(" " in text or text.isascii() for text in (title, label)):  # no words are told apart there
        return Indel.normalized_similarity(title, label) >= _ALIKE
    left, right = (" ".join(sorted(row)).casefold() for row in (own - others, others - own))
    return Indel.normalized_similarity(left, right) >= _ALIKE


def _other_host(old: Counter[str], new: Counter[str]) -> FieldChange | None:
    gone, come = [*(old - new)], [*(new - old)]
    return FieldChange(name=LINK, old=gone[0], new=come[0]) if gone and come else None
