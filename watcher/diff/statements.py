"""Compare the roles in two sentences: what the subject is said to be, and under which reservation.

The rules of `claims` look for cues. These look at roles: the noun phrase after "is a", a qualifier that bounds the
claim, a sentence of which little is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import Levenshtein

from watcher.diff.lexicon import are_synonyms, forms, is_praise, is_word, qualifier_groups
from watcher.diff.sentence_pair import SentencePair, is_in_brackets, is_small, replaced, words_of
from watcher.diff.token_diff import TokenChange, respelt
from watcher.diff.tokens import Token, TokenKind
from watcher.model import FieldChange

_COPULA = re.compile(
    r"\b(?:is|are|was|were|became|remains?)\s+(?:(?:also|now|currently|still|considered|to be|as)\s+){0,3}"
    r"(?:one of (?:the|its)|an?|the)\s+"
    r"|\b(?:ist|war|sind|waren|wurde|blieb|bleibt)\s+(?:(?:auch|heute|noch|jetzt)\s+){0,2}(?:eine?r?|der|die|das)\s+",
    re.IGNORECASE,
)
_PARENTHESIS = re.compile(r"\([^()]*\)")
_HEAD = 160  # characters: the verb that defines stands near the start of its sentence
_PHRASE_END = re.compile(
    r"[,.;:()\"“”]|\s(?:of|in|on|at|by|from|with|for|to|that|which|who|whose|where|when|and|or|between|under|near|as|located|"
    r"situated|based|developed|published|released|founded|created|known|called|named|situated|born|is|was|are|were"
    r"|von|im|am|auf|aus|bei|mit|nach|zu|für|über|und|oder|das|die|der|des|den|dem)\b",
    re.IGNORECASE,
)
_LONGEST_PHRASE = 90
_LONG_WORD, _MENDED = 6, 2  # letters of a word, and how many of them a corrected spelling changes
_SHARED_SUBJECT = 0.5
_LATTER = re.compile(r"\bthe latter\b", re.IGNORECASE)  # "the former" then names one of two
_VIEW = re.compile(
    r"\b(?P<some>(?:by|among) (?:some|several|few|a number of))\b|\bby (?:critics|opponents|supporters)\b"
    r"|\b(?P<most>(?:majority|most) of)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 7  # words of meaning in a sentence of which something can be left
_FEWEST_KEPT = 4  # words of meaning of a sentence to which a whole clause can be added
_LOST = 0.55
_COME = 2
_MOST_NEW = 60  # beyond it a paragraph was rewritten
_FEW, _BESIDE = 2, 2  # words of meaning
_CLAUSE, _PHRASE = 6, 2  # words of meaning put into a sentence: a clause, or a phrase with a name or a date
_LONE_CLAUSE = 3  # words of meaning, where nothing else of the sentence changed
_REWORDED = 4  # words of meaning that a longer phrase may replace; past it a clause was rewritten
_LENGTHENED = 5
_SENTENCE_END = re.compile(r"[.!?][\"”)]*\s+(?=[^\W\da-z])")
_EXAMPLE = 12  # characters
_SUCH_AS = re.compile(r"\b(?:such as|including|like|e\.g\.|for example|namely|especially)\W+(?:the )?$", re.IGNORECASE)
_ALIAS = re.compile(r"\b(?:known as|called|referred to as|abbreviated)\b", re.IGNORECASE)
_CODE = re.compile(r"\w_\w|%[0-9A-Fa-f]{2}|://")  # the target of a link, not words
_GENERIC = frozenset({"thing", "matter", "something", "case", "item"})  # say nothing else than the noun before them
_PRONOUNS = frozenset({"he", "she", "it", "they", "him", "her", "his", "their", "its", "them", "who", "this", "these"})
_RELATIVE = frozenset({"today", "yesterday", "tomorrow", "tonight"})
_SPECIFIC = frozenset({TokenKind.NAME, TokenKind.DATE, TokenKind.NUMBER})
HATNOTE = re.compile(
    r"see also\b|(?:see|for)\b[^.]{0,200}(?:\(disambiguation\)|other (?:uses|meanings))", re.IGNORECASE
)
_NEAR_WORDS = 4  # words of meaning that may change along with a qualifier
_SCHOOL = re.compile(
    r"(?:ist|ism|arian|arianism|ocrat|ocracy|ocratic)s?$"
)  # "-ist" and "-ism" say which school or creed


def definition_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Compare what the subject is or was: "is a state" → "is a city", "is a country" → "is a disputed country"."""
    if not pair.changes or any(slot.splits or slot.is_long for slot in pair.changes):
        return
    old, new = (_defined(text) for text in pair.texts)
    if old is None or new is None:
        return
    own, other = (_within(row, span) for row, span in ((pair.old, old), (pair.new, new)))
    if not own or not other or not _same_subject(pair, old[0], new[0]):
        return
    if own[-1].kind is TokenKind.NAME or other[-1].kind is TokenKind.NAME:
        return  # "are the Drin River and …" lists, it does not define
    touched = {token for slot in pair.changes for token in (*slot.old, *slot.new)}
    gone, come = ([token for token in row if token in touched] for row in (_apart(own, other), _apart(other, own)))
    same_head = respelt(own[-1], other[-1])
    bounded = any(map(_bounds, (*gone, *come)))
    if bounded if same_head else own[-1] in gone and other[-1].key not in _GENERIC:
        before, after = (text[slice(*span)].strip() for text, span in zip(pair.texts, (old, new), strict=True))
        yield FieldChange(name="definition", old=before, new=after)


