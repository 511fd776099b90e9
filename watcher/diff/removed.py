"""Drop text that only moved, and report removed sentences as removed claims, with the one that restates each.

A rewritten article may drop a sentence in one place and say the same in another. So the content words of each removed
sentence are compared with all new and changed sentences.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from watcher.diff.align import Aligned
from watcher.diff.names import is_placeholder
from watcher.diff.statistics import changes_notation, same_digits, same_statement
from watcher.model import (
    Change,
    Claim,
    Element,
    FieldChange,
    Kind,
    Measure,
    Reference,
    Sentence,
    Statistic,
    TextKind,
)
from watcher.text.statement import CODE_LABEL, in_link_section, is_chat, states_fact
from watcher.text.tokens import TokenKind, are_repeated, meanings, tokens

_KANA = "\u3040"  # the scripts without blanks begin with kana
_NUMBERS = frozenset({"value", "low", "high"})
_CLAIM_FIELDS = frozenset(
    {"superlative", "rank", "hedge", "attribution", "qualification", "insertion", "deletion", "cause", "wording"}
)


def drop_moved_statistics(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes; statistics that moved between sentences unchanged are reported as prose changes instead."""
    # In document order, so that an edit and its revert find the same statistics moved.
    ordered = sorted(changes, key=lambda change: change.location.start)
    removed = [change for change in ordered if change.kind is Kind.STATISTIC_REMOVED]
    added = [change for change in ordered if change.kind is Kind.STATISTIC_ADDED]
    suppressed = {id(change) for change in removed if _is_still_written(change)}
    by_value: dict[object, list[Change]] = defaultdict(list)
    for gained in added:
        by_value[_value(gained.new)].append(gained)
    for lost in removed:
        rivals = by_value.get(_value(lost.old), [])[:50]  # a value that occurs more often identifies nothing
        same = (
            gained
            for gained in rivals
            if isinstance(lost.old, Statistic)
            and isinstance(gained.new, Statistic)
            and same_statement(lost.old, gained.new)
        )
        result = next((gained for gained in same if id(gained) not in suppressed), None)
        if result is not None:
            suppressed |= {id(lost), id(result)}
    return tuple(_replace_with_prose(changes, suppressed)) if suppressed else tuple(changes)


def _value(element: Element | None) -> object:
    if not isinstance(element, Statistic):
        return None
    return element.quantity.value, element.quantity.low, element.quantity.high


def _is_still_written(change: Change) -> bool:
    """Return whether the number occurs in the new sentence as often as before: "27 countries" → "27 Member States"."""
    old, new = change.old, change.new_sentence
    if new is None or not isinstance(old, Statistic) or not old.quantity.text.isdecimal():
        return False
    number, at = old.quantity.text, old.quantity.start
    after = old.sentence[at + len(number) : at + len(number) + 1]
    # 3人 and 三人, 748人 and 七百四十八人 are interchangeable in Japanese and Chinese; 一般 contains no number.
    if after > _KANA and any(
        token.key == number and new[token.end : token.end + 1] == after
        for token in tokens(new)
        if token.kind is TokenKind.NUMBER
    ):
        return True
    return _occurrences(number, new) >= _occurrences(number, old.sentence)


@lru_cache(maxsize=1024)  # a sentence may state one number a thousand times
def _occurrences(number: str, sentence: str) -> int:
    return len(re.findall(rf"(?<![\d.,]){number}(?![\d%]|[.,]\d)", sentence))


def _replace_with_prose(changes: Iterable[Change], suppressed: set[int]) -> Iterable[Change]:
    """Yield a prose change for each suppressed statistic, unless another change reports its sentence already."""
    reported = {(_row(change), change.location) for change in changes if id(change) not in suppressed}
    for change in changes:
        if id(change) not in suppressed:
            yield change
        elif (row := (_row(change), change.location)) not in reported:
            reported.add(row)
            yield as_prose(change)


def _row(change: Change) -> tuple[str | None, str | None]:
    return change.old_sentence, change.new_sentence


def as_prose(change: Change) -> Change:
    """Return a change as a change of prose, without fields."""
    old, new = _row(change)
    verb = {(True, False): Kind.PROSE_REMOVED, (False, True): Kind.PROSE_ADDED}
    kind = verb.get((old is not None, new is not None), Kind.PROSE_CHANGED)
    before, after = (
        Sentence(text=text, where=change.where, references=keys, location=change.location) if text is not None else None
        for text, keys in ((old, change.old_references), (new, change.new_references))
    )
    return replace(change, kind=kind, old=before, new=after, fields=())


