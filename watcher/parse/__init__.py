"""Parse wikitext into a Document."""

from watcher.parse.document import files_in, parse, shows_same_files
from watcher.parse.mentions import mentions_of
from watcher.parse.pair import parse_pair, sentences_near
from watcher.parse.template_names import dialect_for
from watcher.parse.visibility import visible, without_hidden

__all__ = [
    "dialect_for",
    "files_in",
    "mentions_of",
    "parse",
    "parse_pair",
    "sentences_near",
    "shows_same_files",
    "visible",
    "without_hidden",
]
