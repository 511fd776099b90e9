"""Recognise numbers that are names or belong to one: Section 370, COVID-19, a verse, a telephone number, a position."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from watcher.parse.quantities.dates import month_at
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import DASHES, NUMBER, SIGN, UNITY, WORD, Match, Numeral, TokenStream
from watcher.parse.quantities.units import money_after, money_before, unit_after

NAME_SIGNS = frozenset({"#", "§", "№", "@", "_", "\\", "="})
LISTING = frozenset({",", "and", "or", "&", "–", "-", "to", "‑"})
MOST_DIGITS = 4
CODE_DIGITS = 3
_PARTS_OF_DEGREE = 3  # degrees, minutes, seconds
LONG_CODE = 8
LONGEST_SYMBOL = 2
# From Thai on, scripts write words and numbers without spaces between them.
SPACELESS = "\u0e00"
STREET_REACH = 4
NOUN_REACH = 3
_QUOTES = frozenset("\"'“‘")
_POSSESSIVE = ("'s", "’s")
_COINED = re.compile(r"[a-zß-ÿ][A-Z]")


def identifier(line: TokenStream, index: int) -> Match | None:
    """Return a number that is a name or part of one, with all that is glued to it and the list it heads."""
    token = line.token(index)
    if token.kind != NUMBER:
        return _ordinal_name(line, index)
    named = _numbered(line, index)
    if named or any(
        reported(line, index) for reported in (_glued_before, _code, _screen, _capital_before, _address, _enumerated)
    ):
        after = _past(line, index, listed=named)
        line.names.update(range(index, after))
        return (), after
    return None


def _numbered(line: TokenStream, index: int) -> bool:
    """Return whether a word such as "Section", "No." or "p." stands before."""
    before = index - 1
    if line.lower(before) in (".", "s") or line.lower(before) in ("#", "§"):
        if line.lower(before) in NAME_SIGNS:
            return True
        before -= 1
    token = line.token(before)
    language = line.language
    if token.lower == "of" and language.contains("identifiers.words", f"{line.lower(before - 1)} of"):
        return line.token(before - 1).text[:1].isupper()
    if not language.contains("identifiers.words", token.lower) or line.lower(index + 1) in ("%", "/"):
        return False
    if language.contains("identifiers.always", token.lower) or _counts_after(line, before, index):
        return language.contains("identifiers.always", token.lower)
    if language.contains("identifiers.capital_only", token.lower) and not token.text[:1].isupper():
        # "no. 5" and "pp. 5", but "no 5 people" and "level 5 percent" are not.
        dotted = line.lower(index - 1) == "." and token.lower in ("no", "art", "p", "op", "ch", "sec")
        # A page or an issue is no amount, unless something is counted: "there were no 5 boats".
        counting = is_counting(line, index + 1) and line.lower(index + 1) not in DASHES
        return dotted or (token.lower in ("no", "p") and not counting)
    return not money_before(line, index)


def _counts_after(line: TokenStream, before: int, index: int) -> bool:
    """Return whether what follows the number shows that it counts although a naming word stands before it."""
    return line.lower(index + 1) not in DASHES and is_counting(line, index + 1) and not _is_titled(line, before, index)


def _is_titled(line: TokenStream, before: int, index: int) -> bool:
    """Return whether a capital makes "Model 3" a name whatever follows: "Model 3 starts at", "Grade 8 students"."""
    token = line.token(before)
    return (
        before == index - 1
        and token.text[:1].isupper()
        and not line.language.contains("identifiers.openers", token.lower)
        and line.token(index).text.isdecimal()
        and len(line.token(index).text) <= MOST_DIGITS
    )


def is_ranked(line: TokenStream, index: int) -> bool:
    """Return whether "No. 5" is a place in a ranking: "ranks No. 5", "the No. 1 song"."""
    before = index - 1 - (line.lower(index - 1) == ".")
    return line.lower(before) in ("no", "number", "#") and any(
        line.has("words.ranking", back) for back in range(before - 1, max(before - 4, -1), -1)
    )


def _glued_before(line: TokenStream, index: int) -> bool:
    """G20, COVID-19, F-16, Sars-CoV-2, v2: letters run into the number."""
    if not line.is_adjacent(index):
        return False
    before = line.token(index - 1)
    if before.text in NAME_SIGNS:
        # "r=0.71", "n=24" state a value; "width=300" is markup.
        return before.text != "=" or len(line.lower(index - 2)) > LONGEST_SYMBOL
    if before.kind == WORD:
        return (
            before.text[-1] < SPACELESS
            and money_before(line, index) is None
            and before.lower not in ("c", "ca", "x", "n")
            and before.text != "kr"
        )
    if before.text in DASHES and before.text != "~" and line.is_adjacent(index - 1):
        prefix = line.token(index - 2)
        if prefix.lower == "under":
            return line.lower(index + 1) != "%"  # an age group: "the under-21 squad"
        if prefix.kind == WORD:
            return (
                not line.language.contains("identifiers.free_prefixes", prefix.lower)
                and not line.language.lookup("units", prefix.lower)
                and not line.language.lookup("durations", prefix.lower)
                and not _is_numeral_word(line, index - 2)
                and not month_at(line, index - 2)
            )
    return before.text == "/" and line.token(index - 2).kind == WORD and line.is_adjacent(index - 1)


def _is_numeral_word(line: TokenStream, index: int) -> bool:
    return line.lower(index) in line.language.starters or line.lower(index) in DASHES


def _code(line: TokenStream, index: int) -> bool:
    """370A, 2011/92/EU, 007, phone numbers, 192.168.1.2."""
    token, after = line.token(index), line.token(index + 1)
    if numeral_at(line, index) is None:
        return True
    if len(token.text) > 1 and token.text.isdecimal() and token.text.startswith("0"):
        return not (line.is_adjacent(index) and line.lower(index - 1) in (":", "."))
    if not line.is_adjacent(index + 1):
        return False
    if after.text in ("/", "-") and line.is_adjacent(index + 2):
        return _joined_code(line, index, after.text)
    # A raised figure behind a number is the mark of a note: 40¹.
    lettered = after.kind == WORD and after.text[0] < SPACELESS and not after.text.isdigit()
    return lettered and _letters_code(line, index)


def _screen(line: TokenStream, index: int) -> bool:
    """4K video; "4K people" and "$4K" are thousands."""
    name = line.token(index).text + line.token(index + 1).text
    if (
        not line.is_adjacent(index + 1)
        or not line.language.contains("identifiers.screens", name)
        or money_before(line, index)
    ):
        return False
    return line.token(index + 2).kind == WORD and not is_counting(line, index + 2)


def _joined_code(line: TokenStream, index: int, mark: str) -> bool:
    numeral = numeral_at(line, index)
    if numeral and numeral.form == "fraction":
        return False
    second = line.token(index + 2)
    if mark == "/":
        return second.kind == NUMBER
    if second.kind == WORD:
        capitals = len(second.text) > 1 and second.text.isupper()
        unit = line.language.lookup("unit_signs", second.text) or line.language.lookup("units", second.lower)
        return capitals and not unit and not line.language.contains("currency.codes.list", second.text)  # 5-HT
    if second.kind != NUMBER:
        return False
    # Three groups joined by hyphens are a telephone number, an ISBN or a part number; 10-4-2 is a record.
    third = line.token(index + 4)
    joined = (
        line.lower(index + 3) == "-"
        and line.is_adjacent(index + 3)
        and line.is_adjacent(index + 4)
        and third.kind == NUMBER
    )
    return joined and max(len(line.token(index).text), len(second.text), len(third.text)) >= CODE_DIGITS


def _letters_code(line: TokenStream, index: int) -> bool:
    numeral = numeral_at(line, index)
    after = line.token(index + 1)
    if numeral is None or numeral.last > index + 1:
        return False
    language = line.language
    if (
        after.lower in ("x", "pc", "pp")
        or after.text in ("C", "F")
        or language.lookup("unit_signs", after.text)
        or language.lookup("durations", after.lower)
    ):
        return (
            line.token(index + 2).kind == NUMBER
            and line.is_adjacent(index + 2)
            and line.lower(index + 2) not in ("2", "3")
        )
    known = (
        language.lookup("durations", after.text) or language.lookup("units", after.lower) or money_after(line, numeral)
    )
    return not known and not language.contains("words.clock", after.lower)


def _capital_before(line: TokenStream, index: int) -> bool:
    """Boeing 747, iPhone 12, Windows 10: a name in mid-sentence before a bare number."""
    text, before = line.token(index).text, line.token(index - 1)
    if not text.isdecimal() or len(text) > MOST_DIGITS or before.kind != WORD or line.is_adjacent(index):
        return False
    possessive = before.text.endswith(_POSSESSIVE) and line.token(index + 1).kind == WORD  # "Ebb's 27 Member Guilds"
    if possessive or not any(letter.isupper() for letter in before.text):
        return False
    # "Chad 12, Mali 4" tallies; "iOS 17" is coined, so that it names wherever it stands.
    tally = line.token(index - 2).kind == SIGN or any(
        line.token(back).kind == NUMBER and back not in line.names for back in (index - 2, index - 3)
    )
    if (tally or index < 2) and not _COINED.search(before.text):  # noqa: PLR2004
        return False
    # A weekday names nothing that has a number: "on Tuesday 13 died" counts, and `labels` knows its days.
    if month_at(line, index - 1) or line.has("identifiers.weekdays", index - 1) or money_before(line, index):
        return False
    numeral = numeral_at(line, index)
    if numeral is None or numeral.last > index + 1 or money_after(line, numeral):
        return False
    kind = line.lower(index + 1) == "-" and line.has("identifiers.kinds", index + 2)
    return kind or not (is_counting(line, index + 1) or line.language.contains("years.introduced", before.lower))


def _address(line: TokenStream, index: int) -> bool:
    """10 Downing Street."""
    if not line.token(index).text.isdecimal():
        return False
    for at in range(index + 1, index + 1 + STREET_REACH):
        token = line.token(at)
        if token.kind != WORD or not token.text[:1].isupper():
            return False
        if at > index + 1 and line.language.contains("identifiers.streets", token.lower):
            return True
    return False


def _enumerated(line: TokenStream, index: int) -> bool:
    """Return the (2) of a list, and a code that stands alone in brackets."""
    text = line.token(index).text
    alone = line.lower(index - 1) in ("(", "[") and line.lower(index + 1) in (")", "]")
    if alone and line.lower(index - 1) == "[" and text.replace(",", "").isdecimal():
        return len(text) < LONG_CODE  # footnote marks: [12], [13,14]
    return alone and text.isdecimal() and (len(text) < CODE_DIGITS or len(text) >= LONG_CODE)


def is_counting(line: TokenStream, after: int) -> bool:
    """Return whether what follows shows that the number counts or measures: "35 young people", not "747 and"."""
    token, language = line.token(after), line.language
    if token.kind != WORD:
        percent = line.phrase_at(language.after["percent"], after) is not None
        return percent or (token.text in DASHES and line.is_adjacent(after))
    if language.lookup("units", token.lower) or language.lookup("unit_signs", token.text):
        return True
    for at in range(after, after + NOUN_REACH):
        word = line.token(at)
        if word.kind != WORD or not word.text.islower() or language.contains("noun.stop", word.lower):
            return False
        if is_plural(line, at) or language.lookup("durations", word.lower):
            return True
    return False


def _ordinal_name(line: TokenStream, index: int) -> Match | None:
    """Find fixed phrases and names: "Section Two", "World War One", "the Big Ten"."""
    before, token = line.token(index - 1), line.token(index)
    if token.kind == WORD and before.kind == WORD and before.text[:1].isupper() and token.text.istitle():
        name = not is_plural(line, index + 1) and not line.language.contains("noun.stop", before.lower)
        if name and numeral_at(line, index) and not line.lookup("units", index + 1):
            return (), index + 1
    part = before.text[:1].isupper() and line.language.contains("identifiers.words", before.lower)
    part = part and not line.has("pronoun_one.before", index - 1) and numeral_at(line, index) is not None
    if _is_named_by_number(line, index) or (part and not is_counting(line, index + 1)):
        return (), index + 1
    if (
        before.text[:1].isupper()
        and line.language.contains("identifiers.words", before.lower)
        and line.token(index).text[:1].isupper()
    ):
        return (), index + 1
    return None


def _is_named_by_number(line: TokenStream, index: int) -> bool:
    """Return whether a capital in mid-sentence makes a small number part of a name: "Group of Eight", "The Thirty"."""
    before, token = line.token(index - 1), line.token(index)
    # A title in quotation marks may begin with it, and so may a quoted sentence, which goes on in small letters.
    titled = before.text in _QUOTES and line.token(index + 1).text.istitle()
    led = before.text.islower() or line.has("words.determiners", index - 1) or titled
    # "The Group of Eight meetings": a name, whatever follows.
    grouped = line.has("words.of", index - 1) and line.token(index - 2).text.istitle()
    if not index or not led or not token.text.istitle() or (is_counting(line, index + 1) and not grouped):
        return False
    numeral = numeral_at(line, index)
    if numeral is None or numeral.form != "words" or numeral.last != index + 1:
        return False
    # "A Hundred Boats of Ebb" is a title, "Two Million dollars" is money.
    article = line.has("words.article", index - 1) and line.token(index + 1).text.istitle()
    return (numeral.scale == UNITY or article) and not line.language.contains("noun.endings", "capital")


def _past(line: TokenStream, index: int, *, listed: bool) -> int:
    """Return the token after the name that begins at `index`."""
    after = index + 1
    while line.is_adjacent(after) and (
        line.token(after).kind in (NUMBER, WORD)
        or (line.lower(after) in ("/", "-", ".", ":", "(", ")", "‑") and line.is_adjacent(after + 1))
    ):
        after += 1
    if not listed:
        return after
    while (
        line.lower(after) in LISTING and line.token(after + 1).kind == NUMBER and line.token(after + 1).text.isdecimal()
    ):
        following = line.lower(after + 2)
        if is_plural(line, after + 2) or following == "%":
            break
        after = _past(line, after + 1, listed=False)
    return after


FEWEST_DIALLED, FEWEST_GROUPS, TRUNK_DIGITS = 7, 2, 3
CATALOGUE_DIGITS = 4
DOTS_DIGITS = 3
YEARS = range(1500, 2101)
MINUTES = frozenset({"′", "'", "’"})
SECONDS = frozenset({"″", '"', "”"})
SENTENCE_ENDS = frozenset({"", ".", "!", "?", ";", ":", "\u201c", "«"})
DIALLING_SIGNS = frozenset("-()‑–")


def designation(line: TokenStream, index: int) -> Match | None:
    """Return a number that designates a verse, a telephone, a position on the globe, a catalogued or a named thing."""
    return uncounted(
        line, index, (_verse, _telephone, _position, _dots, _catalogued, _titled, _versioned, _name_begun, _unknown)
    )


def uncounted(line: TokenStream, index: int, readers: Iterable[Callable[[TokenStream, int], int]]) -> Match | None:
    """Return a number with all that the first reader that knows it takes as no count; a reader returns its end or 0."""
    if line.token(index).kind != NUMBER:
        return None
    for read in readers:
        after = read(line, index)
        if after:
            line.names.update(range(index, after))
            return (), after
    return None


def _verse(line: TokenStream, index: int) -> int:
    """John 3:16, Luke 1:1–14, 2:5."""
    if not line.has("identifiers.books", index - 1) or line.lower(index + 1) != ":":
        return 0
    after = index + 1
    while (line.lower(after) in (":", ",", ";") or line.lower(after) in DASHES) and line.token(
        after + 1
    ).kind == NUMBER:
        after += 2
    return after


def _telephone(line: TokenStream, index: int) -> int:
    """+44 20 7946 0000, 0800 123 456, tel. 555-0100."""
    text = line.token(index).text
    before = index - 1 - (line.lower(index - 1) in (".", ":"))
    called = line.has("identifiers.telephones", before)
    abroad = line.lower(index - 1) == "+" and line.is_adjacent(index)
    trunk = text.isdecimal() and text.startswith("0") and len(text) >= TRUNK_DIGITS
    if not (called or abroad or trunk):
        return 0
    after, groups = index, 0
    while line.token(after).kind == NUMBER or (line.lower(after) in DIALLING_SIGNS and after > index):
        groups += line.token(after).kind == NUMBER
        after += 1
    digits = sum(map(str.isdigit, line.text[line.token(index).start : line.token(after - 1).end]))
    return after if groups >= FEWEST_GROUPS and digits >= FEWEST_DIALLED else 0


def _position(line: TokenStream, index: int) -> int:
    """42°40′N, 21° 10′ 30″ E, 36 58 59 N 35 19 58 E: degrees with minutes say where a thing is."""
    north = _degrees_to(line, index, "NS")
    east = _degrees_to(line, north, "EWO") if north else 0
    if east:
        return east
    if (
        line.lower(index + 1) not in ("°", "º")
        or line.token(index + 2).kind != NUMBER
        or line.lower(index + 3) not in MINUTES
    ):
        return 0
    after = index + 4
    if line.token(after).kind == NUMBER and line.lower(after + 1) in SECONDS:
        after += 2
    return after


def _degrees_to(line: TokenStream, index: int, letters: str) -> int:
    """Return the index after up to three numbers and the letter of a direction, 0 where there are none."""
    after = index
    while line.token(after).kind == NUMBER and after < index + _PARTS_OF_DEGREE:
        after += 1
    return after + 1 if after > index and line.token(after).text in frozenset(letters) else 0


def _dots(line: TokenStream, index: int) -> int:
    """1920×1080: the dots of a screen or picture."""
    across, down = line.token(index), line.token(index + 2)
    joined = line.lower(index + 1) in ("×", "x") and line.is_adjacent(index + 1) and line.is_adjacent(index + 2)
    return index + 3 if joined and down.kind == NUMBER and min(len(across.text), len(down.text)) >= DOTS_DIGITS else 0


def _catalogued(line: TokenStream, index: int) -> int:
    """NGC 1300, HD 209458, UNSCR 1244: capitals and a long number."""
    text, before = line.token(index).text, line.token(index - 1)
    capitals = before.kind == WORD and len(before.text) > 1 and before.text.isupper()
    if not capitals or not text.isdecimal() or len(text) < CATALOGUE_DIGITS or int(text[:9]) in YEARS:
        return 0
    return 0 if _is_amount(line, index) else index + 1


def _titled(line: TokenStream, index: int) -> int:
    """Studio 54 closed, Big 12 Conference: a name that begins a sentence, with its number."""
    text, before = line.token(index).text, line.token(index - 1)
    begins = line.lower(index - 2) in SENTENCE_ENDS or index - 2 in line.names or index - 3 in line.names
    if not begins or not text.isdecimal() or len(text) > CATALOGUE_DIGITS or not _is_name(line, index - 1):
        return 0
    if int(text) in YEARS or _is_amount(line, index):
        return 0
    after = line.token(index + 1)
    joined = after.lower == "and" and line.token(index + 2).text[:1].isupper()
    acts = (
        joined
        or line.language.contains("noun.verbs", after.lower)
        or (after.text.islower() and after.lower.endswith("ed"))
    )
    named = after.text.istitle() and not is_plural(line, index + 1) and not month_at(line, index + 1)
    listed = index - 2 in line.names or index - 3 in line.names
    return index + 1 if before.text[1:].islower() and (acts or named or listed) else 0


def _versioned(line: TokenStream, index: int) -> int:
    """Python 3.11, Ubuntu 20.04: a name and a number with one point."""
    text, before = line.token(index).text, line.token(index - 1)
    if text.count(".") != 1 or "," in text or not before.text.istitle() or not _is_name(line, index - 1):
        return 0
    begins = line.token(index - 2).kind != WORD
    if begins and not line.has("noun.verbs", index + 1):
        return 0
    return 0 if _is_amount(line, index) or line.lower(index + 1) in (",", ")", "±") else index + 1


def _name_begun(line: TokenStream, index: int) -> int:
    """1.6 Band, 50 Cent: a number with a point before a capital is part of the name, as is one before a coin's."""
    text, after = line.token(index).text, line.token(index + 1)
    if after.text.istitle() and line.language.lookup("currency.subunits", after.lower):
        return 0 if money_after(line, numeral_at(line, index) or Numeral(index, index, UNITY, "digits")) else index + 2
    if text.count(".") != 1 or not text[-1:].isdigit() or not after.text.istitle() or is_plural(line, index + 1):
        return 0
    if money_before(line, index) or _is_amount(line, index) or line.is_adjacent(index + 1):
        return 0
    counted = any(line.token(at).text.islower() and is_plural(line, at) for at in (index + 2, index + 3))
    return 0 if counted else index + 1


