"""Drive Debian's Chromium with playwright; `tests/conftest.py` has it as a fixture."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

# The same engine without windows and profiles: a new page takes a fifth of the time that a full browser needs.
CHROMIUM: Final = Path(
    os.environ.get("WATCHER_CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
AXE: Final = Path(os.environ.get("WATCHER_AXE", "node_modules/axe-core/axe.min.js"))
# Root cannot use the sandbox, CI has no graphics card, and the browser must not make requests by itself.
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
NEEDS_AXE: Final = pytest.mark.skipif(
    not AXE.exists(), reason=f"{AXE} is missing: npm install axe-core, or set WATCHER_AXE"
)
VIOLATIONS: Final = """
addEventListener('securitypolicyviolation', each =>
  (window.violations ??= []).push(`${each.violatedDirective} ${each.blockedURI}`))
"""
Show = Callable[..., Any]
"""Opens HTML in a browser, at a width and in a color scheme."""
LIMIT: Final = 120_000
"""The timeout in milliseconds of an action or expectation on a busy machine."""


def expect(actual: Any) -> Any:
    """Assert about a page or a locator, and wait until it is true: effects of keys and clicks take time."""
    from playwright.sync_api import expect as expect_now

    expect_now.set_options(timeout=LIMIT)
    return expect_now(actual)


def found_by_axe(page: Any) -> list[list[str]]:
    """Return the violations that axe finds: impact, rule and first element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations: list[list[str]] = page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))"
    )
    return violations


def open_details(page: Any) -> None:
    """Open all collapsed elements."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


@dataclass
class WatchedPage:
    """A page, and its dialogs, errors and requests to other hosts than `own` since it was opened."""

    page: Any
    own: tuple[str, ...]
    tried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page, tried = self.page, self.tried
        page.on("request", lambda asked: None if asked.url.startswith(self.own) else tried.append(asked.url))
        page.on("dialog", lambda dialog: (tried.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: tried.append(message.text))
        page.on("pageerror", lambda error: tried.append(str(error)))
        page.add_init_script(VIOLATIONS)

    def open(self, address: str) -> Any:
        """Open an address, and return the response."""
        self.tried.clear()
        return self.page.goto(address)

    def trouble(self) -> list[str]:
        """Return what the page tried, and what its content security policy blocked."""
        return [*self.tried, *self.page.evaluate("window.violations ?? []")]
