"""Look up a language's built-in namespace names."""

from __future__ import annotations

from watcher.cached import load_once
from watcher.model import Dialect
from watcher.parse.template_names import read_table

_NAMESPACES: dict[str, dict[str, str]] = read_table("namespaces.toml")
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
    files, categories, same_as = (_NAMESPACES[name] for name in ("files", "categories", "same_as"))
    known = next((name for name in (same_as.get(code, code), same_as.get(base, base)) if name in categories), "")
    return Dialect(
        language=code,
        file_namespaces=tuple(dict.fromkeys((*_FILES, *_names(files.get(known, ""))))),
        category_namespaces=tuple(dict.fromkeys((*_CATEGORIES, *_names(categories.get(known, ""))))),
    )


def _names(written: str) -> list[str]:
    return [name for name in written.split("|") if name]
