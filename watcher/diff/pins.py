"""Quoted claims → the aligned rows that hold them, found by likeness in every revision."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, utils

from watcher.diff.align import Aligned

_SAME = 70.0  # of 100: below it a sentence is another one


def pin(rows: Sequence[Aligned], pinned: Sequence[str]) -> dict[int, str]:
    """Index of the row that is most like each quoted sentence, on its old side if it has one; the likest wins."""
    found: dict[int, str] = {}
    for quoted in pinned:
        scored = [
            (max(_score(quoted, one.text) for one in row.old or row.new), index) for index, row in enumerate(rows)
        ]
        score, index = max(scored, default=(0.0, -1))
        if score >= _SAME:
            found[index] = quoted
    return found


def _score(quoted: str, text: str) -> float:
    whole = fuzz.token_sort_ratio(quoted, text, processor=utils.default_process)
    if len(quoted) >= len(text) or len(quoted.split()) < 5:  # noqa: PLR2004  a phrase of four words is in many sentences
        return whole
    return max(whole, fuzz.partial_ratio(quoted, text, processor=utils.default_process) * 0.95)
