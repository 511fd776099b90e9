"""Drive Debian's Chromium with playwright; `tests/conftest.py` has it as a fixture."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

# The same engine without windows and profiles: a page of its own takes a fifth of the time of that of a whole browser.
CHROMIUM: Final = Path(
    os.environ.get("WATCHER_CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
AXE: Final = Path(os.environ.get("WATCHER_AXE", "node_modules/axe-core/axe.min.js"))
# Root needs no sandbox, CI has no graphics card, and the browser must ask nobody on its own.
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NEEDS_BROWSER: Final = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: install chromium-headless-shell"),
]
LIMIT: Final = 120_000
"""Milliseconds that an action or an expectation may take on a machine that does much else."""


def expect(actual: Any) -> Any:
    """Assert about a page or a locator, and wait until it holds: what follows a key or a click comes later."""
    from playwright.sync_api import expect as expect_now

    expect_now.set_options(timeout=LIMIT)
    return expect_now(actual)
