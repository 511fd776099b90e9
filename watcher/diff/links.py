"""Compare where the links of two equal sentences lead: readers see the same words and go elsewhere."""

from __future__ import annotations

import re
from collections import Counter
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
    spans = tuple((side.location.start, side.location.end) for side in (old, new))
    return _change_within(texts, spans)


@lru_cache(maxsize=16)  # all sentences of a caption stand where it does: it is read once for them
def _change_within(texts: tuple[str, str], spans: tuple[tuple[int, int], ...]) -> FieldChange | None:
    before, after = (_NOTE.sub("", text[slice(*span)]) for text, span in zip(texts, spans, strict=True))
    if before == after:
        return None
    return _other_target(before, after) or _other_host(before, after)


def _other_target(old: str, new: str) -> FieldChange | None:
    targets = _targets(old)
    for label, target in _targets(new).items():
        was = targets.get(label, target)
        # A link to what it says, before or after, was or is mended: [[IRE]], [[Republic of Ireland|IRE]].
        words = meanings(was), meanings(target), meanings(label)
        if was != target and not any(first & second for first, second in combinations(words, 2)):
            return FieldChange(name=LINK, old=f"{label} → {was}", new=f"{label} → {target}")
    return None


def _targets(text: str) -> dict[str, str]:
    return {
        label.strip(): target.partition("#")[0].replace("_", " ").strip(" :")
        for target, label in _WIKILINK.findall(text)
        if label and target.partition("#")[0].strip() and not target.lower().startswith(_FILES)
    }


def _other_host(old: str, new: str) -> FieldChange | None:
    before, after = (Counter(host.lower() for host in _HOST.findall(text)) for text in (old, new))
    gone, come = [*(before - after)], [*(after - before)]
    return FieldChange(name=LINK, old=gone[0], new=come[0]) if gone and come else None
