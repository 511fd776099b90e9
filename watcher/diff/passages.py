"""Compare aligned sentences: statistics, claims, tags, uses of references, and other words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from watcher.diff.align import Aligned, is_bare_value
from watcher.diff.assertions import offset_signs
from watcher.diff.claims import compare_claims
from watcher.diff.coordinates import coordinate_change
from watcher.diff.headers import header_change, is_same_header, is_unit_of_header, names_values
from watcher.diff.names import (
    NO_NAMES,
    Names,
    answer_changed,
    cell_change,
    formula_change,
    is_color,
    is_placeholder,
    link_change,
)
from watcher.diff.pinned import PinnedSentence
from watcher.diff.references import ReferencePairs
from watcher.diff.roles import exchanged_values
from watcher.diff.statistics import as_scores, compare_statistics, head_noun, mark_change, statistic_fields
from watcher.model import (
    NO_LOCATION,
    Change,
    Claim,
    Cue,
    CueMatch,
    Document,
    FieldChange,
    Kind,
    Location,
    Measure,
    Rewording,
    Sentence,
    SourceChange,
    Statistic,
    Tag,
    TextKind,
)
from watcher.model.conversion import same_measurement
from watcher.text.statement import CODE_LABEL, PLACE_CODE, insult
from watcher.text.tokens import TokenKind, tokens

_Position = tuple[int, int, str]
_MOST_SIBLINGS = 60
# Names of Template:Increase and similar templates on Wikipedia; "" is a cell without such a symbol.
_TRENDS = frozenset(
    (
        "",
        "increase",
        "decrease",
        "steady",
        "increasenegative",
        "decreasepositive",
        "up",
        "down",
        "gain",
        "loss",
        "profit",
    )
)
_SAME_AFTER = 8  # characters
_ARTICLES = "an?|une?|una|uno|uma?|ein(?:e[nmrs]?)?|een"
_BOTH = "both|beide[nrs]?|ambos|ambas|entramb[ie]"
_FULL_HOURS = re.compile(r"(?<=^[+−-])0(?=\d)|:00$")  # +01:00 is +1
_THOUSANDS = re.compile(r"\d[.,\s]\d{3}")
_WEAK_CUES = frozenset({Cue.ENTITY, Cue.DEFINITION})


@dataclass(frozen=True, slots=True)
class JoinedSentence:
    """One or several sentences as one text; the spans of statistics and marks are positions in that text."""

    sentence: Sentence | None
    statistics: tuple[Statistic, ...] = ()
    marks: tuple[CueMatch, ...] = ()
    names: Names = NO_NAMES
    context: tuple[Statistic, ...] = ()  # dates, years and ranks

    @property
    def text(self) -> str | None:
        """Return the text, None if there is no sentence."""
        return self.sentence.text if self.sentence else None

    @property
    def references(self) -> tuple[str, ...]:
        """Return the keys of the supporting references; a cell without any has those of its row, column and table."""
        return (self.sentence.references or self.sentence.support) if self.sentence else ()

    @property
    def location(self) -> Location:
        """Return the location of the sentence, or of the first if there are several."""
        return self.sentence.location if self.sentence else NO_LOCATION

    @property
    def claim(self) -> Claim | None:
        """Return the sentence as a claim with its marks, None if there is no sentence."""
        if self.sentence is None:
            return None
        sentence = self.sentence
        return Claim(
            text=sentence.text,
            marks=self.marks,
            references=sentence.references,
            where=sentence.where,
            location=sentence.location,
        )

    @property
    def claims_something(self) -> bool:
        """Return whether the sentence has a cue other than names and "is a", which most sentences have."""
        return any(mark.cue not in _WEAK_CUES for mark in self.marks)

    def claim_fields(self, new: JoinedSentence) -> tuple[tuple[FieldChange, ...], Rewording | None]:
        """Return the result of `compare_claims` for this and the new sentence, without their statistics."""
        if self.sentence is None or new.sentence is None:
            return (), None
        return compare_claims(
            self.sentence,
            new.sentence,
            self.marks,
            new.marks,
            old_quantities=[statistic.quantity for statistic in (*self.statistics, *self.context)],
            new_quantities=[statistic.quantity for statistic in (*new.statistics, *new.context)],
            names=new.names,
        )


NO_SENTENCE = JoinedSentence(None)


class SentenceIndex:
    """An index of a Document's statistics and marks by the sentence that states them."""

    def __init__(self, document: Document, names: Names = NO_NAMES) -> None:
        self.names = names
        self.statistics: dict[_Position, dict[tuple[int, int], Statistic]] = defaultdict(dict)
        self.marks: dict[_Position, tuple[CueMatch, ...]] = {}
        for statistic in document.statistics:
            # Equal parts of one node share one location; without this, each would have the figures of all of them.
            quantity = (statistic.quantity.start, statistic.quantity.end)
            self.statistics[statistic.location.start, statistic.location.end, statistic.sentence].setdefault(
                quantity, statistic
            )
        for claim in document.claims:
            self.marks[claim.location.start, claim.location.end, claim.text] = claim.marks

    def join(self, sentences: Sequence[Sentence]) -> JoinedSentence:
        """Return the sentences as one, joined by spaces and with the references of all."""
        if not sentences:
            return NO_SENTENCE
        if len(sentences) == 1:
            sentence = sentences[0]
            position = (sentence.location.start, sentence.location.end, sentence.text)
            rows: tuple[list[Statistic], list[Statistic]] = ([], [])
            for statistic in self.statistics.get(position, {}).values():
                rows[statistic.quantity.measure.is_context].append(statistic)
            statistics, context = map(tuple, rows)
            return JoinedSentence(sentence, statistics, self.marks.get(position, ()), self.names, context)
        return self._join_several(sentences)

    def _join_several(self, sentences: Sequence[Sentence]) -> JoinedSentence:
        text = " ".join(sentence.text for sentence in sentences)
        rows: tuple[list[Statistic], list[Statistic]] = ([], [])
        marks: list[CueMatch] = []
        at = 0
        for sentence in sentences:
            part = self.join((sentence,))
            for item in (*part.statistics, *part.context):
                quantity = replace(item.quantity, start=item.quantity.start + at, end=item.quantity.end + at)
                rows[quantity.measure.is_context].append(replace(item, quantity=quantity, sentence=text))
            marks += (replace(mark, start=mark.start + at, end=mark.end + at) for mark in part.marks)
            at += len(sentence.text) + 1
        first, last = sentences[0], sentences[-1]
        whole = replace(
            first,
            text=text,
            cites=tuple(dict.fromkeys(key for sentence in sentences for key in sentence.cites)),
            references=tuple(dict.fromkeys(key for sentence in sentences for key in sentence.references)),
            tags=tuple(name for sentence in sentences for name in sentence.tags),
            location=replace(first.location, end=max(first.location.end, last.location.end)),
        )
        return JoinedSentence(whole, tuple(rows[0]), tuple(marks), self.names, tuple(rows[1]))


