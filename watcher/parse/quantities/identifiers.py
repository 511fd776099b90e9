"""Numbers that are names are told from numbers that count: Section 370, COVID-19, 2011/92/EU, G20."""

from __future__ import annotations

import re

from watcher.parse.quantities.currency import money_after, money_before
from watcher.parse.quantities.dates import month_at
from watcher.parse.quantities.draft import Found
from watcher.parse.quantities.line import Line
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.tokens import DASHES, NUMBER, SIGN, WORD

NAME_SIGNS = frozenset({"#", "§", "№", "@", "_", "\\", "="})
LISTING = frozenset({",", "and", "or", "&", "–", "-", "to", "‑"})
MOST_DIGITS = 4
CODE_DIGITS = 3
LONG_CODE = 8
LONGEST_SYMBOL = 2
# From Thai on, scripts write words and numbers without spaces between them.
SPACELESS = "\u0e00"
STREET_REACH = 4
NOUN_REACH = 3
_COINED = re.compile(r"[a-zß-ÿ][A-Z]")


def identifier(line: Line, index: int) -> Found | None:
    """A number that is a name or part of one, with all that is glued to it and the list it heads."""
    token = line.at(index)
    if token.kind != NUMBER:
        return _ordinal_name(line, index)
    named = _numbered(line, index)
    if named or any(
        told(line, index) for told in (_glued_before, _code, _screen, _capital_before, _address, _enumerated)
    ):
        after = _past(line, index, listed=named)
        line.names.update(range(index, after))
        return (), after
    return None


def _numbered(line: Line, index: int) -> bool:
    """Whether a word such as "Section", "No." or "p." stands before."""
    before = index - 1
    if line.low(before) in (".", "s") or line.low(before) in ("#", "§"):
        if line.low(before) in NAME_SIGNS:
            return True
        before -= 1
    token = line.at(before)
    language = line.language
    if token.low == "of" and language.has("identifiers.words", f"{line.low(before - 1)} of"):
        return line.at(before - 1).text[:1].isupper()
    if not language.has("identifiers.words", token.low) or line.low(index + 1) in ("%", "/"):
        return False
    if language.has("identifiers.always", token.low) or _counts_after(line, before, index):
        return language.has("identifiers.always", token.low)
    if language.has("identifiers.capital_only", token.low) and not token.text[:1].isupper():
        # "no. 5" and "pp. 5", but "no 5 people" and "level 5 percent" are not.
        return line.low(index - 1) == "." and token.low in ("no", "art", "p", "op", "ch", "sec")
    return not money_before(line, index)


def _counts_after(line: Line, before: int, index: int) -> bool:
    """Whether what follows the number shows that it counts although a naming word stands before it."""
    return line.low(index + 1) not in DASHES and _is_counting(line, index + 1) and not _is_titled(line, before, index)


def _is_titled(line: Line, before: int, index: int) -> bool:
    """Whether a capital makes "Model 3" a name whatever follows: "Model 3 starts at", "Grade 8 students"."""
    token = line.at(before)
    return (
        before == index - 1
        and token.text[:1].isupper()
        and not line.language.has("identifiers.openers", token.low)
        and line.at(index).text.isdecimal()
        and len(line.at(index).text) <= MOST_DIGITS
    )


def is_ranked(line: Line, index: int) -> bool:
    """Whether "No. 5" is a place in a ranking: "ranks No. 5", "the No. 1 song"."""
    before = index - 1 - (line.low(index - 1) == ".")
    return line.low(before) in ("no", "number", "#") and any(
        line.language.has("words.ranking", line.low(back)) for back in range(before - 1, max(before - 4, -1), -1)
    )


def _glued_before(line: Line, index: int) -> bool:
    """G20, COVID-19, F-16, Sars-CoV-2, v2: letters run into the number."""
    if not line.glued(index):
        return False
    before = line.at(index - 1)
    if before.text in NAME_SIGNS:
        # "r=0.71", "n=24" state a value; "width=300" is markup.
        return before.text != "=" or len(line.low(index - 2)) > LONGEST_SYMBOL
    if before.kind == WORD:
        return (
            before.text[-1] < SPACELESS
            and money_before(line, index) is None
            and before.low not in ("c", "ca", "x", "n")
            and before.text != "kr"
        )
    if before.text in DASHES and before.text != "~" and line.glued(index - 1):
        prefix = line.at(index - 2)
        if prefix.text == "Under" and line.at(index - 3).kind == WORD:
            return True  # an age group of a sport: "the Under-21 squad"
        if prefix.kind == WORD:
            return (
                not line.language.has("identifiers.free_prefixes", prefix.low)
                and not line.language.says("units", prefix.low)
                and not line.language.says("durations", prefix.low)
                and not _is_numeral_word(line, index - 2)
                and not month_at(line, index - 2)
            )
    return before.text == "/" and line.at(index - 2).kind == WORD and line.glued(index - 1)


def _is_numeral_word(line: Line, index: int) -> bool:
    return line.low(index) in line.language.starters or line.low(index) in DASHES


def _code(line: Line, index: int) -> bool:
    """370A, 2011/92/EU, 007, phone numbers, 192.168.1.2."""
    token, after = line.at(index), line.at(index + 1)
    if numeral_at(line, index) is None:
        return True
    if len(token.text) > 1 and token.text.isdecimal() and token.text.startswith("0"):
        return not (line.glued(index) and line.low(index - 1) in (":", "."))
    if not line.glued(index + 1):
        return False
    if after.text in ("/", "-") and line.glued(index + 2):
        return _joined_code(line, index, after.text)
    return after.kind == WORD and after.text[0] < SPACELESS and _letters_code(line, index)


