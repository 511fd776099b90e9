"""Read what the layout of a text says about it: ranks in numbered lists, code samples, collapsed elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from watcher.model import Location, Section, Sentence, TextKind
from watcher.parse.wikitext.brackets import replace_spans
from watcher.parse.wikitext.sections import split_sections
from watcher.text.statement import LINK_SECTIONS
from watcher.text.words import words

_NUMBERED = re.compile(r"^#+(?![#*:;])(?!REDIRECT)[^\n]+", re.MULTILINE)
_FORM = re.compile(r"'{2,}|<!--[^<>\n]*+>|<ref\b[^<>]*/>|<ref\b[^<>]*>[^<]*</ref>|\[\[[^\[\]|]*\||[\[\]]")
_SAMPLE = re.compile(r"<(pre|code|syntaxhighlight|source|tt|kbd|samp)\b[^<>]*+(?<!/)>", re.IGNORECASE)
_NO_WIKITEXT = re.compile(r"</?nowiki\s*/?>", re.IGNORECASE)
_ENDS = re.compile(r"[.!?。！？][)\]”\"’']*$")
# The class of MediaWiki, and templates that give it to what they enclose
_COLLAPSED = re.compile(
    r"class\s*+=\s*+[\"']?[^\"'<>{}|\n]{0,200}\bmw-collapsed\b"
    r"|\{\{\s*+(?:collapse|hidden|cot|hat|collapse top|hidden begin)\s*+\|",
    re.IGNORECASE,
)
_FEWEST_WORDS = 4  # of a statement; shorter samples are commands and names


def ranked_lists(wikitext: str, other: str) -> dict[tuple[str, ...], tuple[Sentence, ...]]:
    """Return the items of numbered lists by section, for sections without an identical one in the other text."""
    lists: dict[tuple[str, ...], tuple[Sentence, ...]] = {}
    for part in _differing(wikitext, other):
        is_ranked = "\n#" in part.wikitext and not LINK_SECTIONS.match(part.path[-1] if part.path else "")
        begin = part.location.start
        lists[part.path] = tuple(
            Sentence(
                text=" ".join(_FORM.sub("", item[0].lstrip("#")).split()),
                where=TextKind.LIST,
                location=Location(section=part.path, start=begin + item.start(), end=begin + item.end()),
            )
            for item in islice(_NUMBERED.finditer(part.wikitext) if is_ranked else (), 2_000)
        )
    return {path: items for path, items in lists.items() if items}


def collapsed(wikitext: str, other: str) -> int:
    """Return the number of collapsed elements in sections without an identical one in the other text.

    >>> collapsed('{| class="wikitable mw-collapsible mw-collapsed"', "")
    1
    """
    return sum(len(_COLLAPSED.findall(part.wikitext)) for part in _differing(wikitext, other))


def _differing(wikitext: str, other: str) -> list[Section]:
    known = {part.wikitext for part in split_sections(other)}
    return [part for part in split_sections(wikitext) if part.wikitext not in known]


def sampled_statements(old: str, new: str) -> Iterator[Sentence]:
    """Yield the statements of the old text that the new text only shows as code samples, where they state nothing."""
    samples = [
        (part.path, part.location.start + start, part.location.start + end, body)
        for part in _differing(new, old)
        for start, end, body in _samples(part.wikitext)
        if _ENDS.search(body) and len(words(body)) >= _FEWEST_WORDS
    ]
    if not samples:
        return
    # The words of each text outside code samples.
    before, after = (
        _plain(replace_spans(text, ((start, end) for start, end, _ in _samples(text)), lambda _: ""))
        for text in (old, new)
    )
    for path, start, end, body in samples[:300]:
        plain = _plain(body)
        if plain in before and plain not in after:
            yield Sentence(text=" ".join(body.split()), location=Location(section=path, start=start, end=end))


def _plain(text: str) -> str:
    return f" {' '.join(words(_FORM.sub('', text)))} "


def _samples(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, end and body of each code sample. A tag that is never closed opens none."""
    folded, at = text.lower() if "<" in text else "", 0
    missing: set[str] = set()
    while opening := _SAMPLE.search(text, at):
        name = opening[1].lower()
        end = -1 if name in missing else folded.find(f"</{name}", opening.end())
        if end < 0:
            missing.add(name)
        else:
            yield opening.start(), end, _NO_WIKITEXT.sub("", text[opening.end() : end]).strip()
        at = max(opening.end(), end)
