"""Read what the layout of a text says about it: ranks and groups in lists, code samples, collapsed elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from watcher.model import Location, Section, Sentence, TextKind
from watcher.parse.wikitext.brackets import replace_spans
from watcher.parse.wikitext.sections import split_sections
from watcher.text.statement import LINK_SECTIONS
from watcher.text.words import words

_NUMBERED = re.compile(r"^#+(?![#*:;])(?!REDIRECT)[^\n]+", re.MULTILINE)
_HTML_ITEM = re.compile(r"<(/?)(ol|ul|li)\b([^<>\n]{0,200})>([^<\n]*+)", re.IGNORECASE)
_LINE = re.compile(r"^([*#:;]*)([^\n]*)", re.MULTILINE)
_INTRODUCTION = re.compile(r".{1,120}:|'''[^'\n]{1,120}''':?")
_TEMPLATE_ROW = re.compile(r"^\{\{([^{}|\[\]<>\n]{2,60})\|((?:[^{}]|\{\{[^{}]{0,300}\}\}){0,2000}+)\}\}", re.MULTILINE)
_NESTED = re.compile(r"\[\[[^\[\]]*+\]\]|\{\{[^{}]*+\}\}")
_DEFINITION = re.compile(r"\s:(?!//)\s*")  # "; term : definition"
_LEGEND = re.compile(r"\{\{\s*+legend[^{}|\n]*+\|\s*+([^{}|\n]++)\|([^{}|\n]++)", re.IGNORECASE)
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
_MOST_VALUES = 60  # of a template that writes a row
_FEWEST_WORDS = 4  # of a statement; shorter samples are commands and names


def ranked_lists(wikitext: str, other: str) -> dict[tuple[str, ...], tuple[Sentence, ...]]:
    """Return the items of numbered lists by section, for sections without an identical one in the other text."""
    lists: dict[tuple[str, ...], tuple[Sentence, ...]] = {}
    for part in _content(wikitext, other):
        numbered = _NUMBERED.finditer(part.wikitext) if "\n#" in part.wikitext else ()
        items = ((item[0].lstrip("#"), item.span()) for item in numbered)
        lists[part.path] = tuple(_item(part, *item) for item in islice(chain(items, _html_items(part)), 2_000))
    return {path: items for path, items in lists.items() if items}


def _html_items(part: Section) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield text and span of each item of the HTML lists with numbers, by rising number."""
    opened: list[list[tuple[str, tuple[int, int]]] | None] = []
    is_reversed = False
    for match in _HTML_ITEM.finditer(part.wikitext):
        closes, name = match[1], match[2].lower()
        if name == "li":
            if opened and opened[-1] is not None and not closes:
                opened[-1].append((match[4], match.span()))
        elif not closes:
            opened.append([] if name == "ol" else None)
            is_reversed = "reversed" in match[3].lower()
        elif opened and (items := opened.pop()):
            yield from reversed(items) if is_reversed else items


def grouped_items(wikitext: str, other: str) -> dict[str, tuple[Sentence, str]]:
    r"""Return the list items that occur once, by text, with what they are listed under.

    That is the item or term above them, the line that introduces their list, or the heading of their section; of an
    entry of a legend its colour, of a template's value its first one. Sections with an identical one are left out.

    >>> grouped_items("; Ardal\n: A port of Norland\n", "")["A port of Norland"][1]
    'Ardal'
    """
    groups: dict[str, tuple[Sentence, str] | None] = {}
    for part in _content(wikitext, other):
        for item, group in chain(_legend_entries(part), _template_values(part), islice(_list_items(part), 4_000)):
            groups[item.text] = None if item.text in groups else (item, group)
    return {text: group for text, group in groups.items() if text and group}


def _legend_entries(part: Section) -> Iterator[tuple[Sentence, str]]:
    for entry in _LEGEND.finditer(part.wikitext):
        yield _item(part, entry[2], entry.span()), entry[1].strip()


def _template_values(part: Section) -> Iterator[tuple[Sentence, str]]:
    """Yield the values of each template that begins a line, with the first one that has words, which names them.

    Templates of one name often write the rows of a table: members of a squad, candidates, episodes. What comes before
    the name is a running number, which changes with each row above.
    """
    for template in islice(_TEMPLATE_ROW.finditer(part.wikitext), 1_000):
        # Bars within links and templates separate no parameters.
        cells = _NESTED.sub(lambda match: match[0].replace("|", "\0"), template[2]).split("|")[:_MOST_VALUES]
        group = ""
        for number, cell in enumerate(cells, start=1):
            name, separator, value = cell.replace("\0", "|").partition("=")
            label, shown = (name.strip(), value) if separator else (f"{number}", name)
            item = _item(part, shown, template.span())
            if group:
                yield replace(item, text=f"{template[1].strip()} {label}: {item.text}"), group
            elif any(map(str.isalpha, item.text)):
                group = item.text


def _list_items(part: Section) -> Iterator[tuple[Sentence, str]]:
    group = part.path[-1] if part.path else ""
    above: list[tuple[str, str]] = []  # the markers and text of the items that contain the next one
    for line in _LINE.finditer(part.wikitext):
        markers, text = line[1], line[2].strip()
        if not markers:
            above = []
            if text:  # "Closed ports:" or the same in bold is the heading of the list below
                own = _INTRODUCTION.fullmatch(text)
                group = _item(part, text, line.span()).text if own else part.path[-1] if part.path else ""
            continue
        # A definition belongs to the term above it: ":" continues ";" (Help:Lists).
        while above and not (
            (markers.startswith(above[-1][0]) and len(markers) > len(above[-1][0]))
            or (markers[-1] == ":" and above[-1][0] == f"{markers[:-1]};")
        ):
            above.pop()
        first, *rest = _DEFINITION.split(text, maxsplit=1) if markers[-1] == ";" else [text]
        for each in (first, *rest):
            item = _item(part, each, line.span())
            yield item, above[-1][1] if above else group
            above.append((markers, item.text))


def _item(part: Section, text: str, span: tuple[int, int]) -> Sentence:
    start, end = (part.location.start + at for at in span)
    return Sentence(
        text=" ".join(_FORM.sub("", text).split()),
        where=TextKind.LIST,
        location=Location(section=part.path, start=start, end=end),
    )


def collapsed(wikitext: str, other: str) -> int:
    """Return the number of collapsed elements in sections without an identical one in the other text.

    >>> collapsed('{| class="wikitable mw-collapsible mw-collapsed"', "")
    1
    """
    return sum(len(_COLLAPSED.findall(part.wikitext)) for part in _differing(wikitext, other))


def _content(wikitext: str, other: str) -> Iterator[Section]:
    """Yield the differing sections except those of links and sources."""
    for part in _differing(wikitext, other):
        if not LINK_SECTIONS.match(part.path[-1] if part.path else ""):
            yield part


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
