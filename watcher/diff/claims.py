"""Compare the claims of two aligned sentences: which cue changed, with the words before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from watcher.diff.claim_rules import replacement
from watcher.diff.lexicon import contradiction, forms, is_typo
from watcher.diff.names import NO_NAMES, Names
from watcher.diff.restrictions import attitude_change, restriction_change, share_change
from watcher.diff.sentence_pair import SentencePair, replaced
from watcher.diff.statements import (
    dating_change,
    definition_change,
    deletion,
    insertion,
    qualification_change,
    school_change,
    shouting,
    statement_change,
    viewpoint_change,
)
from watcher.diff.token_diff import token_changes
from watcher.diff.tokens import Token, TokenKind, same_but_for, tokens
from watcher.model import Cue, CueMatch, FieldChange, Quantity, Sentence

_BOTH = 2
_NEAR = 3  # characters between a dropped reservation and one that says as much
_ARTICLE = re.compile(r"\s+(?:also |still |now )?(?:an?|the|one of)\b")
_REPORTED = re.compile(r"\b(?:that|whether)\b[^.,;]*$", re.IGNORECASE)
_TOGETHER = frozenset("and or with as the a und oder mit sowie der die das et ou y e o".split())
# "Only when" and "in the first place" rank nothing, "it should be noted" reserves nothing.
_RANKS_NOTHING = re.compile(
    r"only (?:after|when|if|by|through|because|as|since|with)\b|(?<=in the )first place\b", re.IGNORECASE
)
_ADDRESSES_READER = re.compile(
    r"should (?:also |perhaps )?be (?:noted|mentioned|stressed|emphasi[sz]ed|remembered|pointed out|added)\b",
    re.IGNORECASE,
)
# Where to read on states nothing.
_POINTER = re.compile(
    r"see (?:also\b|\w)|for (?:\w+ )?(?:information|details|discussions?|accounts?|uses|meanings)\b[^.]{0,200}\bsee\b"
    r"|[^.]{0,200}\bcan be found (?:in|under|at)\b[^.]{0,80}\b(?:articles?|pages?|sections?)\b"
    r"|(?:note\W+)?this (?:article|page) (?:is (?:about|on)|describes|covers|surveys|illustrates|refers to|discusses"
    r"|deals with|concerns)\b",
    re.IGNORECASE,
)
_WORDING = "said"  # a verb of saying: it attributes only with a name


def _marked(name: str, old: Sequence[CueMatch], new: Sequence[CueMatch]) -> FieldChange:
    texts = ["; ".join(dict.fromkeys(mark.text for mark in marks)) or None for marks in (old, new)]
    return FieldChange(name=name, old=texts[0], new=texts[1])


def rank_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a rank or superlative that came, went, or became another: "third largest" → "one of the largest"."""
    old, new = (
        [mark for mark in marks if not _RANKS_NOTHING.match(text, mark.start)]
        for marks, text in zip(pair.touched(Cue.RANK, Cue.SUPERLATIVE), pair.texts, strict=True)
    )
    if old or new:
        ranked = any(mark.cue is Cue.RANK for mark in (*old, *new))
        field = _marked("rank" if ranked else "superlative", old, new)
        yield field if old else replace(field, old=_displaced(pair, new))


def _displaced(pair: SentencePair, marks: Sequence[CueMatch]) -> str | None:
    """Return the one word in whose place "only" came: "the main focus" → "the only focus".

    Other superlatives come with rephrasings as often ("a big port" → "the largest port").
    """
    for slot in pair.changes:
        start, end = slot.new_span
        if len(slot.content[0]) == 1 and any(
            mark.normalized == "only" and start <= mark.start and mark.end <= end for mark in marks
        ):
            return slot.content[0][0].text
    return None


def _able(pair: SentencePair, side: int) -> bool:
    """Return whether "can" took the place of "may"."""
    return any(token.key == "can" for slot in pair.changes for token in (slot.old, slot.new)[side])


