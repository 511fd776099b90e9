"""Take screenshots of the pages with sample articles: `python -m tests.pictures`, with Debian's chromium.

Those of the README go to deploy/pictures; those of every page at three widths, to be looked at, to pictures/.
"""

import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from snapshots import Archive, FindingFilter
from tests.browser import CHROMIUM
from tests.review_fixtures import NOW, a_site, a_watchlist, judge_all, served
from watcher.demo.servers import TITLE, texts
from watcher.model import Article

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "pictures"
WIDTH = 1100
LOOKED_AT = FOLDER.parents[1] / "pictures"
WIDTHS = (390, 820, 1440)  # phone, tablet, desktop
TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SHOWN = "25 million victims"
QUIET = ("vandalism", "revert of the vandalism")  # a blanked page would fill the whole queue
STORY = Article(wiki="en", page_id=11, title=TITLE)
BRIDGE = Article(wiki="en", page_id=12, title="Aldermouth Bridge")
FERRY = Article(wiki="en", page_id=13, title="Ferries of the Corvane")

FERRIES = (
    "The ferries carried {} passengers in 2019, more than any other line on the coast."
    "<ref>{{{{cite web |title=Annual report |url=https://ferries.example.org/2019}}}}</ref> Eight boats are in service."
)
SLIP = (("2.4 million", "Tern", "draft"), ("4.2 million", "Gull", "typo"))


def bridge(words: str, source: str) -> str:
    """The article about the bridge with a sentence about its traffic."""
    return (
        "'''Aldermouth Bridge''' spans the estuary since 1931. It is the longest bridge of the county.\n\n"
        f"== Traffic ==\n{words}{source} Tolls were lifted in 2010.\n\n"
        "== Upkeep ==\nSome 40 painters work on it all year.\n"
    )


def fill(archive: Archive) -> None:
    """Three articles with their edits, each judged."""
    judge_all(
        archive,
        BRIDGE,
        [(bridge(words, TABLES["sources"][source]), by, why) for by, why, words, source in TABLES["traffic"]],
        days=210,
    )
    ferries = [(FERRIES.format(words), by, why) for words, by, why in SLIP]
    judge_all(archive, FERRY, ferries, days=2)
    reported = [(text, step.editor, step.comment) for step, _, text in texts() if step.label not in QUIET]
    judge_all(archive, STORY, reported)


def take(page: Any, name: str, height: int) -> None:
    """Take a screenshot of the page."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.screenshot(path=FOLDER / name)
    print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size:,} bytes", file=sys.stderr)


def main() -> None:
    """Fill an archive, serve its review pages, and take the screenshots."""
    with (
        TemporaryDirectory() as folder,
        Archive(f"sqlite:///{folder}/watcher.db") as archive,
        sync_playwright() as play,
    ):
        archive.upgrade()
        fill(archive)
        site = a_site(archive, a_watchlist(Path(folder), [TITLE, BRIDGE.title, FERRY.title]), now=lambda: NOW)
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        with served(site) as address:
            page = browser.new_page(color_scheme="light")
            page.goto(f"{address}/welcome/{site.state.authenticator.new_link()}")
            take(page, "queue.png", 900)
            page.goto(f"{address}/article/en/{BRIDGE.page_id}/timeline?statistic=crossed")
            take(page, "timeline.png", 900)
            (shown,) = archive.findings.search(FindingFilter(article=("en", STORY.page_id), search=SHOWN), limit=1)
            page.goto(f"{address}/comparison/{shown.comparison_id}")
            take(page, "report.png", 850)
            LOOKED_AT.mkdir(exist_ok=True)
            for name, path in TABLES["pages"].items():
                page.goto(f"{address}{path}")
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    page.screenshot(path=LOOKED_AT / f"{name}-{width}.png", full_page=True)
            print(f"{LOOKED_AT}: {len(TABLES['pages'])} pages at {len(WIDTHS)} widths", file=sys.stderr)
        browser.close()


if __name__ == "__main__":
    main()
