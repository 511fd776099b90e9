"""Test users, sessions and tokens: a valid credential is recognised, stored data reveals none."""

from pathlib import Path

import pytest
from sqlalchemy import text

from snapshots import AccountRepository, ApiToken, Archive, Principal, Scope, User
from snapshots.accounts import SessionRow, hash_token
from tests.snapshots.builders import NOW, later
from watcher.errors import Missing, Refused


@pytest.fixture
def accounts(archive: Archive) -> AccountRepository:
    return archive.accounts


def a_user(name: str = "ada", scope: Scope = Scope.REVIEW) -> User:
    return User(name=name, scope=scope, at=NOW, password="$argon2id$hash")


def test_each_scope_includes_the_ones_before_it():
    scopes = [Scope.READ, Scope.REVIEW, Scope.ADMIN]
    for number, scope in enumerate(scopes, 1):
        assert [needed for needed in Scope if scope.includes(needed)] == scopes[:number]


def test_users_are_kept_by_name_and_listed(accounts: AccountRepository):
    assert accounts.has_users() is False
    for name in ("bob", "ada"):
        accounts.add_user(a_user(name))
    assert accounts.has_users() is True
    assert [user.name for user in accounts.users()] == ["ada", "bob"]
    known = accounts.user("ada")
    assert known is not None
    assert (known.name, known.scope, known.at, known.password) == ("ada", Scope.REVIEW, NOW, "$argon2id$hash")
    assert accounts.user("Ada") is None
    accounts.update_password_hash("ada", "stronger")
    changed = accounts.user("ada")
    assert changed is not None
    assert changed.password == "stronger"


@pytest.mark.dialect
def test_a_name_is_given_once(accounts: AccountRepository):
    accounts.add_user(a_user())
    accounts.add_token(ApiToken(name="feed", scope=Scope.READ, at=NOW), "first")
    with pytest.raises(Refused, match="user ada: exists already"):
        accounts.add_user(a_user())
    with pytest.raises(Refused, match="token feed: exists already"):
        accounts.add_token(ApiToken(name="feed", scope=Scope.READ, at=NOW), "second")
    assert accounts.token("second") is None


def test_a_session_stands_for_its_user_until_it_runs_out_or_is_closed(accounts: AccountRepository):
    accounts.add_user(a_user())
    for secret in ("one", "two"):
        accounts.open_session(secret, "ada", NOW, later(60))
    assert accounts.session("one", NOW) == Principal(name="ada", scope=Scope.REVIEW)
    assert accounts.session("none", NOW) is None
    assert accounts.session("one", later(60)) is None
    accounts.end_sessions(secret="one")
    accounts.end_sessions(secret="one")
    assert accounts.session("one", NOW) is None
    assert accounts.session("two", NOW) is not None


def test_a_session_of_a_one_time_link_has_no_name_and_may_do_all_until_there_is_a_user(accounts: AccountRepository):
    accounts.open_session("one", None, NOW, later(60))
    assert accounts.session("one", NOW) == Principal(name="", scope=Scope.ADMIN)
    accounts.add_user(a_user())
    assert accounts.session("one", NOW) is None
    with pytest.raises(Refused, match="until a user exists"):
        accounts.open_session("two", None, NOW, later(60))
    accounts.remove_user("ada")
    assert accounts.session("one", NOW) is None


def test_a_user_who_is_removed_is_signed_out(accounts: AccountRepository):
    accounts.add_user(a_user())
    accounts.open_session("one", "ada", NOW, later(60))
    accounts.remove_user("ada")
    assert accounts.session("one", NOW) is None
    with pytest.raises(Missing, match="user ada"):
        accounts.remove_user("ada")
    with pytest.raises(Missing, match="user ada"):
        accounts.open_session("two", "ada", NOW, later(60))


def test_a_revoked_token_is_not_known_any_more(accounts: AccountRepository):
    accounts.add_token(ApiToken(name="feed", scope=Scope.READ, at=NOW), "secret")
    assert accounts.token("secret") == Principal(name="feed", scope=Scope.READ)
    assert [token.name for token in accounts.tokens()] == ["feed"]
    accounts.revoke("feed")
    assert accounts.token("secret") is None
    with pytest.raises(Missing, match="token feed"):
        accounts.revoke("feed")


def test_what_ran_out_is_forgotten_by_the_next_sign_in(archive: Archive):
    accounts = archive.accounts
    accounts.open_session("one", None, NOW, later(60))
    accounts.open_session("two", None, later(61), later(120))
    with archive.database.connection() as connection:
        assert connection.execute(text("SELECT count(*) FROM session")).scalar() == 1


def test_no_secret_is_stored_and_no_hash_is_shown(tmp_path: Path):
    secret = "a-secret-of-some-length"
    file = tmp_path / "archive.db"
    with Archive(f"sqlite:///{file}") as archive:
        archive.upgrade()
        accounts = archive.accounts
        accounts.add_token(ApiToken(name="feed", scope=Scope.READ, at=NOW), secret)
        accounts.open_session(secret, None, NOW, later(60))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"feed" in stored
    assert secret.encode() not in stored
    assert "argon2id" not in repr(a_user())


def test_a_session_of_the_link_is_worth_nothing_beside_a_user_that_was_added_meanwhile(archive: Archive):
    accounts = archive.accounts
    accounts.add_user(a_user())
    with archive.database.write() as session:
        session.add(SessionRow(digest=hash_token("late"), user_id=None, at=NOW, expires_at=later(60)))
    assert accounts.session("late", NOW) is None


def test_sessions_are_listed_and_ended_by_number_by_user_and_all(accounts: AccountRepository):
    for name in ("ada", "bob"):
        accounts.add_user(a_user(name))
        for number in range(3):
            accounts.open_session(f"{name} {number}", name, NOW, later(60))
    accounts.open_session("old", "ada", NOW, later(5))
    listed = accounts.open_sessions(later(10))
    assert [user for _, user in listed] == ["ada"] * 3 + ["bob"] * 3
    assert [session.id for session, _ in accounts.open_sessions(later(10), "bob")] == [
        session.id for session, _ in listed[3:]
    ]
    assert accounts.end_sessions(number=listed[0][0].id) == 1
    assert accounts.session("ada 0", NOW) is None
    assert accounts.session("ada 1", NOW) is not None
    assert accounts.end_sessions(name="bob") == 3
    assert accounts.session("bob 2", NOW) is None
    with pytest.raises(Missing, match="user eve: does not exist"):
        accounts.end_sessions(name="eve")
    assert accounts.end_sessions() == 3
    assert accounts.open_sessions(NOW) == ()
