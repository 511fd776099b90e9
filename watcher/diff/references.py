"""Compare the references of two texts: added, removed, changed, broken or unused.

An editor who updates a figure replaces its source: the removal of the former source is then part of the update.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from types import MappingProxyType

from rapidfuzz.distance import Indel

from watcher.diff.align import Aligned
from watcher.diff.claims import compare_claims
from watcher.diff.pairing import pair_alike, pair_equal
from watcher.model import (
    Change,
    Document,
    FieldChange,
    Kind,
    Mention,
    Reference,
    Sentence,
    SourceChange,
    TextKind,
)
from watcher.model.changes import VALUE_FIELDS
from watcher.model.elements import LINK, Guard
from watcher.text.statement import companion_of, dates_all, has_verb, is_of_all, states_fact, stems_of
from watcher.text.tokens import TokenKind, tokens

Keys = tuple[str, ...]

_FIELDS = (
    "name", "group", "title", "url", "archive_url", "date", "work", "publisher", "authors", "doi", "isbn", "pages",
    "quote", "text",
)  # fmt: skip
REPLACED = "replaced"  # field of a changed reference: the key of a source and that of the source in its place
_REVERSING = frozenset({"negation", "antonym", "qualification", "roles", "owner", "cause"})  # reverse a statement
# Statements of an explanatory note; in a plain citation, names, dates and numbers belong to the work.
_NOTE_FIELDS = _REVERSING | {"entity", "date", "number", "rank"}
# Fields of a quotation that contradict the old one; other words change when it is quoted at another length.
_QUOTE_FIELDS = _REVERSING | {"number", "rank"}
_DATING = (TokenKind.DATE, TokenKind.NUMBER)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_BEGINS_WITH_NUMBER = re.compile(r"\W{0,3}\d")
_ADDRESS = re.compile(r"(?:https?:)?//[^/\s.]+\.[^\s/]")
_MIN_LIKENESS = 0.75
_HALF_ALIKE = 0.5
_SAME_TITLE = 0.8
_WORD = re.compile(r"\w{2,}")
_FEWEST_WORDS = 4  # in a note that identifies a work
_MOST_FAULTS = 500  # reported names without definition, or definitions without use, of one edit
_MOST_RIVALS = 120  # unpaired references on a side; if there are more, they pair by identifiers only


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePairs:
    """The changes of references, and what the keys of both texts cite.

    `old` and `new` map keys to sources (the same source has one name in both), `cited` to definitions, `old_titles` to
    titles in the old text, `successors` to new keys, and `unchanged` to references that were paired or remain.
    `new_works` are the keys of new citations of works that the old text does not cite: only they support a new value.
    `looked_up` maps keys to later dates of citations of the same source.
    """

    changes: tuple[Change, ...] = ()
    old: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    new: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    cited: Mapping[str, Reference] = field(default_factory=lambda: MappingProxyType({}))
    old_titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    successors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    unchanged: Mapping[str, Reference] = field(default_factory=lambda: MappingProxyType({}))
    new_works: frozenset[str] = frozenset()
    looked_up: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def title(self, key: str) -> str:
        """Return the title of the source of a key, or the key if there is none."""
        reference = self.cited.get(key)
        return (reference.title if reference else None) or key

    def source(self, old: Sequence[str], new: Sequence[str]) -> SourceChange:
        """Return how the sources of a sentence changed, identified by what they cite and not by their names."""
        before, after = self._cited(old, new)
        added = {self.new.get(key, key) for key in new if key in self.new_works} - before
        if added:
            return SourceChange.CHANGED if before else SourceChange.ADDED
        if not before:
            return SourceChange.NONE
        return SourceChange.UNCHANGED if before & after else SourceChange.REMOVED

    def equal(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Return whether the keys of a sentence cite exactly the same sources in both texts."""
        before, after = self._cited(old, new)
        return before == after

    def _cited(self, old: Sequence[str], new: Sequence[str]) -> tuple[set[str], set[str]]:
        return {self.old.get(key, key) for key in old}, {self.new.get(key, key) for key in new}