def drop_moved_words(changes: Sequence[Change]) -> Iterator[Change]:
    """Drop the fields of a claim whose words moved to a new sentence of their own, or came from a removed one."""
    one_sided = any(change.kind is Kind.CLAIM_CHANGED and any(map(_is_one_sided, change.fields)) for change in changes)
    whole = [change for change in changes if (change.old_sentence is None) is not (change.new_sentence is None)]
    # The added and removed sentences; with more than a hundred the page was rewritten.
    added, removed = (
        [meanings(text) for text in [*dict.fromkeys(filter(None, texts))][:100]] if one_sided else []
        for texts in ((change.new_sentence for change in whole), (change.old_sentence for change in whole))
    )
    for change in changes:
        if change.kind is not Kind.CLAIM_CHANGED or not (added or removed):
            yield change
            continue
        kept = tuple(
            field
            for field in change.fields
            if not _is_one_sided(field)
            or len(words := meanings(field.old or field.new or "")) <= (field.name == "negation")
            or not any(are_repeated(words, other) for other in (added if field.new is None else removed))
        )
        yield change if kept == change.fields else replace(change, fields=kept) if kept else as_prose(change)


def drop_other_notation(changes: Sequence[Change], texts: tuple[str, str]) -> Iterator[Change]:
    """Yield the changes; a figure whose separators alone changed is a prose change if the whole page was converted.

    "100.000 people" needs no other figure to be converted: nobody counts people to three decimals.
    """
    everywhere: bool | None = None
    for change in changes:
        old, new = change.old, change.new
        is_same = (
            isinstance(old, Statistic)
            and isinstance(new, Statistic)
            and _NUMBERS.issuperset(field.name for field in change.fields)
            and same_digits(old.quantity, new.quantity)
        )
        if is_same:
            assert isinstance(old, Statistic)
            assert isinstance(new, Statistic)
            everywhere = changes_notation(*texts) if everywhere is None else everywhere
            sides = (old.quantity, new.quantity)
            is_same = everywhere or any(
                side.measure is Measure.COUNT and side.unit and side.text.endswith(".000") for side in sides
            )
        yield as_prose(change) if is_same else change


def _is_one_sided(field: FieldChange) -> bool:
    # "The base never reopened." → "…, and it never reopened": a negation together with the words that it denies
    return field.name in (*_CLAIM_FIELDS, "negation") and None in (field.old, field.new)


RESTATED = "restated"  # field: the removed sentence, and the one that restates it
PASSAGE = "passage"  # field: how many sentences of the section were removed and not restated

FURTHER = "further"  # new value of the field `passage`: enough other sentences of the section are reported

_MOST_REPORTED = 12  # removed sentences of a section; more would tell the reader of an alert nothing new
_SHORTEST_NOTE, _SHORTEST_COPY = 80, 30  # characters
_LISTED_KINDS = frozenset({Kind.STATISTIC_REMOVED, Kind.CLAIM_REMOVED, Kind.CLAIM_CHANGED})
_REPORTED_FIELDS = frozenset({"shouting", "value", "low", "high"})  # in a list of works, too
_ADDRESS = re.compile(r"\s*(?:https?:)?//\S+\s*|\s*www\.\S+\s*", re.IGNORECASE)
_TEMPLATE = re.compile(r"^[ \t]*\{\{([^{}|\n]{1,80})", re.MULTILINE)
_INFOBOX = re.compile(
    r"info ?box|info ?boks|taxobox|speciesbox|геобокс|карточка|ficha|tabella|กล่อง|ज्ञानसन्दूक|信息|資訊|資料|基礎情報",
    re.IGNORECASE,
)


def mark_removed_claims(
    changes: Sequence[Change],
    rows: Iterable[Aligned],
    notes: Iterable[Reference] = (),
    texts: tuple[str, str] = ("", ""),
) -> tuple[Change, ...]:
    """Return the changes, with removed sentences that state a fact as removed claims, and the sentence restating each.

    A sentence with a removed statistic is not reported twice, unless its numbers are words ("three parts").
    """
    # Chat states nothing, even if it has a cue.
    changes = [
        as_prose(change)
        if _is_listed_work(change)
        or (change.kind is Kind.CLAIM_REMOVED and not change.is_pinned and is_chat(change.old_sentence or ""))
        else change
        for change in changes
    ]
    removed_facts = [change for change in changes if _is_removed_fact(change, texts[0])]
    if not removed_facts:
        return tuple(changes)
    # "Three parts" alone does not show what its sentence stated.
    reported = {
        (change.old_sentence, change.location)
        for change in changes
        if isinstance(change.old, Statistic)
        and change.kind is Kind.STATISTIC_REMOVED
        and any(map(str.isdigit, change.old.quantity.text))
    }
    others = _NewSentences(rows, notes)
    claims: dict[int, Change] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for change in removed_facts[:400]:  # with more, the page was rewritten, and a single sentence does not matter
        if (change.old_sentence, change.location) in reported:
            counts[change.location.section] += 1
            continue
        raw = texts[0][change.location.start : change.location.end].strip()
        # If the old text had it only once, an occurrence in the new text is no statement any more (a comment, code).
        is_copied = len(raw) >= _SHORTEST_COPY and raw in texts[1] and texts[0].count(raw) > 1
        repeated = change.old_sentence if is_copied else others.find_restatement(change)
        counts[change.location.section] += repeated is None
        claims[id(change)] = _claim(change, repeated)
    result: list[Change] = []
    seen: set[tuple[str | None, object]] = set()
    listed: Counter[tuple[str, ...]] = Counter()
    for change in changes:
        claim = claims.get(id(change), change)
        if claim is not change:
            if change.kind is Kind.STATISTIC_REMOVED:
                result.append(change)
            # One claim for a sentence with several number words
            if (claim.old_sentence, claim.location) in seen:
                continue
            seen.add((claim.old_sentence, claim.location))
        section = claim.location.section
        if claim.kind is Kind.CLAIM_REMOVED and counts[section] > 1 and not claim.fields:
            listed[section] += 1
            further = FURTHER if listed[section] > _MOST_REPORTED else None
            claim = replace(claim, fields=(FieldChange(name=PASSAGE, old=str(counts[section]), new=further),))
        result.append(claim)
    return tuple(result)