def passage_changes(
    row: Aligned,
    before: SentenceIndex,
    after: SentenceIndex,
    sources: ReferencePairs,
    pinned: PinnedSentence | None = None,
) -> Iterator[Change]:
    """Yield every change of one aligned row; nothing if both sides have the same text and the same sources."""
    if not pinned and _is_unchanged(row, after.names.texts):
        return
    old, new = before.join(row.old), after.join(row.new)
    words = tuple(_word_changes(old, new) if old.text != new.text else _relabelled(old, new))
    if pinned:
        words = tuple(_pinned_changes(words, old, new, pinned))
    changes = (*words, *_tag_changes(old, new), *_use_changes(old, new, sources))
    sentence = new.sentence or old.sentence
    if not changes or sentence is None:
        return
    source = sources.source(old.references, new.references)
    looked_up = [sources.looked_up[key] for key in new.references if key in sources.looked_up]
    keys = dict.fromkeys((*old.references, *new.references))
    cited = tuple(sources.cited[key] for key in keys if key in sources.cited)
    for change in changes:
        yield replace(
            change,
            where=sentence.where,
            label=sentence.label,
            old_sentence=old.text,
            new_sentence=new.text,
            old_references=old.references,
            new_references=new.references,
            source=source,
            looked_up=looked_up[0] if looked_up and source is SourceChange.UNCHANGED else "",
            # No reader would check a sum of more figures.
            before=old.statistics[:_MOST_SIBLINGS],
            siblings=new.statistics[:_MOST_SIBLINGS],
            cited=cited,
            location=sentence.location,
        )


