"""Prepare what a reviewer does about a finding on the wiki: addresses, texts to copy, its place in the article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import quote, urlencode

from snapshots import ReviewedFinding
from watcher.model import Document, Revision, Sentence, TextKind
from watcher.report.labels import editor_name, section_label
from watcher.text import single_line
from watcher.web.dependencies import WebContext

_MOST_SENTENCES: Final = 12
_LONGEST_SUMMARY: Final = 480  # MediaWiki cuts an edit summary at 500 characters
_FRAGMENT_WORDS: Final = 4
_LONGEST_QUOTE: Final = 600
# The canonical names work in every language (Help:Namespaces); a colon in a title alone makes no namespace.
_NAMESPACES: Final = ("User", "Project", "File", "MediaWiki", "Template", "Help", "Category")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleContext:
    """Where the sentence of a finding is: its paragraph or table row, and whether the article has it now.

    `sentences` are those around it, each with whether it is the one; `row` says that they are the cells of a table row.
    """

    sentences: tuple[tuple[str, bool], ...] = ()
    row: bool = False
    now: str = ""
    newest: Revision | None = None
    section_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyText:
    """A text to be copied into the wiki."""

    name: str
    label: str
    text: str


def action_urls(index_url: str | None, finding: ReviewedFinding, where: ArticleContext) -> dict[str, str]:
    """Return the addresses for acting on the wiki, by their labels; {} where the wiki is not in the watchlist.

    `curid` names the page whatever it is called now (Manual:Parameters to index.php).
    """
    if index_url is None:
        return {}
    edit = finding.edits[-1]
    page: dict[str, str | int] = {"curid": finding.article.page_id}
    section: dict[str, str | int] = {} if where.section_number is None else {"section": where.section_number}
    # What readers see through another page is edited and undone there.
    body = finding.body
    through = body["through"][0] if body.get("through") and body.get("revision") else None
    source = page if through is None else {"title": through}
    sentence = _sentence_of(finding, "new")
    addresses = {
        "The sentence in the article": f"{_url(index_url, page)}{text_fragment(sentence)}" if sentence else "",
        f"Edit {through}" if through else "Edit this section": _url(
            index_url, source | {"action": "edit"} | ({} if through else section)
        ),
        "Undo the edit": _url(index_url, source | {"action": "edit", "undoafter": edit.parent_id, "undo": edit.id})
        if edit.parent_id and len(finding.edits) == 1
        else "",
        "Visual difference": _url(index_url, {"diff": edit.id, "oldid": edit.parent_id, "diffmode": "visual"})
        if edit.parent_id
        else "",
        "History": _url(index_url, source | {"action": "history"}),
        "Talk page": _url(index_url, {"title": talk_page(finding.article.title)}),
    }
    return {label: address for label, address in addresses.items() if address}


def _url(index_url: str, parameters: dict[str, str | int]) -> str:
    return f"{index_url}?{urlencode(parameters, errors='replace')}"


def text_fragment(sentence: str) -> str:
    """Return the fragment by which a browser scrolls to a sentence (WICG Scroll To Text Fragment).

    Its first and last words are named, for footnote marks may be between them.

    >>> text_fragment("The well-known bridge is long.")
    '#:~:text=The%20well%2Dknown%20bridge%20is%20long.'
    """
    words = sentence.split()
    first, last = words[:_FRAGMENT_WORDS], words[-_FRAGMENT_WORDS:]
    parts = [words] if len(words) <= 2 * _FRAGMENT_WORDS else [first, last]
    # "-", "," and "&" are the syntax of the directive.
    return "#:~:text=" + ",".join(
        quote(" ".join(part), safe="", errors="replace").replace("-", "%2D") for part in parts
    )


def talk_page(title: str) -> str:
    """Return the title of an article's talk page.

    >>> talk_page("Template:Bridge"), talk_page("Alien: Covenant")
    ('Template_talk:Bridge', 'Talk:Alien:_Covenant')
    """
    namespace, colon, name = title.partition(":")
    talk = f"{namespace} talk:{name}" if colon and namespace in _NAMESPACES else f"Talk:{title}"
    return talk.replace(" ", "_")


def article_context(context: WebContext, finding: ReviewedFinding) -> ArticleContext:
    """Find the sentence of a finding in the texts: its surroundings then, and whether it is in the article now."""
    newest = context.archive.revisions.cursor(finding.article)
    now = context.read(finding.article.wiki, newest)
    then = context.read(finding.article.wiki, finding.after if _sentence_of(finding, "new") else finding.before)
    sentences, row = surroundings(*then, _sentence_of(finding, "new") or _sentence_of(finding, "old"))
    return ArticleContext(
        sentences=sentences,
        row=row,
        now=_presence(finding, now[0]),
        newest=newest,
        section_number=_section_number(now[0], finding.section),
    )


def _sentence_of(finding: ReviewedFinding, side: str) -> str:
    return str((finding.body.get("sentence") or {}).get(side) or "")


def _presence(finding: ReviewedFinding, document: Document) -> str:
    """Say whether the article states the new text now, the old one, or neither."""
    if not document.sentences:
        return ""
    texts = {sentence.text for sentence in document.sentences}
    old, new = _sentence_of(finding, "old"), _sentence_of(finding, "new")
    if new and new in texts:
        return "The new sentence is still in the article."
    if old and old in texts:
        return "The old sentence is in the article again."
    return "Neither sentence is in the article now." if new else "The sentence is not in the article now."


def _section_number(document: Document, path: tuple[str, ...]) -> int | None:
    """Return the number by which MediaWiki edits a section: its place among all headings, 0 for the lead."""
    if not path:
        return 0
    numbers = [number for number, section in enumerate(document.sections, start=1) if section.path == path]
    return numbers[0] if len(numbers) == 1 else None


_ROW: Final = re.compile(r"^\s*\|-", re.MULTILINE)
_BREAK: Final = re.compile(r"\n\s*\n|\n[=*#:;|{]|\n\|-")


def surroundings(document: Document, wikitext: str, text: str) -> tuple[tuple[tuple[str, bool], ...], bool]:
    """Return the paragraph or the table row of a sentence, each part with whether it is the sentence."""
    sentences = document.sentences
    at = next((number for number, sentence in enumerate(sentences) if sentence.text == text), None)
    if at is None or not text:
        return (), False
    is_row = sentences[at].where is TextKind.TABLE
    boundary = _ROW if is_row else _BREAK
    first = last = at
    while first > 0 and _adjoin(sentences[first - 1], sentences[first], wikitext, boundary):
        first -= 1
    while last + 1 < len(sentences) and _adjoin(sentences[last], sentences[last + 1], wikitext, boundary):
        last += 1
    first, last = max(first, at - _MOST_SENTENCES // 2), min(last, at + _MOST_SENTENCES // 2)
    shown = sentences[first : last + 1]
    return tuple((single_line(sentence.text, _LONGEST_QUOTE), sentence is sentences[at]) for sentence in shown), is_row


def _adjoin(earlier: Sentence, later: Sentence, wikitext: str, boundary: re.Pattern[str]) -> bool:
    """Whether nothing between two sentences ends a paragraph or a row."""
    between = wikitext[earlier.location.end : later.location.start]
    return earlier.location.section == later.location.section and boundary.search(between) is None


def copy_texts(finding: ReviewedFinding, now: datetime) -> Sequence[CopyText]:
    """Return texts to copy into the wiki: a note for the talk page, a maintenance tag, an edit summary.

    What the article or its editors wrote is put where it cannot act as markup.
    """
    edit = finding.edits[-1]
    editor = editor_name(edit.editor)
    link = f"[[Special:Diff/{edit.id}|the edit of {now_date(edit.at)}]]"
    quoted = [f"* {label}: “{_nowiki(text)}”" for label, text in _both(finding)]
    note = [
        f"== {_nowiki(single_line(finding.summary, 120))} ==",
        f"In the section {_nowiki(section_label(finding.section))}, {link} by {_nowiki(editor)} changed this:",
        *quoted,
        "Is the new text supported by its source? ~~~~",
    ]
    summary = f"Reverted [[Special:Diff/{edit.id}]] by {_plain(editor)}: {_plain(finding.summary)}"
    return (
        CopyText(name="talk", label="Note for the talk page", text="\n".join(note)),
        CopyText(name="tag", label="Maintenance tag", text=f"{{{{citation needed|date={now:%B %Y}}}}}"),
        CopyText(name="summary", label="Edit summary", text=summary[:_LONGEST_SUMMARY]),
    )


def now_date(at: datetime) -> str:
    """`3 November 2026`."""
    return f"{at:%-d %B %Y}"


def _both(finding: ReviewedFinding) -> list[tuple[str, str]]:
    sides = (("before", _sentence_of(finding, "old")), ("after", _sentence_of(finding, "new")))
    return [(label, single_line(text, _LONGEST_QUOTE)) for label, text in sides if text]


def _nowiki(text: str) -> str:
    """Return text that a wiki shows as it is: no template, link or tag of a stranger acts under a reviewer's name."""
    return f"<nowiki>{escape(text, quote=False)}</nowiki>"


def _plain(text: str) -> str:
    """Return text without links: an edit summary knows no other markup, and no nowiki either."""
    return single_line(text, 300).replace("[[", "[ [").replace("/*", "/ *")
