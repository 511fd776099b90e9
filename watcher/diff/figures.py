"""The figures of two texts → what was added, removed, replaced, moved, or said otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rapidfuzz.distance import Indel

from watcher.model import Change, FieldChange, Figure, Kind, Where

Path = tuple[str, ...]

_SAME_CAPTION = 0.6
_MOST_RIVALS = 50  # figures of a section whose captions are compared


def figure_changes(old: Sequence[Figure], new: Sequence[Figure], paths: Mapping[Path, Path]) -> tuple[Change, ...]:
    """Pair figures by file, the leftovers by their place; a size or placement option alone is no change."""
    pairs: dict[int, int] = {}
    moved_to = [paths.get(one.place.section) for one in old]
    _meet(pairs, [*zip(old, moved_to, strict=True)], new, lambda one, path: (one.file, path, one.caption))
    _meet(pairs, [*zip(old, moved_to, strict=True)], new, lambda one, path: (one.file, path))
    _meet(pairs, [*zip(old, moved_to, strict=True)], new, lambda one, _: one.file)
    replaced = _replaced(old, new, moved_to, pairs)
    changes = [change for i, j in pairs.items() for change in _paired(old[i], new[j], moved_to[i])]
    changes += [_change(Kind.FIGURE_REPLACED, old[i], new[j]) for i, j in replaced.items()]
    gone, come = {**pairs, **replaced}, {*pairs.values(), *replaced.values()}
    changes += [_change(Kind.FIGURE_REMOVED, one, None) for i, one in enumerate(old) if i not in gone]
    changes += [_change(Kind.FIGURE_ADDED, None, one) for j, one in enumerate(new) if j not in come]
    return tuple(changes)


def _meet(
    pairs: dict[int, int],
    old: Sequence[tuple[Figure, Path | None]],
    new: Sequence[Figure],
    key: Callable[[Figure, Path | None], object],
) -> None:
    taken = set(pairs.values())
    waiting: dict[object, list[int]] = {}
    for j in range(len(new) - 1, -1, -1):
        if j not in taken:
            waiting.setdefault(key(new[j], new[j].place.section), []).append(j)
    for i, (one, path) in enumerate(old):
        if i not in pairs and waiting.get(key(one, path)):
            pairs[i] = waiting[key(one, path)].pop()


def _replaced(
    old: Sequence[Figure], new: Sequence[Figure], moved_to: Sequence[Path | None], pairs: Mapping[int, int]
) -> dict[int, int]:
    """Another file in the same place: in the same section under a like caption, else in order."""
    found: dict[int, int] = {}
    taken = set(pairs.values())
    there: dict[Path | None, list[int]] = {}
    for j, one in enumerate(new):
        if j not in taken:
            there.setdefault(one.place.section, []).append(j)
    for least in (_SAME_CAPTION, 0.0):
        for i in range(len(old)):
            if i in pairs or i in found:
                continue
            waiting = there.get(moved_to[i], [])
            for j in waiting[:_MOST_RIVALS]:
                if _captions(old[i], new[j]) >= least:
                    found[i] = j
                    waiting.remove(j)
                    break
    return found


def _captions(old: Figure, new: Figure) -> float:
    return float(Indel.normalized_similarity(old.caption, new.caption))


def _paired(old: Figure, new: Figure, path: Path | None) -> Iterator[Change]:
    fields = [
        FieldChange(name=name, old=mine or None, new=theirs or None)
        for name, mine, theirs in (("caption", old.caption, new.caption), ("alt", old.alt, new.alt))
        if mine != theirs
    ]
    if old.sha1 and new.sha1 and old.sha1 != new.sha1:
        fields.append(FieldChange(name="sha1", old=old.sha1, new=new.sha1))
    if fields:
        yield _change(Kind.FIGURE_CHANGED, old, new, tuple(fields))
    if path != new.place.section:
        before, after = (" › ".join(one.place.section) or "lead" for one in (old, new))
        yield _change(Kind.FIGURE_MOVED, old, new, (FieldChange(name="section", old=before, new=after),))


def _change(kind: Kind, old: Figure | None, new: Figure | None, fields: tuple[FieldChange, ...] = ()) -> Change:
    one = new or old
    assert one is not None
    return Change(
        kind=kind,
        old=old,
        new=new,
        fields=fields,
        where=Where.CAPTION,
        old_sentence=old.caption or None if old else None,
        new_sentence=new.caption or None if new else None,
        old_references=old.references if old else (),
        new_references=new.references if new else (),
        place=one.place,
    )
