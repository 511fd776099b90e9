"""Find parts of a sentence that were exchanged: agent and patient, winner and loser."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from watcher.common_ends import common_ends
from watcher.model import FieldChange, Sentence
from watcher.text.token_diff import respelt
from watcher.text.tokens import Token, TokenKind, tokens
from watcher.text.words import forms

_PASSIVE_TOKENS = 2  # additional tokens of a passive: "was" and "by"
_LONGEST_EXCHANGE = 40  # tokens between the common beginning and end of two sentences
_PAIR = re.compile(r"(\d[\d.,]*)\s*[–—:−-]\s*(\d[\d.,]*)")
# Function words of languages in which word order does not show who does what
_FREE_WORD_ORDER = frozenset(
    "der das dem den des im am und ein eine einen rund etwa werden wird wurde wurden il lo del della dei degli delle "
    "di het een w się jest był".split()
)
_ARTICLES = frozenset(
    "der die das den dem des ein eine einen einem einer il lo la i gli le un uno una het de een".split()
)
_CLAUSE = re.compile(r"[,;:]")
_NEW_CLAUSE = re.compile(r"[,;:]|\b(?:and|but|yet|though|although|while|und|aber|et|mais|y|pero)\b")
_CYRILLIC = re.compile("[а-яіїєґў]")  # languages with cases
_INDIC = re.compile("[\u0900-\u0d7f]")  # languages with postpositions
# Words between two parts whose order matters: "from bats to humans", "Rome before Bern"
_DIRECTED = frozenset(
    "to into onto before after over under above below behind than against von aus vor nach gegen zu über unter als "
    "de del desde hasta da dal della di из от до к после перед od do przed po vom zum zur".split()
)
_SEQUENCE = frozenset("then later dann später puis ensuite luego después poi затем позже potem później".split())
# Prepositions that give the noun behind them its role: "given to the museum by Orr" → "given by the museum to Orr"
_ROLES = frozenset(
    "by to from for against von vom an für gegen durch par à pour de contre por a para contra da per contro door "
    "aan voor tegen av till från för mot".split()
)
# First words of adverbials, which may be anywhere in a sentence
_ADJOINING = frozenset(
    "in on at by for with without during since until before after because due despite although while when if as im am "
    "bei wegen aufgrund seit bis während nach vor weil en durante por desde hasta tras con sin contra dans pendant "
    "depuis après avant avec sans contre em com sem até após nel nella senza dopo prima contro op met zonder tijdens "
    "в во с со без до после против".split()
)
# Words by which the order of a list says what belongs to each of its members, or which one comes first
_IN_ORDER = re.compile(
    r"\b(?:respectively|the former|the latter|in that order|followed by|ahead of|beziehungsweise|bzw|gefolgt von"
    r"|respectivement|suivie?s? (?:de|par)|respectivamente|seguid[oa]s? (?:de|por)|rispettivamente|seguit[oaie] da"
    r"|соответственно)\b|それぞれ|分别|分別",
    re.IGNORECASE,
)
_CONTRASTING = frozenset("but rather sondern mais sino mas ma bensì maar lecz а но".split())
_EQUATING = frozenset({"is", "are", "was", "were"})  # "Ardal is the largest port" equals "The largest port is Ardal"
# Forms that change with the roles: "the fleet was seen by pilots" → "pilots were seen", "Orr saw him" → "he saw Orr"
_FORMS_OF_ROLES = {
    "him": "he", "them": "they",
    "were": "was", "are": "is", "have": "has", "do": "does", "waren": "war", "wurden": "wurde", "sind": "ist",
    "furent": "fut", "étaient": "était", "sont": "est", "ont": "a", "fueron": "fue", "eran": "era", "son": "es",
}  # fmt: skip
_PARTING = (TokenKind.WORD, TokenKind.TENSE, TokenKind.NEGATION)  # may separate two parts of a statement
_COUNTED = (TokenKind.FIGURE, TokenKind.NUMBER, TokenKind.DATE)
_OPENS, _CLOSES = re.compile(r"[(\[（「『]"), re.compile(r"[)\]）」』]")
_BRACKET = re.compile(r"[(\[（「『\])）」』]")
_SEMICOLON = re.compile("[;；]")
_SEPARATOR = re.compile(r"[,;:()\[\]\"“”«»]|[、，；：・]|\b(?:and|or|y|e|o|et|ou|и|или)\b|[和及と或]")


def exchanged(texts: tuple[str, str], old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether two parts of a sentence were exchanged, or active and passive were.

    "Norland attacked Sudland" → "Sudland attacked Norland"; "was elected by the members" → "elected the members";
    also if words were added or removed at one end of the sentence. Another order of a list does not count, nor does a
    part that only moved, such as a date or a parenthesis. In languages with cases only clauses count. Groups between
    semicolons count, too: "Ardal and Borvik; Clun and Dal" → "Ardal and Dal; Clun and Borvik".
    """
    if _is_denial_moved(texts[0], old, new):
        return True
    text = texts[0]
    old, new = (
        [token._replace(key=_FORMS_OF_ROLES[token.key]) if token.key in _FORMS_OF_ROLES else token for token in row]
        for row in (old, new)
    )
    first, last = common_ends(*([token.key for token in row] for row in (old, new)))
    own, other = (_groups(each, row[first : len(row) - last]) for each, row in zip(texts, (old, new), strict=True))
    if (
        len(own) == len(other) > 1
        and sum(own, Counter()) == sum(other, Counter())
        and any(group not in other for group in own)
    ):
        return True
    is_free = bool(_CYRILLIC.search(text)) or not _FREE_WORD_ORDER.isdisjoint(token.text.casefold() for token in old)
    return any(_are_exchanged(text, *rows, is_free=is_free) for rows in _without_ends(old, new))


