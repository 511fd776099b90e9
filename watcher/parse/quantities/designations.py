"""Skip numbers that belong to a designation: a verse, a telephone number, a position, a named thing."""

from __future__ import annotations

from watcher.parse.quantities.currency import money_after, money_before
from watcher.parse.quantities.dates import month_at
from watcher.parse.quantities.draft import Found
from watcher.parse.quantities.line import ONE, Line, Numeral
from watcher.parse.quantities.nouns import is_plural
from watcher.parse.quantities.numerals import numeral_at
from watcher.parse.quantities.tokens import DASHES, NUMBER, WORD
from watcher.parse.quantities.units import unit_after

FEWEST_DIALLED, FEWEST_GROUPS, TRUNK_DIGITS = 7, 2, 3
CATALOGUE_DIGITS = 4
DOTS_DIGITS = 3
YEARS = range(1500, 2101)
MINUTES = frozenset({"′", "'", "’"})
SECONDS = frozenset({"″", '"', "”"})
SENTENCE_ENDS = frozenset({"", ".", "!", "?", ";", ":", "\u201c", "«"})
DIALLING_SIGNS = frozenset("-()‑–")


def designation(line: Line, index: int) -> Found | None:
    """A number that designates a verse, a telephone, a position on the globe, a catalogued or a named thing."""
    if line.at(index).kind != NUMBER:
        return None
    for read in (_verse, _telephone, _position, _dots, _catalogued, _titled, _versioned, _name_begun):
        after = read(line, index)
        if after:
            line.names.update(range(index, after))
            return (), after
    return None


def _verse(line: Line, index: int) -> int:
    """John 3:16, Luke 1:1–14, 2:5."""
    if not line.language.has("identifiers.books", line.low(index - 1)) or line.low(index + 1) != ":":
        return 0
    after = index + 1
    while (line.low(after) in (":", ",", ";") or line.low(after) in DASHES) and line.at(after + 1).kind == NUMBER:
        after += 2
    return after


def _telephone(line: Line, index: int) -> int:
    """+44 20 7946 0000, 0800 123 456, tel. 555-0100."""
    text = line.at(index).text
    before = index - 1 - (line.low(index - 1) in (".", ":"))
    called = line.language.has("identifiers.telephones", line.low(before))
    abroad = line.low(index - 1) == "+" and line.glued(index)
    trunk = text.isdecimal() and text.startswith("0") and len(text) >= TRUNK_DIGITS
    if not (called or abroad or trunk):
        return 0
    after, groups = index, 0
    while line.at(after).kind == NUMBER or (line.low(after) in DIALLING_SIGNS and after > index):
        groups += line.at(after).kind == NUMBER
        after += 1
    digits = sum(map(str.isdigit, line.text[line.at(index).start : line.at(after - 1).end]))
    return after if groups >= FEWEST_GROUPS and digits >= FEWEST_DIALLED else 0


def _position(line: Line, index: int) -> int:
    """42°40′N, 21° 10′ 30″ E: degrees with minutes say where a thing is."""
    if line.low(index + 1) not in ("°", "º") or line.at(index + 2).kind != NUMBER or line.low(index + 3) not in MINUTES:
        return 0
    after = index + 4
    if line.at(after).kind == NUMBER and line.low(after + 1) in SECONDS:
        after += 2
    return after


def _dots(line: Line, index: int) -> int:
    """1920×1080: the dots of a screen or picture."""
    across, down = line.at(index), line.at(index + 2)
    joined = line.low(index + 1) in ("×", "x") and line.glued(index + 1) and line.glued(index + 2)
    return index + 3 if joined and down.kind == NUMBER and min(len(across.text), len(down.text)) >= DOTS_DIGITS else 0


def _catalogued(line: Line, index: int) -> int:
    """NGC 1300, HD 209458, UNSCR 1244: capitals and a long number."""
    text, before = line.at(index).text, line.at(index - 1)
    capitals = before.kind == WORD and len(before.text) > 1 and before.text.isupper()
    if not capitals or not text.isdecimal() or len(text) < CATALOGUE_DIGITS or int(text[:9]) in YEARS:
        return 0
    return 0 if _is_amount(line, index) else index + 1


def _titled(line: Line, index: int) -> int:
    """Studio 54 closed, Big 12 Conference: a name that begins a sentence, with its number."""
    text, before = line.at(index).text, line.at(index - 1)
    begins = line.low(index - 2) in SENTENCE_ENDS or index - 2 in line.names or index - 3 in line.names
    if not begins or not text.isdecimal() or len(text) > CATALOGUE_DIGITS or not _is_name(line, index - 1):
        return 0
    if int(text) in YEARS or _is_amount(line, index):
        return 0
    after = line.at(index + 1)
    joined = after.low == "and" and line.at(index + 2).text[:1].isupper()
    acts = joined or line.language.has("noun.verbs", after.low) or (after.text.islower() and after.low.endswith("ed"))
    named = after.text.istitle() and not is_plural(line, index + 1) and not month_at(line, index + 1)
    listed = index - 2 in line.names or index - 3 in line.names
    return index + 1 if before.text[1:].islower() and (acts or named or listed) else 0


def _versioned(line: Line, index: int) -> int:
    """Python 3.11, Ubuntu 20.04: a name and a number with one point."""
    text, before = line.at(index).text, line.at(index - 1)
    if text.count(".") != 1 or "," in text or not before.text.istitle() or not _is_name(line, index - 1):
        return 0
    begins = line.at(index - 2).kind != WORD
    if begins and not line.language.has("noun.verbs", line.low(index + 1)):
        return 0
    return 0 if _is_amount(line, index) or line.low(index + 1) in (",", ")", "±") else index + 1


def _name_begun(line: Line, index: int) -> int:
    """1.6 Band, 50 Cent: a number with a point before a capital is part of the name, as is one before a coin's."""
    text, after = line.at(index).text, line.at(index + 1)
    if after.text.istitle() and line.language.says("currency.subunits", after.low):
        return 0 if money_after(line, numeral_at(line, index) or Numeral(index, index, ONE, "digits")) else index + 2
    if text.count(".") != 1 or not text[-1:].isdigit() or not after.text.istitle() or is_plural(line, index + 1):
        return 0
    if money_before(line, index) or _is_amount(line, index) or line.glued(index + 1):
        return 0
    counted = any(line.at(at).text.islower() and is_plural(line, at) for at in (index + 2, index + 3))
    return 0 if counted else index + 1


def _is_name(line: Line, index: int) -> bool:
    """Whether a capitalised word names something, and does not open a sentence, qualify or count."""
    token, language = line.at(index), line.language
    if token.kind != WORD or not token.text[:1].isupper() or token.low.endswith(("ed", "ing")):
        return False
    paths = ("noun.stop", "noun.through", "years.introduced", "words.numbers", "words.scoring", "words.measured")
    if any(language.has(path, token.low) for path in (*paths, "identifiers.openers")):
        return False
    if token.low in language.starters or language.says("units", token.low) or month_at(line, index):
        return False
    return line.phrase_before(language.before["qualifiers"], index + 1) is None


def _is_amount(line: Line, index: int) -> bool:
    """Whether a scale, a unit, a currency or a plural shows that the number measures or counts."""
    found = numeral_at(line, index)
    if found is None:
        return False
    if found.last > index + 1 or found.form != "digits" or unit_after(line, found) or money_after(line, found):
        return True
    if money_before(line, index):
        return True
    return any(line.at(at).text.islower() and is_plural(line, at) for at in (index + 1, index + 2))
