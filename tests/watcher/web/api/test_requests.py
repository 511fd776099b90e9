from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from snapshots import DeliveryRecord, DeliveryState, Dismissal, ReviewAction
from snapshots.tables import Attempt
from tests.cases import for_each
from tests.snapshots.builders import PAGE, a_revision, an_alert, later
from watcher.web.api.models import (
    DecisionRequest,
    DeliveryResponse,
    FindingsParameters,
    MuteRequest,
    RevisionResponse,
    UpdateWatchRequest,
)


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


@for_each(
    ("shape", "sent"),
    [
        (FindingsParameters, {"after": 2**63}),
        (FindingsParameters, {"since": "2026-01-01T00:00:00"}),
        (FindingsParameters, {"since": "9999-12-31T23:59:59-14:00"}),
        (DecisionRequest, {}),
        (DecisionRequest, {"action": "mute"}),
        (DecisionRequest, {"action": "dismiss"}),
        (DecisionRequest, {"action": "dismiss", "reason": "because"}),
        (DecisionRequest, {"action": "assign"}),
        (DecisionRequest, {"action": "note", "note": " "}),
        (DecisionRequest, {"action": "acknowledge", "by": "somebody else"}),
        (MuteRequest, {"words": "x" * 301}),
        (UpdateWatchRequest, {"wiki": "w", "title": ""}),
    ],
)
def test_what_no_setting_can_be_is_refused(shape: Any, sent: dict[str, Any]):
    with pytest.raises(ValidationError):
        shape.model_validate(sent)


def test_a_hidden_editor_is_null():
    assert RevisionResponse.model_validate(a_revision(7, editor=None)).model_dump(mode="json")["editor"] is None


def test_a_delivery_names_its_destination_and_shows_no_address():
    delivery = DeliveryRecord(
        id=1,
        key="k",
        destination="team",
        alert=an_alert(2),
        state=DeliveryState.DEAD,
        attempts=1,
        not_before=later(0),
        queued_at=later(0),
        done_at=None,
        log=(Attempt(number=1, at=later(0), outcome="dead", error="away"),),
    )
    delivery_response = DeliveryResponse.model_validate(delivery)
    assert (
        delivery_response.destination,
        delivery_response.state,
        delivery_response.findings,
        delivery_response.article.title,
    ) == ("team", "dead", 1, PAGE.title)
    assert delivery_response.log[0].error == "away"
