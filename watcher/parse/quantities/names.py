"""Recognise numbers that are a name, part of a name, or a label: Section 370, COVID-19, a verse, a note's mark."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice, takewhile

from watcher.parse.quantities.dates import LAST_YEAR, USUAL_YEAR, month_at
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import DASHES, NUMBER, REACH, SIGN, UNITY, UNSPACED, WORD, Match, TokenStream
from watcher.parse.quantities.units import is_plural, money_after, money_before, unit_after

_NAME_SIGNS = frozenset({"#", "§", "№", "〒", "@", "_", "\\", "="})
_LISTING = frozenset({",", "and", "or", "&", "to"}) | DASHES
_JOINING = frozenset({"/", "-", ".", ":", "(", ")", "‑"})
_SENTENCE_ENDS = frozenset({"", ".", "!", "?", ";", ":", "\u201c", "«"})
_BEFORE_POINTS = _SENTENCE_ENDS | {",", "and", "or", "&", "-", "–", "—"}
_GLUED_NOTES = frozenset({".", ",", "”", '"'})
_NAME_DIGITS = 4  # of a lone number in a name: PlayStation 4, NGC 1300
_NOTE_DIGITS = 3  # of a note's mark, and of the longest part of a code
_LABEL_DIGITS = 2  # of a list item; one or two letters before "=" are the symbol of a quantity (r = 0.71)
# From Thai on, scripts write words and numbers without spaces between them.
_SPACELESS = "\u0e00"
_COINED = re.compile(r"[a-zß-ÿ][A-Z]")
# Two levels of Japanese administration and the text after them: 津山市下賀茂19.
_JAPANESE_ADDRESS = re.compile(
    "[都道府県郡市区町村][^のはがでにを]{0,12}[郡市区町村字][^のはがでにを]{0,12}(?<![数口積計額率高])$"
)
_OPENING, _CLOSING = "『《〈", "』》〉"  # of the title of a work
_TITLE_REACH = 40  # tokens


def designation(line: TokenStream, index: int) -> Match | None:
    """Match a number of a verse, a position on the globe, an address or a named thing, even if it looks like a year."""
    names = (_verse, _position, _catalogued, _titled, _versioned, _numbered_behind, _of_work)
    return _uncounted(line, index, names)


def identifier(line: TokenStream, index: int) -> Match | None:
    """Match a number that is a label, a name or part of a name, with everything that is attached to it."""
    if line.token(index).kind != NUMBER:
        return _ordinal_name(line, index)
    return _uncounted(line, index, (_point, _note, _sum, _named))


def _uncounted(line: TokenStream, index: int, readers: tuple[Callable[[TokenStream, int], int], ...]) -> Match | None:
    """Match a number that one of the readers recognises, up to the end that it returns, as no quantity; or None."""
    if line.token(index).kind != NUMBER:
        return None
    after = next((after for read in readers if (after := read(line, index))), 0)
    line.names.update(range(index, after))
    return ((), after) if after else None


def is_ranked(line: TokenStream, index: int) -> bool:
    """Return whether "No. 5" is a rank: "ranks No. 5", "the No. 1 song"."""
    before = index - 1 - (line.lower(index - 1) == ".")
    return line.lower(before) in ("no", "number", "#") and any(
        line.has("words.ranking", back) for back in range(before - 1, max(before - 4, -1), -1)
    )


def is_counting(line: TokenStream, after: int) -> bool:
    """Return whether the next words show that a number counts or measures: "35 young people", but not "747 and"."""
    token, language = line.token(after), line.language
    if line.has("words.range", after) and line.token(after + 1).kind == NUMBER:
        return is_counting(line, after + 2)  # "wiegt der Falke 19 bis 24 Gramm"
    if token.kind != WORD:
        percent = line.phrase_at(language.after["percent"], after) is not None
        return percent or (token.text in DASHES and line.is_adjacent(after))
    if language.tables["units"].get(token.lower) or language.tables["unit_signs"].get(token.text):
        return True
    for at in range(after, after + REACH):
        word = line.token(at)
        # A capital begins a name, but in German every noun has one: "hatte die Stadt 374 Arbeiter".
        named = not word.text.islower() and not _has_capital_nouns(line)
        if word.kind != WORD or named or word.lower in language.sets["noun.stop"]:
            return False
        if is_plural(line, at) or language.tables["durations"].get(word.lower):
            return True
    return False


# Names


def _named(line: TokenStream, index: int) -> int:
    """Return the end of a number that a word or sign makes a name, with the list that it begins; else 0."""
    listed = _numbered(line, index)
    # The (2) of a list, and a footnote's [12] or [13,14].
    text, opening = line.token(index).text, line.lower(index - 1)
    enclosed = opening in ("(", "[") and line.lower(index + 1) in (")", "]")
    enumerated = enclosed and (opening == "[" or (text.isdecimal() and len(text) < _NOTE_DIGITS))
    named = any(read(line, index) for read in (_glued_before, _code, _capital_before, _is_address))
    return _past(line, index, listed=listed) if listed or named or enumerated else 0


def _numbered(line: TokenStream, index: int) -> bool:
    """Return whether a word such as "Section", "No." or "p." precedes the number."""
    before = index - 1
    if line.lower(before) in ("#", "§"):
        return True
    before -= line.lower(before) in (".", "s")
    token, language = line.token(before), line.language
    if token.lower not in language.sets["identifiers.words"] or line.lower(index + 1) in ("%", "/"):
        return False
    capital = token.text[:1].isupper()
    # "Model 3 starts at", "Grade 8 students": directly after a capital, the number is a name whatever follows.
    counting = line.lower(index + 1) not in DASHES and is_counting(line, index + 1)
    if counting and not (capital and before == index - 1):
        return False
    if token.lower in language.sets["identifiers.capital_only"] and not capital:
        return line.lower(index - 1) == "."  # "no. 5" and "pp. 5", but "level 5 percent" is not
    return not money_before(line, index)


def _glued_before(line: TokenStream, index: int) -> bool:
    """Return whether letters run into the number: G20, COVID-19, F-16, Sars-CoV-2, v2."""
    if not line.is_adjacent(index):
        return False
    before, prefix = line.token(index - 1), line.token(index - 2)
    # "s.73", "ม.73", "v.2"
    lettered = prefix.kind == WORD and len(prefix.text) == 1 and line.is_adjacent(index - 1)
    if before.text == "." and lettered and prefix.lower != "c" and money_before(line, index) is None:
        return True
    if before.text in _NAME_SIGNS:
        # "r=0.71", "n=24" state a value; "width=300" is markup.
        return before.text != "=" or len(prefix.text) > _LABEL_DIGITS
    if before.kind == WORD:
        spaceless = before.text[-1] >= _SPACELESS
        return not spaceless and before.lower not in ("c", "x", "n") and money_before(line, index) is None
    dashed = before.text in DASHES and before.text != "~" and line.is_adjacent(index - 1)
    free = dashed and line.has("identifiers.free_prefixes", index - 2)  # "a magnitude-7.8 quake"
    return (dashed or before.text == "/") and prefix.kind == WORD and not free


def _code(line: TokenStream, index: int) -> bool:
    """Return whether it is a code: 370A, 49B-Vell, 2011/92/EU, 007, 19??, telephone numbers, 192.168.1.2, 5-HT."""
    token, after, second = line.token(index), line.token(index + 1), line.token(index + 2)
    numeral = numeral_at(line, index)
    if numeral is None or (len(token.text) > 1 and token.text.isdecimal() and token.text.startswith("0")):
        return True
    if line.is_adjacent(index + 1) and (
        after.text == second.text == "?"  # 19??
        # A Japanese postcode, 838-0127
        or (after.text == "-" and second.kind == NUMBER and second.text[0] == "0" and len(second.text) == _NAME_DIGITS)
        # Lotus 49B-Cosworth
        or (len(after.text) == 1 and after.text.isupper() and second.text == "-" and line.token(index + 3).kind == WORD)
    ):
        return True
    if not line.is_adjacent(index + 1) or numeral.form == "fraction" or numeral.last > index + 1:
        return False
    if after.text in ("/", "-") and line.is_adjacent(index + 2):
        if after.text == "/" or second.kind == WORD:
            return second.kind == NUMBER or (after.text == "-" and len(second.text) > 1 and second.text.isupper())
        # Three groups joined by hyphens are a telephone number, an ISBN or a part number; 10-4-2 is a record.
        third = line.token(index + 4).text if line.lower(index + 3) == "-" else ""
        return third.isdecimal() and max(map(len, (token.text, second.text, third))) >= _NOTE_DIGITS
    # A superscript after a number is the mark of a note: 40¹.
    if after.kind != WORD or after.text[0] >= _SPACELESS or after.text.isdigit():
        return False
    if after.text in ("x", "C", "F") or line.language.tables["unit_signs"].get(after.text.rstrip("²³")):
        return second.kind == NUMBER and line.is_adjacent(index + 2) and second.text not in ("2", "3")
    return not money_after(line, numeral)


def _capital_before(line: TokenStream, index: int) -> bool:
    """Return whether a name in mid-sentence precedes a bare number: Boeing 747, iPhone 12, Windows 10."""
    text, before = line.token(index).text, line.token(index - 1)
    if not text.isdecimal() or len(text) > _NAME_DIGITS or before.kind != WORD or line.is_adjacent(index):
        return False
    if before.text.endswith(("'s", "’s")) or before.text == before.lower:
        return False  # "Ebb's 27 Member Guilds"
    # "Chad 12, Mali 4" is a tally; a coined word as in "iOS 17" is a name everywhere.
    tally = line.token(index - 2).kind == SIGN or any(
        line.token(back).kind == NUMBER and back not in line.names for back in (index - 2, index - 3)
    )
    if (tally and not _COINED.search(before.text)) or money_before(line, index):
        return False
    return not (is_counting(line, index + 1) or before.lower in line.language.sets["years.introduced"])


def _is_address(line: TokenStream, index: int) -> bool:
    """Return whether it is a house number: 10 Downing Street."""
    ahead = range(index + 1, index + 1 + REACH)
    capitals = takewhile(lambda at: line.token(at).kind == WORD and line.token(at).text[0].isupper(), ahead)
    return any(line.has("identifiers.streets", at) for at in islice(capitals, 1, None))


def _past(line: TokenStream, index: int, *, listed: bool) -> int:
    """Return the token after the name that begins at `index` and, if `listed`, after the list that it begins."""
    after = index + 1
    while line.is_adjacent(after) and (
        line.token(after).kind in (NUMBER, WORD) or (line.lower(after) in _JOINING and line.is_adjacent(after + 1))
    ):
        after += 1
    while listed and line.lower(after) in _LISTING and line.token(after + 1).kind == NUMBER:
        after = _past(line, after + 1, listed=False)
    return after


def _ordinal_name(line: TokenStream, index: int) -> Match | None:
    """Match fixed phrases and names in words: "Section Two", "World War One", "the Big Ten", "the Group of Eight"."""
    before, token, after = line.token(index - 1), line.token(index), line.token(index + 1)
    numeral = numeral_at(line, index) if index else None
    if numeral is None:
        return None
    counted = is_counting(line, index + 1)
    if before.kind == WORD and before.text[:1].isupper():
        labelled = line.has("identifiers.words", index - 1) and not line.has("pronoun_one.before", index - 1)
        if labelled and not (counted and token.text.islower()):
            return (), index + 1
        if token.text.istitle() and not is_plural(line, index + 1) and not line.has("noun.stop", index - 1):
            return (), index + 1
    # A quoted title may begin with the number; so may a quoted sentence, which continues in lower case.
    titled = before.text in ('"', "'", "“", "‘") and after.text.istitle()
    led = before.text.islower() or line.has("words.determiners", index - 1) or titled
    lone = token.text.istitle() and numeral.form == "words" and numeral.last == index + 1 and numeral.scale == UNITY
    return ((), index + 1) if led and lone and not counted and not _has_capital_nouns(line) else None


def _has_capital_nouns(line: TokenStream) -> bool:
    return "capital" in line.language.sets["noun.endings"]


def _verse(line: TokenStream, index: int) -> int:
    """Return the end of a verse (John 3:16, Luke 1:1–14, 2:5), else 0."""
    if not line.has("identifiers.books", index - 1) or line.lower(index + 1) != ":":
        return 0
    after = index + 1
    while line.lower(after) in {":", ",", ";"} | DASHES and line.token(after + 1).kind == NUMBER:
        after += 2
    return after


def _position(line: TokenStream, index: int) -> int:
    """Return the end of a position in degrees, minutes and seconds (36 58 59 N 35 19 58 E), else 0."""
    after = index
    for letters in ("NS", "EWO"):
        begin = after
        while line.token(after).kind == NUMBER and after < begin + len(("°", "′", "″")):
            after += 1
        if after == begin or line.token(after).text not in tuple(letters):
            return 0
        after += 1
    return after


def _numbered_behind(line: TokenStream, index: int) -> int:
    """Return the end of a page or house number (47頁, 2丁目3-9, 下賀茂19-1, 滋賀県竜王町綾戸467), else 0."""
    numeral = numeral_at(line, index)
    last = numeral.last if numeral else index + 1
    while line.lower(last) == "・" and line.token(last + 1).kind == NUMBER:  # バス32・93・203系統
        last += 2
    if line.is_adjacent(last) and line.has("identifiers.behind", last):
        return _past(line, index, listed=False) if line.token(last + 1).kind == NUMBER else last + 1
    before, after = line.token(index - 1), index
    if before.text[-1:] < UNSPACED or not line.is_adjacent(index):
        return 0
    while line.lower(after + 1) in DASHES and line.token(after + 2).kind == NUMBER and line.is_adjacent(after + 2):
        after += 2
    ends = line.token(after + 1).kind == SIGN and line.lower(after + 1) not in ("%", "％")
    is_house = after > index or (len(line.token(index).text) <= _NAME_DIGITS and _JAPANESE_ADDRESS.search(before.text))
    return after + 1 if ends and is_house else 0


def _of_work(line: TokenStream, index: int) -> int:
    """Return the end of a number in a title (『二十四の瞳24』), or of volume and pages (Vell, 10, 219-253), else 0."""
    for at in range(index - 1, max(index - _TITLE_REACH, -1), -1):
        if (sign := line.token(at).text) and sign in _CLOSING:
            break
        if sign and sign in _OPENING:
            return index + 1
    pages = line.token(index + 2).kind == line.token(index + 4).kind == NUMBER and line.lower(index + 3) in DASHES
    is_volume = line.lower(index - 1) == line.lower(index + 1) == "," and line.token(index + 5).kind != WORD
    return index + 5 if pages and is_volume else 0


def _catalogued(line: TokenStream, index: int) -> int:
    """Return the end of a long number after capitals (NGC 1300, HD 209458, UNSCR 1244), else 0."""
    text, before = line.token(index).text, line.token(index - 1)
    capitals = before.kind == WORD and len(before.text) > 1 and before.text.isupper()
    if not capitals or not text.isdecimal() or len(text) < _NAME_DIGITS or _is_year(text):
        return 0
    return 0 if _is_amount(line, index) else index + 1


def _titled(line: TokenStream, index: int) -> int:
    """Return the end of the number in a name that begins a sentence (Studio 54 closed, Big 12 Conference), else 0."""
    text, before, after = line.token(index).text, line.token(index - 1), line.token(index + 1)
    listed = index - 2 in line.names or index - 3 in line.names
    if not (listed or line.lower(index - 2) in _SENTENCE_ENDS) or not text.isdecimal() or len(text) > _NAME_DIGITS:
        return 0
    if _is_year(text) or not before.text[1:].islower() or not _is_name(line, index - 1) or _is_amount(line, index):
        return 0
    acts = line.has("noun.verbs", index + 1) or (after.text.islower() and after.lower.endswith("ed"))
    named = after.text.istitle() and not is_plural(line, index + 1) and not month_at(line, index + 1)
    return index + 1 if acts or named or listed else 0


def _versioned(line: TokenStream, index: int) -> int:
    """Return the end of a number with one point beside a name (Python 3.11, Ubuntu 20.04, 1.6 Band), else 0."""
    text, before, after = line.token(index).text, line.token(index - 1).text, line.token(index + 1).text
    if text.count(".") != 1:
        return 0
    ends = "," not in text and before.istitle() and line.token(index - 2).kind == WORD and _is_name(line, index - 1)
    begins = after.istitle() and not is_plural(line, index + 1) and not money_before(line, index)
    return index + 1 if (ends or begins) and not _is_amount(line, index) else 0


def _is_year(text: str) -> bool:
    return len(text) == _NAME_DIGITS and USUAL_YEAR <= int(text) <= LAST_YEAR


def _is_name(line: TokenStream, index: int) -> bool:
    """Return whether a capitalised word is a name, and does not open a sentence, qualify or count."""
    token, language = line.token(index), line.language
    if token.kind != WORD or not token.text[:1].isupper() or token.lower.endswith(("ed", "ing")):
        return False
    paths = ("noun.stop", "noun.through", "years.introduced", "words.numbers", "words.scoring")
    if any(token.lower in language.sets[path] for path in paths) or month_at(line, index):
        return False
    return token.lower not in language.starters and line.phrase_before(language.before["qualifiers"], index + 1) is None


def _is_amount(line: TokenStream, index: int) -> bool:
    """Return whether a scale, a unit, a currency or a plural shows that the number measures or counts."""
    numeral = numeral_at(line, index)
    if numeral and (numeral.last > index + 1 or unit_after(line, numeral) or money_after(line, numeral)):
        return True
    nouns = _has_capital_nouns(line)
    return any((nouns or line.token(at).text.islower()) and is_plural(line, at) for at in (index + 1, index + 2))


# Labels


def _point(line: TokenStream, index: int) -> int:
    """Return the end of a list label (1) wood and 2) stone; 1. wood, 2. stone; a line of only "3."), else 0."""
    text, mark = line.token(index).text, line.lower(index + 1)
    if not text.isdecimal() or len(text) > _LABEL_DIGITS or not line.is_adjacent(index + 1):
        return 0
    before, following = line.lower(index - 1) if index else "", line.token(index + 2)
    if mark == ")":
        opened = (line.lower(at) for at in range(index - 1, max(index - REACH, -1), -1))
        inside = next((sign for sign in opened if sign in ("(", ")")), ")") == "("
        return index + 2 if before in _BEFORE_POINTS and not inside else 0
    # In many languages "3." is an ordinal; in others, no full stop of a sentence precedes a lower-case letter.
    if mark != "." or not line.language.sets["words.ordinal_suffixes"]:
        return 0
    alone = index + 2 == line.count and before in ("", ":")
    parted = following.kind == WORD and not line.is_adjacent(index + 2) and following.text[0].islower()
    return index + 2 if alone or parted else 0


def _note(line: TokenStream, index: int) -> int:
    """Return the end of a note's mark that a pasted text has kept as digits (Boats.12 They), else 0."""
    text, before, following = line.token(index).text, line.token(index - 1), line.token(index + 1)
    if not text.isdecimal() or len(text) > _NOTE_DIGITS or not line.is_adjacent(index):
        return 0
    ended = before.text in _GLUED_NOTES and line.is_adjacent(index - 1) and line.token(index - 2).kind != NUMBER
    apart = following.kind != WORD or following.text[0].isupper()
    if not ended or not apart or money_before(line, index) or is_counting(line, index + 1):
        return 0
    return 0 if line.phrase_before(line.language.before["qualifiers"], index) else index + 1


def _sum(line: TokenStream, index: int) -> int:
    """Return the end of a calculation (2 + 2 = 4), else 0; "3 + 4 people" and "$1 = 3.5 marks" are quantities."""
    after = index + 1
    while line.lower(after) in ("+", "=") and line.token(after + 1).kind == NUMBER:
        after += 2
    if money_before(line, index) or (after > index + 1 and is_counting(line, after)):
        return 0
    return after if after > index + 1 or line.lower(after) == "=" else 0
