"""Render infoboxes and other unknown templates as one sentence for each parameter with content."""

from __future__ import annotations

import re

from mwparserfromhell.nodes import Template
from mwparserfromhell.nodes.extras import Parameter

from watcher.model import TextKind
from watcher.parse.render.passages import has_content
from watcher.parse.render.renderer import Renderer

# How a thing looks is not what it says.
_HIDDEN_NAMES = re.compile(
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
_TIGHT = (TextKind.TABLE, TextKind.INFOBOX)


def read_infobox(reader: Renderer, node: Template, name: str) -> None:
    """Read a template by its parameters: named ones under their own name, numbered ones under the template's."""
    images = reader.add_images(node)
    taken = {id(code) for image in images for code in (image.caption, image.alt)}
    files = [image.file.lower() for image in images]
    seen = [
        param
        for param in node.params
        if id(param.value) not in taken and not is_hidden(param) and not _is_file(param, files)
    ]
    if reader.where in _TIGHT:
        shown = [item for item in seen if not item.showkey]
        seen = [item for item in seen if item.showkey]
        _in_the_text(reader, node, shown)
    elif not node.params:
        written = " ".join(str(node.name).split())
        reader.read_detached(written, TextKind.INFOBOX, "navigation" if reader.current.is_empty else "template")
    span = reader.offset, reader.stop
    locations = _parameter_spans(reader, node)
    for parameter in seen:
        label = " ".join(str(parameter.name).split()) if parameter.showkey else name
        reader.offset, reader.stop = locations.get(id(parameter), span)
        reader.read_detached(parameter.value, TextKind.INFOBOX, label)
    reader.offset, reader.stop = span


def _parameter_spans(reader: Renderer, node: Template) -> dict[int, tuple[int, int]]:
    """Return the source span of each parameter, where that of the template is known."""
    if reader.depth != 1:
        return {}
    locations: dict[int, tuple[int, int]] = {}
    at = reader.offset + len("{{") + len(str(node.name))
    for param in node.params:
        written = str(param)
        locations[id(param)] = at + len("|"), at + len("|") + len(written.rstrip())
        at += len("|") + len(written)
    return locations


def _in_the_text(reader: Renderer, node: Template, parameters: list[Parameter]) -> None:
    """Append numbered parameters as words of a cell; a template without any (a flag, a mark) is shown by its name."""
    if not node.params:
        reader.append_text(f" {str(node.name).strip()} ")
    for parameter in parameters:
        reader.append_text(" ")
        reader.read(parameter.value)
    reader.append_text(" ")


def is_hidden(parameter: Parameter) -> bool:
    """Return whether a parameter only styles the template, or is empty."""
    value = parameter.value.nodes
    if not value:
        return True
    if not parameter.showkey:  # `{{x|a}}` and `{{x|1=a}}` are one parameter, but only the second can be a setting
        return False
    name = str(parameter.name).strip().lower()
    if name in _BOOKKEEPING:
        return True
    written = str(parameter.value).strip()
    return not has_content(written) or (" " not in written and _HIDDEN_NAMES.search(name) is not None)


def _is_file(parameter: Parameter, files: list[str]) -> bool:
    if not files:
        return False
    written = " ".join(str(parameter.value).replace("_", " ").split()).lower()
    return any(written.endswith(file) for file in files)
