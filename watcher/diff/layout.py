"""List statements whose new position changes their meaning: another rank in a list, a sample of code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from watcher.model import Change, Claim, FieldChange, Kind, Sentence
from watcher.text.word_diff import rising_chain

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


def sample_changes(statements: Iterable[Sentence]) -> Iterator[Change]:
    """Yield a change for each statement that is now shown as a sample of code."""
    for statement in statements:
        field = FieldChange(name="qualification", old=statement.text, new=f"<code>{statement.text}</code>")
        yield _changed(statement, statement, (field,))


def _changed(old: Sentence, new: Sentence, fields: tuple[FieldChange, ...]) -> Change:
    own, other = (Claim(text=side.text, where=side.where, location=side.location) for side in (old, new))
    return Change(
        kind=Kind.CLAIM_CHANGED, old=own, new=other, fields=fields, where=new.where, old_sentence=old.text,
        new_sentence=new.text, location=new.location,
    )  # fmt: skip
