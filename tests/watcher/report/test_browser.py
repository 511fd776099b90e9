"""Test the report in a real browser: no script runs, nothing is fetched, everything is readable."""

import re
from typing import Any

import pytest

from tests.browser import NEEDS_AXE, NEEDS_BROWSER, Show, WatchedPage, expect, found_by_axe, open_details
from tests.hostile import HOSTILE
from tests.watcher.report.conftest import a_soaked_comparison
from watcher.model import Comparison, Severity
from watcher.report import Links, ReportOptions, report

pytestmark = NEEDS_BROWSER


@pytest.fixture(scope="module")
def watched(page: Any) -> WatchedPage:
    return WatchedPage(page, ("file://", "data:image/svg"))


def a_report(whole: Comparison, text: str = "some wikitext") -> str:
    links = Links.on("https://wiki.example.org/w/index.php", whole)
    return report(
        whole,
        "html",
        ReportOptions(before_text=text, after_text=f"{text} and more", links=links, threshold=Severity.LOW),
    )


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_hostile_runs_or_leaves_the_page(watched: WatchedPage, show: Show, step: int):
    for text in HOSTILE[::step]:
        watched.tried.clear()
        page = show(a_report(a_soaked_comparison(text), text))
        open_details(page)
        assert watched.trouble() == [], text[:80]
        assert page.evaluate("document.scripts.length") == 0
        assert page.title() != "owned"


def test_the_watch_over_a_page_sees_what_a_live_tag_would_do(show: Show, watched: WatchedPage, all_kinds: Comparison):
    tried = ["img-src https://evil.example/p.png", "script-src-elem inline"]
    live = a_report(all_kinds).replace("<h2", "<script>alert(1)</script><img src='https://evil.example/p.png'><h2", 1)
    page = show(live)
    page.wait_for_function("window.violations?.length >= 2")
    assert sorted(page.evaluate("window.violations")) == tried
    unguarded = "<script>alert(1)</script><img src='file:///nowhere/p.png'><img src='https://127.0.0.1:9/p.png'>"
    show(unguarded)
    assert {"1", "https://127.0.0.1:9/p.png"} <= {*watched.trouble()}


@pytest.mark.parametrize("width", [320, 1400, *(pytest.param(width, marks=pytest.mark.slow) for width in (390, 768))])
def test_no_width_needs_sideways_scrolling(show: Show, all_kinds: Comparison, width: int):
    for whole in (all_kinds, a_soaked_comparison("W" * 3000)):
        page = show(a_report(whole), width=width)
        open_details(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_screen_shows_the_first_finding_and_the_keyboard_reaches_the_findings_first(
    show: Show, all_kinds: Comparison
):
    page = show(a_report(all_kinds))
    for shown in ("h1", ".verdict", ".revisions", "#findings .card h3"):
        box = page.locator(shown).first.bounding_box()
        assert box["y"] + box["height"] <= 800
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#findings$"))
    expect(page.locator("#findings")).to_be_focused()


def test_a_link_to_a_finding_that_is_held_back_opens_its_list(show: Show, all_kinds: Comparison):
    page = show(a_report(all_kinds))
    anchor = page.evaluate("document.querySelector('.held li').id")
    page.goto(f"{page.url}#{anchor}")
    expect(page.locator(":target")).to_be_visible()


def test_the_page_follows_the_readers_light_or_dark_and_printing_leaves_out_what_only_a_screen_needs(
    show: Show, all_kinds: Comparison
):
    red = "getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"
    assert int(show(a_report(all_kinds), scheme="light").evaluate(red)) > 200
    page = show(a_report(all_kinds), scheme="dark")
    assert int(page.evaluate(red)) < 200
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.contents')).display") == "none"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


@NEEDS_AXE
@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_axe_finds_nothing_of_weight(show: Show, all_kinds: Comparison, scheme: str):
    page = show(a_report(all_kinds), scheme=scheme)
    open_details(page)
    assert [entry for entry in found_by_axe(page) if entry[0] != "minor"] == []
