"""Test the timeline and the wikitext difference in a real browser: phone and desktop, light and dark, no scripts."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from snapshots import Archive
from tests.browser import NEEDS_AXE, NEEDS_BROWSER, expect, found_by_axe, open_details
from tests.databases import empty_database
from tests.review_fixtures import judge_all
from tests.watcher.web.test_reviewing_in_a_browser import Desk, served
from watcher.model import Article

BRIDGE = Article(wiki="en", page_id=15, title="Bridge tolls")
HARBOURS = Article(wiki="en", page_id=14, title="Harbours")
STATED = "In 2012, the harbour of Tarn had {} boats. "
TEXT = "{}The harbour of Lorn had {} boats in 2012. About {}% of all boats are blue. There were 77 boats in Mull."
EDITS = (
    (STATED.format("1,200"), "1,500", 34),
    (STATED.format("1,250"), "1,700", 34),
    ("", "1,700", 36),
    (STATED.format("1,300"), "1,650", 36),
    (STATED.format("1,300"), "165,000", 41),
    (STATED.format("1,300"), "1,650", 41),
)
DIFFERENCES = ("/comparison/1/wikitext", "/comparison/1/wikitext?view=columns")
TIMELINE = f"/article/en/{HARBOURS.page_id}/timeline"
QUAYS = "\n\n".join(f"The quay of the harbour number {n} was built in 18{n}." for n in range(10, 30))
ROPES = "A paragraph about ropes, hemp and {}, which wanders to the end of the article."
ADDRESS = "https://survey.example.org/ports/{}?a_very_long_parameter=of_an_address_without_a_blank"
COAST = (
    "== Boats ==\nIn 2012, the coast had {} boats.<ref>{{{{cite web|url={}}}}}</ref>\n\n{}{}\n\n{}人口は{}万人です。"
    "\n\n<script>document.title = {}</script>"
)
COASTS = (
    COAST.format(2100, ADDRESS.format(2012), ROPES.format("tar") + "\n\n", QUAYS, "", 1300, 1),
    COAST.format(2500, ADDRESS.format(2019), "", QUAYS, ROPES.format("pitch") + "\n\n", 1400, 2),
)
SCREENS = [
    (390, "light"),
    (1440, "dark"),
    *(pytest.param(width, scheme, marks=pytest.mark.slow) for width, scheme in ((390, "dark"), (1440, "light"))),
]

pytestmark = NEEDS_BROWSER
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The pages over the edits of two articles, which no test changes."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "archive.db").write_bytes(empty_database())
    with Archive(f"sqlite:///{folder / 'archive.db'}") as archive:
        judge_all(archive, BRIDGE, [(text, "Ada", "") for text in COASTS])
        judge_all(archive, HARBOURS, [(TEXT.format(*edit), "Ada", "") for edit in EDITS], days=60)
        with served(archive, folder) as made:
            yield made


@pytest.fixture(scope="module")
def pages(browser: Any, desk: Desk) -> Iterator[dict[bool, Any]]:
    """Two pages for all tests, with scripts and without: each new one takes a process 0.4 s."""
    contexts = {scripts: browser.new_context(java_script_enabled=scripts) for scripts in (True, False)}
    opened = {scripts: context.new_page() for scripts, context in contexts.items()}
    for page in opened.values():
        page.context.add_cookies([{"name": "watcher_session", "value": desk.session, "url": desk.address}])
        page.on("console", lambda message: desk.trouble.append(message.text) if message.type == "error" else None)
    yield opened
    for context in contexts.values():
        context.close()


@pytest.fixture
def visit(pages: dict[bool, Any], desk: Desk) -> Iterator[Visit]:
    """Open a page over the edits of an article, without JavaScript, on a screen."""

    def visited(path: str, width: int = 1440, scheme: str = "light", *, scripts: bool = False) -> Any:
        page = pages[scripts]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(desk.address + path)
        return page

    yield visited
    assert desk.trouble == []  # the policy of the page admits all that it has


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_charts_fit_the_screen_and_their_legends_look_like_their_marks(visit: Visit, width: int, scheme: str):
    page = visit(f"{TIMELINE}?statistic=boats", width, scheme, scripts=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.inner_text("#timeline-title") == "4 statistics about “boats”"
    titles = [title.split(",")[0] for title in page.locator("article.element h3").all_inner_texts()]
    assert titles == ["2 statistics of one unit: boats", "41%"]
    assert page.locator("figcaption").all_inner_texts()[1] == "per cent (the axis starts at 34, not at 0)"
    assert "77 boats since" in page.inner_text("#timeline > details summary")
    # All labels are on the screen and none covers another.
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg.chart .times text')].map(text => text.getBoundingClientRect())"
        ".filter(box => box.width).map(box => [box.left, box.right, box.top])"
    )
    assert all(left >= 0 and right <= width for left, right, _ in boxes)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(boxes) if a[2] == b[2])
    # What the legend shows is in the drawing: the same path in the same colours.
    looks = """nodes => nodes.map(node => {
        const style = getComputedStyle(node);
        return [node.getAttribute('d'), style.fill, style.stroke];
    })"""
    keys = page.eval_on_selector_all("article.element:first-of-type .legend path", looks)
    assert len(keys) == 4
    marks = page.eval_on_selector_all("article.element:first-of-type svg.chart:not(.key) a path", looks)
    assert all(key in marks for key in keys)


def test_a_gap_is_a_gap(visit: Visit):
    page = visit(f"{TIMELINE}?statistic=Tarn")
    gap = page.locator("svg.chart:not(.key) svg:has(> a > .gap)").bounding_box()
    back = page.locator("svg.chart:not(.key) svg:has(> a > .edit)").last.bounding_box()
    box = page.locator("svg.chart:not(.key) .run").bounding_box()
    first, second = page.get_attribute("svg.chart:not(.key) .run", "d").split("M")[1:]
    ends = [box["x"] + box["width"] * float(at) / 1000 for at in (first.rpartition("H")[2], second.split()[0])]
    # The line ends in the middle of the cross, and begins again in the middle of the next mark.
    middles = [mark["x"] + mark["width"] / 2 for mark in (gap, back)]
    assert ends == pytest.approx(middles, abs=1.5)
    assert ends[1] - ends[0] > 100


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_difference_fits_the_screen_in_one_column_and_in_two(visit: Visit, width: int, scheme: str):
    page = visit("/comparison/1/wikitext", width, scheme)
    for view in ("One column", "Two columns"):
        page.click(f"nav >> text={view}")
        expect(page.locator(".ranges [aria-current]")).to_have_text(view)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    old, new = (page.locator(f"#{side}-2").bounding_box() for side in ("old", "new"))
    assert (old["y"] == new["y"]) is (width > 1000)
    assert (old["x"] == new["x"]) is (width < 1000)
    assert page.locator("#old-2 del").all_inner_texts()[0] == "2100"
    assert page.locator("#new-2 ins").all_inner_texts()[0] == "2500"
    page.go_back()
    expect(page.locator("#new-2 del")).to_have_text(["2100", ADDRESS.format(2012)])
    expect(page.locator("#new-2 ins")).to_have_text(["2500", ADDRESS.format(2019)])


def test_a_moved_paragraph_is_one_click_from_where_it_was(visit: Visit):
    page = visit("/comparison/1/wikitext")
    page.click("text=Moved to line")
    moved = page.locator(":target")
    expect(moved).to_have_text(f"Moved from line 4 {ROPES.format('tarpitch')}")
    expect(moved).to_be_in_viewport()
    assert page.viewport_size["height"] > moved.bounding_box()["y"] >= 0
    page.click(":target >> text=Moved from line 4")
    expect(page.locator(":target")).to_have_text(re.compile("^Moved to line 44 A paragraph about ropes"))


def test_a_finding_is_one_click_from_its_line_and_screen_readers_hear_what_changed(visit: Visit):
    page = visit("/finding/1", scripts=True)
    page.click("text=Wikitext diff")
    expect(page.locator(":target")).to_have_id("new-2")
    spoken = page.locator(":target").aria_snapshot()
    assert "deleted: 2100" in spoken
    assert "inserted: 2500" in spoken
    assert page.title() == "Bridge tolls – wikitext difference"  # the script of the article is text
    page.goto(page.url.replace("#new-2", "#old-2"))  # where a removed statistic was
    expect(page.locator(".line:has(:target)")).to_have_id("new-2")


@NEEDS_AXE
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_nothing(visit: Visit, width: int, scheme: str):
    for path in (TIMELINE, f"{TIMELINE}?statistic=boats", f"{TIMELINE}?statistic=blue&range=30d", *DIFFERENCES):
        page = visit(path, width, scheme, scripts=True)
        open_details(page)
        assert found_by_axe(page) == []