def _bounds(token: Token) -> bool:
    """Return whether a word before the noun says in what capacity: "autonomous", "partially-recognised", "former"."""
    return any(qualifier_groups(word) for word in (token.text, *token.text.split("-")))


def _defined(text: str) -> tuple[int, int] | None:
    """Characters of the noun phrase after the first "is a"."""
    bare = _PARENTHESIS.sub(lambda match: " " * len(match[0]), text)
    result = _COPULA.search(bare)
    if result is None or len(" ".join(bare[: result.start()].split())) > _HEAD:
        return None
    end = _PHRASE_END.search(bare, result.end(), result.end() + _LONGEST_PHRASE)
    return result.end(), end.start() if end else min(len(bare), result.end() + _LONGEST_PHRASE)


def _within(row: Sequence[Token], span: tuple[int, int]) -> list[Token]:
    return [token for token in row if span[0] <= token.start and token.end <= span[1] and token.kind.is_content]


def _apart(tokens: Sequence[Token], others: Sequence[Token]) -> list[Token]:
    """Words of one phrase that the other has in no form, apart from praise and figures."""
    return [
        token
        for token in tokens
        if token.kind in (TokenKind.WORD, TokenKind.NAME, TokenKind.NEGATION)
        and not is_praise(token.key)
        and not any(
            respelt(token, other) or are_synonyms(token.key, other.key) or _is_typo(token, other) for other in others
        )
    ]


def _is_typo(old: Token, new: Token) -> bool:
    """Return whether a letter or two of a long word were mended: "rlegion" → "religion"."""
    before, after = old.text.casefold(), new.text.casefold()
    if min(len(before), len(after)) < _LONG_WORD or before[0] != after[0] or (is_word(old.key) and is_word(new.key)):
        return False
    return Levenshtein.distance(before, after, score_cutoff=_MENDED) <= _MENDED


def _same_subject(pair: SentencePair, old: int, new: int) -> bool:
    own = {token.key for token in pair.old if token.end <= old and token.kind.is_content}
    other = {token.key for token in pair.new if token.end <= new and token.kind.is_content}
    return len(own & other) >= _SHARED_SUBJECT * min(len(own), len(other))


def qualification_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a word that bounds the claim, put in or dropped: "recognised", "by some", "former", "so-called"."""
    for slot in pair.changes:
        if slot.is_long or slot.splits or max(map(len, slot.content)) > _NEAR_WORDS:
            continue
        rows = [slot.old, slot.new]
        if _LATTER.search(pair.texts[0]) or _LATTER.search(pair.texts[1]):
            rows = [tuple(token for token in row if token.text.casefold() != "former") for row in rows]
        groups = [{group for token in row for group in qualifier_groups(token.text)} for row in rows]
        gone, come = groups[0] - groups[1], groups[1] - groups[0]
        if (not gone and not come) or _still_alleged(pair, slot):
            continue
        old = [token for token in slot.old if set(qualifier_groups(token.text)) & gone]
        new = [token for token in slot.new if set(qualifier_groups(token.text)) & come]
        others = [
            len([t for t in content if t not in marked])
            for content, marked in zip(slot.content, (old, new), strict=True)
        ]
        if min(others) == 0 and max(others) <= _BESIDE:
            yield FieldChange(
                name="qualification",
                old=words_of(pair.texts[0], pair.old, old),
                new=words_of(pair.texts[1], pair.new, new),
            )


def _still_alleged(pair: SentencePair, slot: TokenChange) -> bool:
    """Return whether "allegedly" came or went beside a word that says as much: "allegedly accused of"."""
    alleged = [mark for marks in (pair.old_marks, pair.new_marks) for mark in marks if mark.normalized == "reportedly"]
    words = {token.text for row in (slot.old, slot.new) for token in row}
    return any(mark.text in words for mark in alleged) and any(mark.text not in words for mark in alleged)


def viewpoint_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Whose view or how much of it: "is considered" → "is considered by some"."""
    own, other = (
        {match.lastgroup or match[0].casefold(): match[0].casefold() for match in _VIEW.finditer(text)}
        for text in pair.texts
    )
    # "Most of" is how the others write it; alone it comes and goes as wording, as "its majority" does.
    gone, come = (
        [row[key] for key in row if key not in rest and row[key] != "most of" and not _is_majority(row[key], text)]
        for row, rest, text in ((own, other, pair.texts[1]), (other, own, pair.texts[0]))
    )
    if bool(gone) != bool(come) and sum(len(row) for slot in pair.changes for row in slot.content) <= _NEAR_WORDS:
        yield FieldChange(name="qualification", old="; ".join(gone) or None, new="; ".join(come) or None)


