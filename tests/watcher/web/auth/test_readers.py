import pytest

from snapshots.accounts import Scope
from watcher.web.auth.authentication import ANONYMOUS, LOCAL_USER, CurrentUser, user_with_scope


def test_a_reader_may_do_what_their_scopes_say():
    looker = CurrentUser(name="ada", scopes=frozenset({Scope.READ}))
    assert [looker.has_scope(scope) for scope in Scope] == [True, False, False]
    assert all(LOCAL_USER.has_scope(scope) for scope in Scope)
    assert not any(ANONYMOUS.has_scope(scope) for scope in Scope)


@pytest.mark.parametrize(("scope", "count"), [(None, 0), (Scope.READ, 1), (Scope.REVIEW, 2), (Scope.ADMIN, 3)])
def test_a_scope_brings_those_that_it_includes(scope: Scope | None, count: int):
    reader = user_with_scope(scope, "ada")
    assert len(reader.scopes) == count
    assert reader.highest_scope == (scope or "none")
    assert not reader.signed_in
