"""Reduce findings to facts, and decide whether two facts are about the same thing, even if it moved or was reworded."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Final, Generic, Protocol, TypeVar

from snapshots import SentFact
from snapshots.records import PATH_SEPARATOR
from watcher import model
from watcher.model.changes import HEADER, MAX_CELLS, Change
from watcher.model.conversion import base_unit_of
from watcher.model.elements import decimal_text
from watcher.text.tokens import Token, TokenKind, denials, tokens
from watcher.text.words import ROOT_LENGTH

_WORD: Final = re.compile(r"[^\W\d_]+")
_MAX_LENGTH: Final = 1_000  # characters of a value or sentence: enough to recognize it
_MIN_SIMILARITY: Final = 0.5  # share of common words; two neighbouring sentences of one article rarely reach 0.3
_MIN_MOVED: Final = 0.7  # the same for sentences in different sections, or of the shorter one's words if one was split
_NUMBER: Final = re.compile(r"(?<= )-?\d+(?:\.\d+)?(?= )")
_YEAR: Final = re.compile(r" -?\d{4}(?:-\d\d){0,2}\Z")  # at the end of a value
_NOTED_YEAR: Final = re.compile(r"(?<=[^\d.])" + _YEAR.pattern)  # not the second number of a range
_NUMBERS: Final = re.compile(r"(?<= )-?\d+(?:\.\d+)?(?![^ ])")
_WRITTEN_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_APPROXIMATE: Final = frozenset({"about", "estimated"})  # qualifiers
_IDENTIFYING_DIGITS: Final = 3  # of a number that one article rarely has of two things
_MIN_RESTORED: Final = 0.8  # share of a removed sentence's content words that a sentence must have to restore it
_FUNCTION_KINDS: Final = (TokenKind.FUNCTION, TokenKind.TENSE)
_CLAUSE_END: Final = re.compile("[,;:.!?]")
_QUOTED: Final = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”“»]")
_MIN_COMMON_WORDS: Final = 3  # words that two wordings of one statement share, or that tell one title from others


def sent_facts_of(finding: model.Finding) -> tuple[SentFact, ...]:
    """Reduce a finding to comparable facts: one for each cell of a table, since each may be undone on its own.

    Return () if no value changed, for example if something only moved.
    """
    changes = finding.change.cells[:MAX_CELLS] or (finding.change,)
    return tuple(fact for change in changes if (fact := _sent_fact(change)))


def facts_by_finding(
    changes: Iterable[tuple[model.Finding, SentFact | None]],
) -> Iterator[tuple[model.Finding, Sequence[SentFact]]]:
    """Yield each finding once with all facts that it states."""
    findings, facts = dict[int, model.Finding](), dict[int, list[SentFact]]()
    for finding, fact in changes:
        findings[id(finding)] = finding
        facts.setdefault(id(finding), []).extend([fact] if fact else [])
    return ((finding, facts[key]) for key, finding in findings.items())


def _sent_fact(change: Change) -> SentFact | None:
    old, new = _value(change.old), _value(change.new)
    if isinstance(change.old or change.new, model.Figure) and change.kind is not model.Kind.FIGURE_CHANGED:
        # An image counts as restored even with another caption.
        old, new = (each.file if isinstance(each, model.Figure) else None for each in (change.old, change.new))
    if change.kind in (model.Kind.REFERENCE_REMOVED, model.Kind.REFERENCE_ADDED, model.Kind.REFERENCE_BROKEN):
        # A work counts as restored even with more or fewer fields.
        titles = [_title(each) for each in (change.old, change.new)]
        old, new = titles if any(titles) else (old, new)
    if change.kind is model.Kind.REFERENCE_BROKEN:
        new = None  # a name without its definition cites nothing
    # Link targets, and the header over a cell, are facts of their own, apart from the text of the sentence or cell.
    head = next(((field.old, field.new) for field in change.fields if field.name == HEADER), None)
    other_values = change.links or head if old == new else None
    old, new = other_values or (old, new)
    if old == new:
        return None
    sentence = change.new_sentence or change.old_sentence or ""
    # A section's path is its value, and it could not be found again under its own heading. A restored source may be
    # defined in another section.
    section = () if isinstance(change.old or change.new, model.Section | model.Reference) else change.location.section
    units: list[str] = []
    for element in (change.old, change.new):
        if isinstance(element, model.Statistic):
            units.append(element.quantity.unit or "")
        elif isinstance(element, model.Reference):
            units += filter(None, (element.source or element.key, _title(element)))
    subject = change.kind.subject
    return SentFact(
        subject="claim" if subject == "prose" else subject,  # the same sentence may be read as a claim later
        old=old,
        new=new,
        sentence=" ".join(sentence.split())[:_MAX_LENGTH],
        label=change.label[:_MAX_LENGTH]
        if change.where in (model.TextKind.INFOBOX, model.TextKind.TABLE) and not other_values
        else "",
        section=PATH_SEPARATOR.join(section)[:_MAX_LENGTH],
        unit=("link" if change.links else HEADER) if other_values else "\n".join(dict.fromkeys(units))[:_MAX_LENGTH],
        before=" ".join((change.old_sentence or "").split())[:_MAX_LENGTH],
    )


def _title(element: model.Element | None) -> str | None:
    """Return the title of a citation in lower case; None if it is too short to identify a work, such as "Home"."""
    title = element.title if isinstance(element, model.Reference) else None
    if isinstance(element, model.Reference) and not title and (quoted := _QUOTED.search(element.text)):
        title = quoted[1]  # a citation without a template
    return title.casefold() if title and len(_words(title)) >= _MIN_COMMON_WORDS else None


def _value(element: model.Element | None) -> str | None:
    """Return a text that is equal for elements that say the same; None for no element."""
    match element:
        case None:
            return None
        case model.Statistic(quantity=quantity):
            numbers = (decimal_text(number) or "" for number in (quantity.value, quantity.low, quantity.high))
            qualities = (quantity.qualifier, quantity.unit, quantity.as_of)
            return " ".join(part for part in (quantity.measure.value, *numbers, *qualities) if part)
        case model.Claim(text=text) | model.Sentence(text=text):
            value = " ".join(text.casefold().split())
        case model.Section(path=path):
            value = PATH_SEPARATOR.join(path)
        case model.Figure(file=file, caption=caption, sha1=sha1):
            value = f"{file} {caption}{' ' if sha1 else ''}{sha1 or ''}"
        case model.Reference(source=source, key=key, title=title, url=url, date=date):
            value = " ".join(part or "" for part in (source or key, title, url, date))
        case model.Tag(name=name, sentence=sentence):
            value = f"{name} {sentence}"
    return value[:_MAX_LENGTH]


def similar_sentences(first: str, other: str, share: float = _MIN_SIMILARITY) -> bool:
    """Return whether two sentences have at least a `share` of their words in common; numbers do not count."""
    if first == other:
        return True
    words, others = _words(first), _words(other)
    common = len(words & others)
    return common > 0 and common >= share * (len(words) + len(others) - common)


@lru_cache(maxsize=8_192)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def is_same_thing(fact: SentFact, other: SentFact) -> bool:
    """Return whether two facts are about the same thing: one cell or field, else one unit in similar sentences.

    In different sections, one fact must remove what the other one adds, in nearly the same sentence.
    """
    if fact.subject == other.subject == "figure":
        return not {fact.old, fact.new}.isdisjoint({other.old, other.new} - {None})
    if not (fact.is_located and other.is_located):
        return fact.subject == other.subject and similar_sentences(fact.sentence, other.sentence)
    if (fact.subject, fact.label) != (other.subject, other.label):
        return False
    has_moved = fact.section != other.section
    if has_moved and (fact.label or (fact.old, fact.new) != (other.new, other.old) or None not in (fact.old, fact.new)):
        return False
    if fact.unit != other.unit and set(fact.unit.split("\n")).isdisjoint(other.unit.split("\n")):
        return False
    if fact.label or similar_sentences(fact.sentence, other.sentence, _MIN_MOVED if has_moved else _MIN_SIMILARITY):
        return True
    if restores(fact, other):
        return True
    # The old or new sentence of one fact is exactly that of the other.
    return fact.subject == "claim" and not {fact.old, fact.new}.isdisjoint({other.old, other.new} - {None})


def restores(fact: SentFact, other: SentFact) -> bool:
    """Return whether a fact restores what another one replaced and removes what that put in, whatever else changed.

    A number may lose its unit: "22,000 installed" restores "22,000 units installed". In the very sentence that the
    other fact is about, a single restored word is enough if no new name was added.
    """
    if fact.subject == "claim" and fact.old is other.new is None and fact.new and other.old:
        # A removed sentence is restored by one that has nearly all its content words, in any form.
        old_roots, new_roots = _roots(other.old), _roots(fact.new)
        restored = [root for root in old_roots if root in new_roots]
        # A long sentence may contain all words of a short one and say something else.
        is_short = len(old_roots) == _MIN_COMMON_WORDS and len(new_roots) <= len(old_roots) + 1
        return (is_short or len(old_roots) > _MIN_COMMON_WORDS) and len(restored) >= _MIN_RESTORED * len(old_roots)
    if fact.old is None or fact.new is None or other.old is None or other.new is None:
        return False
    is_value = fact.subject == "statistic"
    if fact.subject != "claim":  # values decide more than words, at a lower cost
        for value, target in ((fact.old, other.new), (fact.new, other.old)):
            is_same = value == target or _in_base_units(fact.unit, value) == _in_base_units(other.unit, target)
            pairs = ((fact.unit, value, target), (other.unit, target, value))
            if not is_same and not (
                is_value and any(short in _shortened_values(unit, long) for unit, long, short in pairs)
            ):
                return False
            if (
                not is_same
                and len({_YEAR.sub("", _without_unit(fact.unit, each)) for each in (fact.old, fact.new)}) == 1
            ):
                return False  # only the unit or year changed
    replaces = bool(fact.before) and similar_sentences(fact.before, other.sentence, _MIN_MOVED)
    words, known = _words(fact.sentence), _words(other.sentence)
    share = _MIN_SIMILARITY if is_value else _MIN_MOVED
    is_reported = replaces or (is_value and fact.label)
    if not is_reported and len(words & known) < max(_MIN_COMMON_WORDS, share * min(len(words), len(known))):
        return False
    if fact.subject != "claim":
        return True
    removed, added = _word_changes(fact.old, fact.new)
    other_removed, other_added = _word_changes(other.old, other.new)
    denied = _denied_word(other.old, other_removed)
    # "Not allowed" → "allowed" → "allowed, but not today"
    is_affirmed = denied is not None and _is_denied(denied, fact.new) is False
    if not (other_removed or other_added) or not other_added <= removed or is_affirmed:
        return False
    return other_removed <= added or (replaces and _is_partly_back(other_removed, added, other.old, fact.sentence))


def is_number_back(fact: SentFact, other: SentFact) -> bool:
    """Return whether a number replaces a reported one by that of before, or a removed one is stated again.

    A removed one may be in other words in its section, or anywhere if it has three digits. The sentences share two
    words, or one and the unit, or all numbers: 1,300 trees by the dam do not bring back 1,300 workers.
    """
    if not is_value_back(fact, other):
        return False
    if fact.old is not None and other.new is not None:
        return (fact.label, fact.section) == (other.label, other.section) and _numbers(fact.old) == _numbers(other.new)
    if fact.old is not None or other.new is not None:
        return False
    is_identifying = sum(map(len, _numbers(other.old or ""))) >= _IDENTIFYING_DIGITS
    roots = {root for root in _roots(fact.sentence) if root.isalpha()} & {*_roots(other.sentence)}
    numbers = _digits(other.sentence)
    has_all_numbers = numbers.total() > 1 and not numbers - _digits(fact.sentence)
    agrees = has_all_numbers or len(roots) > 1 or (bool(roots) and bool(fact.unit) and fact.unit == other.unit)
    return agrees and (is_identifying or fact.section == other.section)


def is_rewritten(fact: SentFact, other: SentFact, *, exchanges: bool) -> bool:
    """Return whether the very sentence of another fact is in other words now, with all its numbers of before.

    No word is left that the other fact put in. If it only exchanged words, none of these is left, or all words are back
    if `exchanges` is true. If it removed a negation, one stands before the negated word again, or another word replaced
    that one.
    """
    if not (fact.subject == "claim" and fact.old and fact.new and other.old and fact.old == other.new):
        return False
    if _digits(other.old) - _digits(fact.new):
        return False
    removed, replacing = _word_changes(fact.old, fact.new)
    lost, added = _word_changes(other.old, other.new)
    if added:
        return added <= removed
    if denied := _denied_word(other.old, lost):
        is_replaced = denied.key in removed and bool(replacing)
        return is_replaced if (again := _is_denied(denied, fact.new)) is None else again
    rows = [[each for each in tokens(text) if each.kind.is_content] for text in (other.old, fact.old)]
    exchanged = {before.key for before, after in zip(*rows, strict=False) if before.key != after.key}
    is_gone = len(rows[0]) == len(rows[1]) and exchanged <= removed.keys() and bool(exchanged)
    return is_gone or (exchanges and sorted(_roots(other.old)) == sorted(_roots(fact.new)))


def _denied_word(text: str, lost: Counter[str]) -> Token | None:
    """Return the word that the first lost negation of a text denies; None if no negation was lost.

    In "not officially confirmed" it is the verb, not the adverb.
    """
    row = tokens(text)
    denial = next((each for each in row if each.kind is TokenKind.NEGATION and each.key in lost), None)
    behind = (each for each in row if denial and each.start >= denial.end and each.kind.is_content)
    return next((each for each in behind if not each.text.endswith("ly")), None)


def _is_denied(word: Token, text: str) -> bool | None:
    """Return whether negations in its clause stand before a word, in any of its forms; None if a text lacks it."""
    row, root = tokens(text), word.key[:ROOT_LENGTH]
    named = next((each for each in row if each.kind.is_content and each.key[:ROOT_LENGTH] == root), None)
    if named is None:
        return None
    clause = _CLAUSE_END.split(text[: named.start])[-1]
    return denials([each for each in tokens(clause) if each.kind is TokenKind.NEGATION]) % 2 == 1


def is_value_back(fact: SentFact, other: SentFact) -> bool:
    """Return whether a statistic has the value again that another fact replaced, perhaps as a fraction.

    It may be rounded if it has a word such as "about".
    """
    if not fact.subject == other.subject == "statistic":
        return False
    pairs = ((fact, fact.new or ""), (other, other.old or ""))
    values = [_in_base_units(each.unit, value) for each, value in pairs]
    years = {year[0] for value in values if (year := _NOTED_YEAR.search(value))}
    if len({_kind(each.unit, value) for each, value in pairs}) > 1 or len(years) > 1:
        return False
    now, before = map(_numbers, values)
    is_rounded = not _APPROXIMATE.isdisjoint(values[0].split()) and len(now) == len(before)
    return bool(now) and (now == before or (is_rounded and all(map(_is_rounded, now, before))))


def _kind(units: str, value: str) -> str:
    """Return what a value measures with its bound ("more than"), and its unit unless that is a counted noun."""
    measure = model.Measure.PERCENT if value.startswith(model.Measure.RATIO) else value.partition(" ")[0]
    base = _in_base_units(units, value)
    if measure not in (model.Measure.CURRENCY, model.Measure.MEASUREMENT):
        base = _without_unit(units, base)
    words = _NUMBERS.sub("", base).split()[1:]
    return " ".join([measure, *(word for word in words if word not in _APPROXIMATE)])


def _is_rounded(short: str, long: str) -> bool:
    """Return whether a number is another one, or that one rounded to the digits that it shows, at least two."""
    digits = len(short.replace(".", "").strip("0"))
    return short == long or (digits > 1 and Decimal(short) == Decimal(f"{Decimal(long):.{digits}g}"))


@lru_cache(maxsize=8_192)
def _numbers(value: str) -> tuple[str, ...]:
    """Return the numbers of a value as digits, without its year; those of a share as a percentage."""
    numbers = [Decimal(each) for each in _NUMBERS.findall(_NOTED_YEAR.sub("", value)) or _NUMBERS.findall(value)]
    factor = 100 if value.startswith(model.Measure.RATIO) else 1
    return tuple(decimal_text(number * factor) or "" for number in numbers)


def _digits(text: str) -> Counter[str]:
    """Return the counts of the numbers of a text, without their separators."""
    return Counter(re.sub("[.,]", "", number) for number in _WRITTEN_NUMBER.findall(text))


def _is_partly_back(lost: Counter[str], added: Counter[str], before: str, sentence: str) -> bool:
    """Return whether a word that a sentence lost is back in some form and no name was added that it did not have."""
    row = tokens(before)
    known = {token.key.casefold() for token in row}
    if any(token.kind is TokenKind.NAME and token.key.casefold() not in known for token in tokens(sentence)):
        return False
    added_roots = {key[:ROOT_LENGTH] for key in added}
    return any(token.kind.is_content and token.key in lost and token.key[:ROOT_LENGTH] in added_roots for token in row)


@lru_cache(maxsize=8_192)
def _roots(text: str) -> tuple[str, ...]:
    """Return the first letters of each content word, which all its forms share, in the order of the text."""
    return tuple(token.key[:ROOT_LENGTH] for token in tokens(text) if token.kind.is_content)


@lru_cache(maxsize=8_192)
def _shortened_values(units: str, value: str) -> frozenset[str]:
    """Return a value without its unit and a value without its year: another text may omit either."""
    return frozenset({_without_unit(units, value), _YEAR.sub("", value)})


@lru_cache(maxsize=8_192)
def _in_base_units(units: str, value: str) -> str:
    """Return a value in the base unit of its dimension: 13.4 km² and 1,340 ha are the same area, 13,400,000."""
    unit = _unit_in(units, value)
    if not unit or not (base := base_unit_of(unit)):
        return value
    numbers = _NUMBER.sub(lambda number: decimal_text(Decimal(number[0]) * base[1]) or "", _YEAR.sub("", value))
    return numbers.replace(f" {unit}", f" {base[0]}", 1)


@lru_cache(maxsize=8_192)
def _without_unit(units: str, value: str) -> str:
    unit = _unit_in(units, value)
    return value.replace(f" {unit}", "", 1) if unit else value


def _unit_in(units: str, value: str) -> str | None:
    return next((unit for unit in units.split("\n") if unit and f" {unit}" in value), None)


@lru_cache(maxsize=8_192)
def _word_changes(old: str, new: str) -> tuple[Counter[str], Counter[str]]:
    """Return the keys of the words that a sentence lost, and of those that it gained; the key of "cannot" is "not".

    Function words and forms of "be" are ignored, unless nothing else changed.
    """
    rows = [tokens(text) for text in (old, new)]
    for left_out in (_FUNCTION_KINDS, ()):
        before, after = (Counter(token.key for token in row if token.kind not in left_out) for row in rows)
        if before != after:
            break
    return before - after, after - before


class HoldsFact(Protocol):
    """Something that states a fact: a sent alert or an open finding."""

    @property
    def fact(self) -> SentFact:
        """What it states."""


Holder = TypeVar("Holder", bound=HoldsFact)


class FactIndex(Generic[Holder]):
    """Holders of facts, in their order, by what their facts may be about: a page may have thousands of them."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        self._holders = tuple(holders)
        self._by_key = defaultdict[tuple[str | None, ...], list[int]](list)
        for number, holder in enumerate(self._holders):
            fact = holder.fact
            keys: list[tuple[str | None, ...]] = [(fact.subject,)]
            if fact.is_located:
                keys += [(fact.subject, fact.label, fact.section), (fact.subject, "", "", fact.old, fact.new)]
            else:
                keys.append((fact.subject, ""))
            for key in keys:
                self._by_key[key].append(number)

    def candidates(self, fact: SentFact) -> Sequence[Holder]:
        """Return the holders whose facts may be about the same thing as a fact; no other one is."""
        subject = fact.subject
        if subject == "figure" or not fact.is_located:
            return [self._holders[number] for number in self._by_key[subject,]]
        # In another section, a fact must remove what the other one adds: see is_same_thing.
        keys = ((subject, ""), (subject, fact.label, fact.section), (subject, "", "", fact.new, fact.old))
        return [self._holders[number] for number in sorted({number for key in keys for number in self._by_key[key]})]


def is_among(fact: SentFact, others: Iterable[SentFact]) -> bool:
    """Return whether one of the other facts is about the same thing."""
    return any(is_same_thing(fact, other) for other in others)


def has_value(fact: SentFact, others: Iterable[SentFact]) -> bool:
    """Return whether one of the other facts gives the same thing the same value."""
    return any(fact.new == other.new and is_same_thing(fact, other) for other in others)


def renamed_sections(comparison: model.Comparison) -> Iterator[tuple[str, str]]:
    """Yield the old and the new path of each renamed section."""
    for finding in comparison.findings:
        match finding.change.old, finding.change.new:
            case model.Section(path=old), model.Section(path=new) if finding.change.kind is model.Kind.SECTION_RENAMED:
                yield PATH_SEPARATOR.join(old), PATH_SEPARATOR.join(new)


def under_new_headings(fact: SentFact, renamed: Iterable[tuple[str, str]]) -> SentFact:
    """Return a fact with the current path of its section; `renamed` are pairs of old and new paths."""
    for old, new in renamed:
        if fact.section == old or fact.section.startswith(f"{old}{PATH_SEPARATOR}"):
            return replace(fact, section=new + fact.section[len(old) :])
    return fact