def _is_unchanged(row: Aligned, texts: tuple[str, str]) -> bool:
    """Return whether text and wikitext of a single sentence are unchanged, as in most cells of a changed table."""
    if len(row.old) != 1 or row.old != row.new:
        return False
    (old,), (new,) = row.old, row.new
    written = (text[side.location.start : side.location.end] for text, side in zip(texts, (old, new), strict=True))
    return (old.cites, old.tags) == (new.cites, new.tags) and next(written) == next(written)


def _pinned_changes(
    words: Sequence[Change], old: JoinedSentence, new: JoinedSentence, pinned: PinnedSentence
) -> Iterator[Change]:
    """Yield the changes of a pinned sentence: its statistics, each only once, and the rest as one claim change."""
    statistics = [change for change in words if change.kind.subject == "statistic"]
    numbers = {
        item.quantity.text for change in statistics for item in (change.old, change.new) if isinstance(item, Statistic)
    }
    others = [field for change in words if change.kind.subject == "claim" for field in change.fields]
    fields = [field for field in others if not {field.old, field.new} - {None} <= numbers]
    fields += pinned.fields
    claim = replace(old.claim, pinned=pinned.quoted) if old.claim else None
    other = replace(new.claim, pinned=pinned.quoted) if new.claim else None
    if other is None:  # if the sentence was removed, its statistics need no changes of their own
        yield Change(kind=Kind.CLAIM_REMOVED, old=claim, new=None, pinned=pinned.quoted)
        return
    if claim is not None:
        yield from (replace(change, pinned=pinned.quoted) for change in statistics)
    if claim is None or fields or any(change.kind.subject == "prose" for change in words):
        kind = Kind.CLAIM_CHANGED if claim else Kind.CLAIM_ADDED
        yield Change(kind=kind, old=claim, new=other, fields=tuple(dict.fromkeys(fields)), pinned=pinned.quoted)


def _relabelled(old: JoinedSentence, new: JoinedSentence) -> Iterator[Change]:
    """Yield a change if the same value has another header or parameter ("deaths = 40" → "injured = 40")."""
    sentence, other = old.sentence, new.sentence
    if sentence is None or other is None:
        return
    if field := header_change(sentence, other, new.names) or link_change(sentence, other, new.names.texts):
        yield Change(kind=Kind.CLAIM_CHANGED, old=old.claim, new=new.claim, fields=(field,))
    elif sentence.where is other.where is TextKind.INFOBOX and sentence.label != other.label:
        fields = (FieldChange(name="label", old=sentence.label or None, new=other.label or None),)
        yield Change(kind=Kind.PROSE_CHANGED, old=sentence, new=other, fields=fields)


def _word_changes(old: JoinedSentence, new: JoinedSentence) -> Iterator[Change]:
    """Yield the changes of statistics and claims of a sentence, or one prose change if there are none."""
    cells = old.sentence and new.sentence and old.sentence.where is new.sentence.where is TextKind.TABLE
    sides = _with_bare_year(old, new), _with_bare_year(new, old)
    if old.sentence and new.sentence and is_unit_of_header(old.sentence, new.sentence):
        sides = (), ()
    if cells and is_same_header(old.text or "", new.text or ""):
        yield Change(kind=Kind.PROSE_CHANGED, old=old.sentence, new=new.sentence)
        return
    reported = []
    for own, other in compare_statistics(*(as_scores(*sides) if cells else sides)):
        if own is None or other is None:
            statistic, text = (own, new.text) if own else (other, old.text)
            if statistic and text and _is_stated_unparsed(statistic, text):
                continue
            # "410 km (255 mi)" → "410 km": the same measurement is stated in another unit.
            rest = new.statistics if own else old.statistics
            if statistic and any(same_measurement(statistic.quantity, item.quantity) for item in rest):
                continue
            kind = Kind.STATISTIC_ADDED if own is None else Kind.STATISTIC_REMOVED
            reported.append(Change(kind=kind, old=own, new=other))
        elif fields := (statistic_fields(own, other) or mark_change(own.quantity, other.quantity, new.names.texts[1])):
            reported.append(Change(kind=Kind.STATISTIC_CHANGED, old=own, new=other, fields=fields))
    claims = [*_claim_changes(old, new, reported)]
    # "A man" → "two men" is one change.
    counted = {field.new for claim in claims for field in claim.fields if field.name == "number"}
    reported = [
        change
        for change in reported
        if change.old or not (isinstance(change.new, Statistic) and change.new.quantity.text in counted)
    ]
    reported += claims
    if reported:
        yield from reported
    else:
        both = bool(old.sentence and new.sentence)
        kind = Kind.PROSE_CHANGED if both else Kind.PROSE_ADDED if new.sentence else Kind.PROSE_REMOVED
        yield Change(kind=kind, old=old.sentence, new=new.sentence)


