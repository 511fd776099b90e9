from collections.abc import Callable

from tests.cases import for_each
from tests.web_client import WebClient


@for_each("number", [0, -1, 2**63, 10**30])
def test_a_number_that_no_database_can_be_asked_for_is_not_found(number: int, visit: Callable[..., WebClient]):
    client = visit()
    for path in (f"/finding/{number}", f"/edit/{number}", f"/comparison/{number}", f"/article/en/{number}"):
        assert client.get(path).status_code == 404, path
