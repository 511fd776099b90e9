"""Look up a language's built-in namespace names."""

from __future__ import annotations

from watcher.cached import load_once
from watcher.model import Dialect
from watcher.parse.template_names import read_table

_TABLE: dict[str, dict[str, str]] = read_table("namespaces.toml")
_SAME_AS = {code: language for language, codes in _TABLE["same_as"].items() for code in codes.split()}
_FILES = ("file", "image")  # "Image" is the name of the namespace before MediaWiki 1.14, and an alias since
_CATEGORIES = ("category",)


@load_once
def dialect_for(language: str) -> Dialect:
    """Return the built-in dialect of a wiki language (`de`, `pt-br`), for use without the wiki's siteinfo.

    The canonical English names work on every wiki and are always included; an unknown language has these alone.

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
