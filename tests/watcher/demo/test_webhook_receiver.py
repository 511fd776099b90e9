"""Test that the receiver on loopback stores every request and fails as told."""

from http.client import HTTPConnection, HTTPException

import pytest

from tests.simulators import WebhookReceiver


def post(box: WebhookReceiver, body: bytes = b"{}", timeout: float = 60) -> int:
    connection = HTTPConnection("127.0.0.1", box.port, timeout=timeout)
    try:
        connection.request("POST", "/inbox", body, {"X-One": "1"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_request_is_kept_with_body_and_headers():
    with WebhookReceiver() as box:
        assert post(box, b'{"a": 1}') == 200
        (letter,) = box.requests
    assert (letter.path, letter.json, letter.header("X-One"), letter.header("none")) == ("/inbox", {"a": 1}, "1", None)


def test_a_body_that_is_no_json_is_kept_as_bytes():
    with WebhookReceiver() as box:
        post(box, b"\xff")
    assert (box.requests[0].json, box.requests[0].body) == (None, b"\xff")


def test_the_plan_is_followed_and_then_all_is_well():
    with WebhookReceiver(["503", "429"]) as box:
        answers = [post(box), post(box), post(box)]
        box.respond_with(["404"])
        assert [*answers, post(box)] == [503, 429, 200, 404]
        assert [letter.answered for letter in box.accepted] == ["200"]


@pytest.mark.parametrize(("plan", "accepted"), [("hang", 0), ("late", 1), ("close", 0)])
def test_a_request_without_an_answer_is_kept(plan: str, accepted: int):
    with WebhookReceiver([plan]) as box:
        with pytest.raises((OSError, HTTPException)):
            post(box, timeout=60 if plan == "close" else 0.3)
        assert box.wait_for(1, timeout=60)
        assert (len(box.requests), len(box.accepted)) == (1, accepted)


def test_two_inboxes_do_not_meet():
    with WebhookReceiver() as receiver, WebhookReceiver() as other:
        post(receiver)
        assert (len(receiver.requests), len(other.requests)) == (1, 0)
        assert receiver.url != other.url
