from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tests.snapshots.builders import a_check


def test_what_was_decided_cannot_be_changed_afterwards():
    with pytest.raises(FrozenInstanceError):
        a_check(2).rules = "other"
