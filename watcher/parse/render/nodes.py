"""Render one wikitext node as a reader sees it: words, paragraph breaks, list items, footnotes, images, templates.

A template that no table names is not dropped. In prose, its parameters are separate sentences, labelled with its name,
unless they are a few words in the middle of a sentence. In a cell or parameter, which may have no other text, they are
part of the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from functools import partial

from mwparserfromhell.nodes import Argument, ExternalLink, Heading, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.nodes.extras import Parameter
from mwparserfromhell.wikicode import Wikicode

from watcher.model import TextKind
from watcher.parse import template_names
from watcher.parse.citations.plain_text import template_name
from watcher.parse.render import template_values
from watcher.parse.render.links import read_external, read_link
from watcher.parse.render.media import read_gallery, read_map
from watcher.parse.render.parser_functions import COMPUTED, only_branch, shown_by
from watcher.parse.render.passages import APOSTROPHE, NO_MARKUP, Passage, has_content, strip_private_use, to_superscript
from watcher.parse.render.renderer import Renderer
from watcher.parse.render.tables import cells_of_rows, read_table
from watcher.parse.render.template_values import Arguments
from watcher.parse.template_names import INVISIBLE, NOTATIONS, WORDS
from watcher.parse.visibility import STRUCK, is_hidden_by, is_white
from watcher.text.statement import CODE_LABEL, companion_of, is_of_all, stems_of

_LIST_MARKERS = frozenset("*#;:")
_BLOCK_KINDS = {"blockquote": TextKind.QUOTE, "poem": TextKind.QUOTE, "li": TextKind.LIST}
_INVISIBLE_TAGS = INVISIBLE | {"wbr", "img", "meta", "link", "indicator"}


def read_node(reader: Renderer, node: Node) -> None:
    """Read any node except plain text. Comments are ignored."""
    match node:
        case Template():
            read_template(reader, node)
        case Tag():
            _tag(reader, node)
        case Wikilink():
            read_link(reader, node)
        case ExternalLink():
            read_external(reader, node)
        case HTMLEntity():
            try:
                reader.append_text(strip_private_use(node.normalize()))
            except (ValueError, OverflowError):  # &#x110000; is not a character: MediaWiki shows it as written
                reader.append_text(str(node))
        case Argument(default=None):
            # Outside a template, `{{{name|default}}}` shows its default or, without one, itself (Help:Templates).
            reader.append_text(str(node.name))
        case Argument():
            reader.read(node.default)
        case Heading() if reader.where is TextKind.PROSE:
            # This heading begins no section, as there is something else on its line.
            reader.start_passage()
            reader.read_detached(node.title, reader.where, "section heading")
        case Heading():
            reader.read_block_element(node.title)
        case _:
            pass


def _tag(reader: Renderer, node: Tag) -> None:
    name = str(node.tag).strip().lower()
    special = _SPECIAL.get(name)
    if (marker := node.wiki_markup) in _LIST_MARKERS:
        # `*`, `#`, `;`, `:` begin an item, which ends with its line; a mere indent is prose.
        now = reader.current
        if now.item and now.is_empty:
            now.item += marker
        else:
            # `; term : definition` on one line is a term and its definition (BlockLevelPass::findColonNoLinks).
            term = now.item.startswith(";")
            now = reader.start_passage()
            now.item = f";{marker}" if term else marker
        if reader.where is TextKind.PROSE and now.item.strip(":"):
            now.where = TextKind.LIST
    elif special is not None:
        special(reader, node)
    elif name in NOTATIONS:
        reader.read_detached(
            str(node.contents or ""), TextKind.PROSE if reader.where is TextKind.LIST else reader.where, name
        )
    elif name in WORDS["html_passages"]:
        reader.read_block_element(node.contents, _BLOCK_KINDS.get(name))
    elif name not in _INVISIBLE_TAGS:
        reader.read(node.contents)


def _break(reader: Renderer, _node: Tag) -> None:
    """Read a line break as a space, but in a caption as the end of a passage: its lines are often a map's legend."""
    if reader.where is TextKind.CAPTION:
        reader.start_passage()
    else:
        reader.current.parts.append(" ")


