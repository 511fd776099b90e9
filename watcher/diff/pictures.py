"""The digests of an article's files then and now → the figures whose picture was uploaded anew under its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from watcher.model import Change, FieldChange, Figure, Kind, Where


def picture_changes(
    old: Mapping[str, str | None], new: Mapping[str, str | None], figures: Sequence[Figure]
) -> tuple[Change, ...]:
    """One `figure.changed` for each file that is shown and has another sha1 than before, though no wikitext changed.

    `old` and `new` map file names as figures have them (no namespace, spaces, first letter upper case) to sha1 digests;
    a file without a digest on either side, because it is new or the wiki has none, says nothing. `figures` are
    those of the article as it is now; of a file shown twice the first place is told.

    >>> [change.fields[0].new for change in picture_changes({"A.png": "1"}, {"A.png": "2"}, [Figure(file="A.png")])]
    ['2']
    """
    first = {figure.file: figure for figure in reversed(figures)}
    return tuple(
        _change(figure, before, after)
        for figure in sorted(first.values(), key=lambda one: one.place.start)
        if (before := old.get(figure.file)) and (after := new.get(figure.file)) and before != after
    )


def _change(figure: Figure, before: str, after: str) -> Change:
    return Change(
        kind=Kind.FIGURE_CHANGED,
        old=replace(figure, sha1=before),
        new=replace(figure, sha1=after),
        fields=(FieldChange(name="sha1", old=before, new=after),),
        where=Where.CAPTION,
        old_sentence=figure.caption or None,
        new_sentence=figure.caption or None,
        old_references=figure.references,
        new_references=figure.references,
        place=figure.place,
    )