def hedge_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a reservation that was dropped or made: "estimated" → "confirmed"."""
    old, new = (
        [mark for mark in marks if not _ADDRESSES_READER.match(text, mark.start)]
        for marks, text in zip(pair.touched(Cue.HEDGE), pair.texts, strict=True)
    )
    able = (_able(pair, 1) and not new, _able(pair, 0) and not old)
    if (old or new) and not any(able) and not (old and _still_reserved(pair, old)):
        yield _marked("hedge", old, new)


def _still_reserved(pair: SentencePair, dropped: Sequence[CueMatch]) -> bool:
    """Whether the new sentence keeps a dropped reservation: "allegedly accused", or one verb of saying for another."""
    edges = [edge for slot in pair.changes for edge in slot.new_span]
    kept = {
        mark.normalized
        for mark in pair.new_marks
        if mark.cue is Cue.HEDGE and any(-_NEAR <= mark.start - edge <= _NEAR for edge in edges)
    }
    saying = {mark.start for mark in pair.old_marks if mark.cue is Cue.ATTRIBUTION}
    own, other = ({m.text for m in marks if m.cue is Cue.ATTRIBUTION} for marks in (pair.old_marks, pair.new_marks))
    attributed = bool(other - own)
    return all(mark.normalized in kept or (attributed and mark.start in saying) for mark in dropped)


def attribution_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Whoever said so is no longer, or now, named."""
    old, new = pair.touched(Cue.ATTRIBUTION)
    others = {mark.cue for mark in (pair.new_marks if old else pair.old_marks)}
    named = any(mark.normalized != _WORDING for mark in (*old, *new))
    if bool(old) != bool(new) and named and Cue.ATTRIBUTION not in others:
        yield _marked("attribution", old, new)


def direction_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a rise became a fall; more became less."""
    for cue in (Cue.DIRECTION, Cue.COMPARISON):
        old, new = pair.touched(cue)
        if old and new:
            yield _marked(cue.value, old, new)


def tense_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Present became past where nothing else changed: "are trapped" → "were trapped"."""
    if len(pair.changes) != 1 or any(pair.changes[0].content):
        return
    old, new = pair.changes[0].of(TokenKind.TENSE)
    tenses = forms().tense
    if old and new and {tenses.get(token.key) for token in old} != {tenses.get(token.key) for token in new}:
        yield replaced(pair, "status" if _is_of_subject(pair, old[0], new[0]) else "tense", old, new)


def _is_of_subject(pair: SentencePair, old: Token, new: Token) -> bool:
    """Return whether a tense says what something is no longer: "is a member", or the article's own subject."""
    if any(_REPORTED.search(text, 0, token.start) for text, token in zip(pair.texts, (old, new), strict=True)):
        return False  # in "ruled that the issue is …" the tense only follows the verb before it
    defines = all(_ARTICLE.match(text, token.end) for text, token in zip(pair.texts, (old, new), strict=True))
    return defines or any(token.key in pair.names.subject for token in pair.new if token.end <= new.start)


def _runs(row: Sequence[Token]) -> list[tuple[str, str, TokenKind]]:
    """Keys, texts and sorts, names of several words as one."""
    runs: list[tuple[str, str, TokenKind]] = []
    for token in row:
        if token.kind is TokenKind.NAME and runs and runs[-1][2] is TokenKind.NAME:
            key, text, _ = runs.pop()
            runs.append((f"{key} {token.key}", f"{text} {token.text}", TokenKind.NAME))
        else:
            runs.append((token.key, token.text, token.kind))
    return runs


def swapped_terms(pair: SentencePair) -> Iterator[FieldChange]:
    """Two names, years or opposites changed places in a sentence that is otherwise the same: who does it to whom."""
    old, new = _runs(pair.old), _runs(pair.new)
    locations = [at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a[0] != b[0]]
    if len(old) != len(new) or len(locations) != _BOTH:
        return
    first, last = locations
    swapped = old[first][0] == new[last][0] and old[last][0] == new[first][0]
    # Names of a list, and of those who do something together, may stand in any order.
    apart = any(key not in _TOGETHER for key, _, _ in old[first + 1 : last])
    same_kind = old[first][2] is old[last][2] in (TokenKind.NAME, TokenKind.DATE)
    if swapped and apart and (same_kind or contradiction(old[first][0], old[last][0])):
        reported = [" … ".join(row[at][1] for at in locations) for row in (old, new)]
        yield FieldChange(name="entity", old=reported[0], new=reported[1])


