"""Test that a restore brings back no session, user or token that was removed after the backup."""

import pytest

from snapshots import AccountRepository, ApiToken, Archive, Scope, User
from snapshots.backup import read_manifest, restore
from tests.snapshots.builders import NOW, backup, later


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def engine(request: pytest.FixtureRequest) -> str:
    """PostgreSQL in the long form: that a restore works on each engine is tested in test_restore.py."""
    return str(request.param)


@pytest.fixture
def accounts(archive: Archive) -> AccountRepository:
    made = archive.accounts
    for name in ("ada", "bob", "eve"):
        made.add_user(User(name=name, scope=Scope.ADMIN, at=NOW, password=f"hash of {name}"))
    for name in ("feed", "leaked"):
        made.add_token(ApiToken(name=name, scope=Scope.REVIEW, at=NOW), f"secret of {name}")
    made.open_session("a session", "ada", NOW, later(60))
    return made


def test_no_session_is_kept_and_what_was_revoked_or_ended_since_stays_so(archive: Archive, accounts: AccountRepository):
    assert accounts.session("a session", NOW) is not None
    assert "session" not in read_manifest(backup(archive), "b").rows
    file = backup(archive)
    accounts.revoke("leaked")
    accounts.end_sessions(name="ada")
    accounts.remove_user("eve")
    accounts.remove_user("bob")
    accounts.add_user(User(name="bob", scope=Scope.ADMIN, at=NOW, password="another hash"))
    accounts.open_session("a later session", "ada", NOW, later(60))
    tracked = restore(archive, file, "b", force=True)
    assert tracked.left_out == ("user bob", "user eve", "token leaked")
    assert accounts.token("secret of leaked") is None
    assert accounts.token("secret of feed") is not None
    assert [user.name for user in accounts.users()] == ["ada"]
    assert accounts.session("a session", NOW) is None
    assert accounts.session("a later session", NOW) is None


def test_a_scope_that_a_newer_release_made_is_not_kept(archive: Archive, accounts: AccountRepository):
    file = backup(archive)
    with archive.database.connection() as connection:
        connection.exec_driver_sql("UPDATE token SET scope = 'translate' WHERE name = 'feed'")
    assert restore(archive, file, "b", force=True).left_out == ("token feed",)
    assert accounts.token("secret of leaked") is not None


def test_a_scope_that_was_narrowed_since_stays_narrow(archive: Archive, accounts: AccountRepository):
    file = backup(archive)
    accounts.revoke("feed")
    accounts.add_token(ApiToken(name="feed", scope=Scope.READ, at=NOW), "secret of feed")
    restore(archive, file, "b", force=True)
    person = accounts.token("secret of feed")
    assert person is not None
    assert person.scope is Scope.READ


@pytest.mark.parametrize("keep", [False, True])
def test_into_an_empty_database_tokens_come_back_only_when_asked_for(
    archive: Archive,
    accounts: AccountRepository,
    empty_url: str,
    keep: bool,  # noqa: FBT001  a case
):
    accounts.user("ada")
    with Archive(empty_url.replace("archive.db", "other.db")) as other:
        tracked = restore(other, backup(archive), "b", force=False, keep_tokens=keep)
        restored = other.accounts
        assert [user.name for user in restored.users()] == ["ada", "bob", "eve"]
        assert (restored.token("secret of feed") is not None) is keep
        assert restored.session("a session", NOW) is None
    assert tracked.left_out == (() if keep else ("token feed", "token leaked"))
