from collections.abc import Callable
from datetime import UTC, datetime

from starlette.testclient import TestClient

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
Visit = Callable[..., TestClient]


def test_a_finding_leads_to_its_place_on_the_report(visit: Visit):
    client = visit("one", "two")
    answer = client.get("/finding/2")
    assert (answer.status_code, answer.headers["location"]) == (307, "/comparison/1#finding-2")
    assert 'id="finding-2"' in client.get("/comparison/1").text