def _superscript(reader: Renderer, node: Tag) -> None:
    nodes = node.contents.nodes if node.contents is not None else ()
    if len(nodes) == 1 and type(nodes[0]) is Text:
        reader.current.parts.append(to_superscript(nodes[0].value))
    else:
        reader.read(node.contents)


_SPECIAL: dict[str, Callable[[Renderer, Tag], object]] = {
    "ref": Renderer.add_citation,
    "br": _break,
    "hr": lambda reader, _node: reader.start_passage(),
    "nowiki": lambda reader, node: reader.current.parts.extend(
        (NO_MARKUP, strip_private_use(html.unescape(str(node.contents or ""))).replace("'", APOSTROPHE), NO_MARKUP)
    ),
    # It works like `<nowiki>` in a separate paragraph (Help:Formatting).
    "pre": lambda reader, node: reader.read_block_element(Wikicode([Tag(Wikicode([Text("nowiki")]), node.contents)])),
    "references": lambda reader, node: reader.define(node.contents),
    "sup": _superscript,
    "table": read_table,
    "gallery": read_gallery,
    "imagemap": read_gallery,
    "mapframe": read_map,
    "maplink": read_map,
}


# Values that only set the layout: lengths, colours, CSS declarations, states of a collapsible box.
_LAYOUT = re.compile(
    r"(?:(?:\d{1,4}(?:\.\d{1,3})?)?(?:x?\d{1,4}(?:\.\d{1,3})?)\s?(?:px|em|ex|rem|vw)|#[0-9a-f]{3,8}"
    r"|(?:auto)?collapsed|uncollapsed|expanded|(?:[a-z-]{3,30}\s*+:\s*+[^:;|]{1,60}+;\s*+)+"
    r"|(?:background|color|font|text|border|margin|padding|width|float)(?:-[a-z]{2,12})*+\s*+:[^:]++)",
    re.IGNORECASE,
)
# Values that are facts even if the name is a setting's: words, templates, links, fractions, numbers with non-CSS units.
_OF_SUBJECT = re.compile(r"[\s{\[]|\d[.,]\d|\d(?!(?:px|em|ex|pt|vw|vh|x\d+(?:px)?)\Z)[^\W\d_]{1,3}\Z")
_SEVERAL = re.compile(r"\d[^\w.,]+\d")
# A month, or the timestamp that `~~~~~` inserts.
_MONTH = re.compile(r"[^\W\d_]{3,12} \d{4}|\d{4}年\d{1,2}月|\d{4}-\d{2}|[^=|]{10,40}\(UTC\)")
_IMAGE_SIZES = ("_size", "_width", "_height", "_upright", "_scale", "_link", "_border", "_class")


