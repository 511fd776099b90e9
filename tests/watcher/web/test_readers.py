from watcher.web.readers import LOCAL, Reader, Scope


def test_a_reader_may_do_what_their_scopes_say():
    looker = Reader(name="ada", scopes=frozenset({Scope.READ}))
    assert [looker.may(scope) for scope in Scope] == [True, False, False]
    assert all(LOCAL.may(scope) for scope in Scope)
