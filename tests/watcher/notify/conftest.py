"""Provide a mail server and a receiver of webhooks."""

from collections.abc import Iterator

import pytest

from tests.simulators import WebhookReceiver
from tests.smtp_server import PostOffice


@pytest.fixture
def post() -> Iterator[PostOffice]:
    """A mail server on loopback that takes everything unless it is told otherwise."""
    with PostOffice() as office:
        yield office


@pytest.fixture
def box() -> Iterator[WebhookReceiver]:
    """A receiver that takes everything unless it is told otherwise."""
    with WebhookReceiver() as receiver:
        yield receiver