def _is_majority(view: str, other: str) -> bool:
    return view == "majority of" and "majority" in other.casefold()


def statement_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a sentence of which little is left: it now says something else."""
    own = [token for token in pair.old if token.kind.is_content]
    others = [token for token in pair.new if token.kind.is_content]
    if len(own) < _FEWEST_WORDS or not others:
        return
    keys, current = {token.key for token in others}, {token.key for token in own}
    come = [token for token in others if token.key not in current]
    gone = [token for token in own if token.key not in keys]
    if len(come) < _COME or len(gone) < _LOST * len(own) or len(come) > _MOST_NEW:
        return
    gone = [token for token in gone if not any(respelt(token, other) for other in come)]
    if len(gone) >= _LOST * len(own):
        yield FieldChange(name="statement", old=pair.texts[0], new=pair.texts[1])


def insertion(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a clause put into a sentence that stood: what supports the sentence seems to support the clause as well."""
    if sum(token.kind.is_content for token in pair.old) < _FEWEST_KEPT or HATNOTE.match(pair.texts[1]):
        return
    ends = {len(_SENTENCE_END.findall(text)) for text in pair.texts}
    if len(ends) > 1 or any(slot.splits for slot in pair.changes):
        return  # clauses were parted or joined: what looks new was said elsewhere
    current = {token.key for token in pair.old} | pair.names.subject
    for slot in pair.changes:
        old, new = slot.content
        # The rest is only repeated, or reported as a new statistic.
        fresh = [token for token in new if token.key not in current and token.kind is not TokenKind.FIGURE]
        if not fresh or slot.is_long:
            continue
        if _lengthens(pair, old, fresh) if old else _states_more(pair, slot, fresh):
            yield replaced(pair, "insertion", old, new)


def _states_more(pair: SentencePair, slot: TokenChange, fresh: Sequence[Token]) -> bool:
    """Return whether words put in are a clause, or name somebody or a date, and are no aside."""
    short = sum(token.kind.is_content for token in pair.old) < _FEWEST_WORDS
    text = pair.texts[1]
    if _CODE.search(text, *slot.new_span):
        return False
    if sum(not is_in_brackets(text, token.start) for token in slot.content[1]) >= _CLAUSE:
        return True
    if short or _is_list_item(text, fresh) or is_in_brackets(pair.texts[1], fresh[0].start) or _explains(pair, slot):
        return False
    if pair.lists(slot) or _ALIAS.search(pair.texts[1], *slot.new_span):
        return False
    defined = _defined(pair.texts[1])  # there the definition is compared as such
    defines = defined is not None and defined[0] <= fresh[0].start < defined[1]
    lone = len(pair.changes) == 1 and len(fresh) >= _LONE_CLAUSE and not defines
    return lone or (len(slot.content[1]) >= _PHRASE and _is_specific(fresh))


def _is_list_item(text: str, fresh: Sequence[Token]) -> bool:
    """Return whether names alone stand between commas: one title or name more in a list."""
    if any(token.kind is not TokenKind.NAME for token in fresh):
        return False
    before, after = text[: fresh[0].start].rstrip(" \"“'"), text[fresh[-1].end :].lstrip(" \"”'")
    return before.endswith((",", ";")) or after.startswith((",", ";"))


def _is_specific(row: Sequence[Token]) -> bool:
    return any(token.kind in _SPECIFIC and token.key not in _RELATIVE for token in row)


def _lengthens(pair: SentencePair, old: Sequence[Token], fresh: Sequence[Token]) -> bool:
    """Whether much more stands in the place of a few words: "with family" → "arrested in London the next day"."""
    if len(old) > _REWORDED:
        return False
    named = len(pair.changes) == 1 and _is_specific(fresh) and not _is_specific(old)
    described = named and len(fresh) >= _PHRASE and any(token.kind is TokenKind.WORD for token in fresh)
    return described or len(fresh) >= _LENGTHENED


