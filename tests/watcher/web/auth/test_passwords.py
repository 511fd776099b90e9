from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from watcher.errors import InputError
from watcher.web.auth.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_password_matches_its_own_hash_alone():
    passwords = Passwords(CHEAP)
    known = passwords.hash("correct horse")
    assert "correct horse" not in known
    assert passwords.verify("correct horse", known)
    assert not passwords.verify("correct house", known)
    assert not passwords.verify("correct horse", "no hash at all")
    assert not passwords.verify("correct horse", None)
    assert not passwords.verify("nobody has this password", None)


def test_an_accent_is_the_same_however_it_was_typed():
    passwords = Passwords(CHEAP)
    assert passwords.verify("cafe\u0301 noir", passwords.hash("caf\u00e9 noir"))


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025])
def test_a_password_has_a_length(password: str):
    with pytest.raises(InputError, match="8 to 1024 characters"):
        Passwords(CHEAP).hash(password)


def test_a_broken_text_is_a_password_too():
    passwords = Passwords(CHEAP)
    assert passwords.verify("\ud800 lone surrogate", passwords.hash("\ud800 lone surrogate"))


def test_a_hash_by_weaker_parameters_is_stale():
    weak = Passwords(CHEAP).hash("correct horse")
    assert Passwords().needs_rehash(weak)
    assert not Passwords(CHEAP).needs_rehash(weak)


def test_the_same_work_is_done_for_a_name_that_nobody_has():
    class CountingHasher(PasswordHasher):
        done = 0

        def verify(self, *given: object) -> bool:
            CountingHasher.done += 1
            return super().verify(*given)

    passwords = Passwords(CountingHasher(time_cost=1, memory_cost=8, parallelism=1))
    known = passwords.hash("correct horse")
    passwords.verify("wrong password", known)
    passwords.verify("wrong password", None)
    assert CountingHasher.done == 2
