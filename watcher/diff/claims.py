"""Compare two sentences: one field for each place where their words differ, and how much of the sentence is left.

This module judges nothing. A field says which words were replaced, added or removed, and of which kind they are; how
much that matters is fitted on labelled edits (`watcher/judge/worth.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase

from watcher.diff.assertions import (
    AGENT,
    AND,
    CAUSE,
    QUALIFICATION,
    STANCE,
    amount_change,
    assertion_changes,
    definition_in,
    governs,
    limits_in,
    reverses_object,
    universal_change,
)
from watcher.diff.names import NO_NAMES, Names, links_of
from watcher.diff.roles import exchanged, merge_moved_numbers
from watcher.diff.sentence_pair import CLAUSE_END, NAMING, SentencePair
from watcher.model import Cue, CueMatch, FieldChange, Measure, Quantity, Rewording, Sentence
from watcher.text.calendars import are_two_dates
from watcher.text.statement import POINTER, has_insult
from watcher.text.token_diff import TokenChange, respelt, token_changes, word_count
from watcher.text.tokens import (
    Reading,
    Token,
    TokenKind,
    are_opposed,
    denials,
    is_german,
    month_key,
    same_but_for,
    tokens,
)
from watcher.text.words import ROOT_LENGTH, are_extremes, forms, ordinal, qualifier_groups

_KANA = "\u3040"  # the first letter of the scripts without blanks between words
_MAX_SLOT_WORDS = 4  # content words on either side; with more, a clause was rewritten, not a word replaced
_FEWEST_WORDS, _MIN_NEW_WORDS = 7, 2  # content words before, and new ones, of a sentence that counts as replaced
_LONGEST_NUMBER = 40  # characters; a longer number is a code
_NUMERALS = {TokenKind.RANK: "rank", TokenKind.DATE: "date", TokenKind.NUMBER: "number"}
# "Rose by 12 %" gives the difference, "to 12 %" the result, "from 12 %" the former value.
_STEPS = frozenset("by to from um auf von".split())
_COUNTED = (TokenKind.FIGURE, TokenKind.NUMBER)
_WHETHER = frozenset("whether ob".split())
_ACCORDING = frozenset("according laut selon según secondo volgens segundo enligt ifølge według podle согласно".split())
_LONGEST_MEMBER = 2  # words; a longer part is usually a clause
_CLAUSE = re.compile("[.;]")
_OBJECT = re.compile(r"\s+(?:the|an?|its|his|her|their|this|these|those)\b", re.IGNORECASE)
_CODE = re.compile(r"[<>{}|]|\]\[|\w_\w|%[0-9A-Fa-f]{2}|://")  # remains of markup
_POSSESSIVE = re.compile(r"['’]s\b|s['’]\Z")


def compare_claims(
    old: Sentence,
    new: Sentence,
    old_marks: Sequence[CueMatch],
    new_marks: Sequence[CueMatch],
    *,
    old_quantities: Sequence[Quantity] = (),
    new_quantities: Sequence[Quantity] = (),
    names: Names = NO_NAMES,
) -> tuple[tuple[FieldChange, ...], Rewording | None]:
    """Return the differences between two sentences, apart from the figures in the given quantities, and a Rewording.

    Each field is named for what changed; its `old` or `new` is None if words were added or removed. A change of only
    spelling or punctuation yields no field. The Rewording counts content words (tokens); it is None for equal words.
    Dates and ranks among the quantities classify their words; `names` knows which names mean the same thing.
    """
    if POINTER.match(old.text) and POINTER.match(new.text):
        return (), None
    figures = tuple([item for item in side if not item.measure.is_context] for side in (old_quantities, new_quantities))
    # The spans of the figures and their units, which are compared as statistics
    before, after = ([(item.start, item.unit_end or item.end) for item in side] for side in figures)
    if old.text == new.text or (before and same_but_for(old.text, new.text, before, after)):
        return (), None
    rows = tokens(old.text, before, _readings(old_quantities)), tokens(new.text, after, _readings(new_quantities))
    if exchanged((old.text, new.text), *rows):
        return (FieldChange(name="roles", old=old.text, new=new.text),), _rewording(rows, ())
    asserted = tuple(assertion_changes((old.text, new.text), (old_marks, new_marks)))
    slots = token_changes(old.text, new.text, *rows)
    if not slots:
        return asserted, _rewording(rows, ()) if asserted else None
    pair = SentencePair(
        texts=(old.text, new.text),
        marks=(old_marks, new_marks),
        tokens=rows,
        names=names,
        defined=(definition_in(old), definition_in(new)),
        is_cell=old.where.is_cell,
        links=(links_of(old, names.texts[0]), links_of(new, names.texts[1])),
        splits=any(slot.splits for slot in slots),
    )
    rewording = _rewording(rows, slots)
    shout = _insults(pair, slots)
    if shout and shout.new is None:
        return (shout,), rewording  # replacing an insult only restores the sentence
    # Nouns and years that only one side's figures have are reported as statistics, except for a removed year.
    both = all(any(item.as_of for item in side) for side in figures)
    own, other = (
        {text for item in side for text in (item.unit, item.period, item.as_of if both else None) if text}
        for side in figures
    )
    reported = frozenset(token.key for text in own ^ other for token in tokens(text.replace("-", " ")))
    if own - other and other - own:  # "employs 300 people" → "has 300 employees"
        reported |= {key[:ROOT_LENGTH] for key in reported}
    if statement := _statement(pair, slots, rewording):
        fields: dict[FieldChange, None] = {statement: None}
    else:
        fields = dict.fromkeys(merge_moved_numbers([_field_of(pair, slot, reported) for slot in slots]))
        fields = {field: None for field in fields if not any(field.is_part_of(other) for other in asserted)}
        if len(slots) == 1 and len(fields) == 1 and _is_member(pair, slots[0]):
            fields = {replace(field, name="member"): None for field in fields if field.new is None}
    return (*fields, *asserted, *((shout,) if shout else ())), rewording


def _readings(quantities: Sequence[Quantity]) -> list[Reading]:
    """Return readings for the words of dates and ranks: the month, "2nd". Days in digits and years need none."""
    result: list[Reading] = []
    for item in quantities:
        if item.measure is Measure.RANK and item.value is not None and item.value == int(item.value):
            result.append((item.start, item.end, ordinal(int(item.value)), TokenKind.RANK))
        elif item.measure is Measure.DATE and item.as_of and not item.as_of.startswith("---"):  # a day of any month
            month = month_key(int(item.as_of.removeprefix("-").split("-")[1]))
            result.append((item.start, item.end, month, TokenKind.DATE))
    return result


def _is_member(pair: SentencePair, slot: TokenChange) -> bool:
    """Return whether only one member of an enumeration was removed from a sentence: "Ardal and Torvik"."""
    if slot.new or not 0 < len(slot.content[0]) <= _LONGEST_MEMBER or slot.splits:
        return False
    if any(token.kind is TokenKind.TENSE for token in slot.old):
        return False
    before, after = (text[slice(*span)] for text, span in zip(pair.texts, slot.spans, strict=True))
    if CLAUSE_END.search(before.strip()):
        return False
    if len(AND.findall(before)) > len(AND.findall(after)):
        return True
    start, end = slot.old_span
    return len(re.findall("[,、]", before)) > len(re.findall("[,、]", after)) and bool(
        AND.search(pair.texts[0][start : end + 40])
    )


def _rewording(rows: tuple[tuple[Token, ...], tuple[Token, ...]], slots: Sequence[TokenChange]) -> Rewording:
    before = [token for token in rows[0] if token.kind.is_content]
    return Rewording(
        before=len(before),
        removed=sum(len(slot.content[0]) for slot in slots),
        added=sum(len(slot.content[1]) for slot in slots),
        length=word_count(before),
        splits=any(slot.splits for slot in slots),
    )


def _statement(pair: SentencePair, slots: Sequence[TokenChange], rewording: Rewording) -> FieldChange | None:
    """Return a field with the whole sentence if most of its content words were replaced, else None."""
    keeps_most = rewording.added < _MIN_NEW_WORDS or rewording.removed < 0.55 * rewording.before
    if rewording.before < _FEWEST_WORDS or keeps_most:
        return None
    added = [word for slot in slots for word in slot.content[1]]
    removed = [word for slot in slots for word in slot.content[0] if not any(respelt(word, other) for other in added)]
    if len(removed) < 0.55 * rewording.before:
        return None
    return FieldChange(name="statement", old=pair.texts[0], new=pair.texts[1])


def _field_of(pair: SentencePair, slot: TokenChange, reported: frozenset[str]) -> FieldChange | None:
    """Return the change in one slot, named for the first kind of words that applies; None if nothing is to report."""
    if len({text[slice(*span)].casefold() for text, span in zip(pair.texts, slot.spans, strict=True)}) == 1:
        return None  # "Michi no taigen" → "Michi no Taigen": only the capital changed
    if slot.counts:  # a statistic on one side only
        return pair.field("number", slot.old, slot.new)
    # A number that was parsed as a statistic on only one side is still the same number.
    written = [{_written(token) for token in row} for row in slot.content]
    old, new = (
        [t for t in row if _written(t) not in written[1 - side] and not _counts_nothing(pair.texts[side], t)]
        for side, row in enumerate(slot.content)
    )
    if not old and not new and any(slot.content):
        return None
    small = max(len(old), len(new)) <= _MAX_SLOT_WORDS and not slot.splits and not slot.is_long
    keys = {token.key for token in (*old, *new)}
    # Not reported: words of the statistics, another name of the subject, remains of markup.
    are_of_statistics = all(key in reported or key[:ROOT_LENGTH] in reported for key in keys)
    is_reported = keys and (are_of_statistics or (old and new and keys <= pair.names.subject))
    is_markup = any(_CODE.search(text, *span) for text, span in zip(pair.texts, slot.spans, strict=True))
    opposites = _opposites(pair, slot) if small else None
    # "Not legal" → "illegal" means the same; "must not" → "may" and "always" → "not … ever" do not.
    is_same = opposites and all(token.kind.is_content for token in opposites) and _negates(slot, besides=opposites)
    is_same = is_same and not are_extremes(*(token.text.casefold() for token in opposites or ()))
    # "… en 1976 y abarca" → "… en 1976. Abarca": the sentence was split here.
    ends = {bool(_CLAUSE.search(text, *span)) for text, span in zip(pair.texts, slot.spans, strict=True)}
    is_joint = len(ends) > 1 and all(AND.fullmatch(token.text) for token in (*old, *new))
    if is_reported or is_markup or is_same or is_joint:
        return None
    if field := (_of_closed_class(pair, slot, opposites) if small else None) or amount_change(pair, slot):
        return field
    if not old and not new:
        return _title(pair, slot) or _tense(pair, slot)
    if not old or not new:
        return _one_sided(pair, slot, old, new, small=small)
    small = small or (_defines(pair, old, new) and max(map(word_count, (old, new))) <= _MAX_SLOT_WORDS)
    return _replaced(pair, old, new) if small else pair.field("wording", old, new)


def _one_sided(
    pair: SentencePair, slot: TokenChange, old: Sequence[Token], new: Sequence[Token], *, small: bool
) -> FieldChange | None:
    """Return the change of a slot whose words were only added or only removed; None for figures (see statistics)."""
    row, side = old or new, 0 if slot.content[0] else 1
    if all(token.kind is TokenKind.FIGURE for token in row):
        return None
    if owner := _owner(pair, slot):
        return owner
    start, end = slot.spans[side]
    # "Critics hold that" is an attribution with any verb; "it should be noted that" names nobody.
    first, last = pair.tokens[side][0].text.casefold(), (slot.old, slot.new)[side][-1].text.casefold()
    named = any(mark.cue is Cue.ATTRIBUTION and mark.end <= end for mark in pair.marks[side])
    named = named or (last != "que" and first not in ("it", "note", "es"))
    # "Critics say the plan is unfair" → "The plan is unfair": the attribution was removed.
    holds = row[-1].text.casefold() in STANCE and row[0] is not row[-1]
    if start == 0 and ((last in ("that", "dass", "que") and named) or holds or first in _ACCORDING):
        return pair.field(Cue.ATTRIBUTION.value, old, new)
    if reverses_object(pair, slot):
        return pair.field("antonym", old, new)
    name = "deletion" if old else "insertion"
    # "It is disputed whether the drug helps" → "The drug helps"
    if (last in _WHETHER and not (slot.new if old else slot.old)) or (new and governs(pair, new[-1])):
        return pair.field(QUALIFICATION, old, new)
    if limits_in(pair.texts[side], start, row[0].end) - {"only"}:
        return pair.field(QUALIFICATION, old, new)  # "all mills except the last, which …" → "all mills"
    if old and CAUSE.search(pair.texts[0], max(0, old[0].start - 40), old[0].start):
        name = "cause"  # the cause was removed
    elif (
        new
        and pair.defined[1][0] <= new[0].start
        and new[-1].end <= pair.defined[1][1]
        and all(token.kind is TokenKind.WORD and token.text.islower() for token in new)
    ):
        name = "definition"
    elif all(token.kind is TokenKind.RANK for token in row) and (row[0].key != ordinal(1) or pair.cues(side, slot)):
        name = "rank"  # "the largest" → "the second-largest"; "when first found" ranks nothing
    elif small and all(token.kind is TokenKind.NAME for token in row):
        lists = (mark for mark in pair.marks[side] if mark.cue is Cue.ENTITY)
        if any(mark.start <= end and start <= mark.end for mark in lists):
            name = "entity"
    return pair.field(name, old, new)


def _owner(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a field if a name became a possessive or the reverse: "the king" → "the king's son"; else None."""
    side = 1 if slot.content[1] else 0
    first_added = slot.content[side][0]
    owner = next((token for token in reversed(pair.tokens[side]) if token.end <= first_added.start), None)
    if owner is None or not _owns(pair.texts[side], owner):
        return None
    start, end = slot.spans[1 - side]
    other = next(
        (
            token
            for token in pair.tokens[1 - side]
            if token.key == owner.key and start <= token.end <= end and not _owns(pair.texts[1 - side], token)
        ),
        None,
    )
    if other is None:
        return None
    both = ((other,), (owner, *slot.content[side]))
    return pair.field("owner", *(both if side else both[::-1]))