def pair_references(
    old: Document, new: Document, rows: Iterable[tuple[Keys, Keys]] = (), guard: Guard | None = None
) -> ReferencePairs:
    """Pair the references of two Documents by what they cite, by name, by likeness, then by the sentence citing them.

    `rows` are the keys that each sentence cites before and after; `guard` records references that cannot be compared.
    """
    guard = guard or Guard()
    rows = list(rows)
    own, other = old.references, new.references
    pairs = _paired(own, other, guard)
    _pair_within_sentence(pairs, own, other, rows, guard)
    active, both = old.still_cited | new.still_cited, old.defined & new.defined
    unchanged = {ref.key: ref for ref in (*own, *other) if ref.source in active or ref.key in both}
    before, after = ({ref.key: ref.source for ref in side} for side in (own, other))
    changes, looked_up = [], dict[str, str]()
    for was, now in ((own[i], other[j]) for i, j in pairs.items()):
        unchanged[was.key], unchanged[now.key] = was, now
        for first, date in ((was.date or "", now.date), (was.access_date or "", now.access_date)):
            if date and first != date and max(_YEAR.findall(first), default="") <= max(_YEAR.findall(date), default=""):
                looked_up[now.key] = date
        if was == now:  # most of them
            after[now.key] = before[was.key]
            continue
        run = partial(guard.run, element="a reference", location=now.location)
        if run(partial(_same_source, was, now), otherwise=False):
            after[now.key] = before[was.key]
        elif before[was.key] == after[now.key] and was.title != now.title:
            after[now.key] += "#changed"
        if fields := run(partial(fields_between, was, now), otherwise=()):
            changes.append(Change(kind=Kind.REFERENCE_CHANGED, old=was, new=now, fields=fields, location=now.location))
    known, kept = (active | {each.source for ref in side for each in (ref, *ref.parts)} for side in (own, other))
    current, in_new, paired = old.defined | old.used, new.defined | new.used, set(pairs.values())
    for i, ref in enumerate(own):
        if i not in pairs and ref.key not in in_new and ref.source not in kept:
            changes.append(Change(kind=Kind.REFERENCE_REMOVED, old=ref, new=None, location=ref.location))
    for j, ref in enumerate(other):
        if j not in paired and ref.key not in current and ref.source not in known:
            changes.append(Change(kind=Kind.REFERENCE_ADDED, old=None, new=ref, location=ref.location))
    return ReferencePairs(
        changes=(*_replacements(changes, rows), *_definition_faults(old, new)),
        old=MappingProxyType(before),
        new=MappingProxyType(after),
        cited=MappingProxyType({ref.key: ref for ref in (*own, *other) if ref.title or ref.url or ref.text}),
        successors=MappingProxyType({own[i].key: other[j].key for i, j in pairs.items()}),
        old_titles=MappingProxyType({ref.key: ref.title for ref in own if ref.title}),
        unchanged=MappingProxyType(unchanged),
        new_works=frozenset(_new_works(old, new)),
        looked_up=MappingProxyType(looked_up),
    )


def _new_works(old: Document, new: Document) -> Iterator[str]:
    """Yield the keys of citations of works that the old text does not cite."""
    defined = {ref.key for ref in old.references}
    known = {each.source for ref in old.references for each in (ref, *ref.parts)} | old.still_cited
    fresh = [ref for ref in new.references if ref.source not in known]
    new_notes = [ref for ref in fresh if ref.key in defined or ref.key not in old.defined]
    full = {edition for ref in new_notes if _names_work(ref) for edition in _editions(ref)}
    # A short citation ("Orr 2009, p. 3") counts if another new note cites the work in full.
    yield from (ref.key for ref in new_notes if _names_work(ref) or not full.isdisjoint(_editions(ref)))


def _editions(ref: Reference) -> set[tuple[str, str]]:
    """Return pairs of the first word of a note and each year in it: author and year of a short citation."""
    first = _WORD.search(ref.text.casefold())
    return {(first[0] if first else "", year) for year in _YEAR.findall(ref.text)}


def _names_work(ref: Reference) -> bool:
    """Return whether a note identifies a work: by URL, DOI or ISBN, by a template's title, or by words with a year."""
    if ref.template == LINK:
        return False
    if ref.doi or ref.isbn or (ref.url and _ADDRESS.match(ref.url)):
        return True
    if ref.title and ref.template:
        return any(map(str.isalpha, ref.title))
    return len(_words(ref.text)) >= _FEWEST_WORDS and _YEAR.search(ref.text) is not None


