"""Sanitize untrusted text for messages, and shorten it without cutting a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from watcher.common_ends import common_ends
from watcher.text import ELLIPSIS, message_line

_BREAK = "\u200b"
# `@everyone` and `<!channel>` notify people; `<x` may open a tag or a Slack link; `://`, `www.` and `](` make links.
_LIVE = re.compile(r"@|<(?=[^\s\d=<])|:(?=//)|(?<=www)\.|\](?=\()", re.IGNORECASE)
# As in a wiki's lists of edits (Help:Edit summary): links, and the section that was edited.
_LONGEST_COMMENT = 2_000  # characters; MediaWiki cuts an edit summary at 500
_LINK = re.compile(r"\[\[(?:[^\[\]|]{0,300}\|)?([^\[\]|]{1,300})\]\]")
_SECTION = re.compile(r"/\* ?(.{0,300}?) ?\*/ *(?=(.?))")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#|~])")
_NUMBER = r"\d+(?:[.,'’·٫٬:/–-]\d+)*"
_SCALE = r"(?:hundred|thousand|million|billion|trillion|lakh|crore|dozen|per\s?cent|percent|%|‰|bn|mn|[kmb]n?)"


@cache
def _atom() -> re.Pattern[str]:
    """Compile the pattern of units that are never cut; on first use, so that checks that send nothing skip it.

    A unit is a number with its currency or sign, blank-separated groups and scale; one letter of a script that is
    written without spaces; a run of letters; or any other single character.
    """
    return re.compile(
        rf"(?:[A-Z]{{0,3}}[$€£¥₹₽])?[-−+±~≈<>≤≥]?{_NUMBER}(?:\s(?=\d{{3}}(?!\d)){_NUMBER})*"
        rf"(?:\s?{_SCALE}\b|\s?[%‰]|[万億亿千百兆]+)?"
        r"|[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]|[^\W\d]{1,40}|\S\u200b?",
        re.IGNORECASE,
    )


def defang(text: str) -> str:
    """Return cleaned text with invisible characters in all that a chat service would turn into a link or mention."""
    return _LIVE.sub(lambda match: match[0] + _BREAK, message_line(text))


def markdown(text: str) -> str:
    """Escape text for use within a Markdown line, so that every renderer shows it as plain text.

    Angle brackets are replaced by similar characters: some renderers have no escape for them, and Slack parses
    everything between two of them.
    """
    return _MARKDOWN.sub(r"\\\1", defang(text).replace("<" + _BREAK, "<").replace("<", "‹").replace(">", "›"))


def comment_text(comment: str) -> str:
    """Return an edit summary as the wiki shows it: links as their text, and the section first.

    >>> comment_text("/* Harbours */ Undid revision 7 by [[Special:Contributions/Ann|Ann]]")
    '→ Harbours: Undid revision 7 by Ann'
    """
    words = _LINK.sub(r"\1", comment[:_LONGEST_COMMENT])
    return _SECTION.sub(lambda match: f"→ {match[1]}{': ' if match[2] else ''}", words, count=1)


def own_link(url: str | None) -> str | None:
    """Return the URL if it is a plain http(s) one that is safe in text, HTML and Markdown; else None."""
    if not url or len(url) > 2_000 or not re.fullmatch(r"https?://[!-~]+", url):  # noqa: PLR2004  browsers' limit
        return None
    # Check brackets first: urlsplit raises ValueError if they do not enclose an IPv6 address.
    if re.search(r"[<>\"`{}|\\^\[\]]", url) or urlsplit(url).hostname is None:
        return None
    return url.replace("(", "%28").replace(")", "%29").replace("*", "%2A").replace("'", "%27")


def shorter_link(url: str) -> str:
    """Return the URL of a diff without the page title, since the revision ids suffice; return other URLs unchanged."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if "diff" not in dict(query):
        return url
    return urlunsplit(parts._replace(query=urlencode([(key, value) for key, value in query if key != "title"])))


def utf8_length(text: str) -> int:
    """Return the length of a text in bytes of UTF-8."""
    return len(text.encode())


def changed_span(old: str, new: str) -> tuple[int, int]:
    """Return the span of `new` that differs from `old`, extended to whole words."""
    before, after = [match[0] for match in _atom().finditer(old)], list(_atom().finditer(new))
    words = [match[0] for match in after]
    head, tail = common_ends(before, words)
    if not after:
        return 0, 0
    first = min(head, len(after) - 1)
    last = max(len(after) - tail - 1, first)
    return after[first].start(), after[last].end()


def span_of(words: str, sentence: str) -> tuple[int, int]:
    """Return the span in the sentence of the longest number, else word, of `words`; (0, 0) if it has none of them."""
    atoms = {match[0] for match in _atom().finditer(words)}
    for atom in sorted(atoms, key=lambda atom: (not any(map(str.isdigit, atom)), -len(atom), atom)):
        at = sentence.find(atom)
        if at >= 0:
            return at, at + len(atom)
    return 0, 0


def truncate_bytes(text: str, limit: int, span: tuple[int, int] = (0, 0)) -> str:
    """Shorten `text` to `room` bytes around `span`; cut between words, and never inside a number."""
    if utf8_length(text) <= limit:
        return text
    atoms = [match.span() for match in _atom().finditer(text)]
    first = next((n for n, (_, end) in enumerate(atoms) if end > span[0]), 0)
    last = next((n for n in range(len(atoms) - 1, -1, -1) if atoms[n][0] < max(span[1], 1)), first)
    low, high = first, first
    if not atoms or utf8_length(_cut(text, atoms, low, high)) > limit:
        # A long word is cut to what fits; a number or a sign is dropped as a whole.
        word, left = text[slice(*atoms[first])] if atoms else "", limit - utf8_length(ELLIPSIS)
        beginning = word.encode()[:left].decode(errors="ignore") if word.isalpha() and left > 0 else ""
        return beginning + ELLIPSIS if left >= 0 else ""
    while high < last and utf8_length(_cut(text, atoms, low, high + 1)) <= limit:
        high += 1
    has_grown = True
    while has_grown:  # as long as it fits, alternately add one atom on the left and two on the right
        has_grown = False
        for left, right in ((1, 0), (0, 1), (0, 1)):
            wider = max(0, low - left), min(len(atoms) - 1, high + right)
            if wider != (low, high) and utf8_length(_cut(text, atoms, *wider)) <= limit:
                low, high = wider
                has_grown = True
    return _cut(text, atoms, low, high)


def _cut(text: str, atoms: Sequence[tuple[int, int]], low: int, high: int) -> str:
    start = 0 if low == 0 else atoms[low][0]
    end = len(text) if high == len(atoms) - 1 else atoms[high][1]
    return (ELLIPSIS if start > 0 else "") + text[start:end] + (ELLIPSIS if end < len(text) else "")
