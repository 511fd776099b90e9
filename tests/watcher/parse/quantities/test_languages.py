from __future__ import annotations

from decimal import Decimal

import pytest

from tests.cases import for_each
from watcher.parse.quantities import is_supported, read_quantities
from watcher.parse.quantities.languages import SHIPPED, language_of

FOUR_BOATS = {
    "en": "four boats",
    "de": "vier Boote",
    "fr": "quatre bateaux",
    "es": "cuatro barcos",
    "it": "quattro barche",
    "pt": "quatro barcos",
    "nl": "vier boten",
}


@for_each("code", sorted(SHIPPED))
def test_every_shipped_language_has_its_words(code: str) -> None:
    language = language_of(code)

    assert language.code == code
    assert [quantity.value for quantity in read_quantities(FOUR_BOATS[code], code)] == [4]
    assert {"%", "percentage points"} <= {
        meaning for result in language.after["percent"].values() for _, meaning in result
    }


@for_each(("code", "known"), [("en", True), ("DE-at", True), ("tl", False), ("", False)])
def test_the_languages_that_it_knows_are_listed(code: str, *, known: bool) -> None:
    assert is_supported(code) is known


def test_a_regional_code_reads_like_its_language() -> None:
    assert language_of("pt-br").code == "pt"
    assert language_of("tl-ph").code == ""
    assert read_quantities("Rund 3.400 Boote", "de-CH") == read_quantities("Rund 3.400 Boote", "de")


def test_a_scale_is_a_power_of_ten() -> None:
    assert language_of("en").number("scales", "lakh") == Decimal(100_000)
    assert language_of("en").number("nowhere", "lakh") is None


def test_only_a_text_with_digits_or_number_words_may_count() -> None:
    english = language_of("en")

    assert english.may_count("It sank 4 times.")
    assert english.may_count("Half sank.")
    assert not english.may_count("Boats sank off the coast.")


FOREIGN = {
    "de scale": ("de", "Rund 21 Millionen Menschen leben hier.", "21000000", "about", "Menschen"),
    "de separators": ("de", "Mehr als 1.234,5 Boote sanken.", "1234.5", "more than", "Boote"),
    "de abbreviation": ("de", "Es kostete 2,3 Mrd. Euro.", "2300000000", None, "EUR"),
    "de count behind a noun": ("de", "Zuletzt hatte die Stadt 12.345 Einwohner.", "12345", None, "Einwohner"),
    "de small count behind a noun": ("de", "Im Winter zählte das Amt 374 Wölfe.", "374", None, "Wölfe"),
    "de percent": ("de", "Es waren 3,4 Prozent.", "3.4", None, "%"),
    "fr scale": ("fr", "Environ 21 millions de personnes vivent ici.", "21000000", "about", "personnes"),
    "fr separators": ("fr", "Plus de 1 234,5 bateaux ont coulé.", "1234.5", "more than", "bateaux"),
    "fr money": ("fr", "Cela coûte 2,3 milliards d'euros.", "2300000000", None, "EUR"),
    "fr percent": ("fr", "Soit 3,4 pour cent.", "3.4", None, "%"),
    "es scale": ("es", "Unas 21 millones de personas viven aquí.", "21000000", "about", "personas"),
    "es separators": ("es", "Más de 1.234,5 barcos se hundieron.", "1234.5", "more than", "barcos"),
    "es thousands of millions": ("es", "Costó 2,3 mil millones de euros.", "2300000000", None, "EUR"),
    "es percent": ("es", "Es el 3,4 por ciento.", "3.4", None, "%"),
}


@for_each(("code", "text", "value", "qualifier", "unit"), FOREIGN.values(), ids=FOREIGN.keys())
def test_reads_other_languages(code: str, text: str, value: str, qualifier: str | None, unit: str) -> None:
    (quantity,) = read_quantities(text, code)

    assert (quantity.value, quantity.qualifier, quantity.unit) == (Decimal(value), qualifier, unit)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Am 24. Oktober 2007 galt Artikel 34 um 12:30."),
        ("fr", "Le 24 octobre 2007, l'article 34 et la page 12."),
        ("es", "El 24 de octubre de 2007, el artículo 34."),
    ],
)
def test_dates_and_articles_of_other_languages_are_no_statistics(code: str, text: str) -> None:
    assert [q.as_of for q in read_quantities(text, code)] == ["2007-10-24"]


@for_each(
    "text",
    ["Die Boeing 737 flog.", "Er spielt PlayStation 4 gern.", "In Studio 54 war es laut.", "Nach Artikel 5 gilt das."],
)
def test_a_number_behind_a_german_name_is_no_count(text: str) -> None:
    assert read_quantities(text, "de") == ()


@for_each(
    ("text", "value", "unit"),
    [
        ("山の高さは2,962mである。", "2962", "m"),
        ("面積は45.6km²である。", "45.6", "km2"),
        ("出力は15万kWの発電所", "150000", "kW"),
        ("価格は300USDである。", "300", "USD"),
    ],
)
def test_what_follows_a_unit_without_a_space_does_not_hide_it(text: str, value: str, unit: str) -> None:
    (quantity,) = read_quantities(text, "ja")

    assert (quantity.value, quantity.unit) == (Decimal(value), unit)


def test_a_raised_figure_belongs_to_the_unit_that_is_glued_to_a_number() -> None:
    assert [(q.text, q.unit) for q in read_quantities("It has 45.6km² of forest.")] == [("45.6", "km2")]


def test_bounds_of_other_languages() -> None:
    (quantity,) = read_quantities("Zwischen 10 und 15 Millionen Kinder.", "de")

    assert (quantity.low, quantity.high) == (10_000_000, 15_000_000)


def test_a_german_month_is_a_period_and_a_dated_year_is_none() -> None:
    wage, _, deaths, *_ = read_quantities("Der Lohn beträgt 1.500 € im Monat, 2011 gab es 12 Tote im Jahr 2011.", "de")
    assert (wage.period, deaths.period) == ("per month", None)


def test_both_bounds_of_a_spanish_range_may_have_an_article() -> None:
    (quantity,) = read_quantities("Entre el 10 y el 15 por ciento son obreros.", "es")
    assert (str(quantity.low), str(quantity.high)) == ("10", "15")
