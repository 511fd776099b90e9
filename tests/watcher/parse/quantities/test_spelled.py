"""Test spelled numbers of the languages that text2num reads, with their context."""

from __future__ import annotations

from decimal import Decimal

from tests.cases import for_each
from watcher.parse.quantities import read_quantities
from watcher.parse.quantities.languages import language_of
from watcher.parse.quantities.token_stream import spelled_numbers, tokens_of

SPELLED = {
    "de": {
        "zweihundertfünfzig Einwohner": 250,
        "einundzwanzig Schiffe": 21,
        "tausendzweihundert Soldaten": 1200,
        "hundertzwanzig Autos": 120,
        "dreiundneunzig Orte": 93,
        "neunzehnhundert Bücher": 1900,
        "fünftausenddreihundert Bäume": 5300,
        "eine Million Menschen": 1_000_000,
        "zwei Millionen Menschen": 2_000_000,
        "siebenundsiebzig Tage": 77,
        "drei Komma fünf Prozent": 3.5,
        "einundzwanzigtausend Euro": 21_000,
    },
    "fr": {
        "quatre-vingts maisons": 80,
        "quatre-vingt-dix-sept personnes": 97,
        "vingt et un mille trois cents habitants": 21_300,
        "soixante-quinze pour cent": 75,
        "soixante et onze bateaux": 71,
        "cent vingt voitures": 120,
        "deux cents soldats": 200,
        "mille neuf cents livres": 1900,
        "trois millions de personnes": 3_000_000,
        "septante-deux jours": 72,
        "deux virgule cinq pour cent": 2.5,
        "15 cents": 15,
    },
    "es": {
        "treinta y cinco personas": 35,
        "doscientos veintiún mil habitantes": 221_000,
        "mil quinientos soldados": 1500,
        "dos millones de euros": 2_000_000,
        "noventa y nueve barcos": 99,
        "setecientos libros": 700,
        "veintidós días": 22,
        "tres por ciento": 3,
        "cien casas": 100,
    },
    "it": {
        "duecentocinquantamila abitanti": 250_000,
        "ventitré giorni": 23,
        "tre milioni di euro": 3_000_000,
        "novantanove navi": 99,
        "mille soldati": 1000,
        "quarantadue per cento": 42,
    },
    "pt": {
        "vinte e um mil e trezentos habitantes": 21_300,
        "dois milhões de reais": 2_000_000,
        "noventa e nove navios": 99,
        "duzentos livros": 200,
        "quarenta e dois por cento": 42,
    },
    "nl": {
        "vijfentwintigduizend inwoners": 25_000,
        "twee miljoen euro": 2_000_000,
        "honderdtwintig schepen": 120,
        "negenennegentig boeken": 99,
        "tweeënveertig procent": 42,
    },
}
ARTICLES = {
    "de": "Der Ort hat ein Schloss und eine Kirche mit einem Turm.",
    "fr": "Un homme a vu une maison.",
    "es": "Un hombre vio una casa.",
    "it": "Un uomo ha visto una casa.",
    "pt": "Um homem viu uma casa.",
    "nl": "Een man zag een huis.",
}


@for_each(
    ("language", "text", "value"),
    [(language, text, value) for language, cases in SPELLED.items() for text, value in cases.items()],
)
def test_a_spelled_number_has_its_value(language: str, text: str, value: float) -> None:
    assert [float(quantity.value or 0) for quantity in read_quantities(text, language)] == [value]


@for_each(("language", "text"), ARTICLES.items())
def test_an_article_is_not_the_number_one(language: str, text: str) -> None:
    assert read_quantities(text, language) == ()


def test_a_scale_behind_digits_belongs_to_them() -> None:
    assert spelled_numbers(tokens_of("21 Millionen", language_of("de")), "de") == {}
    assert [quantity.value for quantity in read_quantities("21 Millionen Menschen", "de")] == [Decimal(21_000_000)]


def test_english_and_unknown_languages_are_left_to_others() -> None:
    assert spelled_numbers(tokens_of("twenty-one boats", language_of("en")), "en") == {}


def test_a_spelled_day_is_no_count() -> None:
    assert [quantity.as_of for quantity in read_quantities("le neuf mai 1998", "fr")] == ["1998-05"]
