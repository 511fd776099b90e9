"""Parse wikitext into a Document."""

from watcher.parse.document import files_in, parse, shows_same_files
from watcher.parse.mentions import mentions_of
from watcher.parse.pair import parse_pair, sentences_near
from watcher.parse.rendered import facts_text, mask_volatile, without_volatile
from watcher.parse.template_names import dialect_for
from watcher.parse.visibility import collapsed, visible, without_hidden

__all__ = [
    "collapsed",
    "dialect_for",
    "facts_text",
    "files_in",
    "mask_volatile",
    "mentions_of",
    "parse",
    "parse_pair",
    "sentences_near",
    "shows_same_files",
    "visible",
    "without_hidden",
    "without_volatile",
]
