"""Test that one call sends one alert, or a digest of several, to one destination."""

from __future__ import annotations

import pytest

from tests.simulators import WebhookReceiver
from tests.watcher.notify.test_messages import NOTICE, an_alert
from watcher.errors import DeliveryError
from watcher.notify import MessageRenderer, Receiver


def test_an_alert_arrives_under_its_key():
    with WebhookReceiver() as box:
        renderer = MessageRenderer(None)
        renderer.notify(an_alert(NOTICE), Receiver(box.url), "k-team")
        renderer.notify_digest([an_alert(NOTICE)] * 2, Receiver(box.url), "k-digest")
        result = [letter.header("X-Idempotency-Key") for letter in box.requests]
    assert result == ["k-team", "k-digest"]


def test_a_refusal_is_raised():
    with WebhookReceiver(["403", "503"]) as box:
        with pytest.raises(DeliveryError) as first:
            MessageRenderer(None).notify(an_alert(NOTICE), Receiver(box.url), "k")
        with pytest.raises(DeliveryError) as second:
            MessageRenderer(None).notify_digest([an_alert(NOTICE)] * 2, Receiver(box.url), "k")
    assert (first.value.permanent, second.value.permanent) == (True, False)
