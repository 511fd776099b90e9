from tests.cases import for_each
from watcher.text.calendars import are_two_dates, months_in


@for_each("code", ["xx", "en.os", "../en", ""])
def test_a_language_that_no_table_knows_has_no_months(code: str) -> None:
    assert months_in(code) == {}


@for_each(
    "pair", ["juni juli", "июня июля", "июне июле", "czerwca lipca", "giugno luglio", "martes jueves", "maart mei"]
)
def test_two_months_or_days_are_no_slip_of_the_pen(pair: str) -> None:
    assert are_two_dates(*pair.split())


@for_each("pair", ["juny juni", "июня июнь", "setembro setembre", "word sword"])
def test_a_misspelt_month_and_another_case_of_it_are_one(pair: str) -> None:
    assert not are_two_dates(*pair.split())