def _is_listed_work(change: Change) -> bool:
    """Return whether a line in a list of works or links, which does not describe the subject, was removed or reworded.

    Its numbers are volumes, pages and editions. Changed values and insults are reported in such lists, too.
    """
    if change.kind not in _LISTED_KINDS or any(field.name in _REPORTED_FIELDS for field in change.fields):
        return False
    return change.where is TextKind.LIST and in_link_section(change.location.section) and not change.is_pinned


def _is_removed_fact(change: Change, wikitext: str) -> bool:
    """Return whether a whole sentence was removed that stated a fact."""
    if change.new_sentence is not None or change.old_sentence is None:
        return False
    if change.kind is Kind.CLAIM_REMOVED:
        return not change.is_pinned
    if change.kind is Kind.STATISTIC_REMOVED:
        return True
    if change.kind is not Kind.PROSE_REMOVED or not isinstance(change.old, Sentence) or not change.old.is_content:
        return False
    if change.where in (TextKind.TABLE, TextKind.CAPTION) or in_link_section(change.location.section):
        return False
    text = change.old_sentence
    if change.where is TextKind.INFOBOX:
        if CODE_LABEL.search(change.label) or is_placeholder(change.old) or _ADDRESS.fullmatch(text or ""):
            return False
        # A single lower-case word is one of the template's options: "center", "group_or_band".
        is_option = text.replace("_", "").isalpha() and text.isascii() and text.islower()
        has_words = any(token.kind in (TokenKind.NAME, TokenKind.WORD) for token in tokens(text))
        # Templates other than infoboxes are layout, and state nothing about the subject.
        preceding = wikitext[max(change.location.start - 8_000, 0) : change.location.start]
        templates = _TEMPLATE.findall(preceding)
        return has_words and not is_option and bool(templates) and _INFOBOX.search(templates[-1]) is not None
    return states_fact(text, listed=change.where is TextKind.LIST, cited=bool(change.old_references))


class _NewSentences:
    """An index of the new and changed sentences by their content words."""

    def __init__(self, rows: Iterable[Aligned], notes: Iterable[Reference]) -> None:
        self.texts: list[str] = []
        self.words: list[frozenset[str]] = []
        self.index: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            new = " ".join(sentence.text for sentence in row.new)
            if new and new != " ".join(sentence.text for sentence in row.old):
                self._add(new)
        for note in notes:  # a quotation may have moved into its citation
            if len(note.text) + len(note.quote or "") >= _SHORTEST_NOTE:
                self._add(f"{note.text} {note.quote or ''}")

    def _add(self, text: str) -> None:
        words = meanings(text)
        self.texts.append(text)
        self.words.append(words)
        for word in words:
            self.index[word].append(len(self.texts) - 1)

    def find_restatement(self, change: Change) -> str | None:
        """Return the new sentence with at least 60 % of a removed sentence's content words, None if there is none."""
        own = meanings(change.old_sentence or "")
        votes: Counter[int] = Counter()
        for word in own:
            votes.update(self.index.get(word, ())[:40])  # a word in more sentences identifies none
        best = max(votes, key=lambda at: (votes[at], -at), default=None)
        if best is None or not own or len(own & self.words[best]) < 0.6 * len(own):
            return None
        return self.texts[best]


def _claim(change: Change, repeated: str | None) -> Change:
    old = change.old
    if not isinstance(old, Claim):
        text = change.old_sentence or ""
        if change.where is TextKind.INFOBOX and change.label:
            text = f"{change.label} = {text}"  # the value alone would be unintelligible
        old = Claim(text=text, references=change.old_references, where=change.where, location=change.location)
    fields = (FieldChange(name=RESTATED, old=old.text, new=repeated),) if repeated else ()
    return replace(change, kind=Kind.CLAIM_REMOVED, old=old, new=None, fields=fields)
