"""Test the pages in a real browser: what stands where, in which order it is read, and what the keys lead to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snapshots import Archive, FindingFilter, ReviewState, Scope
from tests.browser import NEEDS_BROWSER, expect
from tests.cases import parametrize_each
from tests.review_fixtures import judge_all
from tests.watcher.web.conftest import NOW, PAGE, fill
from tests.watcher.web.test_reviewing_in_a_browser import Desk, desk, served, visit  # noqa: F401  fixtures
from watcher.model import Article, Severity

pytestmark = NEEDS_BROWSER

Visited = Callable[..., Any]
LEFT = """(parent, words) => {
  const range = document.createRange(), texts = document.createTreeWalker(parent, 4);
  while (texts.nextNode()) {
    const at = texts.currentNode.data.indexOf(words);
    if (at < 0) continue;
    return [...words].map((_, index) => {
      range.setStart(texts.currentNode, at + index);
      range.setEnd(texts.currentNode, at + index + 1);
      return range.getBoundingClientRect().left;
    });
  }
}"""
"""Where each character of some words is drawn."""
IN_SIGHT = """element => {
  const box = element.getBoundingClientRect(), bar = document.querySelector(".bulk").getBoundingClientRect();
  return box.top >= 0 && box.bottom <= bar.top + 1;
}"""


@parametrize_each(("language", "texts", "words"))
def test_a_headline_with_words_from_right_to_left_keeps_digits_and_values_in_their_order(
    browser: Any, archive: Archive, tmp_path: Path, language: str, texts: tuple[str, ...], words: tuple[str, ...]
):
    fill(archive, *texts)
    with served(archive, tmp_path, language=language) as made:
        context = browser.new_context()
        context.add_cookies([{"name": "watcher_session", "value": made.session, "url": made.address}])
        page = context.new_page()
        for path, heading in (("/", ".entry h3"), ("/finding/2", "h1")):
            page.goto(made.address + path)
            assert page.locator(f"main [lang={language}][dir=rtl]").count(), path
            drawings = [page.locator(heading).first.evaluate(LEFT, word) for word in words]
            drawn = drawings[0] if len(words) == 1 else [min(lefts) for lefts in drawings]
            assert drawn == sorted(drawn), path
        context.close()


def test_a_watch_that_fails_takes_a_few_lines_and_adding_one_is_at_the_top(
    visit: Visited,  # noqa: F811
    desk: Desk,  # noqa: F811
):
    error = "https://wiki.example.org/w/api.php answered 503: " + "upstream connect error, reset before headers; " * 40
    desk.archive.articles.record_check(PAGE, NOW, error)
    for width in (390, 1440):
        page = visit("/watches", desk.sign_in(f"root-{width}", Scope.ADMIN), viewport={"width": width, "height": 900})
        assert page.locator(".watches tbody tr").first.bounding_box()["height"] < 400
        assert page.locator("#article").bounding_box()["width"] > 150
        assert page.locator("#article").bounding_box()["y"] < page.locator(".watches").first.bounding_box()["y"]
        page.goto(f"{desk.address}/operations")
        assert page.evaluate("document.documentElement.scrollHeight") < 3000


def test_a_note_in_the_list_leaves_its_row_in_sight_and_enter_leads_back_to_the_deciding_keys(
    visit: Visited,  # noqa: F811
    desk: Desk,  # noqa: F811
):
    page = visit("/?minimum_severity=info", viewport={"width": 900, "height": 420}, reduced_motion="reduce")
    page.keyboard.press("j")
    for key in ("j", "e"):
        page.keyboard.press(key)
    expect(page.locator("#note")).to_be_focused()
    row = page.locator(".entry.selected")
    assert row.evaluate(IN_SIGHT)
    number = row.get_attribute("id")
    page.keyboard.type("as in the source")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{number} .open")).to_be_focused()
    page.keyboard.press("c")
    page.wait_for_selector(f"#{number}.decided")
    assert {event.note for event in desk.archive.reviews.events_of_batch(1)} == {"as in the source"}
    assert desk.trouble == []


def test_what_is_ticked_on_a_phone_is_above_the_bar(visit: Visited):  # noqa: F811
    page = visit("/?minimum_severity=info", viewport={"width": 390, "height": 700}, reduced_motion="reduce")
    for row in page.locator(".entry").all():
        row.locator(".tick input").check()
        assert row.evaluate(IN_SIGHT)


def test_every_decision_is_undone_one_after_the_other(visit: Visited, desk: Desk):  # noqa: F811
    page = visit("/?minimum_severity=info")
    rows = page.evaluate("[...document.querySelectorAll('.entry')].map(row => row.id)")
    page.keyboard.press("j")
    for key in "cwd":  # as fast as they come: each is about its own row
        page.keyboard.press(key)
    for number, decision in zip(rows, ("Correct", "Wrong, fixed", "In discussion"), strict=True):
        page.wait_for_selector(f"#{number}.decided .review-state:has-text('{decision}')")
    for number in reversed(rows):
        page.wait_for_selector("#flash [data-key=u]")
        page.keyboard.press("u")
        page.wait_for_selector(f"#{number}:not(.decided)")
    expect(page.locator("#flash [data-key=u]")).to_have_count(0)
    assert {finding.state for finding in desk.archive.findings.search(FindingFilter(states=()))} == {ReviewState.OPEN}
    assert desk.trouble == []


def test_the_filter_is_carried_from_the_list_through_the_findings_and_back(
    visit: Visited,  # noqa: F811
    desk: Desk,  # noqa: F811
):
    page = visit("/?minimum_severity=info&order=newest&kind=statistic")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.click(".item a.open >> nth=0")
    query = "minimum_severity=info&order=newest"
    expected = desk.archive.findings.search(
        FindingFilter(kinds=("statistic",)),
        order="newest",
        limit=10,  # type: ignore[arg-type]
    )
    for number, finding in enumerate(expected):
        if number:
            page.keyboard.press("j")
        page.wait_for_selector(f".crumb:has-text('Finding {finding.id}')")
        page.wait_for_load_state()  # what reads the keys is there
        assert query in page.url.replace("kind=statistic&", "")
    assert page.locator("[data-key=j]").count() == 0
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(r"/\?.*order=newest"))


def test_a_mass_edit_is_one_row_that_two_keys_decide(visit: Visited, desk: Desk):  # noqa: F811
    for number in range(12):
        article = Article(wiki="en", page_id=100 + number, title=f"Town {number}")
        box = "{{{{Infobox town\n| population_total = {}\n}}}}\nA town.\n"
        texts = [(box.format("8,232"), "Heron", "draft"), (box.format("8,967"), "CensusBot", f"census, {number} of 12")]
        judge_all(desk.archive, article, texts)
    page = visit("/?editor=CensusBot")
    expect(page.locator(".entry")).to_have_count(1)
    expect(page.locator(".entry h3")).to_have_text("12 articles: Population total (infobox), same summary")
    page.click(".entry .open")
    expect(page.locator(".item")).to_have_count(12)
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_selector(".entry.decided")
    expect(page.locator("#range")).to_have_text("")
    assert desk.archive.findings.search(FindingFilter(editor="CensusBot")) == ()
    page.wait_for_selector("#flash [data-key=u]")
    page.keyboard.press("u")
    page.wait_for_selector(".entry:not(.decided)")
    assert len(desk.archive.findings.search(FindingFilter(editor="CensusBot"))) == 12
    assert desk.trouble == []


def test_the_wikitext_diff_opens_in_its_place(visit: Visited, desk: Desk):  # noqa: F811
    page = visit("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".in-place .hunk").first).to_be_visible()
    expect(page.locator(".in-place ins").first).to_be_visible()
    page.click("text=Not this editor")
    expect(page.locator(".chosen")).to_contain_text("not by Ada")
    assert desk.trouble == []


def test_the_list_begins_at_the_top_of_a_screen_and_has_rows_of_one_height(visit: Visited, desk: Desk):  # noqa: F811
    judge_all(
        desk.archive,
        Article(wiki="en", page_id=50, title="A long title, " * 12),
        [("21 lamps.", "Ada", "x" * 300), ("25 lamps.", "Ada", "y" * 400)],
    )
    for width, height, most in ((1440, 900, 220), (390, 844, 300)):
        page = visit("/", desk.sign_in(f"root-{width}", Scope.ADMIN), viewport={"width": width, "height": height})
        assert page.locator(".entry").first.bounding_box()["y"] <= most
    page.set_viewport_size({"width": 1440, "height": 900})
    heights = {row.bounding_box()["height"] for row in page.locator(".entry").all()}
    assert max(heights) - min(heights) <= 1


def test_the_list_goes_on_by_itself(visit: Visited, desk: Desk):  # noqa: F811
    for number in range(45):
        article = Article(wiki="en", page_id=100 + number, title=f"Town {number}")
        judge_all(desk.archive, article, [("It has 21 lamps.", "Heron", "draft"), ("It has 25 lamps.", "Ada", "")])
    page = visit("/")
    expect(page.locator(".entry")).to_have_count(40)
    page.locator(".entry").last.scroll_into_view_if_needed()
    page.mouse.wheel(0, 4000)
    open_edits = desk.archive.findings.edits(FindingFilter(minimum_severity=Severity.MEDIUM))
    expect(page.locator(".entry")).to_have_count(open_edits.total)
    expect(page.locator(".more")).to_have_count(0)
    assert desk.trouble == []


def test_the_counts_follow_a_decision(visit: Visited):  # noqa: F811
    page = visit("/?minimum_severity=info")
    was = page.inner_text("#range")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_selector(".entry.decided")
    expect(page.locator("#range")).not_to_have_text(was)
    page.keyboard.press("x")
    total = page.inner_text("#states a[aria-current] .n")
    expect(page.locator("#all-count")).to_contain_text(f"All {total} finding")
    assert page.inner_text("#facets details:has(summary:text('Kind')) .n >> nth=0") != ""
