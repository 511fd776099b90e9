"""Compare two wikitexts and judge what changed.

The stages, in order: `fetch` gets revisions, `parse` reads what a text says, `diff` finds what is
different, `judge` says what it means, `report` shows it and `notify` sends it. `pipeline` is the
one place that composes them; `model` has the values they hand to each other.
"""

from watcher.parse import parse
from watcher.pipeline import compare_wikitext

__all__ = ["compare_wikitext", "parse"]
