"""A template → what a reader sees in its place, or, where that is not known, its words set beside the text.

A template that no table here names is not dropped: in prose its parameters become sentences of their own, labelled
with its name; in a cell or parameter they stand in the text, where they are all that there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mwparserfromhell.nodes import Tag, Template, Text
from mwparserfromhell.nodes.extras import Parameter
from mwparserfromhell.wikicode import Wikicode

from watcher.model import Where
from watcher.parse import names, values
from watcher.parse.dates import Arguments
from watcher.parse.extension_tags import NOTATIONS
from watcher.parse.infobox import read_box, unseen
from watcher.parse.plain import template_name
from watcher.parse.render import Reader
from watcher.parse.tags import maintenance_tag

Rule = Callable[[Reader, Template], None]

_LANGUAGE = re.compile(r"lang-[a-z-]{2,12}|link-[a-z-]{2,10}|ipa-[a-z]{2,3}|ipac-[a-z]{2,3}|ref-[a-z]{2}")
_FRACTION = re.compile(r"\d{1,9}/\d{1,9}")
_CASE: dict[str, Callable[[str], str]] = {
    "lc": str.lower,
    "uc": str.upper,
    "ucfirst": lambda text: text[:1].upper() + text[1:],
    "lcfirst": lambda text: text[:1].lower() + text[1:],
    "formatnum": values.number,
    "nowrap": str,
}
_FEWEST_WORDS, _MOST_WORDS = 2, 3
_SAID = ("1", "text", "quote", "content", "цитата")


def read_template(reader: Reader, node: Template) -> None:
    """Take a template in the running text."""
    name = template_name(node)
    rule = RULES.get(name)
    if rule is not None:
        rule(reader, node)
    elif reader.cite(node):
        return
    elif _LANGUAGE.fullmatch(name):
        _wrapper(reader, node)
    elif _FRACTION.fullmatch(name):
        reader.write(name)
    elif ":" in name:
        _parser_function(reader, node)
    elif shown := _translated(node):
        reader.read(shown.value)
    else:
        read_box(reader, node, name)


def _translated(node: Template) -> Parameter | None:
    """What a link to another language's article shows, whatever it is called: of `{{仮リンク|言葉|en|Word}}` 言葉.

    Such a template has two or three words by number, one of them a language, and hardly anything by name.
    """
    numbered = [one for one in node.params if not one.showkey and str(one.value).strip()]
    if not _FEWEST_WORDS <= len(numbered) <= _MOST_WORDS or len(node.params) - len(numbered) > 1:
        return None
    others = [one for one in numbered if str(one.value).strip() not in names.LANGUAGES]
    return others[0] if 0 < len(others) < len(numbered) and others[0] is not numbered[-1] else None


def _substituted(reader: Reader, node: Template, written: str) -> None:
    """`{{subst:name|…}}` left in a text shows what the template of that name shows."""
    read_template(reader, Template(Wikicode([Text(written)]), list(node.params)))


def _tag_function(reader: Reader, node: Template, tag: str) -> None:
    """`{{#tag:name|inside|attribute=…}}` stands for `<name attribute=…>inside</name>`."""
    inside = " ".join(str(one) for one in node.params)
    if tag == "nowiki":
        reader.write(inside)
    elif tag in NOTATIONS:
        reader.aside(inside, Where.PROSE if reader.where is Where.LIST else reader.where, tag)
    else:
        for one in node.params:
            if not one.showkey:
                reader.enclose(one.value)


def _arguments(reader: Reader, node: Template) -> dict[str, str]:
    """Parameters as plain words; as in MediaWiki the last of a name wins."""
    return {str(one.name).strip(): reader.plain(one.value) for one in node.params}


def _character(text: str) -> Rule:
    def rule(reader: Reader, _node: Template) -> None:
        reader.write(text)

    return rule


def _value(words: Callable[[Arguments], str]) -> Rule:
    def rule(reader: Reader, node: Template) -> None:
        arguments = _arguments(reader, node)
        text = words({name: value for name, value in arguments.items() if value})
        if text:
            reader.write(text)
        elif any(arguments.values()):
            _beside(reader, " ".join(filter(None, arguments.values())), template_name(node))

    return rule


def _beside(reader: Reader, text: str, label: str) -> None:
    reader.aside(text, Where.INFOBOX, label)


def _wrapper(reader: Reader, node: Template) -> None:
    """Show the parameter that the wrapper shows; the others are tooltips, codes and colours."""
    name = template_name(node)
    parameters = {str(one.name).strip(): one.value for one in node.params}
    keys = [key for key in names.WRAPPERS.get(name, ("1",)) if key in parameters]
    # An empty parameter is as good as none: {{нп5|Хилл, Родни|||Rodney Hill}} shows its first.
    shown = next((key for key in keys if str(parameters[key]).strip()), keys[0] if keys else None)
    if shown is None:
        read_box(reader, node, name)
    else:
        reader.read(parameters[shown])
    if name in names.INLINE_TAGS:
        reader.complain(names.INLINE_TAGS[name])


def _complaint(reader: Reader, node: Template) -> None:
    name = template_name(node)
    complaint = maintenance_tag(name)
    assert complaint is not None  # the table below holds only known names
    reader.complain(complaint)
    if name in names.BOX_TAGS:
        reader.depth += 1
        for inner in [inner for one in node.params for inner in one.value.nodes if isinstance(inner, Template)]:
            read_template(reader, inner)
        reader.depth -= 1


def _hatnote(reader: Reader, node: Template) -> None:
    words = [reader.plain(one.value) for one in node.params if not unseen(one)]
    if any(words):
        _beside(reader, ", ".join(filter(None, words)), "hatnote")


def _quote(reader: Reader, node: Template) -> None:
    said = True
    for one in node.params:
        key = str(one.name).strip()
        if unseen(one):
            continue
        if key in _SAID and said:
            said = False
            reader.enclose(one.value, Where.QUOTE)
        else:
            reader.aside(one.value, Where.QUOTE, "attribution")


def _items(reader: Reader, node: Template) -> None:
    for one in node.params:
        if not unseen(one):
            reader.enclose(one.value, Where.LIST)


def _legend(reader: Reader, node: Template) -> None:
    """{{legend|#colour|text}}: a line under a map."""
    for one in node.params[1:]:
        if not unseen(one):
            reader.enclose(one.value)


def _reference_list(reader: Reader, node: Template) -> None:
    for one in node.params:
        if any(isinstance(inner, Tag | Template) for inner in one.value.nodes):
            reader.define(one.value)


def _silent(reader: Reader, node: Template) -> None:
    """Nothing to see, but a reference or picture inside is one."""
    for one in node.params:
        if any(isinstance(inner, Tag) for inner in one.value.nodes):
            reader.plain(one.value)


def _parser_function(reader: Reader, node: Template) -> None:
    """{{formatnum:1234}}, {{lc:ABC}}, {{#if:…|then|else}}; what depends on the wiki stands beside the text."""
    written = reader.plain(node.name)
    name, _, argument = written.partition(":")
    name = name.strip().lower()
    if name in ("subst", "safesubst"):
        _substituted(reader, node, argument)
    elif name == "#tag":
        _tag_function(reader, node, argument.strip().lower())
    elif name in _CASE:
        reader.write(_CASE[name](argument.strip()))
    elif name in ("#if", "#ifeq", "#ifexist", "#ifexpr", "#iferror"):
        for one in node.params[: 2 if name == "#ifeq" else 1]:
            reader.read(one.value)
    elif name == "#invoke":
        # A module's parameters are its settings; only what reads as words is shown by it.
        words = [reader.plain(one.value) for one in node.params[1:]]
        _beside(reader, " ".join(one for one in words if " " in one), argument.strip())
    else:
        words = [argument.strip(), *(reader.plain(one.value) for one in node.params)]
        _beside(reader, " ".join(filter(None, words)), name)


RULES: dict[str, Rule] = {
    **dict.fromkeys((*names.INLINE_TAGS, *names.BOX_TAGS), _complaint),
    **dict.fromkeys(names.SILENT, _silent),
    **dict.fromkeys(names.WRAPPERS, _wrapper),
    **dict.fromkeys(names.HATNOTES, _hatnote),
    **dict.fromkeys(names.QUOTES, _quote),
    **dict.fromkeys(names.LISTS, _items),
    **dict.fromkeys(names.REFERENCE_LISTS, _reference_list),
    "legend": _legend,
    **{name: _character(text) for name, text in names.CHARACTERS.items()},
    **{name: _value(words) for name, words in values.VALUES.items()},
}
