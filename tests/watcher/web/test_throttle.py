from __future__ import annotations

import pytest

from watcher.web.throttle import Throttle


def test_an_address_has_so_many_attempts_whatever_names_it_tries():
    throttle = Throttle(per_address=(3, 5), per_name=(100, 60))
    assert [throttle.wait("10.0.0.1", f"name {number}") for number in range(5)] == [None, None, None, 300, 300]
    assert throttle.wait("10.0.0.2", "name") is None


def test_a_name_has_so_many_attempts_from_wherever_they_come():
    throttle = Throttle(per_address=(100, 5), per_name=(3, 60))
    assert [throttle.wait(f"10.0.0.{number}", "ada") for number in range(4)] == [None, None, None, 3600]
    assert throttle.wait("10.0.0.9", "bob") is None
    throttle.forgive("ada")
    assert throttle.wait("10.0.0.9", "ada") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("testclient", "testclient", True),
    ],
)
def test_the_owner_of_a_network_is_one_address(one: str, other: str, same: bool):  # noqa: FBT001  a case
    throttle = Throttle(per_address=(1, 5), per_name=(100, 60))
    throttle.wait(one, "a")
    assert (throttle.wait(other, "b") is not None) is same


def test_its_memory_does_not_grow_with_what_attackers_invent():
    throttle = Throttle(per_address=(1, 5), per_name=(1, 60))
    for number in range(10_000):
        throttle.wait(f"address {number}", f"name {number}")
    assert len(throttle._limiter.storage.events) <= 2 * 4096
