"""Compare the figures of two texts: added, removed, replaced, moved or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from watcher.diff.pairing import pair_equal
from watcher.model import Change, FieldChange, Figure, Kind, TextKind

Path = tuple[str, ...]


def figure_changes(old: Sequence[Figure], new: Sequence[Figure], paths: Mapping[Path, Path]) -> tuple[Change, ...]:
    """Return the changes of figures, paired by file, else by section and caption, then in order; sizes are ignored."""
    pairs: dict[int, int] = {}
    moved_to = [paths.get(figure.location.section) for figure in old]
    before, after = zip(old, moved_to, strict=True), ((figure, figure.location.section) for figure in new)
    sides = [*before], [*after]
    pair_equal(pairs, *sides, lambda side: (side[0].file, side[1], side[0].caption))
    pair_equal(pairs, *sides, lambda side: (side[0].file, side[1]))
    pair_equal(pairs, *sides, lambda side: side[0].file)
    all_pairs = dict(pairs)
    pair_equal(all_pairs, *sides, lambda side: (side[1], side[0].caption) if side[0].caption else None)
    pair_equal(all_pairs, *sides, lambda side: side[1])
    replaced = {i: j for i, j in sorted(all_pairs.items()) if i not in pairs}
    changes = [change for i, j in pairs.items() for change in _paired(old[i], new[j], moved_to[i])]
    # Two files of the page were swapped: a caption now belongs to the other file.
    was, now = ({figure.caption: figure for figure in side if figure.caption} for side in (old, new))
    swapped = (caption for caption in was if caption in now and was[caption].file != now[caption].file)
    kept = {(new[j].file, new[j].caption) for i, j in pairs.items() if old[i].caption == new[j].caption}
    files = {old[i].file for i in pairs}
    changes += [
        _change(Kind.FIGURE_REPLACED, was[caption], now[caption])
        for caption in swapped
        if {was[caption].file, now[caption].file} <= files
        and kept.isdisjoint((side[caption].file, caption) for side in (was, now))
    ]
    changes += [_change(Kind.FIGURE_REPLACED, old[i], new[j]) for i, j in replaced.items()]
    paired_new = {*all_pairs.values()}
    changes += [_change(Kind.FIGURE_REMOVED, figure, None) for i, figure in enumerate(old) if i not in all_pairs]
    changes += [_change(Kind.FIGURE_ADDED, None, figure) for j, figure in enumerate(new) if j not in paired_new]
    return tuple(changes)


def _paired(old: Figure, new: Figure, path: Path | None) -> Iterator[Change]:
    fields = [
        FieldChange(name=name, old=own or None, new=other or None)
        for name, own, other in (("caption", old.caption, new.caption), ("alt", old.alt, new.alt))
        if own != other
    ]
    if old.sha1 and new.sha1 and old.sha1 != new.sha1:
        fields.append(FieldChange(name="sha1", old=old.sha1, new=new.sha1))
    if fields:
        yield _change(Kind.FIGURE_CHANGED, old, new, tuple(fields))
    if path != new.location.section:
        before, after = (" › ".join(figure.location.section) or "lead" for figure in (old, new))
        yield _change(Kind.FIGURE_MOVED, old, new, (FieldChange(name="section", old=before, new=after),))


def _change(kind: Kind, old: Figure | None, new: Figure | None, fields: tuple[FieldChange, ...] = ()) -> Change:
    figure = new or old
    assert figure is not None
    return Change(
        kind=kind,
        old=old,
        new=new,
        fields=fields,
        where=TextKind.CAPTION,
        old_sentence=old.caption or None if old else None,
        new_sentence=new.caption or None if new else None,
        old_references=old.references if old else (),
        new_references=new.references if new else (),
        location=figure.location,
    )


def image_changes(
    old: Mapping[str, str | None], new: Mapping[str, str | None], figures: Sequence[Figure]
) -> tuple[Change, ...]:
    """Return one `figure.changed` for each displayed file whose sha1 changed, although no wikitext did.

    `old` and `new` map file names in the form of figures (no namespace, spaces, first letter upper case) to sha1
    digests. A file without a digest on either side, because it is new or the wiki has none, yields no change.
    `figures` are those of the current article; if a file is displayed twice, the first is reported.

    >>> [change.fields[0].new for change in image_changes({"A.png": "1"}, {"A.png": "2"}, [Figure(file="A.png")])]
    ['2']
    """
    first = {figure.file: figure for figure in reversed(figures)}.values()
    shown = sorted(first, key=lambda figure: figure.location.start)
    pairs = ([replace(figure, sha1=side.get(figure.file)) for side in (old, new)] for figure in shown)
    return tuple(change for was, now in pairs for change in _paired(was, now, now.location.section))
