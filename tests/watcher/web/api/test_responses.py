from snapshots import DeliveryRecord, DeliveryState
from snapshots.tables import Attempt
from tests.snapshots.builders import PAGE, a_revision, an_alert, later
from watcher.web.api.responses import DeliveryResponse, RevisionResponse


def test_a_hidden_editor_is_null():
    assert RevisionResponse.from_record(a_revision(7, editor=None)).model_dump(mode="json")["editor"] is None


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
    delivery_response = DeliveryResponse.from_record(delivery)
    assert (
        delivery_response.destination,
        delivery_response.state,
        delivery_response.findings,
        delivery_response.article.title,
    ) == ("team", "dead", 1, PAGE.title)
    assert delivery_response.log[0].error == "away"