def _is_stated_unparsed(statistic: Statistic, text: str) -> bool:
    """Return whether a text states a figure in a form that is not parsed: "1871 in all" (like a year), "a mill"."""
    number = statistic.quantity
    if number.value and _THOUSANDS.fullmatch(number.text):
        after = statistic.sentence[number.start + len(number.text) :][:_SAME_AFTER]
        return bool(re.search(rf"(?<![\d.,]){re.escape(f'{number.value:f}{after}')}{'' if after else '$'}", text))
    noun = re.escape(head_noun(number.unit or ""))
    article = rf"\b(?:{_ARTICLES if number.value == 1 else _BOTH})\s(?:[\w-]+\s){{0,2}}(?:\w+-)?{noun}\b"
    return number.value in (1, 2) and bool(noun and re.search(article, text, re.IGNORECASE))


def _with_bare_year(side: JoinedSentence, other: JoinedSentence) -> tuple[Statistic, ...]:
    """Return the statistics of a side; a bare year opposite a bare count is read as a count, too: 1842 → 1482."""
    if side.statistics or not (side.sentence and other.sentence and len(side.context) == len(other.statistics) == 1):
        return side.statistics
    year, number = side.context[0].quantity, other.statistics[0].quantity
    are_bare = side.sentence.where.is_cell and all(map(is_bare_value, (side.sentence, other.sentence)))
    if not are_bare or year.measure is not Measure.YEAR or number.measure is not Measure.COUNT:
        return ()
    return (replace(side.context[0], quantity=replace(year, measure=number.measure, unit=number.unit, as_of=None)),)


def _other_code(old: JoinedSentence, new: JoinedSentence) -> bool:
    """Return whether a code of a place, such as a postcode, has other digits; adding or formatting it is no claim."""
    texts = [_FULL_HOURS.sub("", side.text or "") for side in (old, new)]
    digits = [[char for char in text if char.isdigit()] for text in texts]
    signs = [offset_signs(text) for text in texts]
    label = new.sentence.label if new.sentence else ""
    differ = digits[0] != digits[1] or (all(signs) and signs[0] != signs[1])
    return all(digits) and differ and PLACE_CODE.search(label) is not None


