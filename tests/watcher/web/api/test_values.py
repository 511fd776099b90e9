from snapshots import Attempt, Posting, State
from tests.snapshots.builders import PAGE, a_revision, an_alert, later
from watcher.web.api.values import DeliveryOut, RevisionOut


def test_a_hidden_editor_is_null():
    assert RevisionOut.of(a_revision(7, editor=None)).model_dump(mode="json")["editor"] is None


def test_a_delivery_names_its_destination_and_shows_no_address():
    posting = Posting(
        id=1,
        key="k",
        destination="team",
        alert=an_alert(2),
        state=State.DEAD,
        attempts=1,
        not_before=later(0),
        queued_at=later(0),
        done_at=None,
        log=(Attempt(number=1, at=later(0), outcome="dead", error="away"),),
    )
    told = DeliveryOut.of(posting)
    assert (told.destination, told.state, told.findings, told.article.title) == ("team", "dead", 1, PAGE.title)
    assert told.log[0].error == "away"