def _groups(text: str, row: Sequence[Token]) -> list[Counter[str]]:
    """Return the counts of content words in each part between semicolons."""
    ends = [match.start() for match in _SEMICOLON.finditer(text)] if row else []
    groups = [Counter[str]() for _ in range(len(ends) + 1)]
    for token in row:
        if token.kind.is_content:
            groups[bisect(ends, token.start)][token.key] += 1
    return groups


def _without_ends(old: Sequence[Token], new: Sequence[Token]) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    """Yield both rows, then with the longer one cut at either end to about the length of the other.

    The lengths may differ by `_PASSIVE_TOKENS`, the additional words of a passive.
    """
    yield old, new
    short, long = sorted((old, new), key=len)
    missing = Counter(token.key for token in short) - Counter(token.key for token in long)
    if missing.total() > _PASSIVE_TOKENS:
        return
    for size in range(len(short) - _PASSIVE_TOKENS, min(len(short) + _PASSIVE_TOKENS + 1, len(long) - _PASSIVE_TOKENS)):
        for end in (long[:size], long[len(long) - size :]):
            yield (old, end) if short is old else (end, new)


def _are_exchanged(text: str, old: Sequence[Token], new: Sequence[Token], *, is_free: bool) -> bool:
    own, other = ([token.key for token in row] for row in (old, new))
    if sorted(own) != sorted(other):
        return not is_free and _is_turned_passive(old, new)
    # Only a negation moved to another word: "not burnt, yet looted" → "burnt, yet not looted".
    before, after = ([token.key for token in row if token.kind is not TokenKind.NEGATION] for row in (old, new))
    if before == after and _denied(old) != _denied(new):
        return True
    first, last = common_ends(own, other)
    before, after = own[first : len(own) - last], other[first : len(other) - last]
    if not 0 < len(before) <= _LONGEST_EXCHANGE:
        return False
    count = len(before)
    heads = [size for size in range(1, count) if before[:size] == after[count - size :]]
    tails = [size for size in range(1, count) if before[count - size :] == after[:size]]
    for head, tail in ((head, tail) for head in heads for tail in tails):
        if head + tail < count and before[head : count - tail] == after[tail : count - head]:
            between = old[first + head : len(old) - last - tail]
            second = len(old) - last - tail
            # "81 years for women and 77 for men": each number that stays belongs to the part beside it.
            # "12 m long and 3 m wide" → "3 m wide and 12 m long": they moved with their words.
            stayed = [token.text for token in old if _counts([token])] == [t.text for t in new if _counts([t])]
            are_labels = stayed and _counts(between) and _counts((*old[:first], *old[len(old) - last :]))
            directed = are_labels or any(token.text.casefold() in _DIRECTED for token in between)
            have_roles = _gives_role(old[first : first + head]) and _gives_role(old[second : second + tail])
            have_roles = have_roles or _share_preposition(old, first, second, between)
            if have_roles or _are_bracketed(text, old, first + head, second, len(old) - last):
                return True
            keeps_roles = is_free and not directed and not _order_shows_roles(old, first, second)
            if keeps_roles and not _CLAUSE.search(text[old[first].start : old[-last - 1].end]):
                continue
            behind = [token.key for at in (first + head, len(old) - last) for token in old[at : at + 1]]
            if behind[:1] == behind[1:] and _INDIC.search(text):
                continue  # "in 1877 at the age of 16", with the same postposition after both
            # "In 2009 it left because of a dispute" → "Because of a dispute it left in 2009": adverbials moved.
            opening = [old[at].text.casefold().split()[0] for at in (first, second)]
            if opening[0] != opening[1] and _ADJOINING.issuperset(opening):
                continue
            if _is_date(old[first : first + head]) != _is_date(old[second : len(old) - last]):
                continue
            parts = directed or any(token.kind in _PARTING and token.key not in _EQUATING for token in between)
            # "Not for its price but for its size"
            if not _CONTRASTING.isdisjoint(token.text.casefold() for token in between) and _denied(old):
                return True
            # "Farmers, not fishermen" is no list.
            denies = sorted(_denied(old)) != sorted(_denied(new))
            is_ordered = bool(_IN_ORDER.search(text)) or any(token.text.casefold() in _SEQUENCE for token in between)
            is_list = not is_ordered and _are_listed(text, old, first + head, second)
            return (parts or is_ordered) and (denies or not is_list)
    return False


