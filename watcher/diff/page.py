"""Detect a change of the whole page: blanked, turned into a redirect, or most of it removed.

Reported sentence by sentence, the blanking of a page would be a hundred alerts; it is one event.
"""

from __future__ import annotations

import re

from watcher.model import Change, FieldChange, Kind, Location, Section

PAGE = "page"  # field: how long the page was, and what is left
_REDIRECT = re.compile(r"^\s*#[^\W\d_]++\s*+(?::\s*+)?\[\[([^\[\]|#\n]{1,255})")
_FEWEST = 200  # characters of a page that has something to lose
_BLANK = 0.03
_LEAD = 10_000  # characters that are compared
_PIECES = 8  # in which a lead is looked for in the one in its place
_WORD = re.compile(r"[^\W\d_]{4,}")
_FEWEST_WORDS, _KEPT = 30, 0.12  # different longer words of a lead; the share that a lead in its place has by chance
_LONG = 2_500
_MOST_LOST = 0.35  # of a long page: what is left is another page


def page_change(old: str, new: str) -> Change | None:
    """Return what happened to the page as a whole, None for an ordinary edit."""
    left = _outcome(old, new) or _other_lead(old, new)
    if left is None:
        return None
    return Change(
        kind=Kind.SECTION_REMOVED,
        old=Section(path=(), level=0, location=Location(end=len(old))),
        new=None,
        fields=(FieldChange(name=PAGE, old=f"{len(old):,} characters", new=left),),
        location=Location(end=len(new)),
    )


def is_gone(change: Change) -> bool:
    """Return whether a page-level change leaves nothing of the page to compare."""
    left = change.fields[0].new or ""
    return left == "nothing" or left.startswith("a redirect")


def _other_lead(old: str, new: str) -> str | None:
    """Name a text whose lead took the place of another: it has hardly a word of the old one."""
    leads = [text.split("\n==", 1)[0][:_LEAD] for text in (old, new)]
    if leads[0] == leads[1] or not all(len(lead) >= _FEWEST for lead in leads):
        return None
    size = -(-len(leads[0]) // _PIECES)
    pieces = (leads[0][at : at + size] for at in range(0, len(leads[0]), size))
    if sum(piece in leads[1] for piece in pieces) * 2 >= _PIECES:
        return None  # half of it stands word for word, which is seen fifty times as fast as words are counted
    own, other = (set(_WORD.findall(lead.casefold())) for lead in leads)
    if len(own) < _FEWEST_WORDS or len(own & other) > _KEPT * len(own):
        return None
    return "an article with another lead"


def _outcome(old: str, new: str) -> str | None:
    redirect = _REDIRECT.match(new)
    if redirect:
        return None if _REDIRECT.match(old) else f"a redirect to {' '.join(redirect[1].split())}"
    if len(old) < _FEWEST:
        return None
    # As in MediaWiki a comment ends with the first `-->`, and without one it takes the rest of the page.
    first, *others = new.split("<!--")
    rest = len("".join((first, *(other.partition("-->")[2] for other in others))).strip())
    if rest <= _BLANK * len(old):
        return "nothing" if not rest else f"{rest:,} characters"
    return f"{len(new):,} characters" if len(old) >= _LONG and len(new) <= _MOST_LOST * len(old) else None
