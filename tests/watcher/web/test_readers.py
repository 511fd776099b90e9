import pytest

from watcher.web.readers import LOCAL, NOBODY, Reader, Scope, reader_with


def test_a_reader_may_do_what_their_scopes_say():
    looker = Reader(name="ada", scopes=frozenset({Scope.READ}))
    assert [looker.may(scope) for scope in Scope] == [True, False, False]
    assert all(LOCAL.may(scope) for scope in Scope)
    assert not any(NOBODY.may(scope) for scope in Scope)


@pytest.mark.parametrize(("scope", "count"), [(None, 0), (Scope.READ, 1), (Scope.REVIEW, 2), (Scope.ADMIN, 3)])
def test_a_scope_brings_those_that_it_includes(scope: Scope | None, count: int):
    reader = reader_with(scope, "ada")
    assert len(reader.scopes) == count
    assert reader.highest == (scope or "none")
    assert not reader.signed_in
