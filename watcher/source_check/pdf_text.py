"""Extract the text of a PDF, page by page."""

from __future__ import annotations

import io
import logging
from time import monotonic
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from watcher.model.source_checks import Problem
from watcher.source_check.page import SourcePassage, Unreadable

_MOST_PAGES: Final = 300
_MOST_CHARACTERS: Final = 400_000
# What the library raises for documents that are damaged in ways that it did not expect.
_DAMAGED: Final = (
    PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OSError,
    NotImplementedError,
)  # fmt: skip


def read_pdf(body: bytes, *, until: float) -> tuple[list[SourcePassage], str, bool]:
    """Return the passages, the title and whether more was left unread; `until` is by the monotonic clock.

    Raises Unreadable.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it comments on every slip of a document
    try:
        reader = PdfReader(io.BytesIO(body))
        is_locked = reader.is_encrypted and not reader.decrypt("")
        passages, partial = ([], False) if is_locked else _passages(reader, until)
        title = "" if is_locked else str((reader.metadata and reader.metadata.title) or "")
    except _DAMAGED:
        raise Unreadable(Problem.BROKEN) from None
    if not passages:
        raise Unreadable(Problem.LOCKED if is_locked else Problem.IMAGES)
    return passages, title[:300], partial


def _passages(reader: PdfReader, until: float) -> tuple[list[SourcePassage], bool]:
    passages, characters = list[SourcePassage](), 0
    for number, page in enumerate(reader.pages):
        if number >= _MOST_PAGES or characters > _MOST_CHARACTERS or monotonic() > until:
            return passages, True
        text = page.extract_text()
        passages += [SourcePassage(text=words) for part in _paragraphs(text) if (words := " ".join(part.split()))]
        characters += len(text)
    return passages, False


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a page: lines are joined, with words that a hyphen divides, up to an empty line."""
    parts: list[list[str]] = [[]]
    for line in text.replace("\xad\n", "").split("\n"):
        if not line.strip():
            parts.append([])
        elif parts[-1] and parts[-1][-1].endswith("-") and line.lstrip()[:1].islower():
            parts[-1][-1] = parts[-1][-1][:-1] + line.lstrip()
        else:
            parts[-1].append(line)
    return [" ".join(part) for part in parts if part]