def _counts(row: Sequence[Token]) -> bool:
    return any(token.kind in _COUNTED for token in row)


def _gives_role(part: Sequence[Token]) -> bool:
    """Return whether a part is only a preposition, with or without an article."""
    first, *rest = (token.text.casefold() for token in part)
    return first in _ROLES and _ARTICLES.issuperset(rest)


def _share_preposition(row: Sequence[Token], first: int, second: int, between: Sequence[Token]) -> bool:
    """Return whether two parts follow the same preposition: "Norland's troops in blue, the allies' in red"."""
    heads = {row[at - 1].key if at else "" for at in (first, second)}
    return len(heads) == 1 and heads <= _ADJOINING and any(token.kind.is_content for token in between)


def _order_shows_roles(row: Sequence[Token], first: int, second: int) -> bool:
    """Return whether only word order shows who did what: the parts have the same article, or their articles stayed.

    "Die Mühle Orr kaufte die Mühle Lund", "il duca sconfisse il re", but not "der Müller sah den Wirt".
    """
    begin = [row[at].text.casefold() for at in (first, second)]
    before = [row[at - 1].text.casefold() if at else "" for at in (first, second)]
    behind_one_word = before[0] == before[1] and row[second - 1].kind.is_content
    return behind_one_word or (begin[0] == begin[1] and begin[0] in _ARTICLES) or _ARTICLES.issuperset(before)


def _denied(row: Sequence[Token]) -> list[str]:
    """Return the first content word after each negation, "" if there is none."""
    return [
        next((other.key for other in row[at + 1 :] if other.kind.is_content), "")
        for at, token in enumerate(row)
        if token.kind is TokenKind.NEGATION
    ]


