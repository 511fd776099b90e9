"""Test sentences that quantity extractors often misread: the quantities of each, in order."""

from __future__ import annotations

import sys
from decimal import Decimal
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher.model import Measure
from watcher.parse.quantities import read_quantities
from watcher.parse.quantities.extractor import CACHED_LENGTH, _read
from watcher.parse.quantities.languages import language_of

# Text of the sentence, then each quantity as "value measure unit"; bounds as "low..high".
CASES = {
    "a year is no quantity": (
        "In 2012 the agency counted 21 million workers.",
        ["2012 year", "21000000 count workers"],
    ),
    "a year is not fused with the next number": (
        "The treaty had, as of November, 2018 173 parties.",
        ["2018 date", "173 count parties"],
    ),
    "two figures with years stay apart": (
        "Down from 246 million in 2000 to 168 million pupils in 2012.",
        ["246000000 count", "2000 year", "168000000 count pupils", "2012 year"],
    ),
    "a year-shaped count counts": (
        "Between 1914 and 1918 the yard had 1914 employees.",
        ["1914 year", "1918 year", "1914 count employees"],
    ),
    "a rank is no third": ("It is the third largest port.", ["3 rank port"]),
    "an ordinal in digits is the same rank": ("It is the 3rd-largest port.", ["3 rank port"]),
    "in is no inch": ("They earned $31 billion in fees.", ["31000000000 currency USD"]),
    "a bracket is no minus": ("The yearly sum ($100,000) rose.", ["100000 currency USD"]),
    "a pound sign with bn": ("It cost £1.3bn and €900m.", ["1300000000 currency GBP", "900000000 currency EUR"]),
    "a code, a space and bn": ("Profits reached US$ 31.6 bn.", ["31600000000 currency USD"]),
    "a range with a dash": ("Some 1,100–1,200 people stayed.", ["1100..1200 count people"]),
    "a range with to": ("Estimates run from 5,000 to 10,000 boats.", ["5000..10000 count boats"]),
    "a range of percents": ("Prevalence was 0.5–1% there.", ["0.5..1 percent %"]),
    "a scale said once": ("Between 10 and 15 million trees fell.", ["10000000..15000000 count trees"]),
    "a currency said once": ("Between $5 and $7 billion was lost.", ["5000000000..7000000000 currency USD"]),
    "a rise is two figures": ("It rose from 5 to 10 percent.", ["5 percent %", "10 percent %"]),
    "dozens": ("About three dozen boats and a dozen crews left.", ["36 count boats", "12 count crews"]),
    "one in three": ("One in three boats leak.", ["0.3333333333333333333333333333 ratio boats"]),
    "out of": ("Four out of five sailors agreed.", ["0.8 ratio sailors"]),
    "two-thirds": ("Two-thirds of the boats sank.", ["0.6666666666666666666666666667 ratio boats"]),
    "half": ("More than half of the boats sank.", ["0.5 ratio boats"]),
    "a quarter": ("A quarter of the boats sank.", ["0.25 ratio boats"]),
    "a quarter of a million": ("A quarter of a million birds left.", ["250000 count birds"]),
    "a half is no time": ("They scored in the second half.", ["2 rank half"]),
    "times": ("The port grew nineteen times larger.", ["19 multiple times"]),
    "a rise told before": (
        "Reports rose 13 percent year on year, from 7,621 to 8,524 cases.",
        ["13 percent %", "7621 count", "8524 count cases"],
    ),
    "doubled": ("Output doubled while costs halved.", ["2 multiple times", "0.5 multiple times"]),
    "fold": ("A tenfold rise and a 2.5-fold one.", ["10 multiple times", "2.5 multiple times"]),
    "years of age": ("None was under eighteen years of age.", ["18 age years"]),
    "a hyphened age": ("The 34-year-old sailed on.", ["34 age years"]),
    "an aged range": ("Women aged 15 to 49 were asked.", ["15..49 age years"]),
    "an aged span": ("Women aged from one to 93 were asked.", ["1..93 age years"]),
    "an age between commas": ("Ann Miller, 45, said so.", ["45 age years"]),
    "sections": ("Section 370, Article 34 and p. 154 apply.", []),
    "numbered treaties": ("See CETS No. 197, 2011/92/EU and No. 105.", []),
    "letters and numbers": ("The G20 met over COVID-19, the F-16 and the U-20 squad.", []),
    "clock times": ("It left at 12:30, came at 6pm and slept at 8 a.m. today.", []),
    "standards, versions and addresses": (
        "ISO 9001, version 3.11.2, 192.168.1.2, +1-222-333-4444, ISBN 978-0-14-044793-4.",
        [],
    ),
    "links": ("See https://example.org/2012/45?n=7 and 10.1000/182.", []),
    "product names": ("The Boeing 747 and the iPhone 12 sold well.", []),
    "fixed pairs": ("Since 9/11 they work 24/7 there.", []),
    "a century": ("In the 21st century ships are long.", []),
    "a decade": ("The 1990s saw growth.", ["1990 year"]),
    "a span of years": ("From 2012–2015 and 1998–99.", ["2012 year", "2015 year", "1998 year", "1999 year"]),
    "a law's year": ("The Harbour Act of 2000 and the Ports Act 2013.", []),
    "a dash score": ("They won 3–2 at home.", ["3 score", "2 score"]),
    "a rating": ("It has a rating of 8.5/10.", ["8.5 score", "10 score"]),
    "a proportion": ("The ratio is 3:1.", ["3 ratio", "1 ratio"]),
    "a rate and its base": (
        "Mortality was 12.4 per 1,000 live births.",
        ["12.4 rate per 1,000", "1000 count births"],
    ),
    "both systems": ("The road is 12 km (7.5 mi) long.", ["12 measurement km", "7.5 measurement mi"]),
    "feet and inches": ("A 6 ft 6 in mast.", ["6.5 measurement ft"]),
    "a true minus": ("It fell to −12.5 °C.", ["-12.5 measurement °C"]),
    "a minus and a percent": ("A change of -3.5%.", ["-3.5 percent %"]),
    "points are no percent": (
        "It rose 2.3 percentage points to 9.1%.",
        ["2.3 percent percentage points", "9.1 percent %"],
    ),
    "basis points": ("Up 5 basis points.", ["5 percent basis points"]),
    "lakh and crore": ("12 lakh people and ₹500 crore.", ["1200000 count people", "5000000000 currency INR"]),
    "spaces between thousands": ("Some 8 336 817 people live there.", ["8336817 count people"]),
    "apostrophes between thousands": ("Of 1'234'567 nets 12’000 were lost.", ["1234567 count nets", "12000 count"]),
    "a mixed fraction": ("He had 2½ acres for 3 1/2 years.", ["2.5 measurement acre", "3.5 duration years"]),
    "a power of ten": ("An area of 2.5 × 10^6 km2.", ["2500000 measurement km2"]),
    "half a century": ("For over half a century.", ["50 duration years"]),
    "vague amounts": ("Several hundred people, hundreds of thousands of birds and a few million flies.", []),
    "one as a pronoun": ("One of the boats, and no one else, saw one another.", []),
    "one to another": ("The river runs from one gravel-filled basin to another.", []),
    "one thing that ends in s": ("One species lives in one sports park.", ["1 count species", "1 count sports"]),
    "the two, who were named before": ("The two are alike, and these three have not met.", []),
    "the two of a noun": ("The two rivers meet; two of the three were dry.", ["2 count rivers", "2 count", "3 count"]),
    "one as a number": ("At least one boat sank.", ["1 count boat"]),
    "words and digits": ("Twenty-one people left and forty stayed.", ["21 count people", "40 count"]),
    "namesakes of other countries": (
        "It cost A$2.5 million, 10,000 Swiss francs and 5 US dollars.",
        ["2500000 currency AUD", "10000 currency CHF", "5 currency USD"],
    ),
    "a place in a ranking": ("It ranks No. 5 now.", ["5 rank"]),
}


