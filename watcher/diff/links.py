"""Compare where the links of two equal sentences lead: readers see the same words and go elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from watcher.model import FieldChange, Sentence
from watcher.text.tokens import meanings

LINK = "link"  # field: a label with its target, or the host of an address, before and after
# Up to the next tag of a note, so that many that never end cost no more than one.
_NOTE = re.compile(r"<ref\b[^<>]*+(?<!/)>(?:[^<]|<(?!/?ref\b))*+</ref\s*>", re.IGNORECASE)
_WIKILINK = re.compile(r"\[\[([^\[\]|{}\n]{1,200})(?:\|([^\[\]{}\n]{1,200}))?\]\]")
_FILES = ("file:", "image:")
_HOST = re.compile(r"(?:https?:)?//(?:www\.)?([^/\s|\[\]{}<>?#]{1,200})", re.IGNORECASE)


def link_change(old: Sentence, new: Sentence, texts: tuple[str, str]) -> FieldChange | None:
    """Return the first link that leads elsewhere; None where all lead where they did, or to a page of like name."""
    before, after = (
        _links(text, side.location.start, side.location.end) for text, side in zip(texts, (old, new), strict=True)
    )
    return _other_target(before.targets, after.targets) or _other_host(before.hosts, after.hosts)


@dataclass(frozen=True, slots=True)
class _Links:
    """The links of a piece of wikitext: the targets by their labels, the hosts of addresses."""

    targets: dict[str, str]
    hosts: Counter[str]


@lru_cache(maxsize=64)  # all sentences of a caption stand where it does: it is read once for them
def _links(text: str, start: int, end: int) -> _Links:
    own = _NOTE.sub("", text[start:end])
    return _Links(targets=_targets(own), hosts=Counter(host.lower() for host in _HOST.findall(own)))


def _other_target(old: dict[str, str], new: dict[str, str]) -> FieldChange | None:
    for label, target in new.items():
        was = old.get(label, target)
        # A link to what it says, before or after, was or is mended: [[IRE]], [[Republic of Ireland|IRE]].
        if was != target and not any(
            first & second for first, second in combinations(map(meanings, (was, target, label)), 2)
        ):
            return FieldChange(name=LINK, old=f"{label} → {was}", new=f"{label} → {target}")
    return None


def _targets(text: str) -> dict[str, str]:
    return {
        label.strip(): target.partition("#")[0].replace("_", " ").strip(" :")
        for target, label in _WIKILINK.findall(text)
        if label and target.partition("#")[0].strip() and not target.lower().startswith(_FILES)
    }


def _other_host(old: Counter[str], new: Counter[str]) -> FieldChange | None:
    gone, come = [*(old - new)], [*(new - old)]
    return FieldChange(name=LINK, old=gone[0], new=come[0]) if gone and come else None
