"""Render mwparserfromhell nodes as passages of plain words with footnotes and source offsets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from mwparserfromhell.nodes import ExternalLink, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Dialect, Figure, Location, Reference, TextKind, Unread
from watcher.model.elements import Guard
from watcher.parse.citations.plain_text import template_name
from watcher.parse.citations.references import (
    ParsedFootnote,
    footnote_number,
    is_definition,
    link_reference,
    reference_keys,
    reference_of,
)
from watcher.parse.render.images import ImageNode, images_in
from watcher.parse.render.passages import MARK, NO_MARKUP, Footnote, Passage
from watcher.parse.template_names import MAINTENANCE_TAGS, WORDS, alternatives

# BlockLevelPass: a line of only blanks ends a paragraph, like an empty line.
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
# Behaviour switches (Help:Magic words): `__NOTOC__`, also in the wiki's language, but not `__init__` and `__21__`.
_SWITCH = re.compile(r"__(?![a-z]+__)[^\W\d_]{3,}__")
# LanguageConverter: `-{…}-` protects words from conversion between scripts of a language, or lists those of each one.
_CONVERSION = re.compile(r"-\{(?:([^{}|\n]{0,40})\|)?([^{}]{0,1000})\}-")
_VARIANT = re.compile(r"(?:[^=]*=>)?\s*(?:zh|sr|sh|kk|ku|uz|tg|crh|gan|iu|shi|ban|wuu)(?:-[a-z]+)?\s*:(.*)", re.DOTALL)
_SHOWING_NOTHING = frozenset("HT-")  # a rule for the rest of the page, the title, the end of a rule
# RemexHtml closes open elements and drops stray end tags, so readers see neither.
_SEPARATING, _STRAY = WORDS["html_blocks"] | {"br", "pre"}, WORDS["html_tidied"] | WORDS["wiki_stray"]
_LEFT_OPEN = re.compile(
    rf"</?(?:({alternatives(_SEPARATING)})|{alternatives(_STRAY)})(?=[\s/>])[^<>\n]{{0,500}}>", re.IGNORECASE
)


_NOUNS: dict[type[Node], str] = {Tag: "tag or footnote", Template: "template", Wikilink: "link"}


@dataclass(slots=True)
class Renderer:
    """Walks a block and collects its passages, figures, references and uses."""

    dialect: Dialect
    read_node: Callable[[Renderer, Node], None]
    passages: list[Passage] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    where: TextKind = TextKind.PROSE
    label: str = ""
    current: Passage = field(default_factory=lambda: Passage(TextKind.PROSE))
    notes: tuple[ParsedFootnote, ...] = ()
    offset: int = 0
    stop: int = 0
    depth: int = 0
    guard: Guard = field(default_factory=Guard)

    def read_block(self, code: Wikicode) -> None:
        """Read the top level of a block with source offsets; the texts of its nodes add up to that of the block."""
        self.start_passage()
        for node in code.nodes:
            if type(node) is Text:
                self.stop = self.offset + len(node.value)
                self._text(node.value)
            else:
                self.stop = self.offset + len(str(node))
                self.current.anchor(self.offset)
                self.depth += 1
                self._visit(node)
                self.depth -= 1
            self.offset = self.current.end = self.stop

    def read(self, code: Wikicode | None) -> None:
        """Read the nodes inside another node."""
        if code is None:
            return
        self.depth += 1
        for node in code.nodes:
            if type(node) is Text:
                self._text(node.value)
            else:
                self._visit(node)
        self.depth -= 1

    def _visit(self, node: Node) -> None:
        """Read one node. If that fails, record the node as unread and continue as if it were absent."""
        before = self.depth, self.where, self.label, self.current
        element = f"a {_NOUNS.get(type(node), 'node')}"
        failed: bool | None = self.guard.run(
            partial(self.read_node, self, node), otherwise=True, element=element, location=self._span
        )
        if failed:
            self.depth, self.where, self.label, self.current = before

    def give_up(self, reason: str) -> None:
        """Record that the current node is not read."""
        self.guard.unread.append(Unread(reason=reason, location=self._span()))

    def _span(self) -> Location:
        return Location(start=self.offset, end=self.stop)

    def append_text(self, text: str) -> None:
        """Append rendered text whose apostrophes are text, not markup."""
        if text:
            edged = text[0] == "'" or text[-1] == "'"
            self.current.parts.append(f"{NO_MARKUP}{text}{NO_MARKUP}" if edged else text)

    def start_passage(self) -> Passage:
        """End the current passage, and return the next one, which has the current kind and label."""
        now = self.current
        if now.is_empty and self.passages and self.passages[-1] is now:
            now.where, now.label, now.item = self.where, self.label, ""
            now.start, now.end = self.offset, self.stop
            now.parts.clear()
            now.blank = 0
            now.anchors.clear()
            if self.depth:
                now.anchor(self.offset)
            return now
        self.current = Passage(self.where, self.label, start=self.offset, end=self.stop)
        if self.depth:
            self.current.anchor(self.offset)
        self.passages.append(self.current)
        return self.current

    def read_detached(self, code: Wikicode | str, where: TextKind, label: str) -> list[Passage]:
        """Read something that is not part of the running text, and return its passages."""
        outer = self.current, self.where, self.label
        self.where, self.label = where, label
        waiting = self.passages.pop() if self.passages and self.passages[-1] is outer[0] and outer[0].is_empty else None
        first = len(self.passages)
        self.current = Passage(where, label, start=self.offset, end=self.stop)
        self.passages.append(self.current)
        if isinstance(code, str):
            self.append_text(code)
        else:
            self.read(code)
        self.current, self.where, self.label = outer
        result = self.passages[first:]
        if waiting is not None:
            # Nothing has been written to it yet, so it follows the detached passages.
            self.passages.append(waiting)
        return result

    def read_block_element(self, code: Wikicode | None, where: TextKind | None = None) -> None:
        """Read a block element: it starts and ends a passage."""
        outer = self.where
        if where is not None and outer in (TextKind.PROSE, TextKind.LIST):
            self.where = where
        self.start_passage()
        self.read(code)
        self.where = outer
        self.start_passage()

    def plain_text(self, code: Wikicode) -> str:
        """Return the words of nested wikitext, and add its footnotes to the current passage."""
        nodes = code.nodes
        if all(isinstance(node, Text) for node in nodes):
            value = str(code)
            if "''" not in value and "<" not in value:
                return " ".join(value.split())
        outer = self.current
        inner = self.current = Passage(self.where, self.label, start=self.offset, end=self.stop)
        self.read(code)
        later = self.current
        self.current = outer
        for note in inner.notes:
            outer.note(note)
        words = inner.words()
        return words if later is inner else f"{words} {later.words()}".strip()

    def add_citation(self, node: Tag | Template, *, used: bool = True) -> bool:
        """Add a citation, and return whether the node is one. `used` is False in a list of definitions."""
        number = footnote_number(node) if self.notes and isinstance(node, Tag) else None
        if number is not None:
            inside, reference = self.notes[number]
            if inside is None and reference is not None:
                self._take(reference, (reference.key,), used=used)
                return True
            node = inside or node
        else:
            reference = reference_of(node)
        # A tag has one key; `reference_keys` would read the citation a second time.
        keys = (reference.key,) if reference and isinstance(node, Tag) else reference_keys(node)
        if reference is None and not keys:
            return False
        # Only a definition has text; `is_definition` would render the node once more.
        defined = reference if reference is not None and (reference.text or is_definition(node)) else None
        self._take(defined, keys, used=used)
        self._inside_citation(node)
        return True

    def cite_link(self, link: ExternalLink) -> None:
        """Add a bracketed URL without a label, which is shown as a footnote number, as a citation."""
        reference = link_reference(link)
        if reference is not None:
            self._take(reference, (reference.key,), used=True)

    def _take(self, defined: Reference | None, keys: tuple[str, ...], *, used: bool) -> None:
        """Record the definition, if there is one, and the used keys."""
        if defined is not None:
            self.references.append(replace(defined, location=self._span()))
        if used:
            self.uses.extend(keys)
            self.current.note(Footnote(keys=keys))

    def define(self, code: Wikicode | None) -> None:
        """Read a reference list, whose references are defined in it and used elsewhere."""
        if code is None:
            return
        self.start_passage()
        for node in code.nodes:
            if isinstance(node, Tag | Template):
                self.add_citation(node, used=False)

    def add_images(self, node: Wikilink | Tag | Template) -> tuple[ImageNode, ...]:
        """Add the figures of a node, with separate passages for their captions, and return the images."""
        images = tuple(images_in(node, self.dialect))
        for image in images:
            if image.is_marker:
                continue
            read = self.read_detached(image.caption, TextKind.CAPTION, "") if image.caption is not None else []
            passages = [passage for passage in read if passage.where is TextKind.CAPTION]
            figure = Figure(
                file=image.file,
                caption=" ".join(filter(None, (passage.words() for passage in passages))),
                alt=self.plain_text(image.alt) if image.alt is not None else "",
                options=image.options,
                references=tuple(dict.fromkeys(key for passage in passages for key in passage.keys)),
                location=self._span(),
            )
            self.figures.append(figure)
        return images

    def add_maintenance_tag(self, tag: str) -> None:
        """Add a maintenance tag to the current sentence, or on its own if none has begun."""
        if self.current.is_empty:
            self.passages.insert(
                -1, Passage(self.where, self.label, self.offset, self.stop, notes=[Footnote(tag=tag)], parts=[MARK])
            )
        else:
            self.current.note(Footnote(tag=tag))

    def _inside_citation(self, node: Tag | Template) -> None:
        """Add the maintenance tags (dead links) and references inside a citation to the sentence that it supports."""
        insides = [parameter.value for parameter in node.params] if isinstance(node, Template) else [node.contents]
        for inner in (inner for inside in insides if inside is not None for inner in inside.nodes):
            if isinstance(inner, Template):
                if name := MAINTENANCE_TAGS.get(template_name(inner)):
                    self.current.note(Footnote(tag=name))
                elif isinstance(node, Template):
                    self.add_citation(inner)
            elif isinstance(inner, Tag) and str(inner.tag).lower() == "ref":
                self.add_citation(inner)

    def _text(self, value: str) -> None:
        top = self.depth == 0
        if "\n" not in value:
            if top:
                self.current.anchor(self.offset, exact=True)
            self.current.parts.append(strip_stray_tags(value))
            return
        # A line end ends a list item, an empty line ends a paragraph.
        source = self.offset if top else None
        at = 0
        while at < len(value):
            if self.current.item:
                stop = value.find("\n", at)
                after = stop + 1
            else:
                blank = _PARAGRAPH.search(value, at)
                stop, after = blank.span() if blank else (-1, 0)
            piece = value[at:] if stop < 0 else value[at:stop]
            if piece:
                if source is not None:
                    self.current.anchor(source + at, exact=True)
                self.current.parts.append(strip_stray_tags(piece))
            if stop < 0:
                return
            if source is not None:
                self.current.end = source + stop
            at = after
            self.start_passage()
            if source is not None:
                self.current.start = source + at


def strip_stray_tags(text: str) -> str:
    """Return a text without stray tags and behaviour switches, and with `-{…}-` as LanguageConverter shows it."""
    if "<" in text:
        text = _LEFT_OPEN.sub(lambda tag: " " if tag[1] else "", text)  # 1<b>0 is 10
    if "__" in text:
        text = _SWITCH.sub("", text)
    if "-{" in text:
        text = _CONVERSION.sub(_shown_by_variants, text).replace("-{", "").replace("}-", "")
    return text


def _shown_by_variants(markup: re.Match[str]) -> str:
    """Return what LanguageConverter shows for `-{flags|zh-hans:甲;zh-hant:乙}-` in all variants, joined by "／"."""
    flags, text = {flag.strip().upper() for flag in (markup[1] or "").split(";")}, markup[2]
    if not flags.isdisjoint(_SHOWING_NOTHING):
        return ""
    rules = [_VARIANT.fullmatch(rule) for rule in text.split(";") if rule.strip()]
    shown = dict.fromkeys(rule[1].strip() for rule in rules if rule)
    return text if "R" in flags or not all(rules) else "／".join(filter(None, shown))