def shown(text: str, language: str = "en") -> list[str]:
    result = []
    for quantity in read_quantities(text, language):
        value = f"{quantity.low}..{quantity.high}" if quantity.value is None else str(quantity.value)
        result.append(" ".join(filter(None, (value, quantity.measure.value, quantity.unit))))
    return result


@for_each(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_reads(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


SAME = {
    "scale or zeros": ("Some 21 million people came.", "Some 21,000,000 people came."),
    "spelled or digits": ("Some 21 million people came.", "Some twenty-one million people came."),
    "no-break space": ("Some 21 million people came.", "Some 21\u00a0million people came."),
    "percent forms": ("It was 42% then.", "It was 42 per cent then."),
    "dollar signs": ("It earned $31 billion there.", "It earned US$31 billion there."),
    "a small number spelled": ("They had 4 boats.", "They had four boats."),
    "a thousands separator": ("Some 5000 boats sank.", "Some 5,000 boats sank."),
    "rank forms": ("The third-largest port.", "The 3rd largest port."),
    "qualifier synonyms": ("More than 40 boats sank.", "Over 40 boats sank."),
    "period synonyms": ("It costs $5 per annum now.", "It costs $5 a year now."),
}


@for_each(("first", "other"), SAME.values(), ids=SAME.keys())
def test_the_same_said_otherwise_is_equal(first: str, other: str) -> None:
    def written(text: str) -> list[tuple[object, ...]]:
        return [(q.value, q.low, q.high, q.measure, q.unit, q.qualifier, q.period) for q in read_quantities(text)]

    assert written(first) == written(other)
    assert written(first)


def test_a_text_covers_scale_currency_and_percent_but_neither_qualifier_nor_noun() -> None:
    text = "More than 21 million boats cost about US$31 billion, or 68 per cent."

    assert [q.text for q in read_quantities(text)] == ["21 million", "US$31 billion", "68 per cent"]


def test_values_are_exact() -> None:
    (quantity,) = read_quantities("It was 0.1 percent.")

    assert quantity.value == Decimal("0.1")
    assert isinstance(quantity.value, Decimal)


def test_a_sentence_without_numbers_has_no_quantities() -> None:
    assert read_quantities("Boats were seen off the coast.") == ()


def test_an_unknown_language_still_has_its_digits() -> None:
    assert shown("Ang 42% at 1,200 na barko", "tl") == ["42 percent %", "1200 count"]


def test_a_long_line_is_read_whole() -> None:
    text = "In 2012, some 42 boats sank. " * 200
    assert len(text) > CACHED_LENGTH

    quantities = read_quantities(text)

    assert sum(quantity.measure is Measure.COUNT for quantity in quantities) == 200
    assert quantities[-1].as_of == "2012"


HOSTILE = (
    "1,|12.|1/2|a |twenty |and |one hundred and |1–|$|(|in 2012 |half of a |"
    "½|million |1 234 |4 May |no. 5, |1) |4 5 |a.1|a%2F|c. 1 E5 "
)


def calls_of(text: str, language: str) -> int:
    """How many calls a reading takes: the same on every machine, unlike its time."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    vocabulary = language_of(language)
    _read(text[: len(text) // 2], vocabulary)  # what the first reading in a language prepares is not counted
    sys.setprofile(count)
    try:
        _read(text, vocabulary)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE.split("|"))
@pytest.mark.parametrize("language", ["en", "de"])
def test_twice_the_repetition_takes_twice_the_work(unit: str, language: str) -> None:
    assert calls_of(unit * 80, language) < 2.5 * calls_of(unit * 40, language) + 50


PIECES = st.sampled_from(
    (
        "21 million 1,100 – - to and % per cent $ US £ bn half a third of twenty one hundred 2012 in In May 4th ( ) "
        "/ : . , ½ km 2 years old No Section twice dozen − \u00a0 people e 10 ^ × or more ft between from point"
    ).split(" ")
)


@pytest.mark.slow
@given(
    st.lists(st.tuples(PIECES, st.sampled_from(["", " "])), max_size=14),
    st.sampled_from(["en", "de", "fr", "es", "xx"]),
)
def test_spans_slice_back_and_never_overlap(pieces: list[tuple[str, str]], language: str) -> None:
    text = "".join(piece + gap for piece, gap in pieces)

    quantities = read_quantities(text, language)

    for quantity in quantities:
        assert text[quantity.start : quantity.end] == quantity.text
        if quantity.measure is not Measure.DATE:
            assert (quantity.value is None) == (quantity.low is not None)
    assert all(quantity.end <= other.start for quantity, other in pairwise(quantities))


@for_each(
    "text",
    [
        "hundred/2012",
        "20125-10ft",
        "5 $ half",
        "half an hour and a half",
        "twenty/4th",
        "1/0",
        "0/0",
        "1e999",
        "⅟",
        "٣ boats",
    ],
)
def test_odd_texts_are_read_without_an_error(text: str) -> None:
    for quantity in read_quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for quantity in read_quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text
