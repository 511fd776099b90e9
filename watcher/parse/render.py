"""mwparserfromhell nodes → passages of plain words with footnotes and source offsets, in the order of the text.

Every node is walked once. What a template or a table becomes is decided by the `Rules` that `blocks` puts together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from mwparserfromhell.nodes import (
    Argument,
    Comment,
    ExternalLink,
    Heading,
    HTMLEntity,
    Node,
    Tag,
    Template,
    Text,
    Wikilink,
)
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Dialect, Figure, Place, Reference, Where
from watcher.parse.figures import Picture
from watcher.parse.links import Target, target_of
from watcher.parse.passages import Footnote, Passage
from watcher.parse.wording import APOSTROPHE, JOINT, MARK, raised

_BLOCKS = frozenset(
    "div center p section article header footer main ol ul dl li dd dt table tr td th thead tbody tfoot caption "
    "h1 h2 h3 h4 h5 h6 noinclude onlyinclude includeonly poem blockquote gallery".split()  # noqa: SIM905
)
_QUOTED = frozenset(("blockquote", "poem"))
_RAW = frozenset(
    "math score syntaxhighlight source timeline graph mapframe maplink templatedata hiero chem ce imagemap "
    "inputbox templatestyles categorytree indicator".split()  # noqa: SIM905
)
_SILENT = frozenset(("templatestyles", "section", "hr", "wbr", "img", "meta", "link"))
_LIST_MARKERS = frozenset("*#;:")
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SWITCH = re.compile(r"__[^\W_]+__")
_LEFT_OPEN = re.compile(
    r"</?(?:div|span|center|small|big|font|blockquote|p|br|b|i|u|s|tt|em|strong|sup|sub|table|tr|td|th|tbody|ul|ol|li|dl|dd|dt|"
    r"ref|references|noinclude|includeonly|onlyinclude|section|poem|gallery|abbr|cite|code|del|ins|strike|h[1-6])\b[^<>\n]{0,500}>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the reader is told about the nodes that mean more than their text."""

    template: Callable[[Reader, Template], None]
    table: Callable[[Reader, Tag], None]
    reference_of: Callable[[Tag | Template, Dialect], Reference | None]
    reference_keys: Callable[[Tag | Template], tuple[str, ...]]
    is_definition: Callable[[Tag | Template], bool]
    pictures_of: Callable[[Wikilink | Tag | Template, Dialect], tuple[Picture, ...]]
    tag_of: Callable[[Template], str | None]


