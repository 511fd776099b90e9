"""Find the works that short citations name: "Orr 2009, p. 3" is the book by Orr of 2009 that the article lists.

Template:Sfn and its relatives link to the anchor CITEREF, the last names of up to four authors and the year, or to what
the full citation's `ref` parameter gives (Template:Sfnref). A short citation written by hand is read as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Final, NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Template

from watcher.model import Reference
from watcher.model.elements import Guard
from watcher.parse.citations.identifiers import fold_text, work_identities
from watcher.parse.citations.plain_text import citation_of, plain_text, template_name
from watcher.parse.citations.references import SHORT_CITES, reference_of
from watcher.parse.wikitext.sanitizer import sanitize

SHORT_CITE: Final = re.compile(r"\{\{\s*(?:sfn|sfrac|sp\s*\||harv)", re.IGNORECASE)
_MOST_AUTHORS: Final = 4  # Template:Sfn names no more
_LONGEST: Final = 300  # characters of a note that only names works
_WORD: Final = re.compile(r"[^\W_]+")
_YEAR: Final = re.compile(r"\d{4}[a-z]?")
_YEAR_OF_DATE: Final = re.compile(r"(?<!\d)\d{4}[a-z]?(?![\da-z])")
# "See Orr 2009; cf. Li & Ngugi 2010": each work is named apart.
_BETWEEN: Final = re.compile(r";|\bsee also\b|\bquoted in\b|\bcited in\b", re.IGNORECASE)
_NO_NAMES: Final = frozenset(("see", "cf", "eg", "in", "and", "und", "et", "y", "p", "pp"))
_ANCHOR_TEMPLATES: Final = frozenset(("sfnref", "harvid"))


class NamedWork(NamedTuple):
    """The anchor that a short citation names; the text of its full citation has the `name` and `year` in it."""

    anchor: str
    name: str
    year: str


def named_works(reference: Reference) -> tuple[NamedWork, ...]:
    """Return what a short citation names.

    >>> [work.anchor for work in named_works(Reference(key="a", text="See Li & Ngugi 2010a, p. 3; Orr 2009."))]
    ['lingugi2010a', 'orr2009']
    """
    if (reference.template and reference.template not in SHORT_CITES) or len(reference.text) > _LONGEST:
        return ()
    return tuple(work for part in _BETWEEN.split(reference.text) if (work := _named_in(part)))


def _named_in(part: str) -> NamedWork | None:
    words = _WORD.findall(part)
    at = next((at for at, word in enumerate(words) if _YEAR.fullmatch(word)), 0)
    names = [word for word in words[:at] if word.casefold() not in _NO_NAMES]
    return NamedWork(_joined([*names, words[at]]), names[0], words[at]) if names else None


def full_citations(blocks: Iterable[str], requested: Collection[NamedWork]) -> dict[str, Reference]:
    """Return by anchor what some blocks cite in full, as far as it may be one of these works.

    An anchor of two works names neither (Template:Sfn, "multiple-target errors").
    """
    needles = {(work.name, work.year) for work in requested}
    chosen = (text for text in blocks if "{{" in text and any(name in text and year in text for name, year in needles))
    result: dict[str, Reference] = {}
    ambiguous: set[str] = set()
    for anchor, full in chain.from_iterable(map(cited_in_full, chosen)):
        if work_identities(result.setdefault(anchor, full)) != work_identities(full):
            ambiguous.add(anchor)
    return {anchor: full for anchor, full in result.items() if anchor not in ambiguous}


def cited_in_full(text: str) -> Sequence[tuple[str, Reference]]:
    """Return what a block cites in full, with the anchor of each."""
    return Guard().run(partial(_cited_in, text), otherwise=(), element="a citation")


def _cited_in(text: str) -> list[tuple[str, Reference]]:
    harmless, _ = sanitize(text)
    templates = mwparserfromhell.parse(harmless, skip_style_tags=True).filter_templates(recursive=True)
    cited = ((node, reference_of(node)) for node in templates if citation_of(node))
    return [(anchor, full) for node, full in cited if full and (anchor := _own_anchor(node, full))]


def _own_anchor(node: Template, full: Reference) -> str:
    """Return the anchor of a full citation: what `ref` gives, else authors and year; "" where it has none."""
    given = str(node.get("ref").value).strip() if node.has("ref") else ""
    for template in mwparserfromhell.parse(given).filter_templates(recursive=False) if "{{" in given else ():
        if template_name(template) in _ANCHOR_TEMPLATES:
            return _joined([plain_text(parameter.value) for parameter in template.params if not parameter.showkey])
    if given and given.casefold() != "harv":  # "none", or an anchor
        return _joined([given.removeprefix("CITEREF")]) if given.startswith("CITEREF") else ""
    year = _YEAR_OF_DATE.search(full.date or "")
    lasts = [author.partition(",")[0] for author in full.authors[:_MOST_AUTHORS]]
    return _joined([*lasts, year[0]]) if year and lasts else ""


def _joined(parts: Iterable[str]) -> str:
    return "".join(fold_text(part).replace(" ", "") for part in parts)
