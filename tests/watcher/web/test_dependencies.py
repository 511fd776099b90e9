import pytest

from watcher.errors import Missing
from watcher.web.dependencies import validate_id


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_no_database_can_be_asked_for_is_missing(number: int):
    with pytest.raises(Missing, match="is not the number of anything stored"):
        validate_id(number)
