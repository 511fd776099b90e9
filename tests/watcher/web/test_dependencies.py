import pytest
from starlette.exceptions import HTTPException

from snapshots.accounts import Scope
from watcher.errors import Missing
from watcher.web.auth.authentication import LOCAL_USER, CurrentUser
from watcher.web.dependencies import needs, validate_id


@pytest.mark.parametrize("scope", Scope)
def test_a_reader_without_the_scope_is_not_let_through(scope: Scope):
    assert needs(scope)(LOCAL_USER) is LOCAL_USER
    with pytest.raises(HTTPException) as refused:
        needs(scope)(CurrentUser(name="eve", scopes=frozenset(Scope) - {scope}))
    assert refused.value.status_code == 403


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_no_database_can_be_asked_for_is_missing(number: int):
    with pytest.raises(Missing, match="is not the number of anything stored"):
        validate_id(number)
