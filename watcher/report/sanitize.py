"""Sanitize text by strangers for display: no hidden characters, no links but to the web."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Characters that steer a terminal, hide text or turn its direction (Unicode TR36 §2.5, "Trojan Source"), and halves of
# surrogate pairs, which no file can hold. U+200C and U+200D stay: Persian and emoji are written with them.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_BLANK = re.compile(r"[ \t\r\n]+")
_LONGEST_LINK = 2000
ELLIPSIS = "…"


def escape_invisible(text: str) -> str:
    r"""`text` with every steering character spelled out; newlines and tabs stay.

    >>> escape_invisible("abc\u202edef")
    'abc⟨U+202E⟩def'
    """
    return _STEERING.sub(lambda hit: f"⟨U+{ord(hit[0]):04X}⟩", text)


def single_line(text: str, limit: int = 2000) -> str:
    """`text` made visible, on one line, of at most `limit` characters."""
    flat = _BLANK.sub(" ", text[: limit * 4]).strip()
    shown = escape_invisible(truncate(flat, limit))
    return truncate(shown, limit * 2)


def inline_text(text: str) -> str:
    """A run from inside a sentence made visible on one line; blanks at its ends stay, as one space."""
    return escape_invisible(_BLANK.sub(" ", text))


def truncate(text: str, limit: int) -> str:
    """`text`, cut to `limit` characters with an ellipsis where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def json_safe(encoded: str) -> str:
    """JSON with its steering characters in JSON's own escapes: the same values, safe on a terminal and in UTF-8."""

    def escape(hit: re.Match[str]) -> str:
        units = hit[0].encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

    return _STEERING.sub(escape, encoded)


def web_link(url: str | None) -> str | None:
    """`url` when a browser may be sent there: http or https with a host; else None.

    >>> web_link("https://example.org/a"), web_link("javascript:alert(1)")
    ('https://example.org/a', None)
    """
    if not url or len(url) > _LONGEST_LINK or _STEERING.search(url):
        return None
    candidate = url.strip()
    if _BLANK.search(candidate) or "\\" in candidate:
        return None
    try:
        parts = urlsplit(candidate)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:  # "http://[" is no address
        return None
    return candidate if usable else None
