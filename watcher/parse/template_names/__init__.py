"""Load the tables of template, tag, unit and language names, and of the namespaces of a language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from watcher.model import Dialect


def _read(file: str) -> str:
    return files(__name__).joinpath(file).read_text(encoding="utf-8")


def read_table(file: str) -> dict[str, Any]:
    """Read one of the tables beside this module."""
    return tomllib.loads(_read(file))


def _by_name(table: dict[str, list[str]]) -> dict[str, str]:
    """Invert `{meaning: [names]}` to name and meaning."""
    return {name: meaning for meaning, names in table.items() for name in names}


_TAGS: dict[str, dict[str, list[str]]] = read_table("tags.toml")
_TEMPLATES = read_table("templates.toml")
_VALUES: dict[str, dict[str, list[str]]] = read_table("values.toml")

INLINE_TAGS = _by_name(_TAGS["inline"])
"""Template name → its complaint about the sentence before it."""
_BOXES = _by_name(_TAGS["boxes"])
BOX_TAGS = {
    written: complaint
    for name, complaint in _BOXES.items()
    for written in (name, name.replace(" section", "-section"), name.replace(" ", ""))
}
"""The same for boxes above an article or section, whose names are also written with a hyphen or without spaces."""
MAINTENANCE_TAGS = BOX_TAGS | INLINE_TAGS

INVISIBLE_TEMPLATES: frozenset[str] = frozenset(_TEMPLATES["silent"])
INVISIBLE_IN_ENGLISH: frozenset[str] = frozenset(_TEMPLATES["silent_in_english"])
INVISIBLE_IN_CITATIONS: frozenset[str] = frozenset(_TEMPLATES["silent_in_citations"])
HATNOTES: frozenset[str] = frozenset(_TEMPLATES["hatnotes"])
QUOTES: frozenset[str] = frozenset(_TEMPLATES["quotes"])
FLAGS: frozenset[str] = frozenset(_TEMPLATES["flags"])
LISTS: frozenset[str] = frozenset(_TEMPLATES["lists"])
BOOKKEEPING: frozenset[str] = frozenset(_TEMPLATES["bookkeeping"])
"""Parameters of any template that only style or categorise it, whatever their value."""
SETTINGS: frozenset[str] = frozenset(_TEMPLATES["settings"])
"""Parameters that do so if their value is one word."""
SIZED: frozenset[str] = frozenset(_TEMPLATES["sized"])
REFERENCE_LISTS: frozenset[str] = frozenset(_TEMPLATES["reference_lists"])
CHARACTERS = _by_name(_TEMPLATES["characters"])
"""Template name → the text that it stands for."""
WRAPPERS = {name: tuple(keys.split()) for name, keys in _by_name(_TEMPLATES["wrappers"]).items()}
"""Template name → parameters; the template shows the first one that is given."""

WORDS: dict[str, frozenset[str]] = {name: frozenset(words.split()) for name, words in read_table("words.toml").items()}
"""Sets of words and names by their use."""

# The preprocessor takes the body of an extension tag as a whole, up to the first end tag of its name, before it looks
# for templates, links, headings or comments (Manual:Tag extensions).
NOTATIONS, INVISIBLE = WORDS["notations"], WORDS["invisible_tags"]
VERBATIM = NOTATIONS | INVISIBLE | WORDS["verbatim_tags"]
"""Tags whose body is not wikitext."""
LITERAL = VERBATIM | WORDS["tags_with_wikitext"]
"""Tags whose body neither opens nor closes markup outside of it."""

UNITS = _by_name(_VALUES["units"])
CONNECTORS = _by_name(_VALUES["connectors"])
FORMATTED = _by_name(_VALUES["formatted"])
SYMBOLS = _by_name(_VALUES["symbols"])
"""Currency template or code → symbol as written before the amount."""

LANGUAGES = frozenset(_read("wikipedias.txt").split())
"""Language codes of Wikipedias: `[[fr:Titre]]` is an interlanguage link in the sidebar, not text."""


def alternatives(names: frozenset[str]) -> str:
    """Return the names as the alternatives of a pattern, in a stable order."""
    return "|".join(sorted(names))


_TABLE: dict[str, dict[str, str]] = read_table("namespaces.toml")
_SAME_AS = {code: language for language, codes in _TABLE["same_as"].items() for code in codes.split()}
_FILES = ("file", "image")  # "Image" was the namespace's name before MediaWiki 1.14 and is now an alias
_CATEGORIES = ("category",)


@cache
def dialect_for(language: str) -> Dialect:
    """Return the built-in dialect of a wiki language (`de`, `pt-br`), for use without the wiki's siteinfo.

    The canonical English names work on every wiki and are always included; an unknown language has only these.

    >>> dialect_for("de").file_namespaces
    ('file', 'image', 'datei', 'bild')
    """
    code = language.strip().lower()
    base = code.partition("-")[0]
    known = next((name for name in (_SAME_AS.get(code, code), _SAME_AS.get(base, base)) if name in _TABLE["names"]), "")
    files, categories = (
        tuple(name.strip() for name in names.split("|") if name.strip())
        for names in _TABLE["names"].get(known, ";").split(";")
    )
    return Dialect(
        language=code,
        file_namespaces=tuple(dict.fromkeys((*_FILES, *files))),
        category_namespaces=tuple(dict.fromkeys((*_CATEGORIES, *categories))),
    )
