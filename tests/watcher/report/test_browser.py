"""Test the report in a real browser: no script runs, nothing is fetched, everything is readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser import AXE, NEEDS_BROWSER, expect
from watcher.model import Comparison, Severity
from watcher.report import Links, ReportOptions, report

VIOLATIONS = "addEventListener('securitypolicyviolation', e => (window.violations ??= []).push(e.violatedDirective))"

pytestmark = NEEDS_BROWSER


@dataclass
class Watched:
    """A page, and everything that it tried since it was opened."""

    page: Any
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(VIOLATIONS)

    def opened(self, address: str) -> Watched:
        for tried in (self.requests, self.dialogs, self.errors):
            tried.clear()
        self.page.goto(address)
        return self

    def trouble(self) -> list[str]:
        """Dialogs, requests that left, errors and violations of the page's policy; empty for a quiet page."""
        left = [url for url in self.requests if not url.startswith(("file://", "data:image/svg"))]
        violations = self.page.evaluate("window.violations ?? []")
        return [*self.dialogs, *left, *self.errors, *violations]


@pytest.fixture(scope="module")
def watched(page: Any) -> Watched:
    return Watched(page)


@pytest.fixture
def opened(watched: Watched, tmp_path: Path) -> Callable[..., Watched]:
    def open_page(html: str, *, width: int = 1280, scheme: str = "light") -> Watched:
        saved = tmp_path / "report.html"
        saved.write_text(html, encoding="utf-8")
        watched.page.set_viewport_size({"width": width, "height": 800})
        watched.page.emulate_media(color_scheme=scheme, media="screen")
        return watched.opened(saved.as_uri())

    return open_page


def a_report(whole: Comparison, text: str = "some wikitext") -> str:
    links = Links.on("https://wiki.example.org/w/index.php", whole)
    return report(
        whole,
        "html",
        ReportOptions(before_text=text, after_text=f"{text} and more", links=links, threshold=Severity.LOW),
    )


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_hostile_runs_or_leaves_the_page(
    opened: Callable[..., Watched],
    soak: Callable[[str], Comparison],
    hostile_texts: tuple[str, ...],
    tmp_path: Path,
    step: int,
):
    seen = opened("")
    for number, text in enumerate(hostile_texts[::step]):
        saved = tmp_path / f"{number}.html"
        saved.write_text(a_report(soak(text), text), encoding="utf-8")
        seen.page.goto(saved.as_uri())
        seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert seen.trouble() == [], text[:80]
        assert seen.page.evaluate("document.scripts.length") == 0
        assert seen.page.title() != "owned"


def test_the_watch_over_a_page_sees_what_a_live_tag_would_do(opened: Callable[..., Watched], all_kinds: Comparison):
    live = a_report(all_kinds).replace("<h2", "<script>alert(1)</script><img src='https://evil.example/p.png'><h2", 1)
    page = opened(live).page
    page.wait_for_function("window.violations?.length >= 2")
    assert sorted(page.evaluate("window.violations")) == ["img-src", "script-src-elem"]
    unguarded = "<script>alert(1)</script><img src='file:///nowhere/p.png'><img src='https://127.0.0.1:9/p.png'>"
    assert opened(unguarded).trouble()[:2] == ["1", "https://127.0.0.1:9/p.png"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_readers_light_or_dark(opened: Callable[..., Watched], all_kinds: Comparison, scheme: str):
    page = opened(a_report(all_kinds), scheme=scheme).page
    red = int(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
    assert (red > 200) == (scheme == "light")


@pytest.mark.parametrize("width", [320, 1400, *(pytest.param(width, marks=pytest.mark.slow) for width in (390, 768))])
def test_no_width_needs_sideways_scrolling(
    opened: Callable[..., Watched], soak: Callable[[str], Comparison], all_kinds: Comparison, width: int
):
    for whole in (all_kinds, soak("W" * 3000)):
        page = opened(a_report(whole), width=width).page
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_screen_shows_the_verdict_and_the_first_finding(
    opened: Callable[..., Watched], all_kinds: Comparison
):
    page = opened(a_report(all_kinds)).page
    for shown in ("h1", ".verdict", ".revisions", "#findings .card h3"):
        box = page.locator(shown).first.bounding_box()
        assert box["y"] + box["height"] <= 800


def test_the_keyboard_reaches_the_findings_first(opened: Callable[..., Watched], all_kinds: Comparison):
    page = opened(a_report(all_kinds)).page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#findings$"))
    expect(page.locator("#findings")).to_be_focused()


def test_a_link_to_a_finding_that_is_held_back_opens_its_list(opened: Callable[..., Watched], all_kinds: Comparison):
    page = opened(a_report(all_kinds)).page
    anchor = page.evaluate("document.querySelector('.held li').id")
    page.goto(f"{page.url}#{anchor}")
    expect(page.locator(":target")).to_be_visible()


def test_printing_leaves_out_what_only_a_screen_needs(opened: Callable[..., Watched], all_kinds: Comparison):
    page = opened(a_report(all_kinds), scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.contents')).display") == "none"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.skipif(not AXE.exists(), reason=f"{AXE} is missing: npm install axe-core, or set WATCHER_AXE")
@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_axe_finds_nothing_of_weight(opened: Callable[..., Watched], all_kinds: Comparison, scheme: str):
    page = opened(a_report(all_kinds), scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
    assert [entry for entry in result if entry[0] != "minor"] == []
