"""Make text by strangers safe to show; the modules of this package handle its words, tokens, diffs and statements.

Wiki text may contain characters that control a terminal, change the direction of a line or are invisible (Unicode TR36
§2.5, "Trojan Source"). One table lists them; each kind of output treats them in its own way.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"

_HIDDEN: Final = "\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
# Also controls, line separators and lone surrogates, which no file can contain. U+200C and U+200D are allowed, as
# Persian and emoji need them.
_STEERING: Final = re.compile(f"[{_HIDDEN}\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
# Also soft hyphens, joiners, fillers that look like blanks, and variation selectors, which a message does not need.
_INVISIBLE: Final = re.compile(f"[{_HIDDEN}\u00ad\u115f\u1160\u200c\u200d\u3164\uffa0\U000e0080-\U000e0fff]")
# What separates wiki text in one of our summaries; a comma or a point within a number is no separator.
_JOINTS: Final = re.compile(r"( → | ?[“”()\[\]]+ ?|[,;:] )")
_BLANK: Final = re.compile(r"[ \t\r\n]+")


def has_hidden_characters(text: str) -> bool:
    """Return whether `text` contains a character that controls the display or is hidden."""
    return _STEERING.search(text) is not None


def escape_control_characters(text: str) -> str:
    """Escape everything that is not printable, so that text cannot control a terminal or forge a line of a log."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def escape_invisible(text: str) -> str:
    r"""Spell out every control or hidden character; newlines and tabs are kept.

    >>> escape_invisible("abc\u202edef")
    'abc⟨U+202E⟩def'
    """
    return _STEERING.sub(lambda hit: f"⟨U+{ord(hit[0]):04X}⟩", text)


def single_line(text: str, limit: int = 2000) -> str:
    """Make `text` visible on one line of at most `limit` characters, with its escapes, for reports."""
    return truncate(escape_invisible(_BLANK.sub(" ", text[: limit * 4]).strip()), limit)


def spreadsheet_cell(value: object, limit: int = 2000) -> str:
    """Return a value that a spreadsheet reads as text, so that it does not run a stranger's `=HYPERLINK(…)` (CWE-1236).

    Some spreadsheets also accept the full-width forms of these signs (OWASP: CSV Injection).
    """
    text = "" if value is None else single_line(str(value), limit)
    return f"'{text}" if text.startswith(tuple("=+-@＝＋－＠")) and not isinstance(value, int) else text


def inline_text(text: str) -> str:
    """Make part of a sentence visible on one line; blanks at its ends are kept as one space."""
    return escape_invisible(_BLANK.sub(" ", text))


def message_line(text: str) -> str:
    r"""Reduce `text` to one line of visible characters, for messages: no controls, no hidden characters.

    >>> message_line("a\n\u202eb")
    'a b'
    """
    shown = (
        " " if letter.isspace() else letter
        for letter in _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
        if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cs")
    )
    return collapse("".join(shown))


def error_line(text: str, limit: int = 200) -> str:
    """Put the error message of another program on one line of at most `limit` characters."""
    return truncate(collapse(text), limit)


def collapse(text: str) -> str:
    """Reduce every run of blanks to one space, and remove those at the ends."""
    return " ".join(text.split())


def truncate(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, with an ellipsis if it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def shorten(text: str | None, limit: int = 120) -> str:
    """Put `text` on one line of at most `limit` characters, cut at a word."""
    words = collapse(text or "")
    return words if len(words) <= limit else words[: limit - 1].rsplit(" ", 1)[0] + ELLIPSIS


def to_json(value: object, indent: int | None = 2) -> str:
    """Return a value as JSON with control and hidden characters as JSON escapes, which is safe on a terminal."""

    def escape(hit: re.Match[str]) -> str:
        return "".join(f"\\u{unit:04x}" for unit in memoryview(hit[0].encode("utf-16", "surrogatepass")[2:]).cast("H"))

    return _STEERING.sub(escape, json.dumps(value, ensure_ascii=False, indent=indent))


def directed_parts(text: str) -> tuple[str, ...]:
    """Split one of our summaries into parts of wiki text and, at every second position, the separators between them.

    Without right-to-left words, there is only one part. Otherwise each part must be isolated: `21 … → 25 …` with Arabic
    words would be displayed from right to left, with the new value first (UAX 9).

    >>> directed_parts("قديم → جديد"), directed_parts("old → new")
    (('قديم', ' → ', 'جديد'), ('old → new',))
    """
    return tuple(_JOINTS.split(text)) if _is_from_right(text) else (text,)


def isolate(text: str) -> str:
    """Isolate the right-to-left words of a line of plain text, as web pages do by markup.

    >>> isolate("High: قديم → جديد") == "High: \u2068قديم\u2069 → \u2068جديد\u2069"
    True
    """
    return "".join(f"\u2068{part}\u2069" if _is_from_right(part) else part for part in directed_parts(text))


def _is_from_right(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)


def foreign_language(language: str) -> str:
    """Return the language code that marks a wiki's words on our English pages; "" if they are English, too."""
    return "" if language.partition("-")[0].lower() in ("", "en", "simple") else language
