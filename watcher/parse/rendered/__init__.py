"""Convert the HTML that a wiki renders to a facts text, a canonical wikitext without volatile values."""

from watcher.parse.rendered.facts_text import facts_text
from watcher.parse.rendered.volatile import Volatile, mask_volatile, without_volatile

__all__ = ["Volatile", "facts_text", "mask_volatile", "without_volatile"]
