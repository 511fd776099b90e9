import json
from datetime import timedelta
from pathlib import Path

import pytest

from snapshots import Archive, Dismissal, FindingFilter, NewDelivery, ReviewAction, ReviewDecision, ReviewState
from tests.cases import for_each
from tests.review_fixtures import a_site
from tests.snapshots.builders import an_alert, claim_all, enqueue
from tests.watcher.web.conftest import NOW, PAGE, Visit, fill
from tests.web_client import WebClient
from watcher.config import Destination, Watchlist
from watcher.config.validators import Secret


@pytest.fixture
def client(visit: Visit) -> WebClient:
    return visit("one")


def given_up(archive: Archive, error: str = "the <receiver> is away") -> None:
    draft = NewDelivery(destination="team", key="k", not_before=NOW)
    enqueue(archive, an_alert(2, article=PAGE), [draft], NOW)
    (delivery,) = claim_all(archive, NOW, owner="test")
    archive.outbox.mark_failed(delivery, NOW, error, None)


def test_the_page_shows_what_failed_and_queues_once_more_what_was_given_up(visit: Visit, archive: Archive):
    client = visit("one")
    given_up(archive)
    archive.articles.record_failure(PAGE, NOW, "the wiki is away")
    page = client.get("/operations").text
    assert "1 failed" in page
    assert "the &lt;receiver&gt; is away" in page
    assert "a section is new</bdi></span>" in page
    assert "1 in a row: the wiki is away" in page
    answer = client.post("/operations/retry")
    assert (answer.status_code, answer.headers["location"]) == (303, "/operations?queued=1")
    assert "1 message is queued again" in client.get(answer.headers["location"]).text
    assert (archive.metrics.outbox(NOW).dead, archive.metrics.outbox(NOW).queued) == (0, 1)
    assert "Overdue" in visit("one", at=NOW + timedelta(days=1)).get("/operations").text


@for_each(("address", "linked"), [("http://127.0.0.1:4200", True), ("javascript:alert(1)", False), (None, False)])
def test_prefects_own_pages_are_linked_where_they_are_known(client: WebClient, address: str | None, linked: bool):  # noqa: FBT001  a case
    client.app.state.prefect_ui = address
    page = client.get("/operations").text
    assert ("Prefect’s own pages" in page) is linked
    assert "javascript:" not in page


def test_the_precision_of_each_rule_follows_from_what_reviewers_decided(visit: Visit, archive: Archive):
    client = visit()
    fill(archive, "Of 21 lamps.", "Of 25 lamps.", judged=True)
    page = client.get("/rules").text
    assert "statistic_value_changed" in page
    assert "–" in page
    results = archive.findings.search(FindingFilter(states=tuple(ReviewState)), limit=9)
    of_rule = [finding.id for finding in results if finding.rule == "statistic_value_changed"]
    wrong = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.NOT_A_FACT)
    archive.reviews.decide(of_rule[:1], wrong, "Ann", NOW)
    assert "0 %" in client.get("/rules").text
    right = ReviewDecision(action=ReviewAction.DISMISS, reason=Dismissal.WRONG_FIXED)
    archive.reviews.decide(of_rule[:1], right, "Ann", NOW)
    assert "100 %" in client.get("/rules").text


@for_each(("form", "expected"))
def test_a_mute_that_cannot_be_is_refused_with_what_was_entered(
    client: WebClient, archive: Archive, form: dict[str, str], expected: str
):
    answer = client.post("/mutes", data=form)
    assert (answer.status_code, expected in answer.text) == (422, True), answer.text
    assert all(f'value="{value}"' in answer.text for name, value in form.items() if name in ("title", "words"))
    assert archive.mutes.list_open() == ()


def test_a_destination_gets_a_test_message(visit: Visit, tmp_path: Path):
    folder = tmp_path / "alerts"
    good = Destination(name="team", url=Secret(f"file://{folder}.jsonl"))
    bad = Destination(name="nobody", url=Secret("json://127.0.0.1:1/"))
    client = visit("one", destinations=(good, bad))
    assert "file" in client.get("/operations").text
    assert "team</bdi>: the test message was accepted" in client.post("/operations/test", data={"name": "team"}).text
    assert json.loads(Path(f"{folder}.jsonl").read_text())["topic"] == "test"
    assert "accepted" not in client.post("/operations/test", data={"name": "nobody"}).text
    assert client.post("/operations/test", data={"name": "other"}).status_code == 404


def test_health_shows_whether_the_archive_can_be_read(visit: Visit, watchlist: Watchlist):
    assert visit("one").get("/healthz").json() == {"status": "ok"}
    with Archive(f"sqlite:///{watchlist.path.with_name('empty.db')}") as empty:
        client = WebClient(a_site(empty, watchlist), base_url="http://localhost")
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert client.get("/").status_code == 503


def test_readiness_gives_the_reasons_why_nothing_is_done(client: WebClient, archive: Archive):
    answer = client.get("/readyz")
    reasons = ["no round of deliveries has ended yet"]
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": reasons})
    archive.metrics.add_counters({("runs", (("kind", kind),)): 1.0 for kind in ("check", "deliver")}, NOW)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
