"""Test that a test of many cases runs all of them and names those that fail."""

from pathlib import Path

import pytest

from tests.cases import for_each


@for_each(("left", "right"), [(1, 1), pytest.param(2, 2, id="two"), (3, 3)])
def test_each_case_gets_its_values_and_the_fixtures(left: int, right: int, tmp_path: Path):
    assert left == right
    (tmp_path / str(left)).touch(exist_ok=False)


def test_the_cases_that_fail_are_named_and_the_others_run():
    seen = []

    @for_each("number", [1, 2, 3, 4])
    def check(number: int) -> None:
        seen.append(number)
        assert number % 2

    with pytest.raises(ExceptionGroup, match="2 of 4 cases fail") as caught:
        check()
    assert [error.__notes__ for error in caught.value.exceptions] == [["case: (2,)"], ["case: (4,)"]]
    assert seen == [1, 2, 3, 4]