def _owns(text: str, token: Token) -> bool:
    return _POSSESSIVE.search(text, token.start, token.end + 1) is not None


def _replaced(pair: SentencePair, old: Sequence[Token], new: Sequence[Token]) -> FieldChange | None:
    """Return the change of a slot whose words were replaced, by kind: number, date, name, attribution, others."""
    numerals = [[token for token in row if token.kind in _NUMERALS] for row in (old, new)]
    if all(numerals):
        kinds = {token.kind for row in numerals for token in row}
        return pair.field(next(name for kind, name in _NUMERALS.items() if kind in kinds), *numerals)
    if are_two_dates(*(" ".join(token.text.casefold() for token in row) for row in (old, new))):
        return pair.field("date", old, new)
    named = [[token for token in row if token.kind is TokenKind.NAME] for row in (old, new)]
    if not pair.is_cell and _begin_with_names(pair, old, new):
        named = [list(old), list(new)]
    if _attributes(pair, old, new):
        return pair.field(Cue.ATTRIBUTION.value, old, new)
    if pair.have_different_targets(old, new) is False:
        return None  # [[Summer Olympics|Games]] → [[Summer Olympics|Summer Games]]
    if all(named):
        field = pair.field("entity", *named)
        return None if pair.names.is_same_article(field.old, field.new) else field  # both are links to one article
    if pair.have_different_targets(old, new):
        return pair.field("entity", old, new)
    before = [text[max(0, row[0].start - 40) : row[0].start] for text, row in zip(pair.texts, (old, new), strict=True)]
    if all(CAUSE.search(text) or AGENT.search(text) for text in before):
        return pair.field("cause", old, new)
    if all(map(pair.is_scope, (0, 1), (old, new))):
        name = Cue.SUPERLATIVE.value
    else:
        name = "definition" if _defines(pair, old, new) else "predicate"
    return pair.field(name, old, new)


