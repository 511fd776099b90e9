"""Prepare what a reviewer needs to act on a finding on the wiki: URLs, texts to copy, its context in the article."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final
from urllib.parse import quote

from snapshots import ReviewedFinding
from watcher.config import WikiSite
from watcher.model import Dialect, Document, Revision, Sentence, TextKind
from watcher.parse import parse
from watcher.report.labels import editor_name, index_query, section_label
from watcher.text import single_line
from watcher.web.dependencies import WebContext
from watcher.web.rendering import sentence_of

_MOST_SENTENCES: Final = 12
_LONGEST_SUMMARY: Final = 480  # MediaWiki cuts an edit summary at 500 characters
_FRAGMENT_WORDS: Final = 4
_LONGEST_QUOTE: Final = 600
LABELS: Final = {
    "talk_note": "Note for the talk page",
    "citation_needed": "Maintenance tag",
    "edit_summary": "Edit summary",
}
"""The labels of the texts to copy, by their keys in the watchlist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleContext:
    """The surroundings of a finding's sentence, and whether the article contains it now (`now`, as text).

    `sentences` are its paragraph, or with `row` the cells of its table row, each with whether it is the sentence.
    """

    sentences: tuple[tuple[str, bool], ...] = ()
    row: bool = False
    now: str = ""
    newest: Revision | None = None
    section_number: int | None = None


Actions = dict[str, dict[str, str]]
"""Groups of actions on the wiki (edit, article, editor), each with URLs by their labels."""


def wiki_actions(index_url: str | None, finding: ReviewedFinding, where: ArticleContext) -> Actions:
    """Return the actions on the wiki for a finding, about its edit, article and editor; {} without an `index_url`.

    `curid` identifies a page even after a move (Manual:Parameters to index.php); `veaction` opens VisualEditor.
    """
    if index_url is None:
        return {}
    edit, file = finding.edits[-1], finding.uploaded_file
    parent = 0 if file else edit.parent_id
    page: dict[str, Any] = {"curid": finding.article.page_id}
    # A change of a transcluded page is edited and undone there.
    through = finding.body["through"][0] if finding.body.get("through") and finding.body.get("revision") else None
    source = page if through is None else {"title": through}
    at = {} if through or where.section_number is None else {"section": where.section_number}
    undo = source | {"action": "edit", "undoafter": parent, "undo": edit.id}
    sentence = sentence_of(finding.body, "new")
    in_the_text = {"The sentence in the article": f"{index_query(index_url, **page)}{text_fragment(sentence)}"}
    about_edit = {
        "Undo the edit": undo if parent and len(finding.edits) == 1 else None,
        "Visual difference": {"diff": edit.id, "oldid": parent, "diffmode": "visual"} if parent else None,
        "The file and its versions": {"title": f"File:{file}".replace(" ", "_")} if file else None,
    }
    about_page = {
        f"Edit {through or ('this section' if at else 'the page')}": source | {"action": "edit"} | at,
        "VisualEditor": source | {"veaction": "edit"} | at,
        "History": source | {"action": "history"},
        "Talk page": {"title": talk_page(finding.article.title)},
    }
    groups: Actions = {
        "Edit": _urls(index_url, about_edit),
        "Article": (in_the_text if sentence else {}) | _urls(index_url, about_page),
        "Editor": editor_urls(index_url, edit.editor),
    }
    return {name: group for name, group in groups.items() if group}


def _urls(index_url: str, pages: Mapping[str, Mapping[str, Any] | None]) -> dict[str, str]:
    return {label: index_query(index_url, **parameters) for label, parameters in pages.items() if parameters}


def editor_urls(index_url: str | None, editor: str | None) -> dict[str, str]:
    """Return the URLs of an editor's contributions, talk page and block log by their labels; {} if the name is hidden.

    The block log is filtered by the user page (Special:Log, `type=block`).
    """
    if index_url is None or editor is None:
        return {}
    name = editor.replace(" ", "_")
    log = {"title": "Special:Log", "type": "block", "page": f"User:{name}"}
    pages = {"Contributions": {"title": f"Special:Contributions/{name}"}, "User talk": {"title": f"User_talk:{name}"}}
    return _urls(index_url, pages | {"Block log": log})


def text_fragment(sentence: str) -> str:
    """Return the URL fragment that makes a browser scroll to a sentence (WICG Scroll To Text Fragment).

    Of a long sentence, it has only the first and last words, since there may be footnote marks between them.

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
    """Return the title of an article's talk page; in other namespaces, Special:TalkPage lets the wiki find it.

    >>> talk_page("Old bridge"), talk_page("Vorlage:Bridge")
    ('Talk:Old_bridge', 'Special:TalkPage/Vorlage:Bridge')
    """
    return f"{'Special:TalkPage/' if ':' in title else 'Talk:'}{title}".replace(" ", "_")


def article_context(context: WebContext, finding: ReviewedFinding) -> ArticleContext:
    """Return the surroundings of a finding's sentence in its revision, and whether the article contains it now."""
    known = section_context(context, finding)
    document, _ = context.read(finding.article.wiki, known.newest)
    old, new = sentence_of(finding.body, "old"), sentence_of(finding.body, "new")
    sentences, row = surroundings(
        *context.read(finding.article.wiki, finding.after if new else finding.before), new or old
    )
    texts = {sentence.text for sentence in document.sentences}
    now = ""
    if new and new in texts:
        now = "The new sentence is still in the article."
    elif old and old in texts:
        now = "The old sentence is in the article again."
    elif texts:
        now = "Neither sentence is in the article now." if new else "The sentence is not in the article now."
    return replace(known, sentences=sentences, row=row, now=now)


