"""Provide a mail server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.smtp_server import PostOffice


@pytest.fixture
def post() -> Iterator[PostOffice]:
    """A mail server on loopback that takes everything unless it is told otherwise."""
    with PostOffice() as office:
        yield office
