"""Compare the headers and captions of tables: under another header the same value means something else."""

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

_HeaderKey = tuple[tuple[str, ...], str | None, str | None]  # section, old value, new value
CELL = "cell"  # field: the value of a cell before and after
_SIGNS = re.compile(r"[%‰$€£¥₹°#]")
_NAME = re.compile(r"[^\W\d_]|[%‰$€£¥]")
_LABEL = re.compile(r"(?:label|header)\d{1,3}", re.IGNORECASE)
_HEAD_WORD = re.compile(r"[^\s(),;_]+")
_MAX_ABBREVIATION = 4  # letters, at most
_MOST_WORDS = 30  # of a heading or parameter; every word is compared with every word of the other
# Units in the names of parameters and in brackets in headers; the words between two bars name one unit.
_UNITS = {
    stem(word): stem(words.split()[0])
    for words in (
        "m metre meter | ft foot | km kilometre kilometer | mi mile | km2 | sqmi | ha hectare | acre | kg kilogram | "
        "lb pound | c celsius | f fahrenheit | mph | kmh | cm | mm | nmi | square | litre liter | gallon | gram | "
        "tonne | ton | ounce | inch | second | minute | hour | day | week | month | year | dollar | euro | cent | "
        "kelvin | hundred | thousand | million | billion"
    ).split("|")
    for word in words.split()
}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "mio": "million", "bn": "billion", "b": "billion"}
_SCALE = re.compile(rf"(?<=[$€£¥₹])\s?({'|'.join(_SCALES)})(?![^\W_])", re.IGNORECASE)
# Words that add no meaning to a header: "Speakers" → "Number of speakers".
_GENERAL = frozenset(
    stem(word)
    for word in "number count figure data list key main selected overview anzahl zahl nombre número numero aantal "
    "antal liczba число количество".split()
)
_OPPOSITE = frozenset({"for", "against", "before", "after", "from", "to", "in", "out", "without", "per"})


def header_change(old: Sentence, new: Sentence, names: Names) -> FieldChange | None:
    """Return the header or caption that changed its meaning above unchanged values; None if none did."""
    if old.where is not new.where:
        return None
    if old.text == new.text:
        # The label of a cell consists of its row header and its column header.
        pairs = [*zip(old.label.split(" × "), new.label.split(" × "), strict=False)]
        changed = [pair for pair in pairs if pair[0] != pair[1]]
        named = len(changed) == 1 and (all(map(_NAME.search, changed[0])) or any(map(_has_scale, changed[0])))
        same_shape = old.where is TextKind.TABLE and old.label.count(" × ") == new.label.count(" × ")
        same_shape |= old.where is TextKind.INFOBOX and names_opposite(old.label, new.label)
        if not (named and same_shape and (old.where is TextKind.TABLE or any(map(str.isdigit, old.text)))):
            return None
        before, after = changed[0]
        if names.is_same_article(before, after) or _abbreviates(before, after) or _abbreviates(after, before):
            return None
    elif names_values(old) and old.label == new.label:
        before, after = old.text, new.text
        if old.label != TABLE_CAPTION and not names_opposite(before, after):
            return None
    else:
        return None
    known = names.subject | _GENERAL
    return FieldChange(name=HEADER, old=before, new=after) if _has_other_meaning(before, after, known) else None


def is_same_header(old: str, new: str) -> bool:
    """Return whether two headers differ only in the notation of a scale or unit: "Revenue (€ million)" → "(€m)"."""
    if _with_scales(old).casefold() == _with_scales(new).casefold():
        return True
    is_unit = _has_scale(old) and _has_scale(new) and not any(map(str.isdigit, old + new))
    return is_unit and not _has_other_meaning(old, new, frozenset())


def _with_scales(head: str) -> str:
    return " ".join(_SCALE.sub(lambda match: f" {_SCALES[match[1].casefold()]}", head).split())


def _abbreviates(short: str, head: str) -> bool:
    """Return whether a few letters abbreviate a header without a unit ("m" is ambiguous): "GF" for "Goals for"."""
    short, letters = short.rstrip(".").casefold(), iter(head.casefold())
    is_short = short.isalpha() and len(short) <= _MAX_ABBREVIATION and short[0] == head[:1].casefold()
    return is_short and not _has_scale(head) and all(letter in letters for letter in short)


def is_unit(word: str) -> bool:
    """Return whether a word of a parameter or header names a unit."""
    return stem(word.casefold()) in _UNITS


def _has_scale(head: str) -> bool:
    return any(token.key in _UNITS for token in tokens(head))


def is_unit_of_header(old: Sentence, new: Sentence) -> bool:
    """Return whether a value has only lost or gained a unit that its column header or parameter names.

    "451 km²" is "451" under "Area (km²)" and `area_km2`, "$9" is "9" under "Cost ($)", "34 %" is "34" in `percentage1`.
    """
    (short, bare), (long, _) = sorted(
        ((unicodedata.normalize("NFKC", side.text).strip(), side) for side in (old, new)), key=lambda each: len(each[0])
    )
    if not short or not (long.startswith(short) or long.endswith(short)):
        return False
    unit = {stem(word) for word in long.replace(short, "", 1).casefold().split()}
    head = unicodedata.normalize("NFKC", row_and_column(bare.label)[1]).casefold()
    named_words = {stem(word) for word in _HEAD_WORD.findall(head)}
    return bool(unit) and unit <= (named_words | {"%"} if "percent" in head else named_words)


