"""Make text visible on one line, split it into words, and compare sentences word by word.

The functions for showing text are here; `words`, `tokens`, `token_diff`, `word_diff` and `statement` are imported where
they are used.
"""

from watcher.text.display import (
    ELLIPSIS,
    collapse,
    error_line,
    escape_control_characters,
    escape_invisible,
    foreign_language,
    has_hidden_characters,
    inline_text,
    json_safe,
    message_line,
    shorten,
    single_line,
    spreadsheet_cell,
    truncate,
)

__all__ = [
    "ELLIPSIS",
    "collapse",
    "error_line",
    "escape_control_characters",
    "escape_invisible",
    "foreign_language",
    "has_hidden_characters",
    "inline_text",
    "json_safe",
    "message_line",
    "shorten",
    "single_line",
    "spreadsheet_cell",
    "truncate",
]
