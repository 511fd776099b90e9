"""Compare the heads and captions of tables.

Under other heads the same values mean something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from watcher.diff.names import Names
from watcher.model import Change, FieldChange, Sentence, TextKind
from watcher.model.changes import HEADER
from watcher.model.elements import TABLE_CAPTION
from watcher.text.token_diff import respelt
from watcher.text.tokens import are_opposed, tokens
from watcher.text.words import stem

_Head = tuple[tuple[str, ...], str | None, str | None]  # section, what it was, what it is
CELL = "cell"  # field: the value of a cell before and after
_SIGNS = re.compile(r"[%‰$€£¥₹°#]")
_NAME = re.compile(r"[^\W\d_]|[%‰$€£¥]")
_LABEL = re.compile(r"(?:label|header)\d{1,3}", re.IGNORECASE)
_HEAD_WORD = re.compile(r"[^\s(),;_]+")
_ABBREVIATION = 4  # letters, at most
_MOST_WORDS = 30  # of a heading or parameter: each is compared with each of the other
# That parameters are named for and headings give in brackets; words between two bars name one unit.
_UNITS = {
    stem(word): stem(words.split()[0])
    for words in (
        "m metre meter | ft foot | km kilometre kilometer | mi mile | km2 | sqmi | ha hectare | acre | kg kilogram | "
        "lb pound | c celsius | f fahrenheit | mph | kmh | cm | mm | nmi | square | litre liter | gallon | gram | "
        "tonne | ton | ounce | second | minute | hour | day | week | month | year | dollar | euro | cent | kelvin | "
        "hundred | thousand | million | billion"
    ).split("|")
    for word in words.split()
}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "mio": "million", "bn": "billion", "b": "billion"}
_SCALE = re.compile(rf"(?<=[$€£¥₹])\s?({'|'.join(_SCALES)})(?![^\W_])", re.IGNORECASE)
# That say of a head no more than that it is one: "Speakers" → "Number of speakers".
_GENERAL = frozenset(
    stem(word)
    for word in "number count figure data list key main selected overview anzahl zahl nombre número numero aantal "
    "antal liczba число количество".split()
)
_OPPOSITE = frozenset({"for", "against", "before", "after", "from", "to", "in", "out", "without", "per"})


def header_change(old: Sentence, new: Sentence, names: Names) -> FieldChange | None:
    """Return the head or caption that says something else over the same values; None where it is the same."""
    if old.where is not new.where:
        return None
    if old.text == new.text:
        # The label of a cell is its row's head and its column's.
        pairs = [*zip(old.label.split(" × "), new.label.split(" × "), strict=False)]
        changed = [pair for pair in pairs if pair[0] != pair[1]]
        named = len(changed) == 1 and (all(map(_NAME.search, changed[0])) or any(map(_has_scale, changed[0])))
        same_shape = old.where is TextKind.TABLE and old.label.count(" × ") == new.label.count(" × ")
        same_shape |= old.where is TextKind.INFOBOX and names_opposite(old.label, new.label)
        if not (named and same_shape and (old.where is TextKind.TABLE or any(map(str.isdigit, old.text)))):
            return None
        before, after = changed[0]
        if names.same(before, after) or _abbreviates(before, after) or _abbreviates(after, before):
            return None
    elif names_values(old) and old.label == new.label:
        before, after = old.text, new.text
        if old.label != TABLE_CAPTION and not names_opposite(before, after):
            return None
    else:
        return None
    known = names.subject | _GENERAL
    return FieldChange(name=HEADER, old=before, new=after) if _means_another(before, after, known) else None


def is_same_head(old: str, new: str) -> bool:
    """Return whether two heads differ in how a scale or unit is written alone: "Revenue (€ million)" → "(€m)"."""
    if _with_scales(old).casefold() == _with_scales(new).casefold():
        return True
    is_unit = _has_scale(old) and _has_scale(new) and not any(map(str.isdigit, old + new))
    return is_unit and not _means_another(old, new, frozenset())


def _with_scales(head: str) -> str:
    return " ".join(_SCALE.sub(lambda match: f" {_SCALES[match[1].casefold()]}", head).split())


def _abbreviates(short: str, head: str) -> bool:
    """Return whether a few letters stand for a head, as "GF" for "Goals for"; "m" may be metres or millions."""
    short, letters = short.rstrip(".").casefold(), iter(head.casefold())
    is_short = short.isalpha() and len(short) <= _ABBREVIATION and short[0] == head[:1].casefold()
    return is_short and not _has_scale(head) and all(letter in letters for letter in short)


def _has_scale(head: str) -> bool:
    return any(token.key in _UNITS for token in tokens(head))


def is_unit_of_head(old: Sentence, new: Sentence) -> bool:
    """Return whether a value has only lost or gained a unit that its column's head or its parameter names.

    "451 km²" is "451" under "Area (km²)" and `area_km2`, "$9" is "9" under "Cost ($)", "34 %" is "34" in `percentage1`.
    """
    (short, bare), (long, _) = sorted(
        ((unicodedata.normalize("NFKC", side.text).strip(), side) for side in (old, new)), key=lambda each: len(each[0])
    )
    if not short or not (long.startswith(short) or long.endswith(short)):
        return False
    unit = {stem(word) for word in long.replace(short, "", 1).casefold().split()}
    head = unicodedata.normalize("NFKC", place_of(bare.label)[1]).casefold()
    named = {stem(word) for word in _HEAD_WORD.findall(head)}
    return bool(unit) and unit <= (named | {"%"} if "percent" in head else named)


def names_values(sentence: Sentence) -> bool:
    """Return whether a sentence says what the values beside it are of: a caption, `label1` of Template:Infobox."""
    return sentence.label == TABLE_CAPTION or _LABEL.fullmatch(sentence.label) is not None


def _means_another(old: str, new: str, known: frozenset[str]) -> bool:
    """Return whether a word or sign of one head has no like in the other; words that are `known` may be added."""
    old, new = (_with_scales(text.replace("_", " ")) for text in (old, new))
    own, other = (
        Counter(
            _UNITS.get(token.key, token.key)
            for token in tokens(text)
            if token.kind.is_content or token.key in _OPPOSITE or token.key in _UNITS
        )
        for text in (old, new)
    )
    rows = tokens(old), tokens(new)
    same = (a.key == b.key or (a.kind.is_content and respelt(a, b)) for a, b in zip(*rows, strict=False))
    if len(rows[0]) == len(rows[1]) > 1 and all(same):
        return False  # "Ardal St" is "Ardal Street"
    gone, come = own - other, other - own
    if (not gone and known.issuperset(come)) or (not come and known.issuperset(gone)):
        return _signs(old) != _signs(new)
    # "Length in km" is "Length (km)".
    return not {*gone, *come} <= {"in"} or _signs(old) != _signs(new)


def names_opposite(old: str, new: str) -> bool:
    """Return whether a heading or parameter has a word that excludes one of the other, or another unit: "area_km2".

    Others are renamed every day: "founded" → "established".
    """
    rows = [tokens(text.replace("_", " "))[:_MOST_WORDS] for text in (old, new)]
    units = [[_UNITS[token.key] for token in row if token.key in _UNITS] for row in rows]
    if all(units) and units[0] != units[1]:
        return True
    return any(are_opposed(token, other) for token in rows[0] for other in rows[1])


def _signs(text: str) -> Counter[str]:
    return Counter(_SIGNS.findall(text))


def once_for_each_head(changes: Iterable[Change], old: Iterable[Sentence], new: Iterable[Sentence]) -> Iterator[Change]:
    """Yield the changes, of those of a head that stands over many values one of each section.

    That is the change of the cell that is the head, where that says as much: it names a row or column. Words that were
    only put into a name or dropped from it, such as the flag of a country, are told there alone. A row that is named
    by another of its cells, as columns changed places or came, is the same row. A cell of words says itself what it is:
    of those, only heads that changed places are told.
    """
    rows = _cells(old), _cells(new)
    changes = list(changes)
    turned = {(key[0], key[2], key[1]) for change in changes if (key := _head(change, HEADER))}
    changes = [
        change
        for change in changes
        if not (key := _head(change, HEADER))
        or key in turned
        or change.where is not TextKind.TABLE
        or any(map(str.isdigit, change.old_sentence or ""))
    ]
    renamed = {
        key
        for change in changes
        if (key := _head(change, HEADER))
        and (key[2] in rows[0].get(key[1] or "", ()) or key[1] in rows[1].get(key[2] or "", ()))
    }
    changes = [change for change in changes if _head(change, HEADER) not in renamed]
    heads = {key for change in changes if (key := _head(change, HEADER))}
    own = {key for change in changes if (key := _head(change, CELL)) in heads}
    reported: set[object] = {*own, *map(_extended, changes)}
    for change in changes:
        key = _head(change, HEADER)
        if key is None and _head(change, CELL) in own:
            yield replace(change, fields=tuple(replace(field, name=HEADER) for field in change.fields))
        elif key is None or key not in reported:
            yield change
        reported.add(key)


def _cells(sentences: Iterable[Sentence]) -> dict[str, set[str]]:
    """Return by the name of a row what its cells say."""
    cells: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        if sentence.where is TextKind.TABLE:
            cells[place_of(sentence.label)[0]].add(sentence.text)
    return cells


def _head(change: Change, name: str) -> _Head | None:
    """Return the place of a change of one field, and what it was and is; None for any other change."""
    if [field.name for field in change.fields] != [name]:
        return None
    return change.location.section, change.fields[0].old, change.fields[0].new


def _extended(change: Change) -> object:
    """Return the place of a cell with a name that has more words or fewer than before, and what it was and is."""
    old, new = (getattr(side, "text", "") for side in (change.old, change.new))
    is_extended = change.fields and all(field.name in ("insertion", "deletion") for field in change.fields)
    # "Young women" are not all women; a name is written with capitals, or in a script that has none.
    is_name = is_extended and not any(token.text[0].islower() for token in tokens(f"{old} {new}"))
    return (change.location.section, old, new) if is_name and not _has_scale(f"{old} {new}") else None


_BESIDE = " × "  # between the names of row and column in a label


def place_of(label: str) -> tuple[str, str]:
    """Return the names of the row and the column of a cell; a cell that names its row has none of its own.

    >>> place_of("Ardal × Goals"), place_of("Club")
    (('Ardal', 'Goals'), ('', 'Club'))
    """
    row, beside, column = label.rpartition(_BESIDE)
    return (row, column) if beside else ("", label)