def names_values(sentence: Sentence) -> bool:
    """Return whether a sentence names what other values are: a caption, or `label1` of Template:Infobox."""
    return sentence.label == TABLE_CAPTION or _LABEL.fullmatch(sentence.label) is not None


def _has_other_meaning(old: str, new: str, known: frozenset[str]) -> bool:
    """Return whether two headers differ in meaning; words in `known` may be added or dropped."""
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
        return False  # "Ardal St" → "Ardal Street"
    removed, added = own - other, other - own
    if (not removed and known.issuperset(added)) or (not added and known.issuperset(removed)):
        return _signs(old) != _signs(new)
    # "Length in km" → "Length (km)" is no difference.
    return not {*removed, *added} <= {"in"} or _signs(old) != _signs(new)


def names_opposite(old: str, new: str) -> bool:
    """Return whether two headings or parameters have opposite words or different units ("area_km2").

    Other renamings ("founded" → "established") are common and mean the same.
    """
    rows = [tokens(text.replace("_", " "))[:_MOST_WORDS] for text in (old, new)]
    units = [[_UNITS[token.key] for token in row if token.key in _UNITS] for row in rows]
    if all(units) and units[0] != units[1]:
        return True
    return any(are_opposed(token, other) for token in rows[0] for other in rows[1])


def _signs(text: str) -> Counter[str]:
    return Counter(_SIGNS.findall(text))


def once_per_header(changes: Iterable[Change], old: Iterable[Sentence], new: Iterable[Sentence]) -> Iterator[Change]:
    """Yield the changes, but those of a header above many values only once for each section.

    If the header cell itself has an equivalent change, only that is yielded, as a header change. If words were only
    added to or dropped from a name, such as a country's flag, only the change of that cell is yielded. If a row is
    named by another of its cells, because columns moved or were added, it is the same row. A cell without digits
    explains itself, so its header change is dropped unless two headers were swapped.
    """
    rows = _cells(old), _cells(new)
    changes = list(changes)
    reversed_keys = {(key[0], key[2], key[1]) for change in changes if (key := _header_key(change, HEADER))}
    changes = [
        change
        for change in changes
        if not (key := _header_key(change, HEADER))
        or key in reversed_keys
        or change.where is not TextKind.TABLE
        or any(map(str.isdigit, change.old_sentence or ""))
    ]
    renamed = {
        key
        for change in changes
        if (key := _header_key(change, HEADER))
        and (key[2] in rows[0].get(key[1] or "", ()) or key[1] in rows[1].get(key[2] or "", ()))
    }
    changes = [change for change in changes if _header_key(change, HEADER) not in renamed]
    heads = {key for change in changes if (key := _header_key(change, HEADER))}
    own = {key for change in changes if (key := _header_key(change, CELL)) in heads}
    reported: set[object] = {*own, *map(_extended_name, changes)}
    for change in changes:
        key = _header_key(change, HEADER)
        if key is None and _header_key(change, CELL) in own:
            yield replace(change, fields=tuple(replace(field, name=HEADER) for field in change.fields))
        elif key is None or key not in reported:
            yield change
        reported.add(key)


def _cells(sentences: Iterable[Sentence]) -> dict[str, set[str]]:
    """Map the name of each table row to the texts of its cells."""
    cells: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        if sentence.where is TextKind.TABLE:
            cells[row_and_column(sentence.label)[0]].add(sentence.text)
    return cells


def _header_key(change: Change, name: str) -> _HeaderKey | None:
    """Return section, old and new value of a change whose only field is `name`; None for any other change."""
    if [field.name for field in change.fields] != [name]:
        return None
    return change.location.section, change.fields[0].old, change.fields[0].new


def _extended_name(change: Change) -> object:
    """Return section, old and new text of a cell whose name only gained or lost words; None for any other change."""
    old, new = (getattr(side, "text", "") for side in (change.old, change.new))
    is_extended = change.fields and all(field.name in ("insertion", "deletion") for field in change.fields)
    # Only for names: "women" → "young women" changes the meaning. A name has capitals or is in a script without them.
    is_name = is_extended and not any(token.text[0].islower() for token in tokens(f"{old} {new}"))
    return (change.location.section, old, new) if is_name and not _has_scale(f"{old} {new}") else None


_LABEL_SEPARATOR = " × "  # separates the names of row and column in a label


def row_and_column(label: str) -> tuple[str, str]:
    """Return the names of a cell's row and column; the row is "" for a cell that itself names its row.

    >>> row_and_column("Ardal × Goals"), row_and_column("Club")
    (('Ardal', 'Goals'), ('', 'Club'))
    """
    row, separator, column = label.rpartition(_LABEL_SEPARATOR)
    return (row, column) if separator else ("", label)
