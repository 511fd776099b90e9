from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from watcher.errors import InputError
from watcher.web.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_password_matches_its_own_hash_alone():
    passwords = Passwords(CHEAP)
    known = passwords.hashed("correct horse")
    assert "correct horse" not in known
    assert passwords.match("correct horse", known)
    assert not passwords.match("correct house", known)
    assert not passwords.match("correct horse", "no hash at all")
    assert not passwords.match("correct horse", None)
    assert not passwords.match("nobody has this password", None)


def test_an_accent_is_the_same_however_it_was_typed():
    passwords = Passwords(CHEAP)
    assert passwords.match("cafe\u0301 noir", passwords.hashed("caf\u00e9 noir"))


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025])
def test_a_password_has_a_length(password: str):
    with pytest.raises(InputError, match="8 to 1024 characters"):
        Passwords(CHEAP).hashed(password)


def test_a_broken_text_is_a_password_too():
    passwords = Passwords(CHEAP)
    assert passwords.match("\ud800 lone surrogate", passwords.hashed("\ud800 lone surrogate"))


def test_a_hash_by_weaker_parameters_is_stale():
    weak = Passwords(CHEAP).hashed("correct horse")
    assert Passwords().stale(weak)
    assert not Passwords(CHEAP).stale(weak)


def test_the_same_work_is_done_for_a_name_that_nobody_has():
    class Counting(PasswordHasher):
        done = 0

        def verify(self, *given: object) -> bool:
            Counting.done += 1
            return super().verify(*given)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    known = passwords.hashed("correct horse")
    passwords.match("wrong password", known)
    passwords.match("wrong password", None)
    assert Counting.done == 2
