"""Test what is read of each block of blocks.txt; where one is read otherwise on purpose, its line is changed."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.cases import for_each
from watcher.parse import dialect_for
from watcher.parse.document import analyse


def blocks() -> Iterator[tuple[str, str, str]]:
    """Yield language, wikitext and what is read of it."""
    language = "en"
    for line in Path(__file__).with_name("blocks.txt").read_text(encoding="utf-8").split("\n"):
        text, arrow, expected = line.partition(" →")
        if arrow:
            yield language, text.replace("⏎", "\n"), expected.strip()
        else:
            language = match[1] if (match := re.search(r"\[(\w+)\]$", line)) else "en"


def shown(text: str, language: str) -> Iterator[str]:
    read = analyse(text, dialect_for(language))
    for item in read.sentences:
        rest = [f"^{key}" for key in item.cites]
        rest += [f"<{key}" for key in (*item.references, *item.support) if key not in item.cites]
        rest += [f"!{tag}" for tag in item.tags]
        yield " ".join((f"{f'{item.where.value} {item.label}'.strip()}: {item.text}", *rest))
    for figure in read.figures:
        options = ", ".join(figure.options)
        words = f"{figure.file}; {figure.caption}; {figure.alt}; {options}".rstrip("; ")
        yield " ".join(("figure", words, *(f"^{key}" for key in figure.references)))
    yield from (f"reference {item.key}: {item.text}" for item in read.references)
    if read.uses:
        yield f"uses {', '.join(read.uses)}"
    yield from (f"tag {tag.name}" for tag in read.tags if not tag.sentence)
    yield from (f"unread {unread.reason}" for unread in read.unread)


@for_each(("language", "text", "expected"), blocks())
def test_a_block_is_read_as_these_elements(language: str, text: str, expected: str) -> None:
    assert " | ".join(shown(text, language)) == expected
