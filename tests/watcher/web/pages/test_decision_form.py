import pytest
from starlette.exceptions import HTTPException

from snapshots import Dismissal, ReviewAction, ReviewDecision
from watcher.web.pages.decision_form import parse_decision


def test_only_the_fields_of_the_chosen_deed_count():
    assert parse_decision("acknowledge", "other", "eve", "n") == ReviewDecision(
        action=ReviewAction.ACKNOWLEDGE, note="n"
    )
    assert parse_decision("dismiss", "other", "eve", "") == ReviewDecision(
        action=ReviewAction.DISMISS, reason=Dismissal.OTHER, note=""
    )
    assert parse_decision("assign", "other", " eve ", "") == ReviewDecision(
        action=ReviewAction.ASSIGN, assignee="eve", note=""
    )


@pytest.mark.parametrize("choice", ["", "undo", "mute", "delete"])
def test_a_deed_that_no_form_offers_is_refused(choice: str):
    with pytest.raises(HTTPException) as refused:
        parse_decision(choice, "", "", "")
    assert refused.value.status_code == 400
