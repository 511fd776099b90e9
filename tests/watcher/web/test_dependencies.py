import pytest
from starlette.exceptions import HTTPException

from watcher.errors import Missing
from watcher.web.dependencies import needs, stored_id
from watcher.web.readers import LOCAL, Reader, Scope


@pytest.mark.parametrize("scope", Scope)
def test_a_reader_without_the_scope_is_not_let_through(scope: Scope):
    assert needs(scope)(LOCAL) is LOCAL
    with pytest.raises(HTTPException) as refused:
        needs(scope)(Reader(name="eve", scopes=frozenset(Scope) - {scope}))
    assert refused.value.status_code == 403


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_no_database_can_be_asked_for_is_missing(number: int):
    with pytest.raises(Missing, match="is not the number of anything stored"):
        stored_id(number)