def deletion(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a clause taken out of a sentence that stays; the judge asks whether a source had supported it."""
    if any(slot.splits and slot.content[1] for slot in pair.changes):
        return  # clauses were parted or joined: what looks gone is said elsewhere
    for slot in pair.changes:
        old, new = slot.content
        if not new and len(old) >= _CLAUSE and not slot.is_long and not _CODE.search(pair.texts[0], *slot.old_span):
            yield FieldChange(name="deletion", old=words_of(pair.texts[0], pair.old, old), new=None)


def _explains(pair: SentencePair, slot: TokenChange) -> bool:
    """Return whether words only give an example, or say whom a pronoun meant."""
    before = pair.texts[1][max(slot.new_span[0] - _EXAMPLE, 0) : slot.content[1][0].start]
    return bool(_SUCH_AS.search(before)) or any(token.text.casefold() in _PRONOUNS for token in slot.old)


def school_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Another school, creed or form of government: "federalist" → "centralist"."""
    for slot in pair.changes:
        old, new = slot.content
        if not old or len(old) != len(new) or len(old) > _FEW or not is_small(slot):
            continue
        schools = [token for token in (*old, *new) if _SCHOOL.search(token.text.casefold())]
        roots = {_SCHOOL.sub("", token.text.casefold().replace("-", "")) for token in (*old, *new)}
        # "anarcha" → "anarchist", "buerocratic" → "beaurocratic"
        alike = any(a != b and a.startswith(b) for a in roots for b in roots) or any(map(_is_typo, old, new))
        if schools and len(roots) == len(old) + len(new) and not alike:
            yield replaced(pair, "predicate", old, new)


def dating_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a date in the place of words, or words in the place of a date: "in recent decades" → "since the 1970s"."""
    for slot in pair.changes:
        old, new = ([token for token in row if token.key not in _RELATIVE] for row in slot.of(TokenKind.DATE))
        own, other = slot.content
        stated = {token.key for token in (pair.new if old else pair.old)}
        if any(token.key in stated for token in (*old, *new)):
            continue  # "the meeting of 1999" → "the meeting in Seattle (1999)"
        if bool(old) != bool(new) and own and other and is_small(slot):
            yield replaced(pair, "date", own, other)


def shouting(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield insults, and everyday words in capitals, that came into a sentence or were taken out: "WHAT"."""
    if pair.texts[0].isupper() or pair.texts[1].isupper():
        return
    old, new = (
        [token for slot in pair.changes for token in (slot.old, slot.new)[side] if _shouts(token)] for side in (0, 1)
    )
    if bool(old) != bool(new):
        yield replaced(pair, "shouting", old, new)


_SHOUTED = frozenset(
    {"what", "ass", "false", "wrong", "lie", "lies", "hello", "stupid", "sucks", "gay", "hate", "boring"}
)
_INSULTS = frozenset(
    {"lol", "lmao", "rofl", "haha", "hahaha", "omg", "wtf", "fuck", "fucking", "fucked", "fucker", "fuckers", "fucks",
     "motherfucker", "motherfuckers", "cunt", "cunts", "shit", "shitty",
     "poop", "poopy", "faggot", "faggots", "bitch", "nigger", "niggers", "asshole", "assholes", "dumbass", "wanker",
     "dickhead", "butthole", "pussy", "suck", "sucks"}
)  # fmt: skip
_RUDE = frozenset({"stupid", "dumb", "crap", "butt", "retarded"})  # an insult where one takes the place of a word
# A key held down, laughter, keys struck at random
_NO_WORD = re.compile(r"(?i:([^\W\d_])\1{4}|(?:h[aeo]){3}|asdf|[b-df-hj-np-tv-z]{9})")
_SCRAWL = re.compile(
    rf"\b(?:{'|'.join(sorted(_INSULTS))}|{'|'.join(sorted(_INSULTS)).upper()})\b|!!!|{_NO_WORD.pattern}"
    r"|Bold text|Italic text|Link title|Insert (?:formula|text|non-formatted text) here"
)  # the last are what the buttons of MediaWiki's editor put in
_SHORTEST_SHOUT = 3  # letters: "IT" is a trade


def scrawl(text: str) -> FieldChange | None:
    """Return the insult or the trial of the editor's buttons in a new sentence, None for one that may be meant."""
    result = _SCRAWL.search(text)
    shouted = result is None and text.isupper() and text.endswith("!")
    if result is None and not shouted:
        return None
    return FieldChange(name="shouting", old=None, new=result[0] if result else text)


def _shouts(token: Token) -> bool:
    """Return whether a word is an insult, or an everyday word in capitals; with one capital it may be of a title."""
    folded = token.text.casefold()
    if _NO_WORD.search(folded):
        return True
    if folded in _INSULTS or folded in _RUDE:
        return token.text.islower() or token.text.isupper()
    if len(folded) < _SHORTEST_SHOUT or not token.text.isupper():
        return False
    known = forms()
    # "AND" and "NOT" are gates
    return folded in _SHOUTED or (
        len(folded) > _SHORTEST_SHOUT and folded in (known.function | known.soft | known.negations)
    )