RULES: tuple[Callable[[SentencePair], Iterator[FieldChange]], ...] = (
    rank_change,
    hedge_change,
    attribution_change,
    direction_change,
    tense_change,
    swapped_terms,
    definition_change,
    qualification_change,
    restriction_change,
    attitude_change,
    share_change,
    viewpoint_change,
    statement_change,
    school_change,
    dating_change,
    insertion,
    deletion,
)


def _words(text: str | None) -> set[str]:
    return set((text or "").casefold().split())


def _cue_fields(pair: SentencePair, reported: Sequence[FieldChange]) -> Iterator[FieldChange]:
    """Yield what the cues tell beyond the slots: words that a slot told already are not told twice."""
    old = set().union(*(_words(field.old) for field in reported))
    new = set().union(*(_words(field.new) for field in reported))
    yielded: list[FieldChange] = []
    for rule in RULES:
        for field in rule(pair):
            known = _words(field.old) & old or _words(field.new) & new
            if not (known or _is_slip(field) or any(_is_part(field, other) for other in yielded)):
                yielded.append(field)
                yield field


def _is_part(field: FieldChange, other: FieldChange) -> bool:
    """Return whether another field tells all words of this one."""
    return _words(field.old) <= _words(other.old) and _words(field.new) <= _words(other.new)


def _is_slip(field: FieldChange) -> bool:
    """Return whether a cue only lost or gained a letter: "rather than" → "rathher than"."""
    old, new = ((text or "").casefold().replace(" ", "") for text in (field.old, field.new))
    return is_typo(old, new)


def _statistic_terms(old: Sequence[Quantity], new: Sequence[Quantity]) -> frozenset[str]:
    """Keys of the nouns and years that only one side's figures have: the statistics tell of them."""
    own, other = (
        {text for item in side if not item.measure.is_context for text in (item.unit, item.as_of, item.period) if text}
        for side in (old, new)
    )
    return frozenset(token.key for text in own ^ other for token in tokens(text.replace("-", " ")))


def _spans(quantities: Sequence[Quantity]) -> list[tuple[int, int]]:
    return [(quantity.start, quantity.end) for quantity in quantities if not quantity.measure.is_context]


def compare_claims(
    old: Sentence,
    new: Sentence,
    old_marks: Sequence[CueMatch],
    new_marks: Sequence[CueMatch],
    *,
    old_quantities: Sequence[Quantity] = (),
    new_quantities: Sequence[Quantity] = (),
    names: Names = NO_NAMES,
) -> Iterator[FieldChange]:
    """Yield what the new sentence states otherwise than the old one, apart from the figures in the quantities given.

    Each field is named for what changed (the names that the judge grades); `old` or `new` is None where
    words came or went. A sentence that was only reworded gives none; `names` knows which names are one.
    """
    if _POINTER.match(old.text) and _POINTER.match(new.text):
        return
    before, after = _spans(old_quantities), _spans(new_quantities)
    if old.text == new.text or (before and same_but_for(old.text, new.text, before, after)):
        return
    own = tokens(old.text, before)
    other = tokens(new.text, after)
    pair = SentencePair(
        old_marks=tuple(old_marks),
        new_marks=tuple(new_marks),
        changes=token_changes(old.text, new.text, own, other),
        old=own,
        new=other,
        texts=(old.text, new.text),
        names=names,
        reported=_statistic_terms(old_quantities, new_quantities),
    )
    shout = next(shouting(pair), None)
    if shout and shout.new is None:
        yield shout  # what takes an insult's place only restores the sentence
        return
    reported: dict[FieldChange, None] = {}
    for slot in pair.changes:
        field = replacement(pair, slot)
        if field and field not in reported:
            reported[field] = None
            yield field
    yield from _cue_fields(pair, tuple(reported))
    if shout:
        yield shout
