"""Read a cited page: fetch it, and cut its text into passages. `read_source` runs this in a process of its own."""

from __future__ import annotations

import io
import json
import logging
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from watcher.model.source_checks import Problem
from watcher.parse.quantities import is_supported
from watcher.processes import limit_memory
from watcher.source_check.fetching import Answer, Visitor, unwrapped
from watcher.source_check.html_text import obstacle, read_html
from watcher.source_check.page import SourcePage, SourcePassage, Unreadable

_MOST_PAGES: Final = 300  # of a PDF
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
    """Return the paragraphs of all pages: lines are joined, with words that a hyphen divides, up to an empty line."""
    passages, characters = list[SourcePassage](), 0
    for number, page in enumerate(reader.pages):
        if number >= _MOST_PAGES or characters > _MOST_CHARACTERS or monotonic() > until:
            return passages, True
        text = page.extract_text().replace("\xad\n", "")
        characters += len(text)
        lines = [line.lstrip() for line in text.split("\n")]
        joined = "".join(
            line[:-1] if line.endswith("-") and following[:1].islower() else f"{line} " if line.strip() else "\n"
            for line, following in zip(lines, [*lines[1:], ""], strict=True)
        )
        passages += [SourcePassage(text=words) for part in joined.split("\n") if (words := " ".join(part.split()))]
    return passages, False


_MEMORY_GROWTH: Final = 512 << 20  # bytes: a tree of 5 MB of HTML takes some 200
_MOST_CHARACTERS: Final = 300_000  # of text: numbers are read from it at 200 KB a second
_MOST_PASSAGES: Final = 20_000
_LITTLE: Final = 200  # characters of a page that only holds another one in a frame
# Words that only one of the languages writes, but for names; enough to tell the language of a paragraph.
_FUNCTION_WORDS: Final = {
    "en": "the of and was were with that from which have",
    "de": "der die und das wurden nicht mit eine waren auf",
    "fr": "les des est une dans aux été sont pour avec",
    "es": "los las del fueron una por según con más que",
    "it": "gli della sono nel che stato per alla degli più",
    "pt": "os dos foram uma não são pelo mais segundo da",
    "nl": "het een van werden niet zijn voor met ook naar",
}


def main() -> None:
    """Be the child: read the request from standard input, and write the page to standard output as JSON."""
    request = json.loads(sys.stdin.buffer.read())
    # When the parent is gone, nobody else ends it.
    signal.setitimer(signal.ITIMER_REAL, float(request["seconds"]))
    limit_memory(_MEMORY_GROWTH)
    sys.stdout.write(json.dumps(read_page(**request).to_dict()))


def read_page(url: str, *, contact: str, hosts: Sequence[str], seconds: float) -> SourcePage:
    """Read a page in this process."""
    until = monotonic() + seconds
    with closing(Visitor(contact, hosts=hosts, seconds=seconds)) as visitor:
        try:
            asked = unwrapped(url)
            answer = visitor.fetch(asked)
            if answer.body.lstrip()[:5] == b"%PDF-":
                # A third of the time is left for what comes after.
                passages, title, partial = read_pdf(answer.body, until=until - seconds / 3)
                return _bounded(SourcePage(url=answer.url, title=title, partial=partial), passages, "")
            return _html_page(visitor, asked, answer)
        except Unreadable as error:
            return SourcePage(url=url, problem=error.problem)


def _html_page(visitor: Visitor, asked: str, answer: Answer) -> SourcePage:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind not in ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", ""):
        raise Unreadable(Problem.FORMAT)
    if kind == "text/plain":
        plain = answer.body.decode("utf-8", "replace")
        parts = [SourcePassage(text=words) for part in re.split(r"\n\s*\n", plain) if (words := " ".join(part.split()))]
        return _bounded(SourcePage(url=answer.url), parts, "")
    html = read_html(answer.body, answer.content_type)
    if len(html.content) < _LITTLE and len(html.frames) == 1:
        framed = urljoin(answer.url, html.frames[0])
        if urlsplit(framed).netloc == urlsplit(answer.url).netloc:
            answer = visitor.fetch(framed)
            html = read_html(answer.body, answer.content_type)
    problem = obstacle(html, asked, answer.url)
    if problem not in (None, Problem.PAYWALL):
        raise Unreadable(problem)
    page = SourcePage(url=answer.url, title=html.title[:300], partial=html.partial, problem=problem)
    return _bounded(page, html.passages, html.language)


def _bounded(page: SourcePage, passages: Sequence[SourcePassage], declared: str) -> SourcePage:
    """Return the page with as many passages as are read, and its language."""
    kept, characters = list[SourcePassage](), 0
    for passage in passages[:_MOST_PASSAGES]:
        characters += len(passage.text) + len(passage.label)
        if characters > _MOST_CHARACTERS:
            break
        kept.append(replace(passage, heading=passage.heading[:300], label=passage.label[:300]))
    partial = page.partial or len(kept) < len(passages)
    return replace(page, passages=tuple(kept), partial=partial, language=language_of(kept, declared))


def language_of(passages: Sequence[SourcePassage], declared: str) -> str:
    """Return the language of some passages: by their words, else the one declared; empty where neither tells.

    Many pages declare the language of the template that they were made from.
    """
    words = " ".join(passage.text for passage in passages if not passage.aside)[:20_000].lower().split()
    counts = sorted(
        ((sum(map(words.count, words_of_it.split())), code) for code, words_of_it in _FUNCTION_WORDS.items()),
        reverse=True,
    )
    (most, code), (second, _) = counts[:2]
    if most > 2 and most > 1.5 * second:  # noqa: PLR2004  more than a name or a quotation
        return code
    base = declared.partition("-")[0].strip()
    return base if is_supported(base) else ""