def _replacements(changes: Sequence[Change], rows: Iterable[tuple[Keys, Keys]]) -> Iterator[Change]:
    """Yield the changes; the only removed and the only added source of a sentence are merged into one change."""
    removed = {change.old.key: change for change in changes if isinstance(change.old, Reference) and not change.new}
    added = {change.new.key: change for change in changes if isinstance(change.new, Reference) and not change.old}
    merged: dict[int, Change | None] = {}
    for before, after in rows if removed and added else ():
        lost = [key for key in before if key in removed]
        gained = [key for key in after if key in added]
        if len(lost) == len(gained) == 1:
            old, new = removed.pop(lost[0]), added.pop(gained[0])
            field = FieldChange(name=REPLACED, old=lost[0], new=gained[0])
            merged |= {id(new): replace(new, kind=Kind.REFERENCE_CHANGED, old=old.old, fields=(field,)), id(old): None}
    for change in changes:
        result = merged.get(id(change), change)
        if result is not None:
            yield result


def _paired(old: Sequence[Reference], new: Sequence[Reference], guard: Guard) -> dict[int, int]:
    """Map the index of each old reference to that of its successor."""
    pairs: dict[int, int] = {}
    # Sources before names: a name that was given to another source does not pair if the source is still cited.
    pair_equal(pairs, old, new, lambda ref: (ref.key, ref.source))
    pair_equal(pairs, old, new, lambda ref: ref.source)
    pair_equal(pairs, old, new, lambda ref: ref.name)
    left = [i for i in range(len(old)) if i not in pairs]
    result = set(pairs.values())
    right = [j for j in range(len(new)) if j not in result]
    if left and right and max(len(left), len(right)) <= _MOST_RIVALS:
        scored = ((_likeness(old[i], new[j], guard), i, j) for i in left for j in right)
        pair_alike(pairs, (row for row in scored if row[0] >= _MIN_LIKENESS))
    return pairs


def _pair_within_sentence(
    pairs: dict[int, int],
    old: Sequence[Reference],
    new: Sequence[Reference],
    rows: Iterable[tuple[Keys, Keys]],
    guard: Guard,
) -> None:
    """Pair the only two unpaired references of a sentence if they are at least half alike."""
    taken = set(pairs.values())
    own = {ref.key: i for i, ref in enumerate(old) if i not in pairs}
    other = {ref.key: j for j, ref in enumerate(new) if j not in taken}
    for before, after in rows:
        current = [own[key] for key in before if key in own]
        in_new = [other[key] for key in after if key in other]
        if len(current) == len(in_new) == 1 and _likeness(old[current[0]], new[in_new[0]], guard) >= _HALF_ALIKE:
            pairs[current[0]] = in_new[0]
            del own[old[current[0]].key], other[new[in_new[0]].key]


def _likeness(old: Reference, new: Reference, guard: Guard) -> float:
    return guard.run(partial(likeness, old, new), otherwise=0.0, element="a reference", location=new.location)


def likeness(old: Reference, new: Reference) -> float:
    """Return how similar two citations are, 0 to 1, by their titles, else by their words."""
    if old.title and new.title:
        return _alike(old.title, new.title)
    return 1.0 if _same_words(old.text, new.text) else _alike(old.text, new.text)


def _same_words(old: str, new: str) -> bool:
    """Return whether one note contains every word of the other, that is, cites the same work more fully."""
    shorter, longer = sorted((_words(old), _words(new)), key=len)
    return len(shorter) >= _FEWEST_WORDS and shorter <= longer


@lru_cache(maxsize=512)
def _words(note: str) -> frozenset[str]:
    return frozenset(_WORD.findall(note.casefold()))


def _alike(old: str | None, new: str | None) -> float:
    if not old or not new:
        return 0.0
    return float(Indel.normalized_similarity(old.casefold()[:500], new.casefold()[:500]))


def fields_between(old: Reference, new: Reference) -> tuple[FieldChange, ...]:
    """Return the fields of a citation that differ, except template name, spacing and access date."""
    before, after = (
        {
            name: "; ".join(value) or None if isinstance(value := getattr(ref, name), tuple) else value
            for name in _FIELDS
        }
        for ref in (old, new)
    )
    if before == after:
        return ()
    from deepdiff import DeepDiff  # noqa: PLC0415  its import takes 0.25 s, and most comparisons do not need it

    # The keys are our own and the values plain text, so the result has at most one entry for each field.
    result = DeepDiff(before, after, verbose_level=2).affected_root_keys
    fields = tuple(FieldChange(name=name, old=before[name], new=after[name]) for name in _FIELDS if name in result)
    reported = tuple(field for field in fields if field.name != "text")
    quoted = next((field for field in reported if field.name == "quote" and field.old and field.new), None)
    if quoted:
        return (*reported, *_contradictions(quoted.old or "", quoted.new or "", _QUOTE_FIELDS))
    if reported or any(ref.title or ref.url or not states_fact(ref.text, cited=True) for ref in (old, new)):
        return reported or fields
    # Readers read a note that is no citation like a sentence of the article.
    kinds = _NOTE_FIELDS if new.group or has_verb(new.text) else _REVERSING
    return (*fields, *_contradictions(old.text, new.text, kinds))


