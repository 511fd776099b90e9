"""Test reviewing in a real browser: by keyboard, by two at once, without JavaScript, on a phone, in which order."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from snapshots import Archive, FindingFilter, ReviewAction, ReviewDecision, ReviewState, Scope, SortOrder, User
from tests import review_fixtures
from tests.browser import NEEDS_AXE, NEEDS_BROWSER, expect, found_by_axe
from tests.cases import parametrize_each, table
from tests.review_fixtures import a_site, a_watchlist, judge_all
from tests.watcher.web.conftest import NOW, PAGE, fill
from watcher.model import Article, Severity

TEXTS = [
    "The 21 lamps of the coast are the oldest. Nobody has counted the boats.",
    "The 25 lamps of the coast are the oldest. Nobody has counted the boats.",
    "The 25 lamps of the coast are among the oldest. Everybody has counted the boats.",
    "The 25 lamps of the coast are among the oldest. Everybody has counted the 1,200 boats.",
]
PATHS: list[str] = table(__file__, "paths")

WATCHLIST = Path(__file__).with_name("watchlist.toml").read_text(encoding="utf-8")

pytestmark = NEEDS_BROWSER
Visit = Callable[..., Any]


@dataclass
class Desk:
    """A served archive with a reviewer who is signed in."""

    archive: Archive
    address: str
    session: str
    sign_in: Callable[..., str]
    trouble: list[str] = field(default_factory=list)


@contextmanager
def served(archive: Archive, folder: Path, language: str = "en") -> Iterator[Desk]:
    """The pages over an archive, with ada, who may review, signed in."""
    (folder / "watchlist.toml").write_text(WATCHLIST)
    watchlist = a_watchlist(folder, ("Bridge tolls", "Harbours"))
    wikis = tuple(wiki.model_copy(update={"language": language}) for wiki in watchlist.wikis)
    site = a_site(archive, replace(watchlist, wikis=wikis), now=lambda: NOW)
    doors = site.state.authenticator

    def sign_in(name: str, scope: Scope = Scope.REVIEW) -> str:
        doors.accounts.add_user(User(name=name, scope=scope, at=NOW, password="!"))
        secret: str = doors.new_token()
        doors.accounts.open_session(secret, name, NOW, NOW.replace(year=3000))
        return secret

    with review_fixtures.served(site) as address:
        yield Desk(archive=archive, address=address, session=sign_in("ada"), sign_in=sign_in)


@pytest.fixture
def desk(archive: Archive, tmp_path: Path) -> Iterator[Desk]:
    fill(archive, *TEXTS, judged=True)
    with served(archive, tmp_path) as made:
        yield made
    assert made.trouble == []


@pytest.fixture
def visit(browser: Any, page: Any, desk: Desk) -> Iterator[Visit]:
    """Opens a path on the page of this file; with other options, on a fresh one."""
    fresh = []

    def visited(path: str, session: str = "", size: tuple[int, int] = (1280, 720), **options: Any) -> Any:
        visitor = page
        if options:
            fresh.append(browser.new_context(**options))
            visitor = fresh[-1].new_page()
        visitor.set_viewport_size({"width": size[0], "height": size[1]})
        cookie = {"name": "watcher_session", "value": session or desk.session, "url": desk.address}
        visitor.context.add_cookies([cookie])
        visitor.on("pageerror", lambda error: desk.trouble.append(str(error)))
        visitor.on("console", lambda message: desk.trouble.append(message.text) if message.type == "error" else None)
        visitor.goto(desk.address + path)
        return visitor

    yield visited
    page.goto("about:blank")  # the document would go on asking its server, which ends now
    page.emulate_media(media="screen", color_scheme="light", reduced_motion="no-preference")
    for context in fresh:
        context.close()


def test_the_whole_life_of_an_incident_takes_at_most_twelve_keys(visit: Visit, desk: Desk):
    """From the queue into the edit and the finding: taken, noted, talked about, undone, decided, undone, left."""
    row = desk.archive.findings.edits(FindingFilter()).edits[0]
    first = row.worst.id
    following = desk.archive.findings.search(FindingFilter(), limit=1, after=first)[0].id
    page = visit("/")
    pressed = []

    def press(key: str, selector: str) -> None:
        page.keyboard.press(key)
        pressed.append(key)
        page.wait_for_selector(selector)

    for key, selector in (
        ("j", f"#e{row.id} .open:focus"),
        ("Enter", f"#e{row.id}.opened"),
        ("j", f"#f{first} .open:focus"),
        ("Enter", ".state-open"),
        ("m", "text=assigned to ada"),
        ("e", "#note:focus"),
    ):
        press(key, selector)
    page.keyboard.type("The source says 21.")  # words, not keys that find the way
    for key, selector in (
        ("Escape", "body:focus, body:not(:has(:focus))"),
        ("w", f".crumb:has-text('Finding {following}')"),  # a decision leads on
        ("u", f".crumb:has-text('Finding {first}')"),
        ("d", f".crumb:has-text('Finding {following}')"),
        ("u", f".crumb:has-text('Finding {first}')"),
        ("k", "#lines"),
    ):
        press(key, selector)
    assert len(pressed) == 12
    expect(page).to_have_url(f"{desk.address}/")
    steps = [(step.action.value, step.note, step.undone) for step in desk.archive.reviews.events_of(first)]
    assert [name for name, _, _ in steps] == ["assign", "dismiss", "undo", "acknowledge", "undo"]
    assert steps[1] == ("dismiss", "The source says 21.", True)
    assert desk.archive.findings.get(first).state is ReviewState.OPEN


def test_what_has_the_focus_or_is_ticked_is_never_under_the_bar_which_is_at_the_thumb(visit: Visit):
    for width, height in ((390, 700), (1280, 500)):
        page = visit("/?minimum_severity=info", size=(width, height))
        page.emulate_media(reduced_motion="reduce")
        page.locator("#lines .tick input").first.check()
        box = page.locator(".bulk").bounding_box()
        bottom = box["y"] + box["height"]
        assert abs(bottom - height) < 1 if width < 400 else bottom <= height
        assert box["height"] < height / 3
        for _ in range(14):
            page.keyboard.press("Tab")
            hidden = """(() => { const it = document.activeElement, bar = document.querySelector('.bulk');
              return !bar.contains(it) && it.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1
                && it.getBoundingClientRect().top < bar.getBoundingClientRect().bottom })()"""
            assert not page.evaluate(hidden), page.evaluate("document.activeElement.outerHTML")
        for row in page.locator(".entry").all():
            row.locator(".tick input").check()
            assert row.evaluate(IN_SIGHT)


def test_a_decision_keeps_the_place_in_the_list_is_counted_and_leads_to_the_next_row(visit: Visit, desk: Desk):
    page = visit("/?minimum_severity=info")
    rows = page.evaluate("[...document.querySelectorAll('.entry')].map(row => row.id.slice(1))")
    before, counted = page.inner_text("#states a[aria-current]"), page.inner_text("#range")
    page.set_viewport_size({"width": 1000, "height": 500})
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#o{rows[1]}")).to_be_focused()
    scrolled = page.evaluate("scrollY")
    page.keyboard.press("c")
    page.wait_for_selector(f"#e{rows[1]}.decided")
    expect(page.locator(f"#o{rows[2]}")).to_be_focused()  # htmx settles after its swap
    assert abs(page.evaluate("scrollY") - scrolled) < 400  # the next row, not the top
    expect(page).to_have_url(re.compile("minimum_severity=info$"))
    page.wait_for_selector(f"#states a[aria-current]:not(:has-text('{before}'))")
    expect(page.locator(f"#o{rows[2]}")).to_be_focused()
    expect(page.locator("#range")).not_to_have_text(counted)
    expect(page.locator(".bulk")).to_be_hidden()
    page.keyboard.press("x")
    total = page.inner_text("#states a[aria-current] .n")
    expect(page.locator("#all-count")).to_contain_text(f"{total} finding")
    assert page.inner_text("#facets details:has(summary:text('Kind')) .n >> nth=0") != ""
    page.keyboard.press("x")
    page.click("#flash button")
    page.wait_for_selector(f"#e{rows[1]}:not(.decided)")
    assert {finding.state for finding in desk.archive.findings.search(FindingFilter(states=()))} == {ReviewState.OPEN}


def test_ranges_and_all_that_match_are_chosen_with_the_mouse(visit: Visit, desk: Desk):
    page = visit("/?minimum_severity=info")
    boxes = page.locator("#lines .tick input")
    boxes.nth(1).click()
    page.click(".bulk summary")
    page.fill("#note", "as in the source")
    session = page.context.cookies()
    page.context.clear_cookies()  # it has ended: whoever signs in again finds what was written
    page.click(".bulk button[value=correct]")
    page.wait_for_url("**/decide")
    page.context.add_cookies(session)
    page.go_back()
    desk.trouble.clear()  # the browser reports that it was refused
    expect(page.locator(".bulk")).to_be_hidden()  # ticks would be on other rows, were any decided meanwhile
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.locator("#chosen-count")).to_have_text("3 chosen")
    page.click(".bulk button[value=correct]")
    page.wait_for_selector(".entry.decided >> nth=2")
    notes = {event.note for event in desk.archive.reviews.events_of_batch(1)}
    assert (notes, len(desk.archive.findings.edits(FindingFilter()).edits)) == ({"as in the source"}, 0)
    page = visit("/?state=all&minimum_severity=info")
    page.locator("#lines .tick input").first.check()
    page.check("#all")
    expect(page.locator("#chosen-count")).to_have_text("All that match")
    page.click(".bulk button[value=assign-me]")
    page.wait_for_selector(".entry .review-state:has-text('for ada')")
    assert {finding.assignee for finding in desk.archive.findings.search(FindingFilter(states=()))} == {"ada"}


def test_deciding_and_undoing_work_without_javascript(visit: Visit, desk: Desk):
    first, second, *_ = desk.archive.findings.edits(FindingFilter()).edits
    page = visit("/", java_script_enabled=False)
    expect(page.locator(".bulk")).to_be_hidden()
    page.check(f"#e{first.id} .tick input")
    page.check(f"#e{second.id} .tick input")
    page.click(".bulk button[value=not-a-fact]")
    expect(page.locator(".flash")).to_contain_text("decided: not a factual change.")
    page.click(".flash button")
    expect(page.locator(".flash")).to_contain_text("is undone.")
    page.click(f"#o{first.id}")
    page.wait_for_url("**/edit/*")
    page.check(f"#f{first.worst.id} .tick input")
    page.click(".bulk summary")
    page.fill("#note", "I will ask.")
    page.press("#note", "Enter")
    expect(page.locator(".flash")).to_contain_text("1 finding noted.")
    page.click(f"#f{first.worst.id} button[value^=correct]")
    expect(page.locator(".flash")).to_contain_text("1 finding decided: correct.")
    expect(page).to_have_url(re.compile("/edit/"))


def test_texts_are_copied_changed_words_are_told_apart_and_a_printed_finding_has_no_forms(visit: Visit, desk: Desk):
    worst = desk.archive.findings.search(FindingFilter(kinds=("statistic",)))[0]
    desk.archive.reviews.decide([worst.id], ReviewDecision(action=ReviewAction.NOTE, note="Seen."), "ada", NOW)
    page = visit(f"/finding/{worst.id}#mute")
    expect(page.locator("#words")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("text=Texts to copy into the wiki")
    page.click("[data-copy=copy-edit_summary]")
    page.wait_for_selector("button:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == page.input_value("#copy-edit_summary")
    before = "getComputedStyle(document.querySelector('{}'), '::before').content"
    assert [page.evaluate(before.format(tag)) for tag in ("del", "ins")] == ['" deleted: "', '" inserted: "']
    page.emulate_media(media="print")
    expect(page.locator(".decide").first).to_be_hidden()
    expect(page.locator("article.card").first).to_be_visible()
    expect(page.locator(".past >> text=Seen.")).to_be_visible()


def test_single_keys_can_be_turned_off(visit: Visit, desk: Desk):
    page = visit("/")
    page.keyboard.press("?")
    page.wait_for_selector("dialog#keys td:has-text('Wrong, fixed')")
    page.uncheck("#keys-on")
    for key in ("Escape", "j", "c"):
        page.keyboard.press(key)
    assert desk.archive.reviews.last_event_id() == 0


def test_every_page_fits_its_screen_and_has_landmarks_one_heading_and_names(visit: Visit, desk: Desk):
    page = visit("/help", desk.sign_in("admin", Scope.ADMIN))
    for path in PATHS:
        page.goto(desk.address + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            red = int(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
            assert (red > 200) == (scheme == "light")
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("main").count() == page.locator("h1").count() == 1, path
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(h => +h.tagName[1])")
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (path, levels)
        nameless = page.evaluate(
            """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
               .filter(e => !e.labels?.length && !e.getAttribute('aria-label')
                  && !document.getElementById(e.getAttribute('aria-labelledby'))).map(e => e.outerHTML)"""
        )
        assert nameless == [], path
    desk.trouble.clear()  # one of them does not exist


@NEEDS_AXE
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_axe_finds_nothing(visit: Visit, desk: Desk, step: int):
    """At a desk and on a phone, by day and at night: each page on all, or every fourth page on two of them."""
    screens = [("light", 1440), ("dark", 390), ("light", 390), ("dark", 1440)]
    for turn, (scheme, width) in enumerate(screens[: 2 if step > 1 else 4]):
        session = desk.sign_in(f"admin-{scheme}-{width}", Scope.ADMIN)
        page = visit("/help", session, (width, 900), color_scheme=scheme, bypass_csp=True)
        for path in PATHS[turn % step :: step]:
            page.goto(desk.address + path)
            assert found_by_axe(page) == [], (path, width, scheme)
    desk.trouble.clear()  # one of the pages does not exist


LEFT = Path(__file__).with_name("left_edges.js").read_text(encoding="utf-8")
OUTSIDE = """[...document.querySelectorAll('.entry .by > *')].filter(part => {
  const inner = part.getBoundingClientRect(), outer = part.closest('.by').getBoundingClientRect();
  return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
}).map(part => part.outerHTML)"""
IN_SIGHT = """element => {
  const box = element.getBoundingClientRect(), bar = document.querySelector(".bulk").getBoundingClientRect();
  return box.top >= 0 && box.bottom <= bar.top + 1;
}"""


@parametrize_each(("language", "texts", "words"))
def test_a_headline_with_words_from_right_to_left_keeps_digits_and_values_in_their_order(
    page: Any, archive: Archive, tmp_path: Path, language: str, texts: tuple[str, ...], words: tuple[str, ...]
):
    fill(archive, *texts)
    with served(archive, tmp_path, language=language) as made:
        page.context.add_cookies([{"name": "watcher_session", "value": made.session, "url": made.address}])
        for path, heading in (("/", ".entry h3"), ("/finding/2", "h1")):
            page.goto(made.address + path)
            assert page.locator(f"main [lang={language}][dir=rtl]").count(), path
            drawings = [page.locator(heading).first.evaluate(LEFT, word) for word in words]
            drawn = drawings[0] if len(words) == 1 else [min(lefts) for lefts in drawings]
            assert drawn == sorted(drawn), path
        page.goto("about:blank")


def test_a_watch_that_fails_takes_a_few_lines_and_adding_one_is_at_the_top(visit: Visit, desk: Desk):
    error = "https://wiki.example.org/w/api.php answered 503: " + "upstream connect error, reset before headers; " * 40
    desk.archive.articles.record_failure(PAGE, NOW, error)
    for width in (390, 1440):
        page = visit("/watches", desk.sign_in(f"root-{width}", Scope.ADMIN), size=(width, 900))
        assert page.locator(".watches tbody tr").first.bounding_box()["height"] < 400
        assert page.locator("#article").bounding_box()["width"] > 150
        assert page.locator("#article").bounding_box()["y"] < page.locator(".watches").first.bounding_box()["y"]
        page.goto(f"{desk.address}/operations")
        assert page.evaluate("document.documentElement.scrollHeight") < 3000


def test_a_note_in_the_list_leaves_its_row_in_sight_and_enter_leads_back_to_the_deciding_keys(visit: Visit, desk: Desk):
    page = visit("/?minimum_severity=info", size=(900, 420))
    page.emulate_media(reduced_motion="reduce")
    for key in "jje":
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


def test_buttons_that_are_pressed_at_once_decide_one_after_the_other_also_where_all_is_listed(visit: Visit):
    page = visit("/?state=all&minimum_severity=info")
    page.click(".entry .open")
    expect(page.locator(".item:not(.decided)")).to_have_count(2)
    page.evaluate("document.querySelectorAll('.item button[value^=correct]').forEach(button => button.click())")
    expect(page.locator(".item:not(.decided)")).to_have_count(0)


def test_every_decision_is_undone_one_after_the_other(visit: Visit, desk: Desk):
    page = visit("/?minimum_severity=info")
    rows = page.evaluate("[...document.querySelectorAll('.entry')].map(row => row.id)")
    page.keyboard.press("j")
    for key in "cwd":  # as fast as they come: each is about its own row
        page.keyboard.down(key)
        page.keyboard.press(key)  # the same key again, as it is held
    for number, decision in zip(rows, ("Correct", "Wrong, fixed", "In discussion"), strict=True):
        page.wait_for_selector(f"#{number}.decided .review-state:has-text('{decision}')")
    for number in reversed(rows):
        page.dispatch_event("#flash [data-key=u]", "click", {"detail": 2})  # the second click of a double click
        page.keyboard.press("u")
        page.wait_for_selector(f"#{number}:not(.decided)")
    expect(page.locator("#flash [data-key=u]")).to_have_count(0)
    assert {finding.state for finding in desk.archive.findings.search(FindingFilter(states=()))} == {ReviewState.OPEN}


def test_the_filter_is_carried_from_the_list_through_the_findings_and_back(visit: Visit, desk: Desk):
    page = visit("/?minimum_severity=info&order=newest&kind=statistic")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".entry.opened:not(.htmx-swapping, .htmx-settling)")  # what is replaced leads nowhere
    page.click(".item a.open >> nth=0")
    expected = desk.archive.findings.search(FindingFilter(kinds=("statistic",)), order=SortOrder.NEWEST, limit=10)
    for number, finding in enumerate(expected):
        if number:
            page.keyboard.press("j")
        page.wait_for_selector(f".crumb:has-text('Finding {finding.id}')")
        page.wait_for_load_state()  # what reads the keys is there
        assert "minimum_severity=info&order=newest" in page.url.replace("kind=statistic&", "")
    assert page.locator("[data-key=j]").count() == 0
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(r"/\?.*order=newest"))


def test_a_mass_edit_is_one_row_that_two_keys_decide(visit: Visit, desk: Desk):
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


def test_the_wikitext_diff_opens_in_its_place(visit: Visit):
    page = visit("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".in-place .hunk ins").first).to_be_visible()
    page.click("text=Not this editor")
    expect(page.locator(".chosen")).to_contain_text("not by Ada")


def test_the_list_begins_at_the_top_of_a_screen_and_has_fifteen_rows_of_one_height(visit: Visit, desk: Desk):
    titled = Article(wiki="en", page_id=50, title="A long title, " * 12)
    judge_all(desk.archive, titled, [("21 lamps.", "Ada", "x" * 300), ("25 lamps.", "Ada", "y" * 400)])
    long_name = ReviewDecision(action=ReviewAction.ASSIGN, assignee="m" * 64)
    numbers = [finding.id for finding in desk.archive.findings.search(FindingFilter(), limit=9)]
    desk.archive.reviews.decide(numbers, long_name, "ada", NOW)
    for width, height, most in ((1440, 900, 220), (390, 844, 300)):
        page = visit("/", desk.sign_in(f"root-{width}", Scope.ADMIN), size=(width, height))
        assert page.locator(".entry").first.bounding_box()["y"] <= most
        assert page.evaluate(OUTSIDE) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    heights = {row.bounding_box()["height"] for row in page.locator(".entry").all()}
    assert max(heights) - min(heights) <= 1
    texts = [text.replace("coast", f"coast {number}") for number in range(6) for text in TEXTS]
    fill(desk.archive, *texts, judged=True)
    page.reload()
    expect(page.locator(".columns.compact")).to_have_count(1)
    ends = page.evaluate("[...document.querySelectorAll('.entry')].map(row => row.getBoundingClientRect().bottom)")
    assert sum(end <= 900 for end in ends) >= 15


def test_the_list_goes_on_by_itself(visit: Visit, desk: Desk):
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
