from typing import Any

import pytest
from pydantic import ValidationError

from snapshots import Dismissal, ReviewAction
from tests.cases import for_each
from watcher.web.api import models
from watcher.web.api.models import DecisionRequest, UpdateWatchRequest


def test_what_is_left_out_of_a_watch_stays_and_null_is_its_default():
    body = UpdateWatchRequest.model_validate({"wiki": "w", "title": "Tide", "paused": None, "tags": []})
    assert body.settings() == {"paused": None, "tags": []}


def test_an_action_holds_only_what_its_deed_needs():
    body = DecisionRequest(action="dismiss", reason=Dismissal.OTHER, assignee="ada", note="why")
    assert (body.decision().action, body.decision().assignee, body.decision().note) == (
        ReviewAction.DISMISS,
        None,
        "why",
    )


@for_each(("shape", "sent"))
def test_what_no_setting_can_be_is_refused(shape: str, sent: dict[str, Any]):
    with pytest.raises(ValidationError):
        getattr(models, shape).model_validate(sent)
