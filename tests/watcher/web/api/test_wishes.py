from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from snapshots import Deed, Dismissal
from watcher.web.api.wishes import DecisionWish, FindingsWish, MuteWish, WatchWish


def test_what_is_left_out_of_a_watch_stays_and_null_is_its_default():
    wish = WatchWish.model_validate({"wiki": "w", "title": "Tide", "paused": None, "tags": []})
    assert wish.settings() == {"paused": None, "tags": []}


def test_an_action_holds_only_what_its_deed_needs():
    wish = DecisionWish(deed="dismiss", reason=Dismissal.OTHER, assignee="ada", note="why")
    assert (wish.action().deed, wish.action().assignee, wish.action().note) == (Deed.DISMISS, None, "why")


@pytest.mark.parametrize(
    ("shape", "sent"),
    [
        (FindingsWish, {"wiki": "w"}),
        (FindingsWish, {"after": 2**63}),
        (FindingsWish, {"since": "2026-01-01T00:00:00"}),
        (FindingsWish, {"since": "9999-12-31T23:59:59-14:00"}),
        (DecisionWish, {"deed": "mute"}),
        (MuteWish, {"words": "x" * 301}),
        (WatchWish, {"wiki": "w", "title": ""}),
    ],
)
def test_what_no_wish_can_be_is_refused(shape: Any, sent: dict[str, Any]):
    with pytest.raises(ValidationError):
        shape.model_validate(sent)
