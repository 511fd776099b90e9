from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from tests.cases import for_each
from tests.watcher.web.conftest import NOW
from watcher.errors import InputError
from watcher.web.auth import access
from watcher.web.auth.access import PER_DEVICE, Passwords, SignInAttempt, SignInRateLimiter

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_password_matches_its_own_hash_alone_and_has_a_length():
    passwords = Passwords(CHEAP)
    known = passwords.hash("correct horse")
    assert "correct horse" not in known
    assert passwords.verify("correct horse", known)
    assert not passwords.verify("correct house", known)
    assert not passwords.verify("correct horse", "no hash at all")
    assert not passwords.verify("correct horse", None)
    assert not passwords.verify("nobody has this password", None)
    assert passwords.verify("cafe\u0301 noir", passwords.hash("caf\u00e9 noir"))  # an accent, however it is typed
    assert passwords.verify("\ud800 lone surrogate", passwords.hash("\ud800 lone surrogate"))
    for password in ("", "seven77", "x" * 1025):
        with pytest.raises(InputError, match="8 to 1024 characters"):
            passwords.hash(password)


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


MANY = 1_000_000
ADA = SignInAttempt(address="10.0.0.1", name="ada")


def tried(throttle: SignInRateLimiter, attempt: SignInAttempt, times: int) -> list[int | None]:
    return [throttle.begin(attempt, NOW) for _ in range(times)]


@for_each(
    ("limits", "part", "other"),
    [
        ({"per_address": 3, "per_name": MANY}, "name", SignInAttempt(address="10.0.0.2", name="name")),
        ({"per_address": MANY, "per_name": 3}, "address", SignInAttempt(address="10.0.0.9", name="bob")),
    ],
)
def test_an_address_and_a_name_have_so_many_attempts_each(limits: dict[str, int], part: str, other: SignInAttempt):
    throttle = SignInRateLimiter(**limits)
    attempts = [replace(ADA, **{part: f"10.0.0.{number}"}) for number in range(5)]
    assert [throttle.begin(attempt, NOW) for attempt in attempts] == [None, None, None, 1, 1]
    assert throttle.begin(other, NOW) is None


def test_waits_double_up_to_the_longest_and_are_forgotten_after_a_rest():
    throttle = SignInRateLimiter(per_address=MANY, per_name=1)
    now, waits = NOW, []
    throttle.begin(ADA, now)
    for _ in range(12):
        waits.append(throttle.begin(ADA, now))
        now += timedelta(seconds=waits[-1] or 0)
        assert throttle.begin(ADA, now) is None
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert throttle.begin(ADA, now + timedelta(hours=24)) is None
    assert throttle.begin(ADA, now + timedelta(hours=24)) == 1


def test_what_has_to_wait_a_clock_set_back_and_what_was_not_checked_make_the_wait_no_longer():
    assert tried(SignInRateLimiter(per_name=1), ADA, 50) == [None] + [1] * 49
    throttle = SignInRateLimiter(per_name=1)
    for _ in range(5):
        assert throttle.begin(ADA, NOW) is None
        throttle.withdraw(ADA)
    throttle.begin(ADA, NOW + timedelta(days=300))
    assert throttle.begin(ADA, NOW) == 1


def test_a_known_browser_does_not_wait_for_what_strangers_do():
    throttle = SignInRateLimiter()
    for number in range(500):
        throttle.begin(SignInAttempt(address=f"10.1.{number // 250}.{number % 250}", name="ada"), NOW)
    tried(throttle, ADA, 50)
    assert throttle.begin(ADA, NOW) is not None
    assert throttle.begin(SignInAttempt(address="10.0.0.1", name="ada", device="laptop"), NOW) is None


def test_a_browser_that_was_stolen_cannot_guess_without_end():
    attempt = SignInAttempt(address="10.0.0.1", name="ada", device="laptop")
    assert tried(SignInRateLimiter(), attempt, PER_DEVICE + 1)[-2:] == [None, 1]


def test_signing_in_oneself_does_not_let_an_address_guess_on():
    throttle = SignInRateLimiter(per_address=3, per_name=MANY)
    attempt = SignInAttempt(address="10.0.0.1", name="mallory")
    for _ in range(3):
        assert throttle.begin(attempt, NOW) is None
        throttle.succeed(attempt)
    assert tried(throttle, ADA, 3) == [None, None, None]
    assert throttle.begin(attempt, NOW) == 1


@for_each(("first", "other", "same"))
def test_the_owner_of_a_network_is_one_address(first: str, other: str, same: bool):  # noqa: FBT001  a case
    throttle = SignInRateLimiter(per_address=1, per_name=MANY)
    throttle.begin(SignInAttempt(address=first, name="a"), NOW)
    assert (throttle.begin(SignInAttempt(address=other, name="b"), NOW) is not None) is same


def test_its_memory_does_not_grow_with_what_attackers_invent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "_COUNTERS", 256)
    throttle = SignInRateLimiter()
    for number in range(1_000):
        throttle.begin(SignInAttempt(address=f"address {number}", name=f"name {number}"), NOW)
    assert 0 < len(throttle._counters) <= 256