def _unknown(line: TokenStream, index: int) -> int:
    """19??: a year of which not all digits are known."""
    marks = all(line.lower(at) == "?" and line.is_adjacent(at) for at in (index + 1, index + 2))
    return index + 3 if marks and line.token(index).text.isdecimal() else 0


def _is_name(line: TokenStream, index: int) -> bool:
    """Return whether a capitalised word names something, and does not open a sentence, qualify or count."""
    token, language = line.token(index), line.language
    if token.kind != WORD or not token.text[:1].isupper() or token.lower.endswith(("ed", "ing")):
        return False
    paths = ("noun.stop", "noun.through", "years.introduced", "words.numbers", "words.scoring", "words.measured")
    if any(language.contains(path, token.lower) for path in (*paths, "identifiers.openers", "identifiers.weekdays")):
        return False
    if token.lower in language.starters or language.lookup("units", token.lower) or month_at(line, index):
        return False
    return line.phrase_before(language.before["qualifiers"], index + 1) is None


def _is_amount(line: TokenStream, index: int) -> bool:
    """Return whether a scale, a unit, a currency or a plural shows that the number measures or counts."""
    numeral = numeral_at(line, index)
    if numeral is None:
        return False
    if numeral.last > index + 1 or numeral.form != "digits" or unit_after(line, numeral) or money_after(line, numeral):
        return True
    if money_before(line, index):
        return True
    return any(line.token(at).text.islower() and is_plural(line, at) for at in (index + 1, index + 2))