def _screen(line: Line, index: int) -> bool:
    """4K video; "4K people" and "$4K" are thousands."""
    name = line.at(index).text + line.at(index + 1).text
    if not line.glued(index + 1) or not line.language.has("identifiers.screens", name) or money_before(line, index):
        return False
    return line.at(index + 2).kind == WORD and not _is_counting(line, index + 2)


def _joined_code(line: Line, index: int, mark: str) -> bool:
    found = numeral_at(line, index)
    if found and found.form == "fraction":
        return False
    second = line.at(index + 2)
    if mark == "/":
        return second.kind == NUMBER
    if second.kind == WORD:
        capitals = len(second.text) > 1 and second.text.isupper()
        unit = line.language.says("unit_signs", second.text) or line.language.says("units", second.low)
        return capitals and not unit and not line.language.has("currency.codes.list", second.text)  # 5-HT
    if second.kind != NUMBER:
        return False
    # Three groups joined by hyphens are a telephone number, an ISBN or a part number; 10-4-2 is a record.
    third = line.at(index + 4)
    joined = line.low(index + 3) == "-" and line.glued(index + 3) and line.glued(index + 4) and third.kind == NUMBER
    return joined and max(len(line.at(index).text), len(second.text), len(third.text)) >= CODE_DIGITS


def _letters_code(line: Line, index: int) -> bool:
    found = numeral_at(line, index)
    after = line.at(index + 1)
    if found is None or found.last > index + 1:
        return False
    language = line.language
    if (
        after.low in ("x", "pc", "pp")
        or after.text in ("C", "F")
        or language.says("unit_signs", after.text)
        or language.says("durations", after.low)
    ):
        return line.at(index + 2).kind == NUMBER and line.glued(index + 2) and line.low(index + 2) not in ("2", "3")
    known = language.says("durations", after.text) or language.says("units", after.low) or money_after(line, found)
    return not known and not language.has("words.clock", after.low)


def _capital_before(line: Line, index: int) -> bool:
    """Boeing 747, iPhone 12, Windows 10: a name in mid-sentence before a bare number."""
    text, before = line.at(index).text, line.at(index - 1)
    if not text.isdecimal() or len(text) > MOST_DIGITS or before.kind != WORD or line.glued(index):
        return False
    if not any(letter.isupper() for letter in before.text):
        return False
    # "Chad 12, Mali 4" tallies; "iOS 17" is coined, so that it names wherever it stands.
    tally = line.at(index - 2).kind == SIGN or any(
        line.at(back).kind == NUMBER and back not in line.names for back in (index - 2, index - 3)
    )
    if (tally or index < 2) and not _COINED.search(before.text):  # noqa: PLR2004
        return False
    if month_at(line, index - 1) or money_before(line, index):
        return False
    found = numeral_at(line, index)
    if found is None or found.last > index + 1 or money_after(line, found):
        return False
    return not (_is_counting(line, index + 1) or line.language.has("years.introduced", before.low))


def _address(line: Line, index: int) -> bool:
    """10 Downing Street."""
    if not line.at(index).text.isdecimal():
        return False
    for at in range(index + 1, index + 1 + STREET_REACH):
        token = line.at(at)
        if token.kind != WORD or not token.text[:1].isupper():
            return False
        if at > index + 1 and line.language.has("identifiers.streets", token.low):
            return True
    return False


def _enumerated(line: Line, index: int) -> bool:
    """The (2) of a list, and a code that stands alone in brackets."""
    text = line.at(index).text
    alone = line.low(index - 1) in ("(", "[") and line.low(index + 1) in (")", "]")
    if alone and line.low(index - 1) == "[" and text.replace(",", "").isdecimal():
        return len(text) < LONG_CODE  # footnote marks: [12], [13,14]
    return alone and text.isdecimal() and (len(text) < CODE_DIGITS or len(text) >= LONG_CODE)


def _is_counting(line: Line, after: int) -> bool:
    """Whether what follows shows that the number counts or measures: "35 young people", not "747 and"."""
    token, language = line.at(after), line.language
    if token.kind != WORD:
        percent = line.phrase_at(language.after["percent"], after) is not None
        return percent or (token.text in DASHES and line.glued(after))
    if language.says("units", token.low) or language.says("unit_signs", token.text):
        return True
    for at in range(after, after + NOUN_REACH):
        word = line.at(at)
        if word.kind != WORD or not word.text.islower() or language.has("noun.stop", word.low):
            return False
        if is_plural(line, at) or language.says("durations", word.low):
            return True
    return False


def _ordinal_name(line: Line, index: int) -> Found | None:
    """Fixed phrases and names: "Section Two", "World War One", "the Big Ten"."""
    before, token = line.at(index - 1), line.at(index)
    if token.kind == WORD and before.kind == WORD and before.text[:1].isupper() and token.text.istitle():
        name = not is_plural(line, index + 1) and not line.language.has("noun.stop", before.low)
        if name and numeral_at(line, index) and not line.language.says("units", line.low(index + 1)):
            return (), index + 1
    if (
        before.text[:1].isupper()
        and line.language.has("identifiers.words", before.low)
        and line.at(index).text[:1].isupper()
    ):
        return (), index + 1
    return None


def _past(line: Line, index: int, *, listed: bool) -> int:
    """The token after the name that begins at `index`."""
    after = index + 1
    while line.glued(after) and (
        line.at(after).kind in (NUMBER, WORD)
        or (line.low(after) in ("/", "-", ".", ":", "(", ")", "‑") and line.glued(after + 1))
    ):
        after += 1
    if not listed:
        return after
    while line.low(after) in LISTING and line.at(after + 1).kind == NUMBER and line.at(after + 1).text.isdecimal():
        following = line.low(after + 2)
        if is_plural(line, after + 2) or following == "%":
            break
        after = _past(line, after + 1, listed=False)
    return after
