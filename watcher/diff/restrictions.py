"""Report words put in or dropped that restrict of whom or what a sentence speaks: "some", "compulsory"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from watcher.diff.lexicon import forms, is_praise
from watcher.diff.sentence_pair import SentencePair, is_in_brackets, replaced
from watcher.diff.tokens import Token, TokenKind
from watcher.model import FieldChange

_FEW = 2  # words of meaning
_ROOT = 4  # letters that "statist" shares with "state"
_KINDS = r"(?:(?:forms?|kinds?|types?|sorts?)\s+of\s+)?$"
_QUANTIFIER = re.compile(rf"\b(?:no|all|every)\s+{_KINDS}", re.IGNORECASE)
# What is denied of a part need not be denied of the whole: "reject government" and "reject compulsory government".
_DENIAL = re.compile(
    r"\b(?:reject(?:s|ed|ing|ion of)?|oppos(?:es?|ed to|ed|ing|ition to)|aboli(?:sh(?:es|ed|ing)?|tion of)"
    r"|eliminat(?:es?|ed|ing|ion of)|prohibit(?:s|ed|ing|ion (?:of|on))?|bans?(?: on)?|bann(?:ed|ing)"
    r"|outlaw(?:s|ed|ing)?|forb(?:ids?|ade|idden)|absence of|lack(?:s|ed)?(?: of)?|without|any)\s+"
    rf"(?:(?:the|an?|any|all|its|their|his|her)\s+)?{_KINDS}",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_ATTITUDE = re.compile(r"(?:anti|non|pro|pseudo|quasi)-\w{3,}")
_SHARE = re.compile(r"\b(some|many|most) (?=[^\W\d_])", re.IGNORECASE)
_START = "|"  # stands for what is before a sentence
_NEXT = 4  # words
_NEAR = 60  # characters before and after a word
_SUBJECT = re.compile(r"(?:[,;:|]|\b(?:that|as|while|whereas|although|though|because|since|if|when|where|but)) $")
# Not "most of", "some years": a noun in the plural, with an adjective at most before it
_PEOPLE = re.compile(
    r"(?!(?:others?|years|months|weeks|days|hours|decades|centuries|times|ways|of)\b)"
    r"(?:[a-z-]+ )?(?:[a-z-]{3,}[^su\W]s|people|men|women|children) (?!(?:and|or)\b)"
)


def restriction_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield a word that restricts "no" or what is denied, put in or dropped: "no permission" → "no military …"."""
    for slot in pair.changes:
        old, new = slot.content
        side, row = (0, old) if old else (1, new)
        if bool(old) == bool(new) or len(row) > _FEW or slot.splits or any(is_praise(token.key) for token in row):
            continue
        # "Of all places" put before a sentence brings its own "all", and restricts none that was said.
        text = pair.texts[side]
        shared = (slot.old, slot.new)[side][0] == row[0]
        if shared and (_QUANTIFIER.search(text, 0, row[0].start) or _restricts_denial(text, row)):
            yield replaced(pair, "qualification", old, new)


def _restricts_denial(text: str, row: tuple[Token, ...]) -> bool:
    """Return whether adjectives stand between what denies and what is denied; in "without ever leaving" none does."""
    following = _NEXT_WORD.match(text, row[-1].end)
    return (
        following is not None
        and not following[1].endswith("ing")
        and following[1].casefold() not in forms().function
        and all(token.kind is TokenKind.WORD and not token.text.endswith("ly") for token in row)
        and _DENIAL.search(text, max(row[0].start - _NEAR, 0), row[0].start) is not None
    )


def attitude_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield "anti-", "non-" or "pro-" something put in or dropped: "companies" → "non-profit companies"."""
    for slot in pair.changes:
        old, new = slot.content
        if len(old) + len(new) != 1 or slot.splits:
            continue
        side, word = (0, old[0]) if old else (1, new[0])
        if _ATTITUDE.fullmatch(word.text) and not is_in_brackets(pair.texts[side], word.start):
            root = word.text.partition("-")[2][:_ROOT]
            others = (token for change in pair.changes for token in change.content[1 - side])
            if not any(token.text.startswith(root) for token in others):  # "oppose the state" → "are anti-statist"
                yield replaced(pair, "qualification", old, new)


def share_change(pair: SentencePair) -> Iterator[FieldChange]:
    """Yield "some", "many" or "most" put before those of whom a clause speaks, or taken from them."""
    counts = [Counter(share[1].casefold() for share in _SHARE.finditer(text)) for text in pair.texts]
    for side in (0, 1):
        more = counts[side] - counts[1 - side]
        if not more:
            continue
        text, other = (f"{_START} {' '.join(pair.texts[at].casefold().split())}" for at in (side, 1 - side))
        for share in _SHARE.finditer(text):
            before, after = text[max(share.start() - _NEAR, 0) : share.start()], text[share.end() : share.end() + _NEAR]
            words = (before.split()[-1], *after.split()[:_NEXT])
            if more[share[1]] and _SUBJECT.search(before) and _PEOPLE.match(after) and " ".join(words) in other:
                old, new = (None, share[1]) if side else (share[1], None)
                yield FieldChange(name="scope", old=old, new=new)