def read_infobox(reader: Renderer, node: Template, name: str) -> None:
    """Read the parameters of a template: named ones are labelled with their name, numbered ones with the template's."""
    images = reader.add_images(node)
    taken = {id(code) for image in images for code in (image.caption, image.alt)}
    files = tuple(image.file.lower() for image in images)
    span = reader.offset, reader.stop
    seen: list[tuple[Parameter, tuple[int, int]]] = []
    end = reader.offset + len("{{") + len(str(node.name))
    last = {str(param.name).strip(): param for param in node.params}  # Help:Templates: the last of one name is shown
    for param in node.params:
        written = str(param)
        start, end = end + len("|"), end + len("|") + len(written)
        if id(param.value) in taken or is_hidden(param) or last[str(param.name).strip()] is not param:
            continue
        if not files or not " ".join(str(param.value).replace("_", " ").split()).lower().endswith(files):
            # The position of a template inside another node is not known.
            seen.append((param, (start, start + len(written.rstrip())) if reader.depth == 1 else span))
    months = [
        str(item.name).strip().lower() == "date" and _MONTH.fullmatch(str(item.value).strip()) for item, _ in seen
    ]
    if seen and all(months) and not name.startswith("infobox"):
        return  # an unknown maintenance tag of this wiki: its only parameter is the date when it was added
    if reader.where in (TextKind.TABLE, TextKind.INFOBOX):
        # An unknown template may show any of its values in the text; one with only named parameters is a box.
        shown = seen if any(not item.showkey for item, _ in seen) else []
        seen = [] if shown else seen
        if not node.params:  # a flag, a mark
            reader.append_text(f" {str(node.name).strip()} ")
        for item, _ in shown:
            reader.append_text(" ")
            reader.read(item.value)
        reader.append_text(" ")
    elif not node.params:
        written = " ".join(str(node.name).split())
        reader.read_detached(written, TextKind.INFOBOX, "navigation" if reader.current.is_empty else "template")
    read: list[tuple[str, list[Passage]]] = []
    cells = cells_of_rows(str(item.name).strip() for item, _ in seen)
    for item, inside in seen:
        reader.offset, reader.stop = inside
        label = " ".join(str(item.name).split()) if item.showkey else name
        where = TextKind.TABLE if label in cells else TextKind.INFOBOX
        read.append((label, reader.read_detached(item.value, where, cells.get(label, label))))
    reader.offset, reader.stop = span
    _share_sources(read)


def _share_sources(read: Sequence[tuple[str, Sequence[Passage]]]) -> None:
    """Add the references of a box's source parameters to the values that they support.

    `population_footnotes` supports all parameters that begin with `population`; `source 1` supports all values.
    """
    sources: dict[str, tuple[str, ...]] = {}
    for label, own in read:
        stem = companion_of(label, of_source=True)
        if (stem or is_of_all(label)) and (keys := tuple(key for passage in own for key in passage.keys)):
            sources[stem] = sources.get(stem, ()) + keys
    for label, own in read if sources else ():
        keys = tuple(key for stem in ("", *stems_of(label)) for key in sources.get(stem, ()))
        for passage in own:
            passage.support = (*passage.support, *keys)


def is_hidden(parameter: Parameter) -> bool:
    """Return whether a parameter only styles or categorises the template, or is empty."""
    value = parameter.value.nodes
    if not value:
        return True
    if not parameter.showkey:  # `{{x|a}}` and `{{x|1=a}}` are one parameter, but only the second can be a setting
        return False
    written = str(parameter.value).strip()
    name = _plain_name(str(parameter.name))
    # The group of a note or navigation box is not a fact; a group of several numbers belongs to a chart.
    is_chart = name == "group" and _SEVERAL.search(written)
    if (name in template_names.BOOKKEEPING and not is_chart) or not has_content(written) or _LAYOUT.fullmatch(written):
        return True
    # `width = 210 km` describes the subject, and so does `width = {{convert|210|km}}`.
    return is_setting(name) and _OF_SUBJECT.search(written) is None


def is_setting(name: str) -> bool:
    """Return whether a parameter of this name, with or without a number, may be a template's setting, not a fact."""
    plain = _plain_name(name)
    known = plain in template_names.SETTINGS or plain in template_names.BOOKKEEPING
    return known or (plain.endswith(_IMAGE_SIZES) and plain.rpartition("_")[0] in template_names.SIZED)