def _defines(pair: SentencePair, *rows: Sequence[Token]) -> bool:
    """Return whether the words of both sides are within the definition of the subject."""
    sides = zip(pair.defined, rows, strict=True)
    return all(span[0] <= row[0].start and row[-1].end <= span[1] for span, row in sides)


def _begin_with_names(pair: SentencePair, old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether a replaced first word is a name, which its capital at the start of a sentence does not show."""
    first = [row[0] for row in pair.tokens]
    return (
        [*old, *new] == first
        and all(token.text[0].isupper() and token.kind is TokenKind.WORD for token in first)
        and not is_german(pair.texts[0])
        and any(pair.names.is_name(token.text) for token in first)
    )


def _attributes(pair: SentencePair, *rows: Sequence[Token]) -> bool:
    """Return whether the words of both sides name the source: "according to the ministry", "cited by critics"."""
    return all(
        any(
            mark.normalized.startswith(NAMING)
            and mark.start < row[0].start
            and not any(token.kind.is_content and mark.end <= token.start < row[0].start for token in tokens)
            for mark in marks
        )
        for marks, tokens, row in zip(pair.marks, pair.tokens, rows, strict=True)
    )


def _opposites(pair: SentencePair, slot: TokenChange) -> tuple[Token, Token] | None:
    """Return the first two words of a slot that exclude each other, None if there are none.

    A single character of a script without blanks counts only if it is alone: 大谷 and 小林 are two names. "To"
    excludes "from" only before the same word: "from the town" → "had to leave the town".
    """

    def governed(side: int, token: Token) -> str | None:
        behind = (each for each in pair.tokens[side] if each.start >= token.end)
        return next((each.key for each in behind if each.kind.is_content or each.kind is TokenKind.FIGURE), None)

    is_lone = min(len(slot.old), len(slot.new)) == 1
    pairs = ((old, new) for old in slot.old for new in slot.new if is_lone or len(old.text) > 1 or old.text < _KANA)
    return next(
        (
            (old, new)
            for old, new in pairs
            if not (old.kind in _NUMERALS and new.kind in _NUMERALS)
            and are_opposed(old, new)
            and ("to" not in (old.key, new.key) or governed(0, old) == governed(1, new))
        ),
        None,
    )


def _negates(slot: TokenChange, *, besides: Sequence[Token] = ()) -> bool:
    """Return whether one side of a slot denies what the other affirms, ignoring the words in `besides`."""
    old, new = ([token for token in row if token not in besides] for row in slot.of(TokenKind.NEGATION))
    return denials(old) % 2 != denials(new) % 2


def _of_closed_class(
    pair: SentencePair, slot: TokenChange, opposites: tuple[Token, Token] | None
) -> FieldChange | None:
    """Return an added, removed or changed negation, opposite, qualification, rank or attribution in a small slot."""
    if opposites:
        return FieldChange(name="antonym", old=opposites[0].text, new=opposites[1].text)
    if step := _steps(pair, slot) or universal_change(pair, slot):
        return step
    # At most one other word may change with it: "does not require" → "demands".
    is_rephrased = max(len([t for t in row if t.kind is not TokenKind.NEGATION]) for row in slot.content) > 1
    if _negates(slot):
        return None if is_rephrased else pair.field("negation", slot.old, slot.new)
    if is_rephrased and pair.splits:  # a part of the other statement
        return None
    limits = [
        # A noun that both sides have is the subject of the active and follows "by" in the passive.
        {limit for limit in limits_in(text, *span) if not (limit.startswith("by ") and limit[3:] in other.casefold())}
        for text, span, other in zip(pair.texts, slot.spans, pair.texts[::-1], strict=True)
    ]
    if any(token.start == slot.old_span[1] and token.kind is TokenKind.FIGURE for token in pair.tokens[0]):
        limits = [side - {"circa"} for side in limits]  # "around 2000 ships" is a change of the statistic
    if limits[0] != limits[1] and len({frozenset(limits_in(text, 0, len(text))) for text in pair.texts}) > 1:
        return pair.field(QUALIFICATION, slot.old, slot.new)
    # "Recognised the need" is no qualification: with an object it is the verb of its sentence.
    bounding = [
        [
            (token, qualifier_groups(token.text) | qualifier_groups(token.key))
            for token in row
            if not _OBJECT.match(text, token.end)
        ]
        for text, row in zip(pair.texts, (slot.old, slot.new), strict=True)
    ]
    groups = [{group for _, own in row for group in own} for row in bounding]
    if groups[0] != groups[1]:
        chosen = [[token for token, own in row if own & (groups[0] ^ groups[1])] for row in bounding]
        return pair.field(QUALIFICATION, *chosen)
    marks = [pair.cues(side, slot) for side in (0, 1)]
    hedges = [{mark.normalized for mark in side if mark.cue is Cue.HEDGE} for side in marks]
    are_hedges = all(hedges) and hedges[0] != hedges[1]  # one replaced another
    removed, added = ([mark for mark in side if are_hedges or not pair.keeps(mark)] for side in marks)
    if not removed and not added:
        return None
    before, after = ("; ".join(dict.fromkeys(mark.text for mark in side)) or None for side in (removed, added))
    name = (removed or added)[0].cue.value
    words = (pair.words(at, row) for at, row in enumerate(slot.content))
    if name == Cue.SUPERLATIVE:  # "the first" → "the second"
        before, after = (side or written for side, written in zip((before, after), words, strict=True))
    elif name == Cue.ATTRIBUTION:  # without a comma, its mark reaches to the end of the clause
        before, after = words
    return FieldChange(name=name, old=before, new=after)


def _steps(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a field if the preposition before a figure changed its meaning ("by 12 %" → "to 12 %"), else None."""
    words = []
    for row, tokens_of, span in zip((slot.old, slot.new), pair.tokens, slot.spans, strict=True):
        after = next((token for token in tokens_of if token.start >= span[1]), None)
        if after is None or after.kind is not TokenKind.FIGURE:
            return None
        words.append([token for token in row if token.text.casefold() in _STEPS])
    if not all(words):
        return None
    return pair.field(QUALIFICATION, words[0][-1:], words[1][-1:])


def _written(token: Token) -> str:
    """Return the word of a token in lower case, and a number in digits: "three" is 3."""
    is_plain = token.kind in _COUNTED and (token.text.isalpha() or token.text.isdecimal())
    return tokens(token.text)[0].key if is_plain else token.text.casefold()


def _counts_nothing(text: str, token: Token) -> bool:
    """Return whether a number counts nothing: a code, or a footnote mark that was typed as text ("[3]")."""
    marked = text[token.start - 1 : token.start] == "[" and text[token.end : token.end + 1] == "]"
    return token.kind in _NUMERALS and (len(token.text) > _LONGEST_NUMBER or (marked and token.text.isdecimal()))


def _title(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a title or letter that replaced another: "General Holm" → "Bishop Holm", "group A" → "group B"."""
    rows = slot.of(TokenKind.SOFT)
    old, new = ([each for each in row if each.key in forms().titles or each.text in ascii_uppercase] for row in rows)
    return pair.field("entity", old, new) if old and new and not any(map(respelt, old, new)) else None


def _tense(pair: SentencePair, slot: TokenChange) -> FieldChange | None:
    """Return a change of tense, named "status" in the definition of the subject ("is a member" → "was a member")."""
    old, new = slot.of(TokenKind.TENSE)
    tenses = forms().tense
    if not old or not new or {tenses.get(token.key) for token in old} == {tenses.get(token.key) for token in new}:
        return None
    # In reported speech the tense depends on the verb before: "ruled that it is" equals "ruled that it was".
    is_reported_speech = any(
        token.text.casefold() in ("that", "whether") for token in pair.tokens[0] if token.end <= old[0].start
    )
    defines = all(span[0] >= row[-1].end for span, row in zip(pair.defined, (old, new), strict=True))
    return pair.field("status" if defines and not is_reported_speech else "tense", old, new)


def _insults(pair: SentencePair, slots: Sequence[TokenChange]) -> FieldChange | None:
    """Return the insults, and everyday words in capitals, that were added to or removed from a sentence."""
    if any(text.isupper() for text in pair.texts):
        return None
    rude = [
        [token for slot in slots for token in (slot.old, slot.new)[side] if has_insult(token.text)] for side in (0, 1)
    ]
    return pair.field("shouting", *rude) if bool(rude[0]) != bool(rude[1]) else None
