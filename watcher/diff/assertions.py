"""Compare how far two sentences stand behind their words: questions, negations, quotation marks around common words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import Indel

from watcher.model import Cue, CueMatch, FieldChange

QUALIFICATION = "qualification"  # field: words under which reservation, or taken back
_LONGEST, _MOST_QUOTED = 20_000, 50  # characters of a sentence, words in it: each is searched in the other sentence
_LAST_WORDS = 5  # of a sentence, which show what its mark ends
_ASKS = re.compile(r"[?？؟]\)?$|\(\?\)")
# Negations of languages of which the words are not told apart by kind; those of English and German are tokens.
_NEGATION = re.compile(
    r"\b(?:pas|jamais|aucune?|nunca|jamás|ning[uú]n[ao]?|tampoco|não|nenhuma?|nessun[oa]?|niet|geen|nooit|inte|ikke"
    r"|aldrig?|не|нет|никогда|нельзя)\b"
    r"|没有?|沒有?|不(?=[是会會能可再曾得被在存])|未(?=[能曾被有必])|并非|並非|从未|從未|な(?:い|かった|く(?=な|て))|ませ[んぬ]",
    re.IGNORECASE,
)
_ALONE = 5  # letters that may change along with a negation: "n'a jamais été" → "a été"
# One to three common words; a capital or number makes a title, a name or a code of them.
_WORDS = r"([^\W\d_]+(?:[ -][^\W\d_]+){0,2})"
_QUOTED = re.compile(rf"\"{_WORDS}\"|“{_WORDS}”|«\s?{_WORDS}\s?»|„{_WORDS}[“”]|(?<!\w)['‘]{_WORDS}['’](?!\w)")


def assertion_changes(
    texts: tuple[str, str], marks: tuple[Sequence[CueMatch], Sequence[CueMatch]]
) -> Iterator[FieldChange]:
    """Yield that a statement became a question, or the reverse, and the words that came into quotation marks.

    `marks` are the cues of either sentence: words that it attributes to somebody are quoted, not doubted.

    >>> [field.new for field in assertion_changes(("The bridge is safe.", "Is the bridge safe?"), ((), ()))]
    ['Is the bridge safe?']
    """
    asks = [bool(_ASKS.search(text.rstrip())) and any(map(str.isalnum, text)) for text in texts]
    if asks[0] != asks[1]:
        yield FieldChange(name=QUALIFICATION, old=_end(texts[0]), new=_end(texts[1]))
    if field := _negated(*texts):
        yield field
    if any(mark.cue is Cue.ATTRIBUTION for side in marks for mark in side):
        return
    # Marks that go are a copy-editor's; those that come take a word back.
    known = _quoted(texts[0])
    for words, written in [*_quoted(texts[1]).items()][:_MOST_QUOTED]:
        if words not in known and re.search(rf"\b{re.escape(words)}\b", texts[0][:_LONGEST]):
            yield FieldChange(name=QUALIFICATION, old=words, new=written)


def _negated(old: str, new: str) -> FieldChange | None:
    """Return the negation that came or went, where little else did."""
    own, other = _NEGATION.findall(old[:_LONGEST]), _NEGATION.findall(new[:_LONGEST])
    if len(own) % 2 == len(other) % 2:
        return None
    rest = (_NEGATION.sub("", text[:_LONGEST]) for text in (old, new))
    if Indel.distance(*rest, score_cutoff=_ALONE) > _ALONE:
        return None
    gone, come = ("; ".join((Counter(row) - Counter(rest)).elements()) for row, rest in ((own, other), (other, own)))
    return FieldChange(name="negation", old=gone or None, new=come or None)


def _quoted(text: str) -> dict[str, str]:
    """Return the common words that stand in quotation marks, each with its marks."""
    pairs = ((next(filter(None, match.groups())), match[0]) for match in _QUOTED.finditer(text[:_LONGEST]))
    return {words: written for words, written in pairs if words.islower()}


def _end(text: str) -> str:
    """Return the last words of a sentence with its mark."""
    return " ".join(text.split()[-_LAST_WORDS:])