def _contradictions(old: str, new: str, kinds: Collection[str]) -> Iterator[FieldChange]:
    fields, _ = compare_claims(Sentence(text=old), Sentence(text=new), (), ())
    return (item for item in fields if item.name in kinds and (item.name in _REVERSING or (item.old and item.new)))


def _definition_faults(old: Document, new: Document) -> Iterator[Change]:
    """Yield uses whose definition this edit removed or restored, and definitions whose last use it removed."""
    restored = (old.used - old.defined) & new.defined
    for ref in new.references:
        if ref.key in restored:
            yield Change(kind=Kind.REFERENCE_ADDED, old=None, new=ref, location=ref.location)
    known = {ref.key: ref for ref in (*new.references, *old.references)}
    for key in sorted((new.used - new.defined) - (old.used - old.defined))[:_MOST_FAULTS]:
        ref = known.get(key, Reference(key=key, name=key))
        before = known.get(key) if key in old.defined else None  # a use of a new, undefined name has no old reference
        yield Change(kind=Kind.REFERENCE_BROKEN, old=before, new=ref, location=ref.location)
    for key in sorted((new.defined - new.used) - (old.defined - old.used))[:_MOST_FAULTS]:
        ref = known.get(key, Reference(key=key, name=key))
        yield Change(kind=Kind.REFERENCE_UNUSED, old=known.get(key), new=replace(ref, uses=0), location=ref.location)


def _same_source(old: Reference, new: Reference) -> bool:
    """Return whether a changed citation still cites the same work; another edition is another work."""
    if old.title and new.title:
        own, others = (_words(ref.title or "") for ref in (old, new))
        if old.source == new.source and own and own < others and not _YEAR.search(old.title):
            return True  # the same URL with a fuller title
        return _alike(old.title, new.title) >= _SAME_TITLE and not _other_edition(old, new)
    return old.source == new.source or _same_words(old.text, new.text) or _alike(old.text, new.text) >= _SAME_TITLE


def _other_edition(old: Reference, new: Reference) -> bool:
    """Return whether the years of two citations differ, in title or date: "Survey of 2012" is not "Survey of 2016".

    If the URL differs, too, another day, month or number in the title is enough: "Survey of June 2012".
    """
    titles = [set(_YEAR.findall(ref.title or "")) for ref in (old, new)]
    dates = [set(_YEAR.findall(ref.date or "")) for ref in (old, new)]
    if titles[0] != titles[1] or (dates[0] and dates[1] and dates[0] != dates[1]):
        return True
    read = [{token.key for token in tokens(ref.title or "") if token.kind in _DATING} for ref in (old, new)]
    return bool(old.url and new.url) and old.source != new.source and all(read) and read[0] != read[1]


def mark_updates(words: Sequence[Change]) -> Iterator[Change]:
    """Yield the changes, with a changed source for updated values of an infobox.

    A value is updated if its own date or source changed, too ("catch" and "catch_year"), if it is a number in a box
    whose general date ("Stand") became later, or if it changed in the text with a new source. So are those dates.
    """
    labels = {change.label for change in words if change.where is TextKind.INFOBOX and change.kind.verb == "changed"}
    dates = {companion_of(label): label for label in labels} | {"": ""}
    wide = {companion_of(label, of_source=True): label for label in labels} | {"": ""}
    counted = {
        change.label
        for change in words
        if all(_BEGINS_WITH_NUMBER.match(text or "") for text in (change.old_sentence, change.new_sentence))
    }
    updated = set[str]()
    for label in labels:
        # The date of "population" applies to "population_total"; that of "birth" does not apply to the place of birth.
        dated = stems_of(label) if label in counted else (label.casefold(),)
        companions = {
            *(dates.get(stem, "") for stem in dated), *(wide.get(stem, "") for stem in stems_of(label))
        } - {"", label}  # fmt: skip
        updated |= companions | ({label} if companions else set())
    years = (
        [max(_YEAR.findall(text or ""), default="") for text in (change.old_sentence, change.new_sentence)]
        for change in words
        if change.label in labels and dates_all(change.label)
    )
    if any(was <= now for was, now in years if now):
        updated |= counted & labels
    sourced = {
        (field.old, field.new)
        for change in words
        if change.where is TextKind.PROSE and change.source is SourceChange.CHANGED
        for field in change.fields
        if field.old and field.new
    }
    in_box = [change for change in words if change.where is TextKind.INFOBOX and change.kind in _UPDATED]
    updated |= {change.label for change in in_box for field in change.fields if (field.old, field.new) in sourced}
    updated |= {label for label in labels if updated and is_of_all(label)}
    updates = {id(change) for change in in_box if change.label in updated}
    for change in words:
        yield replace(change, source=SourceChange.CHANGED) if id(change) in updates else change


