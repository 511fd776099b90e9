import pytest
from starlette.exceptions import HTTPException

from snapshots import Action, Deed, Dismissal
from watcher.web.deciding import action


def test_only_the_fields_of_the_chosen_deed_count():
    assert action("acknowledge", "other", "eve", "n") == Action(deed=Deed.ACKNOWLEDGE, note="n")
    assert action("dismiss", "other", "eve", "") == Action(deed=Deed.DISMISS, reason=Dismissal.OTHER, note="")
    assert action("assign", "other", " eve ", "") == Action(deed=Deed.ASSIGN, assignee="eve", note="")


@pytest.mark.parametrize("deed", ["", "undo", "mute", "delete"])
def test_a_deed_that_no_form_offers_is_refused(deed: str):
    with pytest.raises(HTTPException) as refused:
        action(deed, "", "", "")
    assert refused.value.status_code == 400