def _claim_changes(old: JoinedSentence, new: JoinedSentence, reported: Sequence[Change]) -> Iterator[Change]:
    if old.sentence and new.sentence and (moved := coordinate_change(old.sentence, new.sentence)):
        yield Change(kind=Kind.CLAIM_CHANGED, old=old.claim, new=new.claim, fields=(moved,))
        return
    changes_answer = old.sentence and new.sentence and answer_changed(old.sentence, new.sentence)
    # Layout, "tba" and codes in an infobox are no claims.
    if not changes_answer and any(
        not side.is_content
        or (side.where is TextKind.INFOBOX and CODE_LABEL.search(side.label) and not _other_code(old, new))
        # Filling in a "tba" is ordinary work; "unknown" is a statement, whether it is added or replaced.
        or (is_placeholder(side, only_unfilled=True) and side is (old.sentence or new.sentence))
        for side in filter(None, (old.sentence, new.sentence))
    ):
        return
    # The second: a cell that is one link with another label.
    if is_color(old.text or "", new.text or "") or (
        old.text != new.text and new.names.is_same_article(old.text, new.text)
    ):
        return
    if old.sentence and new.sentence:
        sentences = old.sentence, new.sentence
        fields, rewording = old.claim_fields(new)
        if exchange := exchanged_values(*sentences):
            fields = (exchange,)
        elif not reported and (cell := cell_change(*sentences, new.names)):
            fields = (cell,)
        if not reported and (not fields or names_values(old.sentence)):
            # Differences outside the words: a header, a link target
            link_or_header = header_change(*sentences, new.names) or link_change(*sentences, new.names.texts)
            fields = (link_or_header,) if link_or_header else fields
        if (not fields or not reported) and all(change.kind is not Kind.STATISTIC_CHANGED for change in reported):
            # A number that a formula gained or lost says less than the formulas.
            formula = formula_change(*sentences, new.names.texts)
            fields = (formula,) if formula else fields
        # A changed statistic already covers some fields, such as its qualifier or the symbol for its trend.
        known = {(field.old, field.new) for change in reported for field in change.fields}
        fields = tuple(
            field
            for field in fields
            if (field.old, field.new) not in known and not _follows_number(field, *sentences, reported)
        )
        if fields:
            yield Change(kind=Kind.CLAIM_CHANGED, old=old.claim, new=new.claim, fields=fields, rewording=rewording)
    elif new.sentence and (rude := insult(new.sentence.text)):
        fields = (FieldChange(name="shouting", old=None, new=rude),)
        yield Change(kind=Kind.CLAIM_ADDED, old=None, new=new.claim, fields=fields)
    elif not reported and (
        old.claims_something
        or new.claims_something
        # An infobox parameter with only a date: nothing else states when the event was.
        or (
            old.sentence
            and old.sentence.where is TextKind.INFOBOX
            and {token.kind for token in tokens(old.sentence.text) if token.kind.is_content} == {TokenKind.DATE}
        )
    ):
        kind = Kind.CLAIM_ADDED if new.sentence else Kind.CLAIM_REMOVED
        yield Change(kind=kind, old=old.claim, new=new.claim)


def _follows_number(field: FieldChange, old: Sentence, new: Sentence, reported: Sequence[Change]) -> bool:
    """Return whether a field only shows the trend symbol of a cell whose changed number is already reported."""
    if not old.where.is_cell or not any(change.kind is Kind.STATISTIC_CHANGED for change in reported):
        return False
    words = _letters(field.old or ""), _letters(field.new or "")
    return _TRENDS.issuperset(words) and all(
        _letters(side.text).startswith(word) for side, word in zip((old, new), words, strict=True)
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text.casefold()))


def _tag_changes(old: JoinedSentence, new: JoinedSentence) -> Iterator[Change]:
    """Yield the maintenance tags that a sentence lost or gained; all tags of a new sentence are gained."""
    own, other = (side.sentence.tags if side.sentence else () for side in (old, new))
    for name in dict.fromkeys(name for name in own if name not in other):
        tag = Tag(name=name, sentence=old.text or "", location=old.location)
        yield Change(kind=Kind.TAG_REMOVED, old=tag, new=None)
    for name in dict.fromkeys(name for name in other if name not in own):
        tag = Tag(name=name, sentence=new.text or "", location=new.location)
        yield Change(kind=Kind.TAG_ADDED, old=None, new=tag)


def _use_changes(old: JoinedSentence, new: JoinedSentence, sources: ReferencePairs) -> Iterator[Change]:
    """Yield uses of a reference that were removed from or added to a sentence while its definition stayed."""
    if old.sentence is None or new.sentence is None or old.sentence.cites == new.sentence.cites:
        return
    other = set(new.sentence.cites)
    stayed = {sources.successors[key] for key in old.sentence.cites if sources.successors.get(key) in other}
    own = {sources.old.get(key, key): key for key in old.sentence.cites if sources.successors.get(key) not in other}
    others = {sources.new.get(key, key): key for key in new.sentence.cites if key not in stayed}
    for source, key in own.items():
        if source not in others and (ref := sources.unchanged.get(key)):
            yield Change(kind=Kind.REFERENCE_MOVED, old=ref, new=None)
    for source, key in others.items():
        if source not in own and (ref := sources.unchanged.get(key)):
            yield Change(kind=Kind.REFERENCE_MOVED, old=None, new=ref)