def mark_dated(words: Sequence[Change], sentences: Sequence[Sentence]) -> Iterator[Change]:
    """Yield the changes; those of infobox values get the dates of their companions: `population_as_of`."""
    is_box = {id(change) for change in words if change.where is TextKind.INFOBOX and change.kind in _UPDATED}
    dates: dict[str, list[str]] = {}
    for sentence in sentences if is_box else ():
        stem = companion_of(sentence.label)
        if stem and sentence.where is TextKind.INFOBOX and _YEAR.search(sentence.text):
            dates.setdefault(stem, []).append(sentence.text)
    for change in words:
        stems = stems_of(change.label) if dates and id(change) in is_box else ()
        own = [text for stem in stems for text in dates.get(stem, ())]
        yield replace(change, dated=" ".join(own)) if own else change


REPLACED_BY = "replaced_by"  # field of a removed reference: the key of the reference for the new value

_UPDATED = frozenset({Kind.STATISTIC_CHANGED, Kind.CLAIM_CHANGED})


def mark_replaced_sources(references: Iterable[Change], words: Sequence[Change]) -> Iterator[Change]:
    """Yield the references' changes; removed references get a field with the source that replaced them for a value."""
    matches: dict[str, str] = {}
    for change in words:
        # An update replaces one value by another; a reworded sentence is no update.
        rewritten = change.kind is Kind.CLAIM_CHANGED and any(
            field.name == "statement" or (field.old and field.name not in VALUE_FIELDS and not change.where.is_cell)
            for field in change.fields
        )
        is_sourced = change.source is SourceChange.CHANGED or change.known_source
        if change.kind in _UPDATED and is_sourced and not rewritten:
            removed = [key for key in change.old_references if key not in change.new_references]
            added = [key for key in change.new_references if key not in change.old_references]
            # If no key was added, the old key was given to the new source.
            matches |= dict.fromkeys(removed, added[0]) if added else {key: key for key in change.old_references}
    for change in references:
        old = change.old
        names = {field.name for field in change.fields}
        lost = change.kind is Kind.REFERENCE_REMOVED or REPLACED in names or "title" in names
        if isinstance(old, Reference) and lost and old.key in matches:
            field = FieldChange(name=REPLACED_BY, old=old.key, new=matches[old.key])
            yield replace(change, fields=(*change.fields, field))
        else:
            yield change


def mark_unsupported(references: Iterable[Change], rows: Sequence[Aligned]) -> Iterator[Change]:
    """Yield the changes; removed sources get the sentences that they supported, and whether those have a source now."""
    # If the citing sentence was removed, too, it has a change of its own: the sentences before it lost no source.
    citing, covered = defaultdict[str, list[Aligned]](list), defaultdict[str, list[Aligned]](list)
    for row in rows:
        for key in dict.fromkeys(key for sentence in row.old for key in sentence.cites):
            citing[key] += [row] if row.new else []
        for key in dict.fromkeys(key for sentence in row.old if row.new for key in sentence.references):
            covered[key].append(row)
    for change in references:
        old = change.old if change.kind in (Kind.REFERENCE_REMOVED, Kind.REFERENCE_UNUSED) else None
        if isinstance(old, Reference):
            mentions = (
                Mention(
                    sentence=sentence.text,
                    location=sentence.location,
                    # The next sentence's source may cover it, unless it cited the removed source itself and now none.
                    unsourced=not any(item.references for item in row.new)
                    or (any(old.key in was.cites for was in row.old) and not any(item.cites for item in row.new)),
                )
                for row in (citing if old.key in citing else covered).get(old.key, ())
                for sentence in row.new
            )
            yield replace(change, unsupported=tuple(mentions))
        else:
            yield change
