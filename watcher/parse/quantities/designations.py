"""Skip numbers that belong to a designation: a verse, a telephone number, a position, a named thing."""

from __future__ import annotations

from watcher.parse.quantities.currency import money_after, money_before
from watcher.parse.quantities.dates import month_at
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.token_stream import DASHES, NUMBER, UNITY, WORD, Match, Numeral, TokenStream
from watcher.parse.quantities.units import unit_after

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
    if line.token(index).kind != NUMBER:
        return None
    for read in (_verse, _telephone, _position, _dots, _catalogued, _titled, _versioned, _name_begun):
        after = read(line, index)
        if after:
            line.names.update(range(index, after))
            return (), after
    return None


def _verse(line: TokenStream, index: int) -> int:
    """John 3:16, Luke 1:1–14, 2:5."""
    if not line.language.contains("identifiers.books", line.lower(index - 1)) or line.lower(index + 1) != ":":
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
    called = line.language.contains("identifiers.telephones", line.lower(before))
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
    """42°40′N, 21° 10′ 30″ E: degrees with minutes say where a thing is."""
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
    if begins and not line.language.contains("noun.verbs", line.lower(index + 1)):
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


def _is_name(line: TokenStream, index: int) -> bool:
    """Return whether a capitalised word names something, and does not open a sentence, qualify or count."""
    token, language = line.token(index), line.language
    if token.kind != WORD or not token.text[:1].isupper() or token.lower.endswith(("ed", "ing")):
        return False
    paths = ("noun.stop", "noun.through", "years.introduced", "words.numbers", "words.scoring", "words.measured")
    if any(language.contains(path, token.lower) for path in (*paths, "identifiers.openers")):
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
