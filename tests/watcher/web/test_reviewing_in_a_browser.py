"""The life of a finding in a real browser: by keyboard alone, without JavaScript, on a phone."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from snapshots import Archive, Dismissal, FindingFilter, ReviewState, Scope, User
from tests.watcher.web.conftest import NOW, a_watchlist, fill
from watcher.web import create_app

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path(os.environ.get("WATCHER_CHROMIUM", "/usr/bin/chromium"))
AXE = Path(os.environ.get("WATCHER_AXE", "node_modules/axe-core/axe.min.js"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
TEXTS = [
    "The 21 lamps of the coast are the oldest. Nobody has counted the boats.",
    "The 25 lamps of the coast are the oldest. Nobody has counted the boats.",
    "The 25 lamps of the coast are among the oldest. Everybody has counted the boats.",
    "The 25 lamps of the coast are among the oldest. Everybody has counted the 1,200 boats.",
]
PATHS = ("/", "/?state=all&q=lamps", "/finding/1", "/article/en/17", "/help", "/finding/999")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: install Debian's chromium"),
]


@dataclass
class Desk:
    """A served archive with a reviewer who is signed in."""

    archive: Archive
    address: str
    session: str
    trouble: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def desk(archive: Archive, tmp_path: Path) -> Iterator[Desk]:
    fill(archive, *TEXTS, judged=True)
    site = create_app(archive, a_watchlist(tmp_path), now=lambda: NOW)
    doors = site.state.authenticator
    doors.accounts.add_user(User(name="ada", scope=Scope.REVIEW, at=NOW, password="!"))
    secret = doors.new_token()
    doors.accounts.open_session(secret, "ada", NOW, NOW.replace(year=3000))
    server = uvicorn.Server(uvicorn.Config(site, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        started = threading.Event()
        while not server.started:
            started.wait(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Desk(archive=archive, address=f"http://127.0.0.1:{port}", session=secret)
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def visit(browser: Any, desk: Desk) -> Iterator[Callable[..., Any]]:
    contexts = []

    def visited(path: str, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        context.add_cookies([{"name": "watcher_session", "value": desk.session, "url": desk.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: desk.trouble.append(str(error)))
        page.on("console", lambda message: desk.trouble.append(message.text) if message.type == "error" else None)
        page.goto(desk.address + path)
        return page

    yield visited
    for context in contexts:
        context.close()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.id"))


def test_the_life_of_a_finding_by_keyboard_alone(visit: Callable[..., Any], desk: Desk):
    worst = desk.archive.findings.search(FindingFilter())[0]
    page = visit(f"/compare/en/{worst.before.id}/{worst.after.id}")  # where the alert points
    for _ in range(30):
        page.keyboard.press("Tab")
        if focused(page) == "Review":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/finding/*")
    finding = int(page.url.rpartition("/")[2])
    page.keyboard.press("d")
    assert page.evaluate("document.activeElement.value") == "not-a-fact"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Its source says 21.")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    item = desk.archive.findings.get(finding)
    assert (item.state, item.reason) == (ReviewState.DISMISSED, Dismissal.VANDALISM_REVERTED)
    assert [(step.by, step.note) for step in desk.archive.reviews.events_of(finding)] == [
        ("ada", "Its source says 21.")
    ]
    assert "1 finding dismissed: vandalism, reverted." in page.inner_text(".flash")
    with page.expect_navigation():
        page.keyboard.press("u")
    assert desk.archive.findings.get(finding).state is ReviewState.OPEN
    with page.expect_navigation():
        page.keyboard.press("k")
    assert page.url == f"{desk.address}/"
    assert desk.trouble == []


def test_the_list_is_worked_through_by_single_keys(visit: Callable[..., Any], desk: Desk):
    first, second, *rest = desk.archive.findings.search(FindingFilter())
    page = visit("/")
    page.keyboard.press("j")
    assert focused(page) == first.summary
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    with page.expect_navigation():
        page.keyboard.press("a")
    assert "2 findings acknowledged." in page.inner_text(".flash")
    assert {desk.archive.findings.get(finding.id).state for finding in (first, second)} == {ReviewState.ACKNOWLEDGED}
    page.keyboard.press("d")  # the next one is in focus already
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert desk.archive.findings.get(rest[0].id).state is ReviewState.DISMISSED
    page.keyboard.press("?")
    assert page.is_visible("dialog#keys")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("a")
    assert len(desk.archive.findings.search(FindingFilter())) == len(rest) - 1
    assert desk.trouble == []


def test_all_of_it_works_without_javascript(visit: Callable[..., Any], desk: Desk):
    first, second, *_ = desk.archive.findings.search(FindingFilter())
    page = visit("/", java_script_enabled=False)
    page.check(f"#t{first.id}")
    page.check(f"#t{second.id}")
    page.select_option("#reason", "duplicate")
    page.click("button[value=dismiss]")
    assert "2 findings dismissed: duplicate." in page.inner_text(".flash")
    page.click(".flash button")
    assert "2 findings put back as before." in page.inner_text(".flash")
    page.fill("#q", "boats")
    page.click("form.search button")
    page.click("a.open >> nth=0")
    page.click("summary")
    page.fill("#words", "counted the boats")
    page.click("form[action$=mute] button")
    assert [mute.words for mute in desk.archive.mutes.list_open()] == ["counted the boats"]
    page.click("text=Undo >> nth=0")
    assert desk.archive.mutes.list_open() == ()


def test_every_page_fits_its_screen_in_light_and_dark(visit: Callable[..., Any], desk: Desk):
    for scheme in ("light", "dark"):
        page = visit("/help", color_scheme=scheme)
        for path in PATHS:
            page.goto(desk.address + path)
            red = int(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
            assert (red > 200) == (scheme == "light")
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_every_page_has_landmarks_one_heading_and_names_for_all_that_can_be_used(visit: Callable[..., Any], desk: Desk):
    page = visit("/help")
    for path in PATHS:
        page.goto(desk.address + path)
        assert page.locator("main").count() == page.locator("h1").count() == 1, path
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(h => +h.tagName[1])")
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (path, levels)
        nameless = page.evaluate(
            """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
               .filter(e => !e.labels?.length && !e.getAttribute('aria-label')).map(e => e.outerHTML)"""
        )
        assert nameless == [], path


@pytest.mark.skipif(not AXE.exists(), reason=f"{AXE} is missing: npm install axe-core, or set WATCHER_AXE")
def test_axe_finds_nothing_of_weight(visit: Callable[..., Any], desk: Desk):
    for scheme in ("light", "dark"):
        page = visit("/help", color_scheme=scheme, bypass_csp=True)
        for path in PATHS:
            page.goto(desk.address + path)
            page.evaluate(AXE.read_text(encoding="utf-8"))
            result = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
            assert [entry for entry in result if entry[0] in ("serious", "critical")] == [], path