@dataclass(slots=True)
class Reader:
    """Walks a block and gathers its passages, figures, references and uses."""

    dialect: Dialect
    rules: Rules
    passages: list[Passage] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    where: Where = Where.PROSE
    label: str = ""
    current: Passage = field(default_factory=lambda: Passage(Where.PROSE))
    offset: int = 0
    stop: int = 0
    depth: int = 0

    def read_block(self, code: Wikicode) -> None:
        """Walk the top level, keeping source offsets; the text of the nodes adds up to the text of the block."""
        self.cut()
        for node in code.nodes:
            if type(node) is Text:
                self.stop = self.offset + len(node.value)
                self._text(node.value)
            else:
                self.stop = self.offset + len(str(node))
                self.current.anchor(self.offset)
                self.depth += 1
                self._node(node)
                self.depth -= 1
            self.offset = self.current.end = self.stop

    def read(self, code: Wikicode | None) -> None:
        """Walk what is nested in a node."""
        if code is None:
            return
        self.depth += 1
        for node in code.nodes:
            if type(node) is Text:
                self._text(node.value)
            else:
                self._node(node)
        self.depth -= 1

    def write(self, text: str) -> None:
        """Rendered text whose apostrophes are text, not markup."""
        if text:
            edged = text[0] == "'" or text[-1] == "'"
            self.current.parts.append(f"{JOINT}{text}{JOINT}" if edged else text)

    def cut(self) -> Passage:
        """End the passage, begin the next one in the same surroundings."""
        now = self.current
        if now.is_empty and self.passages and self.passages[-1] is now:
            now.where, now.label, now.item = self.where, self.label, ""
            now.start, now.end = self.offset, self.stop
            now.anchors.clear()
            if self.depth:
                now.anchor(self.offset)
            return now
        self.current = Passage(self.where, self.label, start=self.offset, end=self.stop)
        if self.depth:
            self.current.anchor(self.offset)
        self.passages.append(self.current)
        return self.current

    def aside(self, code: Wikicode | str, where: Where, label: str) -> list[Passage]:
        """Read something that is not part of the running text; the passages that it became."""
        outer = self.current, self.where, self.label
        self.where, self.label = where, label
        waiting = self.passages.pop() if self.passages and self.passages[-1] is outer[0] and outer[0].is_empty else None
        first = len(self.passages)
        self.current = Passage(where, label, start=self.offset, end=self.stop)
        self.passages.append(self.current)
        if isinstance(code, str):
            self.write(code)
        else:
            self.read(code)
        self.current, self.where, self.label = outer
        found = self.passages[first:]
        if waiting is not None:
            # Nothing is written there yet, so it follows.
            self.passages.append(waiting)
        return found

    def enclose(self, code: Wikicode | None, where: Where | None = None) -> None:
        """Read a block element: it starts and ends a passage."""
        outer = self.where
        if where is not None and outer in (Where.PROSE, Where.LIST):
            self.where = where
        self.cut()
        self.read(code)
        self.where = outer
        self.cut()

    def plain(self, code: Wikicode) -> str:
        """The words of a nested text, for those who need them as a value; its footnotes go to the current passage."""
        nodes = code.nodes
        if all(type(node) is Text for node in nodes):
            value = "".join(node.value for node in nodes)
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

    def cite(self, node: Tag | Template, *, used: bool = True) -> bool:
        """Take a citation; False when the node is none. `used` is False in a list of definitions."""
        reference = self.rules.reference_of(node, self.dialect)
        # A tag has one key; asking again would read the citation twice.
        keys = (reference.key,) if reference and isinstance(node, Tag) else self.rules.reference_keys(node)
        if reference is None and not keys:
            return False
        if reference is not None and self.rules.is_definition(node):
            place = Place(start=self.offset, end=self.stop)
            self.references.append(replace(reference, place=place))
        if used:
            self.uses.extend(keys)
            self.current.note(Footnote(keys=keys))
        self._inside_citation(node)
        return True

    def define(self, code: Wikicode) -> None:
        """Read a list of references: defined here, used elsewhere."""
        for node in code.nodes:
            if isinstance(node, Tag | Template):
                self.cite(node, used=False)

    def picture(self, node: Wikilink | Tag | Template) -> tuple[Picture, ...]:
        """Take the figures of a node; their captions become passages of their own."""
        pictures = self.rules.pictures_of(node, self.dialect)
        for picture in pictures:
            caption, passages = "", []
            if picture.caption is not None:
                passages = [one for one in self.aside(picture.caption, Where.CAPTION, "") if one.where is Where.CAPTION]
                caption = " ".join(filter(None, (one.words() for one in passages)))
            figure = Figure(
                file=picture.file,
                caption=caption,
                alt=self.plain(picture.alt) if picture.alt is not None else "",
                options=picture.options,
                references=tuple(dict.fromkeys(key for one in passages for note in one.notes for key in note.keys)),
                place=Place(start=self.offset, end=self.stop),
            )
            self.figures.append(figure)
        return pictures

    def complain(self, tag: str) -> None:
        """Take a maintenance tag: on the sentence at hand, or on its own where none has begun."""
        if self.current.is_empty:
            self.passages.insert(
                -1, Passage(self.where, self.label, self.offset, self.stop, notes=[Footnote(tag=tag)], parts=[MARK])
            )
        else:
            self.current.note(Footnote(tag=tag))

    def _inside_citation(self, node: Tag | Template) -> None:
        """Dead links and the like inside a reference stand on its sentence; so do references inside a footnote."""
        insides: Iterable[Wikicode] = (
            (node.contents,) if isinstance(node, Tag) else tuple(parameter.value for parameter in node.params)
        )
        for inside in insides:
            for inner in inside.nodes if inside is not None else ():
                if isinstance(inner, Template):
                    name = self.rules.tag_of(inner)
                    if name:
                        self.current.note(Footnote(tag=name))
                    elif isinstance(node, Template):
                        self.cite(inner)
                elif isinstance(inner, Tag) and str(inner.tag).lower() == "ref":
                    self.cite(inner)

    def _node(self, node: Node) -> None:
        read = _READERS.get(type(node))
        if read is not None:
            read(self, node)

    def _text(self, value: str) -> None:
        if MARK in value:
            value = value.replace(MARK, " ")
        top = self.depth == 0
        if "\n" not in value:
            if top:
                self.current.anchor(self.offset, exact=True)
            self.current.parts.append(_bare(value))
            return
        self._lines(value, self.offset if top else None)

    def _lines(self, value: str, source: int | None) -> None:
        """Text with line ends: a line end closes a list item, an empty line a paragraph."""
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
                self.current.parts.append(_bare(piece))
            if stop < 0:
                return
            if source is not None:
                self.current.end = source + stop
            at = after
            self.cut()
            if source is not None:
                self.current.start = source + at

    def _list_marker(self, marker: str) -> None:
        now = self.current
        if now.item and now.is_empty:
            now.item += marker
        else:
            term = now.item.startswith(";")
            self.cut()
            self.current.item = f";{marker}" if term else marker
        if self.where is Where.PROSE and self.current.item.strip(":"):
            self.current.where = Where.LIST

    def _tag(self, node: Tag) -> None:
        name = str(node.tag).strip().lower()
        if node.wiki_markup and node.wiki_markup in _LIST_MARKERS:
            self._list_marker(node.wiki_markup)
        elif name == "ref":
            self.cite(node)
        elif name in _SPECIAL:
            _SPECIAL[name](self, node)
        elif name in _RAW and name not in _SILENT:
            self.aside(str(node.contents), self._aside_where(), name)
        elif name in _BLOCKS:
            self.enclose(node.contents, Where.QUOTE if name in _QUOTED else None)
        elif name not in _SILENT:
            self.read(node.contents)

    def _aside_where(self) -> Where:
        return Where.INFOBOX if self.where is Where.LIST else self.where

    def _break(self, _node: Tag) -> None:
        self.current.parts.append(" ")

    def _rule(self, _node: Tag) -> None:
        self.cut()

    def _literal(self, node: Tag) -> None:
        self.current.parts.append(JOINT + str(node.contents or "").replace("'", APOSTROPHE) + JOINT)

    def _preformatted(self, node: Tag) -> None:
        self.cut()
        self._literal(node)
        self.cut()

    def _reference_list(self, node: Tag) -> None:
        if node.contents is not None:
            self.define(node.contents)

    def _raised(self, node: Tag) -> None:
        nodes = node.contents.nodes if node.contents else ()
        if len(nodes) == 1 and type(nodes[0]) is Text:
            self.current.parts.append(raised(nodes[0].value))
        else:
            self.read(node.contents)

    def _table(self, node: Tag) -> None:
        self.rules.table(self, node)

    def _gallery(self, node: Tag) -> None:
        self.picture(node)

    def _template(self, node: Template) -> None:
        self.rules.template(self, node)

    def _link(self, node: Wikilink) -> None:
        target = target_of(str(node.title), self.dialect, labelled=node.text is not None)
        if target.kind is Target.Kind.FILE:
            self.picture(node)
        elif target.kind is Target.Kind.ARTICLE:
            if node.text is None or not node.text.nodes:
                self.write(target.shown)
            else:
                self._label(node.text)
        else:
            self.aside(target.shown, Where.INFOBOX, target.kind.value)

    def _label(self, code: Wikicode) -> None:
        nodes = code.nodes
        if len(nodes) == 1 and type(nodes[0]) is Text:
            value = _bare(nodes[0].value)
            edged = "'" in (value[:1], value[-1:]) and "''" not in value
            self.current.parts.append(f"{JOINT}{value}{JOINT}" if edged else value)
        else:
            self.read(code)

    def _external(self, node: ExternalLink) -> None:
        if node.title is not None:
            self._label(node.title)
        elif not node.brackets:
            self.current.parts.append(self.plain(node.url))

    def _entity(self, node: HTMLEntity) -> None:
        try:
            self.write(node.normalize())
        except (ValueError, OverflowError):
            self.write(str(node))

    def _argument(self, node: Argument) -> None:
        if node.default is not None:
            self.read(node.default)
        else:
            self.write(str(node.name))

    def _heading(self, node: Heading) -> None:
        self.enclose(node.title)


def _bare(text: str) -> str:
    """Text without what MediaWiki would have taken as a tag or a switch although it stands alone."""
    if "<" in text:
        text = _LEFT_OPEN.sub(" ", text)
    if "__" in text:
        text = _SWITCH.sub("", text)
    if "-{" in text:
        text = text.replace("-{", "").replace("}-", "")
    return text


_SPECIAL: dict[str, Callable[[Reader, Tag], None]] = {
    "br": Reader._break,
    "hr": Reader._rule,
    "nowiki": Reader._literal,
    "pre": Reader._preformatted,
    "references": Reader._reference_list,
    "sup": Reader._raised,
    "table": Reader._table,
    "gallery": Reader._gallery,
}

_READERS: dict[type[Node], Callable[[Reader, Node], None]] = {
    Comment: lambda _reader, _node: None,
    Tag: Reader._tag,
    Template: Reader._template,
    Wikilink: Reader._link,
    ExternalLink: Reader._external,
    HTMLEntity: Reader._entity,
    Argument: Reader._argument,
    Heading: Reader._heading,
}