def _plain_name(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_").rstrip("0123456789").rstrip("_")


Rule = Callable[[Renderer, Template], None]

# Templates about the making of a page (drafts, reviews, requested translations, copies), not about its subject.
_PROCESS = re.compile(r"(?:afc|draft|articles for creation|copied|translated page|expand [a-z]+)\b")
_LANGUAGE = re.compile(r"lang-[a-z-]{2,12}|link-[a-z-]{2,10}|ipa-[a-z]{2,3}|ipac-[a-z]{2,3}|ref-[a-z]{2}")
# Names that templates show: fractions and ordinals; country codes, for which flags or names are shown.
_NAME_SHOWN = re.compile(r"\d{1,9}/\d{1,9}|\d{1,3}(?:[ -]?[^\W\d_]{1,12}){0,2}")
_COUNTRY = re.compile("[A-Z]{2,3}")
_ENDING = re.compile("[^\\W\\d_]{1,3}")  # of an ordinal: 1{{er}}
_FEWEST_WORDS, _MOST_WORDS = 2, 3
_LONGEST_WORDS = 40  # characters
_GOES_ON = frozenset(",;:(–-'’«„“\"")


def read_template(reader: Renderer, node: Template) -> None:
    """Read a template in the running text."""
    name = template_name(node)
    rule = RULES.get(name)
    if name in template_names.INVISIBLE_IN_ENGLISH and reader.dialect.language == "en":
        _invisible(reader, node)
    elif rule is not None:
        rule(reader, node)
    elif reader.add_citation(node):
        return
    elif _PROCESS.match(name):
        _invisible(reader, node)
    elif _LANGUAGE.fullmatch(name):
        _wrapper(reader, node)
    elif not node.params and (own := _shown_name(reader, str(node.name).strip())):
        reader.append_text(own)
    elif ":" in name:
        _parser_function(reader, node)
    elif shown := _translated(node):
        reader.read(shown.value)
    elif when := template_values.date_of([str(param.value).strip() for param in node.params if not param.showkey]):
        reader.append_text(template_values.in_language(when, reader.dialect.language))
    elif _continues_sentence(reader, node, name):
        for number, param in enumerate(node.params):
            reader.append_text(" " * bool(number))
            reader.read(param.value)
    else:
        read_infobox(reader, node, name)


def _shown_name(reader: Renderer, name: str) -> str:
    """Return what a template without parameters shows, if its name tells; else an empty string."""
    before = reader.current
    if _COUNTRY.fullmatch(name) and (before.item or not before.is_empty):
        return f" {name} "
    written = before.parts[-1] if before.parts else ""
    glued = written[-1:].isdigit() and _ENDING.fullmatch(name)
    return name if glued or _NAME_SHOWN.fullmatch(name) else ""


def _continues_sentence(reader: Renderer, node: Template, name: str) -> bool:
    """Return whether an unknown template continues a sentence, by a few words or a number and its unit."""
    written = [str(param.value).strip() for param in node.params]
    before = "".join(map(str, reader.current.parts[-2:])).rstrip()
    return (
        bool(written)
        and len(written) <= (_MOST_WORDS if written[0][:1].isdigit() else 1)
        and not any(param.showkey for param in node.params)
        and all(0 < len(value) <= _LONGEST_WORDS and "{{" not in value and "\n" not in value for value in written)
        and reader.where in (TextKind.PROSE, TextKind.LIST)
        and (before[-1:].isalnum() or before[-1:] in _GOES_ON)
        and not CODE_LABEL.search(name)
    )


def _translated(node: Template) -> Parameter | None:
    """Return what a link to an article in another language shows (`{{仮リンク|言葉|en|Word}}`: 言葉), or None.

    Such a template has two or three numbered parameters, one of them a language code, and at most one named one.
    """
    numbered = [param for param in node.params if not param.showkey and str(param.value).strip()]
    if not _FEWEST_WORDS <= len(numbered) <= _MOST_WORDS or len(node.params) - len(numbered) > 1:
        return None
    others = [item for item in numbered if str(item.value).strip() not in template_names.LANGUAGES]
    return others[0] if 0 < len(others) < len(numbered) and others[0] is not numbered[-1] else None


def _tag_function(reader: Renderer, node: Template, tag: str) -> None:
    """Read `{{#tag:name|inside|attribute=…}}` as `<name attribute=…>inside</name>`."""
    inside = " ".join(str(param) for param in node.params)
    if tag == "nowiki":
        reader.append_text(inside)
    elif tag in NOTATIONS:
        reader.read_detached(inside, TextKind.PROSE if reader.where is TextKind.LIST else reader.where, tag)
    else:
        settings = " ".join(f'{item.name}="{item.value}"' for item in node.params if item.showkey)
        if tag in STRUCK or is_hidden_by(settings):
            return
        for item in node.params:
            if not item.showkey:
                reader.read_block_element(item.value)


def _character(text: str, reader: Renderer, node: Template) -> None:
    reader.append_text(text)
    # An answer may have words of the editor, {{yes|since 2011}}; the parameter of a sign is a setting.
    if node.params and text.isalpha() and str(node.params[0].value).strip().lower() != text.lower():
        reader.append_text(" ")
        _wrapper(reader, node)


def _value(words: Callable[[Arguments], str], reader: Renderer, node: Template) -> None:
    # As in MediaWiki, the last parameter of a name wins.
    arguments = {str(param.name).strip(): reader.plain_text(param.value) for param in node.params}
    text = words({name: value for name, value in arguments.items() if value})
    if text:
        reader.append_text(template_values.in_language(text, reader.dialect.language))
    elif any(arguments.values()):
        reader.read_detached(" ".join(filter(None, arguments.values())), TextKind.INFOBOX, template_name(node))


_COLORED = ("2", "text", "1")  # {{color|white|text}}
_ON_WHITE = frozenset({TextKind.PROSE, TextKind.LIST, TextKind.QUOTE})


def _wrapper(reader: Renderer, node: Template) -> None:
    """Read the parameter that a wrapper shows; the others are tooltips, codes and colours."""
    name = template_name(node)
    # Help:Templates: if a parameter is given twice, the last one counts, as in this mapping.
    parameters = {str(param.name).strip(): param.value for param in node.params}
    order = template_names.WRAPPERS.get(name, ("1",))
    if order == _COLORED and reader.where in _ON_WHITE and is_white(f"color:{str(parameters.get('1')).strip()}"):
        return
    keys = [key for key in order if key in parameters]
    # An empty parameter counts as missing: {{нп5|Хилл, Родни|||Rodney Hill}} shows the first one.
    shown = next((key for key in keys if str(parameters[key]).strip()), keys[0] if keys else None)
    if shown is None:
        read_infobox(reader, node, name)
    else:
        reader.read(parameters[shown])
    if name in template_names.INLINE_TAGS:
        reader.add_maintenance_tag(template_names.INLINE_TAGS[name])


def _flag(reader: Renderer, node: Template) -> None:
    reader.append_text(" ")
    _wrapper(reader, node)
    reader.append_text(" ")


def _complaint(complaint: str, reader: Renderer, node: Template) -> None:
    reader.add_maintenance_tag(complaint)
    if template_name(node) in template_names.BOX_TAGS:
        reader.depth += 1
        for inner in [inner for param in node.params for inner in param.value.nodes if isinstance(inner, Template)]:
            read_template(reader, inner)
        reader.depth -= 1


def _hatnote(reader: Renderer, node: Template) -> None:
    words = [reader.plain_text(param.value) for param in node.params if not is_hidden(param)]
    if any(words):
        reader.read_detached(", ".join(filter(None, words)), TextKind.INFOBOX, "hatnote")


def _quote(reader: Renderer, node: Template) -> None:
    text = True
    for param in node.params:
        key = str(param.name).strip()
        if is_hidden(param):
            continue
        if text and key in ("1", "text", "quote", "content", "цитата"):
            text = False
            reader.read_block_element(param.value, TextKind.QUOTE)
        else:
            reader.read_detached(param.value, TextKind.QUOTE, "attribution")


def _lines(reader: Renderer, node: Template, *, first: int = 0, where: TextKind | None = None) -> None:
    for param in node.params[first:]:
        if not is_hidden(param):
            reader.read_block_element(param.value, where)


def _coordinates(reader: Renderer, node: Template) -> None:
    """Read {{coord|66|48|12|N|11|36|20|E}} as one value, also in prose."""
    if reader.where in (TextKind.TABLE, TextKind.INFOBOX):
        read_infobox(reader, node, "coord")
        return
    parts = [reader.plain_text(param.value) for param in node.params if not param.showkey]
    reader.read_detached(" ".join(parts), TextKind.INFOBOX, "coordinates")


def _reference_list(reader: Renderer, node: Template) -> None:
    for param in node.params:
        if any(isinstance(inner, Tag | Template) for inner in param.value.nodes):
            reader.define(param.value)


def _invisible(reader: Renderer, node: Template) -> None:
    """Read only the references and galleries inside a template that shows nothing."""
    for param in node.params:
        if any(isinstance(inner, Tag) for inner in param.value.nodes):
            reader.plain_text(param.value)


def _parser_function(reader: Renderer, node: Template) -> None:
    """Read what a parser function shows; a condition that only the wiki can evaluate is recorded as unread."""
    shown = shown_by(node)
    if isinstance(shown, Wikicode):
        reader.read(shown)
        return
    if shown is not None:
        # Without a second parameter, formatnum writes the separators of the wiki's language.
        localized = not node.params and str(node.name).strip().lower().startswith("formatnum:")
        reader.append_text(template_values.localized(shown, reader.dialect.language) if localized else shown)
        return
    if (branch := only_branch(node)) is not None:
        reader.read(branch)
        return
    if COMPUTED.match(str(node.name)):
        # Only the wiki knows what is shown, so a statement moved into a branch is no longer part of the text.
        condition = " ".join(str(node.name).split())
        reader.give_up(f"shown on a condition: {{{{{condition[:60]}|…}}}}")
        reader.append_text("Condition")
        return
    written = reader.plain_text(node.name)
    name, _, argument = written.partition(":")
    name = name.strip().lower()
    # Help:Magic words: `msg` transcludes a template, of which early texts give only the name.
    if name == "msg" or name in template_names.INVISIBLE_TEMPLATES:
        return
    if name in ("subst", "safesubst"):
        # Help:Substitution: inside `<ref>`, MediaWiki leaves `subst:` as written (T4700).
        read_template(reader, Template(Wikicode([Text(argument)]), list(node.params)))
    elif name == "#tag":
        _tag_function(reader, node, argument.strip().lower())
    elif name == "nowrap":
        reader.append_text(argument.strip())
    elif name == "#invoke":
        # Help:Lua: the first parameter is the function of the module, the others are like those of a template.
        read_template(reader, Template(Wikicode([Text(argument)]), list(node.params[1:])))
    else:
        words = [argument.strip(), *(reader.plain_text(param.value) for param in node.params)]
        reader.read_detached(" ".join(filter(None, words)), TextKind.INFOBOX, name)


RULES: dict[str, Rule] = {
    **{name: partial(_complaint, words) for name, words in template_names.MAINTENANCE_TAGS.items()},
    **dict.fromkeys(template_names.INVISIBLE_TEMPLATES, _invisible),
    **dict.fromkeys(template_names.WRAPPERS, _wrapper),
    **dict.fromkeys(template_names.FLAGS, _flag),
    **dict.fromkeys(template_names.HATNOTES, _hatnote),
    **dict.fromkeys(template_names.QUOTES, _quote),
    **dict.fromkeys(template_names.LISTS, partial(_lines, where=TextKind.LIST)),
    **dict.fromkeys(template_names.REFERENCE_LISTS, _reference_list),
    "coord": _coordinates,
    "legend": partial(_lines, first=1),  # {{legend|#colour|text}}, a line under a map
    **{name: partial(_character, text) for name, text in template_names.CHARACTERS.items()},
    **{name: partial(_value, words) for name, words in template_values.VALUES.items()},
}
