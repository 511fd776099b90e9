"""List statements whose new position changes their meaning: another rank or group in a list, a sample of code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from watcher.model import Change, Claim, FieldChange, Kind, Sentence, TextKind
from watcher.text.word_diff import rising_chain

_Groups = Mapping[str, tuple[Sentence, str]]
_Label = tuple[tuple[str, ...], str]
_Lists = Mapping[tuple[str, ...], Sequence[Sentence]]


def rank_changes(old: _Lists, new: _Lists) -> Iterator[Change]:
    """Yield a change for each ranked list whose items changed their order; added and removed items do not count."""
    for path, items in new.items():
        before, after = _positions(old.get(path, ())), _positions(items)
        common = [(at, before[text]) for text, at in after.items() if text in before]
        kept = set(rising_chain(common))
        moved = [pair for pair in common if pair not in kept][:3]  # the positions of the others follow
        if moved:
            other, own = items[moved[0][0]], old[path][moved[0][1]]
            fields = tuple(
                FieldChange(name="rank", old=f"{j + 1}. {items[i].text}", new=f"{i + 1}. {items[i].text}")
                for i, j in moved
            )
            yield _changed(own, other, fields)


def _positions(items: Sequence[Sentence]) -> dict[str, int]:
    """Return the position of each item, without items that occur twice in the list."""
    count = Counter(item.text for item in items)
    return {item.text: at for at, item in enumerate(items) if count[item.text] == 1}


def group_changes(old: _Groups, new: _Groups) -> Iterator[Change]:
    """Yield a change for each list item that is listed under another heading, item or term of both texts."""
    known = [{*side, *(group for _, group in side.values())} - {""} for side in (old, new)]
    reported: set[tuple[str, str]] = set()
    for text, (item, group) in new.items():
        own, before = old.get(text, (item, group))
        is_moved = before != group and all({before, group} <= side for side in known)
        if is_moved and (before, group) not in reported:
            reported.add((before, group))
            field = FieldChange(name="header", old=f"{before}: {text}", new=f"{group}: {text}")
            yield _changed(own, item, (field,))


def sample_changes(statements: Iterable[Sentence]) -> Iterator[Change]:
    """Yield a change for each statement that is now shown as a sample of code."""
    for statement in statements:
        field = FieldChange(name="qualification", old=statement.text, new=f"<code>{statement.text}</code>")
        yield _changed(statement, statement, (field,))


def span_changes(old: Iterable[Sentence], new: Iterable[Sentence]) -> Iterator[Change]:
    """Yield a change for each row and column for which a cell of another one holds now, or held before (rowspan)."""
    before, after = (_values(side) for side in (old, new))
    for key in before.keys() & after.keys():
        (own, was_spanned), (other, is_spanned) = before[key], after[key]
        if own and other and own.text != other.text and own.label != other.label and (was_spanned or is_spanned):
            field = FieldChange(name="header", old=own.text, new=other.text)
            yield replace(_changed(own, other, (field,)), label=key[1])


def _values(cells: Iterable[Sentence]) -> dict[_Label, tuple[Sentence | None, bool]]:
    """Map each label in a section to its cell, None for several, and to whether that cell is of another label."""
    values: dict[_Label, tuple[Sentence | None, bool]] = {}
    for cell in cells:
        for label in (cell.label, *cell.spanned) if cell.where is TextKind.TABLE else ():
            key = cell.location.section, label
            values[key] = (None, False) if key in values else (cell, label != cell.label)
    return values


def _changed(old: Sentence, new: Sentence, fields: tuple[FieldChange, ...]) -> Change:
    own, other = (Claim(text=side.text, where=side.where, location=side.location) for side in (old, new))
    return Change(
        kind=Kind.CLAIM_CHANGED, old=own, new=other, fields=fields, where=new.where, old_sentence=old.text,
        new_sentence=new.text, location=new.location,
    )  # fmt: skip
