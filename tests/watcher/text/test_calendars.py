from tests.cases import for_each
from watcher.text.calendars import months_in


@for_each("code", ["xx", "en.os", "../en", ""])
def test_a_language_that_no_table_knows_has_no_months(code: str) -> None:
    assert months_in(code) == {}
