from __future__ import annotations

from tests.cases import for_each
from watcher.parse.quantities import read_quantities
from watcher.parse.quantities.languages import months_in

DATES = [
    ("th", "เกิดวันที่ 5 มกราคม 2559", "2016-01-05"),
    ("ru", "Родился 5 мая 2012 года", "2012-05-05"),
    ("ar", "ولد في 5 يناير 2012", "2012-01-05"),
    ("hi", "5 जनवरी 2012 को", "2012-01-05"),
    ("pl", "urodzony 5 maja 2012", "2012-05-05"),
    ("it", "nato il 5 maggio 1998", "1998-05-05"),
    ("pt", "em 5 de maio de 1998", "1998-05-05"),
    ("nl", "geboren op 5 mei 1998", "1998-05-05"),
    ("ja", "2012年5月3日に生まれた", "2012-05-03"),
    ("ko", "2012년 5월 3일", "2012-05-03"),
    ("th", "พ.ศ. 2496", "1953"),
]


@for_each(("language", "text", "iso"), DATES)
def test_a_date_is_a_date_in_every_language(language: str, text: str, iso: str) -> None:
    assert [quantity.as_of for quantity in read_quantities(text, language)] == [iso]


@for_each("code", ["xx", "en.os", "../en", ""])
def test_a_language_that_no_table_knows_has_no_months(code: str) -> None:
    assert months_in(code) == {}


def test_a_number_beside_a_word_of_a_script_without_spaces_counts() -> None:
    assert [str(quantity.value) for quantity in read_quantities("人口は1,234人", "ja")] == ["1234"]
