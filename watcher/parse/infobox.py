"""Infoboxes, navigation and other templates of unknown form → a sentence for each parameter that says something."""

from __future__ import annotations

import re

from mwparserfromhell.nodes import Template
from mwparserfromhell.nodes.extras import Parameter

from watcher.model import Where
from watcher.parse.passages import says_something
from watcher.parse.render import Reader

# How a thing looks is not what it says.
_UNSEEN = re.compile(
    r"(?:style|class|width|height|align|colou?r|bgcolor|size|border|padding|upright|float|nocat|_?format|cat|categories|"
    r"showall|state|collapsed|collapsible|link|fmt|prec|abbr|disp|scale|zoom|plain|sort|wide|wrap|df|lk|adj|sp|lc)\d*+\Z",
    re.IGNORECASE,
)
_BOOKKEEPING = frozenset(
    {
        "date", "access-date", "accessdate", "reason", "url-status", "group", "cat", "nocat", "demo", "small",
        "editlink", "bodystyle", "direction", "dir", "ps", "id", "class", "style", "display",
    }
)  # fmt: skip
_TIGHT = (Where.TABLE, Where.INFOBOX)


def read_box(reader: Reader, node: Template, name: str) -> None:
    """Take a template by its parameters: named ones under their own name, numbered ones under the template's."""
    pictures = reader.picture(node)
    taken = {id(code) for one in pictures for code in (one.caption, one.alt)}
    files = [one.file.lower() for one in pictures]
    seen = [one for one in node.params if id(one.value) not in taken and not unseen(one) and not _is_file(one, files)]
    if reader.where in _TIGHT:
        shown = [one for one in seen if not one.showkey]
        seen = [one for one in seen if one.showkey]
        _in_the_text(reader, node, shown)
    elif not node.params:
        written = " ".join(str(node.name).split())
        reader.aside(written, Where.INFOBOX, "navigation" if reader.current.is_empty else "template")
    span = reader.offset, reader.stop
    places = _places(reader, node)
    for one in seen:
        label = " ".join(str(one.name).split()) if one.showkey else name
        reader.offset, reader.stop = places.get(id(one), span)
        reader.aside(one.value, Where.INFOBOX, label)
    reader.offset, reader.stop = span


def _places(reader: Reader, node: Template) -> dict[int, tuple[int, int]]:
    """The source span of each parameter, where that of the template is known."""
    if reader.depth != 1:
        return {}
    places: dict[int, tuple[int, int]] = {}
    at = reader.offset + len("{{") + len(str(node.name))
    for one in node.params:
        written = str(one)
        places[id(one)] = at + len("|"), at + len("|") + len(written.rstrip())
        at += len("|") + len(written)
    return places


def _in_the_text(reader: Reader, node: Template, parameters: list[Parameter]) -> None:
    """Numbered parameters as words of a cell; a template without any is a sign (a flag, a mark), told by its name."""
    if not node.params:
        reader.write(f" {str(node.name).strip()} ")
    for one in parameters:
        reader.write(" ")
        reader.read(one.value)
    reader.write(" ")


def unseen(parameter: Parameter) -> bool:
    """Whether a parameter sets how the template looks, or is empty."""
    value = parameter.value.nodes
    if not value:
        return True
    if not parameter.showkey:
        return False
    name = str(parameter.name).strip().lower()
    if name in _BOOKKEEPING:
        return True
    written = str(parameter.value).strip()
    return not says_something(written) or (" " not in written and _UNSEEN.search(name) is not None)


def _is_file(parameter: Parameter, files: list[str]) -> bool:
    if not files:
        return False
    written = " ".join(str(parameter.value).replace("_", " ").split()).lower()
    return any(written.endswith(one) for one in files)
