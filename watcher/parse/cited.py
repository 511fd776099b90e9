"""List the statistics that an article cites from identifiable works, by footnotes or short citations."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Template

from watcher.model import Dialect, Document, Measure, Quantity, Reference, TextKind
from watcher.model.elements import CitedStatistic, Guard, Sentence, Work
from watcher.parse.citations.plain_text import citation_of, fold_text, plain_text, template_name, work_identities
from watcher.parse.citations.references import SHORT_CITES, reference_of
from watcher.parse.document import analyse_blocks, assemble
from watcher.parse.template_names import WORDS, alternatives
from watcher.parse.visibility import visible
from watcher.parse.wikitext.sanitizer import parse_tree, sanitize
from watcher.parse.wikitext.sections import Block, blocks, split_sections

_SHORT_CITE: Final = re.compile(r"\{\{\s*(?:sfn|sfrac|sp\s*\||harv)", re.IGNORECASE)
_LONGEST: Final = 300  # characters of a note that is still a short citation
_NAME_OR_YEAR: Final = re.compile(r"[^\W_]+")
_YEAR_OF_WORK: Final = re.compile(r"\d{4}[a-z]?")
_YEAR_OF_DATE: Final = re.compile(r"(?<!\d)\d{4}[a-z]?(?![\da-z])")
# "See Orr 2009; cf. Li & Ngugi 2010" names two works.
_BETWEEN: Final = re.compile(r";|\bsee also\b|\bquoted in\b|\bcited in\b", re.IGNORECASE)
_NO_NAMES: Final = frozenset(("see", "cf", "eg", "in", "and", "und", "et", "y", "p", "pp"))
_CITES: Final = re.compile(rf"<ref\b|\{{\{{\s*r(?:efn)?\s*\||{_SHORT_CITE.pattern}", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d.,]*\d)")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_SELF: Final = re.compile(rf"^(?:it|its|he|his|she|her)\b|\bthe (?:{alternatives(WORDS['subjects'])})\b", re.IGNORECASE)
_FEWEST: Final = 10  # a smaller count without a noun is as likely a chapter or a part


def cited_statistics(text: str, dialect: Dialect, title: str = "") -> tuple[CitedStatistic, ...]:
    """Return the statistics that an article cites from identifiable works."""
    text = visible(text)
    paragraphs = [block for part in split_sections(text) for block in blocks(part)]
    read = analyse_blocks((block for block in paragraphs if _CITES.search(block.text)), dialect)
    return tuple(_cited(assemble(text, (), read, dialect), paragraphs, text, dialect, title))


def _cited(
    document: Document, paragraphs: Sequence[Block], text: str, dialect: Dialect, title: str
) -> Iterator[CitedStatistic]:
    sentences = {(item.text, item.location.start): item for item in document.sentences}
    # The works that each short citation names, by reference key.
    named = {item.key: named_works(item) for item in document.references if not work_identities(item)}
    requested = frozenset(work for works in named.values() for work in works)
    full = _full_citations((block.text for block in paragraphs), requested) if requested else {}
    known = {
        item.key: (item, *(full[work.anchor] for work in named.get(item.key, ()) if work.anchor in full))
        for item in document.references
    }
    proper = ProperNames(title, text)
    names: dict[tuple[str, int], tuple[str, ...]] = {}
    for item in document.statistics:
        sources = [source for key in item.references if key in known for source in known[key]]
        works = tuple(dict.fromkeys(work for source in sources for work in _works(source)))
        sentence = sentences.get((item.sentence, item.location.start))
        if not works or sentence is None or not _is_comparable(item.quantity):
            continue
        key = (item.sentence, item.location.start)
        if key not in names:
            names[key] = _names(sentence, sources, proper, dialect.language)
        yield CitedStatistic(
            quantity=item.quantity,
            year=_year(item.quantity, sentence),
            sentence=item.sentence,
            label=sentence.label,
            section=" › ".join(item.location.section),
            names=names[key],
            works=works,
            source=next((source.title or source.url or source.text for source in sources if _works(source)), ""),
        )


def _works(source: Reference) -> tuple[Work, ...]:
    # The page at a URL may change every year; a DOI or an ISBN always identifies the same work.
    year = _YEAR.search(source.date or "")
    return tuple(
        Work(identity, year[0] if year and identity.startswith("url:") else "") for identity in work_identities(source)
    )


def _is_comparable(quantity: Quantity) -> bool:
    """Return whether a quantity is a statistic with a value that another text may contradict."""
    values = [number for number in (quantity.value, quantity.low, quantity.high) if number is not None]
    bare = quantity.measure is Measure.COUNT and quantity.unit is None and all(abs(v) < _FEWEST for v in values)
    return bool(values) and not quantity.measure.is_context and not bare


def _year(quantity: Quantity, sentence: Sentence) -> str | None:
    """Return the year that dates a statistic, else the only year in its sentence or cell labels, else None."""
    around = f"{sentence.text[: quantity.start]} {sentence.text[quantity.end :]} {sentence.label}"
    years = {quantity.as_of[:4]} if quantity.as_of else {match[0] for match in _YEAR.finditer(around)}
    return years.pop() if len(years) == 1 else None


def _names(sentence: Sentence, sources: Iterable[Reference], proper: ProperNames, language: str) -> tuple[str, ...]:
    """Return the proper names of a sentence, except its sources' authors and publishers, else those of the title.

    The title's names begin with "?" if the sentence does not refer to the article's subject.
    """
    if language in WORDS["languages_of_capital_nouns"]:
        return ()
    cell = sentence.where in (TextKind.TABLE, TextKind.INFOBOX)
    publisher_text = " ".join(
        " ".join((*source.authors, source.work or "", source.publisher or "")) for source in sources
    )
    publishers = {_fold(word) for word in _WORD.findall(publisher_text)}
    text = f"{sentence.label} {sentence.text}" if cell else sentence.text
    if names := tuple(name for name in proper.within(text, cell=cell) if name not in publishers):
        return names
    return proper.all_of_title if cell or _SELF.search(sentence.text) else tuple(f"?{name}" for name in proper.title)


def _fold(word: str) -> str:
    return word[:5].casefold()  # a country and its adjective share these letters


class ProperNames:
    """The proper names of a text: words that are capitalised within sentences and never written in lower case."""

    def __init__(self, title: str, text: str) -> None:
        self._text = text
        words = re.findall(r"[^\W\d_]+", title.partition(" (")[0])
        capital = [word for word in words if word[0].isupper()]
        # The first word of a title has a capital anyway: Economy of Arvenia.
        if len(words) > len(capital) > 1:
            capital = capital[1:]
        certain = len(capital) > 1 or capital[:1] != words[:1] or bool(words and self.is_name(words[0], opens=True))
        folded = tuple(dict.fromkeys(map(_fold, capital)))
        self.title = folded if certain and folded else ()
        self.all_of_title = folded if len(words) == 1 else self.title

    def within(self, text: str, *, cell: bool = False) -> tuple[str, ...]:
        """Return the folded names of a sentence or cell; in a cell, any word may be the first of a phrase."""
        words = (word[0] for word in _WORD.finditer(text) if self.is_name(word[0], opens=cell or not word.start()))
        return tuple(dict.fromkeys(map(_fold, words)))

    @lru_cache(maxsize=1024)  # noqa: B019  lives as long as the reading of one text
    def is_name(self, word: str, *, opens: bool) -> bool:
        """Return whether a word is a proper name. A word that `opens` a sentence must also occur within one."""
        if (
            not word[0].isupper()
            or word.isupper()
            or _fold(word) in WORDS["publishers"]
            or f" {word.lower()}" in self._text
        ):
            return False
        return not opens or bool(re.search(rf"[a-z,;] (?:\[\[)?{word}\b", self._text))


# Short citations: Template:Sfn and its relatives link to an anchor, which is CITEREF with the last names of up to four
# authors and the year, or the value of `ref` (Template:Sfnref). One written by hand is read in the same way.


class NamedWork(NamedTuple):
    """A work that a short citation names: its anchor, and the `name` and `year` that its full citation contains."""

    anchor: str
    name: str
    year: str


def named_works(reference: Reference) -> tuple[NamedWork, ...]:
    """Return the works that a short citation names.

    >>> [work.anchor for work in named_works(Reference(key="a", text="See Li & Ngugi 2010a, p. 3; Orr 2009."))]
    ['lingugi2010a', 'orr2009']
    """
    if (reference.template and reference.template not in SHORT_CITES) or len(reference.text) > _LONGEST:
        return ()
    works = []
    for part in _BETWEEN.split(reference.text):
        words = _NAME_OR_YEAR.findall(part)
        at = next((at for at, word in enumerate(words) if _YEAR_OF_WORK.fullmatch(word)), 0)
        if names := [word for word in words[:at] if word.casefold() not in _NO_NAMES]:
            works.append(NamedWork(_joined([*names, words[at]]), names[0], words[at]))
    return tuple(works)


def _full_citations(blocks: Iterable[str], requested: Collection[NamedWork]) -> dict[str, Reference]:
    """Return the full citations in some blocks, by anchor, that may be among the requested works.

    An anchor that two works share identifies neither (Template:Sfn, "multiple-target errors").
    """
    needles = {(work.name, work.year) for work in requested}
    chosen = (text for text in blocks if "{{" in text and any(name in text and year in text for name, year in needles))
    result: dict[str, Reference] = {}
    ambiguous: set[str] = set()
    for anchor, full in chain.from_iterable(map(_cited_in_full, chosen)):
        if work_identities(result.setdefault(anchor, full)) != work_identities(full):
            ambiguous.add(anchor)
    return {anchor: full for anchor, full in result.items() if anchor not in ambiguous}


def _cited_in_full(text: str) -> Sequence[tuple[str, Reference]]:
    """Return the anchor and the reference of each full citation in a block."""

    def read() -> list[tuple[str, Reference]]:
        code = parse_tree(sanitize(text)[0])
        templates = (node for node in code.filter_templates(recursive=True) if citation_of(node))
        cited = ((node, reference_of(node)) for node in templates)
        return [(anchor, full) for node, full in cited if full and (anchor := _own_anchor(node, full))]

    return Guard().run(read, otherwise=(), element="a citation")


def _own_anchor(node: Template, full: Reference) -> str:
    """Return the anchor of a full citation: the value of `ref`, else authors and year; "" if it has none."""
    given = str(node.get("ref").value).strip() if node.has("ref") else ""
    for template in mwparserfromhell.parse(given).filter_templates(recursive=False) if "{{" in given else ():
        if template_name(template) in ("sfnref", "harvid"):
            return _joined([plain_text(parameter.value) for parameter in template.params if not parameter.showkey])
    if given and given.casefold() != "harv":  # "none", or an anchor
        return _joined([given.removeprefix("CITEREF")]) if given.startswith("CITEREF") else ""
    year = _YEAR_OF_DATE.search(full.date or "")
    lasts = [author.partition(",")[0] for author in full.authors[:4]]  # Template:Sfn names no more
    return _joined([*lasts, year[0]]) if year and lasts else ""


def _joined(parts: Iterable[str]) -> str:
    return "".join(fold_text(part).replace(" ", "") for part in parts)