def _is_denial_moved(text: str, old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether a negation moved to another clause: "do not migrate, but breed" → "migrate, but do not breed"."""
    rows = [[token for token in row if token.kind.is_content] for row in (old, new)]
    affirmed = [[token for token in row if token.kind is not TokenKind.NEGATION] for row in rows]
    if any(len(row) != len(rest) + 1 for row, rest in zip(rows, affirmed, strict=True)):
        return False
    negations = (next(at for at, token in enumerate(row) if token.kind is TokenKind.NEGATION) for row in rows)
    first, last = sorted(negations)
    if last >= min(map(len, affirmed)):
        return False
    between = text[affirmed[0][first].end : affirmed[0][last].start]
    return _NEW_CLAUSE.search(between) is not None and all(map(respelt, *affirmed))


def _is_date(row: Sequence[Token]) -> bool:
    """Return whether a part is a date with at least two words: it may be at either end of a sentence."""
    kinds = [token.kind for token in row if token.kind.is_content]
    return (
        len(kinds) > 1
        and kinds[0] in (TokenKind.DATE, TokenKind.NUMBER, TokenKind.FIGURE)
        and TokenKind.DATE in kinds
        and TokenKind.NAME not in kinds
    )


def _are_listed(text: str, row: Sequence[Token], begin: int, end: int) -> bool:
    """Return whether separators follow the first of two parts and precede the second, or the second is in brackets.

    The tokens from `begin` to `end` are between the parts. "The back is green; the belly is white" is no list.
    """
    between = row[begin:end]
    if any(token.kind is TokenKind.TENSE for token in between):
        return False  # "at Ardal; the others were shot at Borvik"
    inside = text[row[begin - 1].end : row[end].start]
    if len(_OPENS.findall(inside)) > len(_CLOSES.findall(inside)):
        return True  # 1806 (文化3年): one thing by two names
    own = next((token.start for token in between if token.kind.is_content), row[end].start)
    other = next((token.end for token in reversed(between) if token.kind.is_content), row[begin - 1].end)
    gaps = text[row[begin - 1].end : own], text[other : row[end].start]
    return all(_SEPARATOR.search(gap) for gap in gaps)


def _are_bracketed(text: str, row: Sequence[Token], begin: int, end: int, stop: int) -> bool:
    """Return whether two parts are in, or directly before, the brackets of two items: "Ardal (3), Borvik (2)".

    The tokens from `begin` to `end` are between them, and the second part ends before `stop`.
    """
    if begin == end:
        return False
    inside, behind = text[row[begin - 1].end : row[end].start], text[row[stop - 1].end :].lstrip()
    marks = [match[0] for match in _BRACKET.finditer(inside)]
    before = inside.lstrip()[:1]
    are_separate = len(marks) > 1 and _CLOSES.match(marks[0]) and _OPENS.match(marks[-1])
    return bool(are_separate or (_OPENS.match(before) and _CLOSES.match(marks[-1]) and _OPENS.match(behind)))


def _is_turned_passive(old: Sequence[Token], new: Sequence[Token]) -> bool:
    """Return whether only a form of "be" and a "by" were added or removed, and all content words kept their order."""
    rows = [[token for token in row if token.kind.is_content] for row in (old, new)]
    if len(rows[0]) != len(rows[1]) or not all(map(respelt, *rows)):
        return False
    own, other = (Counter(token.key for token in row if not token.kind.is_content) for row in (old, new))
    more, less = own - other, other - own
    active, passive = (more, less) if other["by"] > own["by"] else (less, more)
    # "has killed" → "was killed by"
    if active.total() > 1 or not active.keys() <= {"has", "have", "had"}:
        return False
    return (
        passive.total() == len(("was", "by"))
        and passive["by"] == 1
        and any(key in forms().tense or key in ("be", "been", "being") for key in passive)
    )


def exchanged_values(old: Sentence, new: Sentence) -> FieldChange | None:
    """Return a field if the two numbers of a cell were exchanged (2–1 → 1–2), else None."""
    sides = [_PAIR.fullmatch(side.text.strip()) for side in (old, new)]
    if not old.where.is_cell or old.label != new.label or not all(sides):
        return None
    own, other = (side.groups() for side in sides if side)
    return FieldChange(name="roles", old=old.text, new=new.text) if own == other[::-1] else None


def merge_moved_numbers(of_slots: Iterable[FieldChange | None]) -> list[FieldChange]:
    """Return the fields; the only removed and the only added year or number are merged into one changed value."""
    fields = [field for field in of_slots if field]
    removed = [field for field in fields if field.new is None and _is_number(field.old)]
    added = [field for field in fields if field.old is None and _is_number(field.new)]
    if len(removed) != 1 or len(added) != 1:
        return fields
    rest = [field for field in fields if field not in (*removed, *added)]
    name = "date" if any(token.kind is TokenKind.DATE for token in tokens(added[0].new or "")) else "number"
    return [*rest, FieldChange(name=name, old=removed[0].old, new=added[0].new)]


def _is_number(words: str | None) -> bool:
    return bool(words) and all(token.kind in (TokenKind.DATE, TokenKind.NUMBER) for token in tokens(words or ""))
