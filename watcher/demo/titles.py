"""Titles as people type them in, titles as MediaWiki spells them out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

NAMESPACES = {
    -2: "Media", -1: "Special", 0: "", 1: "Talk", 2: "User", 3: "User talk", 4: "Replay Wiki", 5: "Replay Wiki talk",
    6: "File", 7: "File talk", 8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk", 12: "Help",
    13: "Help talk", 14: "Category", 15: "Category talk",
}  # fmt: skip
CANONICAL = {**NAMESPACES, 4: "Project", 5: "Project talk"}
ALIASES = {"Image": 6, "Image talk": 7}
INTERWIKI = {"wikipedia": "https://en.wikipedia.org/wiki/$1", "commons": "https://commons.wikimedia.org/wiki/$1"}

_NUMBERS = {name.lower(): number for names in (NAMESPACES, CANONICAL) for number, name in names.items() if name} | {
    name.lower(): number for name, number in ALIASES.items()
}
_FORBIDDEN = re.compile(r"[\[\]{}<>|\x00-\x1f\x7f\ufffd]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e]")
EMPTY = "The requested page title is empty or contains only a namespace prefix."
TOO_LONG = "The requested page title is too long. It must be no longer than 255 bytes in UTF-8 encoding."


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A title in its one spelling; `reason` says why it can be none, `interwiki` whose it is."""

    text: str
    namespace: int = 0
    interwiki: str | None = None
    reason: str | None = None


def spelt(raw: str) -> Title:
    """`raw` as MediaWiki spells it: underscores and runs of them are one space, the first letter is a capital."""
    text = _tidied(raw)
    prefix, colon, rest = text.partition(":")
    if colon and prefix.strip().lower() in INTERWIKI:
        way = prefix.strip().lower()
        return Title(text=f"{way}:{rest.strip()}", interwiki=way)
    namespace = _NUMBERS.get(prefix.strip().lower(), 0) if colon else 0
    # What follows "#" names a part of the page, not the page.
    name = (rest if namespace else text.removeprefix(":")).partition("#")[0].strip()
    if not name and "#" in text:
        return Title(text="")
    reason = _reason(raw, name)
    if reason:
        return Title(text=raw, reason=reason)
    shown = name[:1].upper() + name[1:]
    return Title(text=f"{NAMESPACES[namespace]}:{shown}" if namespace else shown, namespace=namespace)


def _tidied(raw: str) -> str:
    text = _BIDI.sub("", unicodedata.normalize("NFC", raw))
    return re.sub(r"[ _\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+", " ", text).strip()


def _reason(raw: str, name: str) -> str | None:
    bad = _FORBIDDEN.search(raw)
    if bad:
        return f'The requested page title contains invalid characters: "{bad.group()}".'
    if not name:
        return EMPTY
    return TOO_LONG if len(name.encode()) > 255 else None  # noqa: PLR2004  MediaWiki's column is that wide
