"""Test that the receiver on loopback stores every request and fails as told."""

from http.client import HTTPConnection

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


def test_two_inboxes_do_not_meet():
    with WebhookReceiver() as receiver, WebhookReceiver() as other:
        post(receiver)
        assert (len(receiver.requests), len(other.requests)) == (1, 0)
        assert receiver.url != other.url