@lru_cache(maxsize=16)
def _section_numbers(text: str, dialect: Dialect) -> dict[tuple[str, ...], int]:
    """Map the paths of sections with unique headings to MediaWiki's numbers; cached, as rows are opened repeatedly."""
    paths = [section.path for section in parse(text, dialect).sections]
    return {path: number for number, path in enumerate(paths, start=1) if paths.count(path) == 1}


def section_context(context: WebContext, finding: ReviewedFinding) -> ArticleContext:
    """Return only the part of the context that links need: newest revision, and current number of the section."""
    newest, wiki = context.archive.revisions.cursor(finding.article), finding.article.wiki
    numbers: dict[tuple[str, ...], int] = {(): 0}
    if finding.section:
        numbers = _section_numbers(context.wikitext(wiki, newest), context.dialect(wiki))
    return ArticleContext(newest=newest, section_number=numbers.get(finding.section))


_ROW: Final = re.compile(r"^\s*\|-", re.MULTILINE)
_BREAK: Final = re.compile(r"\n\s*\n|\n[=*#:;|{]|\n\|-")


def surroundings(document: Document, wikitext: str, text: str) -> tuple[tuple[tuple[str, bool], ...], bool]:
    """Return the parts of the paragraph or table row around `text`, and whether it is a row.

    Each part has a flag for the sentence itself. The result is ((), False) if the text does not have it.
    """
    sentences = document.sentences
    at = next((number for number, sentence in enumerate(sentences) if sentence.text == text), None)
    if at is None or not text:
        return (), False
    is_row = sentences[at].where is TextKind.TABLE
    boundary = _ROW if is_row else _BREAK

    def adjoin(earlier: Sentence, later: Sentence) -> bool:
        between = wikitext[earlier.location.end : later.location.start]
        return earlier.location.section == later.location.section and boundary.search(between) is None

    first = last = at
    while first > max(0, at - _MOST_SENTENCES // 2) and adjoin(*sentences[first - 1 : first + 1]):
        first -= 1
    while last < min(len(sentences) - 1, at + _MOST_SENTENCES // 2) and adjoin(*sentences[last : last + 2]):
        last += 1
    shown = sentences[first : last + 1]
    return tuple((single_line(sentence.text, _LONGEST_QUOTE), sentence is sentences[at]) for sentence in shown), is_row


@cache
def _texts() -> dict[str, dict[str, str]]:
    """Return the texts to copy by the language of a wiki."""
    return tomllib.loads(files("watcher.web").joinpath("wiki_texts.toml").read_text(encoding="utf-8"))


def copy_texts(finding: ReviewedFinding, now: datetime, wiki: WikiSite | None) -> dict[str, str]:
    """Return texts to copy into the wiki, in its language, by their names in LABELS.

    Text from the article or its editors is escaped, so that it cannot act as markup.
    """
    known = _texts()
    templates = dict(known["en"])
    if wiki is not None:
        own = zip(LABELS, (wiki.talk_note, wiki.citation_needed, wiki.edit_summary), strict=True)
        templates |= known.get(wiki.language.partition("-")[0], {}) | {name: text for name, text in own if text}
    edit, change = finding.edits[-1], section_label(finding.section)
    if finding.kind.startswith("statistic."):  # old and new value need no translation
        change = single_line(
            " → ".join((finding.body.get(side) or {}).get("text") or "–" for side in ("old", "new")), 120
        )
    sides = {name: single_line(sentence_of(finding.body, name), _LONGEST_QUOTE) for name in ("old", "new")}
    words = {"editor": editor_name(edit.editor), "section": section_label(finding.section), "change": change} | sides
    file = finding.uploaded_file
    link = {"edit": f"[[:File:{_plain(file)}]]" if file else f"[[Special:Diff/{edit.id}]]"}
    dates = {"year": f"{now:%Y}", "month": f"{now:%m}", "day": f"{now:%d}"}
    dates |= {"month_name": f"{now:%B}", "month_number": f"{now:%-m}"}
    plain = {name: _plain(text) for name, text in words.items()} | link | dates
    # Nobody may get a template, link or tag published under a reviewer's name.
    guarded = {name: f"<nowiki>{escape(text, quote=False)}</nowiki>" for name, text in words.items()} | link | dates
    note = [
        line
        for line in templates["talk_note"].strip().splitlines()
        if not any(f"${name}" in line and not text for name, text in sides.items())
    ]
    return {
        "talk_note": Template("\n".join(note)).safe_substitute(guarded),
        "citation_needed": Template(templates["citation_needed"]).safe_substitute(dates),
        "edit_summary": Template(templates["edit_summary"]).safe_substitute(plain)[:_LONGEST_SUMMARY],
    }


def _plain(text: str) -> str:
    """Return text with links and section marks broken up: summaries have no other markup, and no nowiki."""
    return single_line(text, 300).replace("[[", "[ [").replace("/*", "/ *")
